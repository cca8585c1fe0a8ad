/*
 * A kernel's configuration (".config": "CONFIG_NAME=y", one option on each line) against what an
 * enclave needs: a way to the devices of the hypervisor, the security module among them, and the
 * file systems that an init mounts. What is missing is a warning (kernel-option), never a refusal:
 * a kernel may have been patched.
 */
#ifndef EIF_KCONFIG_H
#define EIF_KCONFIG_H

#include "measure/core/answer.h"
#include "measure/core/archive.h"

enum kconfig_value { KCONFIG_NO, KCONFIG_MODULE, KCONFIG_YES };

/* Of an option without "CONFIG_"; a line of another value than y or m is taken for y. */
enum kconfig_value kconfig_get(struct bytes config, const char *option);

struct kconfig_use {
	bool aarch64;
	const char *const *modules; /* in the ramdisks: names with '_', NULL behind them */
	unsigned packings; /* of the ramdisks: 1u << enum packing */
};

/* Each option that is missing becomes one note. */
void kconfig_check(struct bytes config, const struct kconfig_use *use, struct answer *a);

#endif
