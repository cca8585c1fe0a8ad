/*
 * The options of `measure build eif`, and the half of it that makes ramdisks from a root file
 * system.
 */
#ifndef MEASURE_CLI_BUILD_EIF_H
#define MEASURE_CLI_BUILD_EIF_H

#include "eif/ramdisks.h"
#include "measure/cli/cli.h"

enum {
	O_KERNEL,
	O_CMDLINE,
	O_RAMDISK,
	O_OUTPUT,
	O_ARCH,
	O_ROOTFS,
	O_ENTRYPOINT,
	O_CMD,
	O_ENV,
	O_WORKDIR,
	O_USER,
	O_INIT,
	O_MODULE,
	O_MODULES,
	O_PROFILE,
	O_MTIME,
	O_OWNERS,
	O_PLATFORM,
	O_TAG,
	O_DROP_XATTRS,
	O_NAME,
	O_VERSION,
	O_BUILD_TIME,
	O_BUILD_TOOL,
	O_BUILD_TOOL_VERSION,
	O_IMG_OS,
	O_IMG_KERNEL,
	O_KERNEL_CONFIG,
	O_METADATA,
	O_DOCKER_INFO,
	O_ROOTFS_FIRST = O_ENTRYPOINT, /* what --rootfs alone gives a meaning to */
	O_ROOTFS_LAST = O_DROP_XATTRS,
};

/* What the verb knows of the rest. */
struct build_eif_kernel {
	const char *path;
	struct bytes config; /* empty: none was given */
	bool aarch64;
	const char *const *ramdisks; /* NULL behind them */
};

/* Nothing is done without --rootfs, but its options refused. */
must bool build_eif_ramdisks(struct cli *c, const struct build_eif_kernel *k, struct ramdisks *made,
			     struct answer *a, struct err *e);

#endif
