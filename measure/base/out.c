#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/base/file.h"
#include "measure/base/num.h"

#define TEMP_TRIES 100
#define STEP ((uint64_t)8 << 20)
#define KEPT ((uint64_t)512 << 20)

static bool out_failed(const struct out *o, const char *what, struct err *e)
{
	err_errno(e, errno, what);
	return err_subject(e, o->path ? o->path : "");
}

bool out_named(const char *path, struct err *e)
{
	size_t n = strlen(path);

	if (n == 0)
		return err_set(e, REASON_USAGE, "the name of the file to be written is empty");
	if (strcmp(path, "-") == 0)
		return err_set(e, REASON_USAGE, "what is written needs a name of its own, not '-'");
	if (path[n - 1] != '/')
		return true;
	err_set(e, REASON_USAGE, "names a folder where a file is to be written");
	return err_subject(e, path);
}

bool out_distinct(const char *out, const char *in, struct err *e)
{
	bool stream = strcmp(in, "-") == 0;
	struct stat to, from;

	if (!out_named(out, e))
		return false;
	if (stat(out, &to) != 0 || (stream ? fstat(STDIN_FILENO, &from) : stat(in, &from)) != 0 ||
	    to.st_dev != from.st_dev || to.st_ino != from.st_ino)
		return true;
	err_set(e, REASON_USAGE, "would be replaced, and it is the input '%s'", in);
	return err_subject(e, out);
}

/* *real: NULL for what is not there. */
static bool real_path(const char *path, char **real, struct err *e)
{
	*real = realpath(path, NULL);
	return *real || errno != ENOMEM || err_errno(e, errno, "a path cannot be followed");
}

bool out_outside(const char *out, const char *folder, struct err *e)
{
	owned(own_free) char *parent = own_string(out, e);
	owned(own_free) char *in = NULL;
	owned(own_free) char *to = NULL;
	char *slash = parent ? strrchr(parent, '/') : NULL;
	size_t n;

	if (slash)
		slash[slash == parent] = '\0';
	if (!parent || !real_path(folder, &in, e) || !real_path(slash ? parent : ".", &to, e))
		return false;
	n = in ? strlen(in) : 0;
	if (!in || !to || strncmp(to, in, n) != 0 || (to[n] != '\0' && to[n] != '/'))
		return true;
	err_set(e, REASON_USAGE, "would lie in '%s', which is read", folder);
	return err_subject(e, out);
}

/* ".name.XXXXXXXXXXXX.tmp": a name beside the final one that nobody else has. */
static bool temp_name(struct out *o, struct err *e)
{
	size_t size = strlen(o->name) + 24;
	uint64_t random;

	free(o->temp);
	o->temp = own_new(size, e);
	if (!o->temp)
		return false;
	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return out_failed(o, "no random number for a temporary name", e);
	snprintf(o->temp, size, ".%.200s.%012llx.tmp", o->name,
		 (unsigned long long)(random & 0xffffffffffff));
	return true;
}

static bool open_named(struct out *o, mode_t mode, struct err *e)
{
	for (int i = 0; i < TEMP_TRIES && o->fd < 0; i++) {
		if (!temp_name(o, e))
			return false;
		o->fd = openat(o->folder, o->temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (o->fd < 0 && errno != EEXIST)
			break;
	}
	if (o->fd >= 0)
		return true;
	out_failed(o, "cannot be created", e);
	free(take(o->temp));
	return false;
}

/* A folder that may be written and not read is enough: only its fsync is done without then. */
static bool open_folder(struct out *o, const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;
	owned(own_free) char *folder = own_string(slash ? (n ? path : "/") : ".", e);

	own_free(&o->name);
	own_close(&o->folder);
	o->folder = -1;
	o->name = own_string(slash ? slash + 1 : path, e);
	if (!folder || !o->name)
		return false;
	if (n)
		folder[n] = '\0';
	o->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (o->folder < 0 && errno == EACCES)
		o->folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return o->folder >= 0 || out_failed(o, "cannot be created", e);
}

static bool refuse_kind(const struct out *o, const char *is, struct err *e)
{
	err_set(e, REASON_NOT_A_FILE, "is %s, so nothing is written there", is);
	return err_subject(e, o->path);
}

/*
 * What a link at the end leads to is written, not the link. A link of /proc leads to files that
 * the name it shows need not be: both are asked.
 */
static bool follow(struct out *o, struct stat *st, struct err *e)
{
	owned(own_free) char *real = NULL;
	struct stat behind;

	if (stat(o->path, &behind) != 0)
		return errno == ENOENT ? refuse_kind(o, "a symbolic link to nothing", e)
				       : out_failed(o, "cannot be followed", e);
	if (!S_ISREG(behind.st_mode))
		return refuse_kind(o, file_kind(behind.st_mode), e);
	real = realpath(o->path, NULL);
	if (!real)
		return out_failed(o, "cannot be followed", e);
	if (!open_folder(o, real, e))
		return false;
	if (fstatat(o->folder, o->name, st, AT_SYMLINK_NOFOLLOW) != 0 ||
	    st->st_dev != behind.st_dev || st->st_ino != behind.st_ino)
		return refuse_kind(o, "a symbolic link to a file that has no name", e);
	return true;
}

/* Whether something stands there, and if so that it may be replaced; a link, where `links` says. */
static bool look(struct out *o, bool links, struct stat *st, bool *old, struct err *e)
{
	*old = fstatat(o->folder, o->name, st, AT_SYMLINK_NOFOLLOW) == 0;
	if (!*old)
		return errno == ENOENT || out_failed(o, "cannot be created", e);
	if (S_ISLNK(st->st_mode) && !links)
		return refuse_kind(o, "a symbolic link", e);
	if (S_ISLNK(st->st_mode) && !follow(o, st, e))
		return false;
	if (!S_ISREG(st->st_mode))
		return refuse_kind(o, file_kind(st->st_mode), e);
	if (faccessat(o->folder, o->name, W_OK, AT_EACCESS) != 0)
		return out_failed(o, "exists and may not be written", e);
	return true;
}

/* Another group must not get what was the old group's to see. */
static bool keep_mode(struct out *o, const struct stat *st, struct err *e)
{
	mode_t mode = st->st_mode & 0777;

	if (fchown(o->fd, st->st_uid, st->st_gid) != 0 && fchown(o->fd, (uid_t)-1, st->st_gid) != 0)
		mode &= (mode_t)~070;
	return fchmod(o->fd, mode) == 0 || out_failed(o, "cannot be given the old mode", e);
}

static bool open_new(struct out *o, const char *path, bool links, struct err *e)
{
	struct stat st;
	mode_t mode;
	bool old;

	o->path = own_string(path, e);
	if (!o->path || !open_folder(o, path, e) || !look(o, links, &st, &old, e))
		return false;
	mode = old ? st.st_mode & 0600 : 0666;
	/* Without a name nothing can be left behind, whatever kills this process. */
	if (access("/proc/self/fd", X_OK) == 0)
		o->fd = openat(o->folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
	if (o->fd < 0 && !open_named(o, mode, e))
		return false;
	return !old || keep_mode(o, &st, e);
}

static bool open_out(struct out *o, const char *path, bool links, struct err *e)
{
	owned(out_free) struct out new = OUT_NONE;

	if (!out_named(path, e) || !open_new(&new, path, links, e))
		return false;
	*o = take(new);
	new.fd = new.folder = -1;
	return true;
}

bool out_open(struct out *o, const char *path, struct err *e)
{
	return open_out(o, path, true, e);
}

bool out_open_ours(struct out *o, const char *path, struct err *e)
{
	return open_out(o, path, false, e);
}

/*
 * A large file is sent on its way while it is written, so that fsync finds little to do, and what
 * of it is far behind leaves the page cache: fresh pages cost more than all else, and push out what
 * is still to be read. Both are requests: what went wrong is fsync's to tell.
 */
static void send_on(struct out *o, uint64_t n)
{
	for (o->written += n; o->written - o->sent >= STEP; o->sent += STEP) {
		(void)sync_file_range(o->fd, (off_t)o->sent, (off_t)STEP, SYNC_FILE_RANGE_WRITE);
		if (o->sent >= KEPT)
			(void)posix_fadvise(o->fd, (off_t)(o->sent - KEPT), (off_t)STEP,
					    POSIX_FADV_DONTNEED);
	}
}

bool file_put(int fd, struct bytes x)
{
	for (size_t done = 0; done < x.n;) {
		ssize_t w = write(fd, x.p + done, x.n - done);

		if (w < 0 && errno != EINTR)
			return false;
		done += w > 0 ? (size_t)w : 0;
	}
	return true;
}

bool out_write(struct out *o, struct bytes x, struct err *e)
{
	if (!file_put(o->fd, x))
		return out_failed(o, "cannot be written", e);
	send_on(o, x.n);
	return true;
}

bool out_pwrite(struct out *o, uint64_t at, struct bytes x, struct err *e)
{
	for (size_t done = 0; done < x.n;) {
		ssize_t w = pwrite(o->fd, x.p + done, x.n - done, (off_t)(at + done));

		if (w < 0 && errno != EINTR)
			return out_failed(o, "cannot be written", e);
		done += w > 0 ? (size_t)w : 0;
	}
	return true;
}

/*
 * Where nothing stands it has its own name at once, and no other one that could be left behind;
 * otherwise a temporary one, to be renamed over what stands there.
 */
static bool give_name(struct out *o, bool *named, struct err *e)
{
	char self[64];

	*named = false;
	if (o->temp)
		return true;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", o->fd);
	*named = linkat(AT_FDCWD, self, o->folder, o->name, AT_SYMLINK_FOLLOW) == 0;
	for (int i = 0; i < TEMP_TRIES && !*named && errno == EEXIST; i++) {
		if (!temp_name(o, e))
			return false;
		if (linkat(AT_FDCWD, self, o->folder, o->temp, AT_SYMLINK_FOLLOW) == 0)
			return true;
	}
	if (*named)
		return true;
	out_failed(o, "cannot be given its name", e);
	free(take(o->temp));
	return false;
}

bool out_rename(struct out *o, const char *name, struct err *e)
{
	char *new = own_string(name, e);

	if (!new)
		return false;
	free(o->name);
	o->name = new;
	return true;
}

bool out_leave(struct out *o, struct err *e)
{
	bool named;

	if (!give_name(o, &named, e))
		return false;
	if (!named && renameat(o->folder, o->temp, o->folder, o->name) != 0)
		return out_failed(o, "cannot be renamed into place", e);
	free(take(o->temp));
	return true;
}

bool out_precede(struct out *o, struct err *e)
{
	if (fsync(o->fd) != 0)
		return out_failed(o, "cannot be made durable", e);
	return out_leave(o, e);
}

bool out_commit(struct out *o, struct err *e)
{
	if (!out_precede(o, e))
		return false;
	/* EBADF: opened by a caller who may not read it. */
	if (fsync(o->folder) != 0 && errno != EINVAL && errno != EBADF)
		return out_failed(o, "its folder cannot be made durable", e);
	return true;
}

void out_free(struct out *o)
{
	if (o->temp)
		unlinkat(o->folder, o->temp, 0);
	own_close(&o->fd);
	own_close(&o->folder);
	free(o->temp);
	free(o->name);
	free(o->path);
	*o = OUT_NONE;
}

bool file_write(const char *path, struct bytes x, struct err *e)
{
	owned(out_free) struct out o = OUT_NONE;

	return out_open(&o, path, e) && out_write(&o, x, e) && out_commit(&o, e);
}
