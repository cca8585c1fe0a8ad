/*
 * The ramdisk that boots a guest, as a tree: /init, the nodes /dev/console and /dev/null, and
 * /modules with the modules and the order in which they are loaded. For the vendor's init, which
 * loads one module from the root and has its nodes from the kernel: /dev, /init, /NAME.ko.
 */
#ifndef MEASURE_GUEST_BOOT_H
#define MEASURE_GUEST_BOOT_H

#include "measure/guest/modules.h"

struct boot {
	struct bytes init; /* the program */
	const struct modules *modules;
	bool vendor;
};

/* r: empty (rootfs_empty). Refused: an init that is neither an ELF file nor a script (usage). */
must bool boot_make(struct rootfs *r, const struct boot *b, struct err *e);

#endif
