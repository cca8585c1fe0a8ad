#include "measure/base/listing.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool listing_is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

void listing_free(struct listing *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->path[i]);
	free(f->path);
	*f = (struct listing){0};
}

static void dir_free(DIR **d)
{
	if (*d)
		closedir(*d);
}

static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* Room for one more; it doubles. */
static bool grow(struct listing *f, struct err *e)
{
	char **more;

	if (f->n == LISTING_MAX)
		return err_set(e, REASON_LIMIT, "the folder has more than %u files", LISTING_MAX);
	if (f->n > 0 && (f->n & (f->n - 1)) != 0)
		return true;
	more = realloc(f->path, (f->n ? 2 * f->n : 1) * sizeof(*more));
	if (!more)
		return err_set(e, REASON_OUT_OF_MEMORY, "no memory for more than %zu names", f->n);
	f->path = more;
	return true;
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* What is listed. */
struct choice {
	const char *folder;
	bool all;
};

static bool add(struct listing *f, const struct choice *c, const char *name, struct err *e)
{
	size_t n = strlen(c->folder) + strlen(name) + 2;
	owned(own_free) char *path = own_new(n, e);

	if (!path)
		return false;
	snprintf(path, n, "%s/%s", c->folder, name);
	if (!c->all && !is_file(path))
		return true;
	if (!grow(f, e))
		return false;
	f->path[f->n++] = take(path);
	return true;
}

static int by_name(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* What was listed so far is the caller's, whatever comes of it. */
static bool read_names(struct listing *f, DIR *d, const struct choice *c, struct err *e)
{
	const struct dirent *entry;

	for (errno = 0; (entry = readdir(d)); errno = 0)
		if ((c->all ? !is_dots(entry->d_name) : entry->d_name[0] != '.') &&
		    !add(f, c, entry->d_name, e))
			return false;
	return errno == 0 || err_errno(e, errno, "the folder cannot be read");
}

static bool list(struct listing *f, const struct choice *c, struct err *e)
{
	owned(dir_free) DIR *d = opendir(c->folder);

	if (!d) {
		err_errno(e, errno, "the folder cannot be opened");
		return err_subject(e, c->folder);
	}
	if (!read_names(f, d, c, e)) {
		listing_free(f);
		return err_subject(e, c->folder);
	}
	if (f->n > 0)
		qsort(f->path, f->n, sizeof(*f->path), by_name);
	return true;
}

bool listing_read(struct listing *f, const char *path, struct err *e)
{
	return list(f, &(struct choice){path, false}, e);
}

bool listing_read_all(struct listing *f, const char *path, struct err *e)
{
	return list(f, &(struct choice){path, true}, e);
}
