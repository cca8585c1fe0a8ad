#include "measure/core/stream.h"

#include <stdio.h>
#include <unistd.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"

static struct file open_file(const char *path)
{
	struct file f = FILE_NONE;
	struct err e = {0};

	assert_true(file_open(&f, path, &e));
	return f;
}

/* Gives its bytes one at a time. */
struct drip {
	struct stream stream;
	const char *text;
};

static bool read_drip(struct stream *s, struct span to, size_t *got, struct err *e)
{
	struct drip *d = (struct drip *)s;

	(void)e;
	*got = to.n > 0 && *d->text ? 1 : 0;
	if (*got)
		to.p[0] = (uint8_t)*d->text++;
	return true;
}

static void a_slow_stream_is_read_until_there_is_enough(void **state)
{
	struct drip d = {{read_drip, 0}, "abcdef"};
	struct err e = {0};
	uint8_t bytes[4];
	size_t got;

	(void)state;
	assert_true(stream_read(&d.stream, (struct span){bytes, sizeof(bytes)}, &got, &e));
	assert_int_equal(got, 4);
	assert_memory_equal(bytes, "abcd", 4);
	assert_true(stream_read(&d.stream, (struct span){bytes, sizeof(bytes)}, &got, &e));
	assert_int_equal(got, 2);
	assert_true(d.stream.pos == 6);
	assert_true(stream_read(&d.stream, (struct span){bytes, sizeof(bytes)}, &got, &e));
	assert_int_equal(got, 0);
}

static bool read_never(struct stream *s, struct span to, size_t *got, struct err *e)
{
	(void)s, (void)to, (void)got;
	return err_set(e, REASON_IO, "was asked");
}

static void nothing_is_read_without_asking_for_it(void **state)
{
	struct stream s = {read_never, 0};
	struct err e = {0};
	size_t got = 7;

	(void)state;
	assert_true(stream_read(&s, (struct span){NULL, 0}, &got, &e));
	assert_int_equal(got, 0);
}

static void what_is_not_there_is_truncated_where_it_begins(void **state)
{
	struct drip d = {{read_drip, 0}, "abcdef"};
	struct err e = {0};
	uint8_t bytes[4];

	(void)state;
	assert_true(stream_take(&d.stream, (struct span){bytes, 4}, "the head", &e));
	assert_false(stream_take(&d.stream, (struct span){bytes, 4}, "the tail", &e));
	check_err(&e, REASON_TRUNCATED, "the tail needs 4 bytes, 2 are left");
	assert_true(e.at && e.offset == 4);
	d = (struct drip){{read_drip, 0}, "abcdef"};
	e = (struct err){0};
	assert_true(stream_skip(&d.stream, 1, "the head", &e));
	assert_false(stream_skip(&d.stream, UINT64_MAX, "the rest", &e));
	check_err(&e, REASON_TRUNCATED, "the rest needs 18446744073709551615 bytes, 5 are left");
	assert_true(e.at && e.offset == 1);
}

static void a_range_is_all_that_is_seen_of_a_file(void **state)
{
	struct file f = open_file(folder_file(*state, "f", "0123456789", 10));
	struct stream_range r = stream_range(&f, 3, 4);
	struct err e = {0};
	uint8_t bytes[10];
	size_t got;

	assert_true(stream_read(&r.stream, (struct span){bytes, sizeof(bytes)}, &got, &e));
	assert_int_equal(got, 4);
	assert_memory_equal(bytes, "3456", 4);
	assert_true(stream_drain(&r.stream, &e));
	assert_true(r.stream.pos == 4);
	file_close(&f);
}

static void a_range_behind_the_end_is_a_file_that_changed(void **state)
{
	struct file f = open_file(folder_file(*state, "f", "0123456789", 10));
	struct stream_range r = stream_range(&f, 8, 4);
	struct err e = {0};

	assert_false(stream_drain(&r.stream, &e));
	check_err(&e, REASON_FILE_CHANGED, "the file ends before its size at opening");
	file_close(&f);
}

static void what_is_passed_over_of_a_file_is_not_read(void **state)
{
	struct file f = open_file(folder_file(*state, "f", "0123456789", 10));
	struct stream_range r = stream_range(&f, 3, 4);
	struct stream_file whole = stream_file(&f);
	struct err e = {0};

	assert_true(stream_skip(&r.stream, 3, "the head", &e));
	assert_true(r.stream.pos == 3 && r.at == 6);
	assert_false(stream_skip(&r.stream, 2, "the tail", &e));
	check_err(&e, REASON_TRUNCATED, "the tail needs 2 bytes, 1 is left");
	assert_true(e.at && e.offset == 3);
	e = (struct err){0};
	assert_true(stream_skip(&whole.stream, 9, "the head", &e));
	assert_true(whole.stream.pos == 9 && f.pos == 9);
	assert_false(stream_skip(&whole.stream, 2, "the tail", &e));
	check_err(&e, REASON_TRUNCATED, "the tail needs 2 bytes, 1 is left");
	file_close(&f);
}

static void what_passes_through_goes_into_the_digest(void **state)
{
	struct file f = open_file(folder_file(*state, "f", "0123456789", 10));
	struct stream_file in = stream_file(&f);
	struct err e = {0};
	struct hash *h = hash_new(DIGEST_SHA256, &e);
	struct stream_hashed s = stream_hashed(&in.stream, h);
	struct digest through, at_once;

	assert_true(stream_skip(&s.stream, 4, "the head", &e));
	assert_true(stream_drain(&s.stream, &e));
	assert_true(hash_peek(h, &through, &e));
	assert_true(hash_of(DIGEST_SHA256, bytes_str("0123456789"), &at_once, &e));
	assert_true(digest_equal(&through, &at_once));
	hash_free(&h);
	file_close(&f);
}

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct folder));
	folder_new(*state);
	return 0;
}

static int teardown(void **state)
{
	folder_free(*state);
	free(*state);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static void bytes_in_memory_are_a_stream(void **state)
{
	struct stream_bytes b = stream_bytes(bytes_str("abcde")),
			    none = stream_bytes((struct bytes){0});
	struct err e = {0};
	uint8_t bytes[4];
	size_t got;

	(void)state;
	assert_true(stream_read(&b.stream, (struct span){bytes, sizeof(bytes)}, &got, &e));
	assert_int_equal(got, 4);
	assert_memory_equal(bytes, "abcd", 4);
	assert_true(stream_read(&b.stream, (struct span){bytes, sizeof(bytes)}, &got, &e));
	assert_int_equal(got, 1);
	assert_true(stream_read(&none.stream, (struct span){bytes, sizeof(bytes)}, &got, &e));
	assert_int_equal(got, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(bytes_in_memory_are_a_stream),
		TEST(a_slow_stream_is_read_until_there_is_enough),
		TEST(what_is_not_there_is_truncated_where_it_begins),
		TEST(a_range_is_all_that_is_seen_of_a_file),
		TEST(a_range_behind_the_end_is_a_file_that_changed),
		TEST(what_is_passed_over_of_a_file_is_not_read),
		TEST(what_passes_through_goes_into_the_digest),
		cmocka_unit_test(nothing_is_read_without_asking_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
