#include "measure/core/pubkey.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "measure/base/hex.h"
#include "measure/core/cose_evp.h"
#include "measure/core/hash.h"
#include "measure/core/pem.h"

#define SPKI_MAX 160u
#define NEEDED "EC on P-256, P-384 or P-521, uncompressed, or Ed25519"

/* The one spelling of each kind: everything in front of the key's own bytes. */
struct kind {
	enum cose_alg alg;
	const char *name, *group, *digest; /* of Ed25519 neither group nor digest */
	struct bytes head;
	size_t key; /* bytes behind the head: x and y, or the point as RFC 8032 spells it */
	size_t signature;
};

#define HEAD(bytes) .head = {(const uint8_t *)(bytes), sizeof(bytes) - 1}

static const struct kind kinds[] = {
	{COSE_ES256, "P-256", "prime256v1", "SHA2-256",
	 HEAD("\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d"
	      "\x03\x01\x07\x03\x42\x00\x04"),
	 64, 64},
	{COSE_ES384, "P-384", "secp384r1", "SHA2-384",
	 HEAD("\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22"
	      "\x03\x62\x00\x04"),
	 96, 96},
	{COSE_ES512, "P-521", "secp521r1", "SHA2-512",
	 HEAD("\x30\x81\x9b\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00"
	      "\x23\x03\x81\x86\x00\x04"),
	 132, 132},
	{COSE_EDDSA, "Ed25519", NULL, NULL,
	 HEAD("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"), 32, 64},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))
#define ED25519 (&kinds[KINDS - 1])

struct pubkey {
	const struct kind *kind;
	EVP_PKEY *pkey;
	struct digest id;
	uint8_t spki[SPKI_MAX];
};

static void cert_free(X509 **x)
{
	X509_free(*x);
}

static void spki_free(X509_PUBKEY **s)
{
	X509_PUBKEY_free(*s);
}

static void octets_free(uint8_t **p)
{
	OPENSSL_free(*p);
}

static void number_free(BIGNUM **n)
{
	BN_free(*n);
}

static void making_free(EVP_PKEY_CTX **c)
{
	EVP_PKEY_CTX_free(*c);
}

static void context_free(EVP_MD_CTX **c)
{
	EVP_MD_CTX_free(*c);
}

void pubkey_free(struct pubkey **k)
{
	if (!*k)
		return;
	EVP_PKEY_free((*k)->pkey);
	free(*k);
	*k = NULL;
}

struct bytes pubkey_spki(const struct pubkey *k)
{
	return bytes_of(k->spki, k->kind->head.n + k->kind->key);
}

const struct digest *pubkey_id(const struct pubkey *k)
{
	return &k->id;
}

enum cose_alg pubkey_alg(const struct pubkey *k)
{
	return k->kind->alg;
}

const char *pubkey_kind(const struct pubkey *k)
{
	return k->kind->name;
}

EVP_PKEY *pubkey_evp(const struct pubkey *k)
{
	return k->pkey;
}

/* ---- from bytes */

/*
 * The points whose order divides the cofactor 8, by y alone since x only has a sign to give; and
 * numbers that are not below the prime, of which readers differ on what they stand for.
 */
static bool is_weak(const uint8_t y[32])
{
	static const uint8_t low[][33] = {
		"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
		"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		"\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
		"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		"\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0"
		"\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05",
		"\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f"
		"\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a",
		"\xec\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
		"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
	};
	uint8_t x[32];
	bool full = y[0] >= 0xed;

	memcpy(x, y, sizeof(x));
	x[31] &= 0x7f;
	for (size_t i = 1; i < 31; i++)
		full = full && x[i] == 0xff;
	if (full && x[31] == 0x7f)
		return true;
	for (size_t i = 0; i < sizeof(low) / sizeof(low[0]); i++)
		if (memcmp(x, low[i], sizeof(x)) == 0)
			return true;
	return false;
}

static bool make_ed25519(struct pubkey *k, struct bytes y, struct err *e)
{
	if (is_weak(y.p))
		return err_set(e, REASON_KEY,
			       "the key is a point of small order, or no number below the prime");
	k->pkey = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, y.p, y.n);
	return k->pkey || cose_evp_fail(e, REASON_LIBRARY, "taking a key");
}

/* By EVP alone, as for certificates: OpenSSL's decoders say of no memory that it is no key. */
static bool make_ec(struct pubkey *k, struct bytes point, struct err *e)
{
	owned(making_free) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	char *group = (char *)(uintptr_t)k->kind->group;
	void *p = (void *)(uintptr_t)point.p;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, p, point.n),
		OSSL_PARAM_construct_end(),
	};

	if (ctx && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &k->pkey, EVP_PKEY_PUBLIC_KEY, params) == 1)
		return true;
	if (ERR_GET_LIB(ERR_peek_error()) == ERR_LIB_EC)
		return cose_evp_fail(e, REASON_KEY, "the key is no point on its curve");
	return cose_evp_fail(e, REASON_LIBRARY, "taking a key");
}

/* What OpenSSL can tell of bytes that are not spelt as they must. */
static bool refuse(struct bytes der, struct err *e)
{
	const uint8_t *p = der.p;
	owned(spki_free) X509_PUBKEY *spki = d2i_X509_PUBKEY(NULL, &p, (long)der.n);
	const ASN1_OBJECT *curve;
	ASN1_OBJECT *type;
	X509_ALGOR *algorithm;
	char name[64] = "", on[64] = "";
	int kind;

	ERR_clear_error();
	if (!spki || p != der.p + der.n)
		return err_set(e, REASON_KEY, "no SubjectPublicKeyInfo in %zu bytes", der.n);
	X509_PUBKEY_get0_param(&type, NULL, NULL, &algorithm, spki);
	X509_ALGOR_get0(NULL, &kind, (const void **)&curve, algorithm);
	OBJ_obj2txt(name, sizeof(name), type, 0);
	if (OBJ_obj2nid(type) == NID_X9_62_id_ecPublicKey && kind == V_ASN1_OBJECT)
		OBJ_obj2txt(on, sizeof(on), curve, 0);
	return err_set(e, REASON_KEY, "the key is %s%s%s and must be " NEEDED, name,
		       on[0] ? " on " : "", on);
}

bool pubkey_read_spki(struct pubkey **k, struct bytes der, struct err *e)
{
	owned(pubkey_free) struct pubkey *new = NULL;
	const struct kind *kind = kinds;
	struct bytes key;

	cose_evp_init();
	while (kind < kinds + KINDS &&
	       (!bytes_start(der, kind->head) || der.n != kind->head.n + kind->key))
		kind++;
	if (kind == kinds + KINDS)
		return refuse(der, e);
	new = own_new(sizeof(*new), e);
	if (!new)
		return false;
	new->kind = kind;
	memcpy(new->spki, der.p, der.n);
	key = bytes_of(new->spki + kind->head.n, kind->key);
	if (!(kind == ED25519 ? make_ed25519(new, key, e)
			      : make_ec(new, bytes_of(key.p - 1, key.n + 1), e)) ||
	    !hash_of(DIGEST_SHA256, pubkey_spki(new), &new->id, e))
		return false;
	*k = take(new);
	return true;
}

struct bytes pubkey_point(const struct pubkey *k)
{
	return bytes_of(k->spki + k->kind->head.n, k->kind->key);
}

bool pubkey_of_point(struct pubkey **k, enum cose_alg alg, struct bytes xy, struct err *e)
{
	const struct kind *kind = kinds;
	uint8_t spki[SPKI_MAX];

	while (kind->alg != alg)
		kind++;
	if (xy.n != kind->key)
		return err_set(e, REASON_KEY, "a point of %s has %zu bytes, %zu are given",
			       kind->name, kind->key, xy.n);
	memcpy(spki, kind->head.p, kind->head.n);
	memcpy(spki + kind->head.n, xy.p, xy.n);
	return pubkey_read_spki(k, bytes_of(spki, kind->head.n + xy.n), e);
}

/* ---- from files and private keys */

/* Of a certificate nothing counts but the key: neither its dates nor who signed it. */
static bool read_certificate(struct pubkey **k, struct bytes der, struct err *e)
{
	const uint8_t *p = der.p;
	owned(cert_free) X509 *x = NULL;
	owned(octets_free) uint8_t *spki = NULL;
	int n;

	cose_evp_init();
	x = d2i_X509(NULL, &p, (long)der.n);
	if (!x)
		return cose_evp_fail(e, REASON_CERTIFICATE, "the PEM block holds no certificate");
	if (p != der.p + der.n)
		return err_set(e, REASON_CERTIFICATE,
			       "the PEM block has bytes behind the certificate: %zu of %zu",
			       (size_t)(der.p + der.n - p), der.n);
	n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &spki);
	if (n < 0)
		return cose_evp_fail(e, REASON_LIBRARY, "the key of a certificate");
	ERR_clear_error();
	return pubkey_read_spki(k, bytes_of(spki, (size_t)n), e);
}

static bool is_private(struct bytes pem)
{
	static const char mark[] = "PRIVATE KEY-----";
	struct bytes line = bytes_line(&pem);

	return line.n > 0 && memmem(line.p, line.n, mark, sizeof(mark) - 1);
}

bool pubkey_read_pem(struct pubkey **k, struct bytes pem, struct err *e)
{
	static const struct pem certificate = {"CERTIFICATE", REASON_CERTIFICATE},
				key = {"PUBLIC KEY", REASON_KEY};
	bool is_certificate = bytes_start(pem, bytes_str("-----BEGIN CERTIFICATE"));
	owned(buf_free) struct buf der = BUF(PEM_MAX);
	size_t used;

	if (is_private(pem)) {
		err_set(e, REASON_KEY,
			"is a private key and must be a public key or a certificate");
		return err_hint(e, "`openssl pkey -pubout` writes its public half");
	}
	if (!pem_read(is_certificate ? &certificate : &key, pem, &der, &used, e))
		return false;
	if (used < pem.n)
		return err_at(e, REASON_TRAILING, used,
			      "one PEM block is needed, %zu bytes follow the first", pem.n - used);
	return is_certificate ? read_certificate(k, buf_bytes(&der), e)
			      : pubkey_read_spki(k, buf_bytes(&der), e);
}

/* Of a certificate, or of what is one itself. DER is one element without anything behind it. */
static X509_PUBKEY *spki_in(struct bytes der, X509 **cert, X509_PUBKEY **bare)
{
	const unsigned char *p = der.p;

	*cert = d2i_X509(NULL, &p, (long)der.n);
	if (*cert)
		return p == der.p + der.n ? X509_get_X509_PUBKEY(*cert) : NULL;
	p = der.p;
	*bare = d2i_X509_PUBKEY(NULL, &p, (long)der.n);
	return *bare && p == der.p + der.n ? *bare : NULL;
}

static bool any_der(struct bytes der, struct buf *spki, struct err *e)
{
	owned(cert_free) X509 *cert = NULL;
	owned(spki_free) X509_PUBKEY *bare = NULL;
	owned(octets_free) unsigned char *out = NULL;
	X509_PUBKEY *found = spki_in(der, &cert, &bare);
	int n = found ? i2d_X509_PUBKEY(found, &out) : 0;

	if (n <= 0)
		return cose_evp_fail(e, REASON_KEY, "is neither a certificate nor a public key");
	buf_put(spki, bytes_of(out, (size_t)n));
	return buf_done(spki, "the public key", e);
}

bool pubkey_any_spki(struct bytes file, struct buf *spki, struct err *e)
{
	static const struct pem certificate = {"CERTIFICATE", REASON_CERTIFICATE},
				key = {"PUBLIC KEY", REASON_KEY};
	owned(buf_free) struct buf der = BUF(PEM_MAX);
	bool is_certificate = bytes_start(file, bytes_str("-----BEGIN CERTIFICATE"));
	size_t used;

	if (is_private(file)) {
		err_set(e, REASON_KEY,
			"is a private key and must be a public key or a certificate");
		return err_hint(e, "`openssl pkey -pubout` writes its public half");
	}
	if (file.n > 0 && file.n <= PUBKEY_FILE_MAX && file.p[0] == 0x30)
		return any_der(file, spki, e);
	return pem_read(is_certificate ? &certificate : &key, file, &der, &used, e) &&
	       any_der(buf_bytes(&der), spki, e);
}

static bool coordinate(const EVP_PKEY *pkey, const char *name, uint8_t *to, size_t n)
{
	owned(number_free) BIGNUM *x = NULL;

	return EVP_PKEY_get_bn_param(pkey, name, &x) == 1 && BN_bn2binpad(x, to, (int)n) == (int)n;
}

bool pubkey_of_key(struct pubkey **out, const struct key *key, struct err *e)
{
	const EVP_PKEY *pkey = key_evp(key);
	const struct kind *kind = kinds;
	uint8_t spki[SPKI_MAX], *at;
	size_t half, n;
	bool ok;

	while (kind->alg != key_alg(key))
		kind++;
	memcpy(spki, kind->head.p, kind->head.n);
	at = spki + kind->head.n;
	n = kind->key;
	half = n / 2;
	if (kind == ED25519)
		ok = EVP_PKEY_get_raw_public_key(pkey, at, &n) == 1;
	else
		ok = coordinate(pkey, OSSL_PKEY_PARAM_EC_PUB_X, at, half) &&
		     coordinate(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, at + half, half);
	if (!ok)
		return cose_evp_fail(e, REASON_LIBRARY, "the public half of a key");
	return pubkey_read_spki(out, bytes_of(spki, kind->head.n + kind->key), e);
}

/* ---- signatures */

/* Only memory can make of a 0 something else than a verdict. */
static bool not_verified(const struct pubkey *k, int verdict, struct err *e)
{
	owned(buf_free) struct buf id = BUF(2 * DIGEST_MAX + 1);
	struct err fault = {0};

	cose_evp_fail(&fault, verdict == 0 ? REASON_SIGNATURE : REASON_LIBRARY,
		      "verifying a signature");
	if (fault.reason != REASON_SIGNATURE)
		return err_set(e, fault.reason, "%s", fault.text);
	hex_put(&id, digest_bytes(&k->id));
	return err_set(e, REASON_SIGNATURE, "the signature does not verify under the key sha256:%s",
		       buf_cstr(&id));
}

bool pubkey_verify(const struct pubkey *k, struct bytes signed_bytes, struct bytes signature,
		   struct err *e)
{
	owned(buf_free) struct buf der = BUF(256);
	owned(context_free) EVP_MD_CTX *ctx = NULL;
	int verdict;

	if (signature.n != k->kind->signature)
		return err_set(e, REASON_SIGNATURE,
			       "the length of the signature is %zu and must be %zu for %s",
			       signature.n, k->kind->signature, k->kind->name);
	if (k->kind != ED25519) {
		if (!cose_evp_der(k->kind->alg, signature, &der, e))
			return false;
		signature = buf_bytes(&der);
	}
	ctx = EVP_MD_CTX_new();
	if (!ctx ||
	    EVP_DigestVerifyInit_ex(ctx, NULL, k->kind->digest, NULL, NULL, k->pkey, NULL) != 1)
		return cose_evp_fail(e, REASON_LIBRARY, "verifying a signature");
	/* No copy of the context is made, of which a failure would pass for a verdict. */
	EVP_MD_CTX_set_flags(ctx, EVP_MD_CTX_FLAG_FINALISE);
	verdict = EVP_DigestVerify(ctx, signature.p, signature.n, signed_bytes.p, signed_bytes.n);
	if (verdict != 1)
		return not_verified(k, verdict, e);
	ERR_clear_error();
	return true;
}
