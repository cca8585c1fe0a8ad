#include "measure/core/cose.h"

#include "tests/unit/support_check.h"
#include "tests/unit/support_hex.h"

#define BASE UINT64_C(1000)
#define RS16 "000102030405060708090a0b0c0d0e0f"
#define RS64 RS16 RS16 RS16 RS16
#define RS96 RS64 RS16 RS16
#define RS132 RS96 RS16 RS16 "00010203"

struct example {
	enum cose_alg alg;
	const char *name, *hex, *tbs;
	size_t rs;
	enum digest_alg digest;
};

/* Put together by hand after RFC 9052 §4.2 and §4.4; the payload is "hi". */
static const struct example examples[] = {
	{COSE_ES256, "ES256", "84 43a10126 a0 426869 5840" RS64,
	 "84 6a5369676e617475726531 43a10126 40 426869", 64, DIGEST_SHA256},
	{COSE_ES384, "ES384", "84 44a1013822 a0 426869 5860" RS96,
	 "84 6a5369676e617475726531 44a1013822 40 426869", 96, DIGEST_SHA384},
	{COSE_ES512, "ES512", "84 44a1013823 a0 426869 5884" RS132,
	 "84 6a5369676e617475726531 44a1013823 40 426869", 132, DIGEST_SHA512},
};

static void check_bytes(struct bytes got, const char *hex)
{
	owned(hexed_free) struct bytes want = hexed(hex);

	assert_true(bytes_equal(got, want));
}

static void what_is_read_is_written_back_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(examples); i++) {
		const struct example *x = &examples[i];
		owned(hexed_free) struct bytes in = hexed(x->hex);
		owned(buf_free) struct buf out = BUF(1024), tbs = BUF(1024);
		struct cose_sign1 s = {0};
		struct err e = {0};

		assert_true(cose_sign1_read(in, BASE, &s, &e));
		check_no_err(&e);
		assert_int_equal(s.alg, x->alg);
		assert_true(bytes_equal(s.payload, bytes_str("hi")));
		assert_int_equal(s.rs.n, x->rs);
		assert_ptr_equal(s.rs.p, in.p + in.n - x->rs);
		cose_sign1_write(&out, &s);
		assert_true(bytes_equal(buf_bytes(&out), in));
		cose_tbs(&tbs, x->alg, s.payload);
		check_bytes(buf_bytes(&tbs), x->tbs);
	}
}

static void an_algorithm_has_its_name_length_and_digest(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(examples); i++) {
		assert_string_equal(cose_alg_name(examples[i].alg), examples[i].name);
		assert_int_equal(cose_rs_len(examples[i].alg), examples[i].rs);
		assert_int_equal(cose_digest(examples[i].alg), examples[i].digest);
	}
}

struct refusal {
	const char *hex;
	enum reason reason;
	unsigned at;
	const char *text;
};

#define HEADER(hex) "the protected header is \"" hex "\" and must name ES256, ES384 or ES512 alone"

static const struct refusal refusals[] = {
	{"", REASON_TRUNCATED, 0, "COSE_Sign1 needs 1 byte, 0 are left"},
	{"d284 43a10126 a0 426869 5840" RS64, REASON_CBOR, 0,
	 "COSE_Sign1 is a tag and must be an array"},
	{"43a10126", REASON_CBOR, 0, "COSE_Sign1 is a byte string and must be an array"},
	{"83 43a10126 a0 426869", REASON_CBOR, 0,
	 "COSE_Sign1 is an array of 3 and must be one of 4"},
	{"85 43a10126 a0 426869 40 40", REASON_CBOR, 0,
	 "COSE_Sign1 is an array of 5 and must be one of 4"},
	{"9f 43a10126 a0 426869 40 ff", REASON_CBOR, 0,
	 "COSE_Sign1 is an array of indefinite length"},
	{"84 a10126 a0 426869 5840" RS64, REASON_CBOR, 1,
	 "the protected header is a map and must be a byte string"},
	{"84 40 a0 426869 5840" RS64, REASON_CBOR, 2, HEADER("")},
	{"84 43a10127 a0 426869 5840" RS64, REASON_CBOR, 2, HEADER("a10127")},
	{"84 44a1013824 a0 426869 5840" RS64, REASON_CBOR, 2, HEADER("a1013824")},
	{"84 44a1011826 a0 426869 5840" RS64, REASON_CBOR, 2, HEADER("a1011826")},
	{"84 46a201260441aa a0 426869 5840" RS64, REASON_CBOR, 2, HEADER("a201260441aa")},
	{"84 52a20126044d00112233445566778899aabbcc a0 40 40", REASON_CBOR, 2,
	 "the protected header is \"a20126044d00112233445566778899aa\"... and must name ES256, ES384 or "
	 "ES512 alone"},
	{"84 43a10126 a1 0441aa 426869 5840" RS64, REASON_CBOR, 5,
	 "the unprotected header: a count of 1, which may be 0"},
	{"84 43a10126 40 426869 5840" RS64, REASON_CBOR, 5,
	 "the unprotected header is a byte string and must be a map"},
	{"84 43a10126 a0 f6 5840" RS64, REASON_CBOR, 6,
	 "the payload is a simple value and must be a byte string"},
	{"84 43a10126 a0 63686921 5840" RS64, REASON_CBOR, 6,
	 "the payload is a text string and must be a byte string"},
	{"84 43a10126 a0 426869", REASON_TRUNCATED, 9, "the signature needs 1 byte, 0 are left"},
	{"84 43a10126 a0 426869 5860" RS96, REASON_CBOR, 11,
	 "the length of the signature is 96 and must be 64 for ES256"},
	{"84 44a1013823 a0 426869 5860" RS96, REASON_CBOR, 12,
	 "the length of the signature is 96 and must be 132 for ES512"},
	{"84 43a10126 a0 426869 5840" RS64 "00", REASON_TRAILING, 75,
	 "1 byte stands behind the end of COSE_Sign1"},
};

static void every_refusal_says_what_and_where(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		owned(hexed_free) struct bytes in = hexed(refusals[i].hex);
		struct cose_sign1 s = {0};
		struct err e = {0};

		assert_false(cose_sign1_read(in, BASE, &s, &e));
		check_err(&e, refusals[i].reason, refusals[i].text);
		assert_true(e.at);
		assert_int_equal(e.offset, BASE + refusals[i].at);
		assert_null(s.payload.p);
	}
}

static void every_truncation_is_refused(void **state)
{
	owned(hexed_free) struct bytes in = hexed(examples[1].hex);

	(void)state;
	for (size_t n = 0; n < in.n; n++) {
		struct cose_sign1 s = {0};
		struct err e = {0};

		assert_false(cose_sign1_read(bytes_of(in.p, n), BASE, &s, &e));
		assert_string_equal(reason_slug(e.reason), "truncated");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_read_is_written_back_the_same),
		cmocka_unit_test(an_algorithm_has_its_name_length_and_digest),
		cmocka_unit_test(every_refusal_says_what_and_where),
		cmocka_unit_test(every_truncation_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
