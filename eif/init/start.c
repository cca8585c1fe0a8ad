#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

/* behind the one it needs */
#include <linux/vm_sockets.h>

#include "measure/guest/init/command.h"
#include "measure/guest/init/load.h"
#include "measure/guest/init/mounts.h"
#include "measure/guest/init/report.h"
#include "measure/guest/init/sys.h"

#define MODULES "/modules/"
#define PARENT_CID 3
#define HEARTBEAT_PORT 9000
#define HEARTBEAT 0xb7

_Noreturn void init_main(void);

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tand $-16, %rsp\n\tcall init_main\n");
#else
__asm__(".globl _start\n_start:\n\tmov x29, 0\n\tmov x30, 0\n\tb init_main\n");
#endif

/* A driver without its device is none that anything waits for. */
static void load_module(const char *path)
{
	long fd = sys(SYS_openat, AT_FDCWD, sys_ptr(path), O_RDONLY | O_CLOEXEC), error;

	if (fd < 0)
		report_last("cannot open", path, fd);
	error = sys(SYS_finit_module, fd, sys_ptr(""));
	sys(SYS_close, fd);
	sys(SYS_unlinkat, AT_FDCWD, sys_ptr(path));
	if (error == -ENODEV)
		report_error("no device for", path, error);
	else if (error < 0 && error != -EEXIST)
		report_last("cannot load", path, error);
}

static void load_modules(void)
{
	static const char order[] = MODULES "order";
	long there = sys(SYS_faccessat, AT_FDCWD, sys_ptr(order));
	char **name, path[4096] = MODULES;
	size_t n, at;

	if (there == -ENOENT)
		return;
	for (name = load_items(order, &n); *name; name++) {
		at = sizeof(MODULES) - 1;
		for (const char *p = *name; *p != '\0' && at + 1 < sizeof(path); p++)
			path[at++] = *p;
		path[at] = '\0';
		load_module(path);
	}
}

/* Without a vsock, as in an ordinary virtual machine, nobody waits for it. */
static void heartbeat(void)
{
	static const char failed[] = "cannot reach the parent (vsock CID 3, port 9000)";
	const struct sockaddr_vm parent = {
		.svm_family = AF_VSOCK,
		.svm_cid = PARENT_CID,
		.svm_port = HEARTBEAT_PORT,
	};
	unsigned char beat = HEARTBEAT;
	long fd = sys(SYS_socket, AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC), error = fd;

	if (fd >= 0)
		error = sys(SYS_connect, fd, sys_ptr(&parent), sizeof(parent));
	if (error == -EAFNOSUPPORT || error == -ENODEV) {
		report_error("no vsock, so no heartbeat is sent", NULL, error);
		return;
	}
	if (error < 0)
		report_last(failed, NULL, error);
	error = sys(SYS_write, fd, sys_ptr(&beat), 1);
	if (error == 1)
		error = sys(SYS_read, fd, sys_ptr(&beat), 1);
	if (error < 0)
		report_last(failed, NULL, error);
	if (error != 1 || beat != HEARTBEAT)
		report_last("the parent did not answer the heartbeat", NULL, 0);
	sys(SYS_close, fd);
}

void init_main(void)
{
	struct command command;

	sys(SYS_umask, 022);
	mounts_console();
	load_modules();
	heartbeat();
	command_read(&command);
	mounts_root();
	mounts_all();
	command_run(&command);
	report_end();
}
