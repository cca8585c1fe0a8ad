#include "measure/core/x509_crl.h"

#include <openssl/pem.h>
#include <stdlib.h>

#include "measure/core/x509_chain.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_report.h"

static struct forged_report made(long revoked)
{
	struct forge_spec s = forge_spec("Genoa", 3, false);

	s.revoked = revoked;
	return forge_report(&s);
}

static void refused(struct bytes in, enum reason r, const char *text)
{
	struct x509_crl *c = NULL;
	struct err e = {0};

	assert_false(x509_crl_read(&c, in, &e));
	check_err(&e, r, text);
	assert_null(c);
}

/* The last place where these bytes stand. */
static size_t find(struct bytes in, const void *what, size_t n)
{
	for (size_t at = in.n - n; at > 0; at--)
		if (memcmp(in.p + at, what, n) == 0)
			return at;
	fail_msg("not there");
	return 0;
}

static struct buf copy(struct bytes b)
{
	struct buf to = BUF(1u << 16);

	buf_put(&to, b);
	return to;
}

static void a_list_says_what_it_lists(void **state)
{
	struct forged_report f = made(FORGE_SIGNER_SERIAL);
	struct x509_crl *c = NULL;
	struct x509 *ark = NULL, *ask = NULL;
	struct err e = {0};
	bool yes = false;

	(void)state;
	assert_true(x509_crl_read(&c, f.crl, &e) && x509_read_der(&ark, f.ark, &e) &&
		    x509_read_der(&ask, f.signer, &e));
	assert_true(x509_crl_names(c, ark));
	assert_false(x509_crl_names(c, ask));
	assert_true(x509_crl_signed(c, ark, X509_PSS_SHA384, &yes, &e) && yes);
	assert_true(x509_crl_signed(c, ark, X509_ECDSA_SHA384, &yes, &e) && !yes);
	assert_true(x509_crl_signed(c, ask, X509_PSS_SHA384, &yes, &e) && !yes);
	assert_true(x509_crl_lists(c, ask));
	assert_false(x509_crl_lists(c, ark));
	assert_true(x509_crl_this_update(c) == 1767225600);
	assert_true(x509_crl_next_update(c) == 1798761600);
	x509_crl_free(&c);
	x509_free(&ark);
	x509_free(&ask);
	forged_report_free(&f);
}

static void a_list_may_be_one_pem_block(void **state)
{
	struct forged_report f = made(-1);
	struct x509_crl *c = NULL;
	struct err e = {0};
	BIO *b = BIO_new(BIO_s_mem());
	struct bytes pem;
	char *p;

	(void)state;
	assert_true(PEM_write_bio(b, "X509 CRL", "", f.crl.p, (long)f.crl.n) > 0);
	pem.n = (size_t)BIO_get_mem_data(b, &p);
	pem.p = (uint8_t *)p;
	assert_true(x509_crl_read(&c, pem, &e));
	x509_crl_free(&c);
	BIO_write(b, "more", 4);
	pem.n = (size_t)BIO_get_mem_data(b, &p);
	pem.p = (uint8_t *)p;
	refused(pem, REASON_TRAILING, "4 bytes stand behind the revocation list");
	BIO_free(b);
	forged_report_free(&f);
}

static void what_is_no_list_is_refused(void **state)
{
	struct forged_report f = made(-1);
	owned(buf_free) struct buf b = copy(f.crl);
	struct x509_crl *c = NULL;
	struct err e = {0};

	(void)state;
	assert_false(x509_crl_read(&c, f.ark, &e));
	assert_int_equal(e.reason, REASON_CRL);
	assert_memory_equal(e.text, "the file holds no revocation list", 33);
	buf_u8(&b, 0);
	refused(buf_bytes(&b), REASON_CRL,
		"the file has bytes behind the revocation list: 1 of 817");
	forged_report_free(&f);
}

static void a_list_has_one_spelling_one_algorithm_and_times(void **state)
{
	struct forged_report f = made(-1);
	owned(buf_free) struct buf salt = copy(f.crl), when = copy(f.crl), next = copy(f.crl),
				   ber = BUF(1u << 16);

	(void)state;
	salt.p[find(f.crl, "\xa2\x03\x02\x01\x30", 5) + 4] = 0x31;
	refused(buf_bytes(&salt), REASON_CRL,
		"the revocation list names two algorithms for its signature");
	when.p[find(f.crl, "260101000000Z", 13) + 12] = '0';
	refused(buf_bytes(&when), REASON_CRL, "thisUpdate of the revocation list is no time");
	next.p[find(f.crl, "270101000000Z", 13) + 2] = '9';
	refused(buf_bytes(&next), REASON_CRL, "nextUpdate of the revocation list is no time");
	buf_put(&ber, bytes_of("\x30\x83\x00", 3));
	buf_put(&ber, bytes_of(f.crl.p + 2, f.crl.n - 2));
	refused(buf_bytes(&ber), REASON_CRL, "the revocation list is not encoded in DER");
	forged_report_free(&f);
}

/* The first version has no field that says so. */
static void a_list_is_of_version_2(void **state)
{
	struct forged_report f = made(-1);
	owned(buf_free) struct buf b = copy(f.crl);
	size_t n = f.crl.n - 3;

	(void)state;
	assert_memory_equal(b.p + 7, "\x02\x01\x01", 3);
	memmove(b.p + 7, b.p + 10, b.n - 10);
	b.n = n;
	b.p[3] = (uint8_t)(b.p[3] - 3);
	b.p[6] = (uint8_t)(b.p[6] - 3);
	refused(buf_bytes(&b), REASON_CRL, "the revocation list is not one of version 2");
	forged_report_free(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_says_what_it_lists),
		cmocka_unit_test(a_list_may_be_one_pem_block),
		cmocka_unit_test(what_is_no_list_is_refused),
		cmocka_unit_test(a_list_has_one_spelling_one_algorithm_and_times),
		cmocka_unit_test(a_list_is_of_version_2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
