#include "measure/base/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"

#define ALIVE 7

/* How a child ends that confines itself, does that, and leaves with ALIVE. */
static int end_of(void (*deed)(void))
{
	pid_t child = fork();
	int status = 0;

	assert_true(child >= 0);
	if (child == 0) {
		struct err e = {0};

		if (!confine(&e))
			_exit(99);
		deed();
		_exit(ALIVE);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void check_killed(void (*deed)(void))
{
	int status = end_of(deed);

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

static void check_alive(void (*deed)(void))
{
	int status = end_of(deed);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), ALIVE);
}

static void do_socket(void)
{
	socket(AF_INET, SOCK_STREAM, 0);
}

static void do_socketpair(void)
{
	int ends[2];

	socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
}

/* On a descriptor that is no socket: the call alone is enough. */
static void do_connect(void)
{
	struct sockaddr a = {.sa_family = AF_INET};

	connect(0, &a, sizeof(a));
}

static void do_sendto(void)
{
	struct sockaddr a = {.sa_family = AF_INET};

	sendto(0, "x", 1, 0, &a, sizeof(a));
}

static void do_execve(void)
{
	char name[] = "/bin/true", *argv[] = {name, NULL}, *env[] = {NULL};

	execve(name, argv, env);
}

static void do_execveat(void)
{
	char name[] = "/bin/true", *argv[] = {name, NULL}, *env[] = {NULL};

	syscall(SYS_execveat, AT_FDCWD, name, argv, env, 0);
}

static void do_io_uring_setup(void)
{
	struct io_uring_params params = {0};

	syscall(SYS_io_uring_setup, 1, &params);
}

static void do_bpf(void)
{
	syscall(SYS_bpf, 0, NULL, 0);
}

static void do_ptrace(void)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static void do_process_vm_writev(void)
{
	syscall(SYS_process_vm_writev, getpid(), NULL, 0, NULL, 0, 0);
}

static void sockets_programs_and_rings_are_death(void **state)
{
	(void)state;
	check_killed(do_socket);
	check_killed(do_socketpair);
	check_killed(do_connect);
	check_killed(do_sendto);
	check_killed(do_execve);
	check_killed(do_execveat);
	check_killed(do_io_uring_setup);
	check_killed(do_bpf);
	check_killed(do_process_vm_writev);
}

/* A killed call does nothing, so none needs arguments that make sense. */
static const long deadly[] = {
	SYS_bind,
	SYS_listen,
	SYS_accept,
	SYS_accept4,
	SYS_sendmsg,
	SYS_sendmmsg,
	SYS_process_vm_readv,
	SYS_io_uring_enter,
	SYS_io_uring_register,
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

static void whatever_reaches_other_processes_or_the_kernel_itself_is_death(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(deadly); i++) {
		pid_t child = fork();
		int status = 0;

		if (child == 0) {
			struct err e = {0};

			if (!confine(&e))
				_exit(99);
			syscall(deadly[i], -1L, 0L, 0L, 0L, 0L, 0L);
			_exit(ALIVE);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
	}
}

static void do_tiocsti(void)
{
	syscall(SYS_ioctl, -1, (unsigned long)TIOCSTI, "x");
}

/* The kernel does not look at the high half. */
static void do_tioclinux(void)
{
	syscall(SYS_ioctl, -1, 0x100000000ul | TIOCLINUX, "x");
}

static void do_other_ioctls(void)
{
	struct winsize size;

	ioctl(-1, TIOCGWINSZ, &size);
	syscall(SYS_ioctl, TIOCSTI, (unsigned long)TIOCGWINSZ, &size);
}

static void typing_into_the_terminal_is_death_and_asking_its_size_is_not(void **state)
{
	(void)state;
	check_killed(do_tiocsti);
	check_killed(do_tioclinux);
	check_alive(do_other_ioctls);
}

/* Builds with a leak checker need it themselves. */
static void tracing_is_death_unless_a_sanitizer_needs_it(void **state)
{
	(void)state;
#if defined(__SANITIZE_ADDRESS__)
	print_message("ptrace: not refused in sanitizer builds\n");
	return;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
	print_message("ptrace: not refused in sanitizer builds\n");
	return;
#endif
#endif
	check_killed(do_ptrace);
}

#ifdef __x86_64__
static void do_x32(void)
{
	syscall(0x40000000 + SYS_getpid);
}

/* int 0x80 reaches the 32-bit table: 20 is getpid there. */
static void do_i386(void)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory");
}

static void calls_of_foreign_architectures_are_death(void **state)
{
	(void)state;
	check_killed(do_x32);
	check_killed(do_i386);
}
#endif

/* The kernel, made to answer one call with "not permitted" from now on. */
static void forbid(unsigned number)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {COUNT(filter), filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		_exit(98);
}

static void check_not_confined(unsigned forbidden, const char *text)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		struct err e = {0};

		forbid(forbidden);
		_exit(!confine(&e) && e.reason == REASON_SANDBOX && strcmp(e.text, text) == 0
			      ? ALIVE
			      : 97);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), ALIVE);
}

static void a_kernel_that_refuses_the_filter_is_an_error(void **state)
{
	(void)state;
	check_not_confined(SYS_prctl, "no_new_privs: Operation not permitted");
	check_not_confined(SYS_seccomp, "seccomp filter: Operation not permitted");
}

static void do_read_a_file(void)
{
	char got[4];
	int fd = open("/proc/self/exe", O_RDONLY);

	if (fd < 0 || read(fd, got, 4) != 4 || memcmp(got, "\177ELF", 4) != 0)
		_exit(1);
	close(fd);
}

static void do_write_a_file(void)
{
	struct folder f;
	size_t n = 0;
	char *got;

	folder_new(&f);
	got = folder_read(folder_file(&f, "f", "abc", 3), &n);
	if (n != 3)
		_exit(1);
	free(got);
	folder_free(&f);
}

static void *nothing(void *arg)
{
	return arg;
}

static void do_thread(void)
{
	pthread_t t;

	if (pthread_create(&t, NULL, nothing, NULL) != 0 || pthread_join(t, NULL) != 0)
		_exit(1);
}

static void do_memory(void)
{
	char *p = malloc(64 << 20);

	if (!p)
		_exit(1);
	memset(p, 1, 64 << 20);
	free(p);
}

static void do_it_twice(void)
{
	struct err e = {0};

	if (!confine(&e))
		_exit(1);
}

static void files_threads_and_memory_work_as_before(void **state)
{
	(void)state;
	check_alive(do_read_a_file);
	check_alive(do_write_a_file);
	check_alive(do_thread);
	check_alive(do_memory);
	check_alive(do_it_twice);
}

static void *socket_in_thread(void *arg)
{
	do_socket();
	return arg;
}

static void do_socket_in_a_new_thread(void)
{
	pthread_t t;

	if (pthread_create(&t, NULL, socket_in_thread, NULL) == 0)
		pthread_join(t, NULL);
}

static void *socket_when_told(void *go)
{
	char c;

	if (read(*(int *)go, &c, 1) == 1)
		do_socket();
	return NULL;
}

static void confine_beside_a_thread(void)
{
	struct err e = {0};
	pthread_t t;
	int ends[2];

	if (pipe(ends) != 0 || pthread_create(&t, NULL, socket_when_told, &ends[0]) != 0 ||
	    !confine(&e) || write(ends[1], "x", 1) != 1)
		_exit(99);
	pthread_join(t, NULL);
	_exit(ALIVE);
}

static void threads_made_before_and_after_are_confined_too(void **state)
{
	pid_t child = fork();
	int status = 0;

	(void)state;
	if (child == 0)
		confine_beside_a_thread();
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
	check_killed(do_socket_in_a_new_thread);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sockets_programs_and_rings_are_death),
		cmocka_unit_test(whatever_reaches_other_processes_or_the_kernel_itself_is_death),
		cmocka_unit_test(typing_into_the_terminal_is_death_and_asking_its_size_is_not),
		cmocka_unit_test(tracing_is_death_unless_a_sanitizer_needs_it),
#ifdef __x86_64__
		cmocka_unit_test(calls_of_foreign_architectures_are_death),
#endif
		cmocka_unit_test(a_kernel_that_refuses_the_filter_is_an_error),
		cmocka_unit_test(files_threads_and_memory_work_as_before),
		cmocka_unit_test(threads_made_before_and_after_are_confined_too),
	};

	/* a death by SIGSYS would leave a core file behind */
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	return cmocka_run_group_tests(tests, NULL, NULL);
}
