/*
 * Signing a payload as a statement: the header is made, the bytes to sign are handed out, and the
 * signature that comes back is verified before anything is written. Starts zeroed; released by
 * signing_free().
 */
#ifndef REFERENCE_DB_SIGNING_H
#define REFERENCE_DB_SIGNING_H

#include "measure/core/pubkey.h"
#include "reference-db/signed.h"

/* Who signs, when, and until when; times and state only where has_ says so. */
struct signing_terms {
	const char *content_type;
	const char *signer;
	bool has_not_before, has_expires;
	int64_t not_before, expires;
	bool has_issued, has_upon;
	int64_t issued; /* now, by whoever reads the clock */
	struct signed_upon upon; /* the state of the database that it is made for */
	size_t n_chain; /* to SIGNED_CHAIN: the key's own certificate first; may be none */
	const struct x509 *const *chain; /* of x509_list_add() */
};

struct signing {
	struct buf protected_header;
	struct buf tbs; /* the bytes to sign with pubkey_alg() */
	struct bytes payload; /* borrowed */
	const struct pubkey *key; /* borrowed */
};

/*
 * key-mismatch: the chain is another key's; certificate: it is none (certified.h); usage: terms
 * that cannot be.
 */
must bool signing_prepare(struct signing *s, struct bytes payload, const struct pubkey *key,
			  const struct signing_terms *t, struct err *e);
void signing_free(struct signing *s);

/* Does the signature hold over what was read? Not holding is no err but `*holds`. */
must bool signing_holds(const struct pubkey *key, const struct signed_statement *s, bool *holds,
			struct err *e);

/* The statement, tagged and with its payload inside; signature: raw r||s or Ed25519's 64 bytes. */
must bool signing_attach(const struct signing *s, struct bytes signature, struct buf *out,
			 struct err *e);

#endif
