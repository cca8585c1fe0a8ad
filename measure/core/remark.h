/*
 * What is known of two files that differ, beyond the first byte that does (meaning.h): in what they
 * hold as kernels, root images or programs. Each is a field of its own, with both values and its
 * cause. Nothing is refused; of files that are none of these nothing is told.
 */
#ifndef MEASURE_CORE_REMARK_H
#define MEASURE_CORE_REMARK_H

#include "measure/core/differences.h"
#include "measure/core/meaning.h"

struct remarks {
	struct differences *f; /* a part or an entry is open */
	bool listed; /* otherwise causes are counted, and nothing is told */
};

/* Counts the cause, and tells. */
void remark(const struct remarks *r, const struct difference *x);

/* The same of two values, when they are not equal. */
void remark_values(const struct remarks *r, const char *name, struct bytes a, struct bytes b,
		   enum cause cause);

/* All there is to say of two files of one format. Errors: memory, and of reading. */
must bool remarks_tell(const struct extent x[2], const struct remarks *r, struct err *e);

#endif
