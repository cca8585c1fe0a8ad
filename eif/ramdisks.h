/*
 * The two ramdisks of an enclave from a root file system: the first boots, the second is the
 * application's. Both are made in files without names, for eif_build() to read. A kernel that
 * cannot do what an enclave needs is noted.
 */
#ifndef EIF_RAMDISKS_H
#define EIF_RAMDISKS_H

#include "measure/core/spool.h"
#include "measure/guest/application.h"
#include "measure/guest/start.h"

#define RAMDISKS 2

struct ramdisks_ask {
	const char *image; /* whatever rootfs_open() takes; or else */
	struct rootfs *root; /* it is open; taken over */
	struct rootfs_options options; /* its spool is where the ramdisks are, too */
	struct cpio_rule rule; /* without an image */
	struct application application;
	struct modules_ask modules; /* without a kernel */
	const char *init; /* path; NULL: the one of this program */
	const char *kernel; /* path */
	struct bytes config; /* of the kernel, as it was given; empty: its own */
	const char *const *more; /* further ramdisks, paths, NULL behind them */
	bool aarch64;
};

struct ramdisk {
	struct spool file;
	struct digest sha256, content; /* content.h */
};

struct ramdisks {
	struct ramdisk disk[RAMDISKS];
	struct rootfs image; /* as the second one holds it */
	struct start start;
};
#define RAMDISKS_NONE ((struct ramdisks){.disk = {{.file.file.fd = -1}, {.file.file.fd = -1}}})

must bool ramdisks_make(struct ramdisks *r, const struct ramdisks_ask *ask, struct answer *a,
			struct err *e);
void ramdisks_free(struct ramdisks *r);

#endif
