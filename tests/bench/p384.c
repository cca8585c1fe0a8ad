/*
 * p384 verify RUNS: nothing but that many verifications, of a signature that does not hold, under a
 * key that is written here: as a yardstick in its own process.
 * p384 RUNS: signs a digest with a fresh P-384 key and verifies it, that often, and prints one
 * line: the least microseconds of CPU that signing took, and verifying. The least, since other
 * programs on the same core can only lengthen it.
 */
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct work {
	EVP_PKEY *key;
	unsigned char digest[48], signature[128];
	size_t n;
};

static double now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static bool sign(struct work *w)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(w->key, NULL);
	bool ok;
	w->n = sizeof(w->signature);
	ok = ctx && EVP_PKEY_sign_init(ctx) == 1 &&
	     EVP_PKEY_sign(ctx, w->signature, &w->n, w->digest, sizeof(w->digest)) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static bool verify(struct work *w)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(w->key, NULL);
	bool ok = ctx && EVP_PKEY_verify_init(ctx) == 1 &&
		  EVP_PKEY_verify(ctx, w->signature, w->n, w->digest, sizeof(w->digest)) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static bool timed(bool (*what)(struct work *), struct work *w, double *least)
{
	double start = now_us(), took;
	if (!what(w))
		return false;
	took = now_us() - start;
	if (took < *least)
		*least = took;
	return true;
}

/*
 * The curve's own generator as a key. Of r and s none divides the other, or one of the two scalars
 * would be small, and the verification cheaper than others.
 */
static const unsigned char generator[] =
	"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00"
	"\x04\xaa\x87\xca\x22\xbe\x8b\x05\x37\x8e\xb1\xc7\x1e\xf3\x20\xad\x74\x6e\x1d\x3b\x62\x8b\xa7"
	"\x9b\x98\x59\xf7\x41\xe0\x82\x54\x2a\x38\x55\x02\xf2\x5d\xbf\x55\x29\x6c\x3a\x54\x5e\x38\x72"
	"\x76\x0a\xb7\x36\x17\xde\x4a\x96\x26\x2c\x6f\x5d\x9e\x98\xbf\x92\x92\xdc\x29\xf8\xf4\x1d\xbd"
	"\x28\x9a\x14\x7c\xe9\xda\x31\x13\xb5\xf0\xb8\xc0\x0a\x60\xb1\xce\x1d\x7e\x81\x9d\x7a\x43\x1d"
	"\x7c\x90\xea\x0e\x5f";

static int verify_only(long runs)
{
	const unsigned char *p = generator;
	struct work w = {.key = d2i_PUBKEY(NULL, &p, sizeof(generator) - 1), .n = 100};

	memset(w.digest, 0x77, sizeof(w.digest));
	memset(w.signature, 0x55, w.n);
	memcpy(w.signature, "\x30\x62\x02\x2f", 4);
	memcpy(w.signature + 51, "\x02\x2f\x31", 3);
	while (w.key && runs-- > 0)
		if (verify(&w))
			return 1;
	return w.key ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "verify") == 0)
		return verify_only(strtol(argv[2], NULL, 10));
	long runs = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
	struct work w = {.key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384")};
	double signing = 1e9, verifying = 1e9;
	if (runs < 1) {
		fputs("usage: p384 RUNS\n", stderr);
		return 2;
	}
	while (runs-- > 0)
		if (!w.key || !timed(sign, &w, &signing) || !timed(verify, &w, &verifying))
			return 1;
	printf("%.0f %.0f\n", signing, verifying);
	return 0;
}
