#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure/rebuild/sandbox_filter.h"
#include "measure/rebuild/sandbox_part.h"
#include "tests/unit/support_check.h"

/* What a machine may be like, as far as a process can make one for itself. */
struct machine {
	bool own; /* a user and a mount name space are made first */
	const char *setting, *value; /* that stands in a file */
	bool chroot;
	long call; /* that fails with this error */
	uint32_t error;
	bool filtered; /* no more name spaces by a filter, as in a container */
	const char *text; /* what bubblewrap may have said */
	const char *hint;
};

static bool write_file(const char *path, const char *text)
{
	owned(own_close) int fd = open(path, O_WRONLY | O_CREAT, 0644);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

static bool own_name_space(void)
{
	char map[32], groups[32];

	snprintf(map, sizeof(map), "0 %u 1", geteuid());
	snprintf(groups, sizeof(groups), "0 %u 1", getegid());
	return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
	       write_file("/proc/self/setgroups", "deny") &&
	       write_file("/proc/self/uid_map", map) && write_file("/proc/self/gid_map", groups);
}

static bool set(const char *setting, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/%s", setting);
	if (strncmp(setting, "kernel/", 7) == 0 &&
	    mount("none", "/proc/sys/kernel", "tmpfs", 0, NULL) != 0)
		return false;
	return write_file(path, value);
}

static bool filter(void)
{
	static struct sock_filter code[512];
	struct sock_fprog program = {.filter = code};
	struct err e = {0};
	int fd = -1;
	ssize_t n = sandbox_filter(&fd, &e) ? read(fd, code, sizeof(code)) : 0;

	program.len = (unsigned short)((size_t)n / sizeof(code[0]));
	return n > 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static bool forbid(long call, uint32_t error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {COUNT(code), code};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static void hint_on(const struct machine *m, int to)
{
	struct err e = {0};

	if ((m->own && !own_name_space()) || (m->setting && !set(m->setting, m->value)) ||
	    (m->filtered && !filter()) || (m->error && !forbid(m->call, m->error)) ||
	    (m->chroot && chroot("/usr") != 0)) {
		dprintf(to, "not this machine: %s", strerrordesc_np(errno));
		return;
	}
	err_set(&e, REASON_SANDBOX, "%s", m->text ? m->text : "x");
	sandbox_why(&e);
	dprintf(to, "%s", e.hint);
}

static void check_machine(const struct machine *m)
{
	char said[512] = "";
	int fd[2];
	pid_t child;

	assert_int_equal(pipe(fd), 0);
	child = fork();
	if (child == 0) {
		hint_on(m, fd[1]);
		_exit(0);
	}
	close(fd[1]);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_true(read(fd[0], said, sizeof(said) - 1) >= 0);
	close(fd[0]);
	assert_string_equal(said, m->hint);
}

static void the_setting_that_forbids_it_is_named(void **state)
{
	static const struct machine machines[] = {
		{.hint = ""},
		{.text = "execvp /bin/sh: No such file or directory",
		 .hint = "the root file system has no /bin/sh, which runs commands, or not the "
			 "interpreter that it names"},
		{.text = "Can't mount proc on /newroot/proc: Operation not permitted",
		 .hint = "a container that hides parts of /proc forbids another one; start it with "
			 "--security-opt systempaths=unconfined"},
		{.own = true,
		 .setting = "user/max_user_namespaces",
		 .value = "0",
		 .hint = "user.max_user_namespaces is 0; as root: sysctl -w "
			 "user.max_user_namespaces=10000"},
		{.own = true,
		 .setting = "kernel/unprivileged_userns_clone",
		 .value = "0",
		 .filtered = true,
		 .hint = "kernel.unprivileged_userns_clone is 0; as root: sysctl -w "
			 "kernel.unprivileged_userns_clone=1"},
		{.own = true,
		 .setting = "kernel/apparmor_restrict_unprivileged_userns",
		 .value = "1",
		 .hint = "kernel.apparmor_restrict_unprivileged_userns is 1; as root: sysctl -w "
			 "kernel.apparmor_restrict_unprivileged_userns=0, or a profile of AppArmor "
			 "for bwrap that allows userns"},
		{.filtered = true,
		 .hint = "a container's seccomp filter forbids user name spaces; start it with "
			 "--security-opt seccomp=unconfined"},
		{.own = true,
		 .chroot = true,
		 .hint = "user name spaces are forbidden here; a chroot forbids them too"},
		{.call = SYS_unshare,
		 .error = EINVAL,
		 .hint = "the kernel has no user name spaces (CONFIG_USER_NS)"},
		{.call = SYS_mount,
		 .error = EPERM,
		 .hint = "a user name space has no rights here; in a container: --security-opt "
			 "seccomp=unconfined --security-opt apparmor=unconfined"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(machines); i++)
		check_machine(&machines[i]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_setting_that_forbids_it_is_named),
	};
	struct err e = {0};

	if (!sandbox_can(&e)) {
		printf("1..0 # SKIP no sandbox here: %s; %s\n", e.text, e.hint);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
