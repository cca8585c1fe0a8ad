#include "measure/core/tar.h"

#include <stdio.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_memory.h"
#include "tests/unit/support_tar.h"

#define MAX (1u << 22)

/* The archive is refused, however it comes; it ends with what it has. */
static void check_refused_as_is(struct buf *archive, enum reason reason, uint64_t at,
				const char *text)
{
	for (size_t piece = 1; piece <= 1000000; piece *= 1000) {
		struct memory in = memory_stream(buf_bytes(archive), piece);
		const struct tar_entry *entry = NULL;
		struct err e = {0};
		owned(tar_free) struct tar *t = tar_new(&in.stream, &e);

		assert_non_null(t);
		while (tar_next(t, &entry, &e) && entry)
			;
		check_err(&e, reason, text);
		assert_true(e.at);
		assert_int_equal(e.offset, at);
	}
	buf_free(archive);
}

static void check_refused(struct buf *archive, enum reason reason, uint64_t at, const char *text)
{
	tar_put_end(archive);
	check_refused_as_is(archive, reason, at, text);
}

struct change {
	enum tar_field field;
	const void *p;
	size_t n;
};
#define TO(field, p, n) ((struct change){field, p, n})

/* Of one header with one field that is not right. */
static void check_field(char type, struct change c, enum reason reason, uint64_t at,
			const char *text)
{
	struct buf b = BUF(MAX);

	tar_put_header(&b, type, "a", 0);
	tar_set(&b, c.field, c.p, c.n);
	check_refused(&b, reason, at, text);
}

static void check_number(const void *p, const char *text)
{
	check_field('0', TO(TAR_AT_UID, p, 8), REASON_TAR, 108, text);
}

static void numbers_are_octal_or_of_base_256_and_nothing_else(void **state)
{
#define NEEDS "the uid needs an octal number, or one of base 256 in 64 bits, found "
	(void)state;
	check_number("0000x44", NEEDS "'0000x44'");
	check_number("0000649", NEEDS "'0000649'");
	check_number("        ", NEEDS "'        '");
	check_number("\0000644\0\0", NEEDS "''");
	check_number("644\0001\0\0\0", NEEDS "'644'");
	check_number("-000001", NEEDS "'-000001'");
	check_number("0x1f\0\0\0", NEEDS "'0x1f'");
	check_number("\x81\0\0\0\0\0\0", NEEDS "'\x81'");
	check_number("\xc0\0\0\0\0\0\0", NEEDS "'\xc0'");
	check_field('5', TO(TAR_AT_SIZE, "\x80\0\0\1\0\0\0\0\0\0\0", 12), REASON_TAR, 124,
		    "the size needs an octal number, or one of base 256 in 64 bits, found '\x80'");
	check_field('5', TO(TAR_AT_SIZE, "\x80\0\0\0\x80\0\0\0\0\0\0", 12), REASON_TAR, 124,
		    "the size needs an octal number, or one of base 256 in 64 bits, found '\x80'");
#undef NEEDS
}

static void numbers_are_what_a_file_system_has(void **state)
{
	(void)state;
	check_number("\x80\0\0\0\xff\xff\xff\xff",
		     "the uid needs a number from 0 to 4294967294, found 4294967295");
	check_number("\xff\xff\xff\xff\xff\xff\xff\xfe",
		     "the uid needs a number from 0 to 4294967294, found -2");
	check_field('0', TO(TAR_AT_GID, "\x80\0\0\1\0\0\0\0", 8), REASON_TAR, 116,
		    "the gid needs a number from 0 to 4294967294, found 4294967296");
	check_field('0', TO(TAR_AT_SIZE, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12),
		    REASON_TAR, 124,
		    "the size needs a number from 0 to 9223372036854775807, found -1");
	check_field('0', TO(TAR_AT_MODE, "0200644", 8), REASON_TAR, 100,
		    "the mode needs a number from 0 to 65535, found 65956");
	check_field('0', TO(TAR_AT_MAJOR, "\x80\0\0\1\0\0\0\0", 8), REASON_TAR, 329,
		    "the major number needs a number from 0 to 4294967295, found 4294967296");
	check_field('0', TO(TAR_AT_MTIME, "\x80\0\0\0\0\0\x01\0\0\0\0\0", 12), REASON_TAR, 136,
		    "the time 1099511627776 is outside the years 1 to 9999");
	check_field('0', TO(TAR_AT_MTIME, "\xff\xff\xff\xff\xff\xff\xf0\0\0\0\0\0", 12), REASON_TAR,
		    136, "the time -17592186044416 is outside the years 1 to 9999");
	check_field('0', TO(TAR_AT_MODE, "0040755", 8), REASON_AMBIGUOUS, 0,
		    "'a': the mode 40755 is not one of a file");
}

static void a_wrong_checksum_is_no_header(void **state)
{
	struct buf b = BUF(MAX);

	(void)state;
	tar_put_header(&b, '0', "a", 0);
	b.p[TAR_AT_SUM + 5]++;
	check_refused(&b, REASON_TAR, 148,
		      "no header of a tar archive: its checksum is 3134, the field says 3135");
	/* the sum of signed characters */
	tar_put_header(&b, '0', "\xff", 0);
	memcpy(b.p + TAR_AT_SUM, "005734", 6);
	check_refused(&b, REASON_TAR, 148,
		      "no header of a tar archive: its checksum is 3292, the field says 3036");
	buf_str(&b, "no archive, but a text that is as long as a header of one would be");
	buf_zero(&b, 512);
	check_refused(&b, REASON_TAR, 148,
		      "no header of a tar archive: its checksum is 6132, the field says 0");
}

static void a_header_has_nothing_that_is_not_defined(void **state)
{
	(void)state;
	check_field('0', TO(TAR_AT_MAGIC, "ustar\00001", 8), REASON_TAR, 257,
		    "neither a v7, a ustar nor a GNU header: magic 'ustar'");
	check_field('0', TO(TAR_AT_MAGIC, "USTAR\00000", 8), REASON_TAR, 257,
		    "neither a v7, a ustar nor a GNU header: magic 'USTAR'");
	check_field('0', TO(TAR_AT_REST + 8, "tar", 4), REASON_AMBIGUOUS, 500,
		    "a ustar header has bytes in fields that readers take differently");
	check_field('0', TO(TAR_AT_NAME, "a\0b", 3), REASON_AMBIGUOUS, 0,
		    "the name 'a' has bytes behind its end");
	check_field('2', TO(TAR_AT_LINK, "a\0b", 3), REASON_AMBIGUOUS, 157,
		    "the link 'a' has bytes behind its end");
	check_field('0', TO(TAR_AT_PREFIX, "p\0q", 3), REASON_AMBIGUOUS, 345,
		    "the prefix 'p' has bytes behind its end");
	check_field('0', TO(TAR_AT_UNAME, "u\0v", 3), REASON_AMBIGUOUS, 265,
		    "the name of the owner 'u' has bytes behind its end");
}

static void what_only_ustar_has_is_nowhere_else(void **state)
{
	struct buf b = BUF(MAX);

	(void)state;
	tar_put_header(&b, '0', "a", 0);
	tar_set(&b, TAR_AT_MAGIC, "\0\0\0\0\0\0\0\0", 8);
	tar_set_text(&b, TAR_AT_PREFIX, "p");
	check_refused(&b, REASON_AMBIGUOUS, 345,
		      "a v7 header has bytes in fields that readers take differently");
	tar_put_header(&b, '0', "a", 0);
	tar_set(&b, TAR_AT_MAGIC, "ustar  ", 8);
	tar_set_text(&b, TAR_AT_PREFIX, "p");
	check_refused(&b, REASON_AMBIGUOUS, 345,
		      "a GNU header has bytes in fields that readers take differently");
	tar_put_header(&b, '3', "a", 0);
	tar_set(&b, TAR_AT_MAGIC, "\0\0\0\0\0\0\0\0", 8);
	check_refused(&b, REASON_AMBIGUOUS, 0,
		      "'a': a v7 header has no device numbers, to some readers");
}

static void check_name(const char *name, enum reason reason, const char *text)
{
	struct buf b = BUF(MAX);

	tar_put_header(&b, '0', name, 0);
	check_refused(&b, reason, 0, text);
}

static void names_stay_within_the_root_and_are_names(void **state)
{
	(void)state;
	check_name("", REASON_TAR, "'': the name is empty");
	check_name("/etc/passwd", REASON_AMBIGUOUS,
		   "'/etc/passwd': the name is absolute, which readers take differently");
	check_name("../a", REASON_AMBIGUOUS,
		   "'../a': the name has a '..' in it, which readers take differently");
	check_name("a/..", REASON_AMBIGUOUS,
		   "'a/..': the name has a '..' in it, which readers take differently");
	check_name("a/", REASON_AMBIGUOUS,
		   "the name of a file ends in a slash, which makes it a folder to some readers");
	check_name("a/.", REASON_AMBIGUOUS,
		   "the name of a file ends in a slash, which makes it a folder to some readers");
	check_name("./", REASON_AMBIGUOUS,
		   "the name of a file ends in a slash, which makes it a folder to some readers");
	check_field(0, TO(TAR_AT_NAME, "a/", 2), REASON_AMBIGUOUS, 0,
		    "the name of a file ends in a slash, which makes it a folder to some readers");
}

static void check_link(char type, const char *link, enum reason reason, const char *text)
{
	check_field(type, TO(TAR_AT_LINK, link, strlen(link)), reason, 0, text);
}

static void links_lead_somewhere_and_nothing_else_does(void **state)
{
	(void)state;
	check_link('2', "", REASON_TAR, "'a': a symbolic link leads nowhere");
	check_link('1', "", REASON_TAR, "'a': a hard link to '': the name is empty");
	check_link(
		'1', "/b", REASON_AMBIGUOUS,
		"'a': a hard link to '/b': the name is absolute, which readers take differently");
	check_link('1', "../b", REASON_AMBIGUOUS,
		   "'a': a hard link to '../b': the name has a '..' in it, which readers take "
		   "differently");
	check_link('1', "b/", REASON_AMBIGUOUS,
		   "'a': a hard link to 'b/': the name is one of a folder");
	check_link('0', "b", REASON_AMBIGUOUS,
		   "'a': a file leads nowhere, and has the link name 'b'");
	check_link('5', "b", REASON_AMBIGUOUS,
		   "'a': a folder leads nowhere, and has the link name 'b'");
}

static void check_size(char type, const char *link, const char *text)
{
	struct buf b = BUF(MAX);

	tar_put_header(&b, type, "a", 5);
	tar_set_text(&b, TAR_AT_LINK, link);
	tar_put_data(&b, bytes_str("bytes"));
	check_refused(&b, REASON_AMBIGUOUS, 0, text);
}

static void files_alone_have_bytes(void **state)
{
	(void)state;
	check_size('1', "b", "'a': a hard link has no bytes, its size is 5");
	check_size('2', "b", "'a': a symbolic link has no bytes, its size is 5");
	check_size('3', "", "'a': a device has no bytes, its size is 5");
	check_size('4', "", "'a': a device has no bytes, its size is 5");
	check_size('5', "", "'a': a folder has no bytes, its size is 5");
	check_size('6', "", "'a': a fifo has no bytes, its size is 5");
}

static void check_type(char type, enum reason reason, const char *text)
{
	struct buf b = BUF(MAX);

	tar_put_header(&b, type, "a", 0);
	check_refused(&b, reason, 0, text);
}

static void types_that_are_no_files_are_refused(void **state)
{
	(void)state;
	check_type('7', REASON_AMBIGUOUS,
		   "the entry is of type '7', a contiguous file, which readers take differently");
	check_type('S', REASON_AMBIGUOUS,
		   "the entry is of type 'S', a sparse file, which readers take differently");
	check_type('D', REASON_AMBIGUOUS,
		   "the entry is of type 'D', a list of names of an incremental backup");
	check_type('M', REASON_AMBIGUOUS,
		   "the entry is of type 'M', the continuation of another volume");
	check_type('V', REASON_AMBIGUOUS, "the entry is of type 'V', the label of a volume");
	check_type('N', REASON_AMBIGUOUS, "the entry is of type 'N', an old GNU long name");
	check_type('X', REASON_AMBIGUOUS,
		   "the entry is of type 'X', a pax header as Solaris wrote it");
	check_type('A', REASON_AMBIGUOUS,
		   "the entry is of type 'A', an access control list as Solaris wrote it");
	check_type('8', REASON_TAR, "the entry is of the unknown type 0x38");
	check_type('s', REASON_TAR, "the entry is of the unknown type 0x73");
}

static void a_sparse_file_comes_with_a_hint(void **state)
{
	struct buf b = BUF(MAX);
	struct memory in;
	const struct tar_entry *entry;
	struct err e = {0};
	owned(tar_free) struct tar *t = NULL;

	(void)state;
	tar_put_header(&b, 'S', "a", 0);
	in = memory_stream(buf_bytes(&b), MAX);
	t = tar_new(&in.stream, &e);
	assert_false(tar_next(t, &entry, &e));
	assert_string_equal(e.hint,
			    "write the archive without holes: GNU tar without --sparse, bsdtar "
			    "with --no-read-sparse");
	buf_free(&b);
}

static void put_long(struct buf *b, char type, const void *p, size_t n)
{
	tar_put_header(b, type, "././@LongLink", n);
	tar_put_data(b, bytes_of(p, n));
}

static void long_names_come_once_and_hold_a_name(void **state)
{
	struct buf b = BUF(MAX);

	(void)state;
	put_long(&b, 'L', "b", 2);
	put_long(&b, 'L', "c", 2);
	check_refused(&b, REASON_AMBIGUOUS, 1024,
		      "a second GNU long name stands in front of one entry");
	put_long(&b, 'K', "b", 2);
	put_long(&b, 'K', "c", 2);
	check_refused(&b, REASON_AMBIGUOUS, 1024,
		      "a second GNU long link name stands in front of one entry");
	put_long(&b, 'L', "b\0c", 4);
	check_refused(&b, REASON_AMBIGUOUS, 512, "a GNU long name needs a name without NUL");
	put_long(&b, 'K', "", 1);
	check_refused(&b, REASON_AMBIGUOUS, 512, "a GNU long link name needs a name without NUL");
	put_long(&b, 'L', "", 0);
	check_refused(&b, REASON_AMBIGUOUS, 512, "a GNU long name needs a name without NUL");
	tar_put_header(&b, 'L', "a", (1u << 20) + 1);
	check_refused(&b, REASON_LIMIT, 0,
		      "a GNU long name of 1048577 bytes is over the limit of 1048576");
}

static void what_waits_for_an_entry_has_one(void **state)
{
	struct buf b = BUF(MAX);

	(void)state;
	put_long(&b, 'L', "b", 2);
	check_refused(&b, REASON_TAR, 1024,
		      "a GNU long name has no entry behind it, but the end of the archive");
	tar_put_pax(&b, 'x', "path", bytes_str("b"));
	check_refused(&b, REASON_TAR, 1024,
		      "a pax header has no entry behind it, but the end of the archive");
	tar_put_pax(&b, 'x', "path", bytes_str("b"));
	tar_put_pax(&b, 'x', "path", bytes_str("c"));
	check_refused(&b, REASON_AMBIGUOUS, 1024,
		      "a second pax header stands in front of one entry");
	tar_put_pax(&b, 'x', "path", bytes_str("b"));
	put_long(&b, 'L', "c", 2);
	check_refused(&b, REASON_AMBIGUOUS, 1024,
		      "a pax header and a GNU long name stand in front of one entry");
	put_long(&b, 'K', "c", 2);
	tar_put_pax(&b, 'x', "path", bytes_str("b"));
	check_refused(&b, REASON_AMBIGUOUS, 1024,
		      "a pax header and a GNU long name stand in front of one entry");
	tar_put_pax(&b, 'x', "path", bytes_str("b"));
	tar_put_pax(&b, 'g', "comment", bytes_str("c"));
	check_refused(&b, REASON_AMBIGUOUS, 1024,
		      "a global pax header stands between an entry and what belongs to it");
}

static void an_archive_ends_with_two_blocks_of_zeros_and_zeros(void **state)
{
	static const char lone[] =
		"a single block of zeros is the end to some readers, two are needed";
	static const char none[] = "the archive ends without the two blocks of zeros at its end";
	struct buf b = BUF(MAX);

	(void)state;
	check_refused_as_is(&b, REASON_TRUNCATED, 0, none);
	tar_put_file(&b, "a", "bytes");
	check_refused_as_is(&b, REASON_TRUNCATED, 1024, none);
	tar_put_file(&b, "a", "bytes");
	buf_zero(&b, 512);
	check_refused_as_is(&b, REASON_TRUNCATED, 1536, none);
	buf_zero(&b, 512);
	tar_put_file(&b, "a", "bytes");
	check_refused(&b, REASON_AMBIGUOUS, 512, lone);
	tar_put_end(&b);
	tar_put_file(&b, "a", "bytes");
	check_refused(&b, REASON_TRAILING, 1024,
		      "bytes that are not zero follow the end of the archive");
	tar_put_end(&b);
	buf_zero(&b, 100001);
	buf_u8(&b, 1);
	check_refused_as_is(&b, REASON_TRAILING, 101025,
			    "bytes that are not zero follow the end of the archive");
}

static void check_cut(size_t n, uint64_t at, const char *text)
{
	struct buf b = BUF(MAX);

	tar_put_file(&b, "a", "bytes");
	b.n = n;
	check_refused_as_is(&b, REASON_TRUNCATED, at, text);
}

static void an_archive_that_ends_early_is_truncated(void **state)
{
	struct buf b = BUF(MAX);

	(void)state;
	check_cut(511, 0, "a header needs 512 bytes, 511 are left");
	check_cut(512, 512, "the content of a file needs 5 bytes, 0 are left");
	check_cut(516, 512, "the content of a file needs 5 bytes, 4 are left");
	check_cut(517, 517, "the padding of a file needs 507 bytes, 0 are left");
	check_cut(1023, 517, "the padding of a file needs 507 bytes, 506 are left");
	tar_put_pax(&b, 'x', "path", bytes_str("b"));
	b.n = 515;
	check_refused_as_is(&b, REASON_TRUNCATED, 512, "pax header needs 9 bytes, 3 are left");
}

static void bytes_that_are_not_there_are_not_read(void **state)
{
	struct buf b = BUF(MAX);
	struct memory in;
	const struct tar_entry *entry;
	struct err e = {0};
	owned(tar_free) struct tar *t = NULL;
	uint8_t room[10];
	size_t got;

	(void)state;
	tar_put_file(&b, "a", "bytes");
	in = memory_stream(bytes_of(b.p, 515), MAX);
	t = tar_new(&in.stream, &e);
	assert_true(tar_next(t, &entry, &e));
	assert_false(tar_read(t, (struct span){room, 10}, &got, &e));
	check_err(&e, REASON_TRUNCATED, "the content of a file needs 5 bytes, 3 are left");
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_octal_or_of_base_256_and_nothing_else),
		cmocka_unit_test(numbers_are_what_a_file_system_has),
		cmocka_unit_test(a_wrong_checksum_is_no_header),
		cmocka_unit_test(a_header_has_nothing_that_is_not_defined),
		cmocka_unit_test(what_only_ustar_has_is_nowhere_else),
		cmocka_unit_test(names_stay_within_the_root_and_are_names),
		cmocka_unit_test(links_lead_somewhere_and_nothing_else_does),
		cmocka_unit_test(files_alone_have_bytes),
		cmocka_unit_test(types_that_are_no_files_are_refused),
		cmocka_unit_test(a_sparse_file_comes_with_a_hint),
		cmocka_unit_test(long_names_come_once_and_hold_a_name),
		cmocka_unit_test(what_waits_for_an_entry_has_one),
		cmocka_unit_test(an_archive_ends_with_two_blocks_of_zeros_and_zeros),
		cmocka_unit_test(an_archive_that_ends_early_is_truncated),
		cmocka_unit_test(bytes_that_are_not_there_are_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
