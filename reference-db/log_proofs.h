/*
 * The proofs of publication of a bundle, by their form: nobody signs them as part of it, and what
 * each is worth is told by the signatures in it (log_judge.h).
 */
#ifndef REFERENCE_DB_LOG_PROOFS_H
#define REFERENCE_DB_LOG_PROOFS_H

#include "measure/base/json.h"
#include "reference-db/bundle.h"

/* Does member i read as what its type says? Errors: bundle, proof-form, limit. */
must bool log_proofs_check(const struct bundle_set *s, size_t i, struct err *e);

/* One more, unless it is there already; its bytes stay borrowed. at: their offset in the file. */
must bool log_proofs_add(struct bundle_set *s, struct bytes in, uint64_t at, struct err *e);

/* Of members that were checked: of which log and entry. Tamed. */
void log_proofs_text(const struct bundle_set *s, struct buf *out);
/* "proofs", an array; nothing when there is none. */
void log_proofs_json(const struct bundle_set *s, struct json_out *w);

#endif
