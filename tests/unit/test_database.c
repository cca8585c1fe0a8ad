#include "reference-db/database.h"

#include <unistd.h>

#include "measure/base/listing.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_database.h"
#include "tests/unit/support_git.h"

static void what_is_appended_is_read_back(void **state)
{
	struct folder f;
	struct err e = {0};

	(void)state;
	folder_new(&f);
	for (unsigned bare = 0; bare < 2; bare++) {
		const char *path = folder_path(&f, bare ? "bare" : "db");
		struct database *d = database_made(path, bare), *again;
		bool moved;

		assert_string_equal(database_name(d), "example.org");
		database_check(d, 0);
		assert_true(database_grow(d, 1, NULL, &moved, &e) && moved);
		database_check(d, 1);
		assert_true(database_grow(d, 300, NULL, &moved, &e) && moved);
		database_check(d, 301);
		again = database_open(path, &e);
		assert_non_null(again);
		database_check(again, 301);
		database_free(&d);
		database_free(&again);
	}
	assert_int_equal(folder_count(&f), 2);
	folder_free(&f);
}

static void check_copy(struct folder *f, const char *name, uint64_t height)
{
	struct err e = {0};
	struct database *d = database_open(folder_path(f, name), &e);

	check_no_err(&e);
	database_check(d, height);
	database_free(&d);
}

static void git_finds_nothing_wrong_with_it(void **state)
{
	struct folder f;
	struct database *d;
	struct err e = {0};
	bool moved;

	(void)state;
	if (!git_here())
		skip();
	folder_new(&f);
	d = database_made(folder_path(&f, "db"), true);
	for (unsigned i = 0; i < 40; i++)
		assert_true(database_grow(d, 1 + i % 3, NULL, &moved, &e) && moved);
	database_check(d, 79);
	git_run(&f, "test \"$(git -C db symbolic-ref HEAD)\" = refs/heads/main\n"
		    "git -C db fsck --strict --full >fsck 2>&1; test ! -s fsck\n"
		    "test $(git -C db log --format='%an <%ae> %at' | grep -cxF "
		    "'measure <measure@localhost> 1700000000') = 41\n"
		    "test $(ls db/objects/pack/*.pack | wc -l) -lt 32\n"
		    "git clone -q db clone; cd clone\n"
		    "cat log/*/*/* | sha256sum -c --quiet\n"
		    "state=$(sha256sum <format | cut -d ' ' -f 1); n=0\n"
		    "for line in log/*/*/*; do\n"
		    "state=$({ printf %s \"$state\" | tr a-f A-F | basenc -d --base16\n"
		    "cat \"$line\"; } | sha256sum | cut -d ' ' -f 1); n=$((n + 1)); done\n"
		    "test $n = 79; echo \"$n $state\" | cmp - head\n"
		    "cd ..; cp -r clone plain; rm -rf plain/.git\n"
		    "cp -r db packed; git -C packed pack-refs --all; git -C packed gc -q\n"
		    "test ! -e packed/refs/heads/main; rmdir packed/refs/heads\n"
		    "cp -r db loose; rm loose/objects/pack/*\n"
		    "for p in db/objects/pack/*.pack; do git -C loose unpack-objects -q <$p; done\n"
		    "git clone -q --depth 1 \"file://$PWD/db\" shallow\n");
	check_copy(&f, "clone", 79);
	check_copy(&f, "plain", 79);
	check_copy(&f, "packed", 79);
	check_copy(&f, "loose", 79);
	check_copy(&f, "shallow", 79);
	/* What was open goes on, also after others have tidied up. */
	git_run(&f, "git -C db gc -q --prune=now");
	assert_true(database_grow(d, 1, NULL, &moved, &e) && moved);
	database_check(d, 80);
	git_run(&f, "git -C db fsck --strict --full >fsck 2>&1; test ! -s fsck");
	database_free(&d);
	d = database_open(folder_path(&f, "packed"), &e);
	assert_non_null(d);
	assert_true(database_grow(d, 1, NULL, &moved, &e) && moved);
	database_free(&d);
	check_copy(&f, "packed", 80);
	git_run(&f, "git -C packed fsck --strict --full >fsck 2>&1; test ! -s fsck");
	folder_free(&f);
}

static void what_git_would_put_in_the_place_of_objects_counts_for_nothing(void **state)
{
	struct folder f;
	struct database *d;
	struct err e = {0};
	bool moved;

	(void)state;
	if (!git_here())
		skip();
	folder_new(&f);
	d = database_made(folder_path(&f, "db"), true);
	assert_true(database_grow(d, 2, NULL, &moved, &e) && moved);
	database_free(&d);
	git_run(&f,
		"cp -r db replaced; cd replaced\n"
		"head=$(git rev-parse main:head); other=$(echo other | git hash-object -w --stdin)\n"
		"git replace $head $other; test \"$(git show main:head)\" = other\n"
		"git config core.worktree /nonexistent/x; git config core.hooksPath /nonexistent\n"
		"cd ..; git clone -q --bare --shared db borrows\n");
	check_copy(&f, "replaced", 2);
	d = database_open(folder_path(&f, "borrows"), &e);
	assert_null(d);
	assert_string_equal(reason_slug(e.reason), "database-incomplete");
	assert_memory_equal(e.text, "object ", 7);
	folder_free(&f);
}

static size_t files_in(struct folder *f, const char *name)
{
	struct listing l = {0};
	struct err e = {0};
	size_t n;

	assert_true(listing_read(&l, folder_path(f, name), &e));
	n = l.n;
	listing_free(&l);
	return n;
}

static void who_was_slower_is_told_so(void **state)
{
	struct folder f;
	struct database *one, *two;
	struct err e = {0};
	bool moved;
	size_t packs;

	(void)state;
	folder_new(&f);
	one = database_made(folder_path(&f, "db"), true);
	two = database_open(folder_path(&f, "db"), &e);
	assert_true(database_grow(one, 1, NULL, &moved, &e) && moved);
	packs = files_in(&f, "db/objects/pack");
	assert_true(database_grow(two, 1, NULL, &moved, &e));
	assert_false(moved);
	database_check(two, 0);
	assert_int_equal(files_in(&f, "db/objects/pack"), packs);
	database_free(&two);
	two = database_open(folder_path(&f, "db"), &e);
	assert_true(database_grow(two, 1, NULL, &moved, &e) && moved);
	database_check(two, 2);
	database_free(&one);
	database_free(&two);
	folder_free(&f);
}

/* ---- what is refused */

static void check_append(struct database *d, const char *path, const char *text)
{
	struct database_new one = {bytes_str("x"), path};
	struct database_news news = {&one, 1, "x", DATABASE_WHEN};
	struct signed_upon before = database_head(d);
	struct err e = {0};
	bool moved;

	assert_false(database_append(d, &news, &moved, &e));
	check_err(&e, REASON_DATABASE, text);
	assert_int_equal(database_head(d).height, before.height);
}

static void paths_that_cannot_be_are_refused(void **state)
{
	struct folder f;
	struct database *d;
	struct err e = {0};
	char path[DATABASE_PATH];
	bool moved;

	(void)state;
	folder_new(&f);
	d = database_made(folder_path(&f, "db"), true);
	assert_true(database_grow(d, 1, NULL, &moved, &e) && moved);
	database_path_of(0, path);
	check_append(d, path,
		     "'products/example.org%2Fblindbox/1.2.3/000000-manifest.corim' is no file of "
		     "entry 1, whose name begins with 000001-");
	check_append(d, "products/Example.org%2Fblindbox/1.2.3/000001-manifest.corim",
		     "'Example.org%2Fblindbox' and 'example.org%2Fblindbox' would be one name on "
		     "some file systems");
	check_append(d, "products/example.org%2Fblindbox/1.2.3/000000-manifest.corim/000001-x.cose",
		     "'000000-manifest.corim' is a file, not a folder");
	check_append(d, "log/00/00/000001-x.cose",
		     "'log/00/00/000001-x.cose' is no path of a statement");
	database_check(d, 1);
	database_free(&d);
	folder_free(&f);
}

static void what_cannot_be_written_is_refused(void **state)
{
	struct folder f;
	struct database *d;
	struct database_new one = {bytes_str("x"), "keys/000000-keys.cose"};
	struct database_news news = {&one, 1, "x\x1b[2J", DATABASE_WHEN};
	struct err e1 = {0}, e2 = {0}, e3 = {0}, e4 = {0}, e5 = {0};
	bool moved;

	(void)state;
	folder_new(&f);
	d = database_made(folder_path(&f, "db"), true);
	assert_false(database_append(d, &news, &moved, &e1));
	check_err(&e1, REASON_USAGE, "a message has characters that do not show");
	news.message = "x";
	news.when = -1;
	assert_false(database_append(d, &news, &moved, &e2));
	check_err(&e2, REASON_USAGE, "a time is not between 1970 and 9999");
	database_free(&d);
	assert_false(database_init(folder_path(&f, "db"), "n", true, 0, &e3));
	check_err(&e3, REASON_USAGE, "is there already, and not empty");
	folder_file(&f, "file", "", 0);
	assert_false(database_init(folder_path(&f, "file"), "n", true, 0, &e4));
	check_err(&e4, REASON_USAGE, "is there already, and is no empty folder");
	assert_false(database_init(folder_path(&f, "new"), "a b", true, 0, &e5));
	check_err(&e5, REASON_DATABASE,
		  "the name 'a b' has other characters than letters, digits, '.', '_' and '-', or "
		  "does not begin with one of the first");
	assert_int_equal(folder_count(&f), 2);
	folder_free(&f);
}

static void what_is_no_database_is_refused(void **state)
{
	struct folder f;
	struct err e1 = {0}, e2 = {0}, e3 = {0}, e4 = {0};

	(void)state;
	folder_new(&f);
	assert_null(database_open(f.path, &e1));
	check_err(&e1, REASON_DATABASE,
		  "is neither a repository of git nor a folder with a file 'format'");
	assert_null(database_open(folder_path(&f, "none"), &e2));
	check_err(&e2, REASON_NO_SUCH_FILE, "the database: No such file or directory");
	folder_file(&f, "format", "measure-db/1\nname x\n", 20);
	assert_null(database_open(f.path, &e3));
	check_err(&e3, REASON_DATABASE_INCOMPLETE, "there is no 'head'");
	assert_int_equal(symlink("format", folder_path(&f, "head")), 0);
	assert_null(database_open(f.path, &e4));
	check_err(&e4, REASON_DATABASE, "'head' is a symbolic link or lies in one");
	folder_free(&f);
}

static void a_repository_without_the_branch_is_refused(void **state)
{
	struct folder f;
	struct err e1 = {0}, e2 = {0};

	(void)state;
	if (!git_here())
		skip();
	folder_new(&f);
	git_run(&f, "git init -q a; git init -q b; cd b; echo x >x; git add .; git commit -qm x\n");
	assert_null(database_open(folder_path(&f, "a"), &e1));
	check_err(&e1, REASON_DATABASE, "there is no branch 'main'");
	assert_null(database_open(folder_path(&f, "b"), &e2));
	check_err(&e2, REASON_DATABASE_INCOMPLETE, "there is no 'format'");
	folder_free(&f);
}

static void a_plain_folder_is_not_written_to(void **state)
{
	static const char format[] = "measure-db/1\nname x\n";
	static const char head[] =
		"0 0000000000000000000000000000000000000000000000000000000000000000\n";
	struct database_news news = {.n = 0, .message = "x"};
	struct folder f;
	struct database *d;
	struct err e = {0};
	bool moved;

	(void)state;
	folder_new(&f);
	folder_file(&f, "format", format, strlen(format));
	folder_file(&f, "head", head, strlen(head));
	d = database_open(f.path, &e);
	assert_non_null(d);
	assert_false(database_append(d, &news, &moved, &e));
	check_err(&e, REASON_USAGE, "is a plain folder; only a repository is written to");
	database_free(&d);
	folder_free(&f);
}

/* ---- locks */

static void the_lock_of_a_git_that_is_dead_is_named(void **state)
{
	struct folder f;
	struct database *d;
	struct err e = {0};
	bool moved;

	(void)state;
	folder_new(&f);
	d = database_made(folder_path(&f, "db"), true);
	folder_file(&f, "db/refs/heads/main.lock", "", 0);
	assert_false(database_grow(d, 1, NULL, &moved, &e));
	check_err(&e, REASON_BUSY, "git has locked the branch");
	assert_string_equal(e.hint, "if no git is at work there, one was killed: remove the file");
	database_free(&d);
	folder_free(&f);
}

static void the_lock_of_a_killed_process_of_ours_is_removed(void **state)
{
	struct folder f;
	struct database *d;
	struct err e = {0};
	bool moved;

	(void)state;
	folder_new(&f);
	d = database_made(folder_path(&f, "db"), true);
	folder_file(&f, "db/measure.ref", "x", 1);
	assert_int_equal(
		link(folder_path(&f, "db/measure.ref"), folder_path(&f, "db/refs/heads/main.lock")),
		0);
	assert_true(database_grow(d, 1, NULL, &moved, &e) && moved);
	database_check(d, 1);
	assert_int_not_equal(access(folder_path(&f, "db/measure.ref"), F_OK), 0);
	database_free(&d);
	folder_free(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_appended_is_read_back),
		cmocka_unit_test(git_finds_nothing_wrong_with_it),
		cmocka_unit_test(what_git_would_put_in_the_place_of_objects_counts_for_nothing),
		cmocka_unit_test(who_was_slower_is_told_so),
		cmocka_unit_test(paths_that_cannot_be_are_refused),
		cmocka_unit_test(what_cannot_be_written_is_refused),
		cmocka_unit_test(what_is_no_database_is_refused),
		cmocka_unit_test(a_repository_without_the_branch_is_refused),
		cmocka_unit_test(a_plain_folder_is_not_written_to),
		cmocka_unit_test(the_lock_of_a_git_that_is_dead_is_named),
		cmocka_unit_test(the_lock_of_a_killed_process_of_ours_is_removed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
