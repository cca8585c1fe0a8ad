#include "measure/base/json.h"

#include <stdlib.h>

#include "tests/unit/support_check.h"

#define BASE 1000u

/* The string literal may hold NULs. */
#define TEXT(literal) bytes_of(literal, sizeof(literal) - 1)

static void read_ok(struct json *j, struct bytes text)
{
	struct err e = {0};
	bool ok = json_read(j, text, BASE, &e);

	check_no_err(&e);
	assert_true(ok);
}

static void check_refused(struct bytes text, enum reason r, uint64_t offset, const char *why)
{
	struct json untouched = {.n = 77}, j = untouched;
	struct err e = {0};

	assert_false(json_read(&j, text, BASE, &e));
	check_err(&e, r, why);
	assert_true(e.at);
	assert_int_equal(e.offset, BASE + offset);
	assert_memory_equal(&j, &untouched, sizeof(j));
}

static void the_tree_is_flat_and_in_order(void **state)
{
	const char text[] =
		" {\"a\" : [1, \"x\", []], \"b\":{\"c\":null},\"d\":true, \"e\":false } ";
	static const struct {
		enum json_type type;
		uint32_t next, count;
		const char *key, *text;
		uint64_t offset;
	} want[] = {
		{JSON_OBJECT, 9, 4, "", "", 1},	 {JSON_ARRAY, 5, 3, "a", "", 2},
		{JSON_NUMBER, 3, 0, "", "1", 9}, {JSON_STRING, 4, 0, "", "x", 12},
		{JSON_ARRAY, 5, 0, "", "", 17},	 {JSON_OBJECT, 7, 1, "b", "", 22},
		{JSON_NULL, 7, 0, "c", "", 27},	 {JSON_TRUE, 8, 0, "d", "", 37},
		{JSON_FALSE, 9, 0, "e", "", 47},
	};
	struct json j;

	(void)state;
	read_ok(&j, TEXT(text));
	assert_int_equal(j.n, COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++) {
		const struct json_node *node = &j.nodes[i];

		assert_int_equal(node->type, want[i].type);
		assert_int_equal(node->next, want[i].next);
		assert_int_equal(node->count, want[i].count);
		assert_true(bytes_equal(node->key, bytes_str(want[i].key)));
		assert_true(bytes_equal(node->text, bytes_str(want[i].text)));
		assert_int_equal(node->offset, BASE + want[i].offset);
	}
	json_free(&j);
	assert_null(j.nodes);
	json_free(&j);
}

static void containers_are_walked_and_members_found(void **state)
{
	const struct json_node *node;
	struct json j;

	(void)state;
	read_ok(&j, TEXT("{\"list\":[[1],{\"x\":2},3],\"empty\":{},\"last\":4,\"\":5}"));
	node = json_first(&j, json_member(&j, j.nodes, "list"));
	assert_int_equal(node->type, JSON_ARRAY);
	node = json_after(&j, &j.nodes[1], node);
	assert_int_equal(node->type, JSON_OBJECT);
	node = json_after(&j, &j.nodes[1], node);
	assert_int_equal(node->type, JSON_NUMBER);
	assert_null(json_after(&j, &j.nodes[1], node));
	assert_null(json_first(&j, json_member(&j, j.nodes, "empty")));
	assert_true(bytes_equal(json_member(&j, j.nodes, "last")->text, bytes_str("4")));
	assert_true(bytes_equal(json_member(&j, j.nodes, "")->text, bytes_str("5")));
	assert_null(json_member(&j, j.nodes, "x"));
	assert_null(json_member(&j, j.nodes, "las"));
	json_free(&j);
}

static void the_tree_outlives_the_text(void **state)
{
	char text[] = "{\"key\":[\"value\",12.5]}";
	struct json j;

	(void)state;
	read_ok(&j, bytes_str(text));
	memset(text, 'x', sizeof(text));
	assert_true(bytes_equal(j.nodes[1].key, bytes_str("key")));
	assert_true(bytes_equal(j.nodes[2].text, bytes_str("value")));
	assert_true(bytes_equal(j.nodes[3].text, bytes_str("12.5")));
	json_free(&j);
}

static void members_are_sorted_by_the_bytes_of_their_keys(void **state)
{
	static const char *const order[] = {
		"", "A", "Z", "a", "aa", "b", "\xc3\xa9", "\xef\xbf\xbf", "\xf0\x90\x80\x80"};
	const struct json_node **list;
	struct err e = {0};
	struct json j;

	(void)state;
	read_ok(&j, TEXT("{\"b\":[2,1],\"aa\":0,\"\\ud800\\udc00\":0,\"a\":0,\"\":0,\"\xc3\xa9\":0,"
			 "\"Z\":0,\"\\uffff\":0,\"A\":0}"));
	list = json_sorted(&j, j.nodes, &e);
	assert_non_null(list);
	for (size_t i = 0; i < COUNT(order); i++)
		assert_true(bytes_equal(list[i]->key, bytes_str(order[i])));
	free(list);
	list = json_sorted(&j, json_member(&j, j.nodes, "b"), &e);
	assert_non_null(list);
	assert_true(bytes_equal(list[0]->text, bytes_str("2")));
	assert_true(bytes_equal(list[1]->text, bytes_str("1")));
	free(list);
	json_free(&j);
}

static void every_type_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(json_type_name(JSON_NULL), "null");
	assert_string_equal(json_type_name(JSON_FALSE), "a boolean");
	assert_string_equal(json_type_name(JSON_TRUE), "a boolean");
	assert_string_equal(json_type_name(JSON_NUMBER), "a number");
	assert_string_equal(json_type_name(JSON_STRING), "a string");
	assert_string_equal(json_type_name(JSON_ARRAY), "an array");
	assert_string_equal(json_type_name(JSON_OBJECT), "an object");
}

static void check_string(struct bytes text, struct bytes meant)
{
	struct json j;

	read_ok(&j, text);
	assert_int_equal(j.nodes->type, JSON_STRING);
	assert_true(bytes_equal(j.nodes->text, meant));
	json_free(&j);
}

static void strings_are_unescaped(void **state)
{
	(void)state;
	check_string(TEXT("\"\""), TEXT(""));
	check_string(TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), TEXT("\"\\/\b\f\n\r\t"));
	check_string(TEXT("\"x\\u0000y\""), TEXT("x\0y"));
	check_string(TEXT("\"\\u0041\\u00e9\\u20AC\\uFFFF\""),
		     TEXT("A\xc3\xa9\xe2\x82\xac\xef\xbf\xbf"));
	check_string(TEXT("\"\\ud83d\\uDD12\""), TEXT("\xf0\x9f\x94\x92"));
	check_string(TEXT("\"\\udbff\\udfff\""), TEXT("\xf4\x8f\xbf\xbf"));
	check_string(TEXT("\"\x7f\xf0\x9f\x94\x92\xef\xbb\xbf\""),
		     TEXT("\x7f\xf0\x9f\x94\x92\xef\xbb\xbf"));
}

static void broken_strings_are_refused(void **state)
{
	(void)state;
	check_refused(TEXT("\"abc"), REASON_JSON, 4, "needs a closing quote, found the end");
	check_refused(TEXT("\"a\nb\""), REASON_JSON, 2, "needs a closing quote, found byte 0x0a");
	check_refused(TEXT("\"a\0b\""), REASON_JSON, 2, "needs a closing quote, found byte 0x00");
	check_refused(TEXT("\"\\x\""), REASON_JSON, 2,
		      "needs one of \"\\/bfnrtu behind a backslash, found 'x'");
	check_refused(TEXT("\"\\"), REASON_JSON, 2,
		      "needs one of \"\\/bfnrtu behind a backslash, found the end");
	check_refused(TEXT("\"\\\0\""), REASON_JSON, 2,
		      "needs one of \"\\/bfnrtu behind a backslash, found byte 0x00");
	check_refused(TEXT("\"\\u00g0\""), REASON_JSON, 5,
		      "needs four hexadecimal digits behind \\u, found 'g'");
	check_refused(TEXT("\"\\u12"), REASON_JSON, 5,
		      "needs four hexadecimal digits behind \\u, found the end");
}

static void surrogates_come_in_pairs_or_not_at_all(void **state)
{
	const char *alone = "needs a pair of surrogates, found \\ud800 alone";

	(void)state;
	check_refused(TEXT("\"ab\\ud800\""), REASON_JSON, 3, alone);
	check_refused(TEXT("\"ab\\ud800\\n\""), REASON_JSON, 3, alone);
	check_refused(TEXT("\"ab\\uD800x\""), REASON_JSON, 3, alone);
	check_refused(TEXT("\"\\udc00\""), REASON_JSON, 1,
		      "needs a pair of surrogates, found \\udc00 alone");
	check_refused(TEXT("\"\\ud800\\ud800\""), REASON_JSON, 1,
		      "needs a pair of surrogates, found \\ud800 and \\ud800");
	check_refused(TEXT("\"\\ud800\\u0041\""), REASON_JSON, 1,
		      "needs a pair of surrogates, found \\ud800 and \\u0041");
	check_refused(TEXT("\"\\ud800\\udc0\""), REASON_JSON, 12,
		      "needs four hexadecimal digits behind \\u, found '\"'");
}

static void numbers_keep_their_spelling(void **state)
{
	static const char *const numbers[] = {
		"0",   "-0",   "7",	 "-12", "18446744073709551616",		  "0.0",   "-0.10",
		"1e5", "1E+5", "1.0e-5", "0e0", "123456789012345678901234567890", "1e999",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		struct json j;

		read_ok(&j, bytes_str(numbers[i]));
		assert_int_equal(j.nodes->type, JSON_NUMBER);
		assert_true(bytes_equal(j.nodes->text, bytes_str(numbers[i])));
		json_free(&j);
	}
}

static void broken_numbers_are_refused(void **state)
{
	(void)state;
	check_refused(TEXT("01"), REASON_JSON, 1, "needs no digit behind a leading 0, found '1'");
	check_refused(TEXT("-"), REASON_JSON, 1,
		      "needs a digit behind the minus sign, found the end");
	check_refused(TEXT("-x"), REASON_JSON, 1, "needs a digit behind the minus sign, found 'x'");
	check_refused(TEXT("1.e5"), REASON_JSON, 2,
		      "needs a digit behind the decimal point, found 'e'");
	check_refused(TEXT("1e"), REASON_JSON, 2, "needs a digit in the exponent, found the end");
	check_refused(TEXT("1e+-5"), REASON_JSON, 3, "needs a digit in the exponent, found '-'");
	check_refused(TEXT("+1"), REASON_JSON, 0, "needs a value, found '+'");
	check_refused(TEXT(".5"), REASON_JSON, 0, "needs a value, found '.'");
	check_refused(TEXT("NaN"), REASON_JSON, 0, "needs a value, found 'N'");
	check_refused(TEXT("1_000"), REASON_TRAILING, 1,
		      "4 bytes stand behind the end of the JSON value");
}

static void texts_without_a_value_are_refused(void **state)
{
	(void)state;
	check_refused((struct bytes){0}, REASON_JSON, 0, "needs a value, found the end");
	check_refused(TEXT(" \t\r\n"), REASON_JSON, 4, "needs a value, found the end");
	check_refused(TEXT("\xef\xbb\xbf{}"), REASON_JSON, 0,
		      "needs a value, found a byte order mark");
	check_refused(TEXT("\0"), REASON_JSON, 0, "needs a value, found byte 0x00");
	check_refused(TEXT("\v1"), REASON_JSON, 0, "needs a value, found byte 0x0b");
	check_refused(TEXT("tru"), REASON_JSON, 0, "needs a value, found 't'");
	check_refused(TEXT("\xc2\xa0"
			   "1"),
		      REASON_JSON, 0, "needs a value, found byte 0xc2");
}

static void text_that_is_not_utf8_is_refused(void **state)
{
	(void)state;
	check_refused(TEXT("\"a\xff\""), REASON_JSON, 2, "needs UTF-8, found byte 0xff");
	check_refused(TEXT("[\"\xed\xa0\x80\"]"), REASON_JSON, 2, "needs UTF-8, found byte 0xed");
	check_refused(TEXT("{}\x80"), REASON_JSON, 2, "needs UTF-8, found byte 0x80");
}

static void bytes_behind_the_value_are_refused(void **state)
{
	(void)state;
	check_refused(TEXT("{} {}"), REASON_TRAILING, 3,
		      "2 bytes stand behind the end of the JSON value");
	check_refused(TEXT("{}\0"), REASON_TRAILING, 2,
		      "1 byte stands behind the end of the JSON value");
	check_refused(TEXT("nullx"), REASON_TRAILING, 4,
		      "1 byte stands behind the end of the JSON value");
	check_refused(TEXT("[]]"), REASON_TRAILING, 2,
		      "1 byte stands behind the end of the JSON value");
}

static void broken_containers_are_refused(void **state)
{
	(void)state;
	check_refused(TEXT("["), REASON_JSON, 1, "needs a value, found the end");
	check_refused(TEXT("[1"), REASON_JSON, 2, "needs ',' or ']', found the end");
	check_refused(TEXT("[1}"), REASON_JSON, 2, "needs ',' or ']', found '}'");
	check_refused(TEXT("[1 2]"), REASON_JSON, 3, "needs ',' or ']', found '2'");
	check_refused(TEXT("[1,]"), REASON_JSON, 3, "needs a value, found ']'");
	check_refused(TEXT("[,1]"), REASON_JSON, 1, "needs a value, found ','");
	check_refused(TEXT("{"), REASON_JSON, 1, "needs a key in quotes, found the end");
	check_refused(TEXT("{a:1}"), REASON_JSON, 1, "needs a key in quotes, found 'a'");
	check_refused(TEXT("{\"a\"}"), REASON_JSON, 4, "needs ':' behind a key, found '}'");
	check_refused(TEXT("{\"a\":}"), REASON_JSON, 5, "needs a value, found '}'");
	check_refused(TEXT("{\"a\":1"), REASON_JSON, 6, "needs ',' or '}', found the end");
	check_refused(TEXT("{\"a\":1]"), REASON_JSON, 6, "needs ',' or '}', found ']'");
	check_refused(TEXT("{\"a\":1,}"), REASON_JSON, 7, "needs a key in quotes, found '}'");
	check_refused(TEXT("{,}"), REASON_JSON, 1, "needs a key in quotes, found ','");
}

static void a_key_that_stands_twice_is_refused(void **state)
{
	(void)state;
	check_refused(TEXT("{\"a\":1, \"a\":1}"), REASON_JSON, 8,
		      "needs every key once, found \"a\" twice");
	check_refused(TEXT("{\"b\":1,\"a\":1,\"b\":1,\"a\":1}"), REASON_JSON, 13,
		      "needs every key once, found \"b\" twice");
	check_refused(TEXT("[0,{\"x\":{\"\":1,\"\":2},\"x\":3}]"), REASON_JSON, 14,
		      "needs every key once, found \"\" twice");
	check_refused(TEXT("{\"\\u00e9\":1,\"\xc3\xa9\":2}"), REASON_JSON, 12,
		      "needs every key once, found \"\xc3\xa9\" twice");
}

static void keys_are_compared_and_shown_beyond_a_nul(void **state)
{
	struct json j;

	(void)state;
	read_ok(&j, TEXT("{\"a\\u0000b\":1,\"a\\u0000c\":2,\"a\":3}"));
	assert_true(bytes_equal(json_member(&j, j.nodes, "a")->text, bytes_str("3")));
	json_free(&j);
	check_refused(TEXT("{\"a\\u0000b\":1,\"a\\u0000b\":2}"), REASON_JSON, 14,
		      "needs every key once, found \"a\\u0000b\" twice");
}

static void long_repeated_keys_are_shortened_between_characters(void **state)
{
	struct buf text = BUF(1024), why = BUF(1024);

	(void)state;
	buf_str(&why, "needs every key once, found \"");
	for (unsigned i = 0; i < 2; i++) {
		buf_str(&text, i ? "1,\"x" : "{\"x");
		for (unsigned k = 0; k < 50; k++)
			buf_str(&text, "\xc3\xa9");
		buf_str(&text, "\":");
	}
	buf_str(&text, "2}");
	buf_str(&why, "x");
	for (unsigned k = 0; k < 31; k++)
		buf_str(&why, "\xc3\xa9");
	buf_str(&why, "\" twice");
	check_refused(buf_bytes(&text), REASON_JSON, 107, buf_cstr(&why));
	buf_free(&text);
	buf_free(&why);
}

static void nested(struct buf *text, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		buf_str(text, i % 2 ? "{\"k\":" : "[");
	for (unsigned i = depth; i > 0; i--)
		buf_str(text, i % 2 ? "]" : "}");
}

static void nesting_is_bounded(void **state)
{
	struct buf text = BUF(1u << 20);
	struct json j;

	(void)state;
	nested(&text, JSON_MAX_DEPTH);
	read_ok(&j, buf_bytes(&text));
	assert_int_equal(j.n, JSON_MAX_DEPTH);
	json_free(&j);
	buf_reset(&text);
	for (unsigned i = 0; i < 100000; i++)
		buf_str(&text, "[");
	check_refused(buf_bytes(&text), REASON_LIMIT, JSON_MAX_DEPTH,
		      "needs at most 127 levels of nesting, found 128");
	buf_free(&text);
}

static void the_number_of_values_is_bounded(void **state)
{
	struct buf text = BUF(1u << 20);
	struct json j;

	(void)state;
	buf_str(&text, "[0");
	for (unsigned i = 2; i < JSON_MAX_NODES; i++)
		buf_str(&text, ",0");
	buf_str(&text, "]");
	read_ok(&j, buf_bytes(&text));
	assert_int_equal(j.n, JSON_MAX_NODES);
	json_free(&j);
	text.n--;
	buf_str(&text, ",0]");
	check_refused(buf_bytes(&text), REASON_LIMIT, (uint64_t)text.n - 2,
		      "needs at most 65536 values, found more");
	buf_free(&text);
}

/* All keys alike but for their ends, half of them descending. */
static void big_objects_of_similar_keys_are_read_quickly(void **state)
{
	struct buf text = BUF(8u << 20);
	struct json j;

	(void)state;
	buf_str(&text, "{\"k\":0");
	for (unsigned i = 0; i < JSON_MAX_NODES - 2; i++)
		buf_fmt(&text, ",\"%060u\":0", i % 2 ? i : 131072 - i);
	buf_str(&text, "}");
	read_ok(&j, buf_bytes(&text));
	assert_int_equal(j.nodes->count, JSON_MAX_NODES - 1);
	json_free(&j);
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_tree_is_flat_and_in_order),
		cmocka_unit_test(containers_are_walked_and_members_found),
		cmocka_unit_test(the_tree_outlives_the_text),
		cmocka_unit_test(members_are_sorted_by_the_bytes_of_their_keys),
		cmocka_unit_test(every_type_has_a_name),
		cmocka_unit_test(strings_are_unescaped),
		cmocka_unit_test(broken_strings_are_refused),
		cmocka_unit_test(surrogates_come_in_pairs_or_not_at_all),
		cmocka_unit_test(numbers_keep_their_spelling),
		cmocka_unit_test(broken_numbers_are_refused),
		cmocka_unit_test(texts_without_a_value_are_refused),
		cmocka_unit_test(text_that_is_not_utf8_is_refused),
		cmocka_unit_test(bytes_behind_the_value_are_refused),
		cmocka_unit_test(broken_containers_are_refused),
		cmocka_unit_test(a_key_that_stands_twice_is_refused),
		cmocka_unit_test(keys_are_compared_and_shown_beyond_a_nul),
		cmocka_unit_test(long_repeated_keys_are_shortened_between_characters),
		cmocka_unit_test(nesting_is_bounded),
		cmocka_unit_test(the_number_of_values_is_bounded),
		cmocka_unit_test(big_objects_of_similar_keys_are_read_quickly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
