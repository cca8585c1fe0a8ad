/*
 * Ramdisks that somebody published compressed, as witnesses of those that were built here. Which
 * bytes a compressor writes depends on its version, so that a rebuild may not make them again; what
 * counts is what the kernel unpacks. A published ramdisk is a witness when it is one compressed
 * member, frame or stream from its first byte to its last, as ramdisk.h reads it, and unpacks to
 * the very bytes to which the one that was built does. Plain memory.
 */
#ifndef MEASURE_CORE_WITNESS_H
#define MEASURE_CORE_WITNESS_H

#include "measure/core/archive.h"

#define WITNESSES 32u
#define WITNESS_NAME 32u

enum witness_state {
	WITNESS_EQUAL, /* the same bytes: there is nothing to be witnessed */
	WITNESS_TAKEN, /* the published bytes may stand in for those that were built */
	WITNESS_REFUSED, /* why: they may not */
};

struct witness {
	char name[WITNESS_NAME]; /* of the part: "ramdisk1", "initrd" */
	enum witness_state state;
	char why[192];
	/* of one that was taken */
	enum packing packing;
	uint64_t size, unpacked; /* bytes */
	struct digest content; /* SHA-256 of what it unpacks to */
};

struct witnesses {
	struct witness item[WITNESSES];
	size_t n;
};

/* The next one, not judged yet; one too many is `limit`, with NULL. */
struct witness *witness_add(struct witnesses *w, const char *name, struct err *e);
void witness_refuse(struct witness *w, const char *format, ...) ERR_FORMAT(2, 3);

/* Was one taken at least, and none refused? */
bool witness_stand_in(const struct witnesses *w);

/*
 * Of two ramdisks that are not the same bytes: sets all but the name. What is wrong with them
 * refuses the witness; the err is of the machinery only (io, out-of-memory).
 */
must bool witness_judge(struct witness *w, const struct stream_range *published,
			const struct stream_range *built, struct err *e);

#endif
