#include "measure/base/hex.h"

#include <stdio.h>

#include "tests/unit/support_check.h"

static void every_byte_is_written_in_lower_case_and_read_back(void **state)
{
	struct buf text = BUF(1024), back = BUF(256);
	struct err e = {0};
	uint8_t all[256];

	(void)state;
	for (size_t i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	hex_put(&text, bytes_of(all, sizeof(all)));
	for (size_t i = 0; i < 256; i++) {
		char two[3];

		snprintf(two, sizeof(two), "%02x", (unsigned)i);
		assert_memory_equal(text.p + 2 * i, two, 2);
	}
	assert_true(hex_read(buf_cstr(&text), "it", &back, &e));
	assert_true(bytes_equal(buf_bytes(&back), bytes_of(all, sizeof(all))));
	buf_free(&text);
	buf_free(&back);
}

static void upper_case_is_read_too(void **state)
{
	struct buf back = BUF(8);
	struct err e = {0};

	(void)state;
	assert_true(hex_read("ABCDEFabcdef", "it", &back, &e));
	assert_true(bytes_equal(buf_bytes(&back), bytes_of("\xab\xcd\xef\xab\xcd\xef", 6)));
	buf_free(&back);
}

static void reading_appends(void **state)
{
	struct buf back = BUF(8);
	struct err e = {0};

	(void)state;
	buf_str(&back, "x");
	assert_true(hex_read("", "it", &back, &e));
	assert_true(hex_read("41", "it", &back, &e));
	assert_string_equal(buf_cstr(&back), "xA");
	buf_free(&back);
}

static void every_character_but_a_digit_is_refused_with_its_position(void **state)
{
	(void)state;
	for (int c = 1; c < 256; c++) {
		char digits[5] = {'0', '0', (char)c, '0', '\0'}, text[128];
		struct buf back = BUF(8);
		struct err e = {0};
		bool hex = strchr("0123456789abcdefABCDEF", c) != NULL;

		assert_int_equal(hex_read(digits, "--pcr", &back, &e), hex);
		if (!hex) {
			snprintf(text, sizeof(text), "--pcr: character 3, \"%c\", is no hex digit",
				 c);
			check_err(&e, REASON_USAGE, text);
			assert_int_equal(back.n, 0);
		}
		buf_free(&back);
	}
}

static void an_odd_number_of_digits_is_refused(void **state)
{
	struct buf back = BUF(8);
	struct err e = {0};

	(void)state;
	assert_false(hex_read("abc", "--pcr", &back, &e));
	check_err(&e, REASON_USAGE, "--pcr: 3 hex digits, which is no whole number of bytes");
	assert_int_equal(back.n, 0);
	buf_free(&back);
}

static void more_than_the_ceiling_is_a_limit(void **state)
{
	struct buf back = BUF(1), text = BUF(3);
	struct err e = {0};

	(void)state;
	assert_false(hex_read("abcd", "--pcr", &back, &e));
	check_err(&e, REASON_LIMIT, "--pcr is over its limit of 1 bytes");
	hex_put(&text, bytes_of("ab", 2));
	assert_int_equal(text.failed, REASON_LIMIT);
	assert_int_equal(text.n, 0);
	buf_free(&back);
	buf_free(&text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_is_written_in_lower_case_and_read_back),
		cmocka_unit_test(upper_case_is_read_too),
		cmocka_unit_test(reading_appends),
		cmocka_unit_test(every_character_but_a_digit_is_refused_with_its_position),
		cmocka_unit_test(an_odd_number_of_digits_is_refused),
		cmocka_unit_test(more_than_the_ceiling_is_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
