#include "reference-db/rebuilt.h"

#include "measure/core/cbor.h"
#include "reference-db/signing.h"
#include "tests/unit/support_cert.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_signature.h"

static struct digest of(uint8_t x)
{
	struct digest d = {.alg = DIGEST_SHA256, .len = 32};

	memset(d.v, x, 32);
	return d;
}

static struct rebuilt sample(void)
{
	return (struct rebuilt){
		.id = bytes_str("example.org/blindbox/1.2.3"),
		.payload = of(1),
		.outcome = REBUILT_EQUAL,
		.inputs = of(2),
		.tool = bytes_str("0.1.0"),
		.program = of(3),
		.n = 2,
		.variation = {bytes_str("build_path"), bytes_str("umask")},
	};
}

/* As above, with compressed ramdisks of the published image. */
static struct rebuilt witnessed(void)
{
	struct rebuilt r = sample();

	r.outcome = REBUILT_WITNESSED;
	r.n_witnesses = 2;
	r.witness[0] = (struct rebuilt_witness){bytes_str("ramdisk2"), of(4)};
	r.witness[1] = (struct rebuilt_witness){bytes_str("ramdisk10"), of(5)};
	return r;
}

static void what_is_written_is_read_back(void **state)
{
	(void)state;
	for (unsigned outcome = 0; outcome < REBUILT_OUTCOMES; outcome++) {
		struct buf a = BUF(REBUILT_MAX), b = BUF(REBUILT_MAX);
		struct rebuilt r = outcome == REBUILT_WITNESSED ? witnessed() : sample(), read;
		struct err e = {0};

		r.outcome = (enum rebuilt_outcome)outcome;
		r.n = outcome == REBUILT_EQUAL ? 2 : 0;
		assert_true(rebuilt_write(&r, &a, &e));
		assert_true(rebuilt_read(&read, buf_bytes(&a), 0, &e));
		check_no_err(&e);
		assert_int_equal(read.outcome, outcome);
		assert_int_equal(read.n_witnesses, r.n_witnesses);
		for (size_t i = 0; i < r.n_witnesses; i++) {
			assert_true(bytes_equal(read.witness[i].part, r.witness[i].part));
			assert_true(digest_equal(&read.witness[i].content, &r.witness[i].content));
		}
		assert_int_equal(read.n, r.n);
		assert_true(digest_equal(&read.payload, &r.payload));
		assert_true(digest_equal(&read.inputs, &r.inputs));
		assert_true(digest_equal(&read.program, &r.program));
		assert_true(bytes_equal(read.id, r.id) && bytes_equal(read.tool, r.tool));
		assert_true(rebuilt_write(&read, &b, &e));
		assert_true(bytes_equal(buf_bytes(&a), buf_bytes(&b)));
		buf_free(&a);
		buf_free(&b);
	}
}

static void check_refused(const struct rebuilt *r, const char *text)
{
	struct buf out = BUF(REBUILT_MAX);
	struct err e = {0};

	assert_false(rebuilt_write(r, &out, &e));
	check_err(&e, REASON_STATEMENT, text);
	buf_free(&out);
}

static void a_statement_that_says_nothing_sensible_is_not_written(void **state)
{
	struct rebuilt r;

	(void)state;
	r = sample();
	r.id = bytes_str("blindbox");
	check_refused(&r, "the id is not PRODUCT/VERSION");
	r.id = bytes_str("a/b\n");
	check_refused(&r, "the id is not PRODUCT/VERSION");
	r.id = bytes_str("a/\xe2\x80\xae");
	check_refused(&r, "the id is not PRODUCT/VERSION");
	r = sample();
	r.tool = bytes_str("");
	check_refused(&r, "the version of the program is no text");
	r = sample();
	r.inputs = of(0);
	check_refused(&r, "a digest is zero, or not SHA-256");
	r.inputs = (struct digest){.alg = DIGEST_SHA384, .len = 48, .v = {1}};
	check_refused(&r, "a digest is zero, or not SHA-256");
	r = sample();
	r.variation[1] = bytes_str("Umask");
	check_refused(&r, "the name of a variation is none");
	r.variation[1] = bytes_str("build_path");
	check_refused(&r, "a variation stands twice, or not in its order");
	r.variation[1] = bytes_str("aslr");
	check_refused(&r, "a variation stands twice, or not in its order");
	r.n = 33;
	check_refused(&r, "33 variations, 32 are the most");
}

static void witnesses_are_those_of_the_weaker_outcome_alone(void **state)
{
	struct rebuilt r = sample();

	(void)state;
	r.outcome = REBUILT_WITNESSED;
	check_refused(&r, "the outcome is 2, with 0 witnesses");
	r = witnessed();
	r.outcome = REBUILT_EQUAL;
	check_refused(&r, "the outcome is 1, with 2 witnesses");
	r.outcome = REBUILT_DIFFERS;
	check_refused(&r, "the outcome is 0, with 2 witnesses");
	r = witnessed();
	r.witness[1].part = bytes_str("ramdisk1");
	check_refused(&r, "a witness stands twice, or not in its order");
	r.witness[1].part = bytes_str("ramdisk2");
	check_refused(&r, "a witness stands twice, or not in its order");
	r.witness[1].part = bytes_str("../initrd");
	check_refused(&r, "a witness without the name of a part, or its digest");
	r = witnessed();
	r.witness[0].content = of(0);
	check_refused(&r, "a witness without the name of a part, or its digest");
	r.n_witnesses = 33;
	check_refused(&r, "33 witnesses, 32 are the most");
}

/* The members 0 to n - 1 of a statement of that form, with one of them replaced. */
static void check_members(unsigned form, unsigned members, unsigned changed, uint64_t number,
			  const char *text)
{
	struct buf out = BUF(REBUILT_MAX);
	struct rebuilt r;
	struct err e = {0};

	cbor_put_map(&out, members);
	for (unsigned i = 0; i < members; i++) {
		cbor_put_uint(&out, i);
		if (i == changed)
			cbor_put_uint(&out, number);
		else if (i == 0 || i == 3)
			cbor_put_uint(&out, form);
		else if (i == 8)
			cbor_put_map(&out, 0);
		else if (i == 1 || i == 5)
			cbor_put_text(&out, "a/b");
		else if (i == 7)
			cbor_put_array(&out, 0);
		else
			cbor_put_bytes(&out, bytes_str("0123456789abcdef0123456789abcdef"));
	}
	assert_int_equal(rebuilt_read(&r, buf_bytes(&out), 0, &e), *text == '\0');
	if (*text)
		assert_string_equal(e.text, text);
	else
		check_no_err(&e);
	buf_free(&out);
}

static void members_are_exactly_those_of_the_form(void **state)
{
	(void)state;
	check_members(1, 8, 0, 1, "");
	check_members(1, 7, 0, 1, "form 1 needs 8 members, found 7");
	check_members(1, 9, 0, 1, "form 1 needs 8 members, found 9");
	check_members(2, 8, 0, 2, "form 2 needs 9 members, found 8");
	check_members(1, 8, 0, 3, "form 3 is unknown, 1 and 2 are known");
	check_members(1, 8, 3, 2, "outcome 2 is none of form 1");
	check_members(2, 9, 3, 1, "outcome 1 is none of form 2");
	check_members(2, 9, 3, 0, "outcome 0 is none of form 2");
	check_members(2, 9, 3, 3, "outcome is 3 and must be at most 2");
	check_members(1, 8, 7, 0, "variations is an unsigned integer and must be an array");
	check_members(2, 9, 8, 0, "witnesses is an unsigned integer and must be a map");
	check_members(2, 9, 9, 0, "the outcome is 2, with 0 witnesses");
	{
		struct buf out = BUF(64);
		struct rebuilt r;
		struct err e = {0};

		cbor_put_map(&out, 8);
		for (unsigned i = 1; i < 9; i++) {
			cbor_put_uint(&out, i);
			cbor_put_uint(&out, 1);
		}
		assert_false(rebuilt_read(&r, buf_bytes(&out), 0, &e));
		check_err(&e, REASON_STATEMENT, "form needs key 0, found 1");
		buf_free(&out);
	}
}

/* ---- signed */

static void sign(const char *content_type, struct buf *out)
{
	owned(cert_key_free) EVP_PKEY *key = cert_key("ED25519");
	owned(pubkey_free) struct pubkey *public = signature_pubkey(key);
	owned(signing_free) struct signing s = {0};
	owned(buf_free) struct buf payload = BUF(REBUILT_MAX);
	const struct signing_terms terms = {.content_type = content_type, .signer = "a builder"};
	const struct rebuilt r = sample();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t raw[64];
	size_t n = sizeof(raw);
	struct err e = {0};

	assert_true(rebuilt_write(&r, &payload, &e));
	assert_true(signing_prepare(&s, buf_bytes(&payload), public, &terms, &e));
	assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, NULL, NULL, NULL, key, NULL), 1);
	assert_int_equal(EVP_DigestSign(ctx, raw, &n, s.tbs.p, s.tbs.n), 1);
	assert_true(signing_attach(&s, bytes_of(raw, n), out, &e));
	EVP_MD_CTX_free(ctx);
}

static void a_statement_of_another_kind_is_none(void **state)
{
	struct buf right = BUF(1u << 16), wrong = BUF(1u << 16);
	struct signed_statement s;
	struct rebuilt r;
	struct err e = {0};

	(void)state;
	sign(CONTENT_REBUILT, &right);
	assert_true(rebuilt_open(&r, buf_bytes(&right), &s, &e));
	assert_true(r.outcome == REBUILT_EQUAL &&
		    bytes_equal(s.header.signer, bytes_str("a builder")));
	assert_false(signed_read(buf_bytes(&right), 0, CONTENT_MANIFEST, &s, &e));
	assert_string_equal(reason_slug(e.reason), "content-type");
	e = (struct err){0};
	sign(CONTENT_MANIFEST, &wrong);
	assert_false(rebuilt_open(&r, buf_bytes(&wrong), &s, &e));
	assert_string_equal(reason_slug(e.reason), "content-type");
	buf_free(&right);
	buf_free(&wrong);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(a_statement_that_says_nothing_sensible_is_not_written),
		cmocka_unit_test(witnesses_are_those_of_the_weaker_outcome_alone),
		cmocka_unit_test(members_are_exactly_those_of_the_form),
		cmocka_unit_test(a_statement_of_another_kind_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
