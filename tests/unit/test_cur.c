#include "measure/base/cur.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/support_check.h"

#define BASE UINT64_C(0x1000)

struct reader {
	const char *name;
	unsigned width;
	bool little;
	uint64_t (*read)(struct cur *c, const char *field);
};

static uint64_t u8(struct cur *c, const char *field)
{
	return cur_u8(c, field);
}

static uint64_t be16(struct cur *c, const char *field)
{
	return cur_be16(c, field);
}

static uint64_t be32(struct cur *c, const char *field)
{
	return cur_be32(c, field);
}

static uint64_t le16(struct cur *c, const char *field)
{
	return cur_le16(c, field);
}

static uint64_t le32(struct cur *c, const char *field)
{
	return cur_le32(c, field);
}

static const struct reader readers[] = {
	{"u8", 1, false, u8},	      {"be16", 2, false, be16}, {"be32", 4, false, be32},
	{"be64", 8, false, cur_be64}, {"le16", 2, true, le16},	{"le32", 4, true, le32},
	{"le64", 8, true, cur_le64},
};

/* Bytes of exactly that length, so that a sanitizer sees one read too many. */
static uint8_t *exact(size_t n)
{
	uint8_t *p = malloc(n ? n : 1);

	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(0xf1 - 13 * i);
	return p;
}

static uint64_t value_at(const uint8_t *p, unsigned width, bool little)
{
	uint64_t x = 0;

	for (unsigned i = 0; i < width; i++)
		x |= (uint64_t)p[i] << 8 * (little ? i : width - 1 - i);
	return x;
}

static void check_short(const struct err *e, uint64_t needs, size_t left, uint64_t at)
{
	char text[128];

	snprintf(text, sizeof(text), "size needs %llu byte%s, %zu %s left",
		 (unsigned long long)needs, needs == 1 ? "" : "s", left, left == 1 ? "is" : "are");
	check_err(e, REASON_TRUNCATED, text);
	assert_true(e->at);
	assert_true(e->offset == at);
}

static void check_read(const struct reader *r, const uint8_t *p, size_t n, size_t pos)
{
	struct err e = {0};
	struct cur c = cur_new(bytes_of(p, n), BASE, &e);
	bool fits = r->width <= n - pos;
	uint64_t got;

	c.pos = pos;
	got = r->read(&c, "size");
	assert_int_equal(cur_ok(&c), fits);
	if (fits) {
		assert_true(got == value_at(p + pos, r->width, r->little));
		assert_int_equal(cur_left(&c), n - pos - r->width);
		assert_true(cur_at(&c) == BASE + pos + r->width);
		check_no_err(&e);
		return;
	}
	assert_true(got == 0);
	assert_int_equal(c.pos, pos);
	check_short(&e, r->width, n - pos, BASE + pos);
}

static void every_reader_at_every_length_and_position_gives_its_value_or_truncated(void **state)
{
	(void)state;
	for (size_t n = 0; n <= 16; n++) {
		uint8_t *p = exact(n);

		for (size_t pos = 0; pos <= n; pos++)
			for (size_t r = 0; r < COUNT(readers); r++)
				check_read(&readers[r], p, n, pos);
		free(p);
	}
}

static void check_take(const uint8_t *p, size_t n, size_t pos, uint64_t want)
{
	struct err e = {0};
	struct cur c = cur_new(bytes_of(p, n), BASE, &e);
	bool fits = want <= n - pos;
	struct bytes got;

	c.pos = pos;
	got = cur_take(&c, want, "size");
	assert_int_equal(cur_ok(&c), fits);
	if (fits) {
		assert_true(got.n == want && (want == 0 || got.p == p + pos));
		assert_int_equal(c.pos, pos + want);
		return;
	}
	assert_int_equal(got.n, 0);
	assert_int_equal(c.pos, pos);
	check_short(&e, want, n - pos, BASE + pos);
}

static void check_sub(const uint8_t *p, size_t n, size_t pos, uint64_t want)
{
	struct err e = {0};
	struct cur c = cur_new(bytes_of(p, n), BASE, &e), sub;
	bool fits = want <= n - pos;

	c.pos = pos;
	sub = cur_sub(&c, want, "size");
	assert_int_equal(cur_ok(&c), fits);
	assert_int_equal(cur_ok(&sub), fits);
	assert_int_equal(cur_left(&sub), fits ? want : 0);
	assert_true(cur_at(&sub) == BASE + pos);
	if (!fits) {
		check_short(&e, want, n - pos, BASE + pos);
		assert_int_equal(cur_u8(&sub, "more"), 0);
		check_short(&e, want, n - pos, BASE + pos);
	}
}

/* Hostile lengths stand beside those that fit. */
static void taking_any_length_at_any_position_stays_in_bounds(void **state)
{
	static const uint64_t hostile[] = {
		UINT64_C(1) << 31, (UINT64_C(1) << 31) - 1,
		UINT64_C(1) << 32, UINT32_MAX,
		UINT64_C(1) << 63, INT64_MAX,
		UINT64_MAX,	   UINT64_MAX - 15,
		UINT64_MAX - BASE, UINT64_MAX - BASE + 1,
	};

	(void)state;
	for (size_t n = 0; n <= 16; n++) {
		uint8_t *p = exact(n);

		for (size_t pos = 0; pos <= n; pos++) {
			for (uint64_t want = 0; want <= 18; want++) {
				check_take(p, n, pos, want);
				check_sub(p, n, pos, want);
			}
			for (size_t i = 0; i < COUNT(hostile); i++) {
				check_take(p, n, pos, hostile[i]);
				check_sub(p, n, pos, hostile[i]);
			}
		}
		free(p);
	}
}

static void a_cursor_over_nothing_gives_nothing(void **state)
{
	struct err e = {0};
	struct cur c = cur_new(bytes_of(NULL, 0), 7, &e);

	(void)state;
	assert_int_equal(cur_peek(&c), -1);
	assert_int_equal(cur_take(&c, 0, "nothing").n, 0);
	assert_true(cur_end(&c, "nothing"));
	assert_int_equal(cur_u8(&c, "version"), 0);
	check_err(&e, REASON_TRUNCATED, "version needs 1 byte, 0 are left");
	assert_true(e.offset == 7);
}

static void peeking_takes_nothing(void **state)
{
	static const uint8_t in[] = {0xff, 0x00};
	struct err e = {0};
	struct cur c = cur_new(bytes_of(in, sizeof(in)), 0, &e);

	(void)state;
	assert_int_equal(cur_peek(&c), 0xff);
	assert_int_equal(cur_peek(&c), 0xff);
	assert_int_equal(cur_u8(&c, "a"), 0xff);
	assert_int_equal(cur_peek(&c), 0);
	assert_int_equal(cur_u8(&c, "b"), 0);
	assert_int_equal(cur_peek(&c), -1);
	check_no_err(&e);
}

static void after_the_first_failure_every_read_gives_zero_and_the_first_fault_stays(void **state)
{
	uint8_t in[16];
	struct err e = {0};
	struct cur c = cur_new(bytes_of(in, sizeof(in)), BASE, &e);

	(void)state;
	memset(in, 0xff, sizeof(in));
	cur_take(&c, 17, "size");
	check_short(&e, 17, 16, BASE);
	for (size_t r = 0; r < COUNT(readers); r++)
		assert_true(readers[r].read(&c, "later") == 0);
	assert_int_equal(cur_take(&c, 1, "later").n, 0);
	assert_int_equal(cur_take(&c, 0, "later").n, 0);
	assert_int_equal(cur_peek(&c), -1);
	assert_false(cur_fail(&c, REASON_VERSION, 3, "later"));
	assert_false(cur_end(&c, "later"));
	assert_false(cur_ok(&c));
	check_short(&e, 17, 16, BASE);
}

static void a_refusal_of_the_reader_keeps_its_reason_offset_and_words(void **state)
{
	struct err e = {0};
	struct cur c = cur_new(bytes_str("abc"), 0, &e);

	(void)state;
	assert_false(cur_fail(&c, REASON_VERSION, 99, "version %d is not %s", 5, "known"));
	check_err(&e, REASON_VERSION, "version 5 is not known");
	assert_true(e.at && e.offset == 99);
	assert_int_equal(cur_u8(&c, "version"), 0);
}

static void bytes_left_at_the_end_are_trailing(void **state)
{
	static const char *const text[] = {
		NULL,
		"1 byte stands behind the end of it",
		"2 bytes stand behind the end of it",
	};

	(void)state;
	for (size_t left = 0; left <= 2; left++) {
		struct err e = {0};
		struct cur c = cur_new(bytes_str("abcd"), BASE, &e);

		cur_take(&c, 4 - left, "text");
		assert_int_equal(cur_end(&c, "it"), left == 0);
		if (!left)
			continue;
		check_err(&e, REASON_TRAILING, text[left]);
		assert_true(e.at && e.offset == BASE + 4 - left);
	}
}

static void a_sub_cursor_ends_where_it_was_told_to(void **state)
{
	struct err e = {0};
	struct cur c = cur_new(bytes_str("abcdef"), BASE, &e), sub;

	(void)state;
	cur_u8(&c, "first");
	sub = cur_sub(&c, 2, "part");
	assert_int_equal(cur_u8(&c, "behind it"), 'd');
	assert_int_equal(cur_be16(&sub, "inside"), 'b' << 8 | 'c');
	assert_true(cur_end(&sub, "part"));
	assert_int_equal(cur_u8(&sub, "neighbour"), 0);
	check_err(&e, REASON_TRUNCATED, "neighbour needs 1 byte, 0 are left");
	assert_true(e.offset == BASE + 3);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			every_reader_at_every_length_and_position_gives_its_value_or_truncated),
		cmocka_unit_test(taking_any_length_at_any_position_stays_in_bounds),
		cmocka_unit_test(a_cursor_over_nothing_gives_nothing),
		cmocka_unit_test(peeking_takes_nothing),
		cmocka_unit_test(
			after_the_first_failure_every_read_gives_zero_and_the_first_fault_stays),
		cmocka_unit_test(a_refusal_of_the_reader_keeps_its_reason_offset_and_words),
		cmocka_unit_test(bytes_left_at_the_end_are_trailing),
		cmocka_unit_test(a_sub_cursor_ends_where_it_was_told_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
