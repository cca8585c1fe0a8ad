#include "measure/base/confine.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#define FIRST_FOREIGN_CALL 0x40000000u /* x32 shares the architecture value */
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#define FIRST_FOREIGN_CALL 0x40000000u
#else
#error "no system call filter for this architecture"
#endif

/* The leak checker of sanitizer builds stops the process through ptrace. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

static const int forbidden[] = {
	SYS_socket,
	SYS_socketpair,
	SYS_connect,
	SYS_bind,
	SYS_listen,
	SYS_accept,
	SYS_accept4,
	SYS_sendto,
	SYS_sendmsg,
	SYS_sendmmsg,
	SYS_execve,
	SYS_execveat,
#ifndef SANITIZED
	SYS_ptrace,
#endif
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_io_uring_setup,
	SYS_io_uring_enter,
	SYS_io_uring_register,
	SYS_bpf,
	SYS_perf_event_open,
	SYS_userfaultfd,
	SYS_unshare,
	SYS_setns,
	SYS_mount,
	SYS_umount2,
	SYS_fsopen,
	SYS_fsconfig,
	SYS_fsmount,
	SYS_move_mount,
	SYS_open_tree,
	SYS_mount_setattr,
	SYS_pivot_root,
	SYS_chroot,
	SYS_pidfd_getfd,
	SYS_kexec_load,
	SYS_init_module,
	SYS_finit_module,
	SYS_keyctl,
	SYS_add_key,
	SYS_request_key,
};

#define FORBIDDEN (sizeof(forbidden) / sizeof(forbidden[0]))
#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, field))
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, (action))

bool confine(struct err *e)
{
	static const struct sock_filter head[] = {
		LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 1, 0),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FIRST_FOREIGN_CALL, 0, 1),
		RETURN(SECCOMP_RET_KILL_PROCESS),
	};
	/* Typing for whoever has the terminal; the kernel looks at the low half of the request. */
	static const struct sock_filter tail[] = {
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 1, 0),
		RETURN(SECCOMP_RET_ALLOW),
		LOAD(args[1]),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TIOCSTI, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TIOCLINUX, 0, 1),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		RETURN(SECCOMP_RET_ALLOW),
	};
	enum { HEAD = sizeof(head) / sizeof(head[0]), TAIL = sizeof(tail) / sizeof(tail[0]) };
	struct sock_filter filter[HEAD + 2 * FORBIDDEN + TAIL];
	struct sock_fprog program = {.len = HEAD + 2 * FORBIDDEN + TAIL, .filter = filter};

	memcpy(filter, head, sizeof(head));
	for (size_t i = 0; i < FORBIDDEN; i++) {
		filter[HEAD + 2 * i] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
								    (unsigned)forbidden[i], 0, 1);
		filter[HEAD + 2 * i + 1] = (struct sock_filter)RETURN(SECCOMP_RET_KILL_PROCESS);
	}
	memcpy(filter + HEAD + 2 * FORBIDDEN, tail, sizeof(tail));

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_set(e, REASON_SANDBOX, "no_new_privs: %s", strerrordesc_np(errno));
	/* TSYNC: threads that were made before are confined with the rest. */
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) != 0)
		return err_set(e, REASON_SANDBOX, "seccomp filter: %s", strerrordesc_np(errno));
	return true;
}
