#include "measure/core/chain_cache.h"

#include "tests/unit/support_cert.h"
#include "tests/unit/support_check.h"

static struct digest link_of(uint8_t issuer, const char *subject)
{
	struct digest d = {0};
	struct err e = {0};

	assert_true(chain_cache_link(bytes_of(&issuer, 1), bytes_str(subject), &d, &e));
	return d;
}

static void a_link_is_known_once_it_was_kept(void **state)
{
	owned(chain_cache_free) struct chain_cache *c = NULL;
	struct digest link = link_of(1, "subject"), other = link_of(2, "subject");
	struct err e = {0};

	(void)state;
	assert_true(chain_cache_new(&c, &e));
	assert_false(chain_cache_has(c, &link));
	chain_cache_keep(c, &link);
	assert_true(chain_cache_has(c, &link));
	assert_false(chain_cache_has(c, &other));
}

static void the_oldest_link_is_forgotten(void **state)
{
	owned(chain_cache_free) struct chain_cache *c = NULL;
	struct digest first = link_of(0, "first"), second = link_of(0, "second"), link;
	struct err e = {0};

	(void)state;
	assert_true(chain_cache_new(&c, &e));
	chain_cache_keep(c, &first);
	chain_cache_keep(c, &second);
	for (unsigned i = 0; i < CHAIN_CACHE_LINKS - 1; i++) {
		link = link_of((uint8_t)i, "more");
		chain_cache_keep(c, &link);
	}
	assert_false(chain_cache_has(c, &first));
	assert_true(chain_cache_has(c, &second));
	assert_true(chain_cache_has(c, &link));
}

/* ---- certificates */

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

static void a_certificate_is_read_once_and_outlives_the_cache(void **state)
{
	owned(chain_cache_free) struct chain_cache *c = NULL;
	owned(cert_bytes_free) struct bytes der = one_der();
	owned(x509_free) struct x509 *first = NULL, *second = NULL;
	struct err e = {0};

	(void)state;
	assert_true(chain_cache_new(&c, &e));
	assert_true(chain_cache_read(c, der, &first, &e) && chain_cache_read(c, der, &second, &e));
	assert_ptr_equal(first, second);
	x509_free(&second);
	assert_null(second);
	chain_cache_free(&c);
	assert_true(bytes_equal(x509_der(first), der));
}

static void the_oldest_certificate_is_read_anew(void **state)
{
	owned(chain_cache_free) struct chain_cache *c = NULL;
	owned(cert_bytes_free) struct bytes der = one_der();
	owned(x509_free) struct x509 *first = NULL, *again = NULL;
	struct err e = {0};

	(void)state;
	assert_true(chain_cache_new(&c, &e) && chain_cache_read(c, der, &first, &e));
	for (unsigned i = 0; i < CHAIN_CACHE_CERTIFICATES; i++) {
		owned(cert_bytes_free) struct bytes other = one_der();
		owned(x509_free) struct x509 *x = NULL;

		assert_true(chain_cache_read(c, other, &x, &e));
	}
	assert_true(chain_cache_read(c, der, &again, &e));
	assert_ptr_not_equal(first, again);
}

static void what_cannot_be_read_is_not_kept(void **state)
{
	owned(chain_cache_free) struct chain_cache *c = NULL;
	struct err e = {0}, again = {0};
	struct x509 *x = NULL;

	(void)state;
	assert_true(chain_cache_new(&c, &e));
	assert_false(chain_cache_read(c, bytes_str("text"), &x, &e));
	assert_false(chain_cache_read(c, bytes_str("text"), &x, &again));
	assert_string_equal(e.text, again.text);
	assert_null(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_is_known_once_it_was_kept),
		cmocka_unit_test(the_oldest_link_is_forgotten),
		cmocka_unit_test(a_certificate_is_read_once_and_outlives_the_cache),
		cmocka_unit_test(the_oldest_certificate_is_read_anew),
		cmocka_unit_test(what_cannot_be_read_is_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
