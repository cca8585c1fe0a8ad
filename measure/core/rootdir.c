#include "measure/core/rootdir.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "measure/core/rootdir_state.h"

/* What the kernel makes up as it is asked: sizes that lie, and another answer each time. */
static bool holds_files(int fd, struct err *e)
{
	static const struct {
		const char *name;
		unsigned long magic;
	} not [] = {
		{"bpf", BPF_FS_MAGIC},
		{"cgroup", CGROUP_SUPER_MAGIC},
		{"cgroup", CGROUP2_SUPER_MAGIC},
		{"debugfs", DEBUGFS_MAGIC},
		{"devpts", DEVPTS_SUPER_MAGIC},
		{"efivarfs", EFIVARFS_MAGIC},
		{"proc", PROC_SUPER_MAGIC},
		{"pstore", PSTOREFS_MAGIC},
		{"securityfs", SECURITYFS_MAGIC},
		{"selinux", SELINUX_MAGIC},
		{"sysfs", SYSFS_MAGIC},
		{"tracefs", TRACEFS_MAGIC},
	};
	struct statfs fs;

	if (fstatfs(fd, &fs) != 0)
		return err_errno(e, errno, "cannot be looked at");
	for (size_t i = 0; i < sizeof(not ) / sizeof(not [0]); i++)
		if ((unsigned long)fs.f_type == not [i].magic)
			return err_set(e, REASON_ROOTFS,
				       "lies in the file system '%s', whose files the kernel makes "
				       "up",
				       not [i].name);
	return true;
}

bool rootdir_open(struct rootdir *f, const char *path, struct err *e)
{
	size_t n = strlen(path);

	*f = ROOTDIR_NONE;
	f->path = own_string(path, e);
	if (!f->path)
		return false;
	while (n > 1 && f->path[n - 1] == '/')
		f->path[--n] = '\0';
	f->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->fd < 0)
		err_errno(e, errno, "cannot be opened");
	return (f->fd >= 0 && holds_files(f->fd, e)) || err_subject(e, path);
}

void rootdir_close(struct rootdir *f)
{
	own_close(&f->fd);
	own_close(&f->here_fd);
	own_close(&f->file_fd);
	free(f->path);
	*f = ROOTDIR_NONE;
}

/* ---- what is said of a file */

bool rootdir_subject(const struct rootdir *f, const struct tree_node *n, const char *name,
		     struct err *e)
{
	owned(buf_free) struct buf path = BUF(sizeof(e->subject));
	struct err unimportant = {0};

	buf_fmt(&path, "%s/", strcmp(f->path, "/") == 0 ? "" : f->path);
	if (!tree_path_below(f->top, n, &path, &unimportant))
		return err_subject(e, f->path);
	if (name && n != f->top)
		buf_str(&path, "/");
	if (name)
		buf_str(&path, name);
	return err_subject(e, buf_cstr(&path));
}

bool rootdir_errno(const struct rootdir *f, const struct tree_node *n, const char *name,
		   struct err *e)
{
	if (errno == ELOOP || errno == ENOTDIR || errno == ENOENT)
		return rootdir_changed(f, n, name, e);
	err_errno(e, errno, "cannot be read");
	return rootdir_subject(f, n, name, e);
}

bool rootdir_changed(const struct rootdir *f, const struct tree_node *n, const char *name,
		     struct err *e)
{
	err_set(e, REASON_FILE_CHANGED, "changed while the directory was being read");
	return rootdir_subject(f, n, name, e);
}

/* ---- by what a file is known again */

static uint64_t mix(uint64_t state, uint64_t x)
{
	state = (state ^ x) * UINT64_C(0x9e3779b97f4a7c15);
	return state ^ state >> 29;
}

uint64_t rootdir_state(const struct statx *x)
{
	uint64_t state = mix(x->stx_dev_major, x->stx_dev_minor);

	state = mix(state, x->stx_ino);
	state = mix(state, x->stx_mode);
	state = mix(state, x->stx_size);
	state = mix(state, (uint64_t)x->stx_mtime.tv_sec);
	state = mix(state, x->stx_mtime.tv_nsec);
	state = mix(state, (uint64_t)x->stx_ctime.tv_sec);
	return mix(state, x->stx_ctime.tv_nsec);
}

bool rootdir_look(int fd, const char *name, struct statx *x)
{
	return statx(fd, name, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
		     STATX_BASIC_STATS, x) == 0;
}

/* ---- the way to a file */

/* One component after the other, so that none of them is a symbolic link. */
static bool descend(int *fd, char *path)
{
	char *next;
	int below;

	for (char *name = path; *name; name = next) {
		next = name + strcspn(name, "/");
		if (*next)
			*next++ = '\0';
		below = openat(*fd, name, ROOTDIR_OPEN | O_DIRECTORY);
		if (below < 0)
			return false;
		close(*fd);
		*fd = below;
	}
	return true;
}

bool rootdir_enter(const struct rootdir *f, const struct tree_node *n, int *fd, struct err *e)
{
	owned(buf_free) struct buf path = BUF(TREE_PATH_MAX);
	owned(own_close) int here = -1;

	if (!tree_path_below(f->top, n, &path, e))
		return rootdir_subject(f, n, NULL, e);
	buf_cstr(&path); /* so that it ends in its NUL */
	here = openat(f->fd, ".", ROOTDIR_OPEN | O_DIRECTORY);
	if (here < 0 || !descend(&here, (char *)path.p))
		return rootdir_errno(f, n, NULL, e);
	*fd = here;
	here = -1;
	return true;
}

/* ---- the bytes of a file */

static void leave_file(struct rootdir *f)
{
	own_close(&f->file_fd);
	f->file_fd = -1;
	f->file = NULL;
	f->left = 0;
}

/* Files of one folder are mostly read one behind the other. */
static bool go_to(struct rootdir *f, const struct tree_node *folder, struct err *e)
{
	if (f->here == folder)
		return true;
	own_close(&f->here_fd);
	f->here_fd = -1;
	f->here = NULL;
	if (!rootdir_enter(f, folder, &f->here_fd, e))
		return false;
	f->here = folder;
	return true;
}

static bool is_same(const struct rootdir *f, const struct tree_node *n, struct err *e)
{
	struct statx x;

	if (!rootdir_look(f->file_fd, "", &x))
		return rootdir_errno(f, n, NULL, e);
	return rootdir_state(&x) == n->inode->at || rootdir_changed(f, n, NULL, e);
}

bool rootdir_file(struct rootdir *f, const struct tree_node *n, struct err *e)
{
	leave_file(f);
	if (!go_to(f, n->parent, e))
		return false;
	f->file_fd = openat(f->here_fd, n->name, ROOTDIR_OPEN);
	if (f->file_fd < 0)
		return rootdir_errno(f, n, NULL, e);
	f->file = n;
	f->left = n->inode->size;
	return f->left > 0 || is_same(f, n, e);
}

/* Why it cannot be read matters less than that it is another file now. */
static bool blame(const struct rootdir *f, struct err *e)
{
	int fault = errno;

	if (!is_same(f, f->file, e))
		return false;
	errno = fault;
	return rootdir_errno(f, f->file, NULL, e);
}

bool rootdir_bytes(struct rootdir *f, struct span to, size_t *got, struct err *e)
{
	size_t have = 0, n = f->left < to.n ? (size_t)f->left : to.n;

	while (have < n) {
		ssize_t r = read(f->file_fd, to.p + have, n - have);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return blame(f, e);
		if (r == 0)
			return rootdir_changed(f, f->file, NULL, e);
		have += (size_t)r;
	}
	f->left -= have;
	*got = have;
	return have == 0 || f->left > 0 || is_same(f, f->file, e);
}
