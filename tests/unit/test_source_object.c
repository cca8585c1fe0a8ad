#include "measure/rebuild/source_object.h"

#include <stdio.h>

#include "tests/unit/support_check.h"

#define ID "0123456789abcdefghij" /* twenty bytes */
#define DIGITS "0123456789abcdef0123456789abcdef01234567"
#define WHO "A U Thor <a@example.org>"
#define HEAD "tree " DIGITS "\nauthor " WHO " 1 +0000\n"

/* A tree of one entry behind another; "MODE NAME" of each. */
static void check_tree(const char *first, const char *second, const char *text)
{
	struct buf raw = BUF(4096);
	struct gittree_entry x, before = {0};
	struct err e = {0};
	struct cur c;

	buf_put(&raw, bytes_of(first, strlen(first) + 1));
	buf_str(&raw, ID);
	if (second) {
		buf_put(&raw, bytes_of(second, strlen(second) + 1));
		buf_str(&raw, ID);
	}
	for (c = cur_new(buf_bytes(&raw), 0, &e); cur_left(&c) > 0; before = x)
		if (!gittree_next(&c, &before, &x))
			break;
	check_err(&e, *text ? REASON_SOURCE : REASON_NONE, text);
	buf_free(&raw);
}

static void entries_of_a_tree_are_of_five_modes(void **state)
{
	static const char *const fine[] = {"40000 a", "100644 a", "100755 a", "120000 a",
					   "160000 a"};
	static const char *const wrong[] = {"040000", "100664", "100600", "100777", "0100644",
					    "644",    "60000",	"x",	  "",	    "120777"};

	(void)state;
	for (size_t i = 0; i < COUNT(fine); i++)
		check_tree(fine[i], NULL, "");
	for (size_t i = 0; i < COUNT(wrong); i++) {
		char entry[64], text[128];

		snprintf(entry, sizeof(entry), "%s a", wrong[i]);
		snprintf(
			text, sizeof(text),
			"'a' has mode %s; 40000, 100644, 100755, 120000 and 160000 are those of git",
			wrong[i]);
		check_tree(entry, NULL, text);
	}
	check_tree("100644 ", NULL, "an entry has no name");
}

static void entries_of_a_tree_stand_once_and_in_order(void **state)
{
	(void)state;
	check_tree("100644 a", "100644 b", "");
	check_tree("100644 a.b", "40000 a", "");
	check_tree("40000 a", "100644 a0", "");
	check_tree("100644 a", "40000 a", "");
	check_tree("100644 b", "100644 a", "'a' stands twice, or not in its order");
	check_tree("100644 a", "100644 a", "'a' stands twice, or not in its order");
	check_tree("40000 a", "100644 a.b", "'a.b' stands twice, or not in its order");
	check_tree("40000 a", "100644 a", "'a' stands twice, or not in its order");
}

static void a_tree_that_ends_early_is_refused(void **state)
{
	static const char raw[] = "100644 a\0" ID;

	(void)state;
	for (size_t n = 1; n < sizeof(raw) - 1; n++) {
		struct gittree_entry x, before = {0};
		struct err e = {0};
		struct cur c = cur_new(bytes_of(raw, n), 0, &e);

		assert_false(gittree_next(&c, &before, &x));
		if (n < 7)
			check_err(&e, REASON_SOURCE, "a mode does not end");
		else if (n < 9)
			check_err(&e, REASON_SOURCE, "a name does not end");
		else
			assert_int_equal(e.reason, REASON_TRUNCATED);
	}
}

/* ---- commits */

static void check_commit(const char *raw, const char *text)
{
	struct source_text t = {0};
	struct err e = {0};

	assert_int_equal(source_commit_read(&t, bytes_str(raw), &e), *text == '\0');
	check_err(&e, *text ? REASON_SOURCE : REASON_NONE, text);
	source_text_free(&t);
}

static void a_commit_says_its_tree_and_its_time(void **state)
{
	static const char raw[] =
		HEAD "committer <> C> <c> 1700000000 -0130\nencoding x\n\nhello\n";
	struct source_text t;
	struct err e = {0};
	char digits[GITDB_DIGITS + 1];

	(void)state;
	assert_true(source_commit_read(&t, bytes_str(raw), &e));
	gitdb_digits(&t.target, digits);
	assert_string_equal(digits, DIGITS);
	assert_int_equal(t.kind, GITDB_TREE);
	assert_int_equal(t.time, 1700000000);
	assert_int_equal(t.message.n, 0);
	assert_int_equal(t.signature.n, 0);
	source_text_free(&t);
}

static void what_is_signed_of_a_commit_is_all_but_the_signature(void **state)
{
	static const char raw[] = HEAD "committer " WHO " 5 +0000\n"
				       "gpgsig -----BEGIN X\n line\n \n -----END X\n"
				       "mergetag object x\n gpgsig y\n\nhello\ngpgsig z\n";
	struct source_text t;
	struct err e = {0};

	(void)state;
	assert_true(source_commit_read(&t, bytes_str(raw), &e));
	assert_string_equal(buf_cstr(&t.signature), "-----BEGIN X\nline\n\n-----END X\n");
	assert_string_equal(buf_cstr(&t.message),
			    HEAD "committer " WHO " 5 +0000\nmergetag object x\n gpgsig y\n\n"
				 "hello\ngpgsig z\n");
	source_text_free(&t);
}

static void a_commit_that_is_none_is_refused(void **state)
{
	(void)state;
	check_commit("", "a header does not end");
	check_commit("\n", "a commit does not begin with its tree");
	check_commit("parent " DIGITS "\n\n", "a commit does not begin with its tree");
	check_commit("tree 0123\n\n", "a commit does not begin with its tree");
	check_commit("tree 0123456789ABCDEF0123456789abcdef01234567\n\n",
		     "a commit does not begin with its tree");
	check_commit(HEAD "\nx", "a commit has no committer");
	check_commit(HEAD "committer " WHO " 5 +0000\n", "a header does not end");
	check_commit(HEAD "committer " WHO " 5 +0000\ngpgsig a\n", "a header does not end");
	check_commit(HEAD "committer " WHO " 5 +0000\ngpgsig a\ngpgsig b\n\n",
		     "a commit has two signatures");
	check_commit(HEAD "committer " WHO " 5 +0000\ngpgsig-sha256 a\n\n",
		     "a commit has a signature for ids of SHA-256");
}

static void a_time_that_is_none_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"nobody 5 +0000",
		WHO,
		WHO " 5",
		WHO " +0000",
		WHO " -5 +0000",
		WHO " 05 +0000",
		WHO " 5 0000",
		WHO " 5 +000",
		WHO " 5 +00x0",
		WHO "  5 +0000",
		WHO " 253402300800 +0000",
		WHO " 99999999999999999999 +0000",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		char raw[512];

		snprintf(raw, sizeof(raw), HEAD "committer %s\n\n", wrong[i]);
		check_commit(raw, "the committer has no time since 1970");
	}
	check_commit(HEAD "committer " WHO " 253402300799 +0000\n\n", "");
	check_commit(HEAD "committer " WHO " 0 +0000\n\n", "");
}

/* ---- tags */

static void check_tag(const char *raw, const char *text)
{
	struct source_text t = {0};
	struct err e = {0};

	assert_int_equal(source_tag_read(&t, bytes_str(raw), &e), *text == '\0');
	check_err(&e, *text ? REASON_SOURCE : REASON_NONE, text);
	source_text_free(&t);
}

static void a_tag_says_what_it_is_of_and_ends_in_its_signature(void **state)
{
	static const char body[] = "object " DIGITS "\ntype tag\ntag v1\ntagger " WHO " 7 +0000\n\n"
				   "text\n-----BEGIN SSH SIGNATURE-----\nquoted\nmore\n";
	static const char signature[] = "-----BEGIN SSH SIGNATURE-----\nAAAA\n";
	struct source_text t;
	struct err e = {0};
	char raw[1024];

	(void)state;
	snprintf(raw, sizeof(raw), "%s%s", body, signature);
	assert_true(source_tag_read(&t, bytes_str(raw), &e));
	assert_int_equal(t.kind, GITDB_TAG);
	assert_int_equal(t.time, 7);
	assert_string_equal(buf_cstr(&t.message), body);
	assert_string_equal(buf_cstr(&t.signature), signature);
	source_text_free(&t);
}

static void a_tag_that_is_none_is_refused(void **state)
{
	(void)state;
	check_tag("type commit\n\n", "a tag does not begin with its object");
	check_tag("object " DIGITS "\n\n", "a tag does not say what it is of");
	check_tag("object " DIGITS "\ntype x\n\n", "a tag does not say what it is of");
	check_tag("object " DIGITS "\ntype blob\n\n", "a tag has no name");
	check_tag("object " DIGITS "\ntype blob\ntag x\n", "a header does not end");
	check_tag("object " DIGITS "\ntype blob\ntag x\ntagger nobody\n\n",
		  "the tagger has no time since 1970");
	check_tag("object " DIGITS "\ntype blob\ntag x\n\n", "");
}

/* ---- pointers */

#define VERSION "version https://git-lfs.github.com/spec/v1\n"
#define OID "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"

static void a_pointer_says_digest_and_size(void **state)
{
	struct digest d;
	uint64_t size;
	struct err e = {0};

	(void)state;
	assert_true(source_is_pointer(bytes_str(VERSION OID "size 12345\n")));
	assert_true(source_pointer_read(bytes_str(VERSION OID "size 12345\n"), &d, &size, &e));
	assert_int_equal(size, 12345);
	assert_int_equal(d.v[0], 0x4d);
	assert_int_equal(d.v[31], 0x93);
	assert_true(source_is_pointer(bytes_str("version https://hawser.github.com/spec/v1\n")));
	assert_true(source_is_pointer(bytes_str("version http://git-media.io/v/2\n")));
	assert_false(source_is_pointer(bytes_str("version 1\n")));
	assert_false(source_is_pointer(bytes_str("")));
}

static void a_pointer_in_another_form_is_refused(void **state)
{
	static const char *const wrong[][2] = {
		{"version https://git-lfs.github.com/spec/v2\n" OID "size 1\n",
		 "a pointer to a large file is not of version 1"},
		{VERSION, "a pointer to a large file is not of version 1"},
		{VERSION OID "size \n", "a pointer to a large file is not of version 1"},
		{VERSION OID "size 12", "a pointer to a large file has other lines"},
		{VERSION "ext-0-x sha256:1\n" OID "size 1\n",
		 "a pointer to a large file has other lines"},
		{VERSION OID "size 1\nmore\n",
		 "a pointer to a large file has no digest or no size"},
		{VERSION OID "size 0x1\n", "a pointer to a large file has no digest or no size"},
		{VERSION OID "sizes 1\n", "a pointer to a large file has other lines"},
		{VERSION OID "size 99999999999999999999\n",
		 "a pointer to a large file has no digest or no size"},
		{VERSION OID "size 999999999999999999999999\n",
		 "a pointer to a large file has other lines"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct digest d;
		uint64_t size;
		struct err e = {0};

		assert_false(source_pointer_read(bytes_str(wrong[i][0]), &d, &size, &e));
		check_err(&e, REASON_SOURCE, wrong[i][1]);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_of_a_tree_are_of_five_modes),
		cmocka_unit_test(entries_of_a_tree_stand_once_and_in_order),
		cmocka_unit_test(a_tree_that_ends_early_is_refused),
		cmocka_unit_test(a_commit_says_its_tree_and_its_time),
		cmocka_unit_test(what_is_signed_of_a_commit_is_all_but_the_signature),
		cmocka_unit_test(a_commit_that_is_none_is_refused),
		cmocka_unit_test(a_time_that_is_none_is_refused),
		cmocka_unit_test(a_tag_says_what_it_is_of_and_ends_in_its_signature),
		cmocka_unit_test(a_tag_that_is_none_is_refused),
		cmocka_unit_test(a_pointer_says_digest_and_size),
		cmocka_unit_test(a_pointer_in_another_form_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
