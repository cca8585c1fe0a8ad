#include "measure/core/key.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

#include "measure/base/file.h"
#include "measure/base/hex.h"
#include "measure/base/spawn.h"
#include "measure/core/cose_evp.h"
#include "measure/core/hash.h"

#define FILE_MAX (64u * 1024)
#define OUTPUT_MAX (64u * 1024)
#define DER_ROOM 256

/* Named by OpenSSL 3.2 and later; asked for at run time, so that an older header will do. */
#define NONCE_TYPE "nonce-type"
#define NONCE_DETERMINISTIC 1u /* RFC 6979 */

struct key {
	EVP_PKEY *pkey;
	enum cose_alg alg;
};

/* Memory that held a secret. */
struct secret {
	uint8_t *p;
	size_t n;
};

static void secret_free(struct secret *s)
{
	if (s->p)
		OPENSSL_cleanse(s->p, s->n);
	free(s->p);
}

static void bio_free(BIO **b)
{
	BIO_free(*b);
}

static void decoder_free(OSSL_DECODER_CTX **d)
{
	OSSL_DECODER_CTX_free(*d);
}

static void context_free(EVP_MD_CTX **c)
{
	EVP_MD_CTX_free(*c);
}

void key_free(struct key **k)
{
	if (!*k)
		return;
	EVP_PKEY_free((*k)->pkey);
	free(*k);
	*k = NULL;
}

enum cose_alg key_alg(const struct key *k)
{
	return k->alg;
}

EVP_PKEY *key_evp(const struct key *k)
{
	return k->pkey;
}

/* What parsing a key may use and accept. */
struct reading {
	struct bytes passphrase;
	bool given, wanted; /* a passphrase was given; one was asked for */
	bool ed25519;
};

/* Nobody is asked at a terminal; without a passphrase it is only noted that one was wanted. */
static int password(char *to, int size, int writing, void *arg)
{
	struct reading *r = arg;

	(void)writing;
	r->wanted = true;
	if (!r->given || r->passphrase.n > (size_t)size)
		return -1;
	if (r->passphrase.n > 0)
		memcpy(to, r->passphrase.p, r->passphrase.n);
	return (int)r->passphrase.n;
}

static bool alg_of(struct key *k, bool ed25519, struct err *e)
{
	if (ed25519 && EVP_PKEY_is_a(k->pkey, "ED25519") == 1) {
		k->alg = COSE_EDDSA;
		return true;
	}
	return cose_evp_alg(k->pkey, &k->alg, REASON_KEY, e);
}

/* Asked for EC first, OpenSSL fetches a third of its decoders: the time of a signature is saved. */
static EVP_PKEY *decode(BIO *bio, struct reading *r)
{
	EVP_PKEY *pkey = NULL;
	owned(decoder_free) OSSL_DECODER_CTX *d = OSSL_DECODER_CTX_new_for_pkey(
		&pkey, "PEM", NULL, "EC", EVP_PKEY_KEYPAIR, NULL, NULL);

	if (d && OSSL_DECODER_CTX_set_pem_password_cb(d, password, r) == 1 &&
	    OSSL_DECODER_from_bio(d, bio) == 1)
		return pkey;
	ERR_clear_error();
	BIO_reset(bio);
	return PEM_read_bio_PrivateKey(bio, NULL, password, r);
}

static bool parse(struct key *k, struct bytes pem, struct reading *r, struct err *e)
{
	owned(bio_free) BIO *bio = NULL;

	cose_evp_init();
	bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	if (!bio)
		return cose_evp_fail(e, REASON_OUT_OF_MEMORY, "private key");
	k->pkey = decode(bio, r);
	if (!k->pkey && r->wanted && !r->given) {
		ERR_clear_error();
		if (!r->ed25519)
			return err_set(e, REASON_KEY,
				       "the private key is encrypted and must not be");
		err_set(e, REASON_PASSPHRASE,
			"the private key is encrypted and no passphrase is given");
		return err_hint(e, "name a file that holds it: --passphrase-file FILE");
	}
	if (!k->pkey && r->wanted)
		return cose_evp_fail(e, REASON_KEY, "the passphrase does not open the private key");
	if (!k->pkey)
		return cose_evp_fail(e, REASON_KEY, "no private key in PEM");
	return alg_of(k, r->ed25519, e);
}

/* Into memory of its own, since a growing buffer would leave copies behind. */
static bool slurp(const char *path, struct secret *s, size_t *n, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;

	*s = (struct secret){.p = own_new(FILE_MAX + 1, e), .n = FILE_MAX + 1};
	if (!s->p || !file_open(&f, path, e) || !file_read(&f, (struct span){s->p, s->n}, n, e))
		return false;
	if (*n > FILE_MAX)
		return err_set(e, REASON_LIMIT, "is larger than the limit of %u bytes", FILE_MAX);
	return true;
}

static bool read_key(struct key **k, const char *path, struct reading *r, struct err *e)
{
	owned(secret_free) struct secret file = {0};
	owned(key_free) struct key *new = own_new(sizeof(*new), e);
	size_t n = 0;

	if (!new)
		return false;
	if (!slurp(path, &file, &n, e) || !parse(new, bytes_of(file.p, n), r, e))
		return err_subject(e, path);
	ERR_clear_error();
	*k = take(new);
	return true;
}

bool key_read(struct key **k, const char *path, struct err *e)
{
	struct reading r = {0};

	return read_key(k, path, &r, e);
}

bool key_read_statement(struct key **k, const char *path, const char *passphrase, struct err *e)
{
	owned(secret_free) struct secret file = {0};
	struct reading r = {.ed25519 = true, .given = passphrase != NULL};
	size_t n = 0;

	if (passphrase && !slurp(passphrase, &file, &n, e))
		return err_subject(e, passphrase);
	for (r.passphrase.p = file.p; r.passphrase.n < n && file.p[r.passphrase.n] != '\n';)
		r.passphrase.n++;
	return read_key(k, path, &r, e);
}

bool key_matches(const struct key *k, const struct x509 *x, struct err *e)
{
	int equal;

	if (k->alg != x509_alg(x))
		return err_set(e, REASON_KEY_MISMATCH,
			       "the private key is on %s, the certificate's on %s",
			       cose_evp_curve(k->alg), cose_evp_curve(x509_alg(x)));
	equal = EVP_PKEY_eq(k->pkey, x509_evp(x));
	if (equal < 0)
		return cose_evp_fail(e, REASON_LIBRARY, "comparing keys");
	ERR_clear_error();
	return equal == 1 || err_set(e, REASON_KEY_MISMATCH,
				     "the private key is not the one that the certificate names");
}

/* Where the library offers deterministic nonces, signing without them is a fault. */
static bool nonces(EVP_PKEY_CTX *ctx, struct err *e)
{
	unsigned type = NONCE_DETERMINISTIC;
	const OSSL_PARAM params[] = {OSSL_PARAM_construct_uint(NONCE_TYPE, &type), OSSL_PARAM_END};
	const OSSL_PARAM *known = EVP_PKEY_CTX_settable_params(ctx);

	if (!known || !OSSL_PARAM_locate_const(known, NONCE_TYPE))
		return true;
	if (EVP_PKEY_CTX_set_params(ctx, params) != 1)
		return cose_evp_fail(e, REASON_LIBRARY, "deterministic nonces");
	return true;
}

static bool sign(const struct key *k, EVP_MD_CTX *ctx, struct bytes to_sign, struct buf *rs,
		 struct err *e)
{
	const char *digest = k->alg == COSE_EDDSA ? NULL : cose_evp_digest(k->alg);
	EVP_PKEY_CTX *inner = NULL;
	uint8_t made[DER_ROOM];
	size_t n = sizeof(made);

	if (!ctx || EVP_DigestSignInit_ex(ctx, &inner, digest, NULL, NULL, k->pkey, NULL) != 1)
		return cose_evp_fail(e, REASON_LIBRARY, "signing");
	if (digest && !nonces(inner, e))
		return false;
	if (EVP_DigestSign(ctx, made, &n, to_sign.p, to_sign.n) != 1)
		return cose_evp_fail(e, REASON_LIBRARY, "signing");
	if (!digest)
		buf_put(rs, bytes_of(made, n));
	else if (!cose_evp_raw(k->alg, bytes_of(made, n), rs))
		return cose_evp_fail(e, REASON_LIBRARY, "signing");
	ERR_clear_error();
	return buf_done(rs, "signature", e);
}

bool key_sign(const struct key *k, struct bytes to_sign, struct buf *rs, struct err *e)
{
	owned(context_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	return sign(k, ctx, to_sign, rs, e);
}

static bool to_raw(struct bytes signature, enum cose_alg alg, struct buf *rs, enum reason r,
		   struct err *e)
{
	char what[128];

	if (signature.n == cose_rs_len(alg)) {
		buf_put(rs, signature);
	} else if (alg == COSE_EDDSA) {
		return err_set(e, r,
			       "the signature of EdDSA is of length %zu and must be of length %zu",
			       signature.n, cose_rs_len(alg));
	} else if (!cose_evp_raw(alg, signature, rs)) {
		snprintf(
			what, sizeof(what),
			"the signature is neither DER nor the %zu bytes of r and s of %s; its length is %zu",
			cose_rs_len(alg), cose_alg_name(alg), signature.n);
		return cose_evp_fail(e, r, what);
	}
	return buf_done(rs, "signature", e);
}

bool key_signature_raw(struct bytes signature, enum cose_alg alg, struct buf *rs, struct err *e)
{
	return to_raw(signature, alg, rs, REASON_SIGNATURE_FORM, e);
}

bool key_signature_der(struct bytes rs, enum cose_alg alg, struct buf *der, struct err *e)
{
	if (alg != COSE_EDDSA)
		return cose_evp_der(alg, rs, der, e);
	buf_put(der, rs);
	return buf_done(der, "signature", e);
}

bool key_sign_with(const char *command, enum cose_alg alg, struct bytes to_sign, struct buf *rs,
		   struct err *e)
{
	owned(buf_free) struct buf output = BUF(OUTPUT_MAX), name = BUF(64), value = BUF(256);
	const char *extra[3] = {NULL};
	const struct spawn s = {
		.command = command, .input = to_sign, .extra = extra, .reason = REASON_SIGN_WITH};
	struct digest d;

	if (alg != COSE_EDDSA && !hash_of(cose_digest(alg), to_sign, &d, e))
		return false;
	buf_fmt(&name, "MEASURE_ALG=%s", cose_alg_name(alg));
	buf_str(&value, "MEASURE_DIGEST=");
	if (alg != COSE_EDDSA)
		hex_put(&value, digest_bytes(&d));
	extra[0] = buf_cstr(&name);
	extra[1] = buf_cstr(&value);
	if (!buf_done(&name, "MEASURE_ALG", e) || !buf_done(&value, "MEASURE_DIGEST", e) ||
	    !spawn_run(&s, &output, e))
		return false;
	if (output.n == 0)
		return err_set(e, REASON_SIGN_WITH, "the command wrote no signature");
	return to_raw(buf_bytes(&output), alg, rs, REASON_SIGN_WITH, e);
}
