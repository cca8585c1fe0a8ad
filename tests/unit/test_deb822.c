#include "measure/rebuild/deb822.h"

#include "tests/unit/support_check.h"
#include "tests/unit/support_memory.h"

static void put(struct buf *out, const struct deb822 *d, const char *name)
{
	struct bytes x = deb822_get(d, name);

	buf_fmt(out, "%s=", name);
	for (size_t i = 0; i < x.n; i++)
		buf_u8(out, x.p[i] == '\n' ? '|' : x.p[i]);
	buf_str(out, x.p ? ";" : "-;");
}

/* Fields A and B of every paragraph; or what is wrong, and where. */
static void check_text(const char *text, size_t step, const char *expected)
{
	owned(buf_free) struct buf out = BUF(4096);
	struct memory in = memory_stream(bytes_str(text), step);
	struct err e = {0};
	owned(deb822_free) struct deb822 *d = deb822_new(&in.stream, &e);
	bool end = false;

	assert_non_null(d);
	while (deb822_next(d, &end, &e) && !end) {
		buf_fmt(&out, "%u:", (unsigned)deb822_at(d));
		put(&out, d, "A");
		put(&out, d, "b");
	}
	if (err_is(&e)) {
		assert_int_equal(e.reason, REASON_PACKAGE_LIST);
		buf_fmt(&out, "%s @%u", e.text, (unsigned)e.offset);
	}
	assert_string_equal(buf_cstr(&out), expected);
}

static void paragraphs_are_read_whatever_comes_at_once(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{"", ""},
		{"\n\n", ""},
		{"A: 1\nB: 2\n", "0:A=1;b=2;"},
		{"a:1\nC: x", "0:A=1;b=-;"},
		{"\n\nA: 1\n\n\nB:  2 \t\n\n", "2:A=1;b=-;9:A=-;b=2;"},
		{"A:\n x\n  y\n\tz\nB:\n", "0:A=x|  y|\tz;b=;"},
		{"A: x:y\n .\n z\n", "0:A=x:y| .| z;b=-;"},
		{"A: \xc3\xa4\n", "0:A=\xc3\xa4;b=-;"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		for (size_t step = 1; step < 8; step++)
			check_text(cases[i].text, step, cases[i].expected);
}

static void what_readers_could_take_differently_is_refused(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{"A\n", "is no field: a name and a colon @0"},
		{": x\n", "is no field: a name and a colon @0"},
		{"A: 1\n\nB c: x\n", "0:A=1;b=-;is no field: a name and a colon @6"},
		{"#A: 1\n", "is no field: a name and a colon @0"},
		{"-A: 1\n", "is no field: a name and a colon @0"},
		{"A: 1\nb: 2\na: 3\n", "a second field is called 'a' @10"},
		{" x\nA: 1\n", "goes on with a field, and there is none @0"},
		{"A: 1\n \nB: 2\n", "a line of blanks alone @5"},
		{"A: 1\r\nB: 2\n", "a control character @4"},
		{"A: \x1b[m\n", "a control character @3"},
		{"A: \x7f\n", "a control character @3"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_text(cases[i].text, 3, cases[i].expected);
}

static void a_nul_is_a_control_character(void **state)
{
	struct memory in = memory_stream(bytes_of("A: \0x\n", 6), 6);
	struct err e = {0};
	owned(deb822_free) struct deb822 *d = deb822_new(&in.stream, &e);
	bool end;

	(void)state;
	assert_false(deb822_next(d, &end, &e));
	check_err(&e, REASON_PACKAGE_LIST, "a control character");
}

static bool only(const char *text, struct bytes *value, struct err *e)
{
	static struct memory in;
	static struct deb822 *d;

	deb822_free(&d);
	in = memory_stream(bytes_str(text), 2);
	d = deb822_new(&in.stream, e);
	return d && deb822_only(d, e) && deb822_need(d, "A", value, e);
}

static void one_paragraph_is_all_that_small_things_have(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", "there is nothing in it"},
		{"\n\n", "there is nothing in it"},
		{"A: 1\n\nB: 2\n", "a second paragraph follows"},
		{"A: 1\n\n\nx", "a second paragraph follows"},
		{"B: 1\n", "has no field 'A'"},
		{"A:\n", "field 'A': is not one line"},
		{"A: 1\n 2\n", "field 'A': is not one line"},
	};
	struct bytes value;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = {0};

		assert_false(only(cases[i].text, &value, &e));
		check_err(&e, REASON_PACKAGE_LIST, cases[i].why);
	}
	{
		struct err e = {0};

		assert_true(only("\nA: 1\n\n\n", &value, &e));
		assert_true(bytes_equal(value, bytes_str("1")));
		assert_false(only("", &value, &e));
	}
}

static void many_fields_and_long_paragraphs_are_limited(void **state)
{
	owned(buf_free) struct buf text = BUF(DEB822_PARAGRAPH_MAX + 100);
	struct memory in;
	struct err e = {0};
	struct deb822 *d;
	bool end;

	(void)state;
	for (unsigned i = 0; i <= DEB822_FIELDS_MAX; i++)
		buf_fmt(&text, "F%u: x\n", i);
	in = memory_stream(buf_bytes(&text), text.n);
	d = deb822_new(&in.stream, &e);
	assert_false(deb822_next(d, &end, &e));
	check_err(&e, REASON_LIMIT, "a paragraph has more than 128 fields");
	deb822_free(&d);

	e = (struct err){0};
	buf_reset(&text);
	buf_str(&text, "A: ");
	while (text.n <= DEB822_PARAGRAPH_MAX)
		buf_u8(&text, 'x');
	in = memory_stream(buf_bytes(&text), text.n);
	d = deb822_new(&in.stream, &e);
	assert_false(deb822_next(d, &end, &e));
	check_err(&e, REASON_LIMIT, "a paragraph is over its limit of 8388608 bytes");
	deb822_free(&d);
}

static void values_come_apart_into_words_and_lines(void **state)
{
	struct bytes value = bytes_str("\n a b \n\n\tc  d"), part;

	(void)state;
	assert_true(deb822_line(&value, &part));
	assert_true(bytes_equal(part, bytes_str("a b")));
	assert_true(deb822_word(&value, &part));
	assert_true(bytes_equal(part, bytes_str("c")));
	assert_true(deb822_word(&value, &part));
	assert_true(bytes_equal(part, bytes_str("d")));
	assert_false(deb822_word(&value, &part));
	assert_false(deb822_line(&value, &part));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paragraphs_are_read_whatever_comes_at_once),
		cmocka_unit_test(what_readers_could_take_differently_is_refused),
		cmocka_unit_test(a_nul_is_a_control_character),
		cmocka_unit_test(one_paragraph_is_all_that_small_things_have),
		cmocka_unit_test(many_fields_and_long_paragraphs_are_limited),
		cmocka_unit_test(values_come_apart_into_words_and_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
