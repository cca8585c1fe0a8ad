/*
 * Statements of every kind, signed in the process: what several tests of databases are made of.
 * What cannot be done ends the test program.
 */
#ifndef TESTS_UNIT_SUPPORT_SAID_H
#define TESTS_UNIT_SUPPORT_SAID_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "reference-db/statement.h"

struct said_terms {
	const char *content_type;
	int64_t issued, not_before, expires; /* 0: none */
	bool has_upon;
	struct signed_upon upon;
	bool detached, broken; /* without its payload; the signature does not hold */
	X509 *cert; /* of the key, by a CA; or NULL */
};

/* All of its bytes are x. */
struct digest said_digest(uint8_t x);

/* Signed as these terms say; the caller's to free. */
struct buf said_sign(EVP_PKEY *key, const struct said_terms *t, struct bytes payload);

/* Payloads with something in each member; keys: of alice and bob (support_trust.h). */
struct withdraw said_withdraw(const char *id, uint8_t payload);
struct release said_release(const char *product, const char *channel, const char *latest);
struct keys said_keys(uint64_t serial);

/* The payload of a sample of one kind under the content type of another, signed upon height 7. */
struct buf said_file(EVP_PKEY *key, enum statement_kind as, enum statement_kind payload);

/* A manifest of one image of Nitro, all of whose registers are made of this byte. */
struct buf said_manifest(const char *product, const char *version, uint8_t registers);

#endif
