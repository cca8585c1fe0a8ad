#include "measure/base/num.h"

#include <stdio.h>

#include "tests/unit/support_check.h"

/* Every value near a power of two, and near the square root of what fits. */
static size_t edges(uint64_t v[512])
{
	size_t n = 0;

	for (unsigned bit = 0; bit < 64; bit++)
		for (int d = -2; d <= 2; d++)
			v[n++] = (UINT64_C(1) << bit) + (uint64_t)d;
	for (int d = -2; d <= 2; d++) {
		v[n++] = UINT64_MAX / 3 + (uint64_t)d;
		v[n++] = UINT64_MAX / 10 + (uint64_t)d;
		v[n++] = UINT64_C(6074001000) + (uint64_t)d;
	}
	return n;
}

static void check_sum(uint64_t a, uint64_t b)
{
	__uint128_t exact = (__uint128_t)a + b;
	bool fits = exact <= UINT64_MAX;
	uint64_t out = 77;
	size_t out_size = 77;

	assert_int_equal(num_add(a, b, &out), fits);
	assert_true(out == (fits ? (uint64_t)exact : 77));
	assert_int_equal(num_add_size((size_t)a, (size_t)b, &out_size), fits);
	assert_true(out_size == (fits ? (size_t)exact : 77));
}

static void check_product(uint64_t a, uint64_t b)
{
	__uint128_t exact = (__uint128_t)a * b;
	bool fits = exact <= UINT64_MAX;
	uint64_t out = 77;
	size_t out_size = 77;

	assert_int_equal(num_mul(a, b, &out), fits);
	assert_true(out == (fits ? (uint64_t)exact : 77));
	assert_int_equal(num_mul_size((size_t)a, (size_t)b, &out_size), fits);
	assert_true(out_size == (fits ? (size_t)exact : 77));
}

static void sums_and_products_of_all_edge_values_are_exact_or_refused(void **state)
{
	uint64_t v[512];
	size_t n = edges(v);

	(void)state;
	assert_int_equal(sizeof(size_t), 8);
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			check_sum(v[i], v[j]);
			check_product(v[i], v[j]);
		}
	}
}

static void narrowing_keeps_the_value_or_refuses(void **state)
{
	uint64_t v[512];
	size_t n = edges(v);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		int64_t off = -77;
		size_t size = 77;

		assert_true(num_size(v[i], &size));
		assert_true(size == v[i]);
		assert_int_equal(num_off(v[i], &off), v[i] <= INT64_MAX);
		assert_true(off == (v[i] <= INT64_MAX ? (int64_t)v[i] : -77));
	}
}

static void every_edge_value_is_parsed_as_it_is_printed(void **state)
{
	uint64_t v[512];
	size_t n = edges(v);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		char text[32];
		uint64_t out = 0;

		snprintf(text, sizeof(text), "%llu", (unsigned long long)v[i]);
		assert_true(num_parse(text, &out));
		assert_true(out == v[i]);
	}
}

static void hexadecimal_digits_follow_0x(void **state)
{
	static const char *const bad[] = {
		"0x", "0x g", "0xg",  "0X1",  "1x1", "0x00000000000000000",
		"x1", "-0x1", "0x-1", "0x1 ", "",    "01"};
	uint64_t out = 77;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(num_parse_any(bad[i], &out));
	assert_true(out == 77);
	assert_true(num_parse_any("0xfEdCbA9876543210", &out) && out == 0xfedcba9876543210);
	assert_true(num_parse_any("0xffffffffffffffff", &out) && out == UINT64_MAX);
	assert_true(num_parse_any("0x0", &out) && out == 0);
	assert_true(num_parse_any("12", &out) && out == 12);
}

/* All decimal numbers from 2^64 - 50 to 2^64 + 49, and their tenfold. */
static void numbers_beyond_64_bits_are_refused(void **state)
{
	(void)state;
	for (int d = -50; d < 50; d++) {
		__uint128_t x = ((__uint128_t)UINT64_MAX) + (__uint128_t)(d + 1);
		uint64_t high = (uint64_t)(x / 10), out = 77;
		char text[40];

		snprintf(text, sizeof(text), "%llu%u", (unsigned long long)high,
			 (unsigned)(x % 10));
		assert_int_equal(num_parse(text, &out), d < 0);
		assert_true(out == (d < 0 ? (uint64_t)x : 77));
		snprintf(text, sizeof(text), "%llu%u0", (unsigned long long)high,
			 (unsigned)(x % 10));
		out = 77;
		assert_false(num_parse(text, &out));
		assert_true(out == 77);
	}
}

static void anything_but_plain_digits_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"00",
		"01",
		"007",
		"+1",
		"-1",
		"-0",
		" 1",
		"1 ",
		"1\n",
		"\t1",
		"0x10",
		"1e3",
		"1.0",
		"1,000",
		"1_000",
		"a",
		"/",
		":",
		"1:",
		"1/",
		"\xd9\xa1",
		"18446744073709551616",
		"99999999999999999999",
		"100000000000000000000000000000000000000000",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		uint64_t out = 77;

		assert_false(num_parse(wrong[i], &out));
		assert_true(out == 77);
	}
}

static void every_single_character_but_a_digit_is_refused(void **state)
{
	(void)state;
	for (int c = 1; c < 256; c++) {
		char text[2] = {(char)c, '\0'};
		uint64_t out = 77;
		bool digit = c >= '0' && c <= '9';

		assert_int_equal(num_parse(text, &out), digit);
		assert_true(out == (digit ? (uint64_t)(c - '0') : 77));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_and_products_of_all_edge_values_are_exact_or_refused),
		cmocka_unit_test(narrowing_keeps_the_value_or_refuses),
		cmocka_unit_test(every_edge_value_is_parsed_as_it_is_printed),
		cmocka_unit_test(hexadecimal_digits_follow_0x),
		cmocka_unit_test(numbers_beyond_64_bits_are_refused),
		cmocka_unit_test(anything_but_plain_digits_is_refused),
		cmocka_unit_test(every_single_character_but_a_digit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
