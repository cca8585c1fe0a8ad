#include "measure/rebuild/sandbox_filter.h"

#include <endian.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "measure/rebuild/sandbox_part.h"

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#else
#error "no system call filter for this architecture"
#endif
#define FIRST_FOREIGN_CALL 0x40000000u /* x32 shares the architecture value */
#define CALL_SETXATTRAT 463 /* of all architectures; headers before 6.13 have no name for it */
#define CLONE_NEWTIME_BIT 0x80u /* in clone() these are bits of a signal's number */
#define NAME_SPACES                                                                               \
	((unsigned)(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
		    CLONE_NEWPID | CLONE_NEWNET))

struct refusal {
	int call;
	int error;
};

static const struct refusal refusals[] = {
	{SYS_setns, EPERM},
	{SYS_mount, EPERM},
	{SYS_umount2, EPERM},
	{SYS_pivot_root, EPERM},
	{SYS_fsopen, EPERM},
	{SYS_fsconfig, EPERM},
	{SYS_fsmount, EPERM},
	{SYS_fspick, EPERM},
	{SYS_move_mount, EPERM},
	{SYS_open_tree, EPERM},
	{SYS_mount_setattr, EPERM},
	{SYS_open_by_handle_at, EPERM},
	{SYS_keyctl, ENOSYS},
	{SYS_add_key, ENOSYS},
	{SYS_request_key, ENOSYS},
	{SYS_ptrace, EPERM},
	{SYS_process_vm_readv, EPERM},
	{SYS_process_vm_writev, EPERM},
	{SYS_pidfd_getfd, EPERM},
	{SYS_kcmp, EPERM},
	{SYS_bpf, EPERM},
	{SYS_perf_event_open, EPERM},
	{SYS_userfaultfd, EPERM},
	{SYS_io_uring_setup, ENOSYS},
	{SYS_io_uring_enter, ENOSYS},
	{SYS_io_uring_register, ENOSYS},
	{SYS_clone3, ENOSYS}, /* its flags are out of sight; who calls it knows clone() too */
	{SYS_init_module, EPERM},
	{SYS_finit_module, EPERM},
	{SYS_delete_module, EPERM},
	{SYS_kexec_load, EPERM},
#ifdef SYS_kexec_file_load
	{SYS_kexec_file_load, EPERM},
#endif
#ifdef SYS_iopl
	{SYS_iopl, EPERM},
	{SYS_ioperm, EPERM},
#endif
	{SYS_reboot, EPERM},
	{SYS_swapon, EPERM},
	{SYS_swapoff, EPERM},
	{SYS_acct, EPERM},
	{SYS_quotactl, EPERM},
	{SYS_syslog, EPERM},
	{SYS_settimeofday, EPERM},
	{SYS_clock_settime, EPERM},
	{SYS_clock_adjtime, EPERM},
	{SYS_adjtimex, EPERM},
	{SYS_fanotify_init, EPERM},
	{SYS_vhangup, EPERM},
	/* Not every file system has attributes, and no archive that roots and outputs become. */
	{SYS_setxattr, EOPNOTSUPP},
	{SYS_lsetxattr, EOPNOTSUPP},
	{SYS_fsetxattr, EOPNOTSUPP},
	{CALL_SETXATTRAT, EOPNOTSUPP},
	/* As if done: nobody finds any of it after a crash, and all disks would have to wait. */
	{SYS_sync, 0},
	{SYS_syncfs, 0},
	{SYS_fsync, 0},
	{SYS_fdatasync, 0},
	{SYS_sync_file_range, 0},
};

#define REFUSALS (sizeof(refusals) / sizeof(refusals[0]))
#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, field))
#define LOW_HALF (__BYTE_ORDER == __BIG_ENDIAN ? 4u : 0u)
#define LOAD_ARG(i)                        \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, \
		 (unsigned)offsetof(struct seccomp_data, args[i]) + LOW_HALF)
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, (action))
#define FAIL(error) RETURN(SECCOMP_RET_ERRNO | (unsigned)(error))
#define IF(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(value), (yes), (no))
#define IF_ANY(bits, yes, no) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), (yes), (no))

bool sandbox_filter(int *fd, struct err *e)
{
	static const struct sock_filter head[] = {
		LOAD(arch),
		IF(NATIVE_ARCH, 1, 0),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FIRST_FOREIGN_CALL, 0, 1),
		RETURN(SECCOMP_RET_KILL_PROCESS),
	};
	static const struct sock_filter tail[] = {
		IF(SYS_socket, 1, 0),
		IF(SYS_socketpair, 0, 4),
		LOAD_ARG(0),
		IF(AF_UNIX, 0, 1),
		RETURN(SECCOMP_RET_ALLOW),
		FAIL(EAFNOSUPPORT),
		IF(SYS_clone, 0, 4),
		LOAD_ARG(0),
		IF_ANY(NAME_SPACES, 0, 1),
		FAIL(EPERM),
		RETURN(SECCOMP_RET_ALLOW),
		IF(SYS_unshare, 0, 4),
		LOAD_ARG(0),
		IF_ANY(NAME_SPACES | CLONE_NEWTIME_BIT, 0, 1),
		FAIL(EPERM),
		RETURN(SECCOMP_RET_ALLOW),
		IF(SYS_ioctl, 0, 4),
		LOAD_ARG(1),
		IF(TIOCSTI, 1, 0),
		IF(TIOCLINUX, 0, 1),
		FAIL(EPERM),
		RETURN(SECCOMP_RET_ALLOW),
	};
	enum { HEAD = sizeof(head) / sizeof(head[0]), TAIL = sizeof(tail) / sizeof(tail[0]) };
	struct sock_filter filter[HEAD + 2 * REFUSALS + TAIL];

	memcpy(filter, head, sizeof(head));
	for (size_t i = 0; i < REFUSALS; i++) {
		filter[HEAD + 2 * i] = (struct sock_filter)IF(refusals[i].call, 0, 1);
		filter[HEAD + 2 * i + 1] = (struct sock_filter)FAIL(refusals[i].error);
	}
	memcpy(filter + HEAD + 2 * REFUSALS, tail, sizeof(tail));
	return sandbox_memory_file(bytes_of(filter, sizeof(filter)), fd, e);
}
