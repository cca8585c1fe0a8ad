#include <sys/stat.h>

#include "measure/core/cpio.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_memory.h"
#include "tests/unit/support_ramdisk.h"

#define ROOM (1u << 20)

/* Every entry and all its bytes; true: up to the end. */
static bool read_all(struct bytes x, size_t *entries, struct err *e)
{
	struct memory in = memory_stream(x, 7);
	owned(cpio_free) struct cpio *c = cpio_new(&in.stream, false, e);
	const struct cpio_entry *entry;
	uint8_t bytes[64];
	size_t got;

	*entries = 0;
	do {
		if (!c || !cpio_next(c, &entry, e))
			return false;
		*entries += entry != NULL;
		do {
			if (entry && !cpio_read(c, (struct span){bytes, sizeof(bytes)}, &got, e))
				return false;
		} while (entry && got > 0);
	} while (entry);
	return true;
}

static void what_was_written_is_read_again(void **state)
{
	struct cpio_rule rule = {.profile = cpio_profile("native")};
	owned(disk_free) struct disk s;
	struct memory in;
	struct cpio *c;
	const struct cpio_entry *x;
	struct err e = {0};
	uint8_t bytes[8];
	size_t got;

	(void)state;
	disk_new(&s);
	disk_add(&s, "f", S_IFREG | 0640, "bytes");
	assert_true(disk_write(&s, &rule, NULL, &e));
	in = memory_stream(buf_bytes(&s.out), 1000);
	c = cpio_new(&in.stream, false, &e);
	assert_true(cpio_next(c, &x, &e));
	assert_true(bytes_equal(x->name, bytes_str("f")));
	assert_int_equal(x->fields.mode, S_IFREG | 0640);
	assert_int_equal(x->fields.size, 5);
	assert_int_equal(x->header, 0);
	assert_int_equal(x->data, 112);
	assert_true(cpio_read(c, (struct span){bytes, 8}, &got, &e));
	assert_int_equal(got, 5);
	assert_memory_equal(bytes, "bytes", 5);
	assert_true(cpio_read(c, (struct span){bytes, 8}, &got, &e));
	assert_int_equal(got, 0);
	assert_true(cpio_next(c, &x, &e));
	assert_true(cpio_is_trailer(x));
	assert_true(cpio_next(c, &x, &e));
	assert_null(x);
	assert_int_equal(cpio_position(c), s.out.n);
	cpio_free(&c);
}

static void archives_and_zeros_may_follow_each_other(void **state)
{
	const struct forged sums = {
		.fields = {.mode = S_IFREG, .nlink = 1, .check = 'a' + 'b' + 0xff},
		.name = "f",
		.body = "ab\xff",
		.magic = "070702"};
	const struct forged upper = {
		.fields = {.mode = S_IFDIR | 0755, .nlink = 2, .uid = 0xabcdef}, .name = "d/"};
	owned(buf_free) struct buf x = BUF(ROOM);
	struct err e = {0};
	size_t n;

	(void)state;
	buf_zero(&x, 4);
	archive_forge(&x, &sums);
	archive_trailer(&x);
	buf_zero(&x, 512);
	archive_forge(&x, &upper);
	archive_trailer(&x);
	buf_zero(&x, 3);
	assert_true(read_all(buf_bytes(&x), &n, &e));
	assert_int_equal(n, 4);
}

#define FILE_MODE                                  \
	{                                          \
		.mode = S_IFREG | 0644, .nlink = 1 \
	}
#define N(text) .name = text, .name_n = sizeof(text) - 1
static char long_part[300], long_name[5000];

static const struct {
	struct forged x;
	enum reason reason;
	uint64_t offset;
	const char *text;
} bad[] = {
	{{FILE_MODE, .name = "f", .magic = "070707"},
	 REASON_RAMDISK,
	 0,
	 "c_magic: '070707' is neither '070701' nor '070702'"},
	{{FILE_MODE, .name = "f", .magic = "070701-0000001"},
	 REASON_RAMDISK,
	 6,
	 "c_ino: '-0000001' is not eight hexadecimal digits"},
	{{{.mode = S_IFREG, .name_size = 0x10000000}, .name = "f"},
	 REASON_AMBIGUOUS,
	 0,
	 "c_namesize is 268435456: the kernel passes over what is not 2 to 4096"},
	{{FILE_MODE, .name = "", .name_n = 1},
	 REASON_AMBIGUOUS,
	 0,
	 "c_namesize is 1: the kernel passes over what is not 2 to 4096"},
	{{FILE_MODE, .name = "name", .name_n = 4},
	 REASON_AMBIGUOUS,
	 110,
	 "a name of 4 bytes does not end at its only NUL"},
	{{FILE_MODE, N("TRAILER!!!\0x")},
	 REASON_AMBIGUOUS,
	 110,
	 "a name of 12 bytes does not end at its only NUL"},
	{{FILE_MODE, N("TRAILER!!!\0\0")},
	 REASON_AMBIGUOUS,
	 110,
	 "a name of 12 bytes does not end at its only NUL"},
	{{{0}, .name = CPIO_TRAILER, .body = "x"}, REASON_AMBIGUOUS, 0, "a trailer with 1 bytes"},
	{{{.mode = S_IFLNK}, .name = CPIO_TRAILER},
	 REASON_AMBIGUOUS,
	 0,
	 "a trailer that is a symbolic link"},
	{{FILE_MODE, .name = "a/../b"},
	 REASON_AMBIGUOUS,
	 0,
	 "'a/../b': a name that leads upwards by '..'"},
	{{FILE_MODE, .name = ".."}, REASON_AMBIGUOUS, 0, "'..': a name that leads upwards by '..'"},
	{{{.mode = 0x181a4}, .name = "f"},
	 REASON_AMBIGUOUS,
	 0,
	 "'f': c_mode is 000181a4: the kernel looks at its last four digits"},
	{{{.mode = 0644}, .name = "f"},
	 REASON_AMBIGUOUS,
	 0,
	 "'f': c_mode is 000001a4, which is no type of file"},
	{{{.mode = 0xf000}, .name = "f"},
	 REASON_AMBIGUOUS,
	 0,
	 "'f': c_mode is 0000f000, which is no type of file"},
	{{{.mode = S_IFDIR}, .name = "d", .body = "x"},
	 REASON_AMBIGUOUS,
	 0,
	 "'d': 1 bytes, and no file: the kernel passes over it"},
	{{{.mode = S_IFCHR}, .name = "c", .body = "x"},
	 REASON_AMBIGUOUS,
	 0,
	 "'c': 1 bytes, and no file: the kernel passes over it"},
	{{{.mode = S_IFCHR, .rdev_major = 4096, .rdev_minor = 1}, .name = "c"},
	 REASON_AMBIGUOUS,
	 0,
	 "'c': the device 4096:1: the kernel has no such numbers"},
	{{{.mode = S_IFBLK, .rdev_minor = 0x100000}, .name = "b"},
	 REASON_AMBIGUOUS,
	 0,
	 "'b': the device 0:1048576: the kernel has no such numbers"},
	{{{.mode = S_IFLNK}, .name = "l"},
	 REASON_AMBIGUOUS,
	 0,
	 "'l': a symbolic link without a target"},
	{{{.mode = S_IFLNK}, .name = "l", .body = long_name, .n = 4097},
	 REASON_AMBIGUOUS,
	 0,
	 "'l': a symbolic link's target of 4097 bytes: the kernel passes over it"},
	{{{.mode = S_IFREG, .uid = UINT32_MAX}, .name = "f"},
	 REASON_AMBIGUOUS,
	 0,
	 "'f': the owner is 4294967295:0, which the kernel takes for no change"},
	{{{.mode = S_IFREG, .check = 0x99}, .name = "f", .body = "a", .magic = "070702"},
	 REASON_CRC,
	 0,
	 "'f': c_chksum is 00000099, the sum of its bytes 00000061"},
	{{{.mode = S_IFREG, .size = 5000}, .name = "f", .body = "a"},
	 REASON_TRUNCATED,
	 112,
	 "'f': its content needs 5000 bytes, 128 are left"},
};

static void what_readers_take_differently_is_refused(void **state)
{
	(void)state;
	memset(long_name, 't', sizeof(long_name) - 1);
	for (size_t i = 0; i < COUNT(bad); i++) {
		owned(buf_free) struct buf x = BUF(ROOM);
		struct err e = {0};
		size_t n;

		archive_forge(&x, &bad[i].x);
		archive_trailer(&x);
		assert_false(read_all(buf_bytes(&x), &n, &e));
		check_err(&e, bad[i].reason, bad[i].text);
		assert_int_equal(e.offset, bad[i].offset);
	}
}

static void a_component_is_as_long_as_the_kernel_allows(void **state)
{
	struct forged x = {FILE_MODE, .name = long_part};
	owned(buf_free) struct buf most = BUF(ROOM), more = BUF(ROOM);
	struct err e = {0};
	size_t n;

	(void)state;
	memset(long_part, 'p', 255);
	archive_forge(&most, &x);
	archive_trailer(&most);
	assert_true(read_all(buf_bytes(&most), &n, &e));
	long_part[255] = 'p';
	archive_forge(&more, &x);
	archive_trailer(&more);
	assert_false(read_all(buf_bytes(&more), &n, &e));
	assert_int_equal(e.reason, REASON_AMBIGUOUS);
	assert_non_null(strstr(e.text, "': a name of 256 bytes: the kernel refuses more than 255"));
}

/* One file, a trailer, and then what the test adds. */
static void forge_one(struct buf *x)
{
	const struct forged f = {FILE_MODE, .name = "file", .body = "abc"};

	archive_forge(x, &f);
	archive_trailer(x);
}

static void check_bytes(const struct buf *x, enum reason r, uint64_t offset, const char *text)
{
	struct err e = {0};
	size_t n;

	assert_false(read_all(buf_bytes(x), &n, &e));
	check_err(&e, r, text);
	assert_int_equal(e.offset, offset);
}

static void what_the_kernel_stops_at_is_refused(void **state)
{
	owned(buf_free) struct buf x = BUF(ROOM);

	(void)state;
	forge_one(&x);
	buf_str(&x, "junk");
	check_bytes(&x, REASON_TRAILING, 244,
		    "neither an archive nor zeros: the kernel stops there");
	x.n -= 4;
	buf_zero(&x, 2);
	forge_one(&x);
	check_bytes(&x, REASON_RAMDISK, 246,
		    "an archive begins at no multiple of four: the kernel stops there");
}

static void padding_hides_nothing(void **state)
{
	owned(buf_free) struct buf x = BUF(ROOM);

	(void)state;
	forge_one(&x);
	x.p[119] = 'x';
	check_bytes(&x, REASON_RAMDISK, 119, "the padding behind an entry is not zero");
	x.p[119] = 0;
	x.p[243] = 'x';
	check_bytes(&x, REASON_RAMDISK, 241, "the padding behind a name is not zero");
	x.p[243] = 0;
	x.p[115] = 'x';
	check_bytes(&x, REASON_RAMDISK, 115, "the padding behind a name is not zero");
}

static void an_archive_has_a_trailer_and_no_gaps(void **state)
{
	const struct forged f = {FILE_MODE, .name = "file", .body = "abc"};
	owned(buf_free) struct buf x = BUF(ROOM);

	(void)state;
	archive_forge(&x, &f);
	check_bytes(&x, REASON_AMBIGUOUS, 120, "the archive that begins at 0 has no trailer");
	buf_zero(&x, 4);
	archive_trailer(&x);
	check_bytes(&x, REASON_RAMDISK, 120, "c_magic: '' is neither '070701' nor '070702'");
}

/* Every shorter file is refused, but for the end of an archive. */
static void every_truncation_is_told(void **state)
{
	owned(buf_free) struct buf x = BUF(ROOM);
	size_t n;

	(void)state;
	forge_one(&x);
	for (size_t i = 1; i < x.n; i++) {
		struct err e = {0};

		assert_false(read_all(bytes_of(x.p, i), &n, &e));
		assert_true(e.reason == REASON_TRUNCATED ||
			    (e.reason == REASON_AMBIGUOUS && i == 120));
	}
}

/* With `rest` the end is where an archive can be no more; all bytes before went through the tap. */
static bool gather(void *arg, struct bytes x, struct err *e)
{
	(void)e;
	buf_put(arg, x);
	return true;
}

static void what_is_no_archive_is_left_alone_where_asked_for(void **state)
{
	owned(buf_free) struct buf x = BUF(ROOM), seen = BUF(ROOM);
	const struct cpio_tap tap = {gather, &seen};
	const struct cpio_entry *entry;
	struct err e = {0};
	struct memory in;
	struct cpio *c;

	(void)state;
	forge_one(&x);
	buf_zero(&x, 5);
	buf_str(&x, "\x1f\x8b...");
	in = memory_stream(buf_bytes(&x), 1000);
	c = cpio_new(&in.stream, true, &e);
	cpio_tap(c, &tap);
	do {
		assert_true(cpio_next(c, &entry, &e));
	} while (entry);
	assert_int_equal(cpio_position(c), 249);
	assert_true(bytes_equal(buf_bytes(&seen), bytes_of(x.p, 249)));
	cpio_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read_again),
		cmocka_unit_test(archives_and_zeros_may_follow_each_other),
		cmocka_unit_test(what_readers_take_differently_is_refused),
		cmocka_unit_test(a_component_is_as_long_as_the_kernel_allows),
		cmocka_unit_test(what_the_kernel_stops_at_is_refused),
		cmocka_unit_test(padding_hides_nothing),
		cmocka_unit_test(an_archive_has_a_trailer_and_no_gaps),
		cmocka_unit_test(every_truncation_is_told),
		cmocka_unit_test(what_is_no_archive_is_left_alone_where_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
