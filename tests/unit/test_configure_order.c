#include "measure/rebuild/configure_order.h"

#include "tests/unit/support_check.h"

#define PACKAGES 6u

/* Fields of a control file, in the order of struct deb as far as they matter here. */
struct package {
	const char *name, *pre_depends, *depends, *provides;
	bool essential;
};

/* The packages, as nobody changes them. */
static size_t fill(struct deb *to, const struct package *list)
{
	size_t n = 0;

	for (; n < PACKAGES && list[n].name; n++) {
		const struct package *p = &list[n];

		to[n] = (struct deb){.name = (char *)(uintptr_t)p->name,
				     .version = (char *)(uintptr_t) "2",
				     .depends = (char *)(uintptr_t)(p->depends ? p->depends : ""),
				     .provides =
					     (char *)(uintptr_t)(p->provides ? p->provides : "")};
		to[n].pre_depends = (char *)(uintptr_t)(p->pre_depends ? p->pre_depends : "");
		to[n].essential = p->essential;
	}
	return n;
}

#define LIST(...) ((const struct package[PACKAGES]){__VA_ARGS__})

/* expected: a digit for each package */
static void check_levels(const struct package *list, const char *expected)
{
	struct deb deb[PACKAGES];
	unsigned level[PACKAGES] = {0};
	char text[PACKAGES + 1] = {0};
	size_t n = fill(deb, list);
	struct err e = {0};

	assert_true(configure_order(deb, n, level, &e));
	check_no_err(&e);
	for (size_t i = 0; i < n; i++)
		text[i] = (char)('0' + level[i]);
	assert_string_equal(text, expected);
}

static void check_refused(const struct package *list, enum reason r, const char *text)
{
	struct deb deb[PACKAGES];
	unsigned level[PACKAGES] = {0};
	struct err e = {0};

	assert_false(configure_order(deb, fill(deb, list), level, &e));
	check_err(&e, r, text);
}

static void essential_packages_and_what_they_need_come_first(void **state)
{
	(void)state;
	check_levels(LIST({.name = "dpkg", .depends = "tar"},
			  {.name = "tar", .pre_depends = "libc"}, {.name = "libc"},
			  {.name = "shell", .essential = true}, {.name = "tool", .depends = "libc"},
			  {.name = "other"}),
		     "000011");
}

static void what_is_pre_depended_on_comes_a_level_before(void **state)
{
	(void)state;
	check_levels(LIST({.name = "cc", .pre_depends = "bb"}, {.name = "bb", .pre_depends = "aa"},
			  {.name = "aa"}, {.name = "dpkg"}),
		     "3210");
	check_levels(LIST({.name = "cc", .depends = "bb"}, {.name = "bb", .pre_depends = "aa"},
			  {.name = "aa"}, {.name = "dpkg"}),
		     "2210");
	check_levels(LIST({.name = "bb", .pre_depends = "dpkg"}, {.name = "dpkg"}), "10");
}

static void packages_that_depend_on_each_other_share_a_level(void **state)
{
	(void)state;
	check_levels(LIST({.name = "aa", .depends = "bb"}, {.name = "bb", .depends = "aa"},
			  {.name = "dpkg"}),
		     "110");
	check_levels(LIST({.name = "aa", .depends = "bb"},
			  {.name = "bb", .pre_depends = "first", .depends = "aa"},
			  {.name = "first"}, {.name = "dpkg"}),
		     "2210");
}

static void of_alternatives_the_first_that_is_there_counts(void **state)
{
	(void)state;
	check_levels(LIST({.name = "aa", .pre_depends = "none | bb | cc"}, {.name = "bb"},
			  {.name = "cc", .pre_depends = "bb"}, {.name = "dpkg"}),
		     "2120");
	check_levels(LIST({.name = "aa", .pre_depends = "none | cc, none"}, {.name = "bb"},
			  {.name = "cc", .pre_depends = "bb"}, {.name = "dpkg"}),
		     "3120");
}

static void who_provides_a_name_and_versions_count(void **state)
{
	(void)state;
	check_levels(LIST({.name = "aa", .pre_depends = "awk"}, {.name = "mawk", .provides = "awk"},
			  {.name = "dpkg"}),
		     "210");
	check_levels(LIST({.name = "aa", .pre_depends = "awk (>= 3)"},
			  {.name = "mawk", .provides = "awk (= 4)"}, {.name = "dpkg"}),
		     "210");
	check_levels(LIST({.name = "aa", .pre_depends = "awk (>= 5)"},
			  {.name = "mawk", .provides = "awk (= 4)"}, {.name = "dpkg"}),
		     "110");
	check_levels(
		LIST({.name = "aa", .pre_depends = "bb (>= 2)"}, {.name = "bb"}, {.name = "dpkg"}),
		"210");
	check_levels(
		LIST({.name = "aa", .pre_depends = "bb (>> 2)"}, {.name = "bb"}, {.name = "dpkg"}),
		"110");
}

static void circles_and_fields_that_cannot_be_read_are_refused(void **state)
{
	(void)state;
	check_refused(LIST({.name = "aa", .pre_depends = "bb"}, {.name = "bb", .pre_depends = "aa"},
			   {.name = "dpkg"}),
		      REASON_PACKAGES, "'bb' pre-depends on what cannot be installed before it");
	check_refused(LIST({.name = "aa", .pre_depends = "bb"}, {.name = "bb", .depends = "aa"},
			   {.name = "dpkg"}),
		      REASON_PACKAGES, "'aa' pre-depends on what cannot be installed before it");
	check_refused(LIST({.name = "aa"}), REASON_RECIPE,
		      "dpkg is not among the packages, which has to run their scripts");
	check_refused(LIST({.name = "aa", .pre_depends = "bb (>> 1"}, {.name = "dpkg"}),
		      REASON_PACKAGE_LIST, "aa: \"bb (>> 1\" is no relation to a package");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(essential_packages_and_what_they_need_come_first),
		cmocka_unit_test(what_is_pre_depended_on_comes_a_level_before),
		cmocka_unit_test(packages_that_depend_on_each_other_share_a_level),
		cmocka_unit_test(of_alternatives_the_first_that_is_there_counts),
		cmocka_unit_test(who_provides_a_name_and_versions_count),
		cmocka_unit_test(circles_and_fields_that_cannot_be_read_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
