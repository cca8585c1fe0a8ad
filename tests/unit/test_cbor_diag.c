#include "measure/core/cbor_diag.h"

#include <stdlib.h>

#include "measure/core/cbor_walk.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_diag.h"
#include "tests/unit/support_hex.h"

#define ITEMS 1000
#define ROOM 65536

struct example {
	const char *hex, *text;
};

/* RFC 8949 appendix A, and what it leaves out. */
static const struct example examples[] = {
	{"00", "0"},
	{"17", "23"},
	{"1818", "24"},
	{"1bffffffffffffffff", "18446744073709551615"},
	{"20", "-1"},
	{"3903e7", "-1000"},
	{"3bffffffffffffffff", "-18446744073709551616"},
	{"f90000", "0.0"},
	{"f98000", "-0.0"},
	{"f93c00", "1.0"},
	{"f93e00", "1.5"},
	{"f97bff", "65504.0"},
	{"f90001", "5.9604644775390625e-08"},
	{"f90400", "6.103515625e-05"},
	{"f9c400", "-4.0"},
	{"fa47c35000", "100000.0"},
	{"fa7f7fffff", "3.4028234663852886e+38"},
	{"fb3ff199999999999a", "1.1000000000000001"},
	{"fb7e37e43c8800759c", "1.0000000000000001e+300"},
	{"f97c00", "Infinity"},
	{"f97e00", "NaN"},
	{"fbfff0000000000000", "-Infinity"},
	{"f4", "false"},
	{"f5", "true"},
	{"f6", "null"},
	{"f7", "undefined"},
	{"f0", "simple(16)"},
	{"f8ff", "simple(255)"},
	{"c11a514b67b0", "1(1363896240)"},
	{"d818456449455446", "24(<<\"IETF\">>)"},
	{"d8184100", "24(<<0>>)"},
	{"d901f94100", "505(<<0>>)"},
	{"d901f941ff", "505(h'ff')"},
	{"40", "h''"},
	{"4401020304", "h'01020304'"},
	{"60", "\"\""},
	{"62225c", "\"\\\"\\\\\""},
	{"62c3bc", "\"\xc3\xbc\""},
	{"64f0908591", "\"\xf0\x90\x85\x91\""},
	{"610a", "\"\\u000a\""},
	{"63e280ae", "\"\\u202e\""},
	{"64f3a08081", "\"\\udb40\\udc01\""},
	{"80", "[]"},
	{"a0", "{}"},
	{"8301820203820405", "[1, [2, 3], [4, 5]]"},
	{"a26161016162820203", "{\"a\": 1, \"b\": [2, 3]}"},
	{"5f42010243030405ff", "(_ h'0102', h'030405')"},
	{"7f657374726561646d696e67ff", "(_ \"strea\", \"ming\")"},
	{"9fff", "[_ ]"},
	{"9f018202039f0405ffff", "[_ 1, [2, 3], [_ 4, 5]]"},
	{"bf61610161629f0203ffff", "{_ \"a\": 1, \"b\": [_ 2, 3]}"},
	{"1817", "23_0"},
	{"190001", "1_1"},
	{"3a00000000", "-1_2"},
	{"1b0000000000000001", "1_3"},
	{"580100", "h'00'_0"},
	{"9801 00", "[_0 0]"},
	{"d9000100", "1_1(0)"},
	{"82 581e 000000000000000000000000000000000000000000000000000000000000 01",
	 "[\n  h'000000000000000000000000000000000000000000000000000000000000',\n  1\n]"},
	{"a1 01 82 581e 000000000000000000000000000000000000000000000000000000000000 a102 03",
	 "{\n  1: [\n    h'000000000000000000000000000000000000000000000000000000000000',\n"
	 "    {2: 3}\n  ]\n}"},
};

static void diag(struct bytes in, struct buf *out)
{
	struct err e = {0};

	if (!cbor_diag(in, ITEMS, out, &e))
		fail_msg("%s", e.text);
}

static void examples_are_shown_as_the_rfc_shows_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(examples); i++) {
		owned(hexed_free) struct bytes in = hexed(examples[i].hex);
		owned(buf_free) struct buf out = BUF(ROOM), expected = BUF(ROOM);

		diag(in, &out);
		buf_fmt(&expected, "%s\n", examples[i].text);
		assert_string_equal(buf_cstr(&out), buf_cstr(&expected));
	}
}

static void an_envelope_is_shown_with_what_is_inside(void **state)
{
	owned(hexed_free) struct bytes in = diag_bytes(
		"18([<<{1: -35, 4: h'a0', 8: <<{0: 1}>>}>>, {8: h'a0'}, <<501({0: 1})>>, h'a0'])");
	owned(buf_free) struct buf out = BUF(ROOM);

	(void)state;
	diag(in, &out);
	assert_string_equal(buf_cstr(&out), "18([\n"
					    "  <<{1: -35, 4: h'a0', 8: <<{0: 1}>>}>>,\n"
					    "  {8: h'a0'},\n"
					    "  <<501({0: 1})>>,\n"
					    "  h'a0'\n"
					    "])\n");
}

static const char *const round_trips[] = {
	"501({0: \"i\", 1: [506(<<{1: {0: \"t\"}, 4: [1, -2, h'00', true, null]}>>), 505(<<[]>>)]})",
	"[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]",
	"{1: {2: {3: \"a long text that does not fit into a short line of its own\"}}, 4: [5, [6]]}",
	"24(<<24(<<24(<<24(<<0>>)>>)>>)>>)",
	"[_ 1_1, {_ \"a\": 2_3}, 3_2(4)]",
};

static void what_is_shown_says_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(round_trips); i++) {
		owned(hexed_free) struct bytes in = diag_bytes(round_trips[i]);
		owned(buf_free) struct buf out = BUF(ROOM);

		diag(in, &out);
		struct bytes again = diag_bytes(buf_cstr(&out));

		assert_true(bytes_equal(in, again));
		hexed_free(&again);
	}
}

static void what_is_no_CBOR_is_refused(void **state)
{
	owned(hexed_free) struct bytes cut = hexed("8201"), repeats = hexed("a201000100");
	owned(buf_free) struct buf out = BUF(ROOM), small = BUF(4);
	owned(hexed_free) struct bytes list = hexed("8501020304 05");
	struct err e = {0};

	(void)state;
	assert_false(cbor_diag(cut, ITEMS, &out, &e));
	check_err(&e, REASON_TRUNCATED, "an array: a count of 2, where the bytes left allow 1");
	e = (struct err){0};
	assert_false(cbor_diag(repeats, ITEMS, &out, &e));
	check_err(&e, REASON_CBOR, "a map key repeats the one at offset 1");
	e = (struct err){0};
	assert_false(cbor_diag(list, 5, &out, &e));
	check_err(&e, REASON_LIMIT, "more than 5 items");
	e = (struct err){0};
	assert_false(cbor_diag(list, ITEMS, &small, &e));
	assert_int_equal(e.reason, REASON_LIMIT);
}

static void depth_is_bounded_however_it_is_made(void **state)
{
	uint8_t nested[256];
	owned(buf_free) struct buf out = BUF(ROOM);
	size_t n = sizeof(nested);

	(void)state;
	nested[--n] = 0;
	while (n >= 5 && sizeof(nested) - n < 200) { /* 24(<<24(<<...>>)>>) */
		size_t size = sizeof(nested) - n;

		nested[--n] = (uint8_t)size;
		nested[--n] = 0x58;
		nested[--n] = 24;
		nested[--n] = 0xd8;
	}
	diag(bytes_of(nested + n, sizeof(nested) - n), &out);
	assert_true(out.n > 100);
}

/* ---- walking */

static bool walk(const char *text, void (*reader)(struct cur *), struct err *e)
{
	owned(hexed_free) struct bytes in = diag_bytes(text);
	struct cur c = cur_new(in, 0, e);

	reader(&c);
	return cur_ok(&c) && cur_end(&c, "the item");
}

static void pass_over(struct cur *c)
{
	cbor_walk_skip(c, "item");
}

static void sum(struct cur *c)
{
	struct cbor_run run = cbor_walk_map(c, "map");

	while (cbor_walk_next(c, &run)) {
		cbor_walk_int(c, "key");
		cbor_walk_skip(c, "value");
	}
}

static void take_bool(struct cur *c)
{
	cbor_walk_bool(c, "flag");
}

static void take_text(struct cur *c)
{
	cbor_walk_text(c, "name");
}

static void take_int(struct cur *c)
{
	cbor_walk_int(c, "number");
}

static void any_item_is_passed_over_whole(void **state)
{
	struct err e = {0};

	(void)state;
	assert_true(walk("[1, {2: [_ 3, h'00', \"x\"]}, 5(6(7)), null]", pass_over, &e));
	assert_true(walk("{_ 1: {_ 2: 3}, 4_1: []}", sum, &e));
	assert_true(walk("{}", sum, &e));
	assert_true(walk("true", take_bool, &e));
}

static void another_type_is_named(void **state)
{
	static const struct {
		const char *text;
		void (*reader)(struct cur *);
		const char *says;
	} cases[] = {
		{"[]", sum, "map is an array and must be a map"},
		{"{\"a\": 1}", sum, "key is a text string and must be an integer"},
		{"null", take_bool, "flag is a simple value and must be true or false"},
		{"1", take_bool, "flag is an unsigned integer and must be true or false"},
		{"x'7f6161ff'", take_text,
		 "name is a text string of indefinite length and must be of definite length"},
		{"18446744073709551615", take_int,
		 "number is an unsigned integer beyond 64 bits with sign"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = {0};

		assert_false(walk(cases[i].text, cases[i].reader, &e));
		check_err(&e, REASON_CBOR, cases[i].says);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples_are_shown_as_the_rfc_shows_them),
		cmocka_unit_test(an_envelope_is_shown_with_what_is_inside),
		cmocka_unit_test(what_is_shown_says_all),
		cmocka_unit_test(what_is_no_CBOR_is_refused),
		cmocka_unit_test(depth_is_bounded_however_it_is_made),
		cmocka_unit_test(any_item_is_passed_over_whole),
		cmocka_unit_test(another_type_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
