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

void outdir_free(struct outdir *o)
{
	for (size_t i = 0; i < o->n; i++) {
		if (o->temp)
			unlink(o->file[i]);
		free(o->file[i]);
	}
	if (o->temp)
		rmdir(o->temp);
	free(o->temp);
	free(o->path);
	*o = (struct outdir){0};
}

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

bool outdir_open(struct outdir *o, const char *path, struct err *e)
{
	static const char tail[] = ".XXXXXX";
	mode_t mask = umask(0);
	size_t n = strlen(path);

	umask(mask);
	while (n > 1 && path[n - 1] == '/')
		n--;
	if (n == 0)
		return err_set(e, REASON_USAGE, "the name of the folder to be written is empty");
	*o = (struct outdir){.path = own_new(n + 1, e)};
	if (!o->path)
		return false;
	memcpy(o->path, path, n);
	if (!is_free(o, e))
		return false;
	o->temp = own_new(n + sizeof(tail), e);
	if (!o->temp)
		return false;
	snprintf(o->temp, n + sizeof(tail), "%s%s", o->path, tail);
	if (!mkdtemp(o->temp)) {
		free(take(o->temp));
		return failed(o, "cannot be created", e);
	}
	return chmod(o->temp, 0777 & ~mask) == 0 || failed(o, "cannot be created", e);
}

const char *outdir_name(struct outdir *o, const char *name, struct err *e)
{
	size_t n = strlen(o->temp) + strlen(name) + 2;

	if (o->n == OUTDIR_FILES) {
		err_set(e, REASON_LIMIT, "more than %u files", OUTDIR_FILES);
		return NULL;
	}
	o->file[o->n] = own_new(n, e);
	if (!o->file[o->n])
		return NULL;
	snprintf(o->file[o->n], n, "%s/%s", o->temp, name);
	return o->file[o->n++];
}

bool outdir_write(struct outdir *o, const char *name, struct bytes x, struct err *e)
{
	const char *path = outdir_name(o, name, e);

	return path && file_write(path, x, e);
}

static bool copy(struct file *from, struct out *to, struct err *e)
{
	owned(buf_free) struct buf window = BUF(WINDOW);
	uint8_t *room = buf_room(&window, WINDOW);
	size_t got = 0;

	if (!buf_done(&window, "copying", e))
		return false;
	do {
		if (!file_read(from, (struct span){room, WINDOW}, &got, e) ||
		    !out_write(to, bytes_of(room, got), e))
			return false;
		if (from->watch.tick)
			from->watch.tick(from->watch.arg, from->pos);
	} while (got == WINDOW);
	return true;
}

bool outdir_copy(struct outdir *o, const char *name, const char *from, struct watch watch,
		 struct err *e)
{
	owned(file_close) struct file in = FILE_NONE;
	owned(out_free) struct out out = OUT_NONE;
	const char *path = outdir_name(o, name, e);

	if (!path || !file_open(&in, from, e))
		return false;
	in.watch = watch;
	return out_open(&out, path, e) && (copy(&in, &out, e) || err_subject(e, from)) &&
	       out_commit(&out, e);
}

static bool open_folder(const struct outdir *o, const char *path, int *fd, struct err *e)
{
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *fd >= 0 || failed(o, "cannot be made durable", e);
}

/* Nothing but the disk may fail once the name is there. */
static bool open_parent(const struct outdir *o, int *fd, struct err *e)
{
	owned(own_free) char *parent = own_string(o->path, e);
	char *slash;

	if (!parent)
		return false;
	slash = strrchr(parent, '/');
	if (slash)
		slash[slash == parent] = '\0';
	return open_folder(o, slash ? parent : ".", fd, e);
}

bool outdir_commit(struct outdir *o, struct err *e)
{
	owned(own_close) int folder = -1;
	owned(own_close) int parent = -1;

	if (!open_folder(o, o->temp, &folder, e) || !open_parent(o, &parent, e))
		return false;
	if (fsync(folder) != 0)
		return failed(o, "cannot be made durable", e);
	if (rename(o->temp, o->path) != 0)
		return failed(o, "cannot be put in its place", e);
	free(take(o->temp));
	return fsync(parent) == 0 || failed(o, "cannot be made durable", e);
}
