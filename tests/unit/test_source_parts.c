/* Submodules, large files and signatures. */
#include <stdio.h>

#include "measure/rebuild/source.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_git.h"

static struct source_request request(struct folder *f)
{
	return (struct source_request){.repository = folder_path(f, "repo"), .submodules = true};
}

static void check_refused(const struct source_request *q, enum reason r, const char *text)
{
	struct err e = {0};
	struct source *s = source_open(q, &e);

	check_err(&e, r, text);
	assert_null(s);
}

static void check_hint(const struct source_request *q, const char *text, const char *hint)
{
	struct err e = {0};

	assert_null(source_open(q, &e));
	assert_string_equal(e.text, text);
	assert_string_equal(e.hint, hint);
}

static struct source *check_opened(const struct source_request *q)
{
	struct err e = {0};
	struct source *s = source_open(q, &e);

	check_no_err(&e);
	assert_non_null(s);
	return s;
}

static bool has(const struct source *s, const char *path)
{
	struct err e = {0};
	struct bytes name;
	struct tree_node *n = tree_parent(source_tree(s), bytes_str(path), false, &name, &e);

	return n && tree_find(source_tree(s), n, name);
}

/* ---- submodules */

static const char nested[] =
	"git init -q inner; cd inner; echo deep >deep; git add .; git commit -qm x; cd ..\n"
	"git init -q outer; cd outer; echo mid >mid\n"
	"git submodule -q add ../inner in; git commit -qam x; git add .; git commit -qm x; cd ..\n"
	"git init -q repo; cd repo; echo top >top; git add .\n"
	"git submodule -q add --name 'its name' ../outer lib/out; git commit -qam x\n"
	"git submodule -q update --init --recursive\n"
	"cd ../inner; echo later >later; git add .; git commit -qm later\n";

static void submodules_stand_at_their_pinned_commits(void **state)
{
	const struct source_submodule *sub;
	struct source_request q;
	struct folder f;
	struct source *s;
	char *commit;
	size_t n;

	(void)state;
	if (!git_here())
		skip();
	folder_new(&f);
	git_run(&f, nested);
	commit = git_line(&f, "git -C inner rev-parse HEAD~1");
	q = request(&f);
	s = check_opened(&q);
	sub = source_submodules(s, &n);
	assert_int_equal(n, 2);
	assert_string_equal(sub[0].path, "lib/out");
	assert_string_equal(sub[1].path, "lib/out/in");
	assert_string_equal(sub[1].commit, commit);
	assert_true(has(s, "top") && has(s, "lib/out/mid") && has(s, "lib/out/in/deep"));
	assert_false(has(s, "lib/out/in/later") || has(s, "lib/out/.git"));
	source_free(&s);
	q.submodules = false;
	s = check_opened(&q);
	(void)source_submodules(s, &n);
	assert_int_equal(n, 0);
	assert_true(has(s, "lib/out"));
	assert_false(has(s, "lib/out/mid"));
	source_free(&s);
	free(commit);
	folder_free(&f);
}

static void a_submodule_that_is_not_here_is_refused(void **state)
{
	struct source_request q;
	struct folder f;

	(void)state;
	if (!git_here())
		skip();
	folder_new(&f);
	git_run(&f, nested);
	git_run(&f, "mv repo/.git/modules/its\\ name/modules/in gone\n"
		    "sed -i /worktree/d gone/config; rm -rf repo/lib/out/in");
	q = request(&f);
	check_refused(&q, REASON_COMMIT, "'lib/out/in': the submodule's repository is not here");
	/* one elsewhere, which a link or a file leads to, is not taken */
	git_run(&f, "ln -s ../../../../../gone repo/.git/modules/its\\ name/modules/in");
	check_refused(&q, REASON_SOURCE,
		      "'lib/out/in': the submodule's repository is not below this one");
	git_run(&f, "rm repo/.git/modules/its\\ name/modules/in\n"
		    "mkdir -p repo/lib/out/in; echo \"gitdir: $PWD/gone\" >repo/lib/out/in/.git");
	check_refused(&q, REASON_SOURCE,
		      "'lib/out/in': the submodule's repository is not below this one");
	/* with a repository of its own in the work tree it is fine */
	git_run(&f, "rm repo/lib/out/in/.git; mv gone repo/lib/out/in/.git");
	{
		struct source *s = check_opened(&q);

		assert_true(has(s, "lib/out/in/deep"));
		source_free(&s);
	}
	git_run(&f, "rm -rf repo/lib/out/in; git init -q repo/lib/out/in");
	{
		struct err e = {0};

		assert_null(source_open(&q, &e));
		assert_string_equal(reason_slug(e.reason), "commit");
		assert_non_null(strstr(e.text, "'lib/out/in': object "));
		assert_non_null(strstr(e.text, " is not in the repository"));
	}
	folder_free(&f);
}

static void a_list_of_submodules_that_is_not_that_of_the_tree_is_refused(void **state)
{
	struct source_request q;
	struct folder f;

	(void)state;
	if (!git_here())
		skip();
	folder_new(&f);
	git_run(&f, "git init -q repo; cd repo; echo x >x; git add .; git commit -qm x\n"
		    "printf '[submodule \"a\"]\\n\\tpath = a\\n' >.gitmodules\n"
		    "git add .; git commit -qm y");
	q = request(&f);
	check_refused(&q, REASON_SOURCE, "'.gitmodules': line 1: there is no submodule at 'a'");
	git_run(&f, "cd repo; git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),b\n"
		    "git commit -qm z");
	check_refused(&q, REASON_SOURCE, "'b': a submodule that is not in .gitmodules");
	git_run(&f, "cd repo; rm .gitmodules; mkdir .gitmodules; echo x >.gitmodules/x; "
		    "git rm -q --cached .gitmodules; git add .gitmodules; git commit -qm z");
	check_refused(&q, REASON_SOURCE, "'.gitmodules' is no file");
	git_run(&f, "cd repo; git rm -rqf --cached .gitmodules; rm -r .gitmodules\n"
		    "printf '[submodule \"b\"]\\n\\tpath = b\\n\\turl = -x\\n' >.gitmodules\n"
		    "git add .gitmodules; git commit -qm z");
	check_refused(&q, REASON_SOURCE,
		      "'.gitmodules': line 3: a path or URL is empty, or would be taken for an "
		      "option");
	folder_free(&f);
}

/* ---- large files */

#define PAYLOAD "all of a large file\n"
#define POINTER                                         \
	"version https://git-lfs.github.com/spec/v1\\n" \
	"oid sha256:%s\\nsize 20\\n"

static void a_pointer_gives_way_to_the_file_that_it_names(void **state)
{
	struct objects store = OBJECTS_NONE;
	struct source_request q;
	struct object x, packed;
	struct digest before, after;
	struct stream_bytes in = stream_bytes(bytes_str(PAYLOAD));
	struct err e = {0};
	struct folder f;
	struct source *s;

	(void)state;
	if (!git_here())
		skip();
	folder_new(&f);
	git_run(&f, "git init -q repo; cd repo; printf '" PAYLOAD "' >big\n"
		    "git add .; git commit -qm plain; printf '" POINTER "' "
		    "$(sha256sum <big | cut -c1-64) >big; git add .; git commit -qm x");
	q = request(&f);
	check_hint(&q, "'big': it only points to a file of 20 bytes that is not here",
		   "give the file as an input (git-lfs)");
	assert_true(objects_open(&store, folder_path(&f, "store"), true, &e));
	q.payloads = &store;
	check_refused(&q, REASON_SOURCE,
		      "'big': it only points to a file of 20 bytes that is not here");
	assert_true(objects_put(&store, &in.stream, NULL, &x, &e));
	s = check_opened(&q);
	assert_true(source_pack(s, &store, &packed, &before, &e));
	source_free(&s);
	git_run(&f, "git -C repo checkout -q HEAD~1");
	s = check_opened(&q);
	assert_true(source_pack(s, &store, &packed, &after, &e));
	assert_true(digest_equal(&before, &after));
	source_free(&s);
	objects_close(&store);
	git_run(&f, "cd repo; echo 'version https://git-lfs.github.com/spec/v9' >big; "
		    "git commit -qam x");
	check_refused(&q, REASON_SOURCE, "'big': a pointer to a large file is not of version 1");
	folder_free(&f);
}

/* ---- signatures */

static const char keys[] =
	"for k in good other; do ssh-keygen -q -t ed25519 -N '' -C '' -f $k; done\n"
	"git init -q repo; cd repo; git config gpg.format ssh; git config user.signingkey ../good\n"
	"echo x >x; git add .; git commit -qm unsigned; git branch unsigned\n"
	"git commit -q -S --allow-empty -m good; git branch good; git tag -s -m signed signed unsigned\n"
	"git tag -am plain plain\n"
	"git config user.signingkey ../other; git commit -q -S --allow-empty -m other\n"
	"git branch other; git tag -s -m o badtag good; cd ..\n"
	"echo \"me@example.org,x $(cat good.pub)\" >signers\n"
	"echo \"me@example.org namespaces=\\\"file\\\" $(cat good.pub)\" >file\n"
	"echo \"a valid-before=\\\"20230101Z\\\" $(cat good.pub)\" >early\n"
	"echo \"a valid-after=\\\"20231114221320Z\\\",valid-before=\\\"20231114221320Z\\\" "
	"$(cat good.pub)\" >exact\n"
	"echo nonsense >wrong\n";

static void check_signed(struct source_request *q, const char *revision, const char *print)
{
	char who[256];
	struct source *s;

	q->revision = revision;
	s = check_opened(q);
	snprintf(who, sizeof(who), "me@example.org,x %s", print);
	assert_string_equal(source_signer(s), who);
	source_free(&s);
}

static void check_unsigned(struct source_request *q, const char *revision, enum reason r,
			   const char *text)
{
	q->revision = revision;
	check_refused(q, r, text);
}

static void a_commit_or_tag_is_signed_by_a_key_that_is_allowed(void **state)
{
	struct source_request q;
	char *print, *other, text[256];
	struct folder f;
	struct source *s;

	(void)state;
	if (!git_here() || system("command -v ssh-keygen >/dev/null") != 0)
		skip();
	folder_new(&f);
	git_run(&f, keys);
	print = git_line(&f, "ssh-keygen -lf good.pub | cut -d' ' -f2");
	other = git_line(&f, "ssh-keygen -lf other.pub | cut -d' ' -f2");
	q = request(&f);
	q.signers = folder_path(&f, "signers");
	check_signed(&q, "good", print);
	check_signed(&q, "signed", print);
	check_signed(&q, "plain", print);
	check_unsigned(&q, "unsigned", REASON_SIGNATURE, "the commit is not signed");
	snprintf(text, sizeof(text),
		 "the signature of the commit: the key %s is no allowed signer's", other);
	check_unsigned(&q, "other", REASON_SIGNATURE, text);
	snprintf(text, sizeof(text),
		 "the tag: the signature of the tag: the key %s is no allowed signer's", other);
	check_unsigned(&q, "badtag", REASON_SIGNATURE, text);
	q.signers = folder_path(&f, "file");
	snprintf(text, sizeof(text),
		 "the signature of the commit: the key %s is not allowed in this name space",
		 print);
	check_unsigned(&q, "good", REASON_SIGNATURE, text);
	q.signers = folder_path(&f, "early");
	snprintf(text, sizeof(text),
		 "the signature of the commit: the key %s is no longer allowed at the time of the "
		 "signature",
		 print);
	check_unsigned(&q, "good", REASON_SIGNATURE, text);
	q.signers = folder_path(&f, "wrong");
	check_unsigned(&q, "good", REASON_ALLOWED_SIGNERS,
		       "the signature of the commit: line 1: needs a kind of key that is known");
	q.signers = folder_path(&f, "exact");
	q.revision = "good";
	s = check_opened(&q);
	source_free(&s);
	q.signers = NULL;
	q.revision = "other";
	s = check_opened(&q);
	assert_null(source_signer(s));
	source_free(&s);
	free(print);
	free(other);
	folder_free(&f);
}

static void a_signature_over_something_else_is_none(void **state)
{
	struct source_request q;
	struct folder f;

	(void)state;
	if (!git_here() || system("command -v ssh-keygen >/dev/null") != 0)
		skip();
	folder_new(&f);
	git_run(&f, keys);
	git_run(&f,
		"cd repo; w() { git update-ref refs/heads/$1 $(git hash-object -t commit -w "
		"--literally --stdin); }\n"
		"git cat-file commit good | sed 's/^good$/evil/' | w moved\n"
		"git cat-file commit good | sed 's/SSH SIGNATURE/PGP SIGNATURE/' | w pgp\n"
		"git cat-file commit good | sed '/^ -----END/d' | w cut\n"
		"git update-ref refs/tags/timeless $(git cat-file tag signed | sed '/^tagger/d' | "
		"git hash-object -t tag -w --literally --stdin)");
	q = request(&f);
	q.signers = folder_path(&f, "signers");
	q.revision = "moved";
	{
		struct err e = {0};

		assert_null(source_open(&q, &e));
		assert_string_equal(reason_slug(e.reason), "signature");
		assert_non_null(strstr(e.text, "the signature of the commit: the signature does "
					       "not verify under the key "));
	}
	check_unsigned(&q, "pgp", REASON_SIGNATURE,
		       "the commit is signed with OpenPGP or X.509, of which none is allowed");
	check_unsigned(&q, "timeless", REASON_SIGNATURE,
		       "the tag: the tag does not say when it was signed");
	q.revision = "cut";
	{
		struct err e = {0};

		assert_null(source_open(&q, &e));
		assert_string_equal(reason_slug(e.reason), "ssh-signature");
	}
	folder_free(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(submodules_stand_at_their_pinned_commits),
		cmocka_unit_test(a_submodule_that_is_not_here_is_refused),
		cmocka_unit_test(a_list_of_submodules_that_is_not_that_of_the_tree_is_refused),
		cmocka_unit_test(a_pointer_gives_way_to_the_file_that_it_names),
		cmocka_unit_test(a_commit_or_tag_is_signed_by_a_key_that_is_allowed),
		cmocka_unit_test(a_signature_over_something_else_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
