#include "measure/rebuild/debian_relation.h"

#include <stdio.h>

#include "tests/unit/support_check.h"

static void check_order(const char *a, const char *b, int wanted)
{
	int order = debian_version_compare(a, b), back = debian_version_compare(b, a);

	if ((order > 0) - (order < 0) != wanted || (back > 0) - (back < 0) != -wanted)
		fail_msg("%s and %s: %d, %d", a, b, order, back);
}

/* Each is below the next. deb-version(7) has the rules. */
static void versions_have_an_order(void **state)
{
	static const char *const ladder[] = {
		"0~~",
		"0~~a",
		"0~",
		"0~a",
		"0",
		"0a",
		"0+",
		"0.0",
		"1~rc1-1",
		"1~rc2",
		"1-0~",
		"1-0a",
		"1-1",
		"1-1+b1",
		"1-1.1",
		"1-2",
		"1-10",
		"1a-1",
		"1+-1",
		"1.2-1",
		"1.02b",
		"1.10",
		"1.10.0",
		"1.18446744073709551616",
		"1.18446744073709551617",
		"2",
		"10",
		"1:0",
		"1:1",
		"2:0~",
		"10:0",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(ladder); i++)
		for (size_t j = 0; j < COUNT(ladder); j++)
			check_order(ladder[i], ladder[j], (i > j) - (i < j));
}

static void what_says_the_same_is_equal(void **state)
{
	static const char *const pairs[][2] = {
		{"1.0", "0:1.0"}, {"1.0", "1.0-0"}, {"1.01", "1.1"},	   {"1-1", "1-01"},
		{"00:1", "1"},	  {"1.a0", "1.a"},  {"1.0-0-0", "1.0-0-"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++)
		check_order(pairs[i][0], pairs[i][1], 0);
}

static void versions_are_made_of_few_characters(void **state)
{
	static const char *const good[] = {"1", "0~", "1:1:2-1", "1.2-3-4", "1.0+dfsg~1", "9a-Z"};
	static const char *const bad[] = {"",	  "a",	":1",	"1:",	 "a:1", "1-", "1_2", "1 ",
					  "1-1_", "-1", "1:-1", "1-1:1", "1/2", "~1", "1\n"};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		if (!debian_version_valid(bytes_str(good[i])))
			fail_msg("%s", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (debian_version_valid(bytes_str(bad[i])))
			fail_msg("%s", bad[i]);
	assert_false(debian_version_valid(bytes_of("1\0", 2)));
}

/* ---- relations */

static void put(struct buf *out, const struct debian_relation *r)
{
	static const char *const ops[] = {"", "<<", "<=", "=", ">=", ">>"};

	buf_fmt(out, "%s%.*s/%.*s/%s%.*s", r->first ? ";" : "|", (int)r->name.n,
		(const char *)r->name.p, (int)r->qualifier.n, (const char *)r->qualifier.p,
		ops[r->op], (int)r->version.n, (const char *)r->version.p);
}

static void check_relations(const char *text, const char *expected)
{
	struct debian_relations list = {.left = bytes_str(text)};
	owned(buf_free) struct buf out = BUF(4096);
	struct debian_relation one;
	struct err e = {0};
	bool end = false;

	while (debian_relation_next(&list, &one, &end, &e) && !end) {
		put(&out, &one);
		assert_true(one.text.n > 0 && one.text.p[one.text.n - 1] > ' ');
	}
	if (err_is(&e)) {
		assert_int_equal(e.reason, REASON_PACKAGE_LIST);
		buf_str(&out, e.text);
	}
	assert_string_equal(buf_cstr(&out), expected);
}

static void relations_are_read(void **state)
{
	(void)state;
	check_relations("", "");
	check_relations("ab", ";ab//");
	check_relations("ab, cd | ef\n , gh", ";ab//;cd//|ef//;gh//");
	check_relations("ab(=1),cd:any (>= 1:2~-3)|ef ( << 4 )", ";ab//=1;cd/any/>=1:2~-3|ef//<<4");
	check_relations("ab (<= 1), cd (>> 2),", ";ab//<=1;cd//>>2");
}

static void what_is_no_relation_is_refused(void **state)
{
	static const char *const cases[] = {
		"a",	     "Ab",	 "ab cd",      "ab (1)",      "ab (= )",   "ab (= 1",
		"ab (< 1)",  "ab (> 1)", "ab [amd64]", "ab <!nodoc>", ",ab",	   "|ab",
		"ab: (= 1)", "${x}",	 "ab (= 1_)",  "-ab",	      "ab (== 1)",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char expected[100];

		snprintf(expected, sizeof(expected), "\"%s\" is no relation to a package",
			 cases[i]);
		check_relations(cases[i], expected);
	}
	check_relations("ab | ", ";ab//\"\" is no relation to a package");
	check_relations("ab,,cd", ";ab//\",cd\" is no relation to a package");
}

static void a_version_satisfies_a_relation(void **state)
{
	static const char holds[][4] = {"yyy", "ynn", "yyn", "nyn", "nyy", "nny"};
	static const char *const versions[] = {"1.0", "1.1", "1.2"};

	(void)state;
	for (unsigned op = DEBIAN_ANY; op <= DEBIAN_GT; op++)
		for (size_t i = 0; i < 3; i++) {
			struct debian_relation r = {.op = (enum debian_op)op,
						    .version = bytes_str("1.1")};

			assert_int_equal(debian_relation_holds(&r, bytes_str(versions[i])),
					 holds[op][i] == 'y');
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_have_an_order),
		cmocka_unit_test(what_says_the_same_is_equal),
		cmocka_unit_test(versions_are_made_of_few_characters),
		cmocka_unit_test(relations_are_read),
		cmocka_unit_test(what_is_no_relation_is_refused),
		cmocka_unit_test(a_version_satisfies_a_relation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
