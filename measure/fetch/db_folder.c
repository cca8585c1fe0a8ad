#include "measure/fetch/db_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/base/file.h"
#include "measure/base/home.h"
#include "measure/core/hash.h"

#define PATH_ROOM 8192u
#define FOLDERS 0777u

void db_folder_close(struct db_folder *f)
{
	own_close(&f->fd);
	free(f->path);
	f->path = NULL;
}

static bool path_of(const struct db_folder *f, const char *name, struct buf *out, struct err *e)
{
	buf_fmt(out, "%s/%s", f->path, name);
	return buf_done(out, "a path", e);
}

static bool stands(const struct db_folder *f, const char *name)
{
	struct stat st;

	return fstatat(f->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool slurp(const struct db_folder *f, const char *name, size_t max, struct buf *out,
		  struct err *e)
{
	owned(buf_free) struct buf path = BUF(PATH_ROOM);

	return path_of(f, name, &path, e) && file_slurp(buf_cstr(&path), max, out, e);
}

static bool write_small(const struct db_folder *f, const char *name, struct bytes x, struct err *e)
{
	owned(out_free) struct out o = OUT_NONE;
	owned(buf_free) struct buf path = BUF(PATH_ROOM);

	return path_of(f, name, &path, e) && out_open_ours(&o, buf_cstr(&path), e) &&
	       out_write(&o, x, e) && out_commit(&o, e);
}

/* ---- opening */

static bool lock(struct db_folder *f, struct err *e)
{
	owned(buf_free) struct buf inside = BUF(PATH_ROOM);

	if (!path_of(f, "x", &inside, e) || !home_make_folders(buf_cstr(&inside), FOLDERS, e))
		return false;
	f->fd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->fd < 0)
		return err_errno(e, errno, "cannot be opened");
	if (flock(f->fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	if (errno == EWOULDBLOCK)
		return err_set(e, REASON_BUSY, "another process copies into it");
	return err_errno(e, errno, "cannot be locked");
}

static bool is_empty(const char *path)
{
	DIR *d = opendir(path);
	unsigned names = 0;

	while (d && readdir(d))
		names++;
	if (d)
		closedir(d);
	return names == 2; /* "." and ".." */
}

static bool is_ours(const struct db_folder *f, bool *is_new, struct err *e)
{
	*is_new = !stands(f, "format");
	if (stands(f, ".git") || (stands(f, "HEAD") && stands(f, "objects")))
		return err_set(e, REASON_USAGE,
			       "is a repository of git, which `git fetch` brings up to date");
	if (*is_new && !is_empty(f->path))
		return err_set(e, REASON_USAGE, "holds other files, and no database");
	return true;
}

static bool read_format(struct db_folder *f, struct bytes format, struct err *e)
{
	owned(buf_free) struct buf is = BUF(DATABASE_FORM_MAX);
	char name[DATABASE_NAME + 1];

	if (!slurp(f, "format", DATABASE_FORM_MAX, &is, e) ||
	    !database_format_read(buf_bytes(&is), name, e))
		return false;
	if (bytes_equal(buf_bytes(&is), format))
		return true;
	return err_set(e, REASON_FORK, "is of the database '%s', and not of '%s'", name, f->name);
}

static bool read_head(struct db_folder *f, struct err *e)
{
	owned(buf_free) struct buf head = BUF(DATABASE_FORM_MAX);

	f->head = (struct signed_upon){0, f->first};
	return !stands(f, "head") || (slurp(f, "head", DATABASE_FORM_MAX, &head, e) &&
				      database_head_read(buf_bytes(&head), &f->head, e));
}

static bool begin(struct db_folder *f, struct bytes format, struct err *e)
{
	bool is_new;

	if (!lock(f, e) || !is_ours(f, &is_new, e))
		return false;
	if (is_new && !write_small(f, "format", format, e))
		return false;
	return read_format(f, format, e) && read_head(f, e) &&
	       (stands(f, "head") || db_folder_grow(f, &f->head, e));
}

bool db_folder_open(struct db_folder *f, const char *path, struct bytes format, struct err *e)
{
	f->path = own_string(path, e);
	return f->path && database_format_read(format, f->name, e) &&
	       hash_of(DIGEST_SHA256, format, &f->first, e) &&
	       (begin(f, format, e) || err_subject(e, path));
}

/* ---- what it gets */

bool db_folder_has(const struct db_folder *f, const char *name, const struct digest *sha256)
{
	owned(buf_free) struct buf file = BUF(SIGNED_MAX);
	struct err ignored = {0};
	struct digest is;

	return stands(f, name) && slurp(f, name, SIGNED_MAX, &file, &ignored) &&
	       hash_of(DIGEST_SHA256, buf_bytes(&file), &is, &ignored) && digest_equal(&is, sha256);
}

/* What stands there may have been unpacked from anywhere: no link is followed, none written to. */
static bool enter(int *folder, const char *name)
{
	int at = *folder;

	if (mkdirat(at, name, FOLDERS) != 0 && errno != EEXIST)
		return false;
	*folder = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	own_close(&at);
	return *folder >= 0;
}

static bool put(int folder, const char *name, struct bytes x)
{
	owned(own_close) int fd = -1;

	if (unlinkat(folder, name, 0) != 0 && errno != ENOENT)
		return false;
	fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	return fd >= 0 && file_put(fd, x);
}

bool db_folder_put(const struct db_folder *f, const char *name, struct bytes x, struct err *e)
{
	owned(own_close) int folder = fcntl(f->fd, F_DUPFD_CLOEXEC, 0);
	owned(own_free) char *path = own_string(name, e);
	bool ok = path && folder >= 0;
	char *part = path, *slash;

	for (; ok && (slash = strchr(part, '/')); part = slash + 1) {
		*slash = '\0';
		ok = enter(&folder, part);
	}
	if (ok && put(folder, part, x))
		return true;
	if (errno == ENOTDIR || errno == ELOOP)
		err_set(e, REASON_NOT_A_FILE,
			"cannot be written: no folder, but something else, "
			"stands on its way");
	else
		err_errno(e, errno, "cannot be written");
	err_in(e, "'%s'", name);
	return err_subject(e, f->path);
}

bool db_folder_grow(struct db_folder *f, const struct signed_upon *head, struct err *e)
{
	owned(buf_free) struct buf text = BUF(DATABASE_FORM_MAX);

	if (syncfs(f->fd) != 0) {
		err_errno(e, errno, "cannot be made durable");
		return err_subject(e, f->path);
	}
	database_head_write(head, &text);
	if (!buf_done(&text, "'head'", e) || !write_small(f, "head", buf_bytes(&text), e))
		return false;
	f->head = *head;
	return true;
}
