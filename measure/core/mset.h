/*
 * The measurement set: register names and digests in a fixed order, names as the vendor spells
 * them ("PCR0"). Plain memory.
 */
#ifndef MEASURE_CORE_MSET_H
#define MEASURE_CORE_MSET_H

#include "measure/core/digest.h"

#define MSET_MAX 40
#define MSET_NAME 24

struct mset_entry {
	char name[MSET_NAME];
	struct digest digest;
};

struct mset {
	size_t n;
	struct mset_entry entry[MSET_MAX];
};

/* A name is put once; a second time, a name too long or a full set is false (limit). */
must bool mset_put(struct mset *m, const char *name, const struct digest *d, struct err *e);

/* NULL when there is no such name: a register that is missing matches nothing. */
const struct digest *mset_get(const struct mset *m, const char *name);

#endif
