/*
 * What a recipe says of the application of an image, whichever its format, as its builders want it.
 */
#ifndef MEASURE_REBUILD_ASSEMBLE_GUEST_H
#define MEASURE_REBUILD_ASSEMBLE_GUEST_H

#include "measure/core/kernel.h"
#include "measure/guest/application.h"
#include "measure/guest/modules.h"
#include "measure/rebuild/assemble.h"

struct guest_parts {
	struct arena arena;
	const char **env; /* NULL behind them */
	struct works_file init; /* path NULL: that of this program */
	struct buf config; /* of the kernel; empty: not given */
	struct buf modules; /* path of the folder with modules; empty: none */
	struct rootfs root; /* when there is one */
};

#define GUEST_PARTS \
	((struct guest_parts){ARENA(16u << 20), NULL, {0}, BUF(KERNEL_CONFIG_MAX), BUF(8192), {0}})

/* Released by guest_parts_free() in any case. */
must bool guest_parts_bring(struct works *w, struct guest_parts *g, struct err *e);
void guest_parts_free(struct guest_parts *g);

/* Borrowing from both. */
struct application guest_parts_application(const struct works *w, const struct guest_parts *g);
struct modules_ask guest_parts_modules(const struct works *w, struct guest_parts *g);

/* Of the ramdisk with the init and the modules. */
enum origin guest_boot_origin(const struct works *w);

#endif
