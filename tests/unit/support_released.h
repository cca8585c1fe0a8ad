/*
 * Is it a yes? What `check` does before it looks at an image: the bytes of a manifest, its
 * signatures judged by a trust file, all in the process and as of one fixed time.
 */
#ifndef TESTS_UNIT_SUPPORT_RELEASED_H
#define TESTS_UNIT_SUPPORT_RELEASED_H

#include "reference-db/trust.h"
#include "tests/unit/support_notation.h"

/* That trusts these keys of notation_sign() as publishers, all of them needed; trust_free(). */
struct trust *trust_in(const char *const *keys);

/* True for a yes; otherwise e says why not. The trust is borrowed. */
bool released_yes(struct trust *t, const uint8_t *p, size_t n, struct err *e);

/* A signed manifest by the key; the bundle of two of them. free(p). */
struct forged released_signed(const char *key);
struct forged released_bundle(const char *key, const char *other);

#endif
