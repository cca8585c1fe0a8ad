#include "measure/core/ramdisk.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/core/ramdisk_extract.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_ramdisk.h"

#define ROOM (1u << 20)
#define BODY 8192u

static int make_folder(void **state)
{
	static struct folder f;

	folder_new(&f);
	*state = &f;
	return 0;
}

static int remove_folder(void **state)
{
	folder_free(*state);
	return 0;
}

static bool put(void *arg, struct bytes x, struct err *e)
{
	(void)e;
	buf_put(arg, x);
	return true;
}

static void pack(struct buf *to, enum packing p, struct bytes x)
{
	const struct pack_sink sink = {put, to};
	owned(pack_free) struct pack *k = NULL;
	struct err e = {0};

	k = pack_new(p, &sink, &e);
	assert_true(k && pack_add(k, x, &e) && pack_end(k, &e));
}

/* One file of BODY bytes, and the trailer. */
static void archive(struct buf *to)
{
	static const uint8_t body[BODY];
	const struct forged file = {.fields = {.ino = 1, .mode = S_IFREG | 0644, .nlink = 1},
				    .name = "file",
				    .body = (const char *)body,
				    .n = BODY};

	archive_forge(to, &file);
	archive_trailer(to);
}

static void packed_archive(struct buf *to, enum packing p)
{
	owned(buf_free) struct buf plain = BUF(ROOM);

	archive(&plain);
	pack(to, p, buf_bytes(&plain));
}

static bool read_it(struct folder *f, const struct buf *x, struct ramdisk *r,
		    const struct ramdisk_visit *visit, struct err *e)
{
	owned(file_close) struct file file = FILE_NONE;
	struct stream_range where;

	assert_true(file_open(&file, folder_file(f, "ramdisk", x->p, x->n), e));
	where = stream_range(&file, 0, file.size);
	return ramdisk_read(r, &where, visit, e);
}

static void check_refused(struct folder *f, const struct buf *x, enum reason reason,
			  const char *text)
{
	owned(ramdisk_free) struct ramdisk r = {0};
	struct err e = {0};

	assert_false(read_it(f, x, &r, NULL, &e));
	check_err(&e, reason, text);
}

static void parts_are_told_with_place_packing_and_size(void **state)
{
	owned(buf_free) struct buf x = BUF(ROOM), bytes = BUF(ROOM), plain = BUF(ROOM);
	const struct ramdisk_visit visit = {.bytes = put, .arg = &bytes};
	owned(ramdisk_free) struct ramdisk r = {0};
	struct err e = {0};
	size_t second, third;

	archive(&plain);
	buf_put(&x, buf_bytes(&plain));
	second = x.n;
	packed_archive(&x, PACKING_GZIP);
	buf_zero(&x, 3);
	third = x.n;
	packed_archive(&x, PACKING_ZSTD);
	assert_true(read_it(*state, &x, &r, &visit, &e));
	assert_int_equal(r.n, 3);
	assert_int_equal(r.part[0].packing, PACKING_NONE);
	assert_int_equal(r.part[0].size, second);
	assert_int_equal(r.part[1].packing, PACKING_GZIP);
	assert_int_equal(r.part[1].at, second);
	assert_int_equal(r.part[1].size, third - 3 - second);
	assert_int_equal(r.part[2].packing, PACKING_ZSTD);
	assert_int_equal(r.part[2].at, third);
	assert_int_equal(r.part[2].size, x.n - third);
	for (size_t i = 0; i < r.n; i++) {
		assert_int_equal(r.part[i].unpacked, plain.n);
		assert_int_equal(r.part[i].archives, 1);
		assert_int_equal(r.part[i].entries, 1);
	}
	assert_int_equal(bytes.n, 3 * plain.n + 3);
}

static void as_many_parts_as_the_limit_are_read_and_no_more(void **state)
{
	owned(buf_free) struct buf x = BUF(ROOM);
	owned(ramdisk_free) struct ramdisk r = {0};
	struct err e = {0};

	for (size_t i = 0; i < RAMDISK_PARTS; i++)
		packed_archive(&x, PACKING_GZIP);
	assert_true(read_it(*state, &x, &r, NULL, &e));
	assert_int_equal(r.n, RAMDISK_PARTS);
	packed_archive(&x, PACKING_GZIP);
	check_refused(*state, &x, REASON_LIMIT, "more than 64 parts");
}

static void frames_that_zstd_skips_are_refused_wherever_they_stand(void **state)
{
	static const uint8_t frame[] = {0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 'a', 'b', 'c', 'd'};
	static const char refusal[] = "a zstd frame to be skipped, which the kernel takes for junk";
	owned(buf_free) struct buf first = BUF(ROOM), last = BUF(ROOM), plain = BUF(ROOM);

	buf_put(&first, bytes_of(frame, sizeof(frame)));
	check_refused(*state, &first, REASON_AMBIGUOUS, refusal);
	packed_archive(&first, PACKING_ZSTD);
	check_refused(*state, &first, REASON_AMBIGUOUS, refusal);
	packed_archive(&last, PACKING_ZSTD);
	buf_put(&last, bytes_of(frame, sizeof(frame)));
	check_refused(*state, &last, REASON_AMBIGUOUS, refusal);
	archive(&plain);
	buf_put(&plain, bytes_of(frame, sizeof(frame)));
	check_refused(*state, &plain, REASON_AMBIGUOUS, refusal);
}

static void parts_at_which_the_kernel_stops_are_refused(void **state)
{
	static const uint8_t zeros[64];
	owned(buf_free) struct buf nothing = BUF(ROOM), aside = BUF(ROOM), none = BUF(ROOM);

	pack(&nothing, PACKING_GZIP, bytes_of(zeros, sizeof(zeros)));
	check_refused(*state, &nothing, REASON_RAMDISK, "what is compressed holds no archive");
	packed_archive(&aside, PACKING_GZIP);
	buf_zero(&aside, aside.n % 4 == 0 ? 1 : 5 - aside.n % 4);
	archive(&aside);
	check_refused(*state, &aside, REASON_RAMDISK,
		      "an archive begins at no multiple of four: the kernel stops there");
	buf_put(&none, bytes_of(zeros, sizeof(zeros)));
	check_refused(*state, &none, REASON_RAMDISK, "nothing but zeros, and no archive");
}

/* ---- onto a disk */

static bool extract(struct folder *f, const char *into, struct err *e)
{
	owned(buf_free) struct buf x = BUF(ROOM);
	owned(file_close) struct file file = FILE_NONE;
	struct stream_range where;

	packed_archive(&x, PACKING_GZIP);
	assert_true(file_open(&file, folder_file(f, "ramdisk", x.p, x.n), e));
	where = stream_range(&file, 0, file.size);
	return ramdisk_extract(&where, into, e);
}

static void check_failed(struct folder *f, const char *into, enum reason reason, const char *text)
{
	struct err e = {0};

	assert_false(extract(f, into, &e));
	check_err(&e, reason, text);
}

static void a_folder_that_cannot_be_filled_is_refused(void **state)
{
	const char *file = folder_file(*state, "file", "x", 1);

	check_failed(*state, folder_path(*state, "none"), REASON_NO_SUCH_FILE,
		     "cannot be read: No such file or directory");
	check_failed(*state, file, REASON_NO_SUCH_FILE, "cannot be read: Not a directory");
	check_failed(*state, ((struct folder *)*state)->path, REASON_USAGE,
		     "is not empty, and a ramdisk's files need a folder of their own");
}

/* The soft limit is put back, whatever came of it. */
static void check_under(struct folder *f, rlim_t soft, const char *text)
{
	const char *into = folder_path(f, "into");
	struct rlimit old, less;
	struct err e = {0};
	bool done;

	assert_int_equal(mkdir(into, 0755), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	less = (struct rlimit){soft, old.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &less), 0);
	done = extract(f, into, &e);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_false(done);
	assert_string_equal(e.text, text);
	assert_int_equal(rmdir(into), 0); /* it is empty again */
}

static void a_disk_that_takes_no_more_leaves_an_empty_folder(void **state)
{
	signal(SIGXFSZ, SIG_IGN);
	check_under(*state, BODY / 2, "cannot be written: File too large");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)
	const struct CMUnitTest tests[] = {
		TEST(parts_are_told_with_place_packing_and_size),
		TEST(as_many_parts_as_the_limit_are_read_and_no_more),
		TEST(frames_that_zstd_skips_are_refused_wherever_they_stand),
		TEST(parts_at_which_the_kernel_stops_are_refused),
		TEST(a_folder_that_cannot_be_filled_is_refused),
		TEST(a_disk_that_takes_no_more_leaves_an_empty_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
