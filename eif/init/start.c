#include <errno.h>
#include <linux/reboot.h>
#include <sys/socket.h>

/* behind the one it needs */
#include <linux/vm_sockets.h>

#include "measure/guest/init/command.h"
#include "measure/guest/init/drivers.h"
#include "measure/guest/init/entry.h"
#include "measure/guest/init/mounts.h"
#include "measure/guest/init/report.h"
#include "measure/guest/init/sys.h"

#define PARENT_CID 3
#define HEARTBEAT_PORT 9000
#define HEARTBEAT 0xb7

/* which ends an enclave */
const unsigned report_end_command = LINUX_REBOOT_CMD_RESTART;

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
	drivers_load();
	heartbeat();
	command_read(&command);
	mounts_root();
	mounts_all();
	command_run(&command);
	report_end();
}
