#include "measure/rebuild/stage_environment.h"

#include "tests/unit/support_check.h"

static void an_environment_is_all_and_sorted(void **state)
{
	static const char *const want[] = {
		"CFLAGS=-O2 -g",
		"HOME=/homeless",
		"LANG=C.UTF-8",
		"LC_ALL=C",
		"LOGNAME=build",
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"SOURCE_DATE_EPOCH=1700000000",
		"TERM=dumb",
		"TMPDIR=/tmp",
		"TZ=UTC",
		"USER=build",
	};
	struct recipe_pair pairs[] = {{"LC_ALL", "C", 1}, {"CFLAGS", "-O2 -g", 2}};
	const struct recipe_stage s = {.environment = {pairs, COUNT(pairs)}};
	owned(arena_free) struct arena a = ARENA(1u << 16);
	struct lock_texts got;
	struct err e = {0};

	(void)state;
	assert_true(stage_environment(&s, 1700000000, &a, &got, &e));
	assert_int_equal(got.n, COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++)
		assert_string_equal(got.item[i], want[i]);
	assert_null(got.item[got.n]);
}

static void an_environment_has_a_limit(void **state)
{
	const struct recipe_stage s = {0};
	owned(arena_free) struct arena a = ARENA(200);
	struct lock_texts got;
	struct err e = {0};

	(void)state;
	assert_false(stage_environment(&s, 0, &a, &got, &e));
	assert_int_equal(e.reason, REASON_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_environment_is_all_and_sorted),
		cmocka_unit_test(an_environment_has_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
