/*
 * Manifests, signed ones and bundles for tests, written as diagnostic notation (support_diag.h) in
 * pieces: a word with a $ stands for the piece of that name, so that a test changes what it means
 * to change and nothing else. Keys, nonces and so every byte are fixed: the keys protect nothing.
 * Signatures are made by OpenSSL over bytes that are put together here, not by the program. What
 * cannot be done ends the test program.
 */
#ifndef TESTS_UNIT_SUPPORT_NOTATION_H
#define TESTS_UNIT_SUPPORT_NOTATION_H

#include "tests/unit/support_eif.h"

#define NOTATION_PIECES 40u

/* Texts are malloc'd. $SIGNATURE is h'' until notation_sign(). */
struct notation {
	struct {
		const char *word;
		char *text;
	} piece[NOTATION_PIECES];
};

/*
 * "nitro": what the program writes for the image of forge_base(); "foreign", "snp", "igvm":
 * manifests of others; "statement": the first, to be signed; "detached": without its payload;
 * "bundle": a collection of it and one signature.
 */
struct notation notation_new(const char *base);
void notation_free(struct notation *s);

/* The text of a piece, or of a part of one that stands in all of them exactly once. */
void notation_replace(struct notation *s, const char *old, const char *with);

/* Its bytes: free(p). Items, or members of a map, of a part alone. */
struct forged notation_bytes(const struct notation *s);
struct forged notation_part(const struct notation *s, const char *text);

/* "p256", "p384", "p521", "ed25519", over $HEADER and $PAYLOAD as they are then. */
void notation_sign(struct notation *s, const char *key);

/* In PEM. */
struct forged notation_public_key(const char *key);
struct forged notation_private_key(const char *key);

#endif
