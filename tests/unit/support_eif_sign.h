/*
 * Signature sections of EIFs for tests, right or twisted in one named way. Keys, nonces and so
 * every byte are fixed: the keys protect nothing. Only OpenSSL's numbers and digests are used;
 * CBOR and COSE are put together here, byte by byte.
 */
#ifndef TESTS_UNIT_SUPPORT_EIF_SIGN_H
#define TESTS_UNIT_SUPPORT_EIF_SIGN_H

#include "tests/unit/support_eif.h"

/*
 * The self-signed certificate of the test key on P-256, P-384 or P-521, in force until 2049; one on
 * P-256 that was until 2020; the DER of a certificate, malloc'd.
 */
const char *forge_certificate(unsigned bits);
const char *forge_certificate_expired(void);
struct forged forge_certificate_der(const char *pem);

/* The private key as PEM (SEC1), malloc'd, for programs that sign by themselves. */
struct forged forge_key_pem(unsigned bits);

/* Raw r||s over SHA-256, 384 or 512 of the bytes. */
struct forged forge_ecdsa(unsigned bits, const uint8_t *p, size_t n);

/*
 * A section over that PCR0. twist: NULL, or a name of forge_twists; pem: NULL for the key's own
 * certificate. Ends the program at an unknown name.
 */
struct forge_signing {
	unsigned bits;
	const char *twist;
	const uint8_t *pem;
	size_t pem_n;
	uint8_t pcr0[48];
};

struct forged forge_signature(const struct forge_signing *s);

/* Appends such a section over the image's own registers; the data is returned, for free(). */
uint8_t *forge_sign(struct forge *f, unsigned bits, const char *twist);

/*
 * A twist is a list of splices, each at a stage of the section's making. Stages are made in this
 * order, each out of those above it; the payload is twisted before it is signed.
 */
enum forge_stage {
	FORGE_PAYLOAD, /* {"register_index", "register_value"} */
	FORGE_PROTECTED, /* {1: alg} */
	FORGE_RS, /* r||s */
	FORGE_W_PROTECTED, /* protected header as byte string */
	FORGE_UNPROTECTED, /* {} */
	FORGE_W_PAYLOAD, /* payload as byte string */
	FORGE_W_RS, /* r||s as byte string */
	FORGE_COSE, /* COSE_Sign1 */
	FORGE_CERT_PAIR, /* "signing_certificate": [...] */
	FORGE_COSE_PAIR, /* "signature": [...] */
	FORGE_ENTRY, /* the map of both */
	FORGE_SECTION, /* the array of entries */
	FORGE_STAGES
};

/* At `at` (negative: from the end, -1 behind the last) drop `drop` bytes and put these. */
struct forge_splice {
	enum forge_stage stage;
	long at;
	size_t drop;
	const char *hex; /* NULL ends the list */
};

#define FORGE_ALL SIZE_MAX /* drop all there is */

struct forge_twist {
	const char *name;
	bool swap_pairs; /* "signature" in front of "signing_certificate" */
	bool twice; /* the entry is there two times */
	struct forge_splice splice[3];
};

/* Ends with a NULL name. */
extern const struct forge_twist forge_twists[];

#endif
