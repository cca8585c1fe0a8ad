#include "measure/core/hash.h"

#include <libdeflate.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

struct hash {
	enum digest_alg alg;
	const EVP_MD *md;
	EVP_MD_CTX *ctx; /* running */
	EVP_MD_CTX *spare; /* for hash_peek, so that it allocates nothing */
	uint32_t crc;
	bool finished; /* OpenSSL refuses more from 3.5 on, and before that took it for nothing */
};

static const char *const names[] = {
	[DIGEST_SHA256] = "SHA2-256",
	[DIGEST_SHA384] = "SHA2-384",
	[DIGEST_SHA512] = "SHA2-512",
	[DIGEST_SHA1] = "SHA1",
};

/*
 * Fetched once for the life of the process: a fetch costs as much as hashing some kilobytes. One
 * that fails (no memory) is tried again the next time.
 */
static const EVP_MD *fetch(enum digest_alg alg)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static EVP_MD *fetched[sizeof(names) / sizeof(*names)];
	const EVP_MD *md;

	pthread_mutex_lock(&lock);
	if (!fetched[alg]) {
		OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
		/* OpenSSL 3.0 fetches from a context that it could not allocate, and dies of it. */
		if (OSSL_LIB_CTX_get0_global_default())
			fetched[alg] = EVP_MD_fetch(NULL, names[alg], NULL);
	}
	md = fetched[alg];
	pthread_mutex_unlock(&lock);
	return md;
}

static bool failed(const char *what, struct err *e)
{
	char words[160] = "no reason given";
	unsigned long code = ERR_get_error();

	if (code)
		ERR_error_string_n(code, words, sizeof(words));
	ERR_clear_error();
	return err_set(e, REASON_LIBRARY, "%s: %s", what, words);
}

void hash_free(struct hash **h)
{
	if (!*h)
		return;
	EVP_MD_CTX_free((*h)->ctx);
	EVP_MD_CTX_free((*h)->spare);
	free(*h);
	*h = NULL;
}

struct hash *hash_new(enum digest_alg alg, struct err *e)
{
	owned(hash_free) struct hash *h = own_new(sizeof(*h), e);

	if (!h)
		return NULL;
	h->alg = alg;
	if (alg == DIGEST_CRC32)
		return take(h);
	h->md = fetch(alg);
	h->ctx = EVP_MD_CTX_new();
	h->spare = EVP_MD_CTX_new();
	if (!h->ctx || !h->spare || !h->md || !hash_restart(h, e)) {
		failed(digest_name(alg), e);
		return NULL;
	}
	return take(h);
}

bool hash_restart(struct hash *h, struct err *e)
{
	h->crc = 0;
	h->finished = false;
	if (h->ctx && EVP_DigestInit_ex2(h->ctx, h->md, NULL) != 1)
		return failed(digest_name(h->alg), e);
	return true;
}

bool hash_follow(struct hash *h, const struct hash *from, struct err *e)
{
	h->crc = from->crc;
	h->finished = from->finished;
	if (h->ctx && EVP_MD_CTX_copy_ex(h->ctx, from->ctx) != 1)
		return failed(digest_name(h->alg), e);
	return true;
}

bool hash_add(struct hash *h, struct bytes x, struct err *e)
{
	if (x.n == 0)
		return true;
	if (h->finished)
		return err_set(e, REASON_LIBRARY, "a digest that is finished takes no more");
	if (!h->ctx)
		h->crc = libdeflate_crc32(h->crc, x.p, x.n);
	else if (EVP_DigestUpdate(h->ctx, x.p, x.n) != 1)
		return failed(digest_name(h->alg), e);
	return true;
}

bool hash_peek(const struct hash *h, struct digest *out, struct err *e)
{
	struct digest d = {.alg = h->alg, .len = digest_len(h->alg)};

	if (!h->ctx) {
		for (unsigned i = 0; i < 4; i++)
			d.v[i] = (uint8_t)(h->crc >> (24 - 8 * i));
	} else if (EVP_MD_CTX_copy_ex(h->spare, h->ctx) != 1 ||
		   EVP_DigestFinal_ex(h->spare, d.v, NULL) != 1) {
		return failed(digest_name(h->alg), e);
	}
	*out = d;
	return true;
}

bool hash_finish(struct hash *h, struct digest *out, struct err *e)
{
	if (!h->ctx)
		return hash_peek(h, out, e);
	h->finished = true;
	*out = (struct digest){.alg = h->alg, .len = digest_len(h->alg)};
	return EVP_DigestFinal_ex(h->ctx, out->v, NULL) == 1 || failed(digest_name(h->alg), e);
}

bool hash_of_two(enum digest_alg alg, struct bytes a, struct bytes b, struct digest *out,
		 struct err *e)
{
	owned(hash_free) struct hash *h = hash_new(alg, e);

	return h && hash_add(h, a, e) && hash_add(h, b, e) && hash_peek(h, out, e);
}

bool hash_of(enum digest_alg alg, struct bytes x, struct digest *out, struct err *e)
{
	return hash_of_two(alg, x, bytes_of(NULL, 0), out, e);
}

const char *hash_openssl_version(bool running)
{
	return running ? OpenSSL_version(OPENSSL_VERSION_STRING) : OPENSSL_VERSION_STR;
}

const char *hash_libdeflate_version(void)
{
	return LIBDEFLATE_VERSION_STRING;
}
