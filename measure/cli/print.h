/*
 * The answer as it goes to standard output.
 */
#ifndef MEASURE_CLI_PRINT_H
#define MEASURE_CLI_PRINT_H

#include "measure/cli/cli.h"

/*
 * Text: "PCR0  HEX" for each register, then the verb's own text. JSON: {"schema", "kind", "ok"},
 * the registers, the members of the answer (or the verb's text where it made none), warnings. An
 * answer over its limit is printed as the failure that it is.
 */
must bool print_answer(struct cli *c, const struct answer *a, struct err *e);

/*
 * {"schema", "kind", "ok": false, "reason", "message", and "subject", "offset", "hint" if known,
 * and the members that the answer has all the same}; as text, what it has to print verbatim. False
 * as well when these were over their limit and so left out. a may be NULL: nothing but the failure.
 */
must bool print_failure(const struct cli *c, const struct answer *a, const struct err *failure,
			struct err *e);

/* A member whose text may come from a file: tamed as on a terminal, so that both say the same. */
void print_foreign(struct json_out *w, const char *key, const char *foreign);

/* How many warnings there are to show. */
size_t print_notes(const struct answer *a);

#endif
