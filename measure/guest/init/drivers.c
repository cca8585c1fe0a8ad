#include "measure/guest/init/drivers.h"

#include <errno.h>
#include <fcntl.h>

#include "measure/guest/init/load.h"
#include "measure/guest/init/report.h"
#include "measure/guest/init/sys.h"

#define MODULES "/modules/"

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

void drivers_load(void)
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
