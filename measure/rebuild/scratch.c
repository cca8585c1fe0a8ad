#include "measure/rebuild/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/rebuild/place.h"

#define TAIL 6u /* of mkdtemp() */
#define PATH_ROOM 8192u

static bool failed(const char *path, const char *what, struct err *e)
{
	err_errno(e, errno, what);
	return err_subject(e, path);
}

static void dir_close(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* ---- what is left of others */

static bool is_theirs(const char *name, const char *prefix)
{
	size_t n = strlen(prefix);

	return name[0] == '.' && strncmp(name + 1, prefix, n) == 0 && name[n + 1] == '.' &&
	       strlen(name + n + 2) == TAIL;
}

/* Who holds it is still at work. A failure is none of ours: the next one tries again. */
static void remove_left(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct err ignored = {0};

	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && !place_remove(parent, name, &ignored))
		errno = 0;
	close(fd);
}

static bool sweep(const char *path, int parent, const char *prefix, struct err *e)
{
	owned(dir_close) DIR *d = opendir(path);
	const struct dirent *entry;

	if (!d)
		return failed(path, "cannot be read", e);
	while ((entry = readdir(d)))
		if (is_theirs(entry->d_name, prefix))
			remove_left(parent, entry->d_name);
	return true;
}

/* ---- its own */

/* Somebody may have swept it away before it was locked. */
static bool is_there(const struct scratch *s)
{
	struct stat own, named;

	return fstat(s->fd, &own) == 0 && lstat(s->path, &named) == 0 &&
	       own.st_ino == named.st_ino && own.st_dev == named.st_dev;
}

static bool make(struct scratch *s, const char *parent, const char *prefix, struct err *e)
{
	owned(buf_free) struct buf path = BUF(PATH_ROOM);

	buf_fmt(&path, "%s/.%s.XXXXXX", parent, prefix);
	if (!buf_done(&path, "a path", e))
		return false;
	s->path = own_string(buf_cstr(&path), e);
	if (!s->path)
		return false;
	if (!mkdtemp(s->path)) {
		failed(parent, "no folder can be made in it", e);
		free(take(s->path));
		return false;
	}
	s->name = strrchr(s->path, '/') + 1;
	s->fd = open(s->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (s->fd >= 0)
		return flock(s->fd, LOCK_EX) == 0 || failed(s->path, "cannot be locked", e);
	return errno == ENOENT || failed(s->path, "cannot be opened", e);
}

bool scratch_make(struct scratch *s, const char *parent, const char *prefix, struct err *e)
{
	owned(scratch_free) struct scratch new = SCRATCH_NONE;

	new.parent = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (new.parent < 0)
		return failed(parent, "cannot be opened", e);
	if (!sweep(parent, new.parent, prefix, e))
		return false;
	do {
		own_close(&new.fd);
		new.fd = -1;
		free(take(new.path));
		if (!make(&new, parent, prefix, e))
			return false;
	} while (new.fd < 0 || !is_there(&new));
	*s = new;
	new = SCRATCH_NONE;
	return true;
}

void scratch_free(struct scratch *s)
{
	struct err ignored = {0};

	if (s->path && !s->kept && s->parent >= 0 && !place_remove(s->parent, s->name, &ignored))
		errno = 0;
	own_close(&s->fd);
	own_close(&s->parent);
	free(s->path);
	*s = SCRATCH_NONE;
}

const char *scratch_path(const struct scratch *s, const char *name, struct buf *out, struct err *e)
{
	buf_reset(out);
	buf_fmt(out, "%s/%s", s->path, name);
	return buf_done(out, "a path", e) ? buf_cstr(out) : NULL;
}

int scratch_folder(const struct scratch *s, const char *name, struct err *e)
{
	int fd = mkdirat(s->fd, name, 0755) == 0
			 ? openat(s->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
			 : -1;

	if (fd < 0)
		failed(s->path, "no folder can be made in it", e);
	return fd;
}

bool scratch_remove(const struct scratch *s, const char *name, struct err *e)
{
	return place_remove(s->fd, name, e) || err_subject(e, s->path);
}
