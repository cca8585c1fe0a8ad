#include "measure/guest/init/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "measure/guest/init/load.h"
#include "measure/guest/init/report.h"
#include "measure/guest/init/sys.h"

#define PATH_ROOM 4096u
#define NOT_STARTED 127

void command_read(struct command *c)
{
	struct load file;
	size_t n;
	long error;

	c->argv = load_items("/cmd", &n);
	if (n == 0)
		report_last("/cmd names no command", NULL, 0);
	c->env = load_items("/env", &n);
	c->folder = "/";
	error = load_file("/workdir", &file);
	if (error == 0)
		c->folder = file.text;
	else if (error != -ENOENT)
		report_last("cannot read", "/workdir", error);
	error = load_file("/user", &file);
	c->as = error == 0;
	if (error < 0 && error != -ENOENT)
		report_last("cannot read", "/user", error);
	if (c->as && !words_user(file.text, file.n, &c->user))
		report_last("/user is no list of numbers", NULL, 0);
}

static long become(const struct words_user *u)
{
	long error;

	/* or the user could not open /dev/stdout, which is this file */
	sys(SYS_fchown, 0, (long)u->uid, -1);
	error = sys(SYS_setgroups, (long)u->n_groups, sys_ptr(u->groups));
	if (error == 0)
		error = sys(SYS_setgid, (long)u->gid);
	return error == 0 ? sys(SYS_setuid, (long)u->uid) : error;
}

/* The first file of that name that can be run; of the failures that of a file that is there. */
static long execute(const struct command *c)
{
	const char *name = c->argv[0], *path = words_variable((const char *const *)c->env, "PATH");
	char *place = load_room(PATH_ROOM);
	long error = -ENOENT, last;

	for (const char *p = name; *p != '\0'; p++)
		if (*p == '/')
			return sys(SYS_execve, sys_ptr(name), sys_ptr(c->argv), sys_ptr(c->env));
	if (!path)
		path = WORDS_PATH;
	while (words_search(&path, name, place, PATH_ROOM)) {
		last = sys(SYS_execve, sys_ptr(place), sys_ptr(c->argv), sys_ptr(c->env));
		if (last != -ENOENT && last != -ENOTDIR)
			error = last;
	}
	return error;
}

static _Noreturn void start(const struct command *c)
{
	long error;

	sys(SYS_setsid);
	error = sys(SYS_chdir, sys_ptr(c->folder));
	if (error < 0)
		report_error("cannot change to the folder", c->folder, error);
	else if (c->as && (error = become(&c->user)) < 0)
		report_error("cannot become the user of", "/user", error);
	else
		report_error("cannot run", c->argv[0], execute(c));
	for (;;)
		sys(SYS_exit_group, NOT_STARTED);
}

static void ended(int status)
{
	char digits[WORDS_DIGITS];

	if (WIFEXITED(status))
		report("the command has ended with status",
		       words_number((uint64_t)WEXITSTATUS(status), digits));
	else
		report("the command was ended by signal",
		       words_number((uint64_t)WTERMSIG(status), digits));
}

void command_run(const struct command *c)
{
	long child = sys(SYS_clone, SIGCHLD), pid;
	int status = 0;

	if (child == 0)
		start(c);
	if (child < 0)
		report_last("cannot start a process", NULL, child);
	do
		pid = sys(SYS_wait4, -1, sys_ptr(&status));
	while (pid != child && (pid > 0 || pid == -EINTR));
	if (pid < 0)
		report_last("cannot wait for the command", NULL, pid);
	ended(status);
}
