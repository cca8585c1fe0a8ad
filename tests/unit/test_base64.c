#include "measure/base/base64.h"

#include "tests/unit/support_check.h"

/* RFC 4648 §10, and bytes that need every kind of character. */
static void the_vectors_of_the_rfc_are_read_and_written(void **state)
{
	static const char *const vector[][2] = {
		{"", ""},
		{"Zg==", "f"},
		{"Zm8=", "fo"},
		{"Zm9v", "foo"},
		{"Zm9vYg==", "foob"},
		{"Zm9vYmE=", "fooba"},
		{"Zm9vYmFy", "foobar"},
		{"+/+/", "\xfb\xff\xbf"},
		{"AZaz", "\x01\x96\xb3"},
		{"9876", "\xf7\xce\xfa"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(vector); i++) {
		owned(buf_free) struct buf out = BUF(64);
		size_t bad = 0;

		assert_true(base64_read(bytes_str(vector[i][0]), &out, &bad));
		assert_string_equal(buf_cstr(&out), vector[i][1]);
		buf_reset(&out);
		base64_put(&out, bytes_str(vector[i][1]));
		assert_string_equal(buf_cstr(&out), vector[i][0]);
	}
}

static void what_another_reader_could_take_otherwise_is_refused_where_it_stands(void **state)
{
	static const struct {
		const char *text;
		size_t bad;
	} wrong[] = {
		{"Z", 1},	 {"Zg", 2},	  {"Zg=", 3},	     {"Zg==Zg==", 2},
		{"Zm8=Zg==", 3}, {"====", 0},	  {"Z===", 1},	     {"Zh==", 1},
		{"Zm9=", 2},	 {"Zm9v Zg=", 4}, {"Zm9v\nZm9v", 4}, {"Zm9_", 3},
		{"Zm9-", 3},	 {"Zg=a", 2},	  {"Zm9vZm9v=", 9},  {"Zm9v\xc3\xa4YQ", 4},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		owned(buf_free) struct buf out = BUF(64);
		size_t bad = 99;

		assert_false(base64_read(bytes_str(wrong[i].text), &out, &bad));
		if (bad != wrong[i].bad)
			fail_msg("%s: %zu, not %zu", wrong[i].text, bad, wrong[i].bad);
	}
}

static void every_byte_is_read_and_written_in_every_place(void **state)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	(void)state;
	for (unsigned x = 0; x < 256; x++) {
		char text[5] = {digits[x >> 2], digits[(x & 3) << 4 | x >> 4],
				digits[(x & 15) << 2 | x >> 6], digits[x & 63], 0};
		uint8_t want[3] = {(uint8_t)x, (uint8_t)x, (uint8_t)x};
		owned(buf_free) struct buf out = BUF(8);
		size_t bad = 0;

		assert_true(base64_read(bytes_str(text), &out, &bad));
		assert_true(bytes_equal(buf_bytes(&out), bytes_of(want, 3)));
		buf_reset(&out);
		base64_put(&out, bytes_of(want, 3));
		assert_string_equal(buf_cstr(&out), text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_vectors_of_the_rfc_are_read_and_written),
		cmocka_unit_test(
			what_another_reader_could_take_otherwise_is_refused_where_it_stands),
		cmocka_unit_test(every_byte_is_read_and_written_in_every_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
