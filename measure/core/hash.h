/*
 * One running digest. The state can be copied, so that a digest of a prefix costs nothing extra.
 * The only door to OpenSSL's digests and to libdeflate's CRC-32.
 */
#ifndef MEASURE_CORE_HASH_H
#define MEASURE_CORE_HASH_H

#include "measure/core/digest.h"

struct hash;

/* Released by hash_free(), which takes the address of the pointer and leaves NULL. */
must struct hash *hash_new(enum digest_alg alg, struct err *e);
void hash_free(struct hash **h);

must bool hash_add(struct hash *h, struct bytes x, struct err *e);

/* The digest of all that was added so far; h goes on undisturbed. */
must bool hash_peek(const struct hash *h, struct digest *out, struct err *e);

/* What was added to `from` was added to h, and nothing else; both have one algorithm. */
must bool hash_follow(struct hash *h, const struct hash *from, struct err *e);

/* Back to nothing added. */
must bool hash_restart(struct hash *h, struct err *e);

/* The digest, cheaper than hash_peek(); h must be restarted before it is used again. */
must bool hash_finish(struct hash *h, struct digest *out, struct err *e);

/* Digest of one run of bytes, or of a and b one behind the other. */
must bool hash_of(enum digest_alg alg, struct bytes x, struct digest *out, struct err *e);
must bool hash_of_two(enum digest_alg alg, struct bytes a, struct bytes b, struct digest *out,
		      struct err *e);

/* Versions for `measure version`: what this program was compiled against, or runs with. */
const char *hash_openssl_version(bool running);
const char *hash_libdeflate_version(void);

#endif
