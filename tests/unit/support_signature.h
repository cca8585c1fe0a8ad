/*
 * Statements signed in the process, with headers that no verb would write as well as good ones.
 * What cannot be done ends the test program.
 */
#ifndef TESTS_UNIT_SUPPORT_SIGNATURE_H
#define TESTS_UNIT_SUPPORT_SIGNATURE_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "measure/core/pubkey.h"
#include "reference-db/signed.h"

struct signature_spec {
	EVP_PKEY *key; /* P-256, P-384, P-521 or Ed25519 */
	enum cose_alg alg; /* claimed; 0: that of the key */
	int64_t not_before, expires; /* 0: none */
	bool no_kid;
	const struct pubkey *kid; /* NULL: the key's own */
	size_t n_chain;
	X509 *chain[SIGNED_CHAIN];
	bool broken; /* the last bit of the signature is another one */
};

/* Of the payload "p", by the signer "a"; the caller's to free. */
struct buf signature_make(const struct signature_spec *s);

struct pubkey *signature_pubkey(EVP_PKEY *key);

/* The entry of a key in a trust file, appended; more: lines such as "    not-after: ...\n". */
void signature_trust(struct buf *out, const char *name, EVP_PKEY *key, const char *more);

/* The item of a list of CAs in a trust file, appended. */
void signature_trust_ca(struct buf *out, X509 *ca);

#endif
