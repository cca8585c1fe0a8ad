#include "measure/core/gitdb_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "measure/base/file.h"
#include "measure/core/gitdb_door.h"

#define STEP_MS 10
#define LOCK_MS 30000
#define BRANCH_MS 2000
#define OURS "measure.ref"

bool gitdb_create(const char *path, bool bare, struct err *e)
{
	owned(gitdb_free) struct gitdb *g = gitdb_library(e);
	git_repository_init_options o = {.version = GIT_REPOSITORY_INIT_OPTIONS_VERSION};

	if (!g)
		return false;
	o.flags = GIT_REPOSITORY_INIT_NO_REINIT | GIT_REPOSITORY_INIT_MKDIR |
		  (bare ? GIT_REPOSITORY_INIT_BARE : 0u);
	o.initial_head = "main";
	if (g->door.create(&g->repository, path, &o) == 0)
		return true;
	gitdb_fail(&g->door, REASON_IO, e, "no repository can be made");
	return err_subject(e, path);
}

static void nap(void)
{
	(void)nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000L}, NULL);
}

bool gitdb_lock(const struct gitdb *g, int *fd, struct err *e)
{
	owned(own_close) int file = -1;
	char path[8192];
	int n = snprintf(path, sizeof(path), "%smeasure.lock", gitdb_folder(g));

	if (n < 0 || (size_t)n >= sizeof(path))
		return err_set(e, REASON_LIMIT, "the path of the repository is too long");
	file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
	if (file < 0) {
		err_errno(e, errno, "the lock of the repository");
		return err_subject(e, path);
	}
	for (int waited = 0; flock(file, LOCK_EX | LOCK_NB) != 0; waited += STEP_MS) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK) {
			err_errno(e, errno, "the lock of the repository");
			return err_subject(e, path);
		}
		if (waited >= LOCK_MS)
			return err_set(e, REASON_BUSY,
				       "another process has been writing for %d seconds",
				       LOCK_MS / 1000);
		nap();
	}
	*fd = file;
	file = -1;
	return true;
}

/* ---- a branch */

/*
 * The new value lies in a file of ours before it becomes git's lock by a second name, and the
 * branch by a rename. So whoever comes after a killed process knows its lock by the file's number.
 */
struct branch {
	const char *name;
	char ours[8192], lock[8192], path[8192];
};

static bool in_folder(const struct gitdb *g, const char *name, char to[8192], struct err *e)
{
	int n = snprintf(to, 8192, "%s%s", gitdb_folder(g), name);

	return (n > 0 && n < 8192) ||
	       err_set(e, REASON_LIMIT, "the path of the repository is too long");
}

static bool branch_of(const struct gitdb *g, const char *name, struct branch *b, struct err *e)
{
	char lock[256];

	snprintf(lock, sizeof(lock), "%.200s.lock", name);
	b->name = name;
	return in_folder(g, OURS, b->ours, e) && in_folder(g, lock, b->lock, e) &&
	       in_folder(g, name, b->path, e);
}

static bool failed(const char *path, const char *what, struct err *e)
{
	err_errno(e, errno, what);
	return err_subject(e, path);
}

static bool clear(const struct branch *b, struct err *e)
{
	struct stat ours, lock;

	if (lstat(b->ours, &ours) != 0)
		return errno == ENOENT || failed(b->ours, "cannot be looked at", e);
	if (lstat(b->lock, &lock) == 0 && lock.st_dev == ours.st_dev &&
	    lock.st_ino == ours.st_ino && unlink(b->lock) != 0)
		return failed(b->lock, "cannot be removed", e);
	return unlink(b->ours) == 0 || failed(b->ours, "cannot be removed", e);
}

static bool write_value(const struct branch *b, const struct gitdb_id *to, struct err *e)
{
	owned(own_close) int fd = -1;
	char line[GITDB_DIGITS + 2];

	gitdb_digits(to, line);
	line[GITDB_DIGITS] = '\n';
	fd = open(b->ours, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return failed(b->ours, "cannot be created", e);
	if (!file_put(fd, bytes_of(line, GITDB_DIGITS + 1)))
		return failed(b->ours, "cannot be written", e);
	return fsync(fd) == 0 || failed(b->ours, "cannot be made durable", e);
}

/* A copy of a repository may be without folders in which nothing lay. */
static bool make_folders(const struct branch *b, struct err *e)
{
	char path[8192];

	for (size_t i = strlen(b->path) - strlen(b->name); b->path[i]; i++) {
		if (b->path[i] != '/')
			continue;
		memcpy(path, b->path, i);
		path[i] = '\0';
		if (mkdir(path, 0777) != 0 && errno != EEXIST)
			return failed(path, "cannot be created", e);
	}
	return true;
}

static bool take_lock(const struct branch *b, struct err *e)
{
	for (int waited = 0; link(b->ours, b->lock) != 0; waited += STEP_MS) {
		if (errno == ENOENT && waited == 0) {
			if (!make_folders(b, e))
				return false;
			continue;
		}
		if (errno != EEXIST)
			return failed(b->lock, "cannot be created", e);
		if (waited >= BRANCH_MS) {
			err_set(e, REASON_BUSY, "git has locked the branch");
			err_hint(e, "if no git is at work there, one was killed: remove the file");
			return err_subject(e, b->lock);
		}
		nap();
	}
	return true;
}

static bool still_there(const struct gitdb *g, const struct gitdb_move *m, bool *so, struct err *e)
{
	struct gitdb_id now;
	bool found;

	if (!gitdb_resolve(g, m->name, &found, &now, e))
		return false;
	*so = found ? m->from && memcmp(now.v, m->from->v, GITDB_ID) == 0 : !m->from;
	return true;
}

static bool sync_folder(const struct branch *b, struct err *e)
{
	char folder[8192];
	owned(own_close) int fd = -1;

	memcpy(folder, b->path, sizeof(folder));
	*strrchr(folder, '/') = '\0';
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return (fd >= 0 && (fsync(fd) == 0 || errno == EINVAL)) ||
	       failed(folder, "cannot be made durable", e);
}

static bool move(const struct gitdb *g, const struct branch *b, const struct gitdb_move *m,
		 bool *moved, struct err *e)
{
	if (!take_lock(b, e))
		return false;
	if (!still_there(g, m, moved, e) || !*moved) {
		(void)unlink(b->lock);
		return !err_is(e);
	}
	if (rename(b->lock, b->path) != 0) {
		failed(b->path, "cannot be moved", e);
		(void)unlink(b->lock);
		return false;
	}
	return sync_folder(b, e);
}

bool gitdb_move(const struct gitdb *g, const struct gitdb_move *m, bool *moved, struct err *e)
{
	struct branch b;
	bool ok;

	if (!branch_of(g, m->name, &b, e) || !clear(&b, e))
		return false;
	ok = write_value(&b, m->to, e) && move(g, &b, m, moved, e);
	(void)unlink(b.ours);
	return ok;
}
