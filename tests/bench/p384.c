/*
 * p384 RUNS: signs a digest with a fresh P-384 key and verifies it, that often, and prints one
 * line: the least microseconds of CPU that signing took, and verifying. The least, since other
 * programs on the same core can only lengthen it.
 */
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
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

int main(int argc, char **argv)
{
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
