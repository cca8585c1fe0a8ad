#include "measure/rebuild/source.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/rebuild/place.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_git.h"

static struct source *open_source(struct folder *f, const char *revision, struct err *e)
{
	const struct source_request q = {
		.repository = folder_path(f, "repo"), .revision = revision, .submodules = true};

	return source_open(&q, e);
}

/* What lies in `out` afterwards is what we read. */
static void lay_out(struct folder *f, struct source *s)
{
	const char *path = folder_path(f, "out");
	const struct place_rule rule = {.time = source_time(s), .max = 1 << 20};
	const struct cpio_io io = source_io(s);
	struct err e = {0};
	int fd;

	assert_int_equal(mkdir(path, 0755), 0);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	assert_true(fd >= 0);
	assert_true(place_tree(fd, source_tree(s), &rule, &io, &e));
	check_no_err(&e);
	close(fd);
}

/* git, told to touch nothing, makes the same tree of it; `tree` is what it should be. */
static void check_tree(struct folder *f, const char *tree)
{
	char *made = git_line(
		f, "cd out && git init -q . && "
		   "echo '* -text -filter -ident -working-tree-encoding' >.git/info/attributes && "
		   "git -c core.autocrlf=false add -A -f . && git write-tree");

	assert_string_equal(made, tree);
	git_run(f, "rm -rf out");
	free(made);
}

static void check_commit(struct folder *f, const char *revision)
{
	char script[256];
	struct err e = {0};
	struct source *s = open_source(f, revision, &e);
	char *commit, *tree;

	check_no_err(&e);
	assert_non_null(s);
	snprintf(script, sizeof(script), "git -C repo rev-parse '%s^{commit}'",
		 revision ? revision : "HEAD");
	commit = git_line(f, script);
	assert_string_equal(source_commit(s), commit);
	assert_int_equal(source_time(s), GIT_TIME);
	assert_null(source_signer(s));
	snprintf(script, sizeof(script), "git -C repo rev-parse '%s^{tree}'", commit);
	tree = git_line(f, script);
	lay_out(f, s);
	check_tree(f, tree);
	free(tree);
	free(commit);
	source_free(&s);
}

static const char sample[] =
	"git init -q repo; cd repo; mkdir -p a/b/c d; printf 'one\\n' >a/one; : >empty\n"
	"printf 'two\\r\\nlines\\n' >a/b/two.txt; printf 'x' >a/b/c/x; chmod 755 a/b/c/x\n"
	"ln -s ../a/one d/link; ln -s nowhere d/dangling; printf '%s' '\303\244' >'d/\303\244 b'\n"
	"seq 30000 >long; cp long longer; echo more >>longer\n"
	"git add -A; git commit -qm first; git tag v1; git tag -am annotated v2; git tag -am t v3 v2\n"
	"git branch side; echo changed >a/one; git commit -qam second\n";

static void the_tree_is_that_of_git_by_every_name_of_a_commit(void **state)
{
	static const char *const names[] = {NULL, "HEAD", "main",	  "side",	    "v1",
					    "v2", "v3",	  "refs/tags/v2", "refs/heads/side"};
	struct folder f;
	char *commit;

	(void)state;
	if (!git_here())
		skip();
	folder_new(&f);
	git_run(&f, sample);
	for (size_t i = 0; i < COUNT(names); i++)
		check_commit(&f, names[i]);
	commit = git_line(&f, "git -C repo rev-parse side");
	check_commit(&f, commit);
	git_run(&f, "git -C repo gc -q && git -C repo pack-refs --all");
	check_commit(&f, "main");
	check_commit(&f, commit);
	git_run(&f, "git -C repo checkout -q --detach side && rm repo/a/one");
	check_commit(&f, NULL);
	git_run(&f, "git clone -q --bare repo bare.git && rm -rf repo && mv bare.git repo");
	check_commit(&f, "v2");
	free(commit);
	folder_free(&f);
}

/* Every one of them changes what a work tree or `git archive` gives. */
static void settings_and_attributes_have_no_effect(void **state)
{
	struct folder f;

	(void)state;
	if (!git_here())
		skip();
	folder_new(&f);
	git_run(&f,
		"git init -q repo; cd repo\n"
		"printf 'a\\nb\\n' >unix; printf 'a\\r\\nb\\r\\n' >dos; echo '$Format:%H$' >subst\n"
		"echo '$Id$' >ident; echo secret >ignored; echo text >filtered; echo x >utf16\n"
		"git add -A\n"
		"printf '%s\\n' '* text=auto eol=crlf' 'subst export-subst' 'ident ident' "
		"'ignored export-ignore' 'filtered filter=evil' "
		"'utf16 working-tree-encoding=UTF-16' >.gitattributes\n"
		"git add .gitattributes; git commit -qm x\n"
		"git config core.autocrlf true; git config filter.evil.smudge 'touch ../ran; cat'\n"
		"git config filter.evil.required true; git config core.fsmonitor 'touch ../ran'\n"
		"git config core.hooksPath ../hooks; git config core.sshCommand 'touch ../ran'\n"
		"mkdir ../hooks; printf '#!/bin/sh\\ntouch ../ran' >../hooks/post-checkout\n"
		"chmod +x ../hooks/post-checkout\n");
	check_commit(&f, NULL);
	assert_int_not_equal(access(folder_path(&f, "ran"), F_OK), 0);
	git_run(&f, "git -C repo archive HEAD | tar -tf - >list; ! grep -q ignored list");
	folder_free(&f);
}

static void a_replaced_object_or_a_graft_has_no_effect(void **state)
{
	struct folder f;
	char *tree;
	struct err e = {0};
	struct source *s;

	(void)state;
	if (!git_here())
		skip();
	folder_new(&f);
	git_run(&f, sample);
	tree = git_line(&f, "git -C repo rev-parse 'HEAD^{tree}'");
	git_run(&f, "cd repo; git replace HEAD side");
	s = open_source(&f, NULL, &e);
	check_no_err(&e);
	lay_out(&f, s);
	check_tree(&f, tree);
	source_free(&s);
	free(tree);
	folder_free(&f);
}

/* ---- packed */

static void pack(struct folder *f, struct object *out, struct digest *content)
{
	struct objects store = OBJECTS_NONE;
	struct err e = {0};
	struct source *s = open_source(f, NULL, &e);

	check_no_err(&e);
	assert_true(objects_open(&store, folder_path(f, "store"), true, &e));
	assert_true(source_pack(s, &store, out, content, &e));
	check_no_err(&e);
	assert_true(objects_has(&store, out));
	objects_close(&store);
	source_free(&s);
}

static void a_packed_source_depends_on_the_tree_alone(void **state)
{
	struct object a, b, c;
	struct digest x, y, z;
	struct folder f;

	(void)state;
	if (!git_here())
		skip();
	folder_new(&f);
	git_run(&f, sample);
	pack(&f, &a, &x);
	git_run(&f, "cd repo; git gc -q; GIT_COMMITTER_DATE='1800000000 +0000' "
		    "git commit -q --allow-empty -m later");
	pack(&f, &b, &y);
	assert_true(digest_equal(&a.sha256, &b.sha256));
	assert_true(digest_equal(&x, &y));
	git_run(&f, "cd repo; git update-index --chmod=+x a/one; git commit -qm mode");
	pack(&f, &c, &z);
	assert_false(digest_equal(&a.sha256, &c.sha256));
	assert_false(digest_equal(&x, &z));
	assert_int_equal(a.size, c.size);
	folder_free(&f);
}

/* ---- refused */

static void check_refused(struct folder *f, const char *revision, enum reason r, const char *text)
{
	struct err e = {0};
	struct source *s = open_source(f, revision, &e);

	assert_null(s);
	check_err(&e, r, text);
}

static void what_is_no_repository_is_refused(void **state)
{
	struct folder f;

	(void)state;
	if (!git_here())
		skip();
	folder_new(&f);
	check_refused(&f, NULL, REASON_NO_SUCH_FILE, "the repository: No such file or directory");
	git_run(&f, ": >repo");
	check_refused(&f, NULL, REASON_SOURCE, "a repository is a folder");
	git_run(&f, "rm repo; git init -q above; mkdir above/in; ln -s above/in repo");
	{
		struct err e = {0};

		assert_null(open_source(&f, NULL, &e));
		assert_string_equal(reason_slug(e.reason), "source");
		assert_true(strncmp(e.text, "no repository of git can be opened: ", 36) == 0);
	}
	git_run(&f, "rm repo; git init -q --object-format=sha256 repo");
	check_refused(&f, NULL, REASON_SOURCE, "its ids are sha256; those of SHA-1 are read here");
	git_run(&f, "rm -rf repo; git init -q --bare --object-format=sha256 repo");
	check_refused(&f, NULL, REASON_SOURCE, "its ids are sha256; those of SHA-1 are read here");
	folder_free(&f);
}

static void a_revision_that_is_none_is_refused(void **state)
{
	struct folder f;

	(void)state;
	if (!git_here())
		skip();
	folder_new(&f);
	git_run(&f, "git init -q repo");
	check_refused(&f, NULL, REASON_COMMIT,
		      "'HEAD' is no tag, no branch and no commit's 40 digits");
	git_run(&f,
		"rm -rf repo\n"
		"git init -q repo; cd repo; echo x >x; git add x; git commit -qm x\n"
		"git branch both; git tag both; git tag blob HEAD:x; git tag tree 'HEAD^{tree}'\n"
		"for i in 1 2 3 4 5 6 7 8 9; do git tag -am t t$i t$((i - 1)) 2>/dev/null || "
		"git tag -am t t$i; done\n");
	check_refused(&f, "nothing", REASON_COMMIT,
		      "'nothing' is no tag, no branch and no commit's 40 digits");
	check_refused(&f, "HEAD~1", REASON_COMMIT,
		      "'HEAD~1' is no tag, no branch and no commit's 40 digits");
	check_refused(&f, "refs/remotes/x", REASON_COMMIT,
		      "'refs/remotes/x' is no tag, no branch and no commit's 40 digits");
	check_refused(&f, "both", REASON_AMBIGUOUS, "'both' is a tag and a branch");
	{
		const struct source_request q = {.repository = folder_path(&f, "repo"),
						 .revision = "both"};
		struct err e = {0};

		assert_null(source_open(&q, &e));
		assert_string_equal(e.hint, "write refs/tags/both or refs/heads/both");
	}
	check_refused(&f, "blob", REASON_SOURCE, "a blob was named, not a commit");
	check_refused(&f, "tree", REASON_SOURCE, "a tree was named, not a commit");
	check_refused(&f, "t9", REASON_LIMIT, "a tag of over 8 tags");
	check_refused(&f, "0123456789012345678901234567890123456789", REASON_COMMIT,
		      "object 0123456789012345678901234567890123456789 is not in the repository");
	folder_free(&f);
}

/* The bytes of another object under a name: what git's own check would say, is said by us. */
static void an_object_that_is_not_what_its_id_says_is_refused(void **state)
{
	struct folder f;
	struct err e = {0};
	struct source *s;
	const struct place_rule rule = {.max = 1 << 20};
	struct cpio_io io;
	int fd;

	(void)state;
	if (!git_here())
		skip();
	folder_new(&f);
	git_run(&f, "git init -q repo; cd repo; seq 1000 >x; git add x; git commit -qm x\n"
		    "seq 1001 2000 | head -c $(wc -c <x) >y\n"
		    "at() { echo .git/objects/$(echo $1 | sed 's|^..|&/|'); }\n"
		    "x=$(git rev-parse HEAD:x); y=$(git hash-object -w y); chmod u+w $(at $x)\n"
		    "cp $(at $y) $(at $x); mkdir ../out");
	s = open_source(&f, NULL, &e);
	check_no_err(&e);
	io = source_io(s);
	fd = open(folder_path(&f, "out"), O_RDONLY | O_DIRECTORY);
	assert_false(place_tree(fd, source_tree(s), &rule, &io, &e));
	assert_string_equal(reason_slug(e.reason), "source");
	assert_non_null(strstr(e.text, "hash mismatch"));
	close(fd);
	source_free(&s);
	folder_free(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_tree_is_that_of_git_by_every_name_of_a_commit),
		cmocka_unit_test(settings_and_attributes_have_no_effect),
		cmocka_unit_test(a_replaced_object_or_a_graft_has_no_effect),
		cmocka_unit_test(a_packed_source_depends_on_the_tree_alone),
		cmocka_unit_test(what_is_no_repository_is_refused),
		cmocka_unit_test(a_revision_that_is_none_is_refused),
		cmocka_unit_test(an_object_that_is_not_what_its_id_says_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
