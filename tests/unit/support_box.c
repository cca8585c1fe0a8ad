#include "tests/unit/support_box.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/rebuild/place.h"

static void give(const char *path)
{
	if (chmod(path, 0755) != 0 ||
	    (sandbox_owner() != 0 && chown(path, sandbox_owner(), sandbox_owner()) != 0))
		perror(path);
}

static void make_root(struct box *b)
{
	static const char *const links[] = {"bin", "lib", "lib64", "sbin"};
	char target[32];
	int fd;

	mkdir(b->root, 0755);
	fd = open(b->root, O_RDONLY | O_DIRECTORY);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		snprintf(target, sizeof(target), "usr/%s", links[i]);
		if (symlinkat(target, fd, links[i]) != 0)
			perror(links[i]);
	}
	mkdirat(fd, "etc", 0755);
	close(fd);
	give(b->root);
}

bool box_new(struct box *b)
{
	static const char *const environment[] = {"PATH=/usr/bin:/bin", "TZ=UTC", NULL};
	static char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	struct sandbox *s = &b->sandbox;
	char *work;

	*b = (struct box){0};
	self[n > 0 ? n : 0] = '\0';
	folder_new(&b->folder);
	b->root = strdup(folder_path(&b->folder, "root"));
	make_root(b);
	work = strdup(folder_path(&b->folder, "work"));
	mkdir(work, 0755);
	give(work);
	b->mount[0] = (struct sandbox_mount){"/usr", "/usr", false};
	b->mount[1] = (struct sandbox_mount){work, "/build/here", true};
	b->mount[2] = (struct sandbox_mount){self, "/probe", false};
	*s = (struct sandbox){.root = b->root,
			      .mounts = b->mount,
			      .n_mounts = 3,
			      .folder = "/build/here",
			      .argv = b->argv,
			      .environment = environment,
			      .umask = 022,
			      .limits = {.seconds = 20},
			      .log = -1};
	return true;
}

void box_free(struct box *b)
{
	struct err e = {0};

	buf_free(&b->result.tail);
	if (!place_remove(AT_FDCWD, b->folder.path, &e))
		fprintf(stderr, "%s: %s\n", b->folder.path, e.text);
	mkdir(b->folder.path, 0700);
	folder_free(&b->folder);
	free((void *)(uintptr_t)b->mount[1].from);
	free(b->root);
}

bool box_run(struct box *b, const char *script)
{
	buf_free(&b->result.tail);
	b->result = (struct sandbox_result){0};
	b->err = (struct err){0};
	b->argv[0] = "/bin/sh";
	b->argv[1] = "-c";
	b->argv[2] = script;
	return sandbox_run(&b->sandbox, &b->result, &b->err);
}

const char *box_text(struct box *b)
{
	return buf_cstr(&b->result.tail);
}
