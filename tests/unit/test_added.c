#include "measure/core/added.h"

#include <stdio.h>
#include <unistd.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_tree.h"

/* The same file, told from its own folder, whose name may have blanks: those part words. */
static const char *here(const struct folder *f, const char *path)
{
	assert_int_equal(chdir(f->path), 0);
	return strrchr(path, '/') + 1;
}

static void check_tree(const struct rootfs *r, const char *expected)
{
	owned(buf_free) struct buf out = BUF(1u << 16);
	struct err e = {0};

	assert_null(tree_fault(r->tree));
	assert_true(tree_list(r->tree, &out, &e));
	assert_string_equal(buf_cstr(&out), expected);
}

static void add(struct rootfs *r, const char *line)
{
	struct err e = {0};

	assert_true(added_read(r, line, &e));
	check_no_err(&e);
}

static void each_kind_of_line_adds_one_thing(void **state)
{
	owned(rootfs_free) struct rootfs r = {0};
	struct err e = {0};

	(void)state;
	assert_true(rootfs_empty(&r, &e));
	add(&r, "dir /dev 0755 0 0");
	add(&r, "nod /dev/console 600 0 5 c 5 1");
	add(&r, "nod dev/disk  0660\t0 6 b 8 0");
	add(&r, "slink bin usr/bin 777 1 2");
	add(&r, "pipe run/p 0644 3 4");
	check_tree(&r, "/ 040755 0:0 0 implied\n"
		       "/dev 040755 0:0 0\n"
		       "/dev/console 020600 0:5 0 5,1\n"
		       "/dev/disk 060660 0:6 0 8,0\n"
		       "/bin 120777 1:2 0 -> usr/bin\n"
		       "/run 040755 0:0 0 implied\n"
		       "/run/p 010644 3:4 0\n");
	add(&r, "dir run 0700 9 9");
	assert_int_equal(tree_get(r.tree, "run")->inode->uid, 9);
}

static void files_keep_their_bytes_and_names(void **state)
{
	owned(rootfs_free) struct rootfs r = {0};
	struct err e = {0};
	struct folder f;
	char line[512];
	uint8_t bytes[16];
	size_t got;

	(void)state;
	folder_new(&f);
	assert_true(rootfs_empty(&r, &e));
	snprintf(line, sizeof(line), "file /init %s 4755 1 2 /linuxrc bin/again",
		 here(&f, folder_file(&f, "init", "init!", 5)));
	add(&r, line);
	check_tree(&r, "/ 040755 0:0 0 implied\n"
		       "/init 104755 1:2 0 5@0+0 #3\n"
		       "/linuxrc 104755 1:2 0 5@0+0 #3\n"
		       "/bin 040755 0:0 0 implied\n"
		       "/bin/again 104755 1:2 0 5@0+0 #3\n");
	assert_true(rootfs_file(&r, tree_get(r.tree, "linuxrc"), &e));
	assert_true(rootfs_read(&r, (struct span){bytes, sizeof(bytes)}, &got, &e));
	assert_int_equal(got, 5);
	assert_memory_equal(bytes, "init!", 5);
	assert_true(rootfs_file(&r, tree_get(r.tree, "linuxrc"), &e));
	folder_file(&f, "init", "cut", 3);
	assert_false(rootfs_read(&r, (struct span){bytes, sizeof(bytes)}, &got, &e));
	check_err(&e, REASON_FILE_CHANGED, "the file ended while it was being read");
	e = (struct err){0};
	folder_file(&f, "init", "other", 6);
	assert_false(rootfs_file(&r, tree_get(r.tree, "init"), &e));
	check_err(&e, REASON_FILE_CHANGED, "has 6 bytes now, and had 5");
	folder_free(&f);
}

static void lists_have_comments_and_say_their_lines(void **state)
{
	static const char good[] = "# devices\n\n  dir dev 755 0 0\n\t# more\ndir run 755 0 0";
	static const char bad[] = "dir dev 755 0 0\ndir dev 755 0 0\n";
	owned(rootfs_free) struct rootfs r = {0};
	struct err e = {0};
	struct folder f;
	char line[512];

	(void)state;
	folder_new(&f);
	assert_true(rootfs_empty(&r, &e));
	snprintf(line, sizeof(line), "@%s", folder_file(&f, "good", good, sizeof(good) - 1));
	add(&r, line);
	assert_int_equal(tree_count(r.tree), 3);
	snprintf(line, sizeof(line), "@%s", folder_file(&f, "bad", bad, sizeof(bad) - 1));
	assert_false(added_read(&r, line, &e));
	check_err(&e, REASON_USAGE, "line 1: dir 'dev': 'dev' is there already");
	assert_string_equal(e.subject, line + 1);
	e = (struct err){0};
	snprintf(line, sizeof(line), "@%s", folder_file(&f, "nul", "\0", 1));
	assert_false(added_read(&r, line, &e));
	check_err(&e, REASON_USAGE, "holds a NUL, and no list does");
	folder_free(&f);
}

static void lines_that_add_nothing_are_refused(void **state)
{
	static const struct {
		const char *line, *text;
	} cases[] = {
		{"", "--add: '' is none of file, dir, slink, nod, pipe"},
		{"sock /s 0 0 0", "--add: 'sock' is none of file, dir, slink, nod, pipe"},
		{"dir /a 755 0", "--add: 4 words, where 'dir NAME MODE UID GID' belongs"},
		{"pipe /a 755 0 0 0", "--add: 6 words, where 'pipe NAME MODE UID GID' belongs"},
		{"slink /a b 755 0",
		 "--add: 5 words, where 'slink NAME TARGET MODE UID GID' belongs"},
		{"file /a b 755 0",
		 "--add: 5 words, where 'file NAME SOURCE MODE UID GID [NAME...]' "
		 "belongs"},
		{"nod /a 755 0 0 c 1",
		 "--add: 7 words, where 'nod NAME MODE UID GID b|c MAJOR MINOR' "
		 "belongs"},
		{"nod /a 755 0 0 p 1 2", "--add: nod '/a': 'p' is neither b nor c"},
		{"nod /a 755 0 0 c x 2", "--add: nod '/a': 'x' is no major number of 32 bits"},
		{"nod /a 755 0 0 c 1 4294967296",
		 "--add: nod '/a': '4294967296' is no minor number of 32 bits"},
		{"dir /a 10000 0 0", "--add: dir '/a': '10000' is no octal mode up to 7777"},
		{"dir /a 8 0 0", "--add: dir '/a': '8' is no octal mode up to 7777"},
		{"dir /a 755 -1 0", "--add: dir '/a': '-1' is no user of 32 bits"},
		{"dir /a 755 0 0x1", "--add: dir '/a': '0x1' is no group of 32 bits"},
	};
	owned(rootfs_free) struct rootfs r = {0};
	struct err ok = {0};

	(void)state;
	assert_true(rootfs_empty(&r, &ok));
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = {0};

		assert_false(added_read(&r, cases[i].line, &e));
		check_err(&e, REASON_USAGE, cases[i].text);
	}
}

static void what_is_there_is_not_changed(void **state)
{
	static const char *const lines[] = {"slink a b 777 0 0", "dir a 755 0 0",
					    "file c /dev/null 755 0 0"};
	owned(rootfs_free) struct rootfs r = {0};
	struct err e = {0}, none = {0};
	char line[512];
	struct folder f;

	(void)state;
	folder_new(&f);
	assert_true(rootfs_empty(&r, &none));
	add(&r, lines[0]);
	assert_false(added_read(&r, lines[1], &e));
	check_err(&e, REASON_USAGE, "--add: dir 'a': 'a' is there already");
	e = (struct err){0};
	assert_false(added_read(&r, lines[2], &e));
	assert_int_equal(e.reason, REASON_NOT_A_FILE);
	e = (struct err){0};
	snprintf(line, sizeof(line), "file c %s 755 0 0 a", here(&f, folder_file(&f, "c", "c", 1)));
	assert_false(added_read(&r, line, &e));
	check_err(&e, REASON_USAGE, "--add: file 'c': 'a' is there already");
	e = (struct err){0};
	assert_false(added_read(&r, "file d - 755 0 0", &e));
	check_err(&e, REASON_NOT_A_FILE, "--add: file 'd': is a stream, whose size is not known");
	folder_free(&f);
}

static void more_files_or_words_than_the_limits_are_refused(void **state)
{
	owned(buf_free) struct buf list = BUF(1u << 24);
	owned(rootfs_free) struct rootfs r = {0};
	struct err e = {0};
	struct folder f;
	char line[512];

	(void)state;
	folder_new(&f);
	assert_true(rootfs_empty(&r, &e));
	for (unsigned i = 0; i <= 65536; i++)
		buf_fmt(&list, "file %u %s 0 0 0\n", i, here(&f, folder_path(&f, "list")));
	snprintf(line, sizeof(line), "@%s", folder_file(&f, "list", list.p, list.n));
	assert_false(added_read(&r, line, &e));
	check_err(&e, REASON_LIMIT,
		  "line 65537: file '65536': more than 65536 files to be read from");
	e = (struct err){0};
	memset(line, 0, sizeof(line));
	for (unsigned i = 0; i < 65; i++)
		memcpy(line + 2 * i, "x ", 2);
	assert_false(added_read(&r, line, &e));
	check_err(&e, REASON_LIMIT, "--add: more than 64 words");
	folder_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_of_line_adds_one_thing),
		cmocka_unit_test(files_keep_their_bytes_and_names),
		cmocka_unit_test(lists_have_comments_and_say_their_lines),
		cmocka_unit_test(lines_that_add_nothing_are_refused),
		cmocka_unit_test(what_is_there_is_not_changed),
		cmocka_unit_test(more_files_or_words_than_the_limits_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
