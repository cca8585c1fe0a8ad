#include "measure/core/tar.h"

#include <stdio.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_memory.h"
#include "tests/unit/support_tar.h"

#define MAX (1u << 22)

static void check_bytes(struct bytes x, const char *text)
{
	assert_int_equal(x.n, strlen(text));
	if (x.n > 0)
		assert_memory_equal(x.p, text, x.n);
}

/* Records as they stand, in front of an entry. */
static void put_records(struct buf *b, char type, const void *p, size_t n)
{
	tar_put_header(b, type, "pax", n);
	tar_put_data(b, bytes_of(p, n));
}

/* An archive of a pax header and an entry; *room has what reads it. */
struct reading {
	struct buf archive;
	struct memory in;
	struct tar *tar;
	const struct tar_entry *entry;
	struct err e;
};

static bool reads(struct reading *r)
{
	tar_put_end(&r->archive);
	r->in = memory_stream(buf_bytes(&r->archive), MAX);
	r->tar = tar_new(&r->in.stream, &r->e);
	return tar_next(r->tar, &r->entry, &r->e);
}

static void end(struct reading *r)
{
	tar_free(&r->tar);
	buf_free(&r->archive);
}

static void check_refused(const void *p, size_t n, enum reason reason, uint64_t at,
			  const char *text)
{
	struct reading r = {.archive = BUF(MAX)};

	put_records(&r.archive, 'x', p, n);
	tar_put_header(&r.archive, '0', "a", 0);
	assert_false(reads(&r));
	check_err(&r.e, reason, text);
	assert_true(r.e.at);
	assert_int_equal(r.e.offset, at);
	end(&r);
}

static void check_record(const char *key, const char *value, enum reason reason, const char *text)
{
	struct reading r = {.archive = BUF(MAX)};

	tar_put_pax(&r.archive, 'x', key, bytes_str(value));
	tar_put_header(&r.archive, '0', "a", 0);
	assert_false(reads(&r));
	check_err(&r.e, reason, text);
	assert_true(r.e.at);
	assert_int_equal(r.e.offset, 512);
	end(&r);
}

static void a_pax_header_says_more_than_the_one_behind_it(void **state)
{
	static const char records[] = "10 path=b\n"
				      "13 uid=70000\n"
				      "18 gid=4294967294\n"
				      "27 mtime=1234567890.987654\n"
				      "15 linkpath=..\n"
				      "21 hdrcharset=BINARY\n"
				      "9 size=0\n";
	struct reading r = {.archive = BUF(MAX)};

	(void)state;
	put_records(&r.archive, 'x', records, strlen(records));
	tar_put_header(&r.archive, '2', "a", 0);
	tar_put_header(&r.archive, '0', "next", 0);
	if (!reads(&r))
		fail_msg("%s", r.e.text);
	check_bytes(r.entry->name, "b");
	check_bytes(r.entry->link, "..");
	assert_int_equal(r.entry->uid, 70000);
	assert_int_equal(r.entry->gid, 4294967294u);
	assert_int_equal(r.entry->mtime, 1234567890);
	assert_int_equal(r.entry->header, 0);
	assert_int_equal(r.entry->data, 1536);
	assert_true(tar_next(r.tar, &r.entry, &r.e));
	check_bytes(r.entry->name, "next");
	assert_int_equal(r.entry->uid, 0);
	assert_int_equal(r.entry->mtime, 0);
	end(&r);
}

static void check_time(const char *text, int64_t expected)
{
	struct reading r = {.archive = BUF(MAX)};

	tar_put_pax(&r.archive, 'x', "mtime", bytes_str(text));
	tar_put_header(&r.archive, '0', "a", 0);
	assert_true(reads(&r));
	assert_true(r.entry->mtime == expected);
	end(&r);
}

static void fractions_of_a_second_are_cut_off_downwards(void **state)
{
	(void)state;
	check_time("0", 0);
	check_time("1.999999999", 1);
	check_time("-1", -1);
	check_time("-1.0", -1);
	check_time("-1.000000001", -2);
	check_time("253402300799.9", INT64_C(253402300799));
	check_time("-62135596800", -INT64_C(62135596800));
}

/* 8 GiB do not fit into 11 octal digits: only then may the header's own field be 0. */
static void check_size(const char *pax, uint64_t header, bool fine, const char *text)
{
	struct reading r = {.archive = BUF(MAX)};
	bool read;

	tar_put_pax(&r.archive, 'x', "size", bytes_str(pax));
	tar_put_header(&r.archive, '0', "a", header);
	read = reads(&r);
	if (fine) {
		check_err(&r.e, REASON_NONE, "");
		assert_true(read && r.entry->size == strtoull(pax, NULL, 10));
	} else {
		check_err(&r.e, REASON_AMBIGUOUS, text);
		assert_int_equal(r.e.offset, 1024);
	}
	end(&r);
}

static void two_headers_agree_on_the_size(void **state)
{
	(void)state;
	check_size("5", 5, true, "");
	check_size("8589934592", 0, true, "");
	check_size("8589934592", 5, false,
		   "'a': the pax header gives the size 8589934592, the header itself 5");
	check_size("8589934591", 0, false,
		   "'a': the pax header gives the size 8589934591, the header itself 0");
	check_size("1024", 0, false,
		   "'a': the pax header gives the size 1024, the header itself 0");
	check_size("0", 5, false, "'a': the pax header gives the size 0, the header itself 5");
}

static void check_xattr(const struct reading *r, size_t i, const char *name, const char *value)
{
	assert_true(i < r->entry->n_xattrs);
	check_bytes(r->entry->xattrs[i].name, name);
	check_bytes(r->entry->xattrs[i].value, value);
}

static void put_record(struct buf *records, const char *key, const char *value)
{
	size_t n = strlen(key) + strlen(value) + 3;

	n += n < 9 ? 1 : n < 98 ? 2 : 3;
	buf_fmt(records, "%zu %s=%s\n", n, key, value);
}

static void extended_attributes_are_read_in_both_spellings(void **state)
{
	struct reading r = {.archive = BUF(MAX)};
	owned(buf_free) struct buf records = BUF(MAX);

	(void)state;
	put_record(&records, "LIBARCHIVE.xattr.user.a%20b", "YWJj");
	put_record(&records, "SCHILY.xattr.user.a b", "abc");
	put_record(&records, "SCHILY.xattr.security.capability", "x=y");
	put_record(&records, "LIBARCHIVE.xattr.user.c", "YQ==");
	put_record(&records, "LIBARCHIVE.xattr.user.d", "YWI");
	put_record(&records, "LIBARCHIVE.xattr.user.e%3D%7e", "YQ");
	put_record(&records, "SCHILY.acl.access", "user::rwx");
	put_record(&records, "SCHILY.acl.default", "user::r-x");
	put_record(&records, "SCHILY.acl.ace", "owner@:rwx");
	put_record(&records, "RHT.security.selinux", "s0");
	put_record(&records, "SCHILY.xattr.user.empty", "");
	put_records(&r.archive, 'x', records.p, records.n);
	tar_put_header(&r.archive, '0', "a", 0);
	tar_put_header(&r.archive, '0', "b", 0);
	if (!reads(&r))
		fail_msg("%s", r.e.text);
	assert_int_equal(r.entry->n_xattrs, 10);
	check_xattr(&r, 0, "user.a b", "abc");
	check_xattr(&r, 1, "security.capability", "x=y");
	check_xattr(&r, 2, "user.c", "a");
	check_xattr(&r, 3, "user.d", "ab");
	check_xattr(&r, 4, "user.e=~", "a");
	check_xattr(&r, 5, "system.posix_acl_access", "user::rwx");
	check_xattr(&r, 6, "system.posix_acl_default", "user::r-x");
	check_xattr(&r, 7, "system.nfs4_acl", "owner@:rwx");
	check_xattr(&r, 8, "security.selinux", "s0");
	check_xattr(&r, 9, "user.empty", "");
	assert_true(tar_next(r.tar, &r.entry, &r.e));
	assert_int_equal(r.entry->n_xattrs, 0);
	end(&r);
}

static void what_no_reader_heeds_is_passed_over(void **state)
{
	static const char *const keys[] = {"atime",
					   "ctime",
					   "comment",
					   "charset",
					   "uname",
					   "gname",
					   "SCHILY.dev",
					   "SCHILY.ino",
					   "SCHILY.nlink",
					   "SCHILY.fflags",
					   "LIBARCHIVE.creationtime",
					   "LIBARCHIVE.symlinktype",
					   "APK-TOOLS.checksum.SHA1"};
	struct reading r = {.archive = BUF(MAX)};
	owned(buf_free) struct buf records = BUF(MAX);

	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++)
		put_record(&records, keys[i], "7");
	tar_put_pax(&r.archive, 'g', "comment", bytes_str("c"));
	put_records(&r.archive, 'x', records.p, records.n);
	tar_put_header(&r.archive, '0', "a", 0);
	put_records(&r.archive, 'x', "", 0);
	tar_put_header(&r.archive, '0', "b", 0);
	if (!reads(&r))
		fail_msg("%s", r.e.text);
	check_bytes(r.entry->name, "a");
	assert_int_equal(r.entry->header, 1024);
	assert_true(tar_next(r.tar, &r.entry, &r.e));
	check_bytes(r.entry->name, "b");
	end(&r);
}

static void records_are_what_their_lengths_say(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		const char *said;
	} cases[] = {
		{"path=b\n", 7, "a pax record begins with no length"},
		{"010 path=b\n", 11, "a pax record begins with no length"},
		{"+10 path=b\n", 11, "a pax record begins with no length"},
		{" 10 path=b\n", 11, "a pax record begins with no length"},
		{"10path=b\n", 9, "a pax record begins with no length"},
		{"1\0000 path=b\n", 11, "a pax record begins with no length"},
		{"99999999999999999999 a=b\n", 25, "a pax record begins with no length"},
		{"11 path=b\n", 10, "a pax record of 11 bytes is not within the 10 that are left"},
		{"4 a=\n", 5, "a pax record of 4 bytes is not within the 5 that are left"},
		{"8 path=b\n", 9, "a pax record is not KEY=VALUE with a newline"},
		{"10 path=bc", 10, "a pax record is not KEY=VALUE with a newline"},
		{"8 path\n\n", 8, "a pax record is not KEY=VALUE with a newline"},
		{"5 =b\n", 5, "a pax record is not KEY=VALUE with a newline"},
		{"11 pa\0th=b\n", 11, "a pax record is not KEY=VALUE with a newline"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_refused(cases[i].text, cases[i].n, REASON_TAR, 512, cases[i].said);
	check_refused("10 path=b\n\0\0", 12, REASON_TAR, 522, "a pax record begins with no length");
}

static void values_are_what_their_keys_need(void **state)
{
	(void)state;
	check_record("path", "", REASON_TAR,
		     "the pax key 'path' needs a name without NUL, found ''");
	check_record("linkpath", "", REASON_TAR,
		     "the pax key 'linkpath' needs a name without NUL, found ''");
	check_record("size", "-1", REASON_TAR,
		     "the pax key 'size' needs a decimal number below 2^63, found '-1'");
	check_record("size", "9223372036854775808", REASON_TAR,
		     "the pax key 'size' needs a decimal number below 2^63, found "
		     "'9223372036854775808'");
	check_record("size", "07", REASON_TAR,
		     "the pax key 'size' needs a decimal number below 2^63, found '07'");
	check_record(
		"uid", "4294967295", REASON_TAR,
		"the pax key 'uid' needs a decimal number up to 4294967294, found '4294967295'");
	check_record("gid", "-1", REASON_TAR,
		     "the pax key 'gid' needs a decimal number up to 4294967294, found '-1'");
	check_record("mtime", "", REASON_TAR,
		     "the pax key 'mtime' needs seconds, with or without a fraction, found ''");
	check_record("mtime", "1.", REASON_TAR,
		     "the pax key 'mtime' needs seconds, with or without a fraction, found '1.'");
	check_record("mtime", "1,5", REASON_TAR,
		     "the pax key 'mtime' needs seconds, with or without a fraction, found '1,5'");
	check_record("mtime", "1e9", REASON_TAR,
		     "the pax key 'mtime' needs seconds, with or without a fraction, found '1e9'");
	check_record("mtime", "253402300800", REASON_TAR,
		     "the time 253402300800 is outside the years 1 to 9999");
	check_record("mtime", "-62135596800.5", REASON_TAR,
		     "the time -62135596801 is outside the years 1 to 9999");
	check_record("hdrcharset", "ISO-IR 8859 1 1998", REASON_TAR,
		     "the pax key 'hdrcharset' needs BINARY or 'ISO-IR 10646 2000 UTF-8', found "
		     "'ISO-IR 8859 1 1998'");
	check_record("LIBARCHIVE.xattr.user.a", "YQ=", REASON_TAR,
		     "the pax key 'LIBARCHIVE.xattr.user.a' needs base64, found 'YQ='");
	check_record("LIBARCHIVE.xattr.user.a", "Y", REASON_TAR,
		     "the pax key 'LIBARCHIVE.xattr.user.a' needs base64, found 'Y'");
	check_record("LIBARCHIVE.xattr.user.a", "!!!!", REASON_TAR,
		     "the pax key 'LIBARCHIVE.xattr.user.a' needs base64, found '!!!!'");
	check_refused("12 path=b\0c\n", 12, REASON_TAR, 512,
		      "the pax key 'path' needs a name without NUL, found 'b'");
}

static void check_key(const char *key)
{
	char text[200];

	snprintf(text, sizeof(text),
		 "the pax key '%s' changes what some readers see and others do not", key);
	check_record(key, "1", REASON_AMBIGUOUS, text);
}

static void keys_that_some_readers_heed_are_refused(void **state)
{
	(void)state;
	check_key("GNU.dumpdir");
	check_key("GNU.volume.label");
	check_key("SCHILY.devmajor");
	check_key("SCHILY.filetype");
	check_key("SUN.holesdata");
	check_key("LIBARCHIVE.other");
	check_key("LIBARCHIVE.xattr.");
	check_key("LIBARCHIVE.xattr.user.%0");
	check_key("LIBARCHIVE.xattr.user.%00");
	check_key("LIBARCHIVE.xattr.user.%g0");
	check_key("SCHILY.xattr.");
	check_key("realtime.clock");
	check_key("Path");
	check_record("GNU.sparse.map", "1,1", REASON_AMBIGUOUS,
		     "the pax key 'GNU.sparse.map' is one of a sparse file, which readers take "
		     "differently");
	check_record("SCHILY.realsize", "1", REASON_AMBIGUOUS,
		     "the pax key 'SCHILY.realsize' is one of a sparse file, which readers take "
		     "differently");
}

static void what_is_said_twice_is_refused(void **state)
{
	static const char twice[] = "10 path=b\n10 path=b\n";
	owned(buf_free) struct buf records = BUF(MAX);

	(void)state;
	check_refused(twice, strlen(twice), REASON_AMBIGUOUS, 522,
		      "the pax key 'path' comes twice");
	put_record(&records, "SCHILY.xattr.user.a", "abc");
	put_record(&records, "LIBARCHIVE.xattr.user.a", "YQ");
	check_refused(records.p, records.n, REASON_AMBIGUOUS, 539,
		      "the extended attribute 'user.a' has two values, of 3 and 1 bytes");
}

static void of_the_whole_archive_nothing_is_said_that_counts(void **state)
{
	struct reading r = {.archive = BUF(MAX)};

	(void)state;
	tar_put_pax(&r.archive, 'g', "path", bytes_str("b"));
	tar_put_header(&r.archive, '0', "a", 0);
	assert_false(reads(&r));
	check_err(
		&r.e, REASON_AMBIGUOUS,
		"the pax key 'path' is said of the whole archive, which readers take differently");
	end(&r);
}

static void a_pax_header_has_limits(void **state)
{
	struct reading r = {.archive = BUF(MAX)}, s = {.archive = BUF(MAX)};
	owned(buf_free) struct buf records = BUF(MAX);

	(void)state;
	for (unsigned i = 0; i < 257; i++)
		buf_fmt(&records, "10 V.%03x=\n", i);
	put_records(&r.archive, 'x', records.p, records.n - 10);
	tar_put_header(&r.archive, '0', "a", 0);
	assert_true(reads(&r));
	end(&r);
	check_refused(records.p, records.n, REASON_LIMIT, 512 + 2560,
		      "a pax header has more than the limit of 256 records");
	tar_put_header(&s.archive, 'x', "a", (1u << 20) + 1);
	assert_false(reads(&s));
	check_err(&s.e, REASON_LIMIT, "a pax header of 1048577 bytes is over the limit of 1048576");
	end(&s);
	s = (struct reading){.archive = BUF(MAX)};
	tar_put_header(&s.archive, 'g', "a", (1u << 20) + 1);
	assert_false(reads(&s));
	check_err(&s.e, REASON_LIMIT,
		  "a global pax header of 1048577 bytes is over the limit of 1048576");
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pax_header_says_more_than_the_one_behind_it),
		cmocka_unit_test(fractions_of_a_second_are_cut_off_downwards),
		cmocka_unit_test(two_headers_agree_on_the_size),
		cmocka_unit_test(extended_attributes_are_read_in_both_spellings),
		cmocka_unit_test(what_no_reader_heeds_is_passed_over),
		cmocka_unit_test(records_are_what_their_lengths_say),
		cmocka_unit_test(values_are_what_their_keys_need),
		cmocka_unit_test(keys_that_some_readers_heed_are_refused),
		cmocka_unit_test(what_is_said_twice_is_refused),
		cmocka_unit_test(of_the_whole_archive_nothing_is_said_that_counts),
		cmocka_unit_test(a_pax_header_has_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
