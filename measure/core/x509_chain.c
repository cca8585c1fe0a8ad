#include "measure/core/x509_chain.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>

#include "measure/core/chain_cache.h"
#include "measure/core/cose_evp.h"

#define ALGORITHM_MAX 80

/* One certificate of a chain, at work. */
struct link {
	const struct x509_rules *rules;
	const struct x509 *x;
	X509 *cert;
	size_t depth; /* 0: the leaf */
	bool is_anchor;
	struct x509_finding *finding;
	struct err *e;
};

static void constraints_free(BASIC_CONSTRAINTS **b)
{
	BASIC_CONSTRAINTS_free(*b);
}

static void bits_free(ASN1_BIT_STRING **b)
{
	ASN1_BIT_STRING_free(*b);
}

static void purposes_free(EXTENDED_KEY_USAGE **p)
{
	EXTENDED_KEY_USAGE_free(*p);
}

static void broken(struct link *l, const char *format, ...) ERR_FORMAT(2, 3);

/* The first fault is the one told. */
static void broken(struct link *l, const char *format, ...)
{
	va_list args;

	if (l->finding->link != REASON_NONE)
		return;
	l->finding->link = REASON_CHAIN;
	va_start(args, format);
	vsnprintf(l->finding->text, sizeof(l->finding->text), format, args);
	va_end(args);
}

/* ---- signatures */

/* The one spelling of each algorithm; PSS is in use with and without its default trailer field. */
struct algorithm {
	enum x509_signature signature;
	unsigned kinds; /* of the issuer's key */
	struct bytes der;
};

#define EC (X509_P256 | X509_P384 | X509_P521)
#define DER(bytes)                                          \
	{                                                   \
		(const uint8_t *)(bytes), sizeof(bytes) - 1 \
	}
#define SHA384 "\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00"
#define PSS_OID "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"
#define MGF1_OID "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"
#define PSS_384 "\xa0\x0f" SHA384 "\xa1\x1c\x30\x1a" MGF1_OID SHA384 "\xa2\x03\x02\x01\x30"

static const struct algorithm algorithms[] = {
	{X509_ECDSA_SHA256, EC, DER("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02")},
	{X509_ECDSA_SHA384, EC, DER("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03")},
	{X509_ECDSA_SHA512, EC, DER("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x04")},
	{X509_EDDSA, X509_ED25519, DER("\x30\x05\x06\x03\x2b\x65\x70")},
	{X509_PSS_SHA384, X509_RSA_4096, DER("\x30\x41" PSS_OID "\x30\x34" PSS_384)},
	{X509_PSS_SHA384, X509_RSA_4096,
	 DER("\x30\x46" PSS_OID "\x30\x39" PSS_384 "\xa3\x03\x02\x01\x01")},
};

static const struct algorithm *algorithm_of(const X509_ALGOR *algor)
{
	uint8_t der[ALGORITHM_MAX], *p = der;
	int n = i2d_X509_ALGOR(algor, NULL);

	if (n <= 0 || n > ALGORITHM_MAX || i2d_X509_ALGOR(algor, &p) != n)
		return NULL;
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
		if (bytes_equal(algorithms[i].der, bytes_of(der, (size_t)n)))
			return &algorithms[i];
	return NULL;
}

unsigned x509_signature_of(const X509_ALGOR *algor, enum x509_kind issuer)
{
	const struct algorithm *a = algorithm_of(algor);

	return a && a->kinds & issuer ? a->signature : 0;
}

/* What OpenSSL 3.5 adds to whatever an algorithm says of a signature. */
#ifndef EVP_R_PROVIDER_SIGNATURE_FAILURE
#define EVP_R_PROVIDER_SIGNATURE_FAILURE 234
#endif

/* The algorithms tell of a wrong signature, EVP of what kept it from asking them. */
static bool was_asked(void)
{
	unsigned long code = ERR_peek_error();

	return ERR_GET_LIB(code) != ERR_LIB_EVP ||
	       ERR_GET_REASON(code) == EVP_R_PROVIDER_SIGNATURE_FAILURE;
}

static bool verify(struct link *l, const struct x509 *issuer)
{
	struct chain_cache *cache = l->rules->cache;
	struct digest known;
	struct err fault = {0};

	if (cache && !chain_cache_link(x509_der(issuer), x509_der(l->x), &known, l->e))
		return false;
	if (cache && chain_cache_has(cache, &known))
		return true;
	if (X509_verify(l->cert, x509_evp(issuer)) == 1) {
		if (cache)
			chain_cache_keep(cache, &known);
		return true;
	}
	cose_evp_fail(&fault, was_asked() ? REASON_CHAIN : REASON_LIBRARY,
		      "verifying a certificate");
	if (fault.reason != REASON_CHAIN)
		return err_set(l->e, fault.reason, "%s", fault.text);
	broken(l, "is not signed by the next certificate's key");
	return true;
}

/* The algorithm is that of the signed bytes; X509_verify() wants the other one to be the same. */
static bool check_signature(struct link *l, const struct x509 *issuer)
{
	const struct algorithm *a = algorithm_of(X509_get0_tbs_sigalg(l->cert));

	if (!x509_names_issuer(l->x, issuer)) {
		broken(l, "names another issuer than the next certificate is");
		return true;
	}
	if (!a || !(l->rules->signatures & a->signature)) {
		broken(l, "is signed with an algorithm that is not allowed here");
		return true;
	}
	if (!(a->kinds & x509_kind(issuer))) {
		broken(l, "is signed with an algorithm that is not of its issuer's key");
		return true;
	}
	return verify(l, issuer);
}

bool x509_signed(const struct x509 *subject, const struct x509 *issuer, unsigned signatures,
		 bool *yes, struct err *e)
{
	struct x509_rules rules = {.signatures = signatures};
	struct x509_finding finding = {0};
	struct link l = {&rules, subject, x509_cert(subject), 0, false, &finding, e};

	if (!check_signature(&l, issuer))
		return false;
	ERR_clear_error();
	*yes = finding.link == REASON_NONE;
	return true;
}

/* ---- extensions */

/*
 * An extension decoded, or NULL: when there is none, and when it is broken, which is then told.
 * False when memory lacks.
 */
static bool take_extension(struct link *l, int nid, const char *name, void **out)
{
	struct err fault = {0};
	int critical = -1;

	*out = X509_get_ext_d2i(l->cert, nid, &critical, NULL);
	if (*out || critical == -1)
		return true;
	cose_evp_fail(&fault, REASON_CHAIN, "an extension");
	if (fault.reason != REASON_CHAIN)
		return err_set(l->e, fault.reason, "%s", fault.text);
	broken(l, critical == -2 ? "has %s twice" : "has a malformed %s", name);
	return true;
}

/* A path length below 0 or beyond what fits stands for none at all to some readers. */
static void check_path(struct link *l, const ASN1_INTEGER *length)
{
	int64_t most = 0;

	if (ASN1_INTEGER_get_int64(&most, length) != 1 || most < 0) {
		ERR_clear_error();
		broken(l, "has a path length that is no number");
	} else if ((uint64_t)most < l->depth - 1) {
		broken(l, "allows %lld certificates between it and the leaf, and there are %zu",
		       (long long)most, l->depth - 1);
	}
}

static bool check_constraints(struct link *l)
{
	owned(constraints_free) BASIC_CONSTRAINTS *b = NULL;

	if (!take_extension(l, NID_basic_constraints, "basicConstraints", (void **)&b))
		return false;
	if (l->depth > 0 && (!b || !b->ca))
		broken(l, "is no CA by its basicConstraints");
	else if (l->depth > 0 && b->pathlen)
		check_path(l, b->pathlen);
	else if (l->depth == 0 && b && b->ca)
		broken(l, "is a CA, and the leaf must be none");
	else if (l->depth == 0 && b && b->pathlen)
		broken(l, "has a path length, and is no CA");
	return true;
}

static bool check_usage(struct link *l)
{
	owned(bits_free) ASN1_BIT_STRING *usage = NULL;
	int bit = l->depth > 0 ? 5 : 0; /* RFC 5280 §4.2.1.3 */
	const char *name = l->depth > 0 ? "keyCertSign" : "digitalSignature";

	if (!take_extension(l, NID_key_usage, "keyUsage", (void **)&usage))
		return false;
	if (!usage && (l->depth > 0 ? !l->is_anchor : l->rules->leaf_usage))
		broken(l, "has no keyUsage, and needs one with %s", name);
	else if (usage && ASN1_BIT_STRING_get_bit(usage, bit) != 1)
		broken(l, "has a keyUsage without %s", name);
	return true;
}

static bool check_purposes(struct link *l)
{
	owned(purposes_free) EXTENDED_KEY_USAGE *p = NULL;
	bool may;

	if (!l->rules->code_signing)
		return true;
	if (!take_extension(l, NID_ext_key_usage, "extendedKeyUsage", (void **)&p))
		return false;
	may = !p;
	for (int i = 0; i < sk_ASN1_OBJECT_num(p); i++) {
		int nid = OBJ_obj2nid(sk_ASN1_OBJECT_value(p, i));

		may = may || nid == NID_code_sign || nid == NID_anyExtendedKeyUsage;
	}
	if (!may)
		broken(l, "has an extendedKeyUsage without codeSigning");
	return true;
}

static void check_critical(struct link *l)
{
	char name[64];

	for (int i = 0; i < X509_get_ext_count(l->cert); i++) {
		X509_EXTENSION *x = X509_get_ext(l->cert, i);
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(x));

		if (!X509_EXTENSION_get_critical(x) || nid == NID_basic_constraints ||
		    nid == NID_key_usage || (nid == NID_ext_key_usage && l->rules->code_signing))
			continue;
		OBJ_obj2txt(name, sizeof(name), X509_EXTENSION_get_object(x), 1);
		broken(l, "has a critical extension %s, which is not known here", name);
	}
}

/* ---- the chain */

static bool check_time(struct link *l)
{
	const struct x509_rules *r = l->rules;
	int64_t from, to;

	if (!r->judged)
		return true;
	if (!x509_validity(l->x, &from, &to, l->e))
		return false;
	if (r->at < from)
		l->finding->time = REASON_NOT_YET_VALID;
	else if (r->at > to)
		l->finding->time = REASON_EXPIRED;
	return true;
}

static void check_kind(struct link *l)
{
	unsigned allowed = l->depth > 0 ? l->rules->issuer_keys : l->rules->leaf_keys;

	if (!(allowed & x509_kind(l->x)))
		broken(l, "has a key of the kind %s, which is not allowed here",
		       x509_kind_name(x509_kind(l->x)));
}

static void check_alone(struct link *l, const struct x509 *const *cert)
{
	for (size_t i = 0; i < l->depth; i++)
		if (bytes_equal(x509_der(cert[i]), x509_der(l->x)))
			broken(l, "stands twice in the chain");
}

/* Everything but the signature, the time and the company. */
static bool check_one(struct link *l)
{
	check_kind(l);
	if (!check_constraints(l) || !check_usage(l) || !check_purposes(l))
		return false;
	check_critical(l);
	return true;
}

bool x509_chain_check(const struct x509 *const *cert, size_t n, const struct x509_rules *r,
		      struct x509_finding *finding, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		bool is_anchor = i + 1 == n;
		struct link l = {r, cert[i], x509_cert(cert[i]), i, is_anchor, &finding[i], e};

		*l.finding = (struct x509_finding){0};
		check_alone(&l, cert);
		if (!check_one(&l) || (!is_anchor && !check_signature(&l, cert[i + 1])) ||
		    !check_time(&l))
			return false;
	}
	ERR_clear_error();
	return true;
}

bool x509_anchor_check(const struct x509 *x, const struct x509_rules *r,
		       struct x509_finding *finding, struct err *e)
{
	struct link l = {r, x, x509_cert(x), 1, true, finding, e};

	*finding = (struct x509_finding){0};
	if (!check_one(&l))
		return false;
	ERR_clear_error();
	return true;
}

const struct x509_finding *x509_chain_fault(const struct x509_finding *finding, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (finding[i].link != REASON_NONE)
			return &finding[i];
	for (size_t i = 0; i < n; i++)
		if (finding[i].time != REASON_NONE)
			return &finding[i];
	return NULL;
}

bool x509_names_issuer(const struct x509 *subject, const struct x509 *issuer)
{
	return X509_NAME_cmp(X509_get_issuer_name(x509_cert(subject)),
			     X509_get_subject_name(x509_cert(issuer))) == 0;
}
