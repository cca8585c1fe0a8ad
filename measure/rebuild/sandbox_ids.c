#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure/base/num.h"
#include "measure/rebuild/sandbox_part.h"

#define IDS_FILE_MAX ((size_t)1 << 20)
#define LAST_ID (SANDBOX_IDS - 1)

/* A process that only holds a user name space, until its input ends. */
struct holder {
	pid_t pid;
	int hold;
};

static void holder_end(struct holder *h)
{
	own_close(&h->hold);
	while (h->pid > 0 && waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
}

static bool make(struct holder *h, uint32_t owner, struct err *e)
{
	int hold[2], made[2], fault = EIO;

	if (pipe2(hold, O_CLOEXEC) != 0)
		return err_errno(e, errno, "a pipe to the sandbox");
	if (pipe2(made, O_CLOEXEC) != 0) {
		err_errno(e, errno, "a pipe to the sandbox");
		close(hold[0]);
		close(hold[1]);
		return false;
	}
	h->pid = fork();
	if (h->pid == 0) {
		close(hold[1]);
		fault = owner != 0 && (setresgid(owner, owner, owner) != 0 ||
				       setresuid(owner, owner, owner) != 0)
				? errno
				: 0;
		if (fault == 0 && unshare(CLONE_NEWUSER) != 0)
			fault = errno;
		if (write(made[1], &fault, sizeof(fault)) == sizeof(fault))
			fault = (int)read(hold[0], &fault, 1);
		_exit(0);
	}
	close(hold[0]);
	close(made[1]);
	h->hold = hold[1];
	if (h->pid < 0 || read(made[0], &fault, sizeof(fault)) != sizeof(fault))
		fault = EIO;
	close(made[0]);
	if (fault == 0)
		return true;
	err_set(e, REASON_SANDBOX, "a user name space cannot be made: %s", strerrordesc_np(fault));
	return sandbox_why(e);
}

/* ---- maps, by root itself */

static bool write_map(const struct holder *h, const char *name, uint32_t owner, struct err *e)
{
	owned(own_close) int fd = -1;
	char path[64], map[64];
	int n = snprintf(map, sizeof(map), "0 %u %u\n", owner, SANDBOX_IDS);

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)h->pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return (fd >= 0 && write(fd, map, (size_t)n) == n) ||
	       err_set(e, REASON_SANDBOX, "several ids cannot be mapped, /proc/PID/%s: %s", name,
		       strerrordesc_np(errno));
}

/* ---- maps, by a program that may map what a file of the system grants */

static bool granted(const char *file, const char *user, uint32_t id, uint64_t *first, struct err *e)
{
	owned(buf_free) struct buf text = BUF(IDS_FILE_MAX);
	char number[16];
	const char *line;

	snprintf(number, sizeof(number), "%u", id);
	if (!file_slurp(file, IDS_FILE_MAX, &text, e))
		e->reason = REASON_SANDBOX;
	for (line = buf_cstr(&text); *line; line += strcspn(line, "\n"), line += *line == '\n') {
		char name[64];
		uint64_t count;

		if (sscanf(line, "%63[^:\n]:%" SCNu64 ":%" SCNu64, name, first, &count) == 3 &&
		    (strcmp(name, number) == 0 || strcmp(name, user) == 0) && count >= LAST_ID)
			return true;
	}
	*e = (struct err){0};
	err_set(e, REASON_SANDBOX, "%s does not give %u ids to the user '%s'", file, LAST_ID,
		*user ? user : number);
	return err_hint(e,
			"as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 "
			"%s",
			*user ? user : number);
}

static bool ask(const char *program, const struct holder *h, uint32_t id, uint64_t first,
		struct err *e)
{
	char pid[16], self[16], from[24], count[16];
	char *const argv[] = {(char *)(uintptr_t)program,
			      pid,
			      (char[]){"0"},
			      self,
			      (char[]){"1"},
			      (char[]){"1"},
			      from,
			      count,
			      NULL};
	int status = 0, fault;
	pid_t child;

	snprintf(pid, sizeof(pid), "%d", (int)h->pid);
	snprintf(self, sizeof(self), "%u", id);
	snprintf(from, sizeof(from), "%" PRIu64, first);
	snprintf(count, sizeof(count), "%u", LAST_ID);
	fault = posix_spawnp(&child, program, NULL, NULL, argv, environ);
	if (fault == ENOENT) {
		err_set(e, REASON_MISSING_TOOL, "there is no %s, which maps several ids", program);
		return err_hint(e, "install the Debian package uidmap");
	}
	while (fault == 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	return (fault == 0 && status == 0) ||
	       err_set(e, REASON_SANDBOX, "several ids cannot be mapped: %s refuses", program);
}

static bool map(const struct holder *h, struct err *e)
{
	const struct passwd *user = getpwuid(getuid());
	const char *name = user ? user->pw_name : "";
	uint64_t uids, gids;

	return granted("/etc/subuid", name, getuid(), &uids, e) &&
	       granted("/etc/subgid", name, getuid(), &gids, e) &&
	       ask("newuidmap", h, getuid(), uids, e) && ask("newgidmap", h, getgid(), gids, e);
}

bool sandbox_ids(uint32_t owner, int *fd, struct err *e)
{
	owned(holder_end) struct holder h = {.pid = 0, .hold = -1};
	char path[64];

	if (!make(&h, owner, e))
		return false;
	if (owner != 0 ? !write_map(&h, "gid_map", owner, e) || !write_map(&h, "uid_map", owner, e)
		       : !map(&h, e))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)h.pid);
	*fd = open(path, O_RDONLY | O_CLOEXEC);
	return *fd >= 0 || err_set(e, REASON_SANDBOX, "the user name space cannot be opened: %s",
				   strerrordesc_np(errno));
}

/* ---- as root of them */

static bool become_root(const struct sandbox_setup *u)
{
	return (u->owner == 0 || setgroups(0, NULL) == 0) && setns(u->ids, CLONE_NEWUSER) == 0 &&
	       setresgid(0, 0, 0) == 0 && setresuid(0, 0, 0) == 0;
}

static void do_as_root(const struct sandbox_setup *u, int to, bool (*f)(void *arg, struct err *e),
		       void *arg)
{
	struct err x = {0};

	if (!become_root(u))
		err_set(&x, REASON_SANDBOX, "nobody can become root of several ids: %s",
			strerrordesc_np(errno));
	else if (f(arg, &x))
		_exit(0);
	_exit(file_put(to, bytes_of(&x, sizeof(x))) ? 1 : 2);
}

bool sandbox_as_root(const struct sandbox_setup *u, bool (*f)(void *arg, struct err *e), void *arg,
		     struct err *e)
{
	struct err theirs = {0};
	int fds[2], status = 0;
	size_t got = 0;
	ssize_t n;
	pid_t child;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return err_errno(e, errno, "a pipe to the sandbox");
	child = fork();
	if (child == 0)
		do_as_root(u, fds[1], f, arg);
	close(fds[1]);
	while ((n = read(fds[0], (char *)&theirs + got, sizeof(theirs) - got)) > 0 ||
	       (n < 0 && errno == EINTR))
		got += n > 0 ? (size_t)n : 0;
	close(fds[0]);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	if (child > 0 && status == 0)
		return true;
	if (got == sizeof(theirs) && err_is(&theirs))
		*e = theirs;
	return err_set(e, REASON_SANDBOX, "what root of several ids had to do was not done");
}

/* ---- what was given away, taken back */

#define WALK_FDS 64

static int to_root_inside(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)kind;
	(void)at;
	return (st->st_uid == 0 && st->st_gid == 0) || lchown(path, 0, 0) == 0 ? 0 : -1;
}

static int to_owner(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)kind;
	(void)at;
	return (st->st_uid == SANDBOX_OWNER && st->st_gid == SANDBOX_OWNER) ||
			       lchown(path, SANDBOX_OWNER, SANDBOX_OWNER) == 0
		       ? 0
		       : -1;
}

/* Nobody is left who could change what is walked; no link is followed. */
static bool reclaim_all(const struct sandbox_setup *u)
{
	int (*each)(const char *, const struct stat *, int, struct FTW *) =
		u->owner != 0 ? to_owner : to_root_inside;
	const struct sandbox *s = u->s;

	if (u->owner == 0 && !become_root(u))
		return false;
	if (s->root_writable && nftw(s->root, each, WALK_FDS, FTW_PHYS) != 0)
		return false;
	for (size_t i = 0; i < s->n_mounts; i++)
		if (s->mounts[i].writable && nftw(s->mounts[i].from, each, WALK_FDS, FTW_PHYS) != 0)
			return false;
	return true;
}

bool sandbox_reclaim(const struct sandbox_setup *u, struct err *e)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0)
		_exit(reclaim_all(u) ? 0 : errno & 0x7f);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	return (child > 0 && status == 0) ||
	       err_set(e, REASON_SANDBOX, "what the sandbox gave to other ids stays theirs: %s",
		       strerrordesc_np(WIFEXITED(status) ? WEXITSTATUS(status) : EAGAIN));
}
