#include <stdio.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_database.h"
#include "tests/unit/support_git.h"

struct told {
	struct buf lines;
};

static void tell(void *arg, const char *path, const char *what)
{
	struct told *t = arg;

	buf_fmt(&t->lines, "%s %s\n", path, what);
}

static void check_audit(const char *path, const char *lines)
{
	struct told t = {BUF(1 << 24)};
	struct database_stray stray = {tell, &t};
	struct err e = {0};
	struct database *d = database_open(path, &e);
	bool clean;

	assert_non_null(d);
	assert_true(database_audit_tree(d, &stray, &clean, &e));
	assert_string_equal(buf_cstr(&t.lines), lines);
	assert_int_equal(clean, *lines == '\0');
	buf_free(&t.lines);
	database_free(&d);
}

static void make(struct folder *f)
{
	struct database *d;
	struct err e = {0};
	bool moved;

	folder_new(f);
	d = database_made(folder_path(f, "db"), false);
	assert_true(database_grow(d, 300, NULL, &moved, &e) && moved);
	database_free(&d);
}

static void what_was_appended_is_clean(void **state)
{
	struct folder f;

	(void)state;
	make(&f);
	check_audit(folder_path(&f, "db"), "");
	if (git_here()) {
		git_run(&f, "cd db; git reset -q --hard; cp -r . ../plain; rm -rf ../plain/.git");
		check_audit(folder_path(&f, "plain"), "");
	}
	folder_free(&f);
}

#define PATH_0 "products/example.org%2Fblindbox/1.2.3/000000-manifest.corim"
#define FOLDER "products/example.org%2Fblindbox/1.2.3/"

static void what_the_log_does_not_explain_is_told(void **state)
{
	static const struct {
		const char *script, *lines;
	} table[] = {
		{"echo x >LICENSE", "LICENSE is no part of a database\n"},
		{"mkdir x; echo x >x/y", "x is no part of a database\n"},
		{"ln -s format x", "x is a symbolic link, or no file at all\n"},
		{"rm README.md; ln -s format README.md",
		 "README.md is a symbolic link, or no file at all\n"},
		{"echo x >Format",
		 "format is the name of another file in another case\nFormat is no part of a "
		 "database\n"},
		{"cp " PATH_0 " " FOLDER "00012c-manifest.corim",
		 FOLDER "00012c-manifest.corim is named by no entry of the log\n"},
		{"cp " PATH_0 " " FOLDER "000000-other.corim",
		 FOLDER "000000-other.corim is named by no entry of the log\n"},
		{"mkdir keys; cp " PATH_0 " keys/000000-manifest.corim",
		 "keys/000000-manifest.corim is named by no entry of the log\n"},
		{"ln -s 000000-manifest.corim " FOLDER "x",
		 FOLDER "x is a symbolic link, or no file at all\n"},
		{"chmod +x " PATH_0, PATH_0 " is an executable file\n"},
		{"cp log/00/00/00 log/00/01/2c", "log/00/01/2c is no entry that the head counts\n"},
		{"mkdir log/01; echo x >log/01/x", "log/01 is no entry that the head counts\n"},
		{"echo x >log/00/00/0x",
		 "log/00/00/ has more than 256 names\nlog/00/00/0x is no entry that the head counts\n"},
		{"rm log/00/00/07; mkdir log/00/00/07; echo x >log/00/00/07/x",
		 FOLDER "000007-manifest.corim is named by no entry of the log\n"
			"log/00/00/07 is a folder\n"},
	};
	struct folder f;

	(void)state;
	if (!git_here())
		skip();
	make(&f);
	git_run(&f, "cd db; git reset -q --hard; git config core.symlinks true\n"
		    "git config core.filemode true; git tag first");
	for (size_t i = 0; i < COUNT(table); i++) {
		char script[512];

		snprintf(script, sizeof(script),
			 "cd db; git reset -q --hard first; git clean -qfdx\n%s\n"
			 "git add -A; git commit -qm x",
			 table[i].script);
		git_run(&f, script);
		check_audit(folder_path(&f, "db"), table[i].lines);
	}
	git_run(&f,
		"git init -q sub; cd sub; git commit -q --allow-empty -m x; cd ../db\n"
		"git reset -q --hard first\n"
		"git update-index --add --cacheinfo 160000,$(git -C ../sub rev-parse HEAD),sub\n"
		"git commit -qm x");
	check_audit(folder_path(&f, "db"), "sub is a submodule\n");
	folder_free(&f);
}

static void check_told(struct folder *f, const char *line)
{
	struct told t = {BUF(1 << 24)};
	struct database_stray stray = {tell, &t};
	struct err e = {0};
	struct database *d = database_open(folder_path(f, "db"), &e);
	bool clean;

	assert_non_null(d);
	assert_true(database_audit_tree(d, &stray, &clean, &e));
	assert_false(clean);
	assert_non_null(strstr(buf_cstr(&t.lines), line));
	buf_free(&t.lines);
	database_free(&d);
}

static void names_that_are_too_many_too_long_or_too_deep_are_told(void **state)
{
	struct folder f;

	(void)state;
	if (!git_here())
		skip();
	make(&f);
	git_run(&f, "cd db; git reset -q --hard; mkdir keys; cd keys\n"
		    "for i in $(seq 257); do echo x >$i; done\n"
		    "cd ..; git add -A; git commit -qm x\n");
	check_told(&f, "keys/ has more than 256 names\n");
	git_run(&f,
		"cd db; id=$(echo x | git hash-object -w --stdin); long=$(seq -s- 200)\n"
		"id=$(printf '100644 blob %s\\t%.256s\\n' $id $long | git mktree)\n"
		"for i in 1 2 3 4 5; do\n"
		"  id=$(printf '040000 tree %s\\t%.250s\\n' $id $long | git mktree)\n"
		"  tree=$({ git ls-tree main~; printf '040000 tree %s\\tkeys\\n' $id; } | git mktree)\n"
		"  git update-ref refs/heads/deep$i $(git commit-tree -p main~ -m x $tree)\n"
		"done; git update-ref refs/heads/main deep1");
	check_told(&f, " has a name of more than 255 bytes\n");
	git_run(&f, "cd db; git update-ref refs/heads/main deep5");
	check_told(&f, " lies deeper than any statement can\n");
	folder_free(&f);
}

/* 16 folders in each of 10 folders, one in another: more than 10^12 of them in eleven objects. */
static void a_tree_that_cannot_be_walked_is_told(void **state)
{
	struct folder f;

	(void)state;
	if (!git_here())
		skip();
	make(&f);
	git_run(&f,
		"cd db; id=$(echo x | git hash-object -w --stdin)\n"
		"id=$(printf '100644 blob %s\\tx\\n' $id | git mktree)\n"
		"for i in $(seq 10); do id=$(for j in $(seq 10 25); do\n"
		"printf '040000 tree %s\\t%s\\n' $id $j; done | git mktree); done\n"
		"tree=$({ git ls-tree main; printf '040000 tree %s\\tkeys\\n' $id; } | git mktree)\n"
		"git update-ref refs/heads/main $(git commit-tree -p main -m x $tree)\n");
	check_told(&f, "and more folders than the entries can need");
	folder_free(&f);
}

static void grow_again(void *arg, const char *path, const char *what)
{
	(void)path;
	(void)what;
	git_run(arg, "cp other/head plain/head");
}

/* What was looked at first is of the old one, what comes then of the new one. */
static void a_folder_that_changes_meanwhile_is_neither_of_both(void **state)
{
	struct folder f;
	struct database_stray stray = {grow_again, &f};
	struct database *d;
	struct err e = {0};
	bool clean;

	(void)state;
	if (!git_here())
		skip();
	make(&f);
	git_run(&f, "cd db; git reset -q --hard; cp -r . ../plain; rm -rf ../plain/.git\n"
		    "cp -r ../plain ../other; echo x >../plain/more");
	git_run(&f, "echo 300 $(sha256sum <db/format | cut -c 1-64) >other/head");
	d = database_open(folder_path(&f, "plain"), &e);
	check_no_err(&e);
	assert_false(database_audit_tree(d, &stray, &clean, &e));
	check_err(&e, REASON_DATABASE_INCOMPLETE, "it was written to while it was read");
	database_free(&d);
	folder_free(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_appended_is_clean),
		cmocka_unit_test(what_the_log_does_not_explain_is_told),
		cmocka_unit_test(names_that_are_too_many_too_long_or_too_deep_are_told),
		cmocka_unit_test(a_tree_that_cannot_be_walked_is_told),
		cmocka_unit_test(a_folder_that_changes_meanwhile_is_neither_of_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
