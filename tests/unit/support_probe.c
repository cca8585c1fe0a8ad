#include "tests/unit/support_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef AF_VSOCK
#define AF_VSOCK 40
#endif

static void tell(const char *name, long result)
{
	printf("%s %s\n", name, result < 0 ? strerrorname_np(errno) : "done");
}

static void sockets(void)
{
	int pair[2];

	tell("socket-inet", socket(AF_INET, SOCK_STREAM, 0));
	tell("socket-inet6", socket(AF_INET6, SOCK_DGRAM, 0));
	tell("socket-netlink", socket(AF_NETLINK, SOCK_RAW, 0));
	tell("socket-packet", socket(AF_PACKET, SOCK_RAW, 0));
	tell("socket-vsock", socket(AF_VSOCK, SOCK_STREAM, 0));
	tell("socket-alg", socket(AF_ALG, SOCK_SEQPACKET, 0));
	tell("socket-unix", socket(AF_UNIX, SOCK_STREAM, 0));
	tell("socketpair-unix", socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
}

static void name_spaces(void)
{
	tell("unshare-user", unshare(CLONE_NEWUSER));
	tell("unshare-mount", unshare(CLONE_NEWNS));
	tell("unshare-net", unshare(CLONE_NEWNET));
	tell("unshare-time", unshare(0x80));
	tell("unshare-files", unshare(CLONE_FILES));
	tell("clone-user", syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
	tell("clone3", syscall(SYS_clone3, NULL, 0));
	tell("setns", setns(0, 0));
}

static void mounts(void)
{
	tell("mount", mount("none", "/tmp", "tmpfs", 0, NULL));
	tell("umount", umount2("/tmp", MNT_DETACH));
	tell("pivot-root", syscall(SYS_pivot_root, "/tmp", "/tmp"));
	tell("fsopen", syscall(SYS_fsopen, "tmpfs", 0));
	tell("open-tree", syscall(SYS_open_tree, AT_FDCWD, "/", 0));
	tell("mount-setattr", syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, NULL, 0));
	tell("chroot", chroot("/tmp"));
}

static void kernel(void)
{
	tell("keyctl", syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 1));
	tell("add-key", syscall(SYS_add_key, "user", "x", "x", 1, KEY_SPEC_PROCESS_KEYRING));
	tell("request-key", syscall(SYS_request_key, "user", "x", NULL, 0));
	tell("ptrace", ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	tell("process-vm-readv", syscall(SYS_process_vm_readv, getpid(), NULL, 0, NULL, 0, 0));
	tell("bpf", syscall(SYS_bpf, 0, NULL, 0));
	tell("io-uring", syscall(SYS_io_uring_setup, 1, NULL));
	tell("userfaultfd", syscall(SYS_userfaultfd, 1));
	tell("perf", syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
	tell("init-module", syscall(SYS_init_module, NULL, 0, ""));
	tell("finit-module", syscall(SYS_finit_module, 0, "", 0));
	tell("kexec", syscall(SYS_kexec_load, 0, 0, NULL, 0));
	tell("settime", syscall(SYS_clock_settime, 0, NULL));
	tell("syslog", syscall(SYS_syslog, 3, NULL, 0));
	tell("xattr", syscall(SYS_setxattr, "/tmp", "user.x", "x", 1, 0));
	tell("xattr-link", syscall(SYS_lsetxattr, "/tmp", "user.x", "x", 1, 0));
	tell("xattr-open", syscall(SYS_fsetxattr, STDOUT_FILENO, "user.x", "x", 1, 0));
	tell("xattr-at", syscall(463, AT_FDCWD, "/tmp", 0, "user.x", NULL, 0));
	tell("tiocsti", ioctl(STDIN_FILENO, TIOCSTI, ""));
	tell("tiocsti-high", syscall(SYS_ioctl, STDIN_FILENO, TIOCSTI | (1ul << 32), ""));
	tell("no-new-privs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : -1);
}

/* In a child, which a forbidden architecture ends. */
static void foreign(void)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
#ifdef __x86_64__
		__asm__ volatile("int $0x80" : : "a"(20) : "memory");
#else
		raise(SIGSYS);
#endif
		_exit(0);
	}
	if (child > 0 && waitpid(child, &status, 0) == child)
		printf("foreign-call %s\n",
		       WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : "done");
}

static void outside(void)
{
	tell("write-root", open("/here", O_CREAT | O_WRONLY, 0600));
	tell("write-usr", open("/usr/here", O_CREAT | O_WRONLY, 0600));
	tell("write-dev", open("/dev/here", O_CREAT | O_WRONLY, 0600));
	tell("write-sys", open("/sys/here", O_CREAT | O_WRONLY, 0600));
	tell("write-sysctl", open("/proc/sys/kernel/core_pattern", O_WRONLY));
	tell("write-tmp", open("/tmp/here", O_CREAT | O_WRONLY, 0600));
	tell("write-shm", open("/dev/shm/here", O_CREAT | O_WRONLY, 0600));
	tell("kill-first", kill(1, SIGKILL));
	tell("kill-parent", kill(getppid(), SIGSTOP));
	tell("kill-all", kill(-1, SIGWINCH));
	tell("setuid", setuid(0));
}

int probe_all(void)
{
	sockets();
	name_spaces();
	mounts();
	kernel();
	fflush(stdout);
	foreign();
	outside();
	return 0;
}
