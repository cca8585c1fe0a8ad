/*
 * Kernel modules that an init is to load, with those they depend on, out of /lib/modules/VERSION or
 * a kernel's package: unpacked, and in an order in which each comes behind what it needs. Equal
 * modules give the same order from either: what is asked for first comes first, and within that,
 * names in bytewise order as far as the dependencies allow.
 */
#ifndef MEASURE_GUEST_MODULES_H
#define MEASURE_GUEST_MODULES_H

#include "measure/core/hash.h"
#include "measure/core/rootfs.h"
#include "measure/guest/modinfo.h"

#define MODULES_MAX 512u /* to be loaded */
#define MODULE_MAX (64u << 20) /* bytes of one */

struct module {
	char name[MODINFO_NAME_MAX];
	struct buf bytes;
	struct digest sha256; /* of them */
	struct buf needs; /* names, a blank behind each */
	size_t met; /* so many bytes of them are of modules that are placed */
	bool placed;
};

struct modules {
	struct module *v;
	size_t n;
};

struct modules_ask {
	const char *const *wished; /* names, NULL behind them: loaded first, if there are such */
	const char *const *names; /* NULL behind them; one with a '/' is a file */
	const char *source; /* a folder or a package; NULL: files alone */
	const char *kernel; /* "6.1.0-56-cloud-amd64"; "" when it is not known */
	const char *spool; /* the folder for the unlinked file */
};

/*
 * Starts zeroed; released by modules_free(). What the kernel has built in (modules.builtin) is
 * passed over. Refused (module): what is not there, is not of this kernel, has two files of one
 * name, or depends on itself.
 */
must bool modules_read(struct modules *m, const struct modules_ask *ask, struct err *e);
void modules_free(struct modules *m);

#endif
