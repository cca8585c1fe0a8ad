/*
 * Chains of certificates for tests, each described in words and made by OpenSSL directly; what is
 * to be refused can be made as well. What cannot be done ends the test program.
 */
#ifndef TESTS_UNIT_SUPPORT_CHAIN_H
#define TESTS_UNIT_SUPPORT_CHAIN_H

#include "tests/unit/support_cert.h"

/* Of a NULL the usual one is taken; extensions are spelt as in openssl.cnf, "" is none. */
struct chain_spec {
	const char *key; /* "P-384"; of cert_key(), and "RSA-4096" */
	const char *subject, *issuer; /* common names: the place in the chain, and the next one's */
	const char *constraints, *usage, *purposes;
	const char *other; /* "OID=critical,..." */
	const char *from, *to; /* "20200101000000Z" */
	const char *digest; /* that is signed: "SHA384" */
};

#define CHAIN_MADE 12

struct chain_made {
	size_t n;
	EVP_PKEY *key[CHAIN_MADE];
	X509 *cert[CHAIN_MADE];
};

/* The leaf first; each signed by the next, the last by itself. */
struct chain_made chain_make(const struct chain_spec *spec, size_t n);
void chain_free(struct chain_made *c);

/* The certificate at i, made again as the spec says under another's key and name. */
X509 *chain_issue(const struct chain_made *c, const struct chain_spec *spec, size_t i,
		  size_t issuer);

#endif
