#include "measure/core/ar.h"

#include <stdio.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"

#define MEMBER(name, size) name "0           0     0     100644  " size "`\n"
#define FIRST MEMBER("debian-binary   ", "4         ") "2.0\n"
#define CONTROL MEMBER("control.tar.xz  ", "3         ") "ctl\n"
#define DATA MEMBER("data.tar.xz     ", "5         ") "bytes\n"

/* "AT+SIZE", or the text of the refusal. */
static const char *find(const char *text, size_t n)
{
	static char result[600];
	uint64_t at = 0, size = 0;
	struct file file = FILE_NONE;
	struct err e = {0};
	struct folder f;

	folder_new(&f);
	assert_true(file_open(&file, folder_file(&f, "x.deb", text, n), &e));
	if (ar_find(&file, "data.tar", &at, &size, &e))
		snprintf(result, sizeof(result), "%u+%u", (unsigned)at, (unsigned)size);
	else
		snprintf(result, sizeof(result), "%s: %s", reason_slug(e.reason), e.text);
	file_close(&file);
	folder_free(&f);
	return result;
}
#define FIND(text) find(text, sizeof(text) - 1)

static void a_member_is_found_by_how_its_name_begins(void **state)
{
	(void)state;
	assert_string_equal(FIND(AR_MAGIC FIRST CONTROL DATA), "196+5");
	assert_string_equal(FIND(AR_MAGIC DATA), "68+5");
	assert_string_equal(FIND(AR_MAGIC MEMBER("data.tar/       ", "5         ") "bytes"),
			    "68+5");
}

static void what_is_no_such_archive_is_refused(void **state)
{
	static const char whole[] = AR_MAGIC FIRST CONTROL DATA;

	(void)state;
	assert_string_equal(FIND(AR_MAGIC), "package: no member is called 'data.tar'");
	assert_string_equal(FIND(AR_MAGIC FIRST), "package: no member is called 'data.tar'");
	assert_string_equal(FIND(AR_MAGIC DATA DATA),
			    "package: a second member is called 'data.tar'");
	assert_string_equal(FIND(AR_MAGIC DATA "x"), "package: is no header of a member");
	assert_string_equal(FIND(AR_MAGIC MEMBER("data.tar        ", "-1        ") "x"),
			    "package: is no header of a member");
	assert_string_equal(FIND(AR_MAGIC MEMBER("data.tar        ", "9999999999") "x"),
			    "package: a member of 9999999999 bytes, and 1 are left");
	for (size_t n = sizeof(AR_MAGIC) - 1; n < sizeof(whole) - 2; n++)
		assert_memory_equal(find(whole, n), "package: ", 9);
}

static void there_are_not_arbitrarily_many(void **state)
{
	static char many[8 + 60 * 4097];

	(void)state;
	memcpy(many, AR_MAGIC, 8);
	for (size_t i = 0; i < 4097; i++)
		memcpy(many + 8 + 60 * i, MEMBER("data            ", "0         "), 60);
	assert_string_equal(find(many, sizeof(many)), "limit: there are more than 4096 members");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_member_is_found_by_how_its_name_begins),
		cmocka_unit_test(what_is_no_such_archive_is_refused),
		cmocka_unit_test(there_are_not_arbitrarily_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
