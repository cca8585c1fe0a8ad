#include "measure/base/err.h"

#include <errno.h>
#include <stdlib.h>

#include "measure/base/text.h"
#include "tests/unit/support_check.h"

static void the_first_fault_wins(void **state)
{
	struct err e = {0};

	(void)state;
	assert_false(err_is(&e));
	assert_false(err_set(&e, REASON_VERSION, "version %d", 5));
	assert_true(err_is(&e));
	assert_false(err_set(&e, REASON_CRC, "later"));
	assert_false(err_at(&e, REASON_CRC, 9, "later"));
	assert_false(err_errno(&e, ENOENT, "later"));
	check_err(&e, REASON_VERSION, "version 5");
	assert_false(e.at);
}

static void an_offset_is_known_only_where_one_was_given(void **state)
{
	struct err e = {0};

	(void)state;
	assert_false(err_at(&e, REASON_CRC, UINT64_MAX, "crc"));
	assert_true(e.at && e.offset == UINT64_MAX);
}

static void context_goes_in_front(void **state)
{
	struct err e = {0};

	(void)state;
	assert_false(err_in(&e, "nothing yet"));
	check_no_err(&e);
	err_set(&e, REASON_CBOR, "key is missing");
	assert_false(err_in(&e, "entry %d", 1));
	assert_false(err_in(&e, "section %u (%s)", 5u, "signature"));
	check_err(&e, REASON_CBOR, "section 5 (signature): entry 1: key is missing");
}

static void texts_too_long_are_cut_and_stay_strings(void **state)
{
	char big[8192];
	struct err e = {0};

	(void)state;
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	err_set(&e, REASON_IO, "%s", big);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
	assert_string_equal(e.text + sizeof(e.text) - 6, "xx...");
	err_in(&e, "context");
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
	assert_memory_equal(e.text, "context: xxx", 12);
	err_in(&e, "%s", big);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
	err_subject(&e, big);
	assert_int_equal(strlen(e.subject), sizeof(e.subject) - 1);
	assert_string_equal(e.subject + 4090, "xx...");
	err_hint(&e, "%s", big);
	assert_int_equal(strlen(e.hint), sizeof(e.hint) - 1);
	assert_string_equal(e.hint + sizeof(e.hint) - 6, "xx...");
}

static void a_cut_is_made_between_characters(void **state)
{
	(void)state;
	for (int n = 500; n < 512; n++) {
		struct err e = {0};

		err_set(&e, REASON_IO, "%0*d\302\205\342\200\256%0*d", n, 0, 20, 0);
		assert_true(strlen(e.text) < sizeof(e.text));
		assert_string_equal(e.text + strlen(e.text) - 3, "...");
		assert_int_equal(text_utf8_bad(bytes_str(e.text)), strlen(e.text));
	}
}

/* Every length of context around the one that fills the text. */
static void context_of_any_length_keeps_the_text_a_string(void **state)
{
	(void)state;
	for (int n = 495; n <= 520; n++) {
		struct err e = {0};

		err_set(&e, REASON_IO, "abc");
		err_in(&e, "%0*d", n, 0);
		assert_true(strlen(e.text) < sizeof(e.text));
		if (n <= 506)
			assert_string_equal(e.text + n, ": abc");
	}
}

static void subject_and_hint_are_given_once(void **state)
{
	struct err e = {0};

	(void)state;
	assert_false(err_subject(&e, "a.eif"));
	assert_false(err_subject(&e, "b.eif"));
	assert_string_equal(e.subject, "a.eif");
	assert_false(err_hint(&e, "try %s", "this"));
	assert_false(err_hint(&e, "try that"));
	assert_string_equal(e.hint, "try this");
}

static void system_errors_become_reasons(void **state)
{
	static const struct {
		int errnum;
		enum reason reason;
		const char *text;
	} rows[] = {
		{ENOENT, REASON_NO_SUCH_FILE, "open: No such file or directory"},
		{ENOTDIR, REASON_NO_SUCH_FILE, "open: Not a directory"},
		{EACCES, REASON_PERMISSION, "open: Permission denied"},
		{EPERM, REASON_PERMISSION, "open: Operation not permitted"},
		{EROFS, REASON_PERMISSION, "open: Read-only file system"},
		{ENOSPC, REASON_NO_SPACE, "open: No space left on device"},
		{EDQUOT, REASON_NO_SPACE, "open: Disk quota exceeded"},
		{EFBIG, REASON_NO_SPACE, "open: File too large"},
		{ENOMEM, REASON_OUT_OF_MEMORY, "open: Cannot allocate memory"},
		{EIO, REASON_IO, "open: Input/output error"},
		{EMFILE, REASON_IO, "open: Too many open files"},
		{ELOOP, REASON_IO, "open: Too many levels of symbolic links"},
		{ENAMETOOLONG, REASON_IO, "open: File name too long"},
		{99999, REASON_IO, "open: unknown error"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err e = {0};

		assert_false(err_errno(&e, rows[i].errnum, "open"));
		check_err(&e, rows[i].reason, rows[i].text);
		assert_int_equal(reason_class(e.reason), EXIT_CLASS_ENVIRONMENT);
	}
}

static bool kebab(const char *slug)
{
	size_t n = strlen(slug);

	return n > 0 && strspn(slug, "abcdefghijklmnopqrstuvwxyz-") == n && slug[0] != '-' &&
	       slug[n - 1] != '-' && !strstr(slug, "--");
}

static void every_reason_has_a_slug_of_its_own_a_meaning_and_a_remedy(void **state)
{
	(void)state;
	for (unsigned r = 1; r < REASON_COUNT; r++) {
		assert_true(kebab(reason_slug(r)));
		assert_int_equal(reason_find(reason_slug(r)), r);
		assert_true(strlen(reason_meaning(r)) > 10);
		assert_true(strlen(reason_remedy(r)) > 5);
		assert_true(reason_class(r) >= EXIT_CLASS_WARNING);
		assert_true(reason_class(r) <= EXIT_CLASS_ENVIRONMENT);
	}
}

static void what_is_no_reason_is_none(void **state)
{
	(void)state;
	assert_int_equal(reason_find("no-such-reason"), REASON_NONE);
	assert_int_equal(reason_find(""), REASON_NONE);
	assert_int_equal(reason_find("none"), REASON_NONE);
	assert_string_equal(reason_slug(REASON_COUNT), "none");
	assert_int_equal(reason_class(REASON_NONE), EXIT_CLASS_WARNING);
}

static void owned_memory_is_zeroed_and_handed_over_with_take(void **state)
{
	struct err e = {0};
	owned(own_free) unsigned char *p = own_new(100, &e);
	char *s;

	(void)state;
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(p[i], 0);
	s = own_string("text", &e);
	assert_string_equal(s, "text");
	{
		owned(own_free) char *once = take(s);

		assert_null(s);
		assert_string_equal(once, "text");
	}
	check_no_err(&e);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_fault_wins),
		cmocka_unit_test(an_offset_is_known_only_where_one_was_given),
		cmocka_unit_test(context_goes_in_front),
		cmocka_unit_test(texts_too_long_are_cut_and_stay_strings),
		cmocka_unit_test(a_cut_is_made_between_characters),
		cmocka_unit_test(context_of_any_length_keeps_the_text_a_string),
		cmocka_unit_test(subject_and_hint_are_given_once),
		cmocka_unit_test(system_errors_become_reasons),
		cmocka_unit_test(every_reason_has_a_slug_of_its_own_a_meaning_and_a_remedy),
		cmocka_unit_test(what_is_no_reason_is_none),
		cmocka_unit_test(owned_memory_is_zeroed_and_handed_over_with_take),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
