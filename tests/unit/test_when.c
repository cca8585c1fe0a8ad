#include <stdio.h>

#include "measure/base/when.h"

#include "tests/unit/support_check.h"

static void check_chosen(const char *s, bool document, enum when_clock clock, int64_t at)
{
	struct when w = {CLOCK_DOCUMENT, -1};
	struct err e = {0};

	assert_true(when_choose(s, document, &w, &e));
	check_no_err(&e);
	assert_int_equal(w.clock, clock);
	if (clock != CLOCK_NOW)
		assert_int_equal(w.at, at);
	assert_int_equal(when_judged(&w), clock == CLOCK_NOW || clock == CLOCK_AT);
}

static void the_time_to_judge_by_is_now_none_a_time_or_the_document_s(void **state)
{
	struct when w = {0};
	struct err e = {0};
	int64_t before = when_now();

	(void)state;
	check_chosen(NULL, false, CLOCK_NOW, 0);
	check_chosen("now", false, CLOCK_NOW, 0);
	check_chosen("none", false, CLOCK_NONE, 0);
	check_chosen("document", true, CLOCK_DOCUMENT, 0);
	check_chosen("1970-01-01T00:01:00+00:01", true, CLOCK_AT, 0);
	check_chosen("2026-11-20T13:38:29Z", false, CLOCK_AT, INT64_C(1795181909));
	check_chosen("9999-12-31T22:59:59-01:00", false, CLOCK_AT, INT64_C(253402300799));
	check_chosen("0000-01-01T01:00:00+01:00", false, CLOCK_AT, INT64_C(-62167219200));
	assert_true(when_choose(NULL, true, &w, &e));
	assert_true(w.at >= before && w.at <= when_now());
}

static void what_is_no_time_chooses_nothing(void **state)
{
	struct when w = {CLOCK_NONE, 7};
	struct err e = {0}, no = {0};

	(void)state;
	assert_false(when_choose("document", false, &w, &e));
	check_err(&e, REASON_USAGE, "--at: \"document\" is no time such as 2026-11-20T13:38:29Z");
	assert_false(when_choose("", true, &w, &no));
	check_err(&no, REASON_USAGE, "--at: \"\" is no time such as 2026-11-20T13:38:29Z");
	assert_int_equal(w.clock, CLOCK_NONE);
	assert_int_equal(w.at, 7);
}

/* What is read can be written. */
static void an_offset_leads_into_no_other_year_than_has_four_digits(void **state)
{
	static const char *const times[] = {"9999-12-31T23:59:59-00:01",
					    "0000-01-01T00:00:00+00:01"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct err e = {0};
		int64_t when = 7;
		char text[96];

		assert_false(when_read(times[i], "it", &when, &e));
		snprintf(text, sizeof(text), "it: \"%s\" is no time such as 2026-11-20T13:38:29Z",
			 times[i]);
		check_err(&e, REASON_USAGE, text);
		assert_int_equal(when, 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_time_to_judge_by_is_now_none_a_time_or_the_document_s),
		cmocka_unit_test(what_is_no_time_chooses_nothing),
		cmocka_unit_test(an_offset_leads_into_no_other_year_than_has_four_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
