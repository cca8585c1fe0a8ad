#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure/rebuild/sandbox_part.h"

/* A number in a file of /proc; -1: there is none. */
static long setting(const char *path)
{
	owned(own_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[32] = "";

	return fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 ? strtol(text, NULL, 10) : -1;
}

static bool filtered(void)
{
	owned(buf_free) struct buf text = BUF((size_t)1 << 16);
	struct err ignored = {0};

	return file_slurp("/proc/self/status", text.max, &text, &ignored) &&
	       strstr(buf_cstr(&text), "\nSeccomp:\t2");
}

/* 0, or what refuses to be done: first a user name space, then what only its root may do. */
static int probe(bool *made)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		if (unshare(CLONE_NEWUSER) != 0)
			_exit(errno & 0x7f);
		if (unshare(CLONE_NEWNS) != 0 ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
			_exit(0x80 | (errno & 0x7f));
		_exit(0);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	status = child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : EAGAIN;
	*made = status == 0 || (status & 0x80) != 0;
	return status & 0x7f;
}

static bool none(struct err *e, int why)
{
	if (why == EINVAL || why == ENOSYS)
		return err_hint(e, "the kernel has no user name spaces (CONFIG_USER_NS)");
	if (why == ENOSPC || setting("/proc/sys/user/max_user_namespaces") == 0)
		return err_hint(e,
				"user.max_user_namespaces is %ld; as root: sysctl -w "
				"user.max_user_namespaces=10000",
				setting("/proc/sys/user/max_user_namespaces"));
	if (setting("/proc/sys/kernel/unprivileged_userns_clone") == 0)
		return err_hint(e, "kernel.unprivileged_userns_clone is 0; as root: sysctl -w "
				   "kernel.unprivileged_userns_clone=1");
	if (filtered())
		return err_hint(e,
				"a container's seccomp filter forbids user name spaces; start it "
				"with --security-opt seccomp=unconfined");
	return err_hint(e, "user name spaces are forbidden here; a chroot forbids them too");
}

bool sandbox_why(struct err *e)
{
	bool made;
	int why;

	if (strstr(e->text, "execvp /bin/sh: No such file"))
		return err_hint(e, "the root file system has no /bin/sh, which runs commands, or "
				   "not the interpreter that it names");
	why = probe(&made);
	if (!made)
		return none(e, why);
	if (setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") > 0)
		return err_hint(e, "kernel.apparmor_restrict_unprivileged_userns is 1; as root: "
				   "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or a "
				   "profile of AppArmor for bwrap that allows userns");
	if (why != 0)
		return err_hint(e, "a user name space has no rights here; in a container: "
				   "--security-opt seccomp=unconfined --security-opt "
				   "apparmor=unconfined");
	if (strstr(e->text, "proc"))
		return err_hint(e,
				"a container that hides parts of /proc forbids another one; start "
				"it with --security-opt systempaths=unconfined");
	return false;
}
