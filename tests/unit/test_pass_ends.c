#include "measure/core/pass.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"

#define BIG (PASS_WINDOW * (size_t)(PASS_WINDOWS + 3) + 12345)

/* No two windows alike. */
static uint8_t *some_bytes(size_t n)
{
	uint8_t *p = malloc(n);

	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 2654435761u >> 13);
	return p;
}

static struct file open_file(const char *path)
{
	struct file f = FILE_NONE;
	struct err e = {0};

	assert_true(file_open(&f, path, &e));
	return f;
}

static void a_file_that_ends_too_early_is_truncated_where_it_ends(void **state)
{
	static const char zeros[10];
	struct file f = open_file(folder_file(*state, "f", zeros, sizeof(zeros)));
	struct err e = {0}, e2 = {0};
	struct pass *p = pass_new(2, &e);
	struct buf b = BUF(100);

	pass_input(p, &f);
	assert_true(pass_skip(p, 4, &e));
	assert_false(pass_take(p, 7, &b, &e));
	check_err(&e, REASON_TRUNCATED, "the file ends here, 1 byte too early");
	assert_true(e.at && e.offset == 10);
	assert_false(pass_skip(p, UINT64_MAX, &e2));
	assert_int_equal(e2.reason, REASON_TRUNCATED);
	assert_true(e2.offset == 10);
	buf_free(&b);
	pass_free(&p);
	file_close(&f);
}

static void taking_more_than_the_ceiling_of_its_buffer_is_a_limit(void **state)
{
	struct file f = open_file(folder_file(*state, "f", "0123456789", 10));
	struct err e = {0};
	struct pass *p = pass_new(1, &e);
	struct buf b = BUF(5);

	pass_input(p, &f);
	assert_false(pass_take(p, 6, &b, &e));
	assert_int_equal(e.reason, REASON_LIMIT);
	buf_free(&b);
	pass_free(&p);
	file_close(&f);
}

static void a_file_that_shrinks_under_the_pass_is_file_changed(void **state)
{
	const char *path = folder_file(*state, "f", "", 0);
	struct err e = {0};
	struct pass *p = pass_new(2, &e);
	unsigned lane;
	struct file f;

	assert_int_equal(truncate(path, 64 << 20), 0);
	f = open_file(path);
	assert_true(pass_lane(p, DIGEST_CRC32, &lane, &e));
	pass_input(p, &f);
	pass_open(p, 1u << lane);
	assert_true(pass_skip(p, 32 << 20, &e));
	assert_int_equal(truncate(path, 33 << 20), 0);
	assert_false(pass_skip(p, 32 << 20, &e));
	check_err(
		&e, REASON_FILE_CHANGED,
		"the file ended while it was being read; it had 67108864 bytes when it was opened");
	assert_true(e.offset == 33 << 20);
	pass_free(&p);
	file_close(&f);
}

static void sixteen_lanes_are_all_there_are(void **state)
{
	struct err e = {0};
	struct pass *p = pass_new(1, &e);
	unsigned lane;

	(void)state;
	for (unsigned i = 0; i < PASS_LANES; i++) {
		assert_true(pass_lane(p, DIGEST_CRC32, &lane, &e));
		assert_int_equal(lane, i);
	}
	assert_false(pass_lane(p, DIGEST_CRC32, &lane, &e));
	check_err(&e, REASON_LIMIT, "a pass has 16 lanes and no more");
	pass_free(&p);
}

static void a_writing_lane_copies_what_it_is_fed(void **state)
{
	uint8_t *in = some_bytes(BIG), *got;
	const char *to = folder_path(*state, "copy");
	struct file f = open_file(folder_file(*state, "f", in, BIG));
	struct out o = OUT_NONE;
	struct err e = {0};
	struct pass *p = pass_new(0, &e);
	unsigned hash, copy;
	size_t n;

	assert_true(out_open(&o, to, &e));
	assert_true(pass_lane(p, DIGEST_CRC32, &hash, &e));
	assert_true(pass_writer(p, &o, &copy, &e));
	pass_input(p, &f);
	pass_open(p, 1u << hash);
	assert_true(pass_skip(p, 1000, &e));
	pass_open(p, 1u << copy);
	assert_true(pass_skip(p, BIG - 1000, &e));
	assert_true(pass_feed(p, bytes_str("end"), &e));
	assert_true(pass_end(p, &e));
	assert_true(out_commit(&o, &e));
	got = folder_read(to, &n);
	assert_int_equal(n, BIG - 1000 + 3);
	assert_memory_equal(got, in + 1000, BIG - 1000);
	assert_memory_equal(got + BIG - 1000, "end", 3);
	out_free(&o);
	pass_free(&p);
	file_close(&f);
	free(got);
	free(in);
}

static void lanes_are_made_before_the_first_byte(void **state)
{
	struct err e = {0}, later = {0};
	struct pass *p = pass_new(1, &e);
	struct out o = OUT_NONE;
	unsigned lane;

	(void)state;
	assert_true(pass_lane(p, DIGEST_CRC32, &lane, &e));
	assert_true(pass_feed(p, bytes_str("abc"), &e));
	assert_false(pass_lane(p, DIGEST_CRC32, &lane, &e));
	check_err(&e, REASON_LIMIT, "a lane is made before the first byte is read, and 3 are read");
	assert_false(pass_writer(p, &o, &lane, &later));
	check_err(&later, REASON_LIMIT, e.text);
	pass_free(&p);
}

static void check_no_mark(bool (*ask)(struct pass *p, unsigned lane, struct err *e), unsigned lane,
			  const char *text)
{
	struct err e = {0};
	struct pass *p = pass_new(1, &e);
	struct out o = OUT_NONE;
	unsigned copy;

	assert_true(pass_writer(p, &o, &copy, &e));
	assert_false(ask(p, lane, &e));
	check_err(&e, REASON_LIMIT, text);
	pass_free(&p);
}

static bool ask_mark(struct pass *p, unsigned lane, struct err *e)
{
	static struct digest d;

	return pass_mark(p, lane, &d, e);
}

static void a_lane_that_writes_has_no_digest(void **state)
{
	(void)state;
	check_no_mark(ask_mark, 0, "lane 0 writes a file and has no digest");
	check_no_mark(pass_restart, 0, "lane 0 writes a file and has no digest");
	check_no_mark(ask_mark, 1, "there is no lane 1, the pass has 1");
	check_no_mark(pass_restart, 31, "there is no lane 31, the pass has 1");
}

/* The caller's own failure counts like a lane's: whatever is asked next says the same. */
static void a_pass_that_could_not_read_stays_failed(void **state)
{
	static const char text[] = "the file ends here, 2 bytes too early";
	struct file f = open_file(folder_file(*state, "f", "0123456789", 10));
	struct err e = {0}, later[7] = {{0}};
	struct pass *p = pass_new(2, &e);
	struct digest d;
	unsigned lane;
	bool end;

	assert_true(pass_lane(p, DIGEST_CRC32, &lane, &e));
	pass_input(p, &f);
	assert_false(pass_skip(p, 12, &e));
	check_err(&e, REASON_TRUNCATED, text);
	assert_false(pass_skip(p, 0, &later[0]));
	assert_false(pass_feed(p, bytes_str("x"), &later[1]));
	assert_false(pass_mark(p, lane, &d, &later[2]));
	assert_false(pass_restart(p, lane, &later[3]));
	assert_false(pass_at_end(p, &end, &later[4]));
	assert_false(pass_lane(p, DIGEST_CRC32, &lane, &later[5]));
	assert_false(pass_end(p, &later[6]));
	for (size_t i = 0; i < COUNT(later); i++) {
		check_err(&later[i], REASON_TRUNCATED, text);
		assert_true(later[i].at && later[i].offset == 10);
	}
	pass_free(&p);
	file_close(&f);
}

static bool skip_and_end(struct pass *p, uint64_t n, struct err *e)
{
	return pass_skip(p, n, e) && pass_end(p, e);
}

static void a_writing_lane_that_fails_fails_the_pass_for_good(void **state)
{
	struct rlimit small = {1 << 20, RLIM_INFINITY}, old;
	const char *path = folder_file(*state, "f", "", 0);
	struct err e = {0}, e2 = {0};
	struct pass *p = pass_new(2, &e);
	struct out o = OUT_NONE;
	struct file f;
	unsigned hash, copy;

	assert_int_equal(truncate(path, 32 << 20), 0);
	f = open_file(path);
	getrlimit(RLIMIT_FSIZE, &old);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_true(out_open(&o, folder_path(*state, "copy"), &e));
	assert_true(pass_lane(p, DIGEST_CRC32, &hash, &e));
	assert_true(pass_writer(p, &o, &copy, &e));
	pass_input(p, &f);
	pass_open(p, 1u << hash | 1u << copy);
	assert_false(skip_and_end(p, 32 << 20, &e));
	check_err(&e, REASON_NO_SPACE, "cannot be written: File too large");
	assert_false(pass_end(p, &e2));
	check_err(&e2, REASON_NO_SPACE, "cannot be written: File too large");
	setrlimit(RLIMIT_FSIZE, &old);
	signal(SIGXFSZ, SIG_DFL);
	pass_free(&p);
	out_free(&o);
	file_close(&f);
	assert_int_equal(folder_count(*state), 1);
}

static void note_position(void *arg, uint64_t position)
{
	uint64_t *last = arg;

	assert_true(position >= *last);
	*last = position;
}

static void a_watcher_sees_the_position_grow(void **state)
{
	const char *path = folder_file(*state, "f", "", 0);
	struct err e = {0};
	struct pass *p = pass_new(2, &e);
	uint64_t last = 0;
	struct file f;

	assert_int_equal(truncate(path, 8 << 20), 0);
	f = open_file(path);
	pass_watch(p, (struct watch){note_position, &last});
	pass_input(p, &f);
	assert_true(pass_skip(p, 8 << 20, &e));
	assert_true(last >= 7 << 20);
	pass_free(&p);
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

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_file_that_ends_too_early_is_truncated_where_it_ends),
		TEST(taking_more_than_the_ceiling_of_its_buffer_is_a_limit),
		TEST(a_file_that_shrinks_under_the_pass_is_file_changed),
		TEST(sixteen_lanes_are_all_there_are),
		TEST(a_writing_lane_copies_what_it_is_fed),
		TEST(lanes_are_made_before_the_first_byte),
		TEST(a_lane_that_writes_has_no_digest),
		TEST(a_pass_that_could_not_read_stays_failed),
		TEST(a_writing_lane_that_fails_fails_the_pass_for_good),
		TEST(a_watcher_sees_the_position_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
