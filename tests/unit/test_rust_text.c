#include "measure/core/rust_text.h"

#include "measure/base/text.h"
#include "tests/unit/support_check.h"

/* Printed by rustc 1.95 for {:?}. */
static const char *const samples[][2] = {
	{"", "\"\""},
	{"plain 'text' /", "\"plain 'text' /\""},
	{"\"\\", "\"\\\"\\\\\""},
	{"\t\n\r", "\"\\t\\n\\r\""},
	{"\x01\x1f\x7f", "\"\\u{1}\\u{1f}\\u{7f}\""},
	{"\xc2\x80\xc2\x9f\xc2\xa0\xc2\xad", "\"\\u{80}\\u{9f}\\u{a0}\\u{ad}\""},
	{"\xc2\xa1\xc3\xa9\xcd\xb7", "\"\xc2\xa1\xc3\xa9\xcd\xb7\""},
	{"\xcc\x80\xcd\xaf\xcd\xb0", "\"\\u{300}\\u{36f}\xcd\xb0\""},
	{"\xe0\xb8\xb1\xe0\xb8\xb2", "\"\\u{e31}\xe0\xb8\xb2\""},
	{"\xe2\x80\x8b\xe3\x80\x80\xef\xbb\xbf", "\"\\u{200b}\\u{3000}\\u{feff}\""},
	{"\xee\x80\x80\xef\xbf\xbd\xef\xbf\xbf", "\"\\u{e000}\xef\xbf\xbd\\u{ffff}\""},
	{"\xf0\x9f\x98\x80\xf3\xa0\x80\x81", "\"\xf0\x9f\x98\x80\\u{e0001}\""},
	{"\xf4\x8f\xbf\xbf", "\"\\u{10ffff}\""},
	{"a\xff\xc3", "\"a\""},
};

static void text_is_printed_as_rust_prints_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		owned(buf_free) struct buf out = BUF(256);

		rust_debug(&out, bytes_str(samples[i][0]));
		assert_string_equal(buf_cstr(&out), samples[i][1]);
	}
}

static void a_nul_is_an_escape_of_its_own(void **state)
{
	owned(buf_free) struct buf out = BUF(256);

	(void)state;
	rust_debug(&out, bytes_of("a\0b", 3));
	assert_string_equal(buf_cstr(&out), "\"a\\0b\"");
}

/* Counted by rustc 1.95, so that no line of the table can be lost. */
static void as_many_characters_are_escaped_as_rust_escapes(void **state)
{
	unsigned escaped = 0;

	(void)state;
	for (uint32_t c = 0; c < 0x110000; c++) {
		owned(buf_free) struct buf in = BUF(4), out = BUF(16);

		if (c >= 0xd800 && c < 0xe000)
			continue;
		text_put_utf8(&in, c);
		rust_debug(&out, buf_bytes(&in));
		assert_int_equal(out.failed, REASON_NONE);
		escaped += out.n != in.n + 2;
	}
	assert_int_equal(escaped, 954588);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_printed_as_rust_prints_it),
		cmocka_unit_test(a_nul_is_an_escape_of_its_own),
		cmocka_unit_test(as_many_characters_are_escaped_as_rust_escapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
