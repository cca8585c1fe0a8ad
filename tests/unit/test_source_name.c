#include "measure/rebuild/source_name.h"

#include "tests/unit/support_check.h"

#define TAKEN "a file system may take the name for .git"
#define MODULES "a symbolic link may be taken for .gitmodules"

static void check_name(struct bytes name, bool link, const char *text)
{
	struct err e = {0};

	assert_int_equal(source_name_check(name, link, &e), *text == '\0');
	check_err(&e, *text ? REASON_SOURCE : REASON_NONE, text);
}

static void whatever_may_be_taken_for_a_repository_is_refused(void **state)
{
	static const char *const taken[] = {
		".git",
		".GIT",
		".Git",
		".git.",
		".git ",
		".git . .",
		".git:x",
		".GIT::$INDEX_ALLOCATION",
		"git~1",
		"GIT~1",
		"git~1.",
		"git~1 ",
		"a\\.git",
		"a\\.GIT ",
		"\\git~1",
		".git\\x",
		".g\xe2\x80\x8cit",
		"\xe2\x80\x8d.git",
		".git\xe2\x80\x8e",
		".gi\xe2\x80\x8ft",
		".\xe2\x80\xaaGIT",
		".g\xe2\x80\xaeit",
		".git\xe2\x81\xaa",
		".git\xe2\x81\xaf",
		"\xef\xbb\xbf.git",
		".git\xff",
	};
	static const char *const fine[] = {
		".gitignore",
		".gitattributes",
		".gitmodules",
		".github",
		"git",
		"git~2",
		"git~10",
		".gitx",
		".git x",
		".git.x",
		"x.git",
		"agit~1",
		".gi",
		"system-\\x2dcrypt.slice",
		".g\xe2\x80\x8bit",
		"\xc3\xa4",
		"\xff",
		"-x",
		" ",
		"...",
		"..a",
		"con",
		"a:b",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(taken); i++)
		check_name(bytes_str(taken[i]), false, TAKEN);
	for (size_t i = 0; i < COUNT(fine); i++)
		check_name(bytes_str(fine[i]), false, "");
}

static void a_link_is_not_taken_for_the_list_of_submodules(void **state)
{
	static const char *const taken[] = {
		".gitmodules",	".GitModules",
		".gitmodules ", ".gitmodules.:x",
		"gitmod~1",	"GITMOD~4",
		"gi7eba~1",	"gi7eb~10",
		"GI7EBA~9",	".git\xe2\x80\x8cmodules",
	};
	static const char *const fine[] = {"gitmodules", "gitmod",	 "gitmod~",   "gitmod~0",
					   "xitmod~1",	 ".gitmodulesx", "gitmodu~1", ".gitignore"};

	(void)state;
	for (size_t i = 0; i < COUNT(taken); i++) {
		check_name(bytes_str(taken[i]), true, MODULES);
		check_name(bytes_str(taken[i]), false, "");
	}
	for (size_t i = 0; i < COUNT(fine); i++)
		check_name(bytes_str(fine[i]), true, "");
}

static void what_is_no_name_is_refused(void **state)
{
	char long_name[256];

	(void)state;
	check_name(bytes_of("", 0), false, "a name is empty");
	check_name(bytes_str("."), false, "a name is '.'");
	check_name(bytes_str(".."), false, "a name is '..'");
	check_name(bytes_str("a/b"), false, "a name has a slash in it");
	check_name(bytes_str("a\nb"), false, "a name has the control character 0x0a in it");
	check_name(bytes_str("\x1b[0m"), false, "a name has the control character 0x1b in it");
	check_name(bytes_str("a\x7f"), false, "a name has the control character 0x7f in it");
	check_name(bytes_of("a\0b", 3), false, "a name has the control character 0x00 in it");
	memset(long_name, 'a', sizeof(long_name));
	check_name(bytes_of(long_name, 255), false, "");
	check_name(bytes_of(long_name, 256), false, "a name has 256 bytes, 255 are the most");
}

static void letters_of_ascii_are_compared_without_their_case(void **state)
{
	(void)state;
	assert_int_equal(source_name_fold(bytes_str("README"), bytes_str("readMe")), 0);
	assert_true(source_name_fold(bytes_str("a"), bytes_str("AB")) < 0);
	assert_true(source_name_fold(bytes_str("Z"), bytes_str("a")) > 0);
	assert_true(source_name_fold(bytes_str("_"), bytes_str("a")) < 0);
	assert_true(source_name_fold(bytes_str("\xc3\x84"), bytes_str("\xc3\xa4")) != 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_may_be_taken_for_a_repository_is_refused),
		cmocka_unit_test(a_link_is_not_taken_for_the_list_of_submodules),
		cmocka_unit_test(what_is_no_name_is_refused),
		cmocka_unit_test(letters_of_ascii_are_compared_without_their_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
