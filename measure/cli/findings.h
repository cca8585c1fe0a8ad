/*
 * What verbs do with the findings of a manifest that they read for something else than to lint it:
 * warnings are noted in the answer, errors refuse it and name the verb that tells them all.
 */
#ifndef MEASURE_CLI_FINDINGS_H
#define MEASURE_CLI_FINDINGS_H

#include "measure/core/answer.h"
#include "reference-db/lint.h"

void findings_note(const struct lint *l, struct answer *a);

/* Always false; e is the first error already. */
bool findings_refuse(const struct lint *l, struct err *e);

#endif
