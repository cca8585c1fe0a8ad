#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "measure/rebuild/sandbox_part.h"

#define COMMAND_MAX ((size_t)4 << 20)
#define FILES 1024u /* descriptors of a process: some programs do the more the more there may be */

/* What the child could not do, as it says so before there is another program. */
struct fault {
	int error;
	char what[60];
};

static bool fail(struct fault *f, const char *what)
{
	f->error = errno;
	snprintf(f->what, sizeof(f->what), "%s", what);
	return false;
}

/* ---- in the child, where no memory may be asked for: other threads may have held its lock */

static bool streams(const struct sandbox_setup *u)
{
	int in = u->in_read >= 0 ? u->in_read : open("/dev/null", O_RDONLY | O_CLOEXEC);

	return in >= 0 && dup2(in, STDIN_FILENO) >= 0 && dup2(u->out_write, STDOUT_FILENO) >= 0 &&
	       dup2(u->out_write, STDERR_FILENO) >= 0;
}

/* Of all descriptors bubblewrap gets those that its command line names. */
static bool descriptors(const struct sandbox_setup *u)
{
	const int named[] = {u->filter,	 u->ids,     u->status_write, u->block_read,
			     u->view[0], u->view[1], u->view[2],      u->view[3]};

	if (syscall(SYS_close_range, 3u, ~0u, 1u << 2) != 0)
		return false;
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if (named[i] >= 0 && fcntl(named[i], F_SETFD, 0) != 0)
			return false;
	return true;
}

static bool affinity(unsigned processors)
{
	cpu_set_t all, few;

	if (processors == 0)
		return true;
	if (sched_getaffinity(0, sizeof(all), &all) != 0)
		return false;
	CPU_ZERO(&few);
	for (unsigned i = 0; i < CPU_SETSIZE && processors > 0; i++)
		if (CPU_ISSET(i, &all)) {
			CPU_SET(i, &few);
			processors--;
		}
	return sched_setaffinity(0, sizeof(few), &few) == 0;
}

static bool limit(int what, uint64_t to)
{
	struct rlimit now, l = {.rlim_cur = to, .rlim_max = to};

	if (getrlimit((__rlimit_resource_t)what, &now) != 0)
		return false;
	if (now.rlim_max < to)
		l = (struct rlimit){.rlim_cur = now.rlim_max, .rlim_max = now.rlim_max};
	return setrlimit((__rlimit_resource_t)what, &l) == 0;
}

static bool limits(const struct sandbox_setup *u)
{
	return limit(RLIMIT_CORE, 0) && limit(RLIMIT_DATA, u->limits.memory) &&
	       limit(RLIMIT_FSIZE, u->limits.disk) && limit(RLIMIT_NOFILE, FILES) &&
	       limit(RLIMIT_STACK, (uint64_t)8 << 20) && limit(RLIMIT_MEMLOCK, (uint64_t)8 << 20);
}

static bool signals(void)
{
	struct sigaction usual = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		sigaction(i, &usual, NULL);
	sigemptyset(&none);
	return sigprocmask(SIG_SETMASK, &none, NULL) == 0;
}

/* Sources are opened as root, so that the folders above them may be shut to everybody else. */
static bool stage_one(size_t i, int from)
{
	char at[64], source[64];
	struct stat st;
	int made;

	snprintf(at, sizeof(at), SANDBOX_STAGE "/%zu", i);
	snprintf(source, sizeof(source), "/proc/self/fd/%d", from);
	if (fstat(from, &st) != 0)
		return false;
	made = S_ISDIR(st.st_mode) ? mkdir(at, 0700) : mknod(at, S_IFREG | 0600, 0);
	return made == 0 && mount(source, at, NULL, MS_BIND | MS_REC, NULL) == 0;
}

static bool stage(const struct sandbox_setup *u, int *from)
{
	const struct sandbox *s = u->s;

	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return false;
	for (size_t i = 0; i <= s->n_mounts; i++) {
		from[i] = open(i > 0 ? s->mounts[i - 1].from : s->root, O_PATH | O_CLOEXEC);
		if (from[i] < 0)
			return false;
	}
	if (mount("tmpfs", SANDBOX_STAGE, "tmpfs", MS_NODEV | MS_NOSUID, "mode=0755") != 0)
		return false;
	for (size_t i = 0; i <= s->n_mounts; i++)
		if (!stage_one(i, from[i]))
			return false;
	return true;
}

static bool step_down(uint32_t owner)
{
	return owner == 0 || (setgroups(0, NULL) == 0 && setresgid(owner, owner, owner) == 0 &&
			      setresuid(owner, owner, owner) == 0);
}

static bool become(const struct sandbox_setup *u, int *from, struct fault *f)
{
	const uint32_t none = 0;

	if (setpgid(0, u->guard) != 0)
		return fail(f, "the sandbox's processes cannot be told from others");
	umask(u->s->umask);
	if (!signals() || !streams(u) || !affinity(u->processors) || !limits(u))
		return fail(f, "what the sandbox inherits cannot be set");
	if (u->staged && !stage(u, from))
		return fail(f, "the sandbox's folders cannot be mounted by root");
	if (!step_down(u->owner))
		return fail(f, "root cannot become another user");
	if (!descriptors(u) || (u->s->personality != none && personality(u->s->personality) < 0))
		return fail(f, "what the sandbox inherits cannot be set");
	return true;
}

/* ---- */

static const char **pointers(const struct buf *text, size_t n, struct err *e)
{
	const char **argv = own_new((n + 1) * sizeof(*argv), e);
	const char *at = (const char *)text->p;

	for (size_t i = 0; argv && i < n; i++, at += strlen(at) + 1)
		argv[i] = at;
	return argv;
}

/* bubblewrap itself, looked for as a shell does; the names of its folders, one by one. */
static bool find(char *to, size_t room, struct err *e)
{
	const char *path = getenv("PATH");
	size_t n;

	for (path = path ? path : "/usr/bin:/bin"; *path; path += n + (path[n] == ':')) {
		n = strcspn(path, ":");
		if (n == 0 || n + sizeof("/bwrap") > room)
			continue;
		memcpy(to, path, n);
		memcpy(to + n, "/bwrap", sizeof("/bwrap"));
		if (access(to, X_OK) == 0)
			return true;
	}
	err_set(e, REASON_MISSING_TOOL, "there is no bwrap, in which recipes are run");
	return err_hint(e, "install the Debian package bubblewrap");
}

/*
 * bubblewrap ends with this program, but for the moment in which its own child waits to be let go:
 * that would wait for ever. So somebody waits here for this program's end, and ends the group.
 */
static bool guard(struct sandbox_setup *u, struct err *e)
{
	owned(own_close) int end = -1;
	int fds[2];
	char none;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return err_errno(e, errno, "no pipe for the sandbox");
	end = fds[0];
	u->guard_write = fds[1];
	u->guard = fork();
	if (u->guard < 0) {
		u->guard = 0;
		return err_errno(e, errno, "no process for the sandbox");
	}
	if (u->guard == 0) {
		setpgid(0, 0);
		signals();
		if (dup2(end, STDIN_FILENO) < 0 || syscall(SYS_close_range, 1u, ~0u, 0u) != 0)
			_exit(127);
		while (read(STDIN_FILENO, &none, 1) < 0 && errno == EINTR)
			continue;
		kill(0, SIGKILL);
		_exit(127);
	}
	return setpgid(u->guard, u->guard) == 0 ||
	       err_errno(e, errno, "the sandbox's processes cannot be told from others");
}

/* True when the child became bubblewrap: the pipe was shut without a word. */
static bool heard(struct sandbox_setup *u, struct err *e)
{
	struct fault f = {0};
	ssize_t n;

	do {
		n = read(u->fault_read, &f, sizeof(f));
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return true;
	f.what[sizeof(f.what) - 1] = '\0';
	err_set(e, REASON_SANDBOX, "%s: %s", f.what, strerrordesc_np(f.error));
	return sandbox_why(e);
}

bool sandbox_start(struct sandbox_setup *u, pid_t *pid, struct err *e)
{
	static const char *const environment[] = {NULL};
	owned(buf_free) struct buf text = BUF(COMMAND_MAX);
	owned(own_free) const char **argv = NULL;
	owned(own_free) int *from = own_new((u->s->n_mounts + 1) * sizeof(*from), e);
	char path[4096];
	struct fault f = {0};
	size_t n;

	if (!from || !find(path, sizeof(path), e) || !sandbox_words(u, &text, &n, e))
		return false;
	argv = pointers(&text, n, e);
	if (!argv || !guard(u, e))
		return false;
	*pid = fork();
	if (*pid < 0)
		return err_errno(e, errno, "no process for the sandbox");
	if (*pid == 0) {
		if (become(u, from, &f)) {
			execve(path, (char *const *)(uintptr_t)argv,
			       (char *const *)(uintptr_t)environment);
			fail(&f, "bubblewrap cannot be started");
		}
		_exit(write(u->fault_write, &f, sizeof(f)) > 0 ? 126 : 127);
	}
	sandbox_started(u);
	return heard(u, e);
}
