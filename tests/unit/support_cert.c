#include "tests/unit/support_cert.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

static void need(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "support_cert: %s\n", what);
	exit(99);
}

static EVP_PKEY *spelt_out(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	char group[] = "P-256", encoding[] = "explicit";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_EC_ENCODING, encoding, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY *key = NULL;

	need(EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_CTX_set_params(ctx, params) == 1 &&
		     EVP_PKEY_generate(ctx, &key) == 1,
	     "a key whose curve is spelt out");
	EVP_PKEY_CTX_free(ctx);
	return key;
}

EVP_PKEY *cert_key(const char *kind)
{
	EVP_PKEY *key;

	if (strcmp(kind, "spelt out") == 0)
		return spelt_out();
	if (strcmp(kind, "RSA") == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
	else if (strcmp(kind, "ED25519") == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, kind);
	else
		key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", kind);
	need(key != NULL, kind);
	return key;
}

void cert_name_add(X509_NAME *name, const char *field, int type, const char *value)
{
	need(X509_NAME_add_entry_by_txt(name, field, type, (const unsigned char *)value, -1, -1,
					0) == 1,
	     field);
}

X509 *cert_new(EVP_PKEY *key)
{
	X509 *x = X509_new();

	need(x && X509_set_version(x, X509_VERSION_3) == 1 &&
		     ASN1_INTEGER_set(X509_get_serialNumber(x), 0x1234) == 1 &&
		     ASN1_TIME_set_string(X509_getm_notBefore(x), "20200101000000Z") == 1 &&
		     ASN1_TIME_set_string(X509_getm_notAfter(x), "20491231235959Z") == 1 &&
		     X509_set_pubkey(x, key) == 1,
	     "a certificate");
	cert_name_add(X509_get_subject_name(x), "CN", V_ASN1_UTF8STRING, "test");
	cert_name_add(X509_get_issuer_name(x), "CN", V_ASN1_UTF8STRING, "test");
	return x;
}

void cert_sign(X509 *x, EVP_PKEY *key)
{
	const EVP_MD *md = EVP_PKEY_is_a(key, "ED25519") ? NULL : EVP_sha256();

	need(X509_sign(x, key, md) > 0, "a certificate's signature");
}

struct bytes cert_der(X509 *x)
{
	int n = i2d_X509(x, NULL);
	uint8_t *p = n > 0 ? malloc((size_t)n) : NULL, *q = p;

	need(p && i2d_X509(x, &q) == n, "DER");
	return bytes_of(p, (size_t)n);
}

static char *text_of(BIO *b)
{
	char *p, *text;
	long n = BIO_get_mem_data(b, &p);

	text = n > 0 ? calloc(1, (size_t)n + 1) : NULL;
	need(text != NULL, "PEM");
	memcpy(text, p, (size_t)n);
	BIO_free(b);
	return text;
}

char *cert_pem_of(struct bytes der, const char *label)
{
	BIO *b = BIO_new(BIO_s_mem());

	need(PEM_write_bio(b, label, "", der.p, (long)der.n) > 0, "PEM");
	return text_of(b);
}

char *cert_pem(X509 *x)
{
	struct bytes der = cert_der(x);
	char *pem = cert_pem_of(der, "CERTIFICATE");

	cert_bytes_free(&der);
	return pem;
}

char *cert_pem_for(EVP_PKEY *key)
{
	X509 *x = cert_new(key);
	char *pem;

	cert_sign(x, key);
	pem = cert_pem(x);
	X509_free(x);
	return pem;
}

char *cert_key_pem(EVP_PKEY *key, enum cert_key_form form)
{
	BIO *b = BIO_new(BIO_s_mem());
	char password[] = "password";
	int ok;

	if (form == CERT_SEC1)
		ok = PEM_write_bio_PrivateKey_traditional(b, key, NULL, NULL, 0, NULL, NULL);
	else if (form == CERT_ENCRYPTED)
		ok = PEM_write_bio_PKCS8PrivateKey(b, key, EVP_aes_128_cbc(), password,
						   (int)strlen(password), NULL, NULL);
	else
		ok = PEM_write_bio_PKCS8PrivateKey(b, key, NULL, NULL, 0, NULL, NULL);
	need(ok == 1, "a key in PEM");
	return text_of(b);
}

void cert_key_free(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
	*key = NULL;
}

void cert_free(X509 **x)
{
	X509_free(*x);
	*x = NULL;
}

void cert_bytes_free(struct bytes *b)
{
	free((void *)(uintptr_t)b->p);
	*b = bytes_of(NULL, 0);
}

void cert_text_free(char **text)
{
	free(*text);
	*text = NULL;
}
