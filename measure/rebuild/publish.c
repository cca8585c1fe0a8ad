#include "measure/rebuild/publish.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/core/rootfs_newc.h"
#include "measure/core/rootfs_sources.h"
#include "measure/rebuild/place.h"
#include "measure/rebuild/works.h"

#define CONTENT "content"
#define PATH_ROOM 8192u

static bool failed(const char *path, const char *what, struct err *e)
{
	err_errno(e, errno, what);
	return err_subject(e, path);
}

static bool refuse(const struct publish *p, const char *what, struct err *e)
{
	err_set(e, REASON_USAGE, "%s", what);
	return err_subject(e, p->path);
}

static void dir_close(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* What rename() would refuse at the end. */
static bool is_free(const struct publish *p, struct err *e)
{
	owned(dir_close) DIR *d = NULL;
	const struct dirent *entry;
	struct stat st;

	if (lstat(p->path, &st) != 0)
		return errno == ENOENT || failed(p->path, "cannot be written", e);
	if (!S_ISDIR(st.st_mode))
		return refuse(p, "is there already, and no folder", e);
	d = opendir(p->path);
	if (!d)
		return failed(p->path, "cannot be read", e);
	while ((entry = readdir(d)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			return refuse(p, "is there already, and not empty", e);
	return true;
}

bool publish_open(struct publish *p, const char *path, struct err *e)
{
	owned(publish_free) struct publish new = PUBLISH_NONE;
	owned(own_free) char *parent = NULL;
	size_t n = strlen(path);
	char *slash, prefix[300];

	new.path = own_string(path, e);
	if (!new.path)
		return false;
	while (n > 1 && new.path[n - 1] == '/')
		new.path[--n] = '\0';
	slash = strrchr(new.path, '/');
	if (n == 0 || strcmp(slash ? slash + 1 : new.path, ".") == 0 ||
	    strcmp(slash ? slash + 1 : new.path, "..") == 0 || (slash && slash[1] == '\0'))
		return refuse(&new, "is no name of a new folder", e);
	parent = own_string(new.path, e);
	if (!parent)
		return false;
	if (slash)
		parent[slash == new.path ? 1 : slash - new.path] = '\0';
	snprintf(prefix, sizeof(prefix), "%.200s.part", slash ? slash + 1 : new.path);
	if (!is_free(&new, e) || !scratch_make(&new.scratch, slash ? parent : ".", prefix, e) ||
	    mkdirat(new.scratch.fd, CONTENT, 0755) != 0)
		return err_is(e) ? false : failed(new.path, "cannot be made", e);
	*p = new;
	new = PUBLISH_NONE;
	return true;
}

void publish_free(struct publish *p)
{
	free(p->path);
	scratch_free(&p->scratch);
	*p = PUBLISH_NONE;
}

static bool put_tree(struct publish *p, const char *name, struct rootfs *r, int64_t time,
		     struct err *e)
{
	const struct place_rule rule = {.time = time, .max = ROOTFS_MAX_BYTES};
	owned(own_close) int folder =
		openat(p->scratch.fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct cpio_io io = works_io(r);

	return folder >= 0 ? place_tree(folder, r->tree, &rule, &io, e)
			   : failed(p->path, "cannot be opened", e);
}

bool publish_folder(struct publish *p, const char *path, int64_t time, struct err *e)
{
	owned(rootfs_free) struct rootfs r = {0};
	const struct rootdir_rule as_it_is = {0};

	return rootfs_empty(&r, e) && rootfs_folder(&r, path, &as_it_is, e) &&
	       put_tree(p, CONTENT, &r, time, e);
}

static bool settle(struct publish *p, const char *name, mode_t mode, int64_t time, struct err *e)
{
	const struct timespec t[2] = {{.tv_sec = time}, {.tv_sec = time}};

	return (fchmodat(p->scratch.fd, name, mode, 0) == 0 &&
		utimensat(p->scratch.fd, name, t, 0) == 0) ||
	       failed(p->path, "cannot be written", e);
}

bool publish_output(struct publish *p, const struct made *m, const struct made_output *o,
		    int64_t time, struct err *e)
{
	owned(rootfs_free) struct rootfs r = {0};
	owned(store_item_free) struct store_item item = {.file = FILE_NONE};
	char name[sizeof(CONTENT) + RECIPE_NAME_MAX + 1];

	snprintf(name, sizeof(name), CONTENT "/%s", o->name);
	if (!cache_open_output(m, o, &item, e))
		return false;
	if (o->kind != MADE_TREE)
		return works_copy(&item, p->scratch.fd, name, NULL, e) &&
		       settle(p, name, o->kind == MADE_PROGRAM ? 0755 : 0644, time, e);
	if (mkdirat(p->scratch.fd, name, 0755) != 0)
		return failed(p->path, "cannot be written", e);
	return rootfs_newc(&r, &item, e) && put_tree(p, name, &r, time, e);
}

bool publish_log(struct publish *p, const struct made *m, const char *stage, int64_t time,
		 struct err *e)
{
	owned(buf_free) struct buf path = BUF(PATH_ROOM);
	owned(file_close) struct file f = FILE_NONE;
	struct store_item item;
	char name[sizeof(CONTENT) + RECIPE_NAME_MAX + 16];

	if (mkdirat(p->scratch.fd, CONTENT "/logs", 0755) != 0 && errno != EEXIST)
		return failed(p->path, "cannot be written", e);
	snprintf(name, sizeof(name), CONTENT "/logs/%s.log", stage);
	buf_fmt(&path, "%s/" CACHE_LOG, m->path);
	if (!buf_done(&path, "a path", e) || !file_open(&f, buf_cstr(&path), e))
		return false;
	item = (struct store_item){.file = f, .size = f.size};
	return works_copy(&item, p->scratch.fd, name, NULL, e) && settle(p, name, 0644, time, e) &&
	       settle(p, CONTENT "/logs", 0755, time, e);
}

/* Each by itself: the disk may have much to do for others. */
static bool sync_nodes(int folder, const struct tree *t, struct err *e)
{
	owned(buf_free) struct buf path = BUF(PATH_ROOM);

	for (const struct tree_node *n = tree_root(t); n; n = tree_next(n)) {
		owned(own_close) int fd = -1;

		if (!S_ISREG(n->inode->mode) && !S_ISDIR(n->inode->mode))
			continue;
		if (!tree_path_to(n, &path, e))
			return false;
		fd = openat(folder, n->parent ? buf_cstr(&path) : ".",
			    O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 || fsync(fd) != 0)
			return failed(buf_cstr(&path), "cannot be written", e);
	}
	return true;
}

static bool sync_content(struct publish *p, struct err *e)
{
	owned(buf_free) struct buf path = BUF(PATH_ROOM);
	owned(rootfs_free) struct rootfs r = {0};
	const struct rootdir_rule as_it_is = {0};
	const char *content = scratch_path(&p->scratch, CONTENT, &path, e);
	owned(own_close) int folder =
		openat(p->scratch.fd, CONTENT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (folder < 0)
		return failed(p->path, "cannot be written", e);
	return content && rootfs_empty(&r, e) && rootfs_folder(&r, content, &as_it_is, e) &&
	       sync_nodes(folder, r.tree, e);
}

bool publish_commit(struct publish *p, int64_t time, struct err *e)
{
	if (!settle(p, CONTENT, 0755, time, e) || !sync_content(p, e))
		return false;
	if (renameat(p->scratch.fd, CONTENT, AT_FDCWD, p->path) != 0)
		return failed(p->path, "cannot be written", e);
	return fsync(p->scratch.parent) == 0 || failed(p->path, "cannot be written", e);
}
