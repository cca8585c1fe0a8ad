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

static bool out_failed(const struct out *o, const char *what, struct err *e)
{
	err_errno(e, errno, what);
	return err_subject(e, o->path ? o->path : "");
}

/* "folder/.name.XXXXXXXXXXXX.tmp": a name beside the final one that nobody else has. */
static bool temp_name(struct out *o, struct err *e)
{
	const char *slash = strrchr(o->path, '/');
	const char *name = slash ? slash + 1 : o->path;
	size_t size = strlen(o->folder) + strlen(name) + 24;
	uint64_t random;

	free(o->temp);
	o->temp = own_new(size, e);
	if (!o->temp)
		return false;
	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return out_failed(o, "no random number for a temporary name", e);
	snprintf(o->temp, size, "%s/.%.200s.%012llx.tmp", o->folder, name,
		 (unsigned long long)(random & 0xffffffffffff));
	return true;
}

static bool open_named(struct out *o, struct err *e)
{
	for (int i = 0; i < TEMP_TRIES && o->fd < 0; i++) {
		if (!temp_name(o, e))
			return false;
		o->fd = open(o->temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (o->fd < 0 && errno != EEXIST)
			break;
	}
	if (o->fd >= 0)
		return true;
	out_failed(o, "cannot be created", e);
	free(take(o->temp));
	return false;
}

static bool set_folder(struct out *o, struct err *e)
{
	const char *slash = strrchr(o->path, '/');
	size_t n = slash ? (size_t)(slash - o->path) : 0;

	if (slash && slash[1] == '\0') {
		err_set(e, REASON_USAGE, "names a folder where a file is to be written");
		return err_subject(e, o->path);
	}
	o->folder = own_string(slash ? (n ? o->path : "/") : ".", e);
	if (o->folder && n)
		o->folder[n] = '\0';
	return o->folder != NULL;
}

bool out_open(struct out *o, const char *path, struct err *e)
{
	owned(out_free) struct out new = OUT_NONE;
	struct stat st;

	new.path = own_string(path, e);
	if (!new.path || !set_folder(&new, e))
		return false;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		err_set(e, REASON_NOT_A_FILE,
			"exists and is no regular file, so nothing is written there");
		return err_subject(e, path);
	}
	/* Without a name nothing can be left behind, whatever kills this process. */
	if (access("/proc/self/fd", X_OK) == 0)
		new.fd = open(new.folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
	if (new.fd < 0 && !open_named(&new, e))
		return false;
	*o = take(new);
	new.fd = -1;
	return true;
}

bool out_write(struct out *o, struct bytes x, struct err *e)
{
	for (size_t done = 0; done < x.n;) {
		ssize_t w = write(o->fd, x.p + done, x.n - done);

		if (w < 0 && errno != EINTR)
			return out_failed(o, "cannot be written", e);
		done += w > 0 ? (size_t)w : 0;
	}
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

static bool give_name(struct out *o, struct err *e)
{
	char self[64];

	if (o->temp)
		return true;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", o->fd);
	for (int i = 0; i < TEMP_TRIES; i++) {
		if (!temp_name(o, e))
			return false;
		if (linkat(AT_FDCWD, self, AT_FDCWD, o->temp, AT_SYMLINK_FOLLOW) == 0)
			return true;
		if (errno != EEXIST)
			break;
	}
	out_failed(o, "cannot be given its name", e);
	free(take(o->temp));
	return false;
}

static bool sync_folder(const struct out *o, struct err *e)
{
	owned(own_close) int fd = open(o->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL))
		return out_failed(o, "its folder cannot be made durable", e);
	return true;
}

bool out_commit(struct out *o, struct err *e)
{
	if (fsync(o->fd) != 0)
		return out_failed(o, "cannot be made durable", e);
	if (!give_name(o, e))
		return false;
	if (rename(o->temp, o->path) != 0)
		return out_failed(o, "cannot be renamed into place", e);
	free(take(o->temp));
	return sync_folder(o, e);
}

void out_free(struct out *o)
{
	if (o->temp)
		unlink(o->temp);
	own_close(&o->fd);
	free(o->temp);
	free(o->folder);
	free(o->path);
	*o = OUT_NONE;
}

bool file_write(const char *path, struct bytes x, struct err *e)
{
	owned(out_free) struct out o = OUT_NONE;

	return out_open(&o, path, e) && out_write(&o, x, e) && out_commit(&o, e);
}
