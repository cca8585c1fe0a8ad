#include "measure/core/digest.h"

static const struct {
	const char *name;
	size_t len;
} algs[] = {
	[DIGEST_SHA256] = {"sha256", 32}, [DIGEST_SHA384] = {"sha384", 48},
	[DIGEST_SHA512] = {"sha512", 64}, [DIGEST_CRC32] = {"crc32", 4},
	[DIGEST_SHA1] = {"sha1", 20},
};

size_t digest_len(enum digest_alg alg)
{
	return algs[alg].len;
}

const char *digest_name(enum digest_alg alg)
{
	return algs[alg].name;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
	volatile uint8_t differs = (uint8_t)(a->alg != b->alg || a->len != b->len);

	for (size_t i = 0; i < DIGEST_MAX; i++)
		differs |= a->v[i] ^ b->v[i];
	return differs == 0;
}
