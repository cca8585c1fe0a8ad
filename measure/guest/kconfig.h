/*
 * A kernel's configuration (".config": "CONFIG_NAME=y", one option on each line) against what a
 * guest needs. What is missing is a warning (kernel-option), never a refusal: a kernel may have
 * been patched.
 */
#ifndef MEASURE_GUEST_KCONFIG_H
#define MEASURE_GUEST_KCONFIG_H

#include "measure/core/answer.h"
#include "measure/core/archive.h"

enum kconfig_value { KCONFIG_NO, KCONFIG_MODULE, KCONFIG_YES };

/* Of an option without "CONFIG_"; a line of another value than y or m is taken for y. */
enum kconfig_value kconfig_get(struct bytes config, const char *option);

struct kconfig_need {
	const char *option, *module; /* module: that serves as well; NULL: none does */
	const char *what; /* there is none of without it */
};

/* What every init mounts, and what it is started from. */
#define KCONFIG_START                                    \
	{"BLK_DEV_INITRD", NULL, "ramdisk"},             \
	{                                                \
		"BINFMT_ELF", NULL, "program can be run" \
	}
#define KCONFIG_MOUNTS                                                                          \
	{"DEVTMPFS", NULL, "device file"}, {"PROC_FS", NULL, "/proc"}, {"SYSFS", NULL, "/sys"}, \
		{"TMPFS", NULL, "/run, /tmp and /dev/shm"}, {"UNIX98_PTYS", NULL, "/dev/pts"},  \
	{                                                                                       \
		"CGROUPS", NULL, "/sys/fs/cgroup"                                               \
	}

struct kconfig_use {
	const struct kconfig_need *needs; /* option NULL behind the last one */
	const char *const *modules; /* in the ramdisks: names with '_', NULL behind them */
	unsigned packings; /* of the ramdisks: 1u << enum packing */
};

/* Each option that is missing becomes one note. */
void kconfig_check(struct bytes config, const struct kconfig_use *use, struct answer *a);

#endif
