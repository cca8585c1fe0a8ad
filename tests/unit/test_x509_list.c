#include "measure/core/x509_list.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

#include "measure/core/chain_cache.h"
#include "tests/unit/support_cert.h"
#include "tests/unit/support_check.h"

static struct bytes one_der(void)
{
	EVP_PKEY *key = cert_key("P-384");
	X509 *x = cert_new(key);
	struct bytes der;

	cert_sign(x, key);
	der = cert_der(x);
	X509_free(x);
	EVP_PKEY_free(key);
	return der;
}

static void der_is_one_certificate(void **state)
{
	owned(x509_list_free) struct x509_list l = {0};
	owned(cert_bytes_free) struct bytes der = one_der();
	struct err e = {0};

	(void)state;
	assert_true(x509_list_add(&l, der, &e));
	assert_int_equal(l.n, 1);
	assert_true(bytes_equal(x509_der(l.x[0]), der));
}

static void pem_is_any_number_with_empty_lines_between(void **state)
{
	owned(x509_list_free) struct x509_list l = {0};
	owned(cert_bytes_free) struct bytes a = one_der(), b = one_der();
	char *first = cert_pem_of(a, "CERTIFICATE"), *second = cert_pem_of(b, "CERTIFICATE"), *text;
	struct err e = {0};

	(void)state;
	assert_true(asprintf(&text, "\n%s\r\n\n%s\n", first, second) > 0);
	assert_true(x509_list_add(&l, bytes_str(text), &e));
	assert_int_equal(l.n, 2);
	assert_true(bytes_equal(x509_der(l.x[0]), a));
	assert_true(bytes_equal(x509_der(l.x[1]), b));
	free(first);
	free(second);
	free(text);
}

static void what_a_cache_has_is_shared(void **state)
{
	owned(chain_cache_free) struct chain_cache *cache = NULL;
	owned(cert_bytes_free) struct bytes der = one_der();
	char *pem = cert_pem_of(der, "CERTIFICATE");
	struct x509_list l = {0}, broken = {0};
	struct err e = {0};

	(void)state;
	assert_true(chain_cache_new(&cache, &e));
	l.cache = broken.cache = cache;
	assert_true(x509_list_add(&l, der, &e) && x509_list_add(&l, bytes_str(pem), &e));
	assert_int_equal(l.n, 2);
	assert_ptr_equal(l.x[0], l.x[1]);
	assert_false(x509_list_add(&broken, bytes_of(der.p, der.n - 1), &e));
	assert_int_equal(e.reason, REASON_CERTIFICATE);
	assert_int_equal(broken.n, 0);
	x509_list_free(&l);
	free(pem);
}

struct refusal {
	const char *file;
	enum reason reason;
	const char *text;
};

/* Words of OpenSSL behind ours are left out. */
static const struct refusal refusals[] = {
	{"", REASON_CERTIFICATE, "the DER holds no certificate"},
	{"text", REASON_CERTIFICATE, "the DER holds no certificate"},
	{"-----BEGIN PUBLIC KEY-----\n", REASON_CERTIFICATE,
	 "the first PEM block is labelled \"PUBLIC KEY\" and must be a CERTIFICATE"},
};

static void what_is_no_certificate_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		owned(x509_list_free) struct x509_list l = {0};
		struct err e = {0};

		assert_false(x509_list_add(&l, bytes_str(refusals[i].file), &e));
		e.text[strlen(refusals[i].text)] = '\0';
		check_err(&e, refusals[i].reason, refusals[i].text);
		assert_int_equal(l.n, 0);
		assert_int_equal(ERR_peek_error(), 0);
	}
}

static void more_than_fit_are_refused(void **state)
{
	owned(x509_list_free) struct x509_list l = {0};
	owned(cert_bytes_free) struct bytes der = one_der();
	struct err e = {0};

	(void)state;
	for (unsigned i = 0; i < X509_LIST_MAX; i++)
		assert_true(x509_list_add(&l, der, &e));
	assert_false(x509_list_add(&l, der, &e));
	check_err(&e, REASON_LIMIT, "more than 64 certificates");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(der_is_one_certificate),
		cmocka_unit_test(pem_is_any_number_with_empty_lines_between),
		cmocka_unit_test(what_a_cache_has_is_shared),
		cmocka_unit_test(what_is_no_certificate_is_refused),
		cmocka_unit_test(more_than_fit_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
