#include <string.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_database.h"
#include "tests/unit/support_git.h"

/* Repositories that git itself would not write, and what stands deeper than any statement. */

#define DEEP "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/"

static void made(struct folder *f)
{
	struct database *d;
	struct err e = {0};
	bool moved;

	folder_new(f);
	d = database_made(folder_path(f, "db"), true);
	assert_true(database_grow(d, 2, NULL, &moved, &e) && moved);
	database_free(&d);
}

static void check_open(struct folder *f, const char *text)
{
	struct err e = {0};

	assert_null(database_open(folder_path(f, "db"), &e));
	check_err(&e, REASON_DATABASE, text);
}

static bool append(struct database *d, const char *path, size_t n, struct err *e)
{
	struct buf bytes = BUF(SIGNED_MAX + 1);
	struct database_new one = {.path = path};
	struct database_news news = {&one, 1, "x", DATABASE_WHEN};
	bool moved, ok;

	for (size_t i = 0; i < n; i++)
		buf_u8(&bytes, 0);
	one.bytes = buf_bytes(&bytes);
	ok = database_append(d, &news, &moved, e) && moved;
	buf_free(&bytes);
	return ok;
}

static void a_branch_that_is_no_commit_is_refused(void **state)
{
	struct folder f;

	(void)state;
	if (!git_here())
		skip();
	made(&f);
	git_run(&f, "cd db; id=$(git rev-parse main)\n"
		    "printf 'object %s\\ntype commit\\ntag x\\ntagger x <x> 1 +0000\\n\\n' $id |\n"
		    "git mktag >refs/heads/main");
	check_open(&f, "the branch 'main' is a tag");
	git_run(&f, "cd db; git hash-object -t tree -w /dev/null >refs/heads/main");
	check_open(&f, "the branch 'main' is a tree");
	folder_free(&f);
}

/* A folder's entry, as the tree has it, that is a file. */
static void a_folder_that_is_a_file_is_refused(void **state)
{
	struct err read = {0}, written = {0};
	struct digest first;
	struct database_entry x;
	struct database *d;
	struct folder f;

	(void)state;
	if (!git_here())
		skip();
	made(&f);
	git_run(&f, "cd db; id=$(echo x | git hash-object -w --stdin)\n"
		    "git ls-tree main | perl -ane '$F[0] =~ s/^0// and $F[2] = \"'$id'\";\n"
		    "print \"$F[0] $F[3]\\0\", pack(\"H*\", $F[2])' >tree\n"
		    "tree=$(git hash-object -t tree -w --literally tree)\n"
		    "git update-ref refs/heads/main $(git commit-tree -p main -m x $tree)");
	d = database_open(folder_path(&f, "db"), &read);
	check_no_err(&read);
	first = database_first(d);
	assert_false(database_entry(d, 0, &first, &x, &read));
	check_err(&read, REASON_DATABASE, "a folder is a blob");
	assert_false(append(d, "products/a/1/000002-x.cose", 1, &written));
	check_err(&written, REASON_DATABASE, "a folder is a blob");
	database_free(&d);
	folder_free(&f);
}

static void bytes_that_the_log_does_not_name_are_refused(void **state)
{
	struct err e = {0}, no = {0};
	struct digest at;
	struct database_entry x;
	struct buf out = BUF(64);
	struct database *d;
	struct folder f;

	(void)state;
	if (!git_here())
		skip();
	made(&f);
	git_run(&f, "git clone -q db work; cd work; p=$(git ls-files products | head -n 1)\n"
		    "echo x >\"$p\"; git commit -qam x; git push -q origin HEAD:main");
	d = database_open(folder_path(&f, "db"), &e);
	at = database_first(d);
	assert_true(database_entry(d, 0, &at, &x, &e));
	assert_false(database_statement(d, &x, &out, &no));
	check_err(
		&no, REASON_DATABASE,
		"'products/example.org%2Fblindbox/1.2.3/000000-manifest.corim' has another digest "
		"than the log says");
	assert_true(database_entry(d, 1, &at, &x, &e) && database_statement(d, &x, &out, &e));
	buf_free(&out);
	database_free(&d);
	folder_free(&f);
}

static void what_has_no_room_is_refused(void **state)
{
	struct err big = {0}, deep = {0};
	struct database *d;
	struct folder f;

	(void)state;
	folder_new(&f);
	d = database_made(folder_path(&f, "db"), true);
	assert_false(append(d, "products/a/1/000000-x.cose", SIGNED_MAX + 1, &big));
	check_err(&big, REASON_LIMIT, "a statement has 16777217 bytes, 16777216 are the most");
	assert_false(append(d, "products/" DEEP "000000-x.cose", 1, &deep));
	check_err(&deep, REASON_LIMIT, "a file lies in more than 16 folders");
	database_free(&d);
	folder_free(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_branch_that_is_no_commit_is_refused),
		cmocka_unit_test(a_folder_that_is_a_file_is_refused),
		cmocka_unit_test(bytes_that_the_log_does_not_name_are_refused),
		cmocka_unit_test(what_has_no_room_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
