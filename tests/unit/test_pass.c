#include "measure/core/pass.h"

#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_eif.h"
#include "tests/unit/support_folder.h"

#define LANES 5
#define MARKS 64
#define BIG (PASS_WINDOW * (size_t)(PASS_WINDOWS + 3) + 12345)

static uint32_t random_state;

static uint32_t random32(void)
{
	random_state = random_state * 1664525 + 1013904223;
	return random_state >> 8 ^ random_state << 16;
}

static uint8_t *random_bytes(size_t n)
{
	uint8_t *p = malloc(n ? n : 1);

	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)random32();
	return p;
}

/* What the lanes should hold: every lane's bytes kept, digests made at each mark. */
struct model {
	struct pass *pass;
	unsigned lane[LANES];
	uint8_t *fed[LANES];
	size_t n_fed[LANES];
	struct digest got[MARKS];
	uint8_t right[MARKS][64];
	size_t n_marks;
	uint32_t open;
};

static const enum digest_alg algs[LANES] = {DIGEST_SHA384, DIGEST_SHA256, DIGEST_CRC32,
					    DIGEST_SHA512, DIGEST_SHA384};

static struct model *model_new(unsigned threads, size_t size)
{
	struct model *m = calloc(1, sizeof(*m));
	struct err e = {0};

	m->pass = pass_new(threads, &e);
	assert_non_null(m->pass);
	for (size_t i = 0; i < LANES; i++) {
		assert_true(pass_lane(m->pass, algs[i], &m->lane[i], &e));
		m->fed[i] = malloc(2 * size + 1);
		assert_non_null(m->fed[i]);
	}
	return m;
}

static void model_open(struct model *m, uint32_t lanes)
{
	uint32_t mask = 0;

	m->open = lanes;
	for (size_t i = 0; i < LANES; i++)
		if (lanes & 1u << i)
			mask |= 1u << m->lane[i];
	pass_open(m->pass, mask);
}

static void model_feed(struct model *m, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < LANES; i++) {
		if (!(m->open & 1u << i))
			continue;
		memcpy(m->fed[i] + m->n_fed[i], p, n);
		m->n_fed[i] += n;
	}
}

static void model_mark(struct model *m, size_t i)
{
	static const char *const md[] = {"SHA256", "SHA384", "SHA512"};
	struct err e = {0};
	size_t k = m->n_marks++;

	if (algs[i] == DIGEST_CRC32)
		forge_put(m->right[k], 4, forge_crc(0, m->fed[i], m->n_fed[i]));
	else
		EVP_Digest(m->fed[i], m->n_fed[i], m->right[k], NULL,
			   EVP_get_digestbyname(md[algs[i]]), NULL);
	assert_true(pass_mark(m->pass, m->lane[i], &m->got[k], &e));
}

/* Waits, compares every mark, releases. */
static void model_check(struct model *m)
{
	struct err e = {0};

	assert_true(pass_end(m->pass, &e));
	for (size_t k = 0; k < m->n_marks; k++)
		assert_memory_equal(m->got[k].v, m->right[k], m->got[k].len);
	pass_free(&m->pass);
	assert_null(m->pass);
	for (size_t i = 0; i < LANES; i++)
		free(m->fed[i]);
	free(m);
}

static struct file open_file(const char *path)
{
	struct file f = FILE_NONE;
	struct err e = {0};

	assert_true(file_open(&f, path, &e));
	return f;
}

/* One random walk: skip, take, feed, marks, restarts and changing lanes. */
static void walk(struct model *m, const uint8_t *p, size_t n)
{
	size_t at = 0;

	while (at < n) {
		size_t step = random32() % 4 ? random32() % 3000 : random32() % (2 * PASS_WINDOW);
		struct buf taken = BUF(4 * PASS_WINDOW);
		struct err e = {0};

		step = step < n - at ? step : n - at;
		model_open(m, random32() % (1u << LANES));
		model_feed(m, p + at, step);
		if (random32() % 3)
			assert_true(pass_skip(m->pass, step, &e));
		else
			assert_true(pass_take(m->pass, step, &taken, &e));
		if (taken.n)
			assert_true(bytes_equal(buf_bytes(&taken), bytes_of(p + at, step)));
		at += step;
		if (m->n_marks < MARKS && random32() % 4 == 0)
			model_mark(m, random32() % LANES);
		if (random32() % 16 == 0) {
			size_t i = random32() % LANES;

			assert_true(pass_restart(m->pass, m->lane[i], &e));
			m->n_fed[i] = 0;
		}
		buf_free(&taken);
	}
	assert_int_equal(pass_position(m->pass), n);
}

static void check_walk(const char *path, const uint8_t *p, size_t n, unsigned threads)
{
	struct model *m = model_new(threads, n);
	struct file f = open_file(path);
	struct err e = {0};
	bool end = false;

	pass_input(m->pass, &f);
	walk(m, p, n);
	assert_true(pass_at_end(m->pass, &end, &e));
	assert_true(end);
	for (size_t i = 0; i < LANES && m->n_marks < MARKS; i++)
		model_mark(m, i);
	model_check(m);
	file_close(&f);
}

static void any_walk_over_any_size_on_any_threads_gives_the_right_digests(void **state)
{
	static const size_t sizes[] = {
		0,
		1,
		PASS_WINDOW - 1,
		PASS_WINDOW,
		PASS_WINDOW + 1,
		PASS_WINDOW * (size_t)PASS_WINDOWS,
		BIG,
	};

	for (size_t s = 0; s < COUNT(sizes); s++) {
		uint8_t *p = random_bytes(sizes[s]);
		const char *path = folder_file(*state, "f", p, sizes[s]);

		for (unsigned threads = 0; threads <= 5; threads++)
			check_walk(path, p, sizes[s], threads);
		free(p);
	}
}

/* Marks and restarts in such numbers that a window's list of them is full many times. */
static void steps_beyond_any_list_are_done_in_order(void **state)
{
	struct digest got[500];
	struct err e = {0};
	struct pass *p = pass_new(2, &e);
	unsigned lane, other;
	uint32_t crc = 0;

	(void)state;
	assert_true(pass_lane(p, DIGEST_CRC32, &lane, &e));
	assert_true(pass_lane(p, DIGEST_CRC32, &other, &e));
	for (size_t i = 0; i < COUNT(got); i++) {
		uint8_t byte = (uint8_t)i;

		pass_open(p, i % 2 ? 1u << lane : 1u << lane | 1u << other);
		assert_true(pass_feed(p, bytes_of(&byte, 1), &e));
		assert_true(pass_mark(p, lane, &got[i], &e));
		if (i % 7 == 6)
			assert_true(pass_restart(p, lane, &e));
	}
	assert_true(pass_end(p, &e));
	for (size_t i = 0; i < COUNT(got); i++) {
		uint8_t byte = (uint8_t)i;

		crc = forge_crc(i % 7 ? crc : 0, &byte, 1);
		assert_true(forge_get(got[i].v, 4) == crc);
	}
	pass_free(&p);
}

static void bytes_that_are_fed_and_inputs_that_change_are_one_run(void **state)
{
	struct file a = open_file(folder_file(*state, "a", "kernel", 6));
	struct file b = open_file(folder_file(*state, "b", "ramdisk", 7));
	struct model *m = model_new(2, 100);
	struct err e = {0};
	bool end = true;

	model_open(m, 3);
	pass_input(m->pass, &a);
	assert_true(pass_skip(m->pass, 6, &e));
	assert_true(pass_feed(m->pass, bytes_str("-cmdline-"), &e));
	assert_true(pass_feed(m->pass, bytes_of(NULL, 0), &e));
	pass_input(m->pass, &b);
	assert_true(pass_at_end(m->pass, &end, &e));
	assert_false(end);
	assert_true(pass_at_end(m->pass, &end, &e));
	assert_false(end);
	assert_true(pass_skip(m->pass, 0, &e));
	assert_true(pass_skip(m->pass, 7, &e));
	assert_true(pass_at_end(m->pass, &end, &e));
	assert_true(end);
	model_feed(m, (const uint8_t *)"kernel-cmdline-ramdisk", 22);
	for (size_t i = 0; i < LANES; i++)
		model_mark(m, i);
	assert_int_equal(pass_position(m->pass), 22);
	model_check(m);
	file_close(&a);
	file_close(&b);
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

static void *feed(void *arg)
{
	const uint8_t *p = ((struct bytes *)arg)->p;
	size_t n = ((struct bytes *)arg)->n, at = 0;
	int fd = 100;

	while (at < n) {
		size_t piece = 1 + at % 70000;
		ssize_t w = write(fd, p + at, piece < n - at ? piece : n - at);

		if (w < 0)
			break;
		at += (size_t)w;
	}
	close(fd);
	return NULL;
}

static void a_stream_gives_the_same_digests_as_a_file(void **state)
{
	uint8_t *p = random_bytes(BIG);
	struct bytes all = bytes_of(p, BIG);
	struct model *m = model_new(2, BIG);
	struct file f = FILE_NONE;
	struct err e = {0};
	pthread_t writer;
	bool end = false;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	assert_int_equal(dup2(ends[1], 100), 100);
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(pthread_create(&writer, NULL, feed, &all), 0);
	assert_true(file_open(&f, "-", &e));
	pass_input(m->pass, &f);
	walk(m, p, BIG);
	assert_true(pass_at_end(m->pass, &end, &e));
	assert_true(end);
	model_check(m);
	pthread_join(writer, NULL);
	free(p);
}

static void a_pass_that_is_released_midway_leaves_nothing_behind(void **state)
{
	const char *path = folder_file(*state, "f", "", 0);
	struct err e = {0};

	assert_int_equal(truncate(path, 100 << 20), 0);
	for (unsigned i = 0; i < 20; i++) {
		struct file f = open_file(path);
		struct model *m = model_new(4, 1);

		pass_input(m->pass, &f);
		model_open(m, (1u << LANES) - 1);
		assert_true(pass_skip(m->pass, i * 300000, &e));
		pass_free(&m->pass);
		for (size_t k = 0; k < LANES; k++)
			free(m->fed[k]);
		free(m);
		file_close(&f);
	}
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
	uint8_t *in = random_bytes(BIG), *got;
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
	random_state = 1;
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
		TEST(any_walk_over_any_size_on_any_threads_gives_the_right_digests),
		TEST(steps_beyond_any_list_are_done_in_order),
		TEST(bytes_that_are_fed_and_inputs_that_change_are_one_run),
		TEST(a_file_that_ends_too_early_is_truncated_where_it_ends),
		TEST(taking_more_than_the_ceiling_of_its_buffer_is_a_limit),
		TEST(a_file_that_shrinks_under_the_pass_is_file_changed),
		TEST(a_stream_gives_the_same_digests_as_a_file),
		TEST(a_pass_that_is_released_midway_leaves_nothing_behind),
		TEST(sixteen_lanes_are_all_there_are),
		TEST(a_writing_lane_copies_what_it_is_fed),
		TEST(a_writing_lane_that_fails_fails_the_pass_for_good),
		TEST(a_watcher_sees_the_position_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
