#include "measure/core/sshsig.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "measure/base/base64.h"
#include "measure/base/cur.h"
#include "measure/core/cose_evp.h"
#include "measure/core/hash.h"
#include "measure/core/pem.h"
#include "measure/core/pubkey.h"

#define RSA_BITS_MIN 2048u
#define RSA_BYTES_MAX 2048u /* 16384 bits, as OpenSSH takes them */
#define MESSAGE_MAX 1024u /* of what is signed: names and a digest */

static const char preamble[] = "SSHSIG";

struct kind {
	const char *name;
	enum cose_alg alg;
	const char *curve; /* NULL: Ed25519 */
	size_t half; /* bytes of r and of s, or of a half of an Ed25519 signature */
	bool device; /* a security key */
};

static const struct kind kinds[] = {
	{"ssh-ed25519", COSE_EDDSA, NULL, 32, false},
	{"ecdsa-sha2-nistp256", COSE_ES256, "nistp256", 32, false},
	{"ecdsa-sha2-nistp384", COSE_ES384, "nistp384", 48, false},
	{"ecdsa-sha2-nistp521", COSE_ES512, "nistp521", 66, false},
	{"sk-ssh-ed25519@openssh.com", COSE_EDDSA, NULL, 32, true},
	{"sk-ecdsa-sha2-nistp256@openssh.com", COSE_ES256, "nistp256", 32, true},
};

static struct bytes string(struct cur *c, const char *field)
{
	return cur_take(c, cur_be32(c, field), field);
}

static bool is(struct bytes x, const char *text)
{
	return bytes_equal(x, bytes_str(text));
}

void sshsig_free(struct sshsig *s)
{
	buf_free(&s->raw);
	*s = (struct sshsig){0};
}

/* The cursor's own refusals have reasons that speak of files. */
static bool as_signature(struct err *e)
{
	if (e->reason == REASON_TRUNCATED || e->reason == REASON_TRAILING)
		e->reason = REASON_SSH_SIGNATURE;
	return false;
}

static bool read_fields(struct sshsig *s, struct cur *c)
{
	struct bytes reserved, signature;
	struct cur inner;

	s->key = string(c, "public key");
	s->name_space = string(c, "name space");
	reserved = string(c, "reserved field");
	s->hash = string(c, "hash algorithm");
	signature = string(c, "signature");
	if (!cur_end(c, "the signature"))
		return false;
	if (reserved.n > 0)
		return err_set(c->e, REASON_SSH_SIGNATURE, "the reserved field has %zu bytes",
			       reserved.n);
	if (!is(s->hash, "sha256") && !is(s->hash, "sha512"))
		return err_set(c->e, REASON_SSH_SIGNATURE,
			       "the hash algorithm is neither sha256 nor sha512");
	inner = cur_new(signature, 0, c->e);
	s->algorithm = string(&inner, "algorithm of the signature");
	s->value = string(&inner, "value of the signature");
	s->behind = cur_take(&inner, cur_left(&inner), "end of the signature");
	return cur_ok(&inner);
}

bool sshsig_read(struct sshsig *s, struct bytes armored, struct err *e)
{
	static const struct pem kind = {"SSH SIGNATURE", REASON_SSH_SIGNATURE};
	struct bytes magic;
	uint32_t version;
	struct cur c;
	size_t used;

	*s = (struct sshsig){.raw = BUF(PEM_MAX)};
	if (!pem_read(&kind, armored, &s->raw, &used, e))
		return false;
	if (used != armored.n)
		return err_set(e, REASON_SSH_SIGNATURE, "%zu bytes stand behind the signature",
			       armored.n - used);
	c = cur_new(buf_bytes(&s->raw), 0, e);
	magic = cur_take(&c, strlen(preamble), "SSHSIG");
	version = cur_be32(&c, "version");
	if (cur_ok(&c) && !is(magic, preamble))
		return err_set(e, REASON_SSH_SIGNATURE, "it does not begin with SSHSIG");
	if (cur_ok(&c) && version != 1)
		return err_set(e, REASON_SSH_SIGNATURE, "the version is %u, 1 is known", version);
	return read_fields(s, &c) || as_signature(e);
}

struct bytes sshsig_key_kind(struct bytes key)
{
	struct err e = {0};
	struct cur c = cur_new(key, 0, &e);

	return string(&c, "kind");
}

bool sshsig_fingerprint(struct bytes key, struct buf *out, struct err *e)
{
	struct digest d;

	if (!hash_of(DIGEST_SHA256, key, &d, e))
		return false;
	buf_str(out, "SHA256:");
	base64_put(out, digest_bytes(&d));
	while (out->failed == REASON_NONE && out->n > 0 && out->p[out->n - 1] == '=')
		out->n--;
	return buf_done(out, "a fingerprint", e);
}

/* What the signature is over: names and a digest of the message. */
static bool signed_bytes(const struct sshsig *s, struct bytes message, struct buf *out,
			 struct err *e)
{
	struct digest d;

	if (!hash_of(is(s->hash, "sha256") ? DIGEST_SHA256 : DIGEST_SHA512, message, &d, e))
		return false;
	buf_str(out, preamble);
	buf_be32(out, (uint32_t)s->name_space.n);
	buf_put(out, s->name_space);
	buf_be32(out, 0);
	buf_be32(out, (uint32_t)s->hash.n);
	buf_put(out, s->hash);
	buf_be32(out, (uint32_t)d.len);
	buf_put(out, digest_bytes(&d));
	return buf_done(out, "what is signed", e);
}

/* ---- keys of curves */

/* An mpint into `half` bytes; ssh writes them without leading zeros, but never negative. */
static bool put_number(struct bytes x, size_t half, struct buf *out)
{
	if (x.n == 0 || (x.p[0] & 0x80) || (x.n > 1 && x.p[0] == 0 && !(x.p[1] & 0x80)))
		return false;
	if (x.p[0] == 0)
		x = bytes_of(x.p + 1, x.n - 1);
	if (x.n > half)
		return false;
	buf_zero(out, half - x.n);
	buf_put(out, x);
	return true;
}

static bool raw_signature(const struct sshsig *s, const struct kind *k, struct buf *raw,
			  struct err *e)
{
	struct cur c = cur_new(s->value, 0, e);
	struct bytes r, t;

	if (!k->curve) {
		buf_put(raw, s->value);
		return buf_done(raw, "a signature", e);
	}
	r = string(&c, "r");
	t = string(&c, "s");
	if (!cur_end(&c, "the signature's numbers"))
		return as_signature(e);
	return (put_number(r, k->half, raw) && put_number(t, k->half, raw) &&
		buf_done(raw, "a signature", e)) ||
	       err_set(e, REASON_SSH_SIGNATURE, "r or s is no number of the curve");
}

/* The key, and for a security key the application that it was made for. */
static bool read_key(const struct kind *k, struct bytes key, struct pubkey **out,
		     struct bytes *application, struct err *e)
{
	struct cur c = cur_new(key, 0, e);
	struct bytes curve, point;

	(void)string(&c, "kind of the key");
	curve = k->curve ? string(&c, "curve") : bytes_of(NULL, 0);
	point = string(&c, "point");
	*application = k->device ? string(&c, "application") : bytes_of(NULL, 0);
	if (!cur_end(&c, "the key"))
		return as_signature(e);
	if (k->curve && (!is(curve, k->curve) || point.n == 0 || point.p[0] != 4))
		return err_set(e, REASON_KEY,
			       "the key of kind %s holds no uncompressed point of %s", k->name,
			       k->curve);
	if (k->curve)
		point = bytes_of(point.p + 1, point.n - 1);
	return pubkey_of_point(out, k->alg, point, e);
}

/* A security key signs digests, its flags, which must tell of a touch, and a counter. */
static bool wrap(const struct sshsig *s, struct bytes application, struct buf *text, struct err *e)
{
	struct digest app, inner;

	if (s->behind.n != 5)
		return err_set(e, REASON_SSH_SIGNATURE,
			       "a security key's signature ends in 5 bytes, here are %zu",
			       s->behind.n);
	if (!(s->behind.p[0] & 1))
		return err_set(e, REASON_SIGNATURE, "nobody touched the security key");
	if (!hash_of(DIGEST_SHA256, application, &app, e) ||
	    !hash_of(DIGEST_SHA256, buf_bytes(text), &inner, e))
		return false;
	buf_reset(text);
	buf_put(text, digest_bytes(&app));
	buf_put(text, s->behind);
	buf_put(text, digest_bytes(&inner));
	return buf_done(text, "what is signed", e);
}

static bool verify_curve(const struct sshsig *s, const struct kind *k, struct buf *text,
			 struct err *e)
{
	owned(pubkey_free) struct pubkey *key = NULL;
	owned(buf_free) struct buf raw = BUF(256);
	struct bytes application;

	if (!is(s->algorithm, k->name))
		return err_set(e, REASON_SSH_SIGNATURE,
			       "the signature's algorithm is not that of its key, %s", k->name);
	if (!k->device && s->behind.n > 0)
		return err_set(e, REASON_SSH_SIGNATURE, "%zu bytes stand behind the signature",
			       s->behind.n);
	return read_key(k, s->key, &key, &application, e) && raw_signature(s, k, &raw, e) &&
	       (!k->device || wrap(s, application, text, e)) &&
	       pubkey_verify(key, buf_bytes(text), buf_bytes(&raw), e);
}

/* ---- RSA */

static void rsa_free(EVP_PKEY **k)
{
	EVP_PKEY_free(*k);
}

static void numbers_free(BIGNUM **n)
{
	BN_free(*n);
}

static void builder_free(OSSL_PARAM_BLD **b)
{
	OSSL_PARAM_BLD_free(*b);
}

static void params_free(OSSL_PARAM **p)
{
	OSSL_PARAM_free(*p);
}

static void making_free(EVP_PKEY_CTX **c)
{
	EVP_PKEY_CTX_free(*c);
}

static void context_free(EVP_MD_CTX **c)
{
	EVP_MD_CTX_free(*c);
}

static EVP_PKEY *rsa_of(struct bytes modulus, struct bytes exponent, struct err *e)
{
	owned(numbers_free) BIGNUM *n = BN_bin2bn(modulus.p, (int)modulus.n, NULL);
	owned(numbers_free) BIGNUM *x = BN_bin2bn(exponent.p, (int)exponent.n, NULL);
	owned(builder_free) OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	owned(making_free) EVP_PKEY_CTX *making = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	owned(params_free) OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	if (n && x && b && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, x) == 1)
		params = OSSL_PARAM_BLD_to_param(b);
	if (!params || !making || EVP_PKEY_fromdata_init(making) != 1 ||
	    EVP_PKEY_fromdata(making, &key, EVP_PKEY_PUBLIC_KEY, params) != 1) {
		cose_evp_fail(e, REASON_KEY, "the RSA key");
		return NULL;
	}
	return key;
}

static bool is_number(struct bytes x)
{
	return x.n > 0 && x.n <= RSA_BYTES_MAX && !(x.p[0] & 0x80) && !bytes_zero(x);
}

static EVP_PKEY *read_rsa(struct bytes key, struct err *e)
{
	struct cur c = cur_new(key, 0, e);
	struct bytes exponent, modulus;
	EVP_PKEY *out;

	(void)string(&c, "kind of the key");
	exponent = string(&c, "exponent");
	modulus = string(&c, "modulus");
	if (!cur_end(&c, "the key")) {
		as_signature(e);
		return NULL;
	}
	if (!is_number(exponent) || !is_number(modulus)) {
		err_set(e, REASON_KEY,
			"the RSA key is none: an exponent of %zu and a modulus of %zu bytes",
			exponent.n, modulus.n);
		return NULL;
	}
	out = rsa_of(modulus, exponent, e);
	if (out && EVP_PKEY_get_bits(out) < (int)RSA_BITS_MIN) {
		err_set(e, REASON_KEY, "an RSA key of %d bits, %u are the least",
			EVP_PKEY_get_bits(out), RSA_BITS_MIN);
		rsa_free(&out);
		return NULL;
	}
	return out;
}

static bool verify_rsa(const struct sshsig *s, struct bytes text, struct err *e)
{
	bool long_hash = is(s->algorithm, "rsa-sha2-512");
	owned(rsa_free) EVP_PKEY *key = NULL;
	owned(context_free) EVP_MD_CTX *ctx = NULL;

	if ((!long_hash && !is(s->algorithm, "rsa-sha2-256")) || s->behind.n > 0)
		return err_set(e, REASON_SSH_SIGNATURE,
			       "an RSA key signs with rsa-sha2-256 or rsa-sha2-512");
	cose_evp_init();
	key = read_rsa(s->key, e);
	if (!key)
		return false;
	ctx = EVP_MD_CTX_new();
	if (!ctx || EVP_DigestVerifyInit_ex(ctx, NULL, long_hash ? "SHA2-512" : "SHA2-256", NULL,
					    NULL, key, NULL) != 1)
		return cose_evp_fail(e, REASON_LIBRARY, "verifying a signature");
	EVP_MD_CTX_set_flags(ctx, EVP_MD_CTX_FLAG_FINALISE);
	if (EVP_DigestVerify(ctx, s->value.p, s->value.n, text.p, text.n) != 1)
		return cose_evp_fail(e, REASON_SIGNATURE, "the signature does not hold");
	return true;
}

bool sshsig_verify(const struct sshsig *s, struct bytes message, const char *name_space,
		   struct err *e)
{
	owned(buf_free) struct buf text = BUF(MESSAGE_MAX);
	struct bytes kind = sshsig_key_kind(s->key);

	if (!is(s->name_space, name_space))
		return err_set(e, REASON_SIGNATURE,
			       "the signature is for the name space '%.*s', not '%s'",
			       (int)(s->name_space.n < 64 ? s->name_space.n : 64),
			       (const char *)s->name_space.p, name_space);
	if (!signed_bytes(s, message, &text, e))
		return false;
	if (is(kind, "ssh-rsa"))
		return verify_rsa(s, buf_bytes(&text), e);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (is(kind, kinds[i].name))
			return verify_curve(s, &kinds[i], &text, e);
	return err_set(e, REASON_KEY, "a key of kind '%.*s' signs nothing here",
		       (int)(kind.n < 64 ? kind.n : 64), (const char *)kind.p);
}
