#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/rebuild/place.h"

#define FOLDER (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define NAME_ROOM 32u

/*
 * Two levels and no more, however deep it goes: what stands in a folder of the folder is moved up
 * beside that, and its turn comes later. So neither descriptors nor memory follow the depth.
 */
struct removal {
	DIR *top;
	uint64_t moved; /* gives names */
	uint64_t done; /* names that are gone from where they were */
};

static void close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* The next name that is no way to the folder itself or up; NULL at the end. */
static const char *next_name(DIR *d)
{
	const struct dirent *at;

	do {
		at = readdir(d);
	} while (at && (strcmp(at->d_name, ".") == 0 || strcmp(at->d_name, "..") == 0));
	return at ? at->d_name : NULL;
}

/* A folder that may be read, written and entered, whatever its mode was; NULL with errno. */
static DIR *open_dir(int in, const char *name)
{
	owned(own_close) int fd = openat(in, name, FOLDER);
	struct stat st;
	DIR *d;

	if (fd < 0 && errno == EACCES && fchmodat(in, name, 0700, AT_SYMLINK_NOFOLLOW) == 0)
		fd = openat(in, name, FOLDER);
	if (fd < 0 || fstat(fd, &st) != 0)
		return NULL;
	if ((st.st_mode & 0700) != 0700 && fchmod(fd, 0700) != 0)
		return NULL;
	d = fdopendir(fd);
	if (d)
		fd = -1;
	return d;
}

/* To be moved, a folder must be writable itself: its ".." changes. */
static bool move_up(struct removal *r, int from, const char *name)
{
	char as[NAME_ROOM];

	if (fchmodat(from, name, 0700, AT_SYMLINK_NOFOLLOW) != 0)
		return false;
	do {
		snprintf(as, sizeof(as), "%llu", (unsigned long long)r->moved++);
		if (renameat(from, name, dirfd(r->top), as) == 0)
			return true;
	} while (errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR);
	return false;
}

/* What a folder of the folder holds, and itself unless something came to be in it meanwhile. */
static bool empty(struct removal *r, const char *name)
{
	owned(close_dir) DIR *d = open_dir(dirfd(r->top), name);
	const char *below;

	if (!d)
		return false;
	while ((below = next_name(d))) {
		if (unlinkat(dirfd(d), below, 0) != 0 &&
		    (errno != EISDIR || !move_up(r, dirfd(d), below)))
			return false;
		r->done++;
	}
	if (unlinkat(dirfd(r->top), name, AT_REMOVEDIR) == 0)
		r->done++;
	else if (errno != ENOTEMPTY)
		return false;
	return true;
}

/* False with errno. What the system's listing passed over while it changed comes next time. */
static bool pass(struct removal *r, bool *found)
{
	const char *name;

	*found = false;
	rewinddir(r->top);
	while ((name = next_name(r->top))) {
		*found = true;
		if (unlinkat(dirfd(r->top), name, 0) == 0)
			r->done++;
		else if (errno != EISDIR || !empty(r, name))
			return false;
	}
	return true;
}

bool place_remove(int parent, const char *name, struct err *e)
{
	owned(close_dir) DIR *top = NULL;
	struct removal r = {0};
	bool more = true;
	uint64_t before;

	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return true;
	if (errno == EISDIR)
		r.top = top = open_dir(parent, name);
	if (!top) {
		err_errno(e, errno, "cannot be removed");
		return err_subject(e, name);
	}
	while (more) {
		before = r.done;
		errno = ENOTEMPTY;
		if (!pass(&r, &more) || (more && r.done == before)) {
			err_errno(e, errno, "what is in it cannot be removed");
			return err_subject(e, name);
		}
	}
	if (unlinkat(parent, name, AT_REMOVEDIR) == 0)
		return true;
	err_errno(e, errno, "cannot be removed");
	return err_subject(e, name);
}
