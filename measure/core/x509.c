#include "measure/core/x509.h"

#include <openssl/asn1.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "measure/base/hex.h"
#include "measure/base/when.h"
#include "measure/core/cose_evp.h"
#include "measure/core/hash.h"
#include "measure/core/pem.h"
#include "measure/core/pubkey.h"
#include "measure/core/rust_text.h"

#define NAME_MAX_BYTES (256u * 1024) /* of a name in text; its DER is within PEM_MAX */

struct x509 {
	size_t shares; /* owners besides the first */
	X509 *cert;
	EVP_PKEY *key;
	struct pubkey *pubkey;
	struct buf der;
	enum cose_alg alg;
	enum x509_kind kind;
	int64_t not_before, not_after;
};

static const struct {
	enum cose_alg alg;
	enum x509_kind kind;
	const char *name;
} kinds[] = {
	{COSE_ES256, X509_P256, "P-256"}, {COSE_ES384, X509_P384, "P-384"},
	{COSE_ES512, X509_P521, "P-521"}, {COSE_EDDSA, X509_ED25519, "Ed25519"},
	{0, X509_RSA_4096, "RSA-4096"},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void cert_free(X509 **x)
{
	X509_free(*x);
}

static void bio_free(BIO **b)
{
	BIO_free(*b);
}

static void context_free(EVP_MD_CTX **c)
{
	EVP_MD_CTX_free(*c);
}

static void octets_free(uint8_t **p)
{
	OPENSSL_free(*p);
}

static void making_free(EVP_PKEY_CTX **c)
{
	EVP_PKEY_CTX_free(*c);
}

static void number_free(BIGNUM **n)
{
	BN_free(*n);
}

void x509_free(struct x509 **x)
{
	if (!*x)
		return;
	if ((*x)->shares > 0) {
		(*x)->shares--;
		*x = NULL;
		return;
	}
	X509_free((*x)->cert);
	EVP_PKEY_free((*x)->key);
	pubkey_free(&(*x)->pubkey);
	buf_free(&(*x)->der);
	free(*x);
	*x = NULL;
}

struct x509 *x509_share(struct x509 *x)
{
	x->shares++;
	return x;
}

struct bytes x509_der(const struct x509 *x)
{
	return buf_bytes(&x->der);
}

enum cose_alg x509_alg(const struct x509 *x)
{
	return x->alg;
}

enum x509_kind x509_kind(const struct x509 *x)
{
	return x->kind;
}

const char *x509_kind_name(enum x509_kind kind)
{
	size_t i = 0;

	while (i < KINDS - 1 && kinds[i].kind != kind)
		i++;
	return kinds[i].name;
}

const struct pubkey *x509_pubkey(const struct x509 *x)
{
	return x->pubkey;
}

X509 *x509_cert(const struct x509 *x)
{
	return x->cert;
}

EVP_PKEY *x509_evp(const struct x509 *x)
{
	return x->pubkey ? pubkey_evp(x->pubkey) : x->key;
}

/* Its key stays encoded: the one that counts is made of it by us. */
static X509 *decode(const uint8_t **p, size_t n)
{
	return (X509 *)ASN1_item_d2i_ex(NULL, p, (long)n, ASN1_ITEM_rptr(X509), cose_evp_empty(),
					NULL);
}

/*
 * OpenSSL takes BER and keeps the bytes it was given; encoding anew what is signed shows whether
 * they were DER, on a copy because it changes the object.
 */
static bool is_der(struct bytes der, struct err *e)
{
	const uint8_t *p = der.p;
	owned(cert_free) X509 *x = decode(&p, der.n);
	owned(octets_free) uint8_t *again = NULL;
	int n = x && i2d_re_X509_tbs(x, NULL) > 0 ? i2d_X509(x, &again) : -1;

	if (n < 0)
		return cose_evp_fail(e, REASON_LIBRARY, "certificate encoded again");
	if (!bytes_equal(der, bytes_of(again, (size_t)n)))
		return err_set(e, REASON_CERTIFICATE, "the certificate is not encoded in DER");
	return true;
}

/* RFC 5280 §4.1.2.5 alone: with seconds, without fractions, in UTC. */
bool x509_time(const ASN1_TIME *t, enum reason r, const char *field, int64_t *when, struct err *e)
{
	int n = ASN1_STRING_type(t) == V_ASN1_UTCTIME ? 13 : 15;
	struct tm tm = {0};

	if (ASN1_STRING_length(t) != n || ASN1_STRING_get0_data(t)[n - 1] != 'Z' ||
	    ASN1_TIME_to_tm(t, &tm) != 1) {
		ERR_clear_error();
		return err_set(e, r, "%s is no time", field);
	}
	*when = timegm(&tm);
	return true;
}

static void kind_by_alg(struct x509 *x)
{
	size_t i = 0;

	while (i < KINDS - 1 && kinds[i].alg != x->alg)
		i++;
	x->kind = kinds[i].kind;
}

static bool key_of_signer(struct x509 *x, struct err *e)
{
	if (!cose_evp_public(X509_get_X509_PUBKEY(x->cert), &x->key, &x->alg, REASON_CERTIFICATE,
			     e))
		return false;
	kind_by_alg(x);
	return true;
}

/* The one spelling of an RSA key of 4096 bits with the exponent 65537, but for its modulus. */
#define RSA_HEAD                                                                           \
	"\x30\x82\x02\x22\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x03" \
	"\x82\x02\x0f\x00\x30\x82\x02\x0a\x02\x82\x02\x01\x00"
#define RSA_TAIL "\x02\x03\x01\x00\x01"
#define RSA_MODULUS 512u

static bool is_rsa(struct bytes spki)
{
	static const char head[] = RSA_HEAD, tail[] = RSA_TAIL;
	size_t h = sizeof(head) - 1, t = sizeof(tail) - 1;

	return spki.n == h + RSA_MODULUS + t && bytes_start(spki, bytes_of(head, h)) &&
	       memcmp(spki.p + h + RSA_MODULUS, tail, t) == 0 && spki.p[h] >> 7;
}

/* By EVP alone, as for other keys: OpenSSL's decoders say of no memory that it is no key. */
static bool make_rsa(struct x509 *x, struct bytes spki, struct err *e)
{
	owned(making_free) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	owned(number_free) BIGNUM *n =
		BN_bin2bn(spki.p + sizeof(RSA_HEAD) - 1, (int)RSA_MODULUS, NULL);
	unsigned char native[RSA_MODULUS];
	unsigned exponent = 65537;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, native, sizeof(native)),
		OSSL_PARAM_construct_uint(OSSL_PKEY_PARAM_RSA_E, &exponent),
		OSSL_PARAM_construct_end(),
	};

	x->kind = X509_RSA_4096;
	return (n && BN_bn2nativepad(n, native, sizeof(native)) > 0 && ctx &&
		EVP_PKEY_fromdata_init(ctx) == 1 &&
		EVP_PKEY_fromdata(ctx, &x->key, EVP_PKEY_PUBLIC_KEY, params) == 1) ||
	       cose_evp_fail(e, REASON_LIBRARY, "taking a key");
}

static bool key_of_chain(struct x509 *x, struct err *e)
{
	owned(octets_free) uint8_t *spki = NULL;
	X509_PUBKEY *key = X509_get_X509_PUBKEY(x->cert);
	int n = i2d_X509_PUBKEY(key, &spki);
	struct bytes der = bytes_of(spki, n > 0 ? (size_t)n : 0);
	ASN1_OBJECT *type;

	if (n <= 0 || X509_PUBKEY_get0_param(&type, NULL, NULL, NULL, key) != 1)
		return cose_evp_fail(e, REASON_LIBRARY, "the key of a certificate");
	if (is_rsa(der))
		return make_rsa(x, der, e);
	if (OBJ_obj2nid(type) == NID_rsaEncryption)
		return err_set(e, REASON_CERTIFICATE,
			       "the key is RSA, and not of 4096 bits with the exponent 65537");
	if (!pubkey_read_spki(&x->pubkey, der, e)) {
		if (e->reason == REASON_KEY)
			e->reason = REASON_CERTIFICATE;
		return false;
	}
	x->alg = pubkey_alg(x->pubkey);
	kind_by_alg(x);
	return true;
}

static bool dates(struct x509 *x, struct err *e)
{
	return x509_time(X509_get0_notBefore(x->cert), REASON_CERTIFICATE,
			 "notBefore of the certificate", &x->not_before, e) &&
	       x509_time(X509_get0_notAfter(x->cert), REASON_CERTIFICATE,
			 "notAfter of the certificate", &x->not_after, e);
}

/*
 * Faults of an encoding have a cause of their own; where memory lacked there may be its echo alone.
 */
static bool not_parsed(struct err *e, const char *what)
{
	int first = ERR_GET_REASON(ERR_peek_error());

	if (first == ERR_R_NESTED_ASN1_ERROR || first == ERR_R_ASN1_LIB)
		return cose_evp_fail(e, REASON_LIBRARY, "parsing a certificate");
	return cose_evp_fail(e, REASON_CERTIFICATE, what);
}

/* Everything but its key. where: "the PEM block". */
static bool parse(struct x509 *x, const char *where, struct err *e)
{
	struct bytes der = buf_bytes(&x->der);
	const uint8_t *p = der.p;
	char what[64];

	snprintf(what, sizeof(what), "%s holds no certificate", where);
	cose_evp_init();
	x->cert = decode(&p, der.n);
	if (!x->cert)
		return not_parsed(e, what);
	if (p != der.p + der.n)
		return err_set(e, REASON_CERTIFICATE,
			       "%s has bytes behind the certificate: %zu of %zu", where,
			       (size_t)(der.p + der.n - p), der.n);
	return is_der(der, e) && dates(x, e);
}

static bool read_pem(struct x509 **x, struct bytes pem, size_t *used,
		     bool (*key_of)(struct x509 *x, struct err *e), struct err *e)
{
	static const struct pem certificate = {"CERTIFICATE", REASON_CERTIFICATE};
	owned(x509_free) struct x509 *new = own_new(sizeof(*new), e);
	size_t length;

	if (!new)
		return false;
	new->der = BUF(PEM_MAX);
	if (!pem_read(&certificate, pem, &new->der, &length, e) ||
	    !parse(new, "the PEM block", e) || !key_of(new, e))
		return false;
	ERR_clear_error();
	*used = length;
	*x = take(new);
	return true;
}

bool x509_read_pem(struct x509 **x, struct bytes pem, size_t *used, struct err *e)
{
	return read_pem(x, pem, used, key_of_signer, e);
}

bool x509_read_pem_any(struct x509 **x, struct bytes pem, size_t *used, struct err *e)
{
	return read_pem(x, pem, used, key_of_chain, e);
}

bool x509_read_der(struct x509 **x, struct bytes der, struct err *e)
{
	owned(x509_free) struct x509 *new = own_new(sizeof(*new), e);

	if (!new)
		return false;
	new->der = BUF(PEM_MAX);
	buf_put(&new->der, der);
	if (!buf_done(&new->der, "the certificate", e) || !parse(new, "the DER", e) ||
	    !key_of_chain(new, e))
		return false;
	ERR_clear_error();
	*x = take(new);
	return true;
}

bool x509_verify(const struct x509 *x, struct bytes signed_bytes, struct bytes rs, struct err *e)
{
	owned(buf_free) struct buf der = BUF(256);
	owned(context_free) EVP_MD_CTX *ctx = NULL;
	struct err fault = {0};
	int verdict;

	if (x->kind != X509_P256 && x->kind != X509_P384 && x->kind != X509_P521)
		return err_set(e, REASON_SIGNATURE,
			       "the key of the certificate is %s, and such a signature is of EC",
			       x509_kind_name(x->kind));
	if (rs.n != cose_rs_len(x->alg))
		return err_set(e, REASON_SIGNATURE,
			       "the length of the signature is %zu and must be %zu for %s", rs.n,
			       cose_rs_len(x->alg), cose_alg_name(x->alg));
	if (!cose_evp_der(x->alg, rs, &der, e))
		return false;
	ctx = EVP_MD_CTX_new();
	if (!ctx || EVP_DigestVerifyInit_ex(ctx, NULL, cose_evp_digest(x->alg), NULL, NULL,
					    x509_evp(x), NULL) != 1)
		return cose_evp_fail(e, REASON_LIBRARY, "verifying a signature");
	/* No copy of the context is made, of which a failure would pass for a verdict. */
	EVP_MD_CTX_set_flags(ctx, EVP_MD_CTX_FLAG_FINALISE);
	verdict = EVP_DigestVerify(ctx, der.p, der.n, signed_bytes.p, signed_bytes.n);
	if (verdict == 1) {
		ERR_clear_error();
		return true;
	}
	/* Only memory can make a 0 something else than a verdict. */
	cose_evp_fail(&fault, verdict == 0 ? REASON_SIGNATURE : REASON_LIBRARY,
		      "verifying a signature");
	if (fault.reason == REASON_SIGNATURE)
		return err_set(e, REASON_SIGNATURE,
			       "the signature does not verify under the certificate");
	return err_set(e, fault.reason, "%s", fault.text);
}

bool x509_validity(const struct x509 *x, int64_t *not_before, int64_t *not_after, struct err *e)
{
	(void)e;
	*not_before = x->not_before;
	*not_after = x->not_after;
	return true;
}

/* Something that is nearly always memory fails the writer. */
static void broken(struct json_out *w)
{
	struct err e = {0};

	cose_evp_fail(&e, REASON_LIBRARY, "printing a certificate");
	buf_fail(w->out, e.reason);
}

/* A member whose value OpenSSL printed, if it could. */
static void printed(struct json_out *w, const char *key, BIO *bio, bool ok)
{
	char *p = NULL;
	long n = ok ? BIO_get_mem_data(bio, &p) : 0;

	if (!ok)
		broken(w);
	json_key(w, key);
	json_string(w, bytes_of(p, n < 0 ? 0 : (size_t)n));
}

/* RFC 2253, but characters beyond ASCII as UTF-8 and not as \XX of each byte. */
static const unsigned long as_utf8 = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;

static void name(struct json_out *w, const char *key, const X509_NAME *n)
{
	owned(bio_free) BIO *bio = BIO_new(BIO_s_mem());

	printed(w, key, bio, bio && X509_NAME_print_ex(bio, n, 0, as_utf8) >= 0);
}

void x509_subject(const struct x509 *x, struct buf *out)
{
	owned(bio_free) BIO *bio = BIO_new(BIO_s_mem());
	struct err e = {0};
	char *p = NULL;
	long n;

	if (!bio || X509_NAME_print_ex(bio, X509_get_subject_name(x->cert), 0, as_utf8) < 0) {
		cose_evp_fail(&e, REASON_LIBRARY, "printing a certificate");
		buf_fail(out, e.reason);
		return;
	}
	n = BIO_get_mem_data(bio, &p);
	buf_put(out, bytes_of(p, n < 0 ? 0 : (size_t)n));
}

static void member(struct json_out *w, const char *key, const struct buf *text)
{
	if (text->failed != REASON_NONE)
		buf_fail(w->out, text->failed);
	json_key(w, key);
	json_string(w, buf_bytes(text));
}

static void serial(struct json_out *w, const ASN1_INTEGER *n)
{
	owned(buf_free) struct buf text = BUF(4 * PEM_MAX);

	if (ASN1_STRING_type(n) == V_ASN1_NEG_INTEGER)
		buf_u8(&text, '-');
	hex_put(&text, bytes_of(ASN1_STRING_get0_data(n), (size_t)ASN1_STRING_length(n)));
	member(w, "serial", &text);
}

static void moment(struct json_out *w, const char *key, int64_t when)
{
	owned(buf_free) struct buf text = BUF(64);

	when_put(&text, when, "Z");
	member(w, key, &text);
}

void x509_json(const struct x509 *x, struct json_out *w)
{
	struct digest d;
	struct err e = {0};

	json_open(w, '{');
	name(w, "subject", X509_get_subject_name(x->cert));
	name(w, "issuer", X509_get_issuer_name(x->cert));
	serial(w, X509_get0_serialNumber(x->cert));
	moment(w, "not_before", x->not_before);
	moment(w, "not_after", x->not_after);
	json_key(w, "key");
	json_str(w, x509_kind_name(x->kind));
	json_key(w, "sha256");
	if (hash_of(DIGEST_SHA256, x509_der(x), &d, &e))
		json_hex(w, digest_bytes(&d));
	else
		buf_fail(w->out, e.reason);
	json_close(w, '}');
	ERR_clear_error();
}

/* An OID as rust-openssl prints it, its room of 80 bytes and what follows from it included. */
struct oid_text {
	char v[84];
	size_t n;
	int entry;
};

static struct oid_text oid_text(struct json_out *w, const ASN1_OBJECT *oid, int entry)
{
	enum { ROOM = 80 };
	struct oid_text t = {.entry = entry};
	int n = OBJ_obj2txt(t.v, ROOM, oid, 0);

	if (n <= 0)
		broken(w);
	t.n = n > ROOM ? ROOM - 1 : (size_t)(n > 0 ? n : 0);
	if (n > ROOM) {
		memcpy(t.v + t.n, "...", 3);
		t.n += 3;
	}
	return t;
}

static int oid_order(const void *a, const void *b)
{
	const struct oid_text *x = a, *y = b;
	size_t n = x->n < y->n ? x->n : y->n;
	int order = memcmp(x->v, y->v, n);

	if (order == 0)
		order = x->n < y->n ? -1 : x->n > y->n;
	return order ? order : x->entry - y->entry;
}

/* Rust's Debug text of the value as UTF-8 up to its first NUL, then without its quotes. */
static void issuer_value(struct json_out *w, const ASN1_STRING *value)
{
	owned(buf_free) struct buf quoted = BUF(NAME_MAX_BYTES), text = BUF(NAME_MAX_BYTES);
	owned(octets_free) uint8_t *utf8 = NULL;
	int n = ASN1_STRING_to_UTF8(&utf8, value);
	struct err e = {0};

	if (n < 0) {
		cose_evp_fail(&e, REASON_CERTIFICATE, "issuer");
		if (e.reason == REASON_OUT_OF_MEMORY)
			buf_fail(w->out, e.reason);
		json_str(w, "error");
		return;
	}
	rust_debug(&quoted, bytes_of(utf8, strnlen((const char *)utf8, (size_t)n)));
	for (size_t i = 0; i < quoted.n; i++)
		if (quoted.p[i] != '"')
			buf_u8(&text, quoted.p[i]);
	if (quoted.failed != REASON_NONE || text.failed != REASON_NONE)
		buf_fail(w->out, quoted.failed != REASON_NONE ? quoted.failed : text.failed);
	json_string(w, buf_bytes(&text));
}

/* A sorted map: of attributes that occur several times the last one stays. */
static void issuer(struct json_out *w, const X509_NAME *name)
{
	int n = X509_NAME_entry_count(name);
	owned(own_free) struct oid_text *oid = calloc((size_t)n + 1, sizeof(*oid));

	if (!oid) {
		buf_fail(w->out, REASON_OUT_OF_MEMORY);
		return;
	}
	for (int i = 0; i < n; i++)
		oid[i] = oid_text(w, X509_NAME_ENTRY_get_object(X509_NAME_get_entry(name, i)), i);
	qsort(oid, (size_t)n, sizeof(*oid), oid_order);
	json_open(w, '{');
	for (int i = 0; i < n; i++) {
		const struct oid_text *t = &oid[i];

		if (i + 1 < n && t[0].n == t[1].n && memcmp(t[0].v, t[1].v, t->n) == 0)
			continue;
		json_key_bytes(w, bytes_of(t->v, t->n));
		issuer_value(w, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, t->entry)));
	}
	json_close(w, '}');
}

static void printed_time(struct json_out *w, const char *key, const ASN1_TIME *t)
{
	owned(bio_free) BIO *bio = BIO_new(BIO_s_mem());

	printed(w, key, bio, bio && ASN1_TIME_print(bio, t) == 1);
}

void x509_json_nitro_cli(const struct x509 *x, struct json_out *w)
{
	owned(buf_free) struct buf signature = BUF(4 * PEM_MAX);
	const ASN1_BIT_STRING *bits;
	const X509_ALGOR *algorithm;
	const ASN1_OBJECT *oid;
	struct oid_text t;

	X509_get0_signature(&bits, &algorithm, x->cert);
	X509_ALGOR_get0(&oid, NULL, NULL, algorithm);
	t = oid_text(w, oid, 0);
	for (int i = 0; i < ASN1_STRING_length(bits); i++)
		buf_fmt(&signature, "%s%02X", i ? ":" : "", ASN1_STRING_get0_data(bits)[i]);
	json_open(w, '{');
	json_key(w, "IssuerName");
	issuer(w, X509_get_issuer_name(x->cert));
	json_key(w, "Algorithm");
	json_string(w, bytes_of(t.v, t.n));
	printed_time(w, "NotBefore", X509_get0_notBefore(x->cert));
	printed_time(w, "NotAfter", X509_get0_notAfter(x->cert));
	member(w, "Signature", &signature);
	json_close(w, '}');
	ERR_clear_error();
}
