#include "tests/unit/support_chain.h"

#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

static void need(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "support_chain: %s\n", what);
	exit(99);
}

static const char * or (const char *given, const char *usual)
{
	return given ? given : usual;
}

static void extend(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *e;

	if (value[0] == '\0')
		return;
	e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	need(e && X509_add_ext(x, e, -1) == 1, value);
	X509_EXTENSION_free(e);
}

/* "1.2.3.4=critical,DER:0500" */
static void extend_with(X509 *x, const char *other)
{
	const char *value = strchr(other, '=');
	char oid[64];
	X509_EXTENSION *e;

	need(value && (size_t)(value - other) < sizeof(oid), other);
	snprintf(oid, sizeof(oid), "%.*s", (int)(value - other), other);
	e = X509V3_EXT_conf(NULL, NULL, oid, value + 1);
	need(e && X509_add_ext(x, e, -1) == 1, other);
	X509_EXTENSION_free(e);
}

static X509_NAME *name_of(const char *cn)
{
	X509_NAME *n = X509_NAME_new();

	need(n != NULL, cn);
	cert_name_add(n, "CN", V_ASN1_UTF8STRING, cn);
	return n;
}

static void sign_pss(X509 *x, EVP_PKEY *key)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *p;

	need(ctx && EVP_DigestSignInit(ctx, &p, EVP_sha384(), NULL, key) == 1 &&
		     EVP_PKEY_CTX_set_rsa_padding(p, RSA_PKCS1_PSS_PADDING) == 1 &&
		     EVP_PKEY_CTX_set_rsa_pss_saltlen(p, 48) == 1 && X509_sign_ctx(x, ctx) > 0,
	     "a certificate's signature by PSS");
	EVP_MD_CTX_free(ctx);
}

static void sign(X509 *x, EVP_PKEY *key, const char *digest)
{
	if (EVP_PKEY_is_a(key, "RSA") && !digest)
		sign_pss(x, key);
	else
		need(X509_sign(x, key,
			       EVP_PKEY_is_a(key, "ED25519")
				       ? NULL
				       : EVP_get_digestbyname(or (digest, "SHA384"))) > 0,
		     "a certificate's signature");
}

static void put_name(X509 *x, const char *cn, int (*set)(X509 *x, const X509_NAME *name))
{
	X509_NAME *name = name_of(cn);

	need(set(x, name) == 1, cn);
	X509_NAME_free(name);
}

X509 *chain_issue(const struct chain_made *c, const struct chain_spec *spec, size_t i,
		  size_t issuer)
{
	const struct chain_spec *s = &spec[i];
	char subject[32], above[32];
	X509 *x = cert_new(c->key[i]);

	snprintf(subject, sizeof(subject), "%zu", i);
	snprintf(above, sizeof(above), "%zu", issuer);
	put_name(x, or (s->subject, subject), X509_set_subject_name);
	put_name(x, or (s->issuer, or (spec[issuer].subject, above)), X509_set_issuer_name);
	need(ASN1_TIME_set_string(X509_getm_notBefore(x), or (s->from, "20200101000000Z")) == 1 &&
		     ASN1_TIME_set_string(X509_getm_notAfter(x), or (s->to, "20491231235959Z")) ==
			     1,
	     "dates");
	extend(x, NID_basic_constraints,
	       or (s->constraints, i > 0 ? "critical,CA:TRUE" : "critical,CA:FALSE"));
	extend(x, NID_key_usage,
	       or (s->usage, i > 0 ? "critical,keyCertSign" : "digitalSignature"));
	extend(x, NID_ext_key_usage, or (s->purposes, ""));
	if (s->other)
		extend_with(x, s->other);
	sign(x, c->key[issuer], s->digest);
	return x;
}

struct chain_made chain_make(const struct chain_spec *spec, size_t n)
{
	struct chain_made c = {.n = n};

	for (size_t i = 0; i < n; i++) {
		const char *kind = or (spec[i].key, "P-384");

		c.key[i] = strcmp(kind, "RSA-4096") == 0
				   ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)4096)
				   : cert_key(kind);
		need(c.key[i] != NULL, kind);
	}
	for (size_t i = 0; i < n; i++)
		c.cert[i] = chain_issue(&c, spec, i, i + 1 < n ? i + 1 : i);
	return c;
}

void chain_free(struct chain_made *c)
{
	for (size_t i = 0; i < c->n; i++) {
		cert_key_free(&c->key[i]);
		cert_free(&c->cert[i]);
	}
	c->n = 0;
}
