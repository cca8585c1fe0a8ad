#include "measure/core/cbor.h"

#include "tests/unit/support_check.h"
#include "tests/unit/support_hex.h"

#define BASE UINT64_C(1000)
#define ITEMS 64

enum { STRICT = 1 << CBOR_STRICT, UNSORTED = 1 << CBOR_UNSORTED, FOREIGN = 1 << CBOR_FOREIGN };

#define OWN (STRICT | UNSORTED)
#define ALL (OWN | FOREIGN)

static bool scan(const char *hex, enum cbor_rules rules, size_t items, struct err *e)
{
	owned(hexed_free) struct bytes in = hexed(hex);

	return cbor_scan(in, BASE, rules, items, e);
}

struct example {
	const char *hex;
	unsigned rules;
};

static const struct example example[] = {
	{"00", ALL},
	{"01", ALL},
	{"0a", ALL},
	{"17", ALL},
	{"1818", ALL},
	{"1819", ALL},
	{"1864", ALL},
	{"1903e8", ALL},
	{"1a000f4240", ALL},
	{"1b000000e8d4a51000", ALL},
	{"1bffffffffffffffff", ALL},
	{"c249010000000000000000", ALL},
	{"3bffffffffffffffff", ALL},
	{"c349010000000000000000", ALL},
	{"20", ALL},
	{"29", ALL},
	{"3863", ALL},
	{"3903e7", ALL},
	{"f90000", ALL},
	{"f98000", ALL},
	{"f93c00", ALL},
	{"fb3ff199999999999a", ALL},
	{"f93e00", ALL},
	{"f97bff", ALL},
	{"fa47c35000", ALL},
	{"fa7f7fffff", ALL},
	{"fb7e37e43c8800759c", ALL},
	{"f90001", ALL},
	{"f90400", ALL},
	{"f9c400", ALL},
	{"fbc010666666666666", ALL},
	{"f97c00", ALL},
	{"f97e00", ALL},
	{"f9fc00", ALL},
	{"fa7f800000", FOREIGN},
	{"fa7fc00000", FOREIGN},
	{"faff800000", FOREIGN},
	{"fb7ff0000000000000", FOREIGN},
	{"fb7ff8000000000000", FOREIGN},
	{"fbfff0000000000000", FOREIGN},
	{"f4", ALL},
	{"f5", ALL},
	{"f6", ALL},
	{"f7", ALL},
	{"f0", ALL},
	{"f8ff", ALL},
	{"c074323031332d30332d32315432303a30343a30305a", ALL},
	{"c11a514b67b0", ALL},
	{"c1fb41d452d9ec200000", ALL},
	{"d74401020304", ALL},
	{"d818456449455446", ALL},
	{"d82076687474703a2f2f7777772e6578616d706c652e636f6d", ALL},
	{"40", ALL},
	{"4401020304", ALL},
	{"60", ALL},
	{"6161", ALL},
	{"6449455446", ALL},
	{"62225c", ALL},
	{"62c3bc", ALL},
	{"63e6b0b4", ALL},
	{"64f0908591", ALL},
	{"80", ALL},
	{"83010203", ALL},
	{"8301820203820405", ALL},
	{"98190102030405060708090a0b0c0d0e0f101112131415161718181819", ALL},
	{"a0", ALL},
	{"a201020304", ALL},
	{"a26161016162820203", ALL},
	{"826161a161626163", ALL},
	{"a56161614161626142616361436164614461656145", ALL},
	{"5f42010243030405ff", FOREIGN},
	{"7f657374726561646d696e67ff", FOREIGN},
	{"9fff", FOREIGN},
	{"9f018202039f0405ffff", FOREIGN},
	{"9f01820203820405ff", FOREIGN},
	{"83018202039f0405ff", FOREIGN},
	{"83019f0203ff820405", FOREIGN},
	{"9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff", FOREIGN},
	{"bf61610161629f0203ffff", FOREIGN},
	{"826161bf61626163ff", FOREIGN},
	{"bf6346756ef563416d7421ff", FOREIGN},
};

/* RFC 8949 appendix A: under which rules each example is accepted. */
static void examples_of_the_rfc_are_accepted_where_their_form_allows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(example); i++) {
		for (unsigned r = CBOR_STRICT; r <= CBOR_FOREIGN; r++) {
			struct err e = {0};
			bool accepted = scan(example[i].hex, (enum cbor_rules)r, ITEMS, &e);

			if (accepted != !!(example[i].rules & 1u << r))
				fail_msg("%s under rules %u: %s", example[i].hex, r,
					 accepted ? "accepted" : e.text);
		}
	}
}

struct refusal {
	const char *hex;
	unsigned rules;
	enum reason reason;
	unsigned at;
	const char *text;
};

static const struct refusal bad[] = {
	/* heads */
	{"", ALL, REASON_TRUNCATED, 0, "CBOR item needs 1 byte, 0 are left"},
	{"19ff", ALL, REASON_TRUNCATED, 1, "CBOR item needs 2 bytes, 1 is left"},
	{"1c", ALL, REASON_CBOR, 0, "CBOR item: 0x1c begins no CBOR item"},
	{"1f", ALL, REASON_CBOR, 0, "CBOR item: 0x1f begins no CBOR item"},
	{"3f", ALL, REASON_CBOR, 0, "CBOR item: 0x3f begins no CBOR item"},
	{"df", ALL, REASON_CBOR, 0, "CBOR item: 0xdf begins no CBOR item"},
	{"fe", ALL, REASON_CBOR, 0, "CBOR item: 0xfe begins no CBOR item"},
	{"8217 1817", OWN, REASON_CBOR, 2,
	 "the head of an unsigned integer has 2 bytes where 1 would do"},
	{"1900ff", OWN, REASON_CBOR, 0,
	 "the head of an unsigned integer has 3 bytes where 2 would do"},
	{"3a0000ffff", OWN, REASON_CBOR, 0,
	 "the head of a negative integer has 5 bytes where 3 would do"},
	{"5b00000000ffffffff", OWN, REASON_CBOR, 0,
	 "the head of a byte string has 9 bytes where 5 would do"},
	{"7800", OWN, REASON_CBOR, 0, "the head of a text string has 2 bytes where 1 would do"},
	{"980100", OWN, REASON_CBOR, 0, "the head of an array has 2 bytes where 1 would do"},
	{"b90000", OWN, REASON_CBOR, 0, "the head of a map has 3 bytes where 1 would do"},
	{"d81700", OWN, REASON_CBOR, 0, "the head of a tag has 2 bytes where 1 would do"},
	/* ends */
	{"0000", ALL, REASON_TRAILING, 1, "1 byte stands behind the end of the CBOR item"},
	{"4401", ALL, REASON_TRUNCATED, 1, "byte string needs 4 bytes, 1 is left"},
	{"62 61", ALL, REASON_TRUNCATED, 1, "text string needs 2 bytes, 1 is left"},
	{"8301", ALL, REASON_TRUNCATED, 0, "an array: a count of 3, where the bytes left allow 1"},
	{"82 9f ff", FOREIGN, REASON_TRUNCATED, 3, "CBOR item needs 1 byte, 0 are left"},
	{"a20102", ALL, REASON_TRUNCATED, 0, "a map: a count of 2, where the bytes left allow 1"},
	{"c1", ALL, REASON_TRUNCATED, 1, "CBOR item needs 1 byte, 0 are left"},
	/* bombs */
	{"9affffffff", ALL, REASON_TRUNCATED, 0,
	 "an array: a count of 4294967295, where the bytes left allow 0"},
	{"bb8000000000000000", ALL, REASON_TRUNCATED, 0,
	 "a map: a count of 9223372036854775808, where the bytes left allow 0"},
	{"5affffffff", ALL, REASON_TRUNCATED, 5, "byte string needs 4294967295 bytes, 0 are left"},
	{"7bffffffffffffffff", ALL, REASON_TRUNCATED, 9,
	 "text string needs 18446744073709551615 bytes, 0 are left"},
	/* indefinite lengths */
	{"5fff", OWN, REASON_CBOR, 0, "a byte string of indefinite length"},
	{"7fff", OWN, REASON_CBOR, 0, "a text string of indefinite length"},
	{"819fff", OWN, REASON_CBOR, 1, "an array of indefinite length"},
	{"bfff", OWN, REASON_CBOR, 0, "a map of indefinite length"},
	{"ff", ALL, REASON_CBOR, 0, "a break where nothing can end"},
	{"81ff", ALL, REASON_CBOR, 1, "a break where nothing can end"},
	{"9fc1ff", FOREIGN, REASON_CBOR, 2, "a break where nothing can end"},
	{"bf01ff", FOREIGN, REASON_CBOR, 2, "a map ends between a key and its value"},
	{"5f6161ff", FOREIGN, REASON_CBOR, 1, "a chunk of a byte string is a text string"},
	{"7f7f6161ffff", FOREIGN, REASON_CBOR, 1,
	 "a chunk of a text string is a text string of indefinite length"},
	{"7f00ff", FOREIGN, REASON_CBOR, 1, "a chunk of a text string is an unsigned integer"},
	/* text */
	{"6361ff62", ALL, REASON_CBOR, 2, "a text string is not UTF-8"},
	{"7f61c361bcff", FOREIGN, REASON_CBOR, 2, "a text string is not UTF-8"},
	{"63eda080", ALL, REASON_CBOR, 1, "a text string is not UTF-8"},
	/* simple values and floats */
	{"f818", ALL, REASON_CBOR, 0, "simple value 24 in two bytes"},
	{"f81f", ALL, REASON_CBOR, 0, "simple value 31 in two bytes"},
	{"f803", ALL, REASON_CBOR, 0, "simple value 3 in two bytes"},
	{"fa3fc00000", OWN, REASON_CBOR, 0, "a float of 4 bytes would keep its value in 2"},
	{"fb3ff8000000000000", OWN, REASON_CBOR, 0, "a float of 8 bytes would keep its value in 4"},
	{"fa33800000", OWN, REASON_CBOR, 0, "a float of 4 bytes would keep its value in 2"},
	{"fb36a0000000000000", OWN, REASON_CBOR, 0, "a float of 8 bytes would keep its value in 4"},
	/* keys */
	{"a201000100", ALL, REASON_CBOR, 3, "a map key repeats the one at offset 1001"},
	{"a3616100616200616100", UNSORTED | FOREIGN, REASON_CBOR, 7,
	 "a map key repeats the one at offset 1001"},
	{"a202000100", STRICT, REASON_CBOR, 3, "a map key sorts before the one at offset 1001"},
	{"a2616200616100", STRICT, REASON_CBOR, 4, "a map key sorts before the one at offset 1001"},
	{"a262616100616200", STRICT, REASON_CBOR, 5,
	 "a map key sorts before the one at offset 1001"},
	{"a220000100", STRICT, REASON_CBOR, 3, "a map key sorts before the one at offset 1001"},
	{"bf01001b000000000000000100ff", FOREIGN, REASON_CBOR, 3,
	 "a map key repeats the one at offset 1001"},
	{"a261610078016100", FOREIGN, REASON_CBOR, 4, "a map key repeats the one at offset 1001"},
	{"81a140a2 0100 0100", ALL, REASON_CBOR, 6, "a map key repeats the one at offset 1004"},
	{"a1 80 00", ALL, REASON_CBOR, 1,
	 "a map key is an array and must be an integer or a string"},
	{"a1 a0 00", ALL, REASON_CBOR, 1, "a map key is a map and must be an integer or a string"},
	{"a1 c100 00", ALL, REASON_CBOR, 1,
	 "a map key is a tag and must be an integer or a string"},
	{"a1 f5 00", ALL, REASON_CBOR, 1,
	 "a map key is a simple value and must be an integer or a string"},
	{"a1 f93c00 00", ALL, REASON_CBOR, 1,
	 "a map key is a float and must be an integer or a string"},
	{"a1 7f6161ff 00", FOREIGN, REASON_CBOR, 1,
	 "a map key is a text string of indefinite length and must be an integer or a string"},
};

static void every_refusal_of_the_scan_says_what_and_where(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		for (unsigned r = CBOR_STRICT; r <= CBOR_FOREIGN; r++) {
			struct err e = {0};

			if (!(bad[i].rules & 1u << r))
				continue;
			if (scan(bad[i].hex, (enum cbor_rules)r, ITEMS, &e))
				fail_msg("%s under rules %u is accepted", bad[i].hex, r);
			check_err(&e, bad[i].reason, bad[i].text);
			assert_true(e.at);
			assert_int_equal(e.offset, BASE + bad[i].at);
		}
	}
}

static void what_one_set_of_rules_refuses_another_may_accept(void **state)
{
	static const struct {
		const char *hex;
		unsigned rules;
	} some[] = {
		{"a202000100", UNSORTED | FOREIGN},
		{"a2616200616100", UNSORTED | FOREIGN},
		{"1817", FOREIGN},
		{"a2010018ff00", ALL},
		{"a3 01 00 20 00 41aa 00",
		 ALL}, /* equal bytes of different types are different keys */
		{"a2 41 61 00 61 61 00", ALL},
		{"a2 40 a20100 0200 60 a201000200", ALL}, /* the same keys again in another map */
		{"f8 20", ALL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(some); i++) {
		for (unsigned r = CBOR_STRICT; r <= CBOR_FOREIGN; r++) {
			struct err e = {0};
			bool accepted = scan(some[i].hex, (enum cbor_rules)r, ITEMS, &e);

			if (accepted != !!(some[i].rules & 1u << r))
				fail_msg("%s under rules %u: %s", some[i].hex, r,
					 accepted ? "accepted" : e.text);
		}
	}
}

static void depth_is_bounded_at_sixteen(void **state)
{
	static const uint8_t nest[] = {0x81, 0xc1, 0x9f, 0x5f};
	uint8_t in[64];

	(void)state;
	for (size_t i = 0; i < COUNT(nest); i++) {
		bool indefinite = (nest[i] & 0x1f) == 0x1f;
		size_t inner = nest[i] == 0x5f ? 1 : CBOR_MAX_DEPTH, n = 0;
		struct err e = {0};

		/* byte strings in chunks hold no others: put them below arrays */
		while (n < CBOR_MAX_DEPTH - inner)
			in[n++] = 0x81;
		while (n < CBOR_MAX_DEPTH)
			in[n++] = nest[i];
		if (!indefinite)
			in[n++] = 0x00;
		for (size_t k = 0; indefinite && k < inner; k++)
			in[n++] = 0xff;
		assert_true(cbor_scan(bytes_of(in, n), BASE, CBOR_FOREIGN, ITEMS, &e));
		memmove(in + 1, in, n++);
		in[0] = 0x81;
		assert_false(cbor_scan(bytes_of(in, n), BASE, CBOR_FOREIGN, ITEMS, &e));
		check_err(&e, REASON_LIMIT, "nested deeper than 16 levels");
		assert_int_equal(e.offset, BASE + CBOR_MAX_DEPTH);
	}
}

static void items_are_counted_against_the_budget(void **state)
{
	struct err e = {0};

	(void)state;
	assert_true(scan("8301a1020380", CBOR_STRICT, 6, &e));
	assert_false(scan("8301a1020380", CBOR_STRICT, 5, &e));
	check_err(&e, REASON_LIMIT, "more than 5 items");
	assert_int_equal(e.offset, BASE + 5);
}

/* Sorted, reversed and shuffled keys; a repetition wherever it stands. */
static void a_repeated_key_is_found_among_many(void **state)
{
	enum { KEYS = 1000 };
	static uint8_t in[3 + KEYS * 4];

	(void)state;
	for (unsigned repeat = 0; repeat <= KEYS; repeat += 97) {
		struct err e = {0};
		size_t n = 0;

		in[n++] = 0xb9;
		in[n++] = KEYS >> 8;
		in[n++] = KEYS & 0xff;
		for (unsigned i = 0; i < KEYS; i++) {
			unsigned key = 256 + (i + 1 == repeat ? 1 : i) * 367 % KEYS;

			in[n++] = 0x19;
			in[n++] = (uint8_t)(key >> 8);
			in[n++] = (uint8_t)key;
			in[n++] = 0;
		}
		if (cbor_scan(bytes_of(in, n), 0, CBOR_UNSORTED, 3 * KEYS, &e)) {
			assert_int_equal(repeat, 0);
			continue;
		}
		check_err(&e, REASON_CBOR, "a map key repeats the one at offset 7");
		assert_int_equal(e.offset, 3 + (repeat - 1) * 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples_of_the_rfc_are_accepted_where_their_form_allows),
		cmocka_unit_test(every_refusal_of_the_scan_says_what_and_where),
		cmocka_unit_test(what_one_set_of_rules_refuses_another_may_accept),
		cmocka_unit_test(depth_is_bounded_at_sixteen),
		cmocka_unit_test(items_are_counted_against_the_budget),
		cmocka_unit_test(a_repeated_key_is_found_among_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
