#include "tests/unit/support_folder.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void must_hold(int condition, const char *what)
{
	if (condition)
		return;
	perror(what);
	exit(99);
}

void folder_new(struct folder *f)
{
	const char *tmp = getenv("TMPDIR");

	*f = (struct folder){.next = 0};
	must_hold(asprintf(&f->path, "%s/measure-test.XXXXXX", tmp ? tmp : "/tmp") > 0, "path");
	must_hold(mkdtemp(f->path) != NULL, f->path);
}

static int drop(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

void folder_free(struct folder *f)
{
	must_hold(nftw(f->path, drop, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) == 0, f->path);
	for (size_t i = 0; i < 8; i++)
		free(f->file[i]);
	free(f->path);
}

const char *folder_path(struct folder *f, const char *name)
{
	char **to = &f->file[f->next++ % 8];

	free(*to);
	must_hold(asprintf(to, "%s/%s", f->path, name) > 0, name);
	return *to;
}

const char *folder_file(struct folder *f, const char *name, const void *p, size_t n)
{
	const char *path = folder_path(f, name);
	FILE *out = fopen(path, "wb");

	must_hold(out && fwrite(p, 1, n, out) == n && fclose(out) == 0, path);
	return path;
}

size_t folder_count(const struct folder *f)
{
	DIR *d = opendir(f->path);
	size_t n = 0;

	must_hold(d != NULL, f->path);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

void *folder_read(const char *path, size_t *n)
{
	FILE *in = fopen(path, "rb");
	char *p = NULL;
	size_t got;

	*n = 0;
	if (!in)
		return NULL;
	do {
		p = realloc(p, *n + 65536);
		must_hold(p != NULL, path);
		got = fread(p + *n, 1, 65536, in);
		*n += got;
	} while (got > 0);
	fclose(in);
	return p;
}
