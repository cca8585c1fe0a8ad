#include "tests/unit/support_report.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#include "ovmf-snp/tcb.h"

#define ARC "1.3.6.1.4.1.3704.1."

static void need(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "support_report: %s\n", what);
	exit(99);
}

/* ---- keys */

enum rsa { RSA_ARK, RSA_ASK, RSA_ASVK, RSA_OTHER, RSA_KEYS };

/* 2^2048 minus these are primes. */
static const unsigned below[RSA_KEYS][2] = {
	{1557, 2543}, {7437, 8507}, {9443, 9509}, {11339, 11837}};

static BIGNUM *number(void)
{
	BIGNUM *n = BN_new();

	need(n != NULL, "memory");
	return n;
}

static BIGNUM *prime_below(unsigned distance)
{
	BIGNUM *p = number();

	need(BN_set_bit(p, 2048) == 1 && BN_sub_word(p, distance) == 1, "a prime");
	return p;
}

/* Modulo one prime: what CRT needs of it. */
static BIGNUM *modulo_less_one(const BIGNUM *d, const BIGNUM *p, BN_CTX *ctx)
{
	BIGNUM *one_less = BN_dup(p), *r = number();

	need(BN_sub_word(one_less, 1) == 1 && BN_mod(r, d, one_less, ctx) == 1, "an exponent");
	BN_free(one_less);
	return r;
}

static BIGNUM *private_exponent(const BIGNUM *e, const BIGNUM *p, const BIGNUM *q, BN_CTX *ctx)
{
	BIGNUM *a = BN_dup(p), *b = BN_dup(q), *phi = number(), *d;

	need(BN_sub_word(a, 1) == 1 && BN_sub_word(b, 1) == 1 && BN_mul(phi, a, b, ctx) == 1,
	     "phi");
	d = BN_mod_inverse(NULL, e, phi, ctx);
	need(d != NULL, "a private exponent");
	BN_free(a);
	BN_free(b);
	BN_free(phi);
	return d;
}

static EVP_PKEY *rsa_from(OSSL_PARAM_BLD *bld)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *key = NULL;

	need(params && ctx && EVP_PKEY_fromdata_init(ctx) == 1 &&
		     EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) == 1,
	     "an RSA key");
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	return key;
}

static EVP_PKEY *rsa_new(enum rsa which)
{
	static const char *const names[] = {
		OSSL_PKEY_PARAM_RSA_N,	       OSSL_PKEY_PARAM_RSA_E,
		OSSL_PKEY_PARAM_RSA_D,	       OSSL_PKEY_PARAM_RSA_FACTOR1,
		OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
		OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
	};
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *p = prime_below(below[which][0]), *q = prime_below(below[which][1]);
	BIGNUM *n = number(), *e = number(), *d, *part[8];
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY *key;

	need(BN_mul(n, p, q, ctx) == 1 && BN_set_word(e, 65537) == 1 && bld, "an RSA key");
	d = private_exponent(e, p, q, ctx);
	part[0] = n;
	part[1] = e;
	part[2] = d;
	part[3] = p;
	part[4] = q;
	part[5] = modulo_less_one(d, p, ctx);
	part[6] = modulo_less_one(d, q, ctx);
	part[7] = BN_mod_inverse(NULL, q, p, ctx);
	for (size_t i = 0; i < 8; i++)
		need(OSSL_PARAM_BLD_push_BN(bld, names[i], part[i]) == 1, names[i]);
	key = rsa_from(bld);
	for (size_t i = 0; i < 8; i++)
		BN_free(part[i]);
	OSSL_PARAM_BLD_free(bld);
	BN_CTX_free(ctx);
	return key;
}

/* ---- certificates */

static void sign_start(EVP_MD_CTX *ctx, EVP_PKEY *key, enum forge_padding padding)
{
	const EVP_MD *md = padding == FORGE_PSS_SHA256 ? EVP_sha256() : EVP_sha384();
	EVP_PKEY_CTX *pctx;

	need(EVP_DigestSignInit(ctx, &pctx, md, NULL, key) == 1, "a signature");
	if (padding == FORGE_PKCS1)
		return;
	need(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1 &&
		     EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, padding == FORGE_PSS_48 ? 48 : 32) == 1,
	     "PSS");
}

static void cert_sign_with(X509 *x, EVP_PKEY *key, enum forge_padding padding)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	sign_start(ctx, key, padding);
	need(X509_sign_ctx(x, ctx) > 0, "a certificate's signature");
	EVP_MD_CTX_free(ctx);
}

/* In AMD's order and words. */
static X509_NAME *name_new(const char *cn)
{
	static const char *const parts[][2] = {{"OU", "Engineering"},
					       {"C", "US"},
					       {"L", "Santa Clara"},
					       {"ST", "CA"},
					       {"O", "Advanced Micro Devices"}};
	X509_NAME *n = X509_NAME_new();

	for (size_t i = 0; i < 5; i++)
		need(X509_NAME_add_entry_by_txt(n, parts[i][0], V_ASN1_UTF8STRING,
						(const unsigned char *)parts[i][1], -1, -1, 0) == 1,
		     "a name");
	need(X509_NAME_add_entry_by_txt(n, "CN", V_ASN1_UTF8STRING, (const unsigned char *)cn, -1,
					-1, 0) == 1,
	     "a name");
	return n;
}

struct dates {
	const char *from, *to;
};

static X509 *cert_of(const char *subject, const char *issuer, long serial, struct dates d)
{
	X509 *x = X509_new();
	X509_NAME *s = name_new(subject), *i = name_new(issuer);

	need(x && X509_set_version(x, X509_VERSION_3) == 1 &&
		     ASN1_INTEGER_set(X509_get_serialNumber(x), serial) == 1 &&
		     X509_set_subject_name(x, s) == 1 && X509_set_issuer_name(x, i) == 1 &&
		     ASN1_TIME_set_string_X509(X509_getm_notBefore(x), d.from) == 1 &&
		     ASN1_TIME_set_string_X509(X509_getm_notAfter(x), d.to) == 1,
	     "a certificate");
	X509_NAME_free(s);
	X509_NAME_free(i);
	return x;
}

static void add_value(X509 *x, const char *oid, struct bytes value)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
	X509_EXTENSION *ext;

	need(object && octets && ASN1_OCTET_STRING_set(octets, value.p, (int)value.n) == 1, oid);
	ext = X509_EXTENSION_create_by_OBJ(NULL, object, 0, octets);
	need(ext && X509_add_ext(x, ext, -1) == 1, oid);
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(octets);
	ASN1_OBJECT_free(object);
}

/* With the oddities that the spec asks for. */
static void add(X509 *x, const struct forge_spec *s, const char *oid, struct bytes value)
{
	static const uint8_t odd[] = {0x0c, 0x01, 0x41}; /* a UTF8String */

	add_value(x, oid, s->odd && strcmp(s->odd, oid) == 0 ? bytes_of(odd, sizeof(odd)) : value);
	if (s->twice && strcmp(s->twice, oid) == 0)
		add_value(x, oid, value);
}

static void add_number(X509 *x, const struct forge_spec *s, const char *oid, int value)
{
	uint8_t small[] = {2, 1, (uint8_t)value}, large[] = {2, 2, 0, (uint8_t)value};

	if (value >= 0)
		add(x, s, oid, value < 0x80 ? bytes_of(small, 3) : bytes_of(large, 4));
}

static void add_text(X509 *x, const struct forge_spec *s, const char *oid, const char *value)
{
	uint8_t room[130] = {0x16, value ? (uint8_t)strlen(value) : 0};

	if (!value)
		return;
	memcpy(room + 2, value, strlen(value));
	add(x, s, oid, bytes_of(room, 2 + strlen(value)));
}

static void add_usage(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	need(ext && X509_add_ext(x, ext, -1) == 1, value);
	X509_EXTENSION_free(ext);
}

static X509 *vek_new(const struct forge_spec *s, EVP_PKEY *key, EVP_PKEY *signer)
{
	X509 *x = cert_of(s->vek_cn, s->signer_cn, 0, (struct dates){s->not_before, s->not_after});

	need(X509_set_pubkey(x, key) == 1, "a key");
	add_number(x, s, ARC "1", s->tcb.fmc >= 0);
	add_text(x, s, ARC "2", s->product_name);
	add_number(x, s, ARC "3.1", s->tcb.bl);
	add_number(x, s, ARC "3.2", s->tcb.tee);
	add_number(x, s, ARC "3.3", s->tcb.snp);
	add_number(x, s, ARC "3.8", s->tcb.ucode);
	add_number(x, s, ARC "3.9", s->tcb.fmc);
	if (s->hwid_len > 0)
		add(x, s, ARC "4", bytes_of(s->hwid, s->hwid_len));
	add_text(x, s, ARC "5", s->csp_id);
	cert_sign_with(x, signer, s->vek_padding);
	return x;
}

static const struct dates long_lived = {"20200101000000Z", "20491231235959Z"};

static X509 *ca_new(const struct forge_spec *s, bool root, EVP_PKEY *key, EVP_PKEY *signer)
{
	X509 *x = cert_of(root ? s->ark_cn : s->signer_cn, s->ark_cn,
			  root ? 0x10000L : FORGE_SIGNER_SERIAL, long_lived);

	need(X509_set_pubkey(x, key) == 1, "a key");
	add_usage(x, NID_basic_constraints,
		  !root && s->signer_plain ? "critical,CA:FALSE"
		  : root		   ? "critical,CA:TRUE"
					   : "critical,CA:TRUE,pathlen:0");
	add_usage(x, NID_key_usage, root ? "critical,keyCertSign,cRLSign" : "critical,keyCertSign");
	cert_sign_with(x, signer, root ? FORGE_PSS_48 : s->signer_padding);
	return x;
}

static struct bytes der_of(X509 *x)
{
	uint8_t *p = NULL;
	int n = i2d_X509(x, &p);

	need(n > 0, "DER");
	X509_free(x);
	return bytes_of(p, (size_t)n);
}

/* ---- the list */

static struct bytes crl_new(const struct forge_spec *s, EVP_PKEY *signer)
{
	X509_CRL *c = X509_CRL_new();
	X509_NAME *issuer = name_new(s->ark_cn);
	ASN1_TIME *t = ASN1_TIME_new();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t *p = NULL;
	int n = 0;

	need(c && X509_CRL_set_version(c, X509_CRL_VERSION_2) == 1 &&
		     X509_CRL_set_issuer_name(c, issuer) == 1 &&
		     ASN1_TIME_set_string_X509(t, "20260101000000Z") == 1 &&
		     X509_CRL_set1_lastUpdate(c, t) == 1,
	     "a list");
	if (s->revoked >= 0) {
		X509_REVOKED *r = X509_REVOKED_new();
		ASN1_INTEGER *serial = ASN1_INTEGER_new();

		need(ASN1_INTEGER_set(serial, s->revoked) == 1 &&
			     X509_REVOKED_set_serialNumber(r, serial) == 1 &&
			     X509_REVOKED_set_revocationDate(r, t) == 1 &&
			     X509_CRL_add0_revoked(c, r) == 1,
		     "an entry of a list");
		ASN1_INTEGER_free(serial);
	}
	if (s->crl_critical) {
		ASN1_INTEGER *base = ASN1_INTEGER_new();

		need(ASN1_INTEGER_set(base, 1) == 1 &&
			     X509_CRL_add1_ext_i2d(c, NID_delta_crl, base, 1, 0) == 1,
		     "an extension of a list");
		ASN1_INTEGER_free(base);
	}
	need(!s->crl_until || (ASN1_TIME_set_string_X509(t, s->crl_until) == 1 &&
			       X509_CRL_set1_nextUpdate(c, t) == 1),
	     "a list");
	sign_start(ctx, signer, FORGE_PSS_48);
	need(X509_CRL_sign_ctx(c, ctx) > 0 && (n = i2d_X509_CRL(c, &p)) > 0, "a list's signature");
	EVP_MD_CTX_free(ctx);
	ASN1_TIME_free(t);
	X509_NAME_free(issuer);
	X509_CRL_free(c);
	return bytes_of(p, (size_t)n);
}

/* ---- the report */

static void reversed(uint8_t *to, const BIGNUM *n)
{
	uint8_t big[72];

	need(BN_bn2binpad(n, big, 66) == 66, "a signature's number");
	for (size_t i = 0; i < 66; i++)
		to[i] = big[65 - i];
}

static void report_sign(struct snp_report *r, EVP_PKEY *key)
{
	struct buf b = BUF(4096);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[256];
	const uint8_t *p = der;
	size_t n = sizeof(der);
	ECDSA_SIG *sig;

	snp_report_write(&b, r);
	need(EVP_DigestSignInit(ctx, NULL, EVP_sha384(), NULL, key) == 1 &&
		     EVP_DigestSign(ctx, der, &n, b.p, SNP_REPORT_SIGNED) == 1,
	     "a report's signature");
	sig = d2i_ECDSA_SIG(NULL, &p, (long)n);
	need(sig != NULL, "a report's signature");
	memset(r->signature_r, 0, 72);
	memset(r->signature_s, 0, 72);
	reversed(r->signature_r, ECDSA_SIG_get0_r(sig));
	reversed(r->signature_s, ECDSA_SIG_get0_s(sig));
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(ctx);
	buf_free(&b);
}

static struct bytes report_new(const struct forge_spec *s, EVP_PKEY *key)
{
	struct snp_report r = s->r;
	struct buf b = BUF(4096);

	if (!s->unsigned_report)
		report_sign(&r, key);
	snp_report_write(&b, &r);
	need(b.n == SNP_REPORT_SIZE, "a report");
	return buf_bytes(&b);
}

struct snp_certs forge_table(const struct forged_report *f, bool vlek)
{
	const enum snp_cert_kind kinds[] = {vlek ? SNP_CERT_VLEK : SNP_CERT_VCEK, SNP_CERT_ASK,
					    SNP_CERT_ARK};
	const struct bytes certs[] = {f->vek, f->signer, f->ark};
	struct snp_certs t = {.n = 3};

	for (size_t i = 0; i < t.n; i++) {
		t.entry[i].kind = kinds[i];
		snp_cert_guid(kinds[i], t.entry[i].guid);
		t.entry[i].cert = certs[i];
	}
	return t;
}

struct bytes forge_extended(const struct forged_report *f, const struct snp_certs *t)
{
	struct buf b = BUF(1u << 20);

	buf_put(&b, f->report);
	snp_certs_write(&b, t);
	need(b.failed == REASON_NONE, "an extended report");
	return buf_bytes(&b);
}

struct forged_report forge_report(const struct forge_spec *s)
{
	static EVP_PKEY *rsa[RSA_KEYS];
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", s->curve);
	bool vlek = strncmp(s->signer_cn, "SEV-VLEK", 8) == 0;
	enum rsa signer = vlek ? RSA_ASVK : RSA_ASK;
	struct forged_report f;
	struct snp_certs t;

	for (unsigned i = 0; i < RSA_KEYS; i++)
		rsa[i] = rsa[i] ? rsa[i] : rsa_new((enum rsa)i);
	need(key != NULL, "a key");
	f.report = report_new(s, key);
	f.vek = der_of(vek_new(s, key, rsa[signer]));
	f.signer = der_of(ca_new(s, false, rsa[signer], rsa[s->other_ark ? RSA_OTHER : RSA_ARK]));
	f.ark = der_of(ca_new(s, true, rsa[RSA_ARK], rsa[RSA_ARK]));
	f.crl = crl_new(s, rsa[s->other_crl ? RSA_OTHER : RSA_ARK]);
	t = forge_table(&f, s->r.signing_key == SNP_KEY_VLEK);
	f.extended = forge_extended(&f, &t);
	EVP_PKEY_free(key);
	return f;
}

void forged_report_free(struct forged_report *f)
{
	struct bytes *all[] = {&f->report, &f->extended, &f->vek, &f->signer, &f->ark, &f->crl};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct buf b = {.p = (uint8_t *)(uintptr_t)all[i]->p};

		buf_free(&b);
		*all[i] = bytes_of(NULL, 0);
	}
}

/* ---- what is sound */

static const struct {
	const char *name, *signer, *provider, *root;
	uint8_t cpuid[3];
	struct tcb tcb;
} sound[] = {
	{"Milan", "SEV-Milan", "SEV-VLEK-Milan", "ARK-Milan", {0x19, 1, 1}, {4, 0, 24, 219, -1}},
	{"Genoa", "SEV-Genoa", "SEV-VLEK-Genoa", "ARK-Genoa", {0x19, 17, 1}, {10, 0, 27, 86, -1}},
	{"Turin", "SEV-Turin", "SEV-VLEK-Turin", "ARK-Turin", {0x1a, 2, 1}, {1, 1, 4, 81, 1}},
};

static void report_of(struct snp_report *r, size_t i, unsigned version)
{
	const struct snp_product *p = snp_product((enum snp_product_id)i);
	uint64_t tcb = snp_tcb_encode(p, &sound[i].tcb);

	*r = (struct snp_report){
		.version = version,
		.policy = 0x30000,
		.signature_algo = SNP_ECDSA_P384_SHA384,
		.current_tcb = tcb,
		.reported_tcb = tcb,
		.committed_tcb = tcb,
		.launch_tcb = tcb,
		.platform_info = 0x25,
		.current = {49, 55, 1},
		.committed = {49, 55, 1},
	};
	memset(r->measurement, 0x4d, sizeof(r->measurement));
	memset(r->report_data, 0x52, sizeof(r->report_data));
	memset(r->report_id_ma, 0xff, sizeof(r->report_id_ma));
	if (version >= SNP_VERSION_CPUID) {
		r->cpuid_fam_id = sound[i].cpuid[0];
		r->cpuid_mod_id = sound[i].cpuid[1];
		r->cpuid_step = sound[i].cpuid[2];
	}
	if (version >= SNP_VERSION_MITIGATION)
		r->launch_mit_vector = r->current_mit_vector = 0x3f;
}

struct forge_spec forge_spec(const char *product, unsigned version, bool vlek)
{
	struct forge_spec s = {
		.vek_cn = vlek ? "SEV-VLEK" : "SEV-VCEK",
		.curve = "P-384",
		.not_before = "20240101000000Z",
		.not_after = "20310101000000Z",
		.revoked = -1,
		.crl_until = "20270101000000Z",
	};
	size_t i = 0;

	while (strcmp(sound[i].name, product) != 0)
		need(++i < sizeof(sound) / sizeof(sound[0]), product);
	report_of(&s.r, i, version);
	s.product_name = product;
	s.tcb = sound[i].tcb;
	s.signer_cn = vlek ? sound[i].provider : sound[i].signer;
	s.ark_cn = sound[i].root;
	s.r.signing_key = vlek ? SNP_KEY_VLEK : SNP_KEY_VCEK;
	if (vlek) {
		s.csp_id = "CN=cc-eu-west-1.amazonaws.com";
		return s;
	}
	s.hwid_len = snp_product((enum snp_product_id)i)->hwid_len;
	memset(s.hwid, 0xc1, s.hwid_len);
	memcpy(s.r.chip_id, s.hwid, s.hwid_len);
	return s;
}
