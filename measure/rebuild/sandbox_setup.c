#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure/rebuild/sandbox_filter.h"
#include "measure/rebuild/sandbox_part.h"

#define FIRST_FREE 3 /* behind standard input, output and error */
#define CPUINFO_MAX ((size_t)1 << 20)

/* Away from 0 to 2, which the child's own streams are about to take. */
static bool raise_fd(int *fd)
{
	int above = *fd >= 0 && *fd < FIRST_FREE ? fcntl(*fd, F_DUPFD_CLOEXEC, FIRST_FREE) : *fd;

	if (above < 0)
		return false;
	if (above != *fd)
		close(*fd);
	*fd = above;
	return true;
}

static bool pipe_open(int *from, int *to, const char *what, struct err *e)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) != 0)
		return err_errno(e, errno, what);
	*from = fd[0];
	*to = fd[1];
	return (raise_fd(from) && raise_fd(to)) || err_errno(e, errno, what);
}

bool sandbox_memory_file(struct bytes x, int *fd, struct err *e)
{
	*fd = memfd_create("sandbox", MFD_CLOEXEC);
	if (*fd < 0 || !raise_fd(fd) || !file_put(*fd, x) || lseek(*fd, 0, SEEK_SET) != 0)
		return err_errno(e, errno, "a file in memory for the sandbox");
	return true;
}

/* Of the machine, and not of a user name space in which there is nobody else to become. */
static bool is_root(void)
{
	owned(own_close) int fd = -1;
	char map[128] = "";
	unsigned inside, outside, count;
	ssize_t n;

	if (geteuid() != 0)
		return false;
	fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, map, sizeof(map) - 1);
	if (n <= 0 || sscanf(map, "%u %u %u", &inside, &outside, &count) != 3)
		return true;
	return outside == 0 && count >= SANDBOX_OWNER + SANDBOX_IDS;
}

uint32_t sandbox_owner(void)
{
	return is_root() ? SANDBOX_OWNER : 0;
}

static bool may_mount(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	return syscall(SYS_capget, &head, data) == 0 &&
	       (data[0].effective & (1u << CAP_SYS_ADMIN)) != 0;
}

static uint64_t or_else(uint64_t asked, uint64_t usual)
{
	return asked != 0 ? asked : usual;
}

static struct sandbox_limits limits_of(const struct sandbox_limits *l)
{
	return (struct sandbox_limits){
		.seconds = or_else(l->seconds, SANDBOX_SECONDS),
		.memory = or_else(l->memory, SANDBOX_MEMORY),
		.processes = or_else(l->processes, SANDBOX_PROCESSES),
		.disk = or_else(l->disk, SANDBOX_DISK),
		.log = or_else(l->log, SANDBOX_LOG_MAX),
	};
}

unsigned sandbox_processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

/* Nothing of the machine's own: no model, no speed. */
static bool views(struct sandbox_setup *u, struct err *e)
{
	owned(buf_free) struct buf info = BUF(CPUINFO_MAX);
	char list[32];

	for (unsigned i = 0; i < u->processors; i++)
		buf_fmt(&info, "processor\t: %u\nphysical id\t: 0\ncpu cores\t: %u\n\n", i,
			u->processors);
	if (!buf_done(&info, "a list of processors", e) ||
	    !sandbox_memory_file(buf_bytes(&info), &u->view[0], e))
		return false;
	snprintf(list, sizeof(list), u->processors > 1 ? "0-%u\n" : "%u\n", u->processors - 1);
	for (size_t i = 1; i < SANDBOX_VIEWS; i++)
		if (!sandbox_memory_file(bytes_str(list), &u->view[i], e))
			return false;
	return true;
}

static bool pipes(struct sandbox_setup *u, struct err *e)
{
	const char *what = "a pipe to the sandbox";

	if (u->s->input.n > 0 && (!pipe_open(&u->in_read, &u->in_write, what, e) ||
				  fcntl(u->in_write, F_SETFL, O_NONBLOCK) != 0))
		return false;
	return pipe_open(&u->status_read, &u->status_write, what, e) &&
	       pipe_open(&u->block_read, &u->block_write, what, e) &&
	       pipe_open(&u->out_read, &u->out_write, what, e) &&
	       pipe_open(&u->fault_read, &u->fault_write, what, e);
}

bool sandbox_prepare(struct sandbox_setup *u, const struct sandbox *s, struct err *e)
{
	*u = (struct sandbox_setup){
		.s = s,
		.limits = limits_of(&s->limits),
		.owner = sandbox_owner(),
		.processors =
			s->processors < sandbox_processors() ? s->processors : sandbox_processors(),
		.filter = -1,
		.ids = -1,
		.view = {-1, -1, -1, -1},
		.status_read = -1,
		.status_write = -1,
		.block_read = -1,
		.block_write = -1,
		.in_read = -1,
		.in_write = -1,
		.guard_write = -1,
		.out_read = -1,
		.out_write = -1,
		.fault_read = -1,
		.fault_write = -1,
	};
	u->staged = u->owner != 0 && may_mount();
	return (!s->map_ids || sandbox_ids(u->owner, &u->ids, e)) &&
	       (!s->before || sandbox_as_root(u, s->before, s->arg, e)) &&
	       sandbox_points(s, u->owner, e) && sandbox_filter(&u->filter, e) &&
	       (u->processors == 0 || views(u, e)) && pipes(u, e);
}

static void shut(int *fd)
{
	own_close(fd);
	*fd = -1;
}

void sandbox_started(struct sandbox_setup *u)
{
	int *const theirs[] = {&u->filter,    &u->view[0],    &u->view[1],	&u->view[2],
			       &u->view[3],   &u->in_read,    &u->status_write, &u->block_read,
			       &u->out_write, &u->fault_write};

	for (size_t i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++)
		shut(theirs[i]);
}

void sandbox_setup_free(struct sandbox_setup *u)
{
	int *const ours[] = {&u->ids,	      &u->in_write, &u->status_read,
			     &u->block_write, &u->out_read, &u->fault_read};

	sandbox_started(u);
	shut(&u->guard_write);
	while (u->guard > 0 && waitpid(u->guard, NULL, 0) < 0 && errno == EINTR)
		continue;
	u->guard = 0;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		shut(ours[i]);
}
