#include "measure/base/opt.h"

#include <stdio.h>

#include "tests/unit/support_check.h"

enum { O_QUIET, O_VERBOSE, O_OUTPUT, O_RAMDISK, O_JSON, O_COLOR, O_PROGRESS };

static const char *const colors[] = {"auto", "always", "never", NULL};
static const char *const forms[] = {"nitro-cli", NULL};

static const struct opt table[] = {
	[O_QUIET] = {"quiet", 'q', OPT_FLAG, NULL, NULL, "errors only"},
	[O_VERBOSE] = {"verbose", 'v', OPT_FLAG, NULL, NULL, "explain steps"},
	[O_OUTPUT] = {"output", 'o', OPT_VALUE, "FILE", NULL, "where to write"},
	[O_RAMDISK] = {"ramdisk", 'r', OPT_LIST, "FILE", NULL, "a ramdisk"},
	[O_JSON] = {"json", 0, OPT_MAYBE, "FORMAT", forms, "one JSON object"},
	[O_COLOR] = {"color", 0, OPT_VALUE, "WHEN", colors, "colour of messages"},
	[O_PROGRESS] = {"progress", 'p', OPT_MAYBE, "FORM", NULL, "progress"},
	{0},
};

/* Words as argv has them; the list ends with NULL. */
struct words {
	char *word[16];
};

static bool parse(const struct words *w, struct args *a, struct err *e)
{
	size_t n = 0;

	while (w->word[n])
		n++;
	return opt_parse(table, n, w->word, a, e);
}

/* The words, one char array each, because argv is not constant. */
#define WORDS(...) (&(struct words){{__VA_ARGS__, NULL}})

static char w_quiet[] = "--quiet", w_output[] = "--output", w_out_eq[] = "--output=x=y",
	    w_out_empty[] = "--output=", w_q[] = "-q", w_ox[] = "-ox", w_qvof[] = "-qvof",
	    w_dash[] = "-", w_end[] = "--", w_a[] = "a", w_b[] = "b", w_json[] = "--json",
	    w_json_n[] = "--json=nitro-cli", w_rd[] = "--ramdisk", w_r[] = "-r";

static void options_and_operands_come_in_any_order(void **state)
{
	owned(args_free) struct args a = {0};
	struct err e = {0};

	(void)state;
	assert_true(parse(WORDS(w_a, w_quiet, w_b, w_output, w_json, w_dash), &a, &e));
	assert_int_equal(a.n_operands, 3);
	assert_string_equal(a.operands[0], "a");
	assert_string_equal(a.operands[1], "b");
	assert_string_equal(a.operands[2], "-");
	assert_true(args_has(&a, O_QUIET));
	assert_false(args_has(&a, O_VERBOSE));
	/* A value is taken as it stands, whatever it looks like. */
	assert_string_equal(args_value(&a, O_OUTPUT), "--json");
	assert_false(args_has(&a, O_JSON));
	assert_null(args_value(&a, O_QUIET));
}

static void a_value_may_stand_in_the_options_own_word(void **state)
{
	static const struct {
		char *word;
		const char *value;
	} rows[] = {{w_out_eq, "x=y"}, {w_out_empty, ""}, {w_ox, "x"}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		owned(args_free) struct args a = {0};
		struct err e = {0};

		assert_true(parse(WORDS(rows[i].word, w_a), &a, &e));
		assert_string_equal(args_value(&a, O_OUTPUT), rows[i].value);
		assert_int_equal(a.n_operands, 1);
	}
}

static void letters_bundle_and_the_last_may_take_a_value(void **state)
{
	owned(args_free) struct args a = {0};
	struct err e = {0};

	(void)state;
	assert_true(parse(WORDS(w_qvof, w_a), &a, &e));
	assert_true(args_has(&a, O_QUIET));
	assert_true(args_has(&a, O_VERBOSE));
	assert_string_equal(args_value(&a, O_OUTPUT), "f");
	assert_int_equal(a.n_operands, 1);
}

static void a_bundle_longer_than_the_command_line_has_words_has_room(void **state)
{
	owned(args_free) struct args a = {0};
	struct err e = {0};
	char many[] = "-qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqv";

	(void)state;
	assert_true(parse(WORDS(many), &a, &e));
	assert_int_equal(a.n_values, sizeof(many) - 2);
	assert_true(args_has(&a, O_VERBOSE));
}

static void a_double_dash_ends_the_options(void **state)
{
	owned(args_free) struct args a = {0};
	struct err e = {0};

	(void)state;
	assert_true(parse(WORDS(w_q, w_end, w_output, w_end, w_json), &a, &e));
	assert_int_equal(a.n_operands, 3);
	assert_string_equal(a.operands[0], "--output");
	assert_string_equal(a.operands[1], "--");
	assert_int_equal(a.n_values, 1);
}

static void a_list_keeps_its_order(void **state)
{
	owned(args_free) struct args a = {0};
	struct err e = {0};

	(void)state;
	assert_true(parse(WORDS(w_rd, w_b, w_q, w_r, w_a), &a, &e));
	assert_string_equal(args_item(&a, O_RAMDISK, 0), "b");
	assert_string_equal(args_item(&a, O_RAMDISK, 1), "a");
	assert_null(args_item(&a, O_RAMDISK, 2));
	assert_string_equal(args_value(&a, O_RAMDISK), "a");
}

static void a_flag_may_be_given_twice(void **state)
{
	owned(args_free) struct args a = {0};
	struct err e = {0};

	(void)state;
	assert_true(parse(WORDS(w_q, w_quiet), &a, &e));
	assert_true(args_has(&a, O_QUIET));
}

static void an_optional_value_never_takes_the_next_word(void **state)
{
	owned(args_free) struct args a = {0}, b = {0};
	struct err e = {0};

	(void)state;
	assert_true(parse(WORDS(w_json, w_a), &a, &e));
	assert_true(args_has(&a, O_JSON));
	assert_null(args_value(&a, O_JSON));
	assert_int_equal(a.n_operands, 1);
	assert_true(parse(WORDS(w_json_n), &b, &e));
	assert_string_equal(args_value(&b, O_JSON), "nitro-cli");
}

static void no_words_at_all_are_no_options(void **state)
{
	owned(args_free) struct args a = {0};
	struct err e = {0};

	(void)state;
	assert_true(opt_parse(table, 0, NULL, &a, &e));
	assert_int_equal(a.n_operands, 0);
	assert_int_equal(a.n_values, 0);
}

static void every_wrong_word_is_a_usage_error_that_names_it(void **state)
{
	static const struct {
		const char *first, *second, *text, *hint;
	} rows[] = {
		{"--qiet", NULL, "unknown option '--qiet'", "did you mean '--quiet'?"},
		{"--outptu=x", NULL, "unknown option '--outptu'", "did you mean '--output'?"},
		{"--jso", NULL, "unknown option '--jso'", "did you mean '--json'?"},
		{"--xyzzyxyzzy", NULL, "unknown option '--xyzzyxyzzy'", ""},
		{"--=x", NULL, "unknown option '--'", ""},
		{"-x", NULL, "unknown option '-x'", ""},
		{"-qx", NULL, "unknown option '-x'", ""},
		{"-json", NULL, "unknown option '-j'", "did you mean '--json'?"},
		{"--quiet=yes", NULL, "option '--quiet' takes no value, 'yes' was given", ""},
		{"--output", NULL, "option '--output' needs a value (FILE)", ""},
		{"-o", NULL, "option '--output' needs a value (FILE)", ""},
		{"-oa", "--output=b", "option '--output' is given twice", ""},
		{"--json", "--json=nitro-cli", "option '--json' is given twice", ""},
		{"--json=nitro-cli", "--json", "option '--json' is given twice", ""},
		{"--color=alwys", NULL, "option '--color' takes auto, always or never, not 'alwys'",
		 "did you mean '--color=always'?"},
		{"--color=", NULL, "option '--color' takes auto, always or never, not ''", ""},
		{"--json=qqqqqqqqq", NULL, "option '--json' takes nitro-cli, not 'qqqqqqqqq'", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		owned(args_free) struct args a = {0};
		struct err e = {0};
		char first[64], second[64];

		snprintf(first, sizeof(first), "%s", rows[i].first);
		snprintf(second, sizeof(second), "%s", rows[i].second ? rows[i].second : "");
		assert_false(parse(WORDS(first, rows[i].second ? second : NULL), &a, &e));
		check_err(&e, REASON_USAGE, rows[i].text);
		assert_string_equal(e.hint, rows[i].hint);
		assert_null(a.values);
		assert_null(a.operands);
	}
}

static void a_very_long_unknown_name_is_cut(void **state)
{
	owned(args_free) struct args a = {0};
	struct err e = {0};
	char word[2048];

	(void)state;
	memset(word, 'x', sizeof(word));
	memcpy(word, "--", 2);
	word[sizeof(word) - 1] = '\0';
	assert_false(parse(WORDS(word), &a, &e));
	assert_int_equal(strlen(e.text), strlen("unknown option '--'") + 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_and_operands_come_in_any_order),
		cmocka_unit_test(a_value_may_stand_in_the_options_own_word),
		cmocka_unit_test(letters_bundle_and_the_last_may_take_a_value),
		cmocka_unit_test(a_bundle_longer_than_the_command_line_has_words_has_room),
		cmocka_unit_test(a_double_dash_ends_the_options),
		cmocka_unit_test(a_list_keeps_its_order),
		cmocka_unit_test(a_flag_may_be_given_twice),
		cmocka_unit_test(an_optional_value_never_takes_the_next_word),
		cmocka_unit_test(no_words_at_all_are_no_options),
		cmocka_unit_test(every_wrong_word_is_a_usage_error_that_names_it),
		cmocka_unit_test(a_very_long_unknown_name_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
