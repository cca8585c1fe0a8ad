#include "reference-db/published.h"

#include <stdio.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_hex.h"

/* alg ES384, content type, corim-meta {signer "a", 5 to 9}, CWT claims of the same. */
#define TYPE "03 74 6170706c69636174696f6e2f72696d2b63626f72 "
#define CWT "0f a3 01 61 61 04 09 05 05"
#define META_HEX "08 4e a2 00 a1 00 61 61 01 a2 00 c1 05 01 c1 09 "

/* Signed at 8, upon state 7. */
#define ISSUED "0f a5 01 61 61 04 09 05 05 06 08 "
#define UPON_KEY "3a 00010000 "
#define STATE " 5555555555555555555555555555555555555555555555555555555555555555 "

static void a_header_is_written_in_one_form(void **state)
{
	struct signed_header h = {
		.alg = COSE_ES384,
		.content_type = bytes_str(CONTENT_MANIFEST),
		.signer = bytes_str("a"),
		.has_not_before = true,
		.has_expires = true,
		.not_before = 5,
		.expires = 9,
	};
	struct bytes want = hexed("a4 01 3822 " TYPE META_HEX CWT);
	struct buf out = BUF(1024);
	struct err e = {0};

	(void)state;
	assert_true(signed_header_write(&out, &h, &e));
	assert_int_equal(out.n, want.n);
	assert_memory_equal(out.p, want.p, want.n);
	buf_free(&out);
	hexed_free(&want);
}

/* A message around a protected header, with payload "p" unless detached. */
static struct buf message(struct bytes protected_header, bool detached)
{
	static const uint8_t rs[96] = {'s'};
	struct cose_message m = {
		.tagged = true,
		.detached = detached,
		.protected_header = protected_header,
		.payload = bytes_str("p"),
		.signature = bytes_of(rs, sizeof(rs)),
	};
	struct buf out = BUF(4096);

	cose_message_write(&out, &m);
	return out;
}

static void check_header(const char *hex, enum reason r, const char *text)
{
	struct bytes header = hexed(hex);
	struct buf in = message(header, false);
	struct signed_statement s;
	struct err e = {0};
	bool read = signed_read(buf_bytes(&in), 0, CONTENT_MANIFEST, &s, &e);

	check_err(&e, r, text);
	assert_int_equal(read, r == REASON_NONE);
	buf_free(&in);
	hexed_free(&header);
}

static const struct header_case {
	const char *hex;
	enum reason reason;
	const char *text;
} header_cases[] = {
	{"a4 01 3822 " TYPE META_HEX CWT, REASON_NONE, ""},
	{"a3 01 3822 " TYPE META_HEX, REASON_STATEMENT, "the protected header has no CWT claims"},
	{"a2 01 3822 " TYPE, REASON_STATEMENT, "the protected header has no corim-meta"},
	{"a1 01 3822", REASON_STATEMENT, "the protected header has no content type"},
	{"a3 " TYPE META_HEX CWT, REASON_STATEMENT, "the protected header has no alg"},
	{"a4 01 05 " TYPE META_HEX CWT, REASON_STATEMENT,
	 "alg is 5 and must be -7, -35, -36 or -8"},
	{"a4 01 3822 03 61 78 " META_HEX CWT, REASON_CONTENT_TYPE,
	 "the content type is \"x\" and must be \"application/rim+cbor\""},
	{"a5 01 3822 02 81 04 " TYPE META_HEX CWT, REASON_STATEMENT,
	 "header label 2 is none that a statement has"},
	{"a5 01 3822 " TYPE "04 41 00 " META_HEX CWT, REASON_STATEMENT,
	 "kid is of length 1 and must be of length 32"},
	{"a4 01 3822 " TYPE META_HEX "0f a3 01 61 62 04 09 05 05", REASON_STATEMENT,
	 "corim-meta and the CWT claims name another signer or another time"},
	{"a4 01 3822 " TYPE META_HEX "0f a3 01 61 61 04 0a 05 05", REASON_STATEMENT,
	 "corim-meta and the CWT claims name another signer or another time"},
	{"a4 01 3822 " TYPE "08 4e a2 00 a1 00 61 61 01 a2 00 c1 0a 01 c1 09 "
	 "0f a3 01 61 61 04 09 05 0a",
	 REASON_STATEMENT, "not-before is later than expires"},
	{"a4 01 3822 " TYPE "08 4e a2 00 a1 00 61 61 01 a2 00 c2 05 01 c1 09 " CWT,
	 REASON_STATEMENT, "corim-meta not-before has tag 2 and must have tag 1"},
	{"a4 01 3822 " TYPE "08 4e a2 00 a1 00 61 61 01 a2 00 c1 20 01 c1 09 " CWT,
	 REASON_STATEMENT, "corim-meta not-before is -1, which is no time before the year 10000"},
	{"a4 01 3822 " TYPE "08 45 a1 00 a1 00 60 " CWT, REASON_STATEMENT,
	 "corim-meta signer-name is empty"},
	{"a4 01 3822 " TYPE "08 47 a2 00 a0 00 61 61 00 " CWT, REASON_CBOR,
	 "corim-meta: a map key repeats the one at offset 33"},
	{"a4 01 3822 " TYPE "08 43 a1 00 a0 " CWT, REASON_STATEMENT,
	 "corim-meta signer is a map of 0 and must be one of 1 or more"},
	{"a4 01 3822 " TYPE "08 41 a0 " CWT, REASON_STATEMENT,
	 "corim-meta is a map of 0 and must be one of 1 or more"},
	{"a4 01 3822 " TYPE "08 48 a2 00 a1 00 61 61 01 a0 " CWT, REASON_STATEMENT,
	 "corim-meta validity is a map of 0 and must be one of 1 or more"},
	{"a4 01 3822 " TYPE META_HEX "0f a0", REASON_STATEMENT,
	 "CWT claims is a map of 0 and must be one of 1 or more"},
	{"a4 01 3822 " TYPE META_HEX "0f a2 01 61 61 07 09", REASON_STATEMENT,
	 "CWT claim 7 is none of iss, exp, nbf, iat and -65537"},
	{"a4 01 3822 " TYPE META_HEX ISSUED UPON_KEY "82 07 58 20" STATE, REASON_NONE, ""},
	{"a4 01 3822 " TYPE META_HEX "0f a4 01 61 61 04 09 05 05 06 20", REASON_STATEMENT,
	 "CWT claim iat is -1, which is no time before the year 10000"},
	{"a4 01 3822 " TYPE META_HEX ISSUED UPON_KEY "81 07", REASON_STATEMENT,
	 "CWT claim upon is an array of 1 and must be one of 2"},
	{"a4 01 3822 " TYPE META_HEX ISSUED UPON_KEY "82 07 41 00", REASON_STATEMENT,
	 "CWT claim upon state is of length 1 and must be of length 32"},
	{"a4 01 3822 " TYPE META_HEX ISSUED UPON_KEY "82 1b 0000000100000000 58 20" STATE,
	 REASON_CBOR, "CWT claim upon height is 4294967296 and must be at most 4294967295"},
	{"a4 01 3822 " TYPE META_HEX "0f a5 01 61 61 04 09 05 05 " UPON_KEY "82 07 58 20" STATE
	 "06 08",
	 REASON_CBOR, "the protected header: a map key sorts before the one at offset 55"},
	{"a4 01 3822 " TYPE META_HEX "0f a1 02 61 61", REASON_STATEMENT,
	 "CWT claims: key 2 stands where 1 must stand"},
	{"a4 03 74 6170706c69636174696f6e2f72696d2b63626f72 01 3822 " META_HEX CWT, REASON_CBOR,
	 "the protected header: a map key sorts before the one at offset 5"},
};

static void a_header_that_is_not_in_its_form_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(header_cases); i++)
		check_header(header_cases[i].hex, header_cases[i].reason, header_cases[i].text);
}

#define WITH_CHAIN "a5 01 3822 " TYPE META_HEX CWT " 1821 "
#define NINE "4100 4101 4102 4103 4104 4105 4106 4107 4108"

static void a_chain_is_one_certificate_or_two_to_eight(void **state)
{
	static const struct {
		const char *hex;
		enum reason reason;
		const char *text;
	} rows[] = {
		{WITH_CHAIN "41 00", REASON_NONE, ""},
		{WITH_CHAIN "82 41 00 41 01", REASON_NONE, ""},
		{WITH_CHAIN "81 41 00", REASON_STATEMENT,
		 "x5chain is an array of 1 and must be one of 2 or more, or one certificate"},
		{WITH_CHAIN "80", REASON_STATEMENT,
		 "x5chain is an array of 0 and must be one of 2 or more, or one certificate"},
		{WITH_CHAIN "89 " NINE, REASON_CBOR, "x5chain: a count of 9, which may be 8"},
		{WITH_CHAIN "82 41 00 61 61", REASON_CBOR,
		 "x5chain is a text string and must be a byte string"},
		{WITH_CHAIN "61 61", REASON_CBOR,
		 "x5chain is a text string and must be a byte string"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_header(rows[i].hex, rows[i].reason, rows[i].text);
}

/* 1000 of them are refused before one is looked at; beside the signed header none may stand. */
static void chains_without_end_and_chains_that_nobody_signed_are_refused(void **state)
{
	struct bytes header = hexed("a4 01 3822 " TYPE META_HEX CWT), loose;
	struct buf many = BUF(4096), in;
	struct signed_statement s;
	struct err e = {0}, no = {0};

	(void)state;
	buf_u8(&many, 0xa5);
	buf_put(&many, bytes_of(header.p + 1, header.n - 1));
	buf_put(&many, bytes_of("\x18\x21\x99\x03\xe8", 5));
	for (size_t i = 0; i < 1000; i++)
		buf_put(&many, bytes_of("\x41", 2));
	in = message(buf_bytes(&many), false);
	assert_false(signed_read(buf_bytes(&in), 0, CONTENT_MANIFEST, &s, &e));
	check_err(&e, REASON_LIMIT, "the protected header: more than 64 items");
	buf_free(&in);
	buf_free(&many);
	hexed_free(&header);
	loose = hexed("d2 84 43 a10126 a1 1821 4100 41 70 41 73");
	assert_false(signed_read(loose, 0, CONTENT_MANIFEST, &s, &no));
	check_err(&no, REASON_CBOR, "the unprotected header: a count of 1, which may be 0");
	hexed_free(&loose);
}

static void a_header_with_a_chain_is_written_as_it_is_read(void **state)
{
	static const char *const headers[] = {WITH_CHAIN "41 00", WITH_CHAIN "82 41 00 42 01 02"};

	(void)state;
	for (size_t i = 0; i < COUNT(headers); i++) {
		struct bytes header = hexed(headers[i]);
		struct buf in = message(header, false), out = BUF(1024);
		struct signed_statement s;
		struct err e = {0};

		assert_true(signed_read(buf_bytes(&in), 0, CONTENT_MANIFEST, &s, &e));
		assert_int_equal(s.header.n_chain, i + 1);
		assert_true(signed_header_write(&out, &s.header, &e));
		assert_true(bytes_equal(buf_bytes(&out), header));
		buf_free(&in);
		buf_free(&out);
		hexed_free(&header);
	}
}

static void when_and_upon_what_it_was_signed_is_written_as_it_is_read(void **state)
{
	struct bytes header =
		hexed("a4 01 3822 " TYPE META_HEX ISSUED UPON_KEY "82 07 58 20" STATE);
	struct buf in = message(header, false), out = BUF(1024);
	struct signed_statement s;
	struct err e = {0};

	(void)state;
	assert_true(signed_read(buf_bytes(&in), 0, NULL, &s, &e));
	assert_true(s.header.has_issued && s.header.issued == 8);
	assert_true(s.header.has_upon && s.header.upon.height == 7);
	assert_int_equal(s.header.upon.state.v[31], 0x55);
	assert_true(signed_header_write(&out, &s.header, &e));
	assert_true(bytes_equal(buf_bytes(&out), header));
	buf_free(&in);
	buf_free(&out);
	hexed_free(&header);
}

static void times_and_names_that_cannot_be_written_are_refused(void **state)
{
	static const struct {
		const char *signer;
		bool has_not_before, has_expires;
		int64_t not_before, expires;
		const char *text;
	} rows[] = {
		{"", false, false, 0, 0,
		 "the signer's name must be 1 to 255 bytes of UTF-8 that can be shown"},
		{"\xff", false, false, 0, 0,
		 "the signer's name must be 1 to 255 bytes of UTF-8 that can be shown"},
		{"a\x1b", false, false, 0, 0,
		 "the signer's name must be 1 to 255 bytes of UTF-8 that can be shown"},
		{"a", true, false, 5, 0,
		 "a time from which it is valid needs one at which it expires"},
		{"a", false, true, 0, -1, "the time at which it expires is out of range"},
		{"a", true, true, 9, 5, "it would expire before it is valid"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct signed_header h = {
			.alg = COSE_ES384,
			.content_type = bytes_str(CONTENT_MANIFEST),
			.signer = bytes_str(rows[i].signer),
			.has_not_before = rows[i].has_not_before,
			.has_expires = rows[i].has_expires,
			.not_before = rows[i].not_before,
			.expires = rows[i].expires,
		};
		struct buf out = BUF(1024);
		struct err e = {0};

		assert_false(signed_header_write(&out, &h, &e));
		check_err(&e, REASON_USAGE, rows[i].text);
		buf_free(&out);
	}
}

static void a_state_and_a_time_of_signing_that_cannot_be_are_not_written(void **state)
{
	struct signed_header h = {
		.alg = COSE_ES384,
		.content_type = bytes_str(CONTENT_MANIFEST),
		.signer = bytes_str("a"),
		.has_issued = true,
		.issued = -1,
	};
	struct buf out = BUF(1024);
	struct err e = {0}, no = {0};

	(void)state;
	assert_false(signed_header_write(&out, &h, &e));
	check_err(&e, REASON_USAGE, "the time at which it is signed is out of range");
	h.issued = 0;
	h.has_upon = true;
	assert_false(signed_header_write(&out, &h, &no));
	check_err(&no, REASON_USAGE, "what it is made upon is no state of a database");
	buf_free(&out);
}

static void every_truncation_and_every_flipped_bit_of_the_form_is_noticed(void **state)
{
	struct bytes header = hexed("a4 01 3822 " TYPE META_HEX CWT);
	struct buf in = message(header, false);
	struct signed_statement s;

	(void)state;
	for (size_t n = 0; n < in.n; n++) {
		struct err e = {0};

		assert_false(signed_read(bytes_of(in.p, n), 0, CONTENT_MANIFEST, &s, &e));
		assert_true(err_is(&e));
	}
	for (size_t i = 0; i < 8 * in.n; i++) {
		struct err e = {0};

		in.p[i / 8] ^= (uint8_t)(1u << i % 8);
		/* What is still accepted keeps its bytes for the signature to judge. */
		if (signed_read(buf_bytes(&in), 0, CONTENT_MANIFEST, &s, &e))
			assert_int_equal(s.message.protected_header.n, header.n);
		else
			assert_true(err_is(&e));
		in.p[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	buf_free(&in);
	hexed_free(&header);
}

static struct buf signature(char byte)
{
	uint8_t rs[96] = {(uint8_t)byte};
	struct bytes header = hexed("a4 01 3822 " TYPE META_HEX CWT);
	struct cose_message m = {
		.tagged = true,
		.protected_header = header,
		.payload = bytes_str("p"),
		.signature = bytes_of(rs, sizeof(rs)),
	};
	struct buf out = BUF(4096);

	cose_message_write(&out, &m);
	hexed_free(&header);
	return out;
}

/* The bundle of signatures that are added in this order. */
static struct buf bundle_of(const char *order)
{
	struct published p = {0};
	struct buf out = BUF(65536);
	struct err e = {0};

	for (; *order; order++) {
		struct buf file = signature(*order);

		assert_true(published_add_bytes(&p, &file, &e));
	}
	assert_true(published_bundle(&p, &out, &e));
	published_free(&p);
	return out;
}

static void a_bundle_does_not_tell_in_which_order_it_was_gathered(void **state)
{
	struct buf a = bundle_of("abc"), b = bundle_of("cabbac");
	struct published p = {0};
	struct err e = {0};

	(void)state;
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.p, b.p, a.n);
	assert_true(published_add_bytes(&p, &a, &e));
	assert_int_equal(p.n, 3);
	assert_true(bytes_equal(p.payload, bytes_str("p")));
	for (size_t i = 0; i < 3; i++) {
		assert_true(bytes_equal(p.statement[i].message.payload, bytes_str("p")));
		assert_int_equal(p.statement[i].message.signature.p[0], "abc"[i]);
	}
	published_free(&p);
	buf_free(&b);
}

static void files_of_two_payloads_are_no_one_manifest(void **state)
{
	struct buf a = signature('a'), b = BUF(16);
	struct published p = {0};
	struct err e = {0};

	(void)state;
	buf_put(&b, bytes_of("\xd9\x01\xf5\xa0", 4));
	assert_true(published_add_bytes(&p, &a, &e));
	assert_false(published_add_bytes(&p, &b, &e));
	check_err(&e, REASON_MANIFESTS_DIFFER,
		  "the payload is another one than that of the file before");
	published_free(&p);
}

static void check_bundle(const char *hex, enum reason r, const char *text)
{
	struct bytes in = hexed(hex);
	struct bundle b;
	struct err e = {0};

	assert_int_equal(bundle_read(in, 0, &b, &e), r == REASON_NONE);
	check_err(&e, r, text);
	hexed_free(&in);
}

#define PAYLOAD "67 7061796c6f6164 82 74 6170706c69636174696f6e2f72696d2b63626f72 41 70 "
#define CTYPE "68 5f5f636d77635f74 76 75726e3a782d6d6561737572653a62756e646c653a31 "
#define SIG "6d 7369676e61747572652f303030 82 74 6170706c69636174696f6e2f72696d2b636f7365 41 73 "

static void a_collection_of_other_members_is_no_bundle(void **state)
{
	(void)state;
	check_bundle("a2 " PAYLOAD CTYPE, REASON_NONE, "");
	check_bundle("a3 " PAYLOAD CTYPE SIG, REASON_NONE, "");
	check_bundle("a1 " PAYLOAD, REASON_BUNDLE, "1 members, and 2 is the least");
	check_bundle("a3 " PAYLOAD CTYPE "6a 7369676e617475726531 00", REASON_BUNDLE,
		     "member \"signature1\" stands where \"signature/000\" must stand");
	check_bundle("a2 67 7061796c6f6164 82 61 78 41 70 " CTYPE, REASON_BUNDLE,
		     "payload is of type \"x\" and must be \"application/rim+cbor\"");
	check_bundle("a2 67 7061796c6f6164 81 61 78 " CTYPE, REASON_BUNDLE,
		     "payload is an array of 1 and must be one of 2");
	check_bundle("a2 " PAYLOAD "68 5f5f636d77635f74 61 78", REASON_BUNDLE,
		     "the collection's type is \"x\" and must be \"urn:x-measure:bundle:1\"");
}

static void a_statement_of_any_size_is_not_read(void **state)
{
	struct bytes in = bytes_of(calloc(1, SIGNED_MAX + 1), SIGNED_MAX + 1);
	struct signed_statement s;
	struct err e = {0};

	(void)state;
	assert_false(signed_read(in, 7, CONTENT_MANIFEST, &s, &e));
	check_err(&e, REASON_LIMIT,
		  "16777217 bytes are over the limit of 16777216 for a statement");
	assert_int_equal(e.offset, 7);
	hexed_free(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_header_is_written_in_one_form),
		cmocka_unit_test(a_header_that_is_not_in_its_form_is_refused),
		cmocka_unit_test(a_chain_is_one_certificate_or_two_to_eight),
		cmocka_unit_test(chains_without_end_and_chains_that_nobody_signed_are_refused),
		cmocka_unit_test(a_header_with_a_chain_is_written_as_it_is_read),
		cmocka_unit_test(when_and_upon_what_it_was_signed_is_written_as_it_is_read),
		cmocka_unit_test(times_and_names_that_cannot_be_written_are_refused),
		cmocka_unit_test(a_state_and_a_time_of_signing_that_cannot_be_are_not_written),
		cmocka_unit_test(every_truncation_and_every_flipped_bit_of_the_form_is_noticed),
		cmocka_unit_test(a_bundle_does_not_tell_in_which_order_it_was_gathered),
		cmocka_unit_test(files_of_two_payloads_are_no_one_manifest),
		cmocka_unit_test(a_collection_of_other_members_is_no_bundle),
		cmocka_unit_test(a_statement_of_any_size_is_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
