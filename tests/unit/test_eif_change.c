#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "eif/extract.h"
#include "eif/lenient.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_eif_sign.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_image.h"

#define MIB (UINT64_C(1) << 20)

/*
 * Files that change while they are read. The reader calls back after every window it has read,
 * so that the change comes at a known place and not when a thread happens to run.
 */
struct change {
	const char *path;
	uint64_t when; /* position from which it happens */
	uint64_t size; /* which the file then has */
	bool done;
};

static void change(void *arg, uint64_t position)
{
	struct change *c = arg;

	if (c->done || position < c->when)
		return;
	assert_int_equal(truncate(c->path, (off_t)c->size), 0);
	c->done = true;
}

/* The base image with a last ramdisk of so many zeros, which take no room on the disk. */
static const char *sparse_image(struct folder *folder, uint64_t zeros, uint64_t *size)
{
	struct forge f = forge_base();
	struct forged x;
	const char *path;

	f.section[4].n = 0;
	f.section[4].size = f.section[4].table_size = (struct forge_field){true, zeros};
	x = forge_write(&f);
	path = folder_file(folder, "image", x.p, x.n);
	*size = x.n + zeros;
	assert_int_equal(truncate(path, (off_t)*size), 0);
	free(x.p);
	return path;
}

static void check_change(struct folder *folder, struct change c, enum reason r, const char *text)
{
	struct file f = FILE_NONE;
	struct eif_image img;
	struct err e = {0};
	uint64_t size;

	c.path = sparse_image(folder, 64 * MIB, &size);
	assert_true(file_open(&f, c.path, &e));
	f.watch = (struct watch){change, &c};
	assert_false(eif_image_read(&f, false, &img, &e));
	assert_true(c.done);
	check_err(&e, r, text);
	eif_image_free(&img);
	file_close(&f);
}

static void a_file_that_shrinks_while_it_is_read_is_file_changed(void **state)
{
	static const char text[] =
		"section 4 (ramdisk): the file ended while it was being read; it had 67110310 bytes "
		"when it was opened";

	check_change(*state, (struct change){.when = 1, .size = 32 * MIB}, REASON_FILE_CHANGED,
		     text);
	check_change(*state, (struct change){.when = 40 * MIB, .size = 0}, REASON_FILE_CHANGED,
		     text);
	check_change(*state, (struct change){.when = 60 * MIB, .size = 64 * MIB + 1445},
		     REASON_FILE_CHANGED, text);
}

static void a_file_that_grows_while_it_is_read_has_bytes_behind_its_end(void **state)
{
	check_change(
		*state, (struct change){.when = 1, .size = 65 * MIB}, REASON_TRAILING,
		"bytes stand behind the last of 5 sections; a reader that walks the file takes "
		"them for one more");
	check_change(
		*state, (struct change){.when = 1, .size = 64 * MIB + 1447}, REASON_TRAILING,
		"bytes stand behind the last of 5 sections; a reader that walks the file takes "
		"them for one more");
}

/* The same with the right checksum. */
static const char *sparse_and_right(struct folder *folder, uint64_t zeros)
{
	uint64_t size;
	const char *path = sparse_image(folder, zeros, &size);
	int fd = open(path, O_RDWR);
	uint8_t *all = malloc(size), crc[4];

	assert_int_equal(pread(fd, all, size, 0), size);
	forge_put(crc, 4, forge_image_crc(all, size));
	assert_int_equal(pwrite(fd, crc, 4, FORGE_CRC_AT), 4);
	close(fd);
	free(all);
	return path;
}

static void a_sparse_image_is_an_image_like_any_other(void **state)
{
	const char *path = sparse_and_right(*state, 64 * MIB);
	struct file f = FILE_NONE;
	struct eif_image img;
	struct err e = {0};

	assert_true(file_open(&f, path, &e));
	assert_true(eif_image_read(&f, false, &img, &e));
	assert_true(img.section[4].size == 64 * MIB);
	eif_image_free(&img);
	file_close(&f);
}

static void parts_come_out_as_the_sections_they_are(void **state)
{
	static const char *const names[] = {"parts/kernel", "parts/cmdline", "parts/metadata.json",
					    "parts/ramdisk0", "parts/ramdisk1"};
	struct forge f = forge_base();
	struct forged x = forge_write(&f);
	const char *path = folder_file(*state, "image", x.p, x.n);
	struct file in = FILE_NONE;
	struct err e = {0};

	assert_int_equal(mkdir(folder_path(*state, "parts"), 0700), 0);
	assert_true(file_open(&in, path, &e));
	assert_true(eif_extract(&in, folder_path(*state, "parts"), &e));
	file_close(&in);
	for (size_t i = 0; i < COUNT(names); i++) {
		size_t n;
		char *got = folder_read(folder_path(*state, names[i]), &n);

		assert_int_equal(n, f.section[i].n);
		assert_memory_equal(got, f.section[i].data, n);
		free(got);
	}
	free(x.p);
}

/* A byte that was read and found good already, before the parts are written. */
static void poke(void *arg, uint64_t position)
{
	struct change *c = arg;
	int fd;

	if (c->done || position < c->when)
		return;
	fd = open(c->path, O_WRONLY);
	assert_int_equal(pwrite(fd, "x", 1, (off_t)MIB), 1);
	close(fd);
	c->done = true;
}

static void parts_are_not_taken_from_another_file_than_was_checked(void **state)
{
	char *image = strdup(sparse_and_right(*state, 64 * MIB));
	struct change c = {.path = image, .when = 60 * MIB};
	struct file in = FILE_NONE;
	struct err e = {0};

	assert_int_equal(mkdir(folder_path(*state, "parts"), 0700), 0);
	assert_true(file_open(&in, image, &e));
	in.watch = (struct watch){poke, &c};
	assert_false(eif_extract(&in, folder_path(*state, "parts"), &e));
	assert_true(c.done);
	check_err(&e, REASON_FILE_CHANGED, "the file changed while it was being read");
	assert_string_equal(e.subject, image);
	assert_int_equal(access(folder_path(*state, "parts/kernel"), F_OK), -1);
	assert_int_equal(access(folder_path(*state, "parts/ramdisk1"), F_OK), -1);
	file_close(&in);
	free(image);
}

static void a_stream_is_no_file_for_readings_side_by_side(void **state)
{
	struct file f = {.fd = STDIN_FILENO, .stream = true, .name = "-"};
	struct eif_view views[2];
	struct err e = {0};

	(void)state;
	assert_false(eif_lenient(&f, views, &e));
	assert_string_equal(reason_slug(e.reason), "not-a-file");
}

/*
 * Beyond 4 GiB, where a reader with 32 bits goes wrong. The walk ahead of the pass needs no more
 * than the headers, so a fault behind the large section is found at once; the pass takes a while.
 */
static void a_section_of_more_than_4_gib_is_walked_over_and_measured(void **state)
{
	bool soak = check_soak();
	struct file f = FILE_NONE;
	struct eif_image img;
	struct err e = {0};
	uint64_t size;
	const char *path = sparse_image(*state, 5 * 1024 * MIB, &size);

	if (!soak)
		assert_int_equal(truncate(path, (off_t)size + 1), 0);
	assert_true(file_open(&f, path, &e));
	assert_false(eif_image_read(&f, false, &img, &e));
	assert_string_equal(reason_slug(e.reason), soak ? "crc" : "trailing");
	assert_true(e.offset == (soak ? FORGE_CRC_AT : size));
	eif_image_free(&img);
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
		TEST(a_file_that_shrinks_while_it_is_read_is_file_changed),
		TEST(a_file_that_grows_while_it_is_read_has_bytes_behind_its_end),
		TEST(a_sparse_image_is_an_image_like_any_other),
		TEST(parts_come_out_as_the_sections_they_are),
		TEST(parts_are_not_taken_from_another_file_than_was_checked),
		TEST(a_stream_is_no_file_for_readings_side_by_side),
		TEST(a_section_of_more_than_4_gib_is_walked_over_and_measured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
