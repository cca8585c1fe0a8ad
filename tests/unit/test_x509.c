#include "measure/core/x509.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

#include "measure/base/json.h"
#include "tests/unit/support_cert.h"
#include "tests/unit/support_check.h"

static const struct {
	const char *name;
	enum cose_alg alg;
	size_t rs;
} curves[] = {{"P-256", COSE_ES256, 64}, {"P-384", COSE_ES384, 96}, {"P-521", COSE_ES512, 132}};

/* In memory of exactly its length. */
static bool read_text(struct x509 **x, const char *pem, size_t n, size_t *used, struct err *e)
{
	char *exact = malloc(n ? n : 1);
	bool ok;

	assert_non_null(exact);
	memcpy(exact, pem, n);
	ok = x509_read_pem(x, bytes_of(exact, n), used, e);
	free(exact);
	assert_int_equal(ERR_peek_error(), 0);
	return ok;
}

static bool read_str(struct x509 **x, const char *pem, struct err *e)
{
	size_t used = 0;
	bool ok = read_text(x, pem, strlen(pem), &used, e);

	assert_int_equal(used, ok ? strlen(pem) : 0);
	return ok;
}

/* Text of ours, whatever a library adds to it behind a colon. */
static void check_start(const struct err *e, enum reason r, const char *text)
{
	if (strncmp(e->text, text, strlen(text)) != 0)
		fail_msg("\"%s\" does not begin with \"%s\"", e->text, text);
	assert_string_equal(reason_slug(e->reason), reason_slug(r));
}

static void a_certificate_on_each_curve_is_read_and_tells_its_algorithm(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(curves); i++) {
		owned(cert_key_free) EVP_PKEY *key = cert_key(curves[i].name);
		owned(cert_free) X509 *made = cert_new(key);
		owned(cert_text_free) char *pem = NULL;
		owned(cert_bytes_free) struct bytes der = {0};
		owned(x509_free) struct x509 *x = NULL;
		struct err e = {0};
		int64_t from = 0, to = 0;

		cert_sign(made, key);
		pem = cert_pem(made);
		der = cert_der(made);
		assert_true(read_str(&x, pem, &e));
		assert_int_equal(x509_alg(x), curves[i].alg);
		assert_true(bytes_equal(x509_der(x), der));
		assert_true(x509_validity(x, &from, &to, &e));
		assert_int_equal(from, INT64_C(1577836800));
		assert_int_equal(to, INT64_C(2524607999));
		check_no_err(&e);
	}
}

/* s with every "\n" as CRLF, malloc'd. */
static char *crlf(const char *s)
{
	char *out = calloc(2, strlen(s) + 1), *p = out;

	assert_non_null(out);
	for (; *s; s++) {
		if (*s == '\n')
			*p++ = '\r';
		*p++ = *s;
	}
	return out;
}

static void lines_may_end_in_either_way_and_the_last_at_the_end_of_the_text(void **state)
{
	owned(cert_key_free) EVP_PKEY *key = cert_key("P-256");
	owned(cert_text_free) char *pem = cert_pem_for(key), *dos = crlf(pem), *both = NULL;
	size_t n = strlen(pem), used = 0;

	(void)state;
	assert_true(asprintf(&both, "%s%s and more", dos, pem) > 0);
	{
		owned(x509_free) struct x509 *a = NULL, *b = NULL, *c = NULL;
		struct err e = {0};

		assert_true(read_str(&a, dos, &e));
		assert_true(read_text(&b, pem, n - 1, &used, &e));
		assert_int_equal(used, n - 1);
		assert_true(read_text(&c, both, strlen(both), &used, &e));
		assert_int_equal(used, strlen(dos));
		assert_true(bytes_equal(x509_der(a), x509_der(b)));
		assert_true(bytes_equal(x509_der(a), x509_der(c)));
	}
}

#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END "-----END CERTIFICATE-----"
#define A76 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

struct pem_refusal {
	const char *pem;
	int at; /* -1: no offset */
	const char *text;
};

static const struct pem_refusal pem_refusals[] = {
	{"", 0, "the line " BEGIN " is missing"},
	{"\x30\x82\x01", 0, "the line " BEGIN " is missing"},
	{"-----BEGIN \n", 0, "the line " BEGIN " is missing"},
	{"Subject: x\n" BEGIN "\nAAAA\n" END "\n", 0, "text stands before the line " BEGIN},
	{"\n" BEGIN "\nAAAA\n" END "\n", 0, "text stands before the line " BEGIN},
	{" " BEGIN "\nAAAA\n" END "\n", 0, "text stands before the line " BEGIN},
	{"\xef\xbb\xbf" BEGIN "\nAAAA\n" END "\n", 0, "text stands before the line " BEGIN},
	{BEGIN " \nAAAA\n" END "\n", 27, "the BEGIN line goes on behind its dashes"},
	{BEGIN "AAAA\n" END "\n", 27, "the BEGIN line goes on behind its dashes"},
	{BEGIN "\rAAAA\r" END "\r", 27, "the BEGIN line goes on behind its dashes"},
	{"-----BEGIN EC PRIVATE KEY-----\nAAAA\n", 11,
	 "the first PEM block is labelled \"EC PRIVATE KEY\" and must be a CERTIFICATE"},
	{"-----BEGIN TRUSTED CERTIFICATE-----\nAAAA\n", 11,
	 "the first PEM block is labelled \"TRUSTED CERTIFICATE\" and must be a CERTIFICATE"},
	{BEGIN "\n", 28, "the line " END " is missing"},
	{BEGIN, 27, "the line " END " is missing"},
	{BEGIN "\nAAAA\n", 33, "the line " END " is missing"},
	{BEGIN "\nAAAA\n\nAAAA\n" END "\n", 33, "an empty line in the PEM block"},
	{BEGIN "\n\nAAAA\n" END "\n", 28, "an empty line in the PEM block"},
	{BEGIN "\nProc-Type: 4,ENCRYPTED\n\nAAAA\n" END "\n", 28, "a header in the PEM block"},
	{BEGIN "\nAAAA\n-----END X509 CRL-----\n", 33, "the PEM block must end with the line " END},
	{BEGIN "\nAAAA\n" END " \n", 33, "the PEM block must end with the line " END},
	{BEGIN "\nAAAA\n" BEGIN "\n", 33, "the PEM block must end with the line " END},
	{BEGIN "\n" A76 "A\n" END "\n", 28,
	 "a line of 77 characters in the PEM block, which may have 76"},
	{BEGIN "\nAAA\n" END "\n", -1,
	 "the base64 text of the PEM block is wrong at its character 3"},
	{BEGIN "\nAA==\nAAAA\n" END "\n", -1,
	 "the base64 text of the PEM block is wrong at its character 2"},
	{BEGIN "\nAAAA \n" END "\n", -1,
	 "the base64 text of the PEM block is wrong at its character 5"},
	{BEGIN "\nAA-_\n" END "\n", -1,
	 "the base64 text of the PEM block is wrong at its character 2"},
};

static void every_refusal_of_the_pem_reader_says_what_and_where(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pem_refusals); i++) {
		struct x509 *x = NULL;
		struct err e = {0};

		assert_false(read_str(&x, pem_refusals[i].pem, &e));
		check_err(&e, REASON_CERTIFICATE, pem_refusals[i].text);
		assert_int_equal(e.at ? (int)e.offset : -1, pem_refusals[i].at);
	}
}

static void a_pem_block_over_its_limit_is_refused(void **state)
{
	enum { SIZE = 70000 };
	char *pem = malloc(SIZE);
	struct x509 *x = NULL;
	struct err e = {0};
	size_t used = 0;

	(void)state;
	assert_non_null(pem);
	for (size_t i = 0; i < SIZE; i++)
		pem[i] = i % 65 == 64 ? '\n' : 'A';
	memcpy(pem, BEGIN "\n", strlen(BEGIN) + 1);
	assert_false(read_text(&x, pem, SIZE, &used, &e));
	check_err(&e, REASON_LIMIT, "the PEM block is over its limit of 65536 bytes");
	free(pem);
}

static void keys_of_other_kinds_are_refused_by_name(void **state)
{
	static const char *const kind[][2] = {
		{"RSA", "the key is rsaEncryption and must be EC on P-256, P-384 or P-521"},
		{"ED25519", "the key is ED25519 and must be EC on P-256, P-384 or P-521"},
		{"secp256k1", "the key is EC on secp256k1 and must be EC on P-256, P-384 or P-521"},
		{"spelt out", "the key does not name its curve"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(kind); i++) {
		owned(cert_key_free) EVP_PKEY *key = cert_key(kind[i][0]);
		owned(cert_text_free) char *pem = cert_pem_for(key);
		struct x509 *x = NULL;
		struct err e = {0};

		assert_false(read_str(&x, pem, &e));
		check_err(&e, REASON_CERTIFICATE, kind[i][1]);
	}
}

static void check_der_either(struct bytes der, const char *text, const char * or)
{
	owned(cert_text_free) char *pem = cert_pem_of(der, "CERTIFICATE");
	struct x509 *x = NULL;
	struct err e = {0};

	assert_false(read_str(&x, pem, &e));
	check_start(&e, REASON_CERTIFICATE, strncmp(e.text, or, strlen(or)) == 0 ? or : text);
}

static void check_der(const uint8_t *p, size_t n, const char *text)
{
	check_der_either(bytes_of(p, n), text, text);
}

/*
 * The DER of a certificate on P-521 begins 30 82 xx xx, then what is signed: 30 82 xx xx. One more
 * byte of length makes BER of either.
 */
static void bytes_that_are_not_one_certificate_in_der_are_refused(void **state)
{
	owned(cert_key_free) EVP_PKEY *key = cert_key("P-521");
	owned(cert_free) X509 *made = cert_new(key);
	owned(cert_bytes_free) struct bytes der = {0};
	uint8_t p[2048];

	(void)state;
	cert_name_add(X509_get_subject_name(made), "O", V_ASN1_UTF8STRING, "two hundred fifty-six");
	cert_sign(made, key);
	der = cert_der(made);
	assert_memory_equal(der.p, "\x30\x82\x01", 3);
	assert_memory_equal(der.p + 4, "\x30\x82\x01", 3);

	memcpy(p, der.p, der.n);
	p[der.n] = 0;
	check_der(p, der.n + 1, "the PEM block has bytes behind the certificate: 1 of ");
	check_der(p, der.n - 1, "the PEM block holds no certificate: ");
	check_der((const uint8_t *)"\x30\x00", 2, "the PEM block holds no certificate: ");
	check_der((const uint8_t *)"\x05\x00", 2, "the PEM block holds no certificate: ");

	p[1] = 0x83;
	p[2] = 0;
	memcpy(p + 3, der.p + 2, der.n - 2);
	check_der(p, der.n + 1, "the certificate is not encoded in DER");

	memcpy(p, der.p, 5);
	p[3]++;
	p[5] = 0x83;
	p[6] = 0;
	memcpy(p + 7, der.p + 6, der.n - 6);
	assert_true(p[3] != 0);
	check_der(p, der.n + 1, "the certificate is not encoded in DER");
}

static void a_key_that_is_no_point_is_refused(void **state)
{
	owned(cert_key_free) EVP_PKEY *key = cert_key("P-256");
	owned(cert_free) X509 *made = cert_new(key);
	owned(cert_bytes_free) struct bytes der = {0};
	uint8_t p[2048], point[66], *at;
	size_t n = 0;

	(void)state;
	cert_sign(made, key);
	der = cert_der(made);
	memcpy(p, der.p, der.n);
	assert_int_equal(EVP_PKEY_get_octet_string_param(key, "pub", point, sizeof(point), &n), 1);
	at = memmem(p, der.n, point, n);
	assert_non_null(at);
	at[10] ^= 1;
	check_der(p, der.n, "the key is no point on its curve: point is not on curve");
	at[10] ^= 1;
	at[0] = (uint8_t)(6 + (point[64] & 1)); /* the hybrid form, which OpenSSL takes */
	check_der(p, der.n, "the key is no point on its curve");
	at[0] = 5;
	check_der(p, der.n, "the key is no point on its curve");
}

static void a_compressed_point_is_a_key_like_any_other(void **state)
{
	owned(cert_key_free) EVP_PKEY *key = cert_key("P-384");
	owned(cert_text_free) char *pem = NULL;
	owned(x509_free) struct x509 *x = NULL;
	struct err e = {0};

	(void)state;
	assert_int_equal(EVP_PKEY_set_utf8_string_param(key, "point-format", "compressed"), 1);
	pem = cert_pem_for(key);
	assert_true(read_str(&x, pem, &e));
	assert_int_equal(x509_alg(x), COSE_ES384);
}

/* A UTCTime and a GeneralizedTime in forms that OpenSSL takes, and in none. */
static void a_time_in_another_form_than_that_of_certificates_is_refused(void **state)
{
	static const struct {
		int type;
		const char *time;
	} wrong[] = {
		{V_ASN1_UTCTIME, "4912312359Z"},
		{V_ASN1_UTCTIME, "491231235959+0100"},
		{V_ASN1_UTCTIME, "491331235959Z"},
		{V_ASN1_GENERALIZEDTIME, "204912312359Z"},
		{V_ASN1_GENERALIZEDTIME, "20491231235959.5Z"},
		{V_ASN1_GENERALIZEDTIME, "20491231235959+0100"},
		{V_ASN1_GENERALIZEDTIME, "20490230235959Z"},
		{V_ASN1_GENERALIZEDTIME, ""},
	};
	owned(cert_key_free) EVP_PKEY *key = cert_key("P-256");

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(wrong); i++) {
		owned(cert_free) X509 *made = cert_new(key);
		owned(cert_bytes_free) struct bytes der = {0};
		bool before = i % 2 == 0;
		ASN1_TIME *t = before ? X509_getm_notBefore(made) : X509_getm_notAfter(made);

		t->type = wrong[i / 2].type;
		ASN1_STRING_set(t, wrong[i / 2].time, -1);
		cert_sign(made, key);
		der = cert_der(made);
		/* OpenSSL 3.5 finds some of them by itself, and then it is no certificate */
		check_der_either(der,
				 before ? "notBefore of the certificate is no time"
					: "notAfter of the certificate is no time",
				 "the PEM block holds no certificate: ");
	}
}

/* An ECDSA signature by OpenSSL directly, as raw r||s. */
static void raw_signature(EVP_PKEY *key, const char *md, struct bytes what, uint8_t *rs,
			  size_t half)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[256];
	const uint8_t *p = der;
	size_t n = sizeof(der);
	ECDSA_SIG *s;

	assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, md, NULL, NULL, key, NULL), 1);
	assert_int_equal(EVP_DigestSign(ctx, der, &n, what.p, what.n), 1);
	s = d2i_ECDSA_SIG(NULL, &p, (long)n);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(s), rs, (int)half), half);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(s), rs + half, (int)half), half);
	ECDSA_SIG_free(s);
	EVP_MD_CTX_free(ctx);
}

static bool verify(const struct x509 *x, const char *what, const uint8_t *rs, size_t n,
		   const char *text)
{
	struct err e = {0};
	bool ok = x509_verify(x, bytes_str(what), bytes_of(rs, n), &e);

	check_err(&e, ok ? REASON_NONE : REASON_SIGNATURE, ok ? "" : text);
	assert_int_equal(ERR_peek_error(), 0);
	return ok;
}

static void a_signature_holds_for_its_bytes_and_its_key_alone(void **state)
{
	static const char *const digest[] = {"SHA256", "SHA384", "SHA512"};
	static const char *const no = "the signature does not verify under the certificate";

	(void)state;
	for (size_t i = 0; i < COUNT(curves); i++) {
		owned(cert_key_free) EVP_PKEY *key = cert_key(curves[i].name);
		owned(cert_text_free) char *pem = cert_pem_for(key);
		owned(x509_free) struct x509 *x = NULL;
		size_t n = curves[i].rs;
		uint8_t rs[132], other[132];
		struct err e = {0};

		assert_true(read_str(&x, pem, &e));
		raw_signature(key, digest[i], bytes_str("what is signed"), rs, n / 2);
		assert_true(verify(x, "what is signed", rs, n, no));
		assert_false(verify(x, "what is Signed", rs, n, no));
		assert_false(verify(x, "", rs, n, no));
		for (size_t byte = 0; byte < n; byte += 13) {
			memcpy(other, rs, n);
			other[byte] ^= 1;
			assert_false(verify(x, "what is signed", other, n, no));
		}
		memset(other, 0, n);
		assert_false(verify(x, "what is signed", other, n, no));
		memset(other, 0xff, n);
		assert_false(verify(x, "what is signed", other, n, no));
		memcpy(other, rs, n / 2);
		memset(other + n / 2, 0, n / 2);
		assert_false(verify(x, "what is signed", other, n, no));
		raw_signature(key, digest[(i + 1) % 3], bytes_str("what is signed"), rs, n / 2);
		assert_false(verify(x, "what is signed", rs, n, no));
	}
}

static void a_signature_of_another_length_is_refused(void **state)
{
	owned(cert_key_free) EVP_PKEY *key = cert_key("P-384");
	owned(cert_text_free) char *pem = cert_pem_for(key);
	owned(x509_free) struct x509 *x = NULL;
	uint8_t rs[97] = {0};
	struct err e = {0};

	(void)state;
	assert_true(read_str(&x, pem, &e));
	assert_false(verify(x, "x", rs, 95,
			    "the length of the signature is 95 and must be 96 for ES384"));
	assert_false(verify(x, "x", rs, 97,
			    "the length of the signature is 97 and must be 96 for ES384"));
	assert_false(
		verify(x, "x", rs, 0, "the length of the signature is 0 and must be 96 for ES384"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_certificate_on_each_curve_is_read_and_tells_its_algorithm),
		cmocka_unit_test(lines_may_end_in_either_way_and_the_last_at_the_end_of_the_text),
		cmocka_unit_test(every_refusal_of_the_pem_reader_says_what_and_where),
		cmocka_unit_test(a_pem_block_over_its_limit_is_refused),
		cmocka_unit_test(keys_of_other_kinds_are_refused_by_name),
		cmocka_unit_test(bytes_that_are_not_one_certificate_in_der_are_refused),
		cmocka_unit_test(a_key_that_is_no_point_is_refused),
		cmocka_unit_test(a_compressed_point_is_a_key_like_any_other),
		cmocka_unit_test(a_time_in_another_form_than_that_of_certificates_is_refused),
		cmocka_unit_test(a_signature_holds_for_its_bytes_and_its_key_alone),
		cmocka_unit_test(a_signature_of_another_length_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
