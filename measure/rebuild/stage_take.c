#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/core/rootfs_sources.h"
#include "measure/rebuild/stage.h"

#define FLAGS (O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)

/* ---- where it lies */

static bool wrong(const struct recipe_pair *o, const char *what, struct err *e)
{
	return err_set(e, REASON_OUTPUT, "the output '%s' ('%.200s') %s", o->name, o->value, what);
}

static bool cannot_open(const struct recipe_pair *o, struct err *e)
{
	if (errno == ELOOP)
		return wrong(o, "is a symbolic link", e);
	if (errno == ENOENT)
		return wrong(o, "is not there", e);
	if (errno == ENOTDIR)
		return wrong(o, "lies in something that is no folder", e);
	return err_errno(e, errno, o->value);
}

/* Step by step: no link is followed on the way either. */
static int open_output(int from, const struct recipe_pair *o, struct err *e)
{
	int at = -1, next;

	for (const char *part = o->value;;) {
		char name[RECIPE_PATH_MAX + 1];
		size_t n = strcspn(part, "/");
		bool last = part[n] == '\0';

		memcpy(name, part, n);
		name[n] = '\0';
		next = openat(at < 0 ? from : at, name, last ? FLAGS : FLAGS | O_DIRECTORY);
		if (next < 0)
			cannot_open(o, e);
		own_close(&at);
		at = next;
		if (at < 0 || last)
			return at;
		part += n + 1;
	}
}

/* ---- what it becomes */

static int kind_folder(int entry, enum made_kind kind, struct err *e)
{
	const char *name = cache_kind_name(kind);
	int fd = mkdirat(entry, name, 0755) == 0 || errno == EEXIST
			 ? openat(entry, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
			 : -1;

	if (fd < 0)
		err_errno(e, errno, name);
	return fd;
}

static bool spend(uint64_t *left, uint64_t n, struct err *e)
{
	if (n > *left)
		return err_set(e, REASON_OUTPUT,
			       "needs more than the %llu bytes that are left of the stage's disk",
			       (unsigned long long)*left);
	*left -= n;
	return true;
}

static bool take_file(int fd, const struct stat *st, const char *name, int entry, struct err *e)
{
	enum made_kind kind = st->st_mode & 0111 ? MADE_PROGRAM : MADE_FILE;
	owned(own_close) int folder = kind_folder(entry, kind, e);
	struct store_item item = {.file = FILE_NONE, .size = (uint64_t)st->st_size};

	item.file.fd = fd;
	item.file.name = name;
	file_remember(&item.file, st);
	return folder >= 0 && works_copy(&item, folder, name, NULL, e);
}

struct packing_tree {
	struct rootfs *r;
	struct out *to;
	uint64_t *left;
};

static bool open_file(void *arg, const struct tree_node *n, struct err *e)
{
	return rootfs_file(((struct packing_tree *)arg)->r, n, e);
}

static bool read_file(void *arg, struct span to, size_t *got, struct err *e)
{
	return rootfs_read(((struct packing_tree *)arg)->r, to, got, e);
}

static bool put(void *arg, struct bytes x, struct err *e)
{
	struct packing_tree *p = arg;

	return spend(p->left, x.n, e) && out_write(p->to, x, e);
}

/* Before a byte of it is copied. */
static bool check_tree(const struct rootfs *r, struct err *e)
{
	owned(buf_free) struct buf path = BUF(TREE_PATH_MAX);

	for (const struct tree_node *n = tree_root(r->tree); n; n = tree_next(n)) {
		uint32_t mode = n->inode->mode;

		if (S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode))
			continue;
		return tree_path_to(n, &path, e) &&
		       err_set(e, REASON_OUTPUT, "'%.200s' is %s, which no output may be",
			       buf_cstr(&path), file_kind(mode));
	}
	return true;
}

/* Owners are nobody's, times none: who built it and when is no part of it. */
static bool take_folder(int fd, const char *name, uint64_t *left, int entry, struct err *e)
{
	owned(own_close) int folder = kind_folder(entry, MADE_TREE, e);
	owned(rootfs_free) struct rootfs r = {0};
	owned(out_free) struct out to = OUT_NONE;
	const struct rootdir_rule as_it_is = {0};
	struct packing_tree packing = {&r, &to, left};
	const struct cpio_io io = {open_file, read_file, put, &packing};
	const struct cpio_rule rule = {.profile = cpio_profile("native")};
	char from[64], path[128];

	snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", folder, name);
	return folder >= 0 && rootfs_empty(&r, e) && rootfs_folder(&r, from, &as_it_is, e) &&
	       check_tree(&r, e) && out_open(&to, path, e) &&
	       cpio_write(r.tree, &rule, &io, NULL, e) && out_commit(&to, e);
}

bool stage_take(int from, const struct recipe_pair *output, uint64_t *left, int entry,
		struct err *e)
{
	owned(own_close) int fd = open_output(from, output, e);
	struct stat st;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) != 0)
		return err_errno(e, errno, output->value);
	if (S_ISREG(st.st_mode))
		return (spend(left, (uint64_t)st.st_size, e) &&
			take_file(fd, &st, output->name, entry, e)) ||
		       err_in(e, "output '%s'", output->name);
	if (!S_ISDIR(st.st_mode))
		return wrong(output, "is neither a file nor a folder", e);
	return take_folder(fd, output->name, left, entry, e) ||
	       err_in(e, "output '%s'", output->name);
}
