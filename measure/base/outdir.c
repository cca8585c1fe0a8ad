#include "measure/base/outdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define WINDOW (256u * 1024)

static bool failed(const struct outdir *o, const char *what, struct err *e)
{
	err_errno(e, errno, what);
	return err_subject(e, o->path);
}

/* ---- signals */

static void hold_signals(struct outdir *o)
{
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGHUP);
	sigaddset(&held, SIGINT);
	sigaddset(&held, SIGTERM);
	sigprocmask(SIG_BLOCK, &held, &o->before);
}

static bool is_stopped(const struct outdir *o)
{
	sigset_t waiting;

	if (!o->temp || sigpending(&waiting) != 0)
		return false;
	return sigismember(&waiting, SIGHUP) == 1 || sigismember(&waiting, SIGINT) == 1 ||
	       sigismember(&waiting, SIGTERM) == 1;
}

/* ---- the folder under its temporary name */

/* It has its own name now, or is gone. */
static void leave_folder(struct outdir *o)
{
	free(take(o->temp));
	sigprocmask(SIG_SETMASK, &o->before, NULL);
}

static void remove_folder(struct outdir *o)
{
	for (size_t i = 0; i < o->n && o->folder >= 0; i++)
		unlinkat(o->folder, o->file[i].name, 0);
	rmdir(o->temp);
	leave_folder(o);
}

static bool make_folder(struct outdir *o, struct err *e)
{
	static const char tail[] = ".XXXXXX";
	size_t n = strlen(o->path) + sizeof(tail);
	char *temp = own_new(n, e);
	mode_t mask = umask(0);

	umask(mask);
	if (!temp)
		return false;
	snprintf(temp, n, "%s%s", o->path, tail);
	hold_signals(o);
	o->temp = mkdtemp(temp);
	if (!o->temp) {
		failed(o, "cannot be created", e);
		o->temp = temp;
		leave_folder(o);
		return false;
	}
	o->folder = open(o->temp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return (o->folder >= 0 && fchmod(o->folder, 0777 & ~mask) == 0) ||
	       failed(o, "cannot be created", e);
}

void outdir_free(struct outdir *o)
{
	if (o->temp)
		remove_folder(o);
	for (size_t i = 0; i < o->n; i++) {
		out_free(&o->file[i].out);
		free(o->file[i].path);
	}
	own_close(&o->folder);
	own_close(&o->parent);
	free(o->path);
	*o = OUTDIR_NONE;
}

/* ---- its place */

static void dir_free(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* What rename() would refuse at the end, and more clearly. */
static bool is_free(const struct outdir *o, struct err *e)
{
	owned(dir_free) DIR *d = opendir(o->path);
	const struct dirent *entry;
	int cause = errno;
	struct stat st;

	if (lstat(o->path, &st) == 0 && S_ISLNK(st.st_mode)) {
		err_set(e, REASON_USAGE, "is a symbolic link, which no folder can replace");
		return err_subject(e, o->path);
	}
	errno = cause;
	if (!d && errno == ENOENT)
		return true;
	if (!d && errno == ENOTDIR && access(o->path, F_OK) == 0) {
		err_set(e, REASON_USAGE, "is there already, and no folder");
		return err_subject(e, o->path);
	}
	if (!d)
		return failed(o, "cannot be written", e);
	while ((entry = readdir(d))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		err_set(e, REASON_USAGE, "is there already, and not empty");
		return err_subject(e, o->path);
	}
	return true;
}

static bool open_parent(struct outdir *o, struct err *e)
{
	owned(own_free) char *parent = own_string(o->path, e);
	char *slash;

	if (!parent)
		return false;
	slash = strrchr(parent, '/');
	if (slash)
		slash[slash == parent] = '\0';
	o->parent = open(slash ? parent : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return o->parent >= 0 || failed(o, "cannot be created", e);
}

/* Files without names, which /proc gives theirs in the end. */
static int open_nameless(const struct outdir *o)
{
	if (access("/proc/self/fd", X_OK) != 0)
		return -1;
	return openat(o->parent, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
}

bool outdir_open(struct outdir *o, const char *path, struct err *e)
{
	owned(own_close) int probe = -1;
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	if (n == 0)
		return err_set(e, REASON_USAGE, "the name of the folder to be written is empty");
	o->path = own_new(n + 1, e);
	if (!o->path)
		return false;
	memcpy(o->path, path, n);
	if (!is_free(o, e) || !open_parent(o, e))
		return false;
	probe = open_nameless(o);
	o->named = probe < 0;
	return !o->named || make_folder(o, e);
}

/* ---- files */

static char *join(const char *folder, const char *name, struct err *e)
{
	size_t n = strlen(folder) + strlen(name) + 2;
	char *path = own_new(n, e);

	if (path)
		snprintf(path, n, "%s/%s", folder, name);
	return path;
}

/* Where the bytes can be read, and where they will be. */
static bool set_paths(const struct outdir *o, struct outdir_file *f, struct err *e)
{
	char number[32];

	snprintf(number, sizeof(number), "%d", f->out.fd);
	f->path = o->named ? join(o->temp, f->name, e) : join("/proc/self/fd", number, e);
	f->out.path = join(o->path, f->name, e);
	return f->path && f->out.path;
}

static struct outdir_file *new_file(struct outdir *o, const char *name, struct err *e)
{
	struct outdir_file *f = &o->file[o->n];

	if (o->n == OUTDIR_FILES) {
		err_set(e, REASON_LIMIT, "more than %u files", OUTDIR_FILES);
		return NULL;
	}
	*f = (struct outdir_file){.name = name, .out = OUT_NONE};
	f->out.fd = o->named ? openat(o->folder, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666)
			     : open_nameless(o);
	if (f->out.fd < 0) {
		failed(o, "cannot be created", e);
		return NULL;
	}
	o->n++;
	return set_paths(o, f, e) ? f : NULL;
}

bool outdir_write(struct outdir *o, const char *name, struct bytes x, struct err *e)
{
	struct outdir_file *f = new_file(o, name, e);

	return f && out_write(&f->out, x, e);
}

bool outdir_new(struct outdir *o, const char *name, struct out **out, const char **path,
		struct err *e)
{
	struct outdir_file *f = new_file(o, name, e);

	if (!f)
		return false;
	*out = &f->out;
	*path = f->path;
	return true;
}

static bool copy(struct outdir *o, struct file *from, struct out *to, struct err *e)
{
	owned(buf_free) struct buf window = BUF(WINDOW);
	uint8_t *room = buf_room(&window, WINDOW);
	size_t got = 0;

	if (!buf_done(&window, "copying", e))
		return false;
	do {
		if (is_stopped(o))
			return err_set(e, REASON_IO, "a signal ended the writing");
		if (!file_read(from, (struct span){room, WINDOW}, &got, e) ||
		    !out_write(to, bytes_of(room, got), e))
			return false;
		if (from->watch.tick)
			from->watch.tick(from->watch.arg, from->pos);
	} while (got == WINDOW);
	return true;
}

bool outdir_copy(struct outdir *o, const char *name, struct file *from, const char **path,
		 struct err *e)
{
	struct outdir_file *f = new_file(o, name, e);

	if (!f)
		return false;
	*path = f->path;
	return copy(o, from, &f->out, e) || err_subject(e, from->name);
}

/* ---- the end */

static bool link_files(struct outdir *o, struct err *e)
{
	for (size_t i = 0; i < o->n; i++)
		if (linkat(AT_FDCWD, o->file[i].path, o->folder, o->file[i].name,
			   AT_SYMLINK_FOLLOW) != 0)
			return failed(o, "cannot be put in its place", e);
	return true;
}

static bool sync_one(const struct outdir *o, int fd, struct err *e)
{
	return fsync(fd) == 0 || failed(o, "cannot be made durable", e);
}

bool outdir_commit(struct outdir *o, struct err *e)
{
	for (size_t i = 0; i < o->n; i++)
		if (!sync_one(o, o->file[i].out.fd, e))
			return false;
	if (!o->named && (!make_folder(o, e) || !link_files(o, e)))
		return false;
	if (!sync_one(o, o->folder, e))
		return false;
	if (rename(o->temp, o->path) != 0)
		return failed(o, "cannot be put in its place", e);
	leave_folder(o);
	return sync_one(o, o->parent, e);
}
