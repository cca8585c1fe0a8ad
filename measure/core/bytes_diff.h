/*
 * Two parts of images, or files, that are no archives, told and undone: what their first byte that
 * differs means (meaning.h), what else is known of them (remark.h).
 */
#ifndef MEASURE_CORE_BYTES_DIFF_H
#define MEASURE_CORE_BYTES_DIFF_H

#include "measure/core/remark.h"

struct bytes_pair {
	struct extent x[2]; /* not equal */
	const char *name; /* as conditions call it */
	struct differences *f; /* the part is open */
	struct series *conditions; /* what was undone is added */
	bool whole; /* undone is all of it, also where less would be known */
	struct patch_sink sink; /* gets the first with that undone */
};

must bool bytes_tell(const struct bytes_pair *p, struct err *e);

/* Of two kernels as files of their own, told as a part "kernel". */
must bool kernel_diff(struct file *a, struct file *b, struct differences *f, struct err *e);

#endif
