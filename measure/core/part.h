/*
 * The part tree: named byte ranges of a file with their digests, parents around children, in file
 * order. `inspect` prints it, `diff` walks it. A part is owned by its parent; the root is
 * released by part_free(), which takes the address of the pointer and does not recurse.
 */
#ifndef MEASURE_CORE_PART_H
#define MEASURE_CORE_PART_H

#include "measure/base/buf.h"
#include "measure/core/digest.h"

#define PART_DIGESTS 2

struct part {
	char *name; /* "kernel", "ramdisk0", "header" */
	char *detail; /* further words for people, may be NULL; may quote the file */
	uint64_t offset, size; /* absolute, bytes */
	bool unpacked; /* not of the file: offsets are in what a part above unpacks to */
	struct digest digest[PART_DIGESTS];
	size_t n_digests;
	struct digest shape; /* of what does not follow from where it was built; len 0: none */
	struct buf held; /* what offsets below lead to, where it is no file; owned, may be empty */
	struct part *parent, *child, *last, *next;
};

/* parent NULL makes a root. NULL with e set when memory is refused. */
must struct part *part_new(struct part *parent, const char *name, uint64_t offset, uint64_t size,
			   struct err *e);
must bool part_detail(struct part *p, struct err *e, const char *format, ...) ERR_FORMAT(3, 4);
void part_free(struct part **root);

/* The tree in order: the part behind p, NULL at the end; *depth follows along. */
const struct part *part_walk(const struct part *p, unsigned *depth);

#endif
