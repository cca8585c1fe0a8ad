#include "eif/metadata.h"

#include "tests/unit/support_check.h"

/* Results are those of serde_json 1.0.135 (ryu) and 1.0.154 (zmij), which agree on them. */

static void check_out(const char *text, bool pretty, const char *written)
{
	struct buf out = BUF(4096);
	struct json_out w = json_out(&out, pretty);
	struct err e = {0};
	struct json j;
	bool ok;

	assert_true(json_read(&j, bytes_str(text), 0, &e));
	ok = eif_serde_out(&w, &j, j.nodes, &e);
	check_no_err(&e);
	assert_true(ok);
	assert_string_equal(buf_cstr(&out), written);
	buf_free(&out);
	json_free(&j);
}

static void check_refused(const char *text, const char *why)
{
	struct buf out = BUF(4096), array = BUF(4096);
	struct json_out w = json_out(&out, false);
	struct err e = {0};
	struct json j;

	buf_fmt(&array, "{\"a\":[0, %s]}", text);
	assert_true(json_read(&j, buf_bytes(&array), 100, &e));
	assert_false(eif_serde_out(&w, &j, j.nodes, &e));
	check_err(&e, REASON_METADATA_NUMBER, why);
	assert_int_equal(e.offset, 109);
	buf_free(&out);
	buf_free(&array);
	json_free(&j);
}

static void integers_of_64_bits_keep_their_spelling(void **state)
{
	static const char *const numbers[] = {
		"0",
		"1",
		"-1",
		"10",
		"9007199254740993",
		"9223372036854775807",
		"9223372036854775808",
		"18446744073709551615",
		"-9223372036854775807",
		"-9223372036854775808",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++)
		check_out(numbers[i], false, numbers[i]);
}

static void all_other_numbers_are_spelt_as_doubles(void **state)
{
	static const char *const numbers[][2] = {
		{"-0", "-0.0"},
		{"0.0", "0.0"},
		{"-0.00e7", "-0.0"},
		{"0e999999999999", "0.0"},
		{"0.00000000000000000000000000000000000000000e-5", "0.0"},
		{"1.0", "1.0"},
		{"1e0", "1.0"},
		{"1e3", "1000.0"},
		{"1.5", "1.5"},
		{"-1.50", "-1.5"},
		{"0.1", "0.1"},
		{"120e-1", "12.0"},
		{"1e15", "1000000000000000.0"},
		{"123456789012345e1", "1234567890123450.0"},
		{"1234567890.12345", "1234567890.12345"},
		{"0.0001", "0.0001"},
		{"1e-5", "0.00001"},
		{"1.25E-5", "0.0000125"},
		{"1e-6", "1e-6"},
		{"1.25e-6", "1.25e-6"},
		{"-123456789012345e-20", "-1.23456789012345e-6"},
		{"1e-300", "1e-300"},
		{"2.5e-10", "2.5e-10"},
		{"1.500000000000000000000000000000", "1.5"},
		{"100000000000000000000000000000e-20", "1000000000.0"},
		{"0.000000000000000000000000000000000125e30", "0.000125"},
		{"1e+2", "100.0"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++)
		check_out(numbers[i][0], false, numbers[i][1]);
}

static void numbers_of_more_than_15_digits_are_refused(void **state)
{
	(void)state;
	check_refused("0.1234567890123456", "number 0.1234567890123456 needs at most 15 "
					    "significant digits, found 16");
	check_refused("1000000000000000000001", "number 1000000000000000000001 needs at most 15 "
						"significant digits, found 22");
	check_refused("-9223372036854775809", "number -9223372036854775809 needs at most 15 "
					      "significant digits, found 19");
	check_refused("0.00012345678901234567890123456789012345678901",
		      "number 0.00012345678901234567890123456789012345... needs at most 15 "
		      "significant digits, found 41");
}

/* 1e16 to serde_json 1.0.146 and before, 1e+16 to the versions since. */
static void doubles_of_1e16_and_more_are_refused(void **state)
{
#define WHY                                                                                    \
	" needs to be below 1e16 or an integer of 64 bits: whether a plus sign stands behind " \
	"its e depends on the builder"
	(void)state;
	check_refused("1e16", "number 1e16" WHY);
	check_refused("-1e16", "number -1e16" WHY);
	check_refused("20000000000000000000", "number 20000000000000000000" WHY);
	check_refused("10000000000000000.0", "number 10000000000000000.0" WHY);
	check_refused("1e400", "number 1e400" WHY);
	check_refused("1e99999999999", "number 1e99999999999" WHY);
#undef WHY
}

static void doubles_below_the_normal_ones_are_refused(void **state)
{
	(void)state;
	check_refused("1e-308", "number 1e-308 needs to be 0 or at least 2.3e-308");
	check_refused("5e-324", "number 5e-324 needs to be 0 or at least 2.3e-308");
	check_refused("-1e-99999999999",
		      "number -1e-99999999999 needs to be 0 or at least 2.3e-308");
}

/* serde_json's fast reader makes 6.199999999999999e-24 and 1.0000000000000001e-66 of them. */
static void doubles_that_the_reference_rounds_wrongly_are_refused(void **state)
{
	(void)state;
	check_refused("6.2e-24", "number 6.2e-24 is one that the reference builder rounds wrongly");
	check_refused("1E-66", "number 1E-66 is one that the reference builder rounds wrongly");
}

static void keys_are_sorted_at_every_level(void **state)
{
	(void)state;
	check_out(
		"{\"b\":{\"z\":[3,{\"y\":1,\"x\":{}}],\"\":[]},\"B\":true,\"a\\u0000\":\"\\/\",\"a\":null}",
		false,
		"{\"B\":true,\"a\":null,\"a\\u0000\":\"/\",\"b\":{\"\":[],\"z\":[3,{\"x\":{},\"y\":1}]}}");
	check_out("{\"b\":[1e2,{}],\"a\":{\"c\":[]}}", true,
		  "{\n  \"a\": {\n    \"c\": []\n  },\n  \"b\": [\n    100.0,\n    {}\n  ]\n}");
}

static void a_value_is_written_behind_a_key_of_the_caller(void **state)
{
	struct buf out = BUF(4096);
	struct json_out w = json_out(&out, false);
	struct err e = {0};
	struct json j;

	(void)state;
	assert_true(json_read(&j, bytes_str("[{\"b\":1,\"a\":2},3]"), 0, &e));
	json_open(&w, '{');
	json_key(&w, "value");
	assert_true(eif_serde_out(&w, &j, &j.nodes[1], &e));
	json_key(&w, "next");
	assert_true(eif_serde_out(&w, &j, &j.nodes[4], &e));
	json_close(&w, '}');
	assert_string_equal(buf_cstr(&out), "{\"value\":{\"a\":2,\"b\":1},\"next\":3}");
	buf_free(&out);
	json_free(&j);
}

static void the_deepest_tree_is_written(void **state)
{
	char text[2 * JSON_MAX_DEPTH + 1] = {0};

	(void)state;
	memset(text, '[', JSON_MAX_DEPTH);
	memset(text + JSON_MAX_DEPTH, ']', JSON_MAX_DEPTH);
	check_out(text, false, text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_of_64_bits_keep_their_spelling),
		cmocka_unit_test(all_other_numbers_are_spelt_as_doubles),
		cmocka_unit_test(numbers_of_more_than_15_digits_are_refused),
		cmocka_unit_test(doubles_of_1e16_and_more_are_refused),
		cmocka_unit_test(doubles_below_the_normal_ones_are_refused),
		cmocka_unit_test(doubles_that_the_reference_rounds_wrongly_are_refused),
		cmocka_unit_test(keys_are_sorted_at_every_level),
		cmocka_unit_test(a_value_is_written_behind_a_key_of_the_caller),
		cmocka_unit_test(the_deepest_tree_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
