/* Trees that git writes only when it is told to take any bytes. */
#include <stdio.h>

#include "measure/base/buf.h"
#include "measure/base/hex.h"
#include "measure/rebuild/source.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_git.h"

struct ids {
	char *blob, *folder; /* of a tree with one file */
};

static void begin(struct folder *f, struct ids *ids)
{
	folder_new(f);
	ids->blob = git_line(
		f, "git init -q --bare repo; cd repo; echo x | git hash-object -w --stdin");
	ids->folder = git_line(f, "cd repo; printf '100644 blob %s\\tx\\n' "
				  "$(echo x | git hash-object --stdin) | git mktree");
}

static void end(struct folder *f, struct ids *ids)
{
	free(ids->blob);
	free(ids->folder);
	folder_free(f);
}

/* "MODE NAME", whose object is a blob, or for 40000 a tree. */
static void put_entry(struct buf *tree, const struct ids *ids, const char *entry)
{
	struct err e = {0};

	buf_put(tree, bytes_of(entry, strlen(entry) + 1));
	assert_true(hex_read(strncmp(entry, "40000", 5) == 0 ? ids->folder : ids->blob, "id", tree,
			     &e));
}

/* main becomes a commit of what `file` holds as a tree. */
static void commit(struct folder *f, const struct buf *tree)
{
	folder_file(f, "tree", tree->p, tree->n);
	git_run(f, "cd repo; git update-ref refs/heads/main $(git commit-tree -m x "
		   "$(git hash-object -t tree -w --literally ../tree))");
}

static void check_open(struct folder *f, enum reason r, const char *text)
{
	const struct source_request q = {.repository = folder_path(f, "repo"), .submodules = true};
	struct err e = {0};
	struct source *s = source_open(&q, &e);

	check_err(&e, r, text);
	assert_int_equal(s != NULL, r == REASON_NONE);
	source_free(&s);
}

static void names_and_modes_of_hostile_trees_are_refused(void **state)
{
	static const struct {
		const char *entry[2], *text;
	} cases[] = {
		{{"40000 .git"}, "'.git': a file system may take the name for .git"},
		{{"100644 .GIT"}, "'.GIT': a file system may take the name for .git"},
		{{"40000 .g\xe2\x80\x8cit"},
		 "'.g\xe2\x80\x8cit': a file system may take the name for .git"},
		{{"40000 git~1"}, "'git~1': a file system may take the name for .git"},
		{{"40000 .git "}, "'.git ': a file system may take the name for .git"},
		{{"100644 a\\.git"}, "'a\\.git': a file system may take the name for .git"},
		{{"120000 .gitmodules"},
		 "'.gitmodules': a symbolic link may be taken for .gitmodules"},
		{{"40000 .."}, "'..': a name is '..'"},
		{{"40000 ."}, "'.': a name is '.'"},
		{{"100644 a/b"}, "'a/b': a name has a slash in it"},
		{{"100644 /etc"}, "'/etc': a name has a slash in it"},
		{{"100644 a\nb"}, "'a\nb': a name has the control character 0x0a in it"},
		{{"100644 "}, "an entry has no name"},
		{{"100664 a"},
		 "'a' has mode 100664; 40000, 100644, 100755, 120000 and 160000 are those of git"},
		{{"104755 a"},
		 "'a' has mode 104755; 40000, 100644, 100755, 120000 and 160000 are those of git"},
		{{"100644 README", "100644 readme"},
		 "'README' and 'readme' are one name where case does not count"},
		{{"100644 a", "40000 a"}, "'a' and 'a' are one name where case does not count"},
		{{"100644 A", "40000 a"}, "'A' and 'a' are one name where case does not count"},
		{{"100644 a", "100644 a"}, "'a' stands twice, or not in its order"},
		{{"100644 b", "100644 a"}, "'a' stands twice, or not in its order"},
		{{"100644 folder", "100644 x"}, ""},
	};
	struct folder f;
	struct ids ids;

	(void)state;
	if (!git_here())
		skip();
	begin(&f, &ids);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf tree = BUF(4096);

		put_entry(&tree, &ids, cases[i].entry[0]);
		if (cases[i].entry[1])
			put_entry(&tree, &ids, cases[i].entry[1]);
		commit(&f, &tree);
		check_open(&f, *cases[i].text ? REASON_SOURCE : REASON_NONE, cases[i].text);
		buf_free(&tree);
	}
	end(&f, &ids);
}

static void an_object_of_another_kind_is_refused(void **state)
{
	struct buf tree = BUF(4096);
	struct folder f;
	struct ids ids;
	char *swap;

	(void)state;
	if (!git_here())
		skip();
	begin(&f, &ids);
	swap = ids.blob;
	ids.blob = ids.folder;
	ids.folder = swap;
	put_entry(&tree, &ids, "100644 a");
	commit(&f, &tree);
	check_open(&f, REASON_SOURCE, "'a': its object is a tree, not a blob");
	buf_reset(&tree);
	put_entry(&tree, &ids, "120000 a");
	commit(&f, &tree);
	check_open(&f, REASON_SOURCE, "'a': a symbolic link leads to no path");
	buf_reset(&tree);
	put_entry(&tree, &ids, "40000 a");
	commit(&f, &tree);
	check_open(&f, REASON_SOURCE, "'a': its object is a blob, not a tree");
	git_run(&f, "cd repo; git update-ref refs/heads/main $(git hash-object -t commit -w "
		    "--literally --stdin <<-END\n"
		    "tree $(echo x | git hash-object -w --stdin)\n"
		    "author a <a> 1 +0000\ncommitter c <c> 1 +0000\n\nx\nEND\n)");
	check_open(&f, REASON_SOURCE, "its object is a blob, not a tree");
	buf_free(&tree);
	end(&f, &ids);
}

/* ---- size */

/* A thousand folders of a thousand names each are two objects. */
static void a_tree_that_unfolds_without_end_is_refused(void **state)
{
	struct folder f;
	struct ids ids;

	(void)state;
	if (!git_here())
		skip();
	begin(&f, &ids);
	for (unsigned level = 0; level < 2; level++) {
		struct buf tree = BUF(1u << 20);

		for (unsigned i = 0; i < 1024; i++) {
			char entry[32];

			snprintf(entry, sizeof(entry), "%s %04u", level ? "40000" : "160000", i);
			put_entry(&tree, &ids, entry);
		}
		folder_file(&f, "tree", tree.p, tree.n);
		free(ids.folder);
		ids.folder = git_line(&f, "cd repo; git hash-object -t tree -w ../tree");
		commit(&f, &tree);
		buf_free(&tree);
	}
	{
		const struct source_request q = {.repository = folder_path(&f, "repo")};
		struct err e = {0};

		assert_null(source_open(&q, &e));
		assert_string_equal(reason_slug(e.reason), "limit");
		assert_non_null(strstr(e.text, "more than 1048576 names"));
	}
	end(&f, &ids);
}

static void a_tree_that_is_too_deep_is_refused(void **state)
{
	struct folder f;

	(void)state;
	if (!git_here())
		skip();
	folder_new(&f);
	git_run(&f, "git init -q --bare repo; cd repo; b=$(git hash-object -w --stdin </dev/null)\n"
		    "p=; for i in $(seq 129); do p=${p}a/; done\n"
		    "git update-index --add --cacheinfo 100644,$b,${p}x\n"
		    "git update-ref refs/heads/main $(git commit-tree -m x $(git write-tree))");
	{
		const struct source_request q = {.repository = folder_path(&f, "repo")};
		struct err e = {0};

		assert_null(source_open(&q, &e));
		assert_string_equal(reason_slug(e.reason), "limit");
		assert_non_null(
			strstr(e.text, ": folders lie 129 deep in each other, 128 are the most"));
	}
	folder_free(&f);
}

static void a_path_that_is_too_long_is_refused(void **state)
{
	struct folder f;

	(void)state;
	if (!git_here())
		skip();
	folder_new(&f);
	git_run(&f, "git init -q --bare repo; cd repo; b=$(git hash-object -w --stdin </dev/null)\n"
		    "n=$(printf %0250d 0); p=; for i in $(seq 17); do p=$p$n/; done\n"
		    "printf '100644 %s\\t%sx\\n' $b $p | git update-index --add --index-info\n"
		    "git update-ref refs/heads/main $(git commit-tree -m x $(git write-tree))");
	check_open(&f, REASON_LIMIT, "a path has over 4095 bytes");
	folder_free(&f);
}

static void a_file_that_is_too_large_is_refused_unread(void **state)
{
	struct folder f;

	(void)state;
	if (!git_here())
		skip();
	folder_new(&f);
	git_run(&f, "git init -q --bare repo; cd repo; mkdir objects/11\n"
		    "python3 -c 'import sys, zlib; sys.stdout.buffer.write("
		    "zlib.compress(b\"blob 1073741825\\0x\"))' "
		    ">objects/11/11111111111111111111111111111111111111\n"
		    "git update-ref refs/heads/main $(git commit-tree -m x $(printf "
		    "'100644 blob 1111111111111111111111111111111111111111\\tbig\\n' | "
		    "git mktree --missing))");
	check_open(&f, REASON_LIMIT, "'big': a file has 1073741825 bytes, 1073741824 are the most");
	git_run(&f,
		"cd repo; mkdir objects/22; python3 -c 'import sys, zlib; "
		"sys.stdout.buffer.write(zlib.compress(b\"blob 1073741824\\0x\"))' "
		">objects/22/22222222222222222222222222222222222222\n"
		"git update-ref refs/heads/main $(git commit-tree -m x $(for i in 1 2 3 4 5; do "
		"printf '100644 blob 2222222222222222222222222222222222222222\\t%s\\n' $i; done | "
		"git mktree --missing))");
	check_open(&f, REASON_LIMIT, "'5': a source has over 4294967296 bytes");
	folder_free(&f);
}

/* ---- links */

static void links_that_lead_out_of_the_tree_are_refused(void **state)
{
	static const char *const cases[][2] = {
		{"ln -s /etc/passwd a",
		 "'a': a symbolic link leads out of the tree, to '/etc/passwd'"},
		{"ln -s .. a", "'a': a symbolic link leads out of the tree, to '..'"},
		{"mkdir d; ln -s ../../x d/a",
		 "'d/a': a symbolic link leads out of the tree, to '../../x'"},
		{"mkdir d; ln -s .//./../d/./.. d/a", ""},
		{"ln -s missing/../../x a",
		 "'a': a symbolic link leads out of the tree, to 'missing/../../x'"},
		{"mkdir -p d/e; ln -s d/e s; ln -s s/../.. a", ""},
		{"mkdir -p d/e; ln -s d/e s; ln -s s/../../.. a",
		 "'a': a symbolic link leads out of the tree, to 's/../../..'"},
		{"mkdir d; ln -s .. d/up; ln -s d/up/.. a",
		 "'a': a symbolic link leads out of the tree, to 'd/up/..'"},
		{"mkdir d; ln -s .. d/up; echo x >d/x; ln -s d/up/d/up/d/x a", ""},
		{"ln -s a a", "'a': a symbolic link leads over 40 others"},
		{"ln -s b a; ln -s a b", "'a': a symbolic link leads over 40 others"},
		{"echo x >f; ln -s f/../f a", ""},
	};
	struct folder f;

	(void)state;
	if (!git_here())
		skip();
	folder_new(&f);
	git_run(&f, "git init -q repo");
	for (size_t i = 0; i < COUNT(cases); i++) {
		char script[512];

		snprintf(script, sizeof(script),
			 "cd repo; rm -rf *; %s\ngit add -A; git commit -qm x --allow-empty",
			 cases[i][0]);
		git_run(&f, script);
		check_open(&f, *cases[i][1] ? REASON_SOURCE : REASON_NONE, cases[i][1]);
	}
	folder_free(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_modes_of_hostile_trees_are_refused),
		cmocka_unit_test(an_object_of_another_kind_is_refused),
		cmocka_unit_test(a_tree_that_unfolds_without_end_is_refused),
		cmocka_unit_test(a_tree_that_is_too_deep_is_refused),
		cmocka_unit_test(a_path_that_is_too_long_is_refused),
		cmocka_unit_test(a_file_that_is_too_large_is_refused_unread),
		cmocka_unit_test(links_that_lead_out_of_the_tree_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
