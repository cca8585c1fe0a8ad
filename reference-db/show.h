/*
 * A manifest for people, in lines of 80 columns but for digests, which stay whole, and as JSON.
 * Texts from the file are tamed.
 */
#ifndef REFERENCE_DB_SHOW_H
#define REFERENCE_DB_SHOW_H

#include "measure/base/json.h"
#include "reference-db/corim.h"

/*
 * Without registers those of a Nitro enclave, which are shown elsewhere, are left out; without f
 * (NULL) whether it is signed, where that was checked and is told better, and the rows of guests of
 * SEV-SNP, which may be very many.
 */
void show_text(const struct manifest *m, const struct corim_file *f, bool registers,
	       struct buf *out);

/*
 * "id", "profile", "signed", "ours", "product", "version", "vendor", "arch", "source", "recipe",
 * "inputs", "artefact", "components", "entities", "validity", "environments", "proofs",
 * "statements", "collateral"; what is not known is left out. Without f (NULL) "signed", "ours",
 * "proofs", "statements" and "collateral" are, so that it is a function of the payload.
 */
void show_json(const struct manifest *m, const struct corim_file *f, struct json_out *w);

#endif
