/*
 * Manifests, signed ones and bundles for tests, written as diagnostic notation (support_diag.h) in
 * pieces: a word with a $ stands for the piece of that name, so that a test changes what it means
 * to change and nothing else. Keys, nonces and so every byte are fixed: the keys protect nothing.
 * Signatures are made by OpenSSL over bytes that are put together here, not by the program. What
 * cannot be done ends the test program.
 */
#ifndef TESTS_UNIT_SUPPORT_STATEMENT_H
#define TESTS_UNIT_SUPPORT_STATEMENT_H

#include "tests/unit/support_eif.h"

#define STATEMENT_PIECES 40u

/* Texts are malloc'd. $SIGNATURE is h'' until statement_sign(). */
struct statement {
	struct {
		const char *word;
		char *text;
	} piece[STATEMENT_PIECES];
};

/*
 * "nitro": what the program writes for the image of forge_base(); "foreign", "snp", "igvm":
 * manifests of others; "statement": the first, to be signed; "detached": without its payload;
 * "bundle": a collection of it and one signature.
 */
struct statement statement_new(const char *base);
void statement_free(struct statement *s);

/* The text of a piece, or of a part of one that stands in all of them exactly once. */
void statement_replace(struct statement *s, const char *old, const char *with);

/* Its bytes: free(p). Items, or members of a map, of a part alone. */
struct forged statement_bytes(const struct statement *s);
struct forged statement_part(const struct statement *s, const char *text);

/* "p256", "p384", "p521", "ed25519", over $HEADER and $PAYLOAD as they are then. */
void statement_sign(struct statement *s, const char *key);

/* In PEM. */
struct forged statement_public_key(const char *key);
struct forged statement_private_key(const char *key);

#endif
