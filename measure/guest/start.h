/*
 * What a guest is started with before it has a root: the program that is its init, and the modules
 * of its kernel, which is looked at for what it lacks.
 */
#ifndef MEASURE_GUEST_START_H
#define MEASURE_GUEST_START_H

#include "measure/guest/kconfig.h"
#include "measure/guest/modules.h"

struct start_ask {
	const char *format, *arch; /* whose init, "eif" and "x86_64" say */
	const char *init; /* path; NULL: the one of this program */
	const char *kernel; /* path */
	struct bytes config; /* of the kernel, as it was given; empty: its own */
	const struct kconfig_need *needs;
	unsigned packings; /* of ramdisks: 1u << enum packing */
	struct modules_ask modules; /* without a kernel */
};

/* Starts zeroed; released by start_free(). */
struct start {
	struct modules modules;
	struct bytes init; /* the program */
	struct digest sha256; /* of it */
	struct buf file; /* that it was read from */
};

/* Warnings about the kernel go to a. Refused (usage): no init for that architecture. */
must bool start_read(struct start *s, const struct start_ask *ask, struct answer *a, struct err *e);
void start_free(struct start *s);

#endif
