#include "measure/core/cose.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/provider.h>
#include <openssl/x509.h>
#include <pthread.h>

#include "measure/core/cose_evp.h"
#include "measure/core/cose_message.h"

#define QUOTED_MAX 16u
#define ED25519_SIGNATURE 64u /* RFC 8032 §5.1.6 */
#define DER_MAX 160 /* of two integers of 66 bytes: 141 */

struct algorithm {
	enum cose_alg alg;
	const char *name, *curve, *group, *evp_digest;
	enum digest_alg digest;
	size_t rs_len;
	struct bytes protected_header; /* {1: alg} */
};

#define PROTECTED(bytes) .protected_header = {(const uint8_t *)(bytes), sizeof(bytes) - 1}

static const struct algorithm algorithms[] = {
	{COSE_ES256, "ES256", "P-256", "prime256v1", "SHA2-256", DIGEST_SHA256, 64,
	 PROTECTED("\xa1\x01\x26")},
	{COSE_ES384, "ES384", "P-384", "secp384r1", "SHA2-384", DIGEST_SHA384, 96,
	 PROTECTED("\xa1\x01\x38\x22")},
	{COSE_ES512, "ES512", "P-521", "secp521r1", "SHA2-512", DIGEST_SHA512, 132,
	 PROTECTED("\xa1\x01\x38\x23")},
};

#define ALGORITHMS (sizeof(algorithms) / sizeof(algorithms[0]))

static const struct algorithm *row(enum cose_alg alg)
{
	size_t i = 0;

	while (i < ALGORITHMS - 1 && algorithms[i].alg != alg)
		i++;
	return &algorithms[i];
}

const char *cose_alg_name(enum cose_alg alg)
{
	return alg == COSE_EDDSA ? "EdDSA" : row(alg)->name;
}

size_t cose_rs_len(enum cose_alg alg)
{
	return alg == COSE_EDDSA ? ED25519_SIGNATURE : row(alg)->rs_len;
}

enum digest_alg cose_digest(enum cose_alg alg)
{
	return row(alg)->digest;
}

const char *cose_evp_digest(enum cose_alg alg)
{
	return row(alg)->evp_digest;
}

const char *cose_evp_curve(enum cose_alg alg)
{
	return row(alg)->curve;
}

/* The bytes of a header that is refused, in hex; without memory of its own. */
static void quote(char to[2 * QUOTED_MAX + 1], struct bytes x)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = x.n < QUOTED_MAX ? x.n : QUOTED_MAX;

	for (size_t i = 0; i < n; i++) {
		to[2 * i] = digits[x.p[i] >> 4];
		to[2 * i + 1] = digits[x.p[i] & 15];
	}
	to[2 * n] = '\0';
}

static bool protected_read(const struct cose_message *m, enum cose_alg *alg, struct err *e)
{
	struct bytes found = m->protected_header;
	char hex[2 * QUOTED_MAX + 1];

	for (size_t i = 0; i < ALGORITHMS; i++) {
		if (bytes_equal(found, algorithms[i].protected_header)) {
			*alg = algorithms[i].alg;
			return true;
		}
	}
	quote(hex, found);
	return err_at(e, REASON_CBOR, m->protected_at,
		      "the protected header is \"%s\"%s and must name ES256, ES384 or ES512 alone",
		      hex, found.n > QUOTED_MAX ? "..." : "");
}

bool cose_sign1_read(struct bytes in, uint64_t base, struct cose_sign1 *out, struct err *e)
{
	struct cose_sign1 s = {0};
	struct cose_message m;

	if (!cose_message_read(in, base, COSE_BARE, &m, e) || !protected_read(&m, &s.alg, e))
		return false;
	if (m.signature.n != cose_rs_len(s.alg))
		return err_at(e, REASON_CBOR, m.signature_at,
			      "the length of the signature is %zu and must be %zu for %s",
			      m.signature.n, cose_rs_len(s.alg), cose_alg_name(s.alg));
	s.payload = m.payload;
	s.rs = m.signature;
	*out = s;
	return true;
}

void cose_sign1_write(struct buf *out, const struct cose_sign1 *s)
{
	struct cose_message m = {
		.protected_header = row(s->alg)->protected_header,
		.payload = s->payload,
		.signature = s->rs,
	};

	cose_message_write(out, &m);
}

void cose_tbs(struct buf *out, enum cose_alg alg, struct bytes payload)
{
	cose_message_tbs(out, row(alg)->protected_header, payload);
}

void cose_evp_init(void)
{
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
}

/* OpenSSL's own state of this process, like the contexts that it keeps itself. */
static OSSL_LIB_CTX *empty;
static pthread_once_t empty_once = PTHREAD_ONCE_INIT;

static void make_empty(void)
{
	OSSL_LIB_CTX *ctx = OSSL_LIB_CTX_new();

	/* Without any provider the default one would be loaded on the first question. */
	if (ctx && OSSL_PROVIDER_load(ctx, "null"))
		empty = ctx;
	else
		OSSL_LIB_CTX_free(ctx);
	ERR_clear_error();
}

OSSL_LIB_CTX *cose_evp_empty(void)
{
	pthread_once(&empty_once, make_empty);
	return empty;
}

/*
 * OpenSSL 3.5 tells no cause where memory lacked for what a new object carries besides itself, only
 * that its own basics failed, which no input makes them do.
 */
bool cose_evp_fail(struct err *e, enum reason r, const char *what)
{
	const char *words = NULL;
	unsigned long code;

	while ((code = ERR_get_error()) != 0) {
		if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
			r = REASON_OUT_OF_MEMORY;
		else if (!words && ERR_GET_REASON(code) == ERR_R_CRYPTO_LIB)
			r = REASON_LIBRARY;
		if (!words)
			words = ERR_reason_error_string(code);
	}
	return err_set(e, r, words ? "%s: %s" : "%s", what, words);
}

#define NEEDED "must be EC on P-256, P-384 or P-521"

static bool by_group(const char *group, enum cose_alg *alg, enum reason r, struct err *e)
{
	for (size_t i = 0; i < ALGORITHMS; i++) {
		if (strcmp(group, algorithms[i].group) == 0) {
			*alg = algorithms[i].alg;
			return true;
		}
	}
	return err_set(e, r, "the key is EC on %s and " NEEDED, group);
}

bool cose_evp_alg(const EVP_PKEY *key, enum cose_alg *alg, enum reason r, struct err *e)
{
	char group[64];
	int spelt_out = 0;

	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC)
		return err_set(e, r, "the key is %s and " NEEDED, EVP_PKEY_get0_type_name(key));
	if (EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
				   &spelt_out) == 1 &&
	    spelt_out)
		return err_set(e, r, "the key does not name its curve");
	if (EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) != 1)
		return cose_evp_fail(e, REASON_LIBRARY, "the key's curve");
	return by_group(group, alg, r, e);
}

static void making_free(EVP_PKEY_CTX **ctx)
{
	EVP_PKEY_CTX_free(*ctx);
}

/* Neither the point at infinity nor the hybrid form, which nobody means to use. */
static bool is_point(struct bytes x, enum cose_alg alg)
{
	size_t half = cose_rs_len(alg) / 2;

	return (x.n == 1 + 2 * half && x.p[0] == 4) ||
	       (x.n == 1 + half && (x.p[0] == 2 || x.p[0] == 3));
}

/* By EVP alone: OpenSSL's decoders try everything and say of no memory that it is no key. */
static bool key_of_point(struct bytes point, enum cose_alg alg, EVP_PKEY **key, enum reason r,
			 struct err *e)
{
	owned(making_free) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	char *group = (char *)(uintptr_t)row(alg)->group;
	void *p = (void *)(uintptr_t)point.p;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, p, point.n),
		OSSL_PARAM_construct_end(),
	};

	*key = NULL;
	if (ctx && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, key, EVP_PKEY_PUBLIC_KEY, params) == 1)
		return true;
	if (ERR_GET_LIB(ERR_peek_error()) == ERR_LIB_EC)
		return cose_evp_fail(e, r, "the key is no point on its curve");
	return cose_evp_fail(e, REASON_LIBRARY, "taking a key");
}

bool cose_evp_public(const X509_PUBKEY *spki, EVP_PKEY **key, enum cose_alg *alg, enum reason r,
		     struct err *e)
{
	const ASN1_OBJECT *curve;
	ASN1_OBJECT *type;
	X509_ALGOR *algorithm;
	struct bytes point;
	const uint8_t *p;
	char name[64] = "";
	int n, kind;

	X509_PUBKEY_get0_param(&type, &p, &n, &algorithm, spki);
	point = bytes_of(p, (size_t)n);
	X509_ALGOR_get0(NULL, &kind, (const void **)&curve, algorithm);
	if (OBJ_obj2nid(type) != NID_X9_62_id_ecPublicKey) {
		OBJ_obj2txt(name, sizeof(name), type, 0);
		return err_set(e, r, "the key is %s and " NEEDED, name);
	}
	if (kind != V_ASN1_OBJECT)
		return err_set(e, r, "the key does not name its curve");
	if (OBJ_obj2nid(curve) == NID_undef)
		OBJ_obj2txt(name, sizeof(name), curve, 0);
	if (!by_group(name[0] ? name : OBJ_nid2sn(OBJ_obj2nid(curve)), alg, r, e))
		return false;
	if (!is_point(point, *alg))
		return err_set(e, r, "the key is no point on its curve");
	return key_of_point(point, *alg, key, r, e);
}

static void signature_free(ECDSA_SIG **s)
{
	ECDSA_SIG_free(*s);
}

static void number_free(BIGNUM **n)
{
	BN_free(*n);
}

bool cose_evp_der(enum cose_alg alg, struct bytes rs, struct buf *der, struct err *e)
{
	owned(signature_free) ECDSA_SIG *s = ECDSA_SIG_new();
	int half = (int)cose_rs_len(alg) / 2, n;
	owned(number_free) BIGNUM *r = BN_bin2bn(rs.p, half, NULL);
	owned(number_free) BIGNUM *t = BN_bin2bn(rs.p + half, half, NULL);
	uint8_t *to;

	if (!s || !r || !t || ECDSA_SIG_set0(s, r, t) != 1)
		return cose_evp_fail(e, REASON_OUT_OF_MEMORY, "ECDSA signature");
	(void)take(r);
	(void)take(t);
	n = i2d_ECDSA_SIG(s, NULL);
	to = n > 0 ? buf_room(der, (size_t)n) : NULL;
	if (n <= 0 || (to && i2d_ECDSA_SIG(s, &to) != n))
		return cose_evp_fail(e, REASON_LIBRARY, "ECDSA signature");
	return buf_done(der, "ECDSA signature", e);
}

bool cose_evp_raw(enum cose_alg alg, struct bytes der, struct buf *rs)
{
	const uint8_t *p = der.p;
	int half = (int)cose_rs_len(alg) / 2;
	owned(signature_free) ECDSA_SIG *s = NULL;
	uint8_t again[DER_MAX], *q = again, raw[2 * DER_MAX];

	if (der.n > sizeof(again))
		return false;
	s = d2i_ECDSA_SIG(NULL, &p, (long)der.n);
	if (!s || i2d_ECDSA_SIG(s, NULL) != (int)der.n || i2d_ECDSA_SIG(s, &q) != (int)der.n ||
	    memcmp(again, der.p, der.n) != 0 || BN_is_negative(ECDSA_SIG_get0_r(s)) ||
	    BN_is_negative(ECDSA_SIG_get0_s(s)) ||
	    BN_bn2binpad(ECDSA_SIG_get0_r(s), raw, half) != half ||
	    BN_bn2binpad(ECDSA_SIG_get0_s(s), raw + half, half) != half)
		return false;
	buf_put(rs, bytes_of(raw, 2 * (size_t)half));
	return true;
}
