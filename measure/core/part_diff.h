/*
 * What differs between two part trees of one kind. Parts belong together that have one name, the
 * n-th of it below one parent; a part whose bytes are equal is passed over with all that it holds.
 * Differences are told in the order of the first tree, parents in front of their children.
 */
#ifndef MEASURE_CORE_PART_DIFF_H
#define MEASURE_CORE_PART_DIFF_H

#include "measure/base/file.h"
#include "measure/core/part.h"

struct part_side {
	const struct part *root;
	const struct file *file; /* seekable; where the offsets of the parts lead */
};

/* One difference. a or b is NULL where a part has no counterpart. */
struct part_difference {
	const struct part *a, *b;
	unsigned depth; /* 0: the roots */
	bool last; /* nothing below it differs by itself; bytes of the file were compared: */
	uint64_t bytes, pages; /* of the shorter one that differ; of 4096, in the first file */
	uint64_t first; /* distance of the first of them from the part's start */
	uint8_t byte_a, byte_b; /* what stands there */
};

struct part_sink {
	bool (*told)(void *arg, const struct part_difference *d, struct err *e);
	void *arg;
};

/* Nothing is told of equal trees. Errors: of reading, and what told() gives. */
must bool part_diff(const struct part_side *a, const struct part_side *b,
		    const struct part_sink *sink, struct err *e);

#endif
