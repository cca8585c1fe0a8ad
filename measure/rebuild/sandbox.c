#include "measure/rebuild/sandbox.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "measure/base/spawn.h"
#include "measure/rebuild/sandbox_part.h"

#define TAIL ((size_t)4096)
#define LOOK_MS 200
#define STATUS_ROOM 1024u
#define SIGNALLED 128 /* as shells have it */

struct run {
	struct sandbox_setup setup;
	struct sandbox_watch *watch;
	pid_t pid; /* of bubblewrap; 0: not started, or waited for */
	int first; /* its first process in the sandbox, as a descriptor */
	char status[STATUS_ROOM]; /* what bubblewrap said of it */
	size_t n_status;
	uint64_t printed;
	struct timespec end;
	uint8_t tail[TAIL]; /* the last bytes, from printed % TAIL on the oldest */
	enum sandbox_end over;
	int log_fault;
	bool limited; /* in its processes */
};

static int send_signal(int pidfd, int signal)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

/* The first process takes all others with it, and is gone last. */
static void end_all(struct run *r)
{
	struct pollfd gone = {.fd = r->first, .events = POLLIN};

	if (r->first >= 0)
		send_signal(r->first, SIGKILL);
	else if (r->pid > 0)
		kill(r->pid, SIGKILL);
	while (r->pid > 0 && waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	r->pid = 0;
	while (r->first >= 0 && poll(&gone, 1, -1) < 0 && errno == EINTR)
		continue;
}

static void run_free(struct run *r)
{
	end_all(r);
	own_close(&r->first);
	sandbox_watch_free(&r->watch);
	sandbox_setup_free(&r->setup);
}

/* ---- what it prints */

static void remember(struct run *r, const uint8_t *p, size_t n)
{
	for (size_t i = n > TAIL ? n - TAIL : 0; i < n; i++)
		r->tail[(r->printed + i) % TAIL] = p[i];
	r->printed += n;
}

static void keep(struct run *r, const uint8_t *p, size_t n)
{
	int log = r->setup.s->log;
	uint64_t left = r->setup.limits.log - r->printed;

	if (n > left) {
		n = (size_t)left;
		r->over = SANDBOX_LOG_FULL;
	}
	remember(r, p, n);
	while (log >= 0 && n > 0 && r->log_fault == 0) {
		ssize_t done = write(log, p, n);

		if (done < 0 && errno != EINTR)
			r->log_fault = errno;
		if (done > 0) {
			p += done;
			n -= (size_t)done;
		}
	}
	if (r->setup.s->watch.tick)
		r->setup.s->watch.tick(r->setup.s->watch.arg, r->printed);
}

/* False at the end. */
static bool drain(struct run *r)
{
	uint8_t piece[16384];
	ssize_t n = read(r->setup.out_read, piece, sizeof(piece));

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	if (n > 0)
		keep(r, piece, (size_t)n);
	return n > 0;
}

static void drain_rest(struct run *r)
{
	struct pollfd rest = {.fd = r->setup.out_read, .events = POLLIN};

	while (r->over != SANDBOX_LOG_FULL && poll(&rest, 1, 0) > 0 && drain(r))
		continue;
}

/* Whole lines, as far as there are. */
static bool tell_tail(const struct run *r, struct buf *out, struct err *e)
{
	uint64_t n = r->printed < TAIL ? r->printed : TAIL, from = r->printed - n, at = from;

	if (r->printed > TAIL) {
		while (at < r->printed && r->tail[at % TAIL] != '\n')
			at++;
		at = at + 1 < r->printed ? at + 1 : from;
	}
	for (; at < r->printed; at++)
		buf_u8(out, r->tail[at % TAIL]);
	return buf_done(out, "the end of a log", e);
}

/* ---- what bubblewrap says of it: {"child-pid": N, ...}, later {"exit-code": N} */

static bool said(const struct run *r, const char *key, int *value)
{
	const char *at = strstr(r->status, key);

	return at && sscanf(at + strlen(key), "%*[\": ]%d", value) == 1;
}

static void begin(struct run *r)
{
	int pid;

	if (r->first >= 0 || !said(r, "\"child-pid\"", &pid))
		return;
	r->first = (int)syscall(SYS_pidfd_open, pid, 0);
	r->limited = r->first >= 0 && sandbox_watch_first(r->watch, pid);
	while (r->limited && write(r->setup.block_write, "", 1) < 0 && errno == EINTR)
		continue;
	if (!r->limited)
		end_all(r);
}

static void listen_to(struct run *r)
{
	ssize_t n =
		read(r->setup.status_read, r->status + r->n_status, STATUS_ROOM - 1 - r->n_status);

	if (n > 0)
		r->n_status += (size_t)n;
	r->status[r->n_status] = '\0';
	if (n == 0) {
		own_close(&r->setup.status_read);
		r->setup.status_read = -1;
	}
	begin(r);
}

static void feed(struct run *r, struct bytes *input)
{
	ssize_t n = input->n > 0 ? write(r->setup.in_write, input->p, input->n) : 0;

	if (n > 0)
		*input = bytes_of(input->p + n, input->n - (size_t)n);
	if (input->n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		own_close(&r->setup.in_write);
		r->setup.in_write = -1;
	}
}

/* ---- while it runs */

static bool is_late(const struct run *r)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > r->end.tv_sec ||
	       (now.tv_sec == r->end.tv_sec && now.tv_nsec >= r->end.tv_nsec);
}

static void look(struct run *r, struct timespec *last)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if ((now.tv_sec - last->tv_sec) * 1000 + (now.tv_nsec - last->tv_nsec) / 1000000 < LOOK_MS)
		return;
	*last = now;
	if (is_late(r))
		r->over = SANDBOX_TIME;
	if (r->over == SANDBOX_EXIT)
		r->over = sandbox_watch_look(r->watch);
}

/* Until bubblewrap has no more to say, or a limit is passed. A descriptor of -1 is passed over. */
static void follow(struct run *r)
{
	struct bytes input = r->setup.s->input;
	struct timespec last;

	clock_gettime(CLOCK_MONOTONIC, &last);
	while (r->over == SANDBOX_EXIT && r->setup.status_read >= 0) {
		struct pollfd fds[3] = {
			{.fd = r->setup.out_read, .events = POLLIN},
			{.fd = r->setup.status_read, .events = POLLIN},
			{.fd = r->setup.in_write, .events = POLLOUT},
		};

		if (poll(fds, 3, LOOK_MS) < 0 && errno != EINTR && errno != EAGAIN)
			break;
		if (fds[2].revents)
			feed(r, &input);
		if (fds[1].revents)
			listen_to(r);
		if (fds[0].revents && !drain(r)) {
			own_close(&r->setup.out_read);
			r->setup.out_read = -1;
		}
		look(r, &last);
	}
}

/* bubblewrap's own words, where it could not do what it should. */
static bool not_set_up(const struct run *r, struct err *e)
{
	owned(buf_free) struct buf words = BUF(TAIL + 1);
	const char *text, *end;

	if (r->first >= 0 && !r->limited && r->printed == 0)
		return err_set(e, REASON_SANDBOX, "the sandbox's processes cannot be limited");
	if (!tell_tail(r, &words, e))
		return false;
	text = buf_cstr(&words);
	text = strncmp(text, "bwrap: ", 7) == 0 ? text + 7 : text;
	end = strchrnul(text, '\n');
	err_set(e, REASON_SANDBOX, "the sandbox cannot be set up: %.*s", (int)(end - text), text);
	return sandbox_why(e);
}

static bool judge(struct run *r, struct sandbox_result *out, struct err *e)
{
	int status = 0;

	while (r->setup.status_read >= 0 && r->n_status < STATUS_ROOM - 1)
		listen_to(r);
	if (r->over == SANDBOX_EXIT && !said(r, "\"exit-code\"", &status))
		return not_set_up(r, e);
	if (r->log_fault != 0)
		return err_errno(e, r->log_fault, "the log of the sandbox");
	out->how = r->over;
	if (r->over == SANDBOX_EXIT && status > SIGNALLED && status < SIGNALLED + NSIG) {
		out->how = SANDBOX_SIGNAL;
		status -= SIGNALLED;
	}
	out->status = status;
	out->processors = r->setup.processors;
	out->summed = sandbox_watch_summed(r->watch);
	out->tail = BUF(TAIL);
	return tell_tail(r, &out->tail, e);
}

static bool finish(struct run *r, struct sandbox_result *out, struct err *e)
{
	const struct sandbox *s = r->setup.s;
	bool ok = judge(r, out, e);

	if (ok && s->after && out->how == SANDBOX_EXIT && out->status == 0)
		ok = sandbox_as_root(&r->setup, s->after, s->arg, e);
	return (!s->map_ids || sandbox_reclaim(&r->setup, e)) && ok;
}

static bool start(struct run *r, const struct sandbox *s, struct err *e)
{
	if (sandbox_prepare(&r->setup, s, e))
		r->watch = sandbox_watch_new(&r->setup, e);
	if (r->watch && sandbox_start(&r->setup, &r->pid, e))
		return true;
	return !(s->before && r->setup.ids >= 0 && sandbox_reclaim(&r->setup, e)) && false;
}

static bool run(const struct sandbox *s, struct sandbox_result *out, struct err *e)
{
	owned(run_free) struct run r = {.first = -1};

	if (!start(&r, s, e))
		return false;
	clock_gettime(CLOCK_MONOTONIC, &r.end);
	r.end.tv_sec += (time_t)r.setup.limits.seconds;
	follow(&r);
	end_all(&r);
	drain_rest(&r);
	return finish(&r, out, e);
}

/* A command that does not read its input must not end this process. */
bool sandbox_run(const struct sandbox *s, struct sandbox_result *out, struct err *e)
{
	static const struct timespec at_once;
	sigset_t pipe_only, mask, before;
	bool waited, ok;

	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	sigpending(&before);
	waited = sigismember(&before, SIGPIPE) == 1;
	if (pthread_sigmask(SIG_BLOCK, &pipe_only, &mask) != 0)
		return err_set(e, REASON_IO, "signals cannot be held back");
	ok = run(s, out, e);
	while (!waited && sigtimedwait(&pipe_only, NULL, &at_once) < 0 && errno == EINTR)
		continue;
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	return ok;
}

bool sandbox_can(struct err *e)
{
	static const char *const argv[] = {"/bin/true", NULL};
	const struct sandbox s = {
		.root = "/", .folder = "/", .argv = argv, .umask = 022, .log = -1};
	struct sandbox_result result = {0};
	bool ok = sandbox_run(&s, &result, e);

	buf_free(&result.tail);
	return ok;
}

const char *sandbox_version(char room[32])
{
	const char *const extra[] = {NULL};
	const struct spawn s = {.command = "exec bwrap --version 2>/dev/null",
				.extra = extra,
				.reason = REASON_SANDBOX};
	owned(buf_free) struct buf out = BUF(256);
	struct err ignored = {0};

	if (!spawn_run(&s, &out, &ignored))
		return NULL;
	return sscanf(buf_cstr(&out), "bubblewrap %31[0-9.]", room) == 1 ? room : NULL;
}
