#include "measure/base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FIRST_FREE 3 /* behind standard input, output and error */

struct pipes {
	int in_read, in_write, out_read, out_write;
};

#define PIPES_NONE ((struct pipes){-1, -1, -1, -1})

static void shut(int *fd)
{
	own_close(fd);
	*fd = -1;
}

static void pipes_free(struct pipes *p)
{
	shut(&p->in_read);
	shut(&p->in_write);
	shut(&p->out_read);
	shut(&p->out_write);
}

/* Away from 0 to 2, which the child's own input and output are about to take. */
static bool raise_fd(int *fd)
{
	int above = *fd < FIRST_FREE ? fcntl(*fd, F_DUPFD_CLOEXEC, FIRST_FREE) : *fd;

	if (above < 0)
		return false;
	if (above != *fd)
		close(*fd);
	*fd = above;
	return true;
}

static bool pipe_open(int *from, int *to)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) != 0)
		return false;
	*from = fd[0];
	*to = fd[1];
	return raise_fd(from) && raise_fd(to);
}

static bool pipes_open(struct pipes *p)
{
	return pipe_open(&p->in_read, &p->in_write) && pipe_open(&p->out_read, &p->out_write) &&
	       fcntl(p->in_write, F_SETFL, O_NONBLOCK) == 0;
}

/* Does `entry` set the same name as one of the extra variables? */
static bool replaced(const char *entry, const char *const *extra)
{
	for (; *extra; extra++) {
		size_t name = (size_t)(strchr(*extra, '=') - *extra) + 1;

		if (strncmp(entry, *extra, name) == 0)
			return true;
	}
	return false;
}

/* The caller's environment and the extra variables: an array of borrowed strings. */
static const char **environment(const char *const *extra, struct err *e)
{
	size_t n = 1, at = 0;
	const char **all;

	for (char **v = environ; v && *v; v++)
		n++;
	for (const char *const *v = extra; *v; v++)
		n++;
	all = own_new(n * sizeof(*all), e);
	if (!all)
		return NULL;
	for (char **v = environ; v && *v; v++)
		if (!replaced(*v, extra))
			all[at++] = *v;
	for (; *extra; extra++)
		all[at++] = *extra;
	return all;
}

/*
 * The child starts with signals as a shell expects them, whatever this process does with its own.
 */
static int attributes(posix_spawnattr_t *a, const sigset_t *mask)
{
	sigset_t usual;

	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	sigaddset(&usual, SIGXFSZ);
	if (posix_spawnattr_setsigmask(a, mask) != 0 ||
	    posix_spawnattr_setsigdefault(a, &usual) != 0)
		return EINVAL;
	return posix_spawnattr_setflags(a, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

/* Pipes have numbers above 2, and were given theirs before one of them is 3. */
static int redirect(posix_spawn_file_actions_t *a, const struct spawn *s, const struct pipes *p)
{
	int fault = posix_spawn_file_actions_adddup2(a, p->in_read, STDIN_FILENO);

	if (fault == 0)
		fault = posix_spawn_file_actions_adddup2(a, p->out_write, STDOUT_FILENO);
	if (fault == 0 && s->argv)
		fault = posix_spawn_file_actions_adddup2(a, s->status, FIRST_FREE);
	if (fault == 0 && s->argv)
		fault = posix_spawn_file_actions_addopen(a, STDERR_FILENO, "/dev/null", O_WRONLY,
							 0);
	return fault;
}

static int start(const struct spawn *s, const struct pipes *p, const sigset_t *mask,
		 const char **env, pid_t *pid)
{
	const char *const shell[] = {"/bin/sh", "-c", s->command, NULL};
	const char *const *argv = s->argv ? s->argv : shell;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int fault;

	if (posix_spawnattr_init(&attr) != 0)
		return ENOMEM;
	if (posix_spawn_file_actions_init(&actions) != 0) {
		posix_spawnattr_destroy(&attr);
		return ENOMEM;
	}
	fault = attributes(&attr, mask);
	if (fault == 0)
		fault = redirect(&actions, s, p);
	if (fault == 0)
		fault = posix_spawnp(pid, argv[0], &actions, &attr, (char *const *)(uintptr_t)argv,
				     (char *const *)(uintptr_t)env);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	return fault;
}

/* As much as the pipe takes; the pipe is shut when all is written or nobody reads. */
static void feed(struct pipes *p, struct bytes *input)
{
	ssize_t n = write(p->in_write, input->p, input->n);

	if (n >= 0)
		*input = bytes_of(input->p + n, input->n - (size_t)n);
	if (input->n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		shut(&p->in_write);
}

/* False at the end. */
static bool drain(struct pipes *p, struct buf *out)
{
	uint8_t piece[4096];
	ssize_t n = read(p->out_read, piece, sizeof(piece));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n > 0)
		buf_put(out, bytes_of(piece, (size_t)n));
	return n > 0 && out->failed == REASON_NONE;
}

/* What the command left in the pipe; another process may hold it open, and is not waited for. */
static void drain_rest(struct pipes *p, struct buf *out)
{
	struct pollfd rest = {.fd = p->out_read, .events = POLLIN};

	while (poll(&rest, 1, 0) != 0 && drain(p, out))
		continue;
}

/*
 * Both ways at once, so that neither side waits for the other, until the output is at its end or
 * the command is: `over` can be read then. A kernel without that (-1) leaves the output to decide.
 */
static void converse(struct pipes *p, int over, struct bytes input, struct buf *out)
{
	bool more = true;

	if (input.n == 0)
		shut(&p->in_write);
	while (more) {
		struct pollfd fds[3] = {
			{.fd = p->out_read, .events = POLLIN},
			{.fd = p->in_write, .events = POLLOUT}, /* -1 is passed over */
			{.fd = over, .events = POLLIN},
		};

		if (poll(fds, 3, -1) < 0 && errno != EINTR && errno != EAGAIN)
			break;
		if (fds[1].revents)
			feed(p, &input);
		if (fds[0].revents)
			more = drain(p, out);
		if (more && fds[2].revents) {
			drain_rest(p, out);
			more = false;
		}
	}
}

static bool ended(const struct spawn *s, pid_t pid, struct err *e)
{
	int status = 0;
	pid_t waited;

	do {
		waited = waitpid(pid, &status, 0);
	} while (waited < 0 && errno == EINTR);
	if (waited != pid)
		return err_set(e, s->reason, "how the command ended cannot be learnt: %s",
			       strerrordesc_np(errno));
	if (WIFSIGNALED(status))
		return err_set(e, s->reason, "the command was ended by signal %d (%s)",
			       WTERMSIG(status), sigdescr_np(WTERMSIG(status)));
	if (WEXITSTATUS(status) != 0 && !s->argv)
		return err_set(e, s->reason, "the command ended with exit status %d",
			       WEXITSTATUS(status));
	return true;
}

/* What came of the output; a command that wrote too much is not asked how it ended. */
static bool judge(const struct spawn *s, pid_t pid, const struct buf *out, struct err *e)
{
	if (out->failed == REASON_NONE)
		return ended(s, pid, e);
	if (out->failed == REASON_LIMIT)
		err_set(e, s->reason, "the command wrote more than %zu bytes", out->max);
	else
		err_set(e, out->failed, "no memory for what the command wrote");
	kill(pid, SIGKILL);
	return ended(s, pid, e) && false;
}

static bool run(const struct spawn *s, const sigset_t *mask, struct buf *out, struct err *e)
{
	owned(pipes_free) struct pipes p = PIPES_NONE;
	owned(own_free) const char **env = environment(s->extra, e);
	owned(own_close) int over = -1;
	pid_t pid;
	int fault;

	if (!env)
		return false;
	if (!pipes_open(&p))
		return err_set(e, s->reason, "no pipe to the command: %s", strerrordesc_np(errno));
	fault = start(s, &p, mask, env, &pid);
	if (fault == ENOENT && s->argv)
		return err_set(e, REASON_MISSING_TOOL, "there is no program '%s'", s->argv[0]);
	if (fault != 0)
		return err_set(e, fault == ENOMEM ? REASON_OUT_OF_MEMORY : s->reason,
			       "%s cannot be started: %s", s->argv ? s->argv[0] : "the shell",
			       strerrordesc_np(fault));
	shut(&p.in_read);
	shut(&p.out_write);
	over = (int)syscall(SYS_pidfd_open, pid, 0);
	converse(&p, over, s->input, out);
	pipes_free(&p);
	return judge(s, pid, out, e);
}

/*
 * A command that does not read its input must not end this process: SIGPIPE is held back, and
 * taken off the list of what waits, unless it waited there before.
 */
bool spawn_run(const struct spawn *s, struct buf *out, struct err *e)
{
	static const struct timespec at_once;
	sigset_t pipe_only, mask, before;
	bool waited, ok;

	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	sigpending(&before);
	waited = sigismember(&before, SIGPIPE) == 1;
	if (pthread_sigmask(SIG_BLOCK, &pipe_only, &mask) != 0)
		return err_set(e, s->reason, "signals cannot be held back");
	ok = run(s, &mask, out, e);
	while (!waited && sigtimedwait(&pipe_only, NULL, &at_once) < 0 && errno == EINTR)
		continue;
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	return ok;
}
