/*
 * Collateral of a bundle: certificates, and lists of revoked ones, by which the way from a piece of
 * evidence to its root is found without a service. Nobody signs it as part of the bundle, and none
 * of it is trusted: each is a candidate, and what it is worth is told by whose signature it bears.
 */
#ifndef REFERENCE_DB_COLLATERAL_H
#define REFERENCE_DB_COLLATERAL_H

#include "measure/base/json.h"
#include "reference-db/bundle.h"

#define COLLATERAL_FILE_MAX (1u << 20)

/* Does member i read as what its type says, in DER? Errors: bundle, certificate, key, crl. */
must bool collateral_check(const struct bundle_set *s, size_t i, struct err *e);

/* One more, unless it is there already; its bytes stay borrowed. */
must bool collateral_add(struct bundle_set *s, const struct bundle_member *m, struct err *e);

/*
 * What a user's file holds: a certificate in DER, several in PEM, or a list of revoked ones in
 * either. der: empty; gets their DER, into which what is added to *s points.
 */
must bool collateral_read(struct bundle_set *s, struct bytes file, struct buf *der, struct err *e);

/* Of members that were checked: whose certificates, until when, digests. Tamed. */
void collateral_text(const struct bundle_set *s, struct buf *out);
/* "collateral", an array; nothing when there is none. */
void collateral_json(const struct bundle_set *s, struct json_out *w);

#endif
