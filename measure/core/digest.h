/*
 * Digest values. A struct digest is plain memory; unused bytes of v are zero. CRC-32 is carried
 * like a digest (4 bytes, big-endian) because the same pass computes it; it protects nothing.
 */
#ifndef MEASURE_CORE_DIGEST_H
#define MEASURE_CORE_DIGEST_H

#include "measure/base/buf.h"

enum digest_alg {
	DIGEST_SHA256,
	DIGEST_SHA384,
	DIGEST_SHA512,
	DIGEST_CRC32, /* ISO-HDLC, as zlib */
	DIGEST_SHA1, /* with which files of git end, and nothing that has to be proved */
};

#define DIGEST_MAX 64

struct digest {
	enum digest_alg alg;
	size_t len;
	uint8_t v[DIGEST_MAX];
};

/* Length in bytes; name as written in JSON and text: "sha256", "sha384", "sha512", "crc32",
 * "sha1". */
size_t digest_len(enum digest_alg alg);
const char *digest_name(enum digest_alg alg);

/* Same algorithm and value; in constant time. */
bool digest_equal(const struct digest *a, const struct digest *b);

static inline struct bytes digest_bytes(const struct digest *d)
{
	return bytes_of(d->v, d->len);
}

#endif
