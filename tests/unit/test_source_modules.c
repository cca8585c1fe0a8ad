#include "measure/rebuild/source_modules.h"

#include "measure/base/buf.h"
#include "tests/unit/support_check.h"

#define ONE "[submodule \"a\"]\npath = x\n"

static bool read_text(const char *text, struct source_module_list *list, struct err *e)
{
	return source_modules_read(list, bytes_str(text), e);
}

static void submodules_are_read_as_git_writes_them(void **state)
{
	struct source_module_list list;
	struct err e = {0};

	(void)state;
	assert_true(read_text("# comment\n; too\n\n"
			      "[submodule \"lib/a b\"]\n"
			      "\tpath = lib/a b\r\n"
			      "\turl = https://example.org/a.git\n"
			      "\tbranch = .\n\tshallow=true\n\tupdate = none\n"
			      "[submodule \"q\\\"\\\\\"] \n"
			      "  PATH=\"x;y \\\\\"\n",
			      &list, &e));
	check_no_err(&e);
	assert_int_equal(list.n, 2);
	assert_string_equal(list.item[0].name, "lib/a b");
	assert_string_equal(list.item[0].path, "lib/a b");
	assert_string_equal(list.item[0].url, "https://example.org/a.git");
	assert_int_equal(list.item[0].line, 4);
	assert_string_equal(list.item[1].name, "q\"\\");
	assert_string_equal(list.item[1].path, "x;y \\");
	assert_null(list.item[1].url);
	arena_free(&list.arena);
	assert_true(read_text("", &list, &e));
	assert_int_equal(list.n, 0);
}

static const char *const wrong[][2] = {
	{"[core]\n", "'.gitmodules': line 1: a section is none of a submodule"},
	{"[submodule a]\n", "'.gitmodules': line 1: a section is none of a submodule"},
	{"[submodule \"a]\n", "'.gitmodules': line 1: a section is none of a submodule"},
	{"[submodule \"a\"] # x\n", "'.gitmodules': line 1: a section is none of a submodule"},
	{"[include]\npath = /etc/passwd\n",
	 "'.gitmodules': line 1: a section is none of a submodule"},
	{"[submodule \"\"]\n",
	 "'.gitmodules': line 1: the name of a submodule is empty, or leads elsewhere"},
	{"[submodule \"../x\"]\n",
	 "'.gitmodules': line 1: the name of a submodule is empty, or leads elsewhere"},
	{"[submodule \"a/../../x\"]\n",
	 "'.gitmodules': line 1: the name of a submodule is empty, or leads elsewhere"},
	{"[submodule \"a\\\\..\"]\n",
	 "'.gitmodules': line 1: the name of a submodule is empty, or leads elsewhere"},
	{"[submodule \"a\"b\"]\n", "'.gitmodules': line 1: a quote is not where text ends"},
	{"[submodule \"a\\\"]\n", "'.gitmodules': line 1: a quote is not where text ends"},
	{"[submodule \"a\\n\"]\n",
	 "'.gitmodules': line 1: a backslash is in front of something else than \\ or \""},
	{ONE ONE, "'.gitmodules': line 3: a submodule stands there twice"},
	{ONE "[submodule \"b\"]\npath = x\n",
	 "'.gitmodules': line 4: a path is that of two submodules"},
	{ONE "path = y\n", "'.gitmodules': line 3: a key stands twice"},
	{"[submodule \"a\"]\n", "'.gitmodules': line 1: 'a' has no path"},
	{"[submodule \"a\"]\n[submodule \"b\"]\n", "'.gitmodules': line 1: 'a' has no path"},
	{"path = x\n", "'.gitmodules': line 1: a key stands in no section"},
	{ONE "url\n", "'.gitmodules': line 3: needs KEY = VALUE"},
	{ONE "= x\n", "'.gitmodules': line 3: needs KEY = VALUE"},
	{ONE "1a = x\n", "'.gitmodules': line 3: needs KEY = VALUE"},
	{ONE "a_b = x\n", "'.gitmodules': line 3: needs KEY = VALUE"},
	{ONE "url = --upload-pack=touch x\n",
	 "'.gitmodules': line 3: a path or URL is empty, or would be taken for an option"},
	{ONE "url = \"-u./payload\"\n",
	 "'.gitmodules': line 3: a path or URL is empty, or would be taken for an option"},
	{"[submodule \"a\"]\npath = -x\n",
	 "'.gitmodules': line 2: a path or URL is empty, or would be taken for an option"},
	{"[submodule \"a\"]\npath =\n",
	 "'.gitmodules': line 2: a path or URL is empty, or would be taken for an option"},
	{ONE "update = !touch x\n", "'.gitmodules': line 3: a submodule would run a command"},
	{ONE "Update = \"!touch x\"\n", "'.gitmodules': line 3: a submodule would run a command"},
	{ONE "url = a \\\n",
	 "'.gitmodules': line 3: a value with a quote, a backslash or a comment is not wholly in "
	 "quotes"},
	{ONE "url = a # b\n",
	 "'.gitmodules': line 3: a value with a quote, a backslash or a comment is not wholly in "
	 "quotes"},
	{ONE "url = a\"b\"\n",
	 "'.gitmodules': line 3: a value with a quote, a backslash or a comment is not wholly in "
	 "quotes"},
	{ONE "url = a\rb\n", "'.gitmodules': line 3: a control character"},
	{ONE "url = a\x01\n", "'.gitmodules': line 3: a control character"},
};

static void whatever_readers_take_differently_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct source_module_list list;
		struct err e = {0};

		assert_false(read_text(wrong[i][0], &list, &e));
		check_err(&e, REASON_SOURCE, wrong[i][1]);
		arena_free(&list.arena);
	}
}

static void there_are_not_more_than_a_thousand(void **state)
{
	struct source_module_list list;
	struct buf text = BUF(1u << 20);
	struct err e = {0};

	(void)state;
	for (unsigned i = 0; i <= SOURCE_MODULES; i++)
		buf_fmt(&text, "[submodule \"%u\"]\npath = %u\n", i, i);
	assert_false(source_modules_read(&list, buf_bytes(&text), &e));
	check_err(&e, REASON_LIMIT, "over 1024 submodules");
	arena_free(&list.arena);
	buf_free(&text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(submodules_are_read_as_git_writes_them),
		cmocka_unit_test(whatever_readers_take_differently_is_refused),
		cmocka_unit_test(there_are_not_more_than_a_thousand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
