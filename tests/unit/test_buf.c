#include "measure/base/buf.h"

#include <stdlib.h>

#include "tests/unit/support_check.h"

/* One writer each, and how many bytes it puts. */
struct writer {
	const char *name;
	size_t puts;
	void (*put)(struct buf *b);
};

static void put_nothing(struct buf *b)
{
	buf_put(b, bytes_of(NULL, 0));
}

static void put_bytes(struct buf *b)
{
	buf_put(b, bytes_of("\x01\x02\x03", 3));
}

static void put_str(struct buf *b)
{
	buf_str(b, "\x01\x02\x03\x04\x05");
}

static void put_fmt(struct buf *b)
{
	buf_fmt(b, "%c%s", 1, "\x02\x03\x04\x05\x06\x07");
}

static void put_u8(struct buf *b)
{
	buf_u8(b, 0x01);
}

static void put_be16(struct buf *b)
{
	buf_be16(b, 0x0102);
}

static void put_be32(struct buf *b)
{
	buf_be32(b, 0x01020304);
}

static void put_be64(struct buf *b)
{
	buf_be64(b, UINT64_C(0x0102030405060708));
}

static void put_le(struct buf *b)
{
	buf_le(b, UINT64_C(0xffffff0504030201), 5);
}

static void put_room(struct buf *b)
{
	uint8_t *p = buf_room(b, 6);

	for (uint8_t i = 0; p && i < 6; i++)
		p[i] = (uint8_t)(i + 1);
}

static const struct writer writers[] = {
	{"nothing", 0, put_nothing}, {"u8", 1, put_u8},	    {"be16", 2, put_be16},
	{"bytes", 3, put_bytes},     {"be32", 4, put_be32}, {"str", 5, put_str},
	{"room", 6, put_room},	     {"fmt", 7, put_fmt},   {"be64", 8, put_be64},
	{"le", 5, put_le},
};

/* Content: `old` bytes of 0xee, then 1, 2, 3 ... */
static void check_content(const struct buf *b, size_t old, size_t new)
{
	assert_int_equal(b->n, old + new);
	for (size_t i = 0; i < b->n; i++)
		assert_int_equal(b->p[i], i < old ? 0xee : i - old + 1);
}

static void check_writer(const struct writer *w, size_t ceiling, size_t old)
{
	struct buf b = BUF(ceiling);
	struct err e = {0};
	bool fits = old + w->puts <= ceiling;

	for (size_t i = 0; i < old; i++)
		buf_u8(&b, 0xee);
	assert_true(buf_done(&b, "test", &e));
	w->put(&b);
	check_content(&b, old, fits ? w->puts : 0);
	assert_int_equal(buf_done(&b, "test", &e), fits);
	if (!fits) {
		/* sticky: what would fit is not written any more either */
		buf_put(&b, bytes_of(NULL, 0));
		if (old < ceiling)
			buf_u8(&b, 0xdd);
		check_content(&b, old, 0);
		assert_int_equal(e.reason, REASON_LIMIT);
	}
	buf_free(&b);
	assert_null(b.p);
	assert_int_equal(b.n + b.cap, 0);
	assert_int_equal(b.max, ceiling);
}

static void every_writer_at_every_fill_and_ceiling_is_whole_or_not_at_all(void **state)
{
	(void)state;
	for (size_t ceiling = 0; ceiling <= 16; ceiling++)
		for (size_t old = 0; old <= ceiling; old++)
			for (size_t w = 0; w < COUNT(writers); w++)
				check_writer(&writers[w], ceiling, old);
}

static void check_growth(size_t ceiling, size_t step)
{
	struct buf b = BUF(ceiling);
	uint8_t piece[257];
	size_t n = 0;

	memset(piece, 0xa5, sizeof(piece));
	while (n + step <= ceiling) {
		buf_put(&b, bytes_of(piece, step));
		n += step;
		assert_int_equal(b.n, n);
		assert_true(b.cap >= n && b.cap <= (ceiling > 64 ? ceiling : 64));
	}
	buf_put(&b, bytes_of(piece, step));
	assert_int_equal(b.n, n);
	assert_int_equal(b.failed, REASON_LIMIT);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(b.p[i], 0xa5);
	buf_free(&b);
}

static void growing_never_passes_the_ceiling(void **state)
{
	static const size_t ceilings[] = {1, 63, 64, 65, 127, 128, 129, 1000, 1023, 1024, 1025};

	(void)state;
	for (size_t c = 0; c < COUNT(ceilings); c++)
		for (size_t step = 1; step <= 257; step += step < 20 ? 1 : 59)
			check_growth(ceilings[c], step);
}

static void a_size_that_wraps_is_over_the_limit(void **state)
{
	static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 4, SIZE_MAX - 5};

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct buf b = BUF(SIZE_MAX - 1);

		buf_str(&b, "12345");
		assert_null(buf_room(&b, sizes[i]));
		assert_int_equal(b.failed, REASON_LIMIT);
		assert_int_equal(b.n, 5);
		buf_free(&b);
	}
}

static void a_ceiling_of_all_memory_is_no_ceiling_and_refused(void **state)
{
	struct buf b = BUF(SIZE_MAX);

	(void)state;
	buf_u8(&b, 1);
	assert_int_equal(b.failed, REASON_LIMIT);
	assert_int_equal(b.n, 0);
}

static void done_names_what_failed_and_its_limit(void **state)
{
	struct buf b = BUF(4);
	struct err e = {0};

	(void)state;
	buf_str(&b, "12345");
	assert_false(buf_done(&b, "the name", &e));
	check_err(&e, REASON_LIMIT, "the name is over its limit of 4 bytes");
	buf_free(&b);
}

static void a_failure_set_from_outside_sticks_and_the_first_one_stays(void **state)
{
	struct buf b = BUF(4);
	struct err e = {0};

	(void)state;
	buf_fail(&b, REASON_CBOR);
	buf_fail(&b, REASON_LIMIT);
	buf_u8(&b, 1);
	assert_int_equal(b.n, 0);
	assert_string_equal(buf_cstr(&b), "");
	assert_false(buf_done(&b, "the map", &e));
	check_err(&e, REASON_CBOR, "the map cannot be written");
	buf_free(&b);
}

static void memory_that_ran_out_is_told_with_what_there_was(void **state)
{
	struct buf b = BUF(SIZE_MAX / 4);
	struct err e = {0};

	(void)state;
	buf_str(&b, "123");
	buf_fail(&b, REASON_OUT_OF_MEMORY);
	assert_false(buf_done(&b, "the list", &e));
	check_err(&e, REASON_OUT_OF_MEMORY, "the list: no memory beyond 64 bytes");
	assert_int_equal(b.n, 3);
	buf_free(&b);
}

static void reset_forgets_content_and_failure_but_not_the_ceiling(void **state)
{
	struct buf b = BUF(2);
	struct err e = {0};

	(void)state;
	buf_str(&b, "123");
	buf_reset(&b);
	buf_str(&b, "ab");
	assert_true(buf_done(&b, "test", &e));
	assert_string_equal(buf_cstr(&b), "ab");
	buf_u8(&b, 'c');
	assert_false(buf_done(&b, "test", &e));
	buf_free(&b);
}

static void zeros_are_written_over_what_stood_there(void **state)
{
	struct buf b = BUF(64);

	(void)state;
	buf_str(&b, "0123456789012345678901234567890123456789");
	buf_reset(&b);
	buf_zero(&b, 40);
	assert_int_equal(b.n, 40);
	assert_true(bytes_zero(buf_bytes(&b)));
	buf_zero(&b, 0);
	assert_int_equal(b.n, 40);
	buf_free(&b);
}

static void a_string_ends_with_a_nul_that_is_no_content(void **state)
{
	(void)state;
	for (size_t n = 0; n <= 130; n++) {
		struct buf b = BUF(130);

		for (size_t i = 0; i < n; i++)
			buf_u8(&b, 'x');
		assert_int_equal(strlen(buf_cstr(&b)), n);
		assert_int_equal(b.n, n);
		buf_free(&b);
	}
}

static void formatting_at_the_ceiling_needs_no_room_for_its_nul(void **state)
{
	struct buf b = BUF(5);

	(void)state;
	buf_fmt(&b, "%05d", 42);
	assert_int_equal(b.failed, REASON_NONE);
	assert_string_equal(buf_cstr(&b), "00042");
	buf_fmt(&b, "%s", "");
	assert_int_equal(b.failed, REASON_NONE);
	buf_fmt(&b, "%d", 7);
	assert_int_equal(b.failed, REASON_LIMIT);
	buf_free(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_writer_at_every_fill_and_ceiling_is_whole_or_not_at_all),
		cmocka_unit_test(growing_never_passes_the_ceiling),
		cmocka_unit_test(a_size_that_wraps_is_over_the_limit),
		cmocka_unit_test(a_ceiling_of_all_memory_is_no_ceiling_and_refused),
		cmocka_unit_test(done_names_what_failed_and_its_limit),
		cmocka_unit_test(a_failure_set_from_outside_sticks_and_the_first_one_stays),
		cmocka_unit_test(memory_that_ran_out_is_told_with_what_there_was),
		cmocka_unit_test(reset_forgets_content_and_failure_but_not_the_ceiling),
		cmocka_unit_test(zeros_are_written_over_what_stood_there),
		cmocka_unit_test(a_string_ends_with_a_nul_that_is_no_content),
		cmocka_unit_test(formatting_at_the_ceiling_needs_no_room_for_its_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
