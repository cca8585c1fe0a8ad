/*
 * All inputs of a release as one file (formats/lock.md): a tar archive (POSIX.1-1988 ustar, with a
 * pax header for an object of 8 GiB or more) of measure.lock, measure.yml and each object once, by
 * digest. Owners, times and modes are fixed, so that its bytes follow from the lock alone, whoever
 * fetched the objects from wherever. It is read by comparison with what would be written.
 */
#ifndef MEASURE_REBUILD_PACKED_H
#define MEASURE_REBUILD_PACKED_H

#include "measure/rebuild/lock.h"

#define PACKED_RECIPE_MAX (1u << 20)

/* Starts as PACKED_NEW; released by packed_free(). */
struct packed {
	struct buf lock, recipe; /* the texts */
	struct digest inputs; /* of the lock's list of inputs */
	size_t objects; /* how many, and the bytes of the file with all its headers */
	uint64_t size;
	struct digest sha256; /* of the file */
};

#define PACKED_NEW ((struct packed){.lock = BUF(LOCK_MAX_BYTES), .recipe = BUF(PACKED_RECIPE_MAX)})

void packed_free(struct packed *p);

/*
 * Lock and recipe are given in p, the rest of it comes out. Errors: those of the lock; unlocked (it
 * is of another recipe); input-missing, input-digest; of `to` io, no-space. `to` is not committed.
 */
must bool packed_write(struct packed *p, const struct objects *from, struct out *to, struct err *e);

/* Its objects into a store, each proved before it has a name. Errors: packed, lock, unlocked. */
must bool packed_read(struct packed *p, struct stream *in, const struct objects *to, struct err *e);

/* Not for others but tests: the headers in front of a file of that name and size. */
void packed_header(struct buf *out, const char *name, uint64_t size);

#endif
