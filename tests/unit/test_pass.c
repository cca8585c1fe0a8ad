#include "measure/core/pass.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
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
		TEST(a_stream_gives_the_same_digests_as_a_file),
		TEST(a_pass_that_is_released_midway_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
