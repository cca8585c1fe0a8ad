/*
 * What differs between two ramdisks, as files of their own or as parts of images. Of compressed
 * ones the bytes that they unpack to are compared and undone: that their compressed bytes would be
 * the same follows only when the compressor is, which is one more condition.
 */
#ifndef MEASURE_CORE_RAMDISK_DIFF_H
#define MEASURE_CORE_RAMDISK_DIFF_H

#include "measure/core/catalog_diff.h"

struct ramdisk_pair {
	struct extent x[2];
	struct differences *f; /* the part is open, but for: */
	const struct difference_part *part; /* NULL, or opened and ended when both are ramdisks */
	struct series *conditions; /* what was undone is added; where: as catalog_tell() has it */
	const char *where;
	struct patch_sink sink; /* gets the first with that undone, compressed as the second */
};

/* *is: both are ramdisks. Otherwise nothing was told. */
must bool ramdisk_tell(const struct ramdisk_pair *p, bool *is, struct err *e);

/* Of two files that are ramdisks; others are unknown-type. */
must bool ramdisk_diff(struct file *a, struct file *b, struct differences *f, struct err *e);

#endif
