#include <linux/reboot.h>

#include "measure/guest/init/command.h"
#include "measure/guest/init/drivers.h"
#include "measure/guest/init/entry.h"
#include "measure/guest/init/mounts.h"
#include "measure/guest/init/report.h"
#include "measure/guest/init/sys.h"
#include "ovmf-snp/init/verity.h"

const unsigned report_end_command = LINUX_REBOOT_CMD_POWER_OFF;

void init_main(void)
{
	struct command command;
	const char *device;

	sys(SYS_umask, 022);
	mounts_console();
	drivers_load();
	command_read(&command);
	device = verity_open();
	mounts_disk(device, "erofs");
	mounts_all();
	command_run(&command);
	report_end();
}
