#include "measure/core/tar.h"

#include <stdio.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_memory.h"
#include "tests/unit/support_tar.h"

#define MAX (1u << 22)

/* An archive that is read from memory. */
struct reading {
	struct buf archive;
	struct memory in;
	struct tar *tar;
	const struct tar_entry *entry;
	struct err e;
};

static void begin(struct reading *r, size_t piece)
{
	r->in = memory_stream(buf_bytes(&r->archive), piece);
	r->tar = tar_new(&r->in.stream, &r->e);
	check_no_err(&r->e);
}

static void end(struct reading *r)
{
	tar_free(&r->tar);
	buf_free(&r->archive);
}

static const struct tar_entry *next(struct reading *r)
{
	if (!tar_next(r->tar, &r->entry, &r->e))
		fail_msg("%s", r->e.text);
	return r->entry;
}

static void check_bytes(struct bytes x, const char *text)
{
	assert_int_equal(x.n, strlen(text));
	if (x.n > 0)
		assert_memory_equal(x.p, text, x.n);
}

/* The archive is read and holds one entry. */
static const struct tar_entry *only(struct reading *r)
{
	tar_put_end(&r->archive);
	begin(r, MAX);
	return next(r);
}

static void finish(struct reading *r)
{
	assert_null(next(r));
	assert_null(next(r));
	assert_int_equal(r->in.left.n, 0);
	end(r);
}

static void put_one_of_each(struct buf *out)
{
	tar_put_header(out, '5', "./", 0);
	tar_put_file(out, "./a", "some bytes");
	tar_put_header(out, '1', "b", 0);
	tar_set_text(out, TAR_AT_LINK, "./a");
	tar_put_header(out, '2', "d/c", 0);
	tar_set_text(out, TAR_AT_LINK, "../a/");
	tar_put_header(out, '3', "null", 0);
	tar_set_text(out, TAR_AT_MAJOR, "0000001");
	tar_set_text(out, TAR_AT_MINOR, "0000003");
	tar_put_header(out, '4', "disk", 0);
	tar_set_text(out, TAR_AT_MAJOR, "0000010");
	tar_put_header(out, '5', "d//./e/", 0);
	tar_put_header(out, '6', "fifo", 0);
	tar_set_text(out, TAR_AT_MODE, "0004755");
	tar_set(out, TAR_AT_UID, "  12 \0\0", 8);
	tar_set_text(out, TAR_AT_GID, "0000017");
	tar_set_text(out, TAR_AT_MTIME, "14000000000");
}

static void entries_of_every_type_are_read(void **state)
{
	static const struct {
		enum tar_type type;
		const char *name, *link;
		uint64_t header, data;
	} expected[] = {
		{TAR_FOLDER, "", "", 0, 512},	       {TAR_FILE, "a", "", 512, 1024},
		{TAR_HARD_LINK, "b", "a", 1536, 2048}, {TAR_SYMLINK, "d/c", "../a/", 2048, 2560},
		{TAR_CHAR, "null", "", 2560, 3072},    {TAR_BLOCK, "disk", "", 3072, 3584},
		{TAR_FOLDER, "d/e", "", 3584, 4096},   {TAR_FIFO, "fifo", "", 4096, 4608},
	};

	(void)state;
	for (size_t piece = 1; piece <= 10000; piece *= 100) {
		struct reading r = {.archive = BUF(MAX)};
		const struct tar_entry *x = NULL;

		put_one_of_each(&r.archive);
		tar_put_end(&r.archive);
		begin(&r, piece);
		for (size_t i = 0; i < COUNT(expected); i++) {
			x = next(&r);
			assert_int_equal(x->type, expected[i].type);
			check_bytes(x->name, expected[i].name);
			check_bytes(x->link, expected[i].link);
			assert_int_equal(x->header, expected[i].header);
			assert_int_equal(x->data, expected[i].data);
			assert_int_equal(x->size, i == 1 ? 10 : 0);
			assert_int_equal(x->major, i == 4 ? 1 : i == 5 ? 8 : 0);
			assert_int_equal(x->minor, i == 4 ? 3 : 0);
		}
		assert_int_equal(x->mode, 04755);
		assert_int_equal(x->uid, 10);
		assert_int_equal(x->gid, 15);
		assert_true(x->mtime == INT64_C(014000000000));
		finish(&r);
	}
}

static void bytes_are_read_in_any_pieces_or_passed_over(void **state)
{
	(void)state;
	for (size_t take = 0; take <= 700; take += 50) {
		struct reading r = {.archive = BUF(MAX)};
		uint8_t room[700], bytes[600];
		size_t got;

		memset(bytes, 'b', sizeof(bytes));
		tar_put_header(&r.archive, '0', "a", sizeof(bytes));
		tar_put_data(&r.archive, bytes_of(bytes, sizeof(bytes)));
		tar_put_file(&r.archive, "b", "x");
		tar_put_end(&r.archive);
		begin(&r, MAX);
		next(&r);
		assert_true(tar_read(r.tar, (struct span){room, take}, &got, &r.e));
		assert_int_equal(got, take < 600 ? take : 600);
		assert_memory_equal(room, bytes, got);
		check_bytes(next(&r)->name, "b");
		assert_true(tar_read(r.tar, (struct span){room, 2}, &got, &r.e));
		assert_int_equal(got, 1);
		assert_true(tar_read(r.tar, (struct span){room, 2}, &got, &r.e));
		assert_int_equal(got, 0);
		finish(&r);
	}
}

static void a_prefix_stands_in_front_of_a_name(void **state)
{
	struct reading r = {.archive = BUF(MAX)};
	char prefix[156] = {0}, name[101] = {0}, both[300];

	(void)state;
	memset(prefix, 'p', 155);
	memset(name, 'n', 100);
	snprintf(both, sizeof(both), "%s/%s", prefix, name);
	tar_put_header(&r.archive, '0', name, 0);
	tar_set(&r.archive, TAR_AT_PREFIX, prefix, 155);
	check_bytes(only(&r)->name, both);
	finish(&r);
}

/* As GNU tar writes v7: without magic, with owners. */
static void archives_of_v7_are_read(void **state)
{
	struct reading r = {.archive = BUF(MAX)};

	(void)state;
	tar_put_header(&r.archive, 0, "a", 0);
	tar_set(&r.archive, TAR_AT_MAGIC, "\0\0\0\0\0\0\0\0", 8);
	tar_set_text(&r.archive, TAR_AT_UNAME, "root");
	tar_put_header(&r.archive, 0, "d/", 0);
	tar_set(&r.archive, TAR_AT_MAGIC, "\0\0\0\0\0\0\0\0", 8);
	assert_int_equal(only(&r)->type, TAR_FILE);
	assert_int_equal(next(&r)->type, TAR_FOLDER);
	finish(&r);
}

static void long_names_of_gnu_are_read(void **state)
{
	struct reading r = {.archive = BUF(MAX)};
	char name[3000] = {0}, link[1000] = {0};

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	memset(link, 'l', sizeof(link) - 1);
	tar_put_header(&r.archive, 'K', "././@LongLink", sizeof(link));
	tar_put_data(&r.archive, bytes_of(link, sizeof(link)));
	tar_put_header(&r.archive, 'L', "././@LongLink", sizeof(name) - 1);
	tar_put_data(&r.archive, bytes_of(name, sizeof(name) - 1));
	tar_put_header(&r.archive, '2', "nnn", 0);
	tar_set_text(&r.archive, TAR_AT_LINK, "lll");
	tar_set(&r.archive, TAR_AT_MAGIC, "ustar  ", 8);
	tar_put_file(&r.archive, "b", "");
	only(&r);
	check_bytes(r.entry->name, name);
	check_bytes(r.entry->link, link);
	assert_int_equal(r.entry->header, 0);
	assert_int_equal(r.entry->data, 512 + 1024 + 512 + 3072 + 512);
	check_bytes(next(&r)->name, "b");
	check_bytes(r.entry->link, "");
	finish(&r);
}

static void numbers_of_base_256_are_read(void **state)
{
	struct reading r = {.archive = BUF(MAX)};

	(void)state;
	tar_put_header(&r.archive, '5', "a", 0);
	tar_set(&r.archive, TAR_AT_UID, "\x80\0\0\0\xff\xff\xff\xfe", 8);
	tar_set(&r.archive, TAR_AT_SIZE, "\x80\0\0\0\0\0\0\0\0\0\0\0", 12);
	tar_set(&r.archive, TAR_AT_MTIME, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe", 12);
	only(&r);
	assert_int_equal(r.entry->uid, 4294967294u);
	assert_int_equal(r.entry->mtime, -2);
	finish(&r);
}

static void what_is_not_filled_in_is_zero(void **state)
{
	struct reading r = {.archive = BUF(MAX)};

	(void)state;
	tar_put_header(&r.archive, '5', "a", 0);
	tar_set(&r.archive, TAR_AT_MODE, "\0\0\0\0\0\0\0\0", 8);
	tar_set(&r.archive, TAR_AT_SIZE, "\0\0\0\0\0\0\0\0\0\0\0\0", 12);
	assert_int_equal(only(&r)->mode, 0);
	finish(&r);
}

/* As Go's library wrote it for years. */
static void a_mode_may_repeat_the_type(void **state)
{
	struct reading r = {.archive = BUF(MAX)};

	(void)state;
	tar_put_header(&r.archive, '0', "a", 0);
	tar_set_text(&r.archive, TAR_AT_MODE, "0100644");
	assert_int_equal(only(&r)->mode, 0644);
	finish(&r);
}

static void an_archive_without_entries_is_read(void **state)
{
	struct reading r = {.archive = BUF(MAX)};

	(void)state;
	tar_put_end(&r.archive);
	buf_zero(&r.archive, 8192 + 17);
	begin(&r, MAX);
	finish(&r);
}

/* Bytes of a file are passed over without being read. */
static void what_is_passed_over_of_a_file_is_not_read(void **state)
{
	struct folder folder;
	struct file f = FILE_NONE;
	struct err e = {0};
	owned(buf_free) struct buf archive = BUF(MAX);
	const struct tar_entry *entry;
	owned(tar_free) struct tar *t = NULL;
	struct stream_file in;

	(void)state;
	folder_new(&folder);
	tar_put_file(&archive, "a", "bytes");
	tar_put_file(&archive, "b", "bytes");
	tar_put_end(&archive);
	assert_true(file_open(&f, folder_file(&folder, "t", archive.p, archive.n), &e));
	in = stream_file(&f);
	t = tar_new(&in.stream, &e);
	assert_true(tar_next(t, &entry, &e) && entry);
	assert_true(tar_next(t, &entry, &e) && entry);
	check_bytes(entry->name, "b");
	assert_int_equal(entry->data, 1536);
	assert_int_equal(f.pos, 1536);
	assert_true(tar_next(t, &entry, &e));
	assert_null(entry);
	assert_int_equal(in.stream.pos, archive.n);
	file_close(&f);
	folder_free(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_of_every_type_are_read),
		cmocka_unit_test(bytes_are_read_in_any_pieces_or_passed_over),
		cmocka_unit_test(a_prefix_stands_in_front_of_a_name),
		cmocka_unit_test(archives_of_v7_are_read),
		cmocka_unit_test(long_names_of_gnu_are_read),
		cmocka_unit_test(numbers_of_base_256_are_read),
		cmocka_unit_test(what_is_not_filled_in_is_zero),
		cmocka_unit_test(a_mode_may_repeat_the_type),
		cmocka_unit_test(an_archive_without_entries_is_read),
		cmocka_unit_test(what_is_passed_over_of_a_file_is_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
