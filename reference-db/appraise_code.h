/*
 * The measurements of what runs held against what was released: the check "code" of appraise.h.
 */
#ifndef REFERENCE_DB_APPRAISE_CODE_H
#define REFERENCE_DB_APPRAISE_CODE_H

#include "reference-db/appraise.h"

/* Adds the checks "code"; the caller settles them. */
void appraise_code(const struct claims *c, const struct expectation *x, struct appraisal *out,
		   struct verdict *v);

#endif
