#include "measure/core/verdict.h"

#include "tests/unit/support_check.h"

static void all_that_passes_is_a_yes(void **state)
{
	struct verdict v = {0};
	struct err e = {0};

	(void)state;
	verdict_add(&v, "code", CHECK_PASS, REASON_NONE);
	verdict_add(&v, "policy", CHECK_WARN, REASON_CERTIFICATE_EXPIRED);
	assert_true(verdict_decide(&v, &e));
	check_no_err(&e);
}

static void no_check_at_all_is_no_yes(void **state)
{
	struct verdict v = {0};
	struct err e = {0};

	(void)state;
	assert_false(verdict_decide(&v, &e));
	check_err(&e, REASON_LIMIT, "0 checks were made, which is none at all");
}

static void one_check_too_many_is_no_yes(void **state)
{
	struct verdict v = {0};
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i <= VERDICT_MAX; i++)
		verdict_add(&v, "code", CHECK_PASS, REASON_NONE);
	assert_false(verdict_decide(&v, &e));
	check_err(&e, REASON_LIMIT, "128 checks were made, which is more than there is room for");
}

static void malformed_comes_before_no_and_the_first_of_equals_decides(void **state)
{
	static const struct {
		enum reason reason[3];
		const char *text;
		enum reason decides;
	} rows[] = {
		{{REASON_SIGNATURE, REASON_CRC, REASON_KEY_MISMATCH}, "b: second", REASON_CRC},
		{{REASON_SIGNATURE, REASON_KEY_MISMATCH, REASON_IO}, "a: first", REASON_SIGNATURE},
		{{REASON_IO, REASON_KEY_MISMATCH, REASON_CRC}, "c: third", REASON_CRC},
		{{REASON_IO, REASON_OUT_OF_MEMORY, REASON_SIGNATURE}, "c: third", REASON_SIGNATURE},
	};
	static const char *const id[] = {"a", "b", "c"}, *const detail[] = {"first", "second",
									    "third"};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct verdict v = {0};
		struct err e = {0};

		verdict_add(&v, "passes", CHECK_PASS, REASON_NONE);
		for (size_t j = 0; j < 3; j++)
			verdict_detail(verdict_add(&v, id[j], CHECK_FAIL, rows[i].reason[j]), "%s",
				       detail[j]);
		assert_false(verdict_decide(&v, &e));
		check_err(&e, rows[i].decides, rows[i].text);
	}
}

static void what_was_skipped_never_counts_as_passed(void **state)
{
	struct verdict v = {0};
	struct err e = {0};

	(void)state;
	verdict_add(&v, "code", CHECK_PASS, REASON_NONE);
	verdict_detail(verdict_add(&v, "fresh", CHECK_SKIP, REASON_SIGNATURE),
		       "no nonce was given");
	assert_false(verdict_decide(&v, &e));
	check_err(&e, REASON_SIGNATURE, "fresh: no nonce was given");
}

static void what_was_left_out_by_choice_decides_nothing(void **state)
{
	struct verdict v = {0};
	struct err e = {0};

	(void)state;
	verdict_add(&v, "code", CHECK_PASS, REASON_NONE);
	verdict_add(&v, "channel", CHECK_SKIP, REASON_RELAY);
	assert_true(verdict_decide(&v, &e));
	check_no_err(&e);
}

/* The exit status comes from the reason, and warnings lead to 0. */
static void no_failure_has_a_reason_that_would_be_a_yes(void **state)
{
	static const struct {
		enum check_result result;
		enum reason reason;
	} rows[] = {
		{CHECK_FAIL, REASON_NONE},
		{CHECK_SKIP, REASON_NONE},
		{CHECK_FAIL, REASON_RELAY},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct verdict v = {0};
		struct err e = {0};

		verdict_detail(verdict_add(&v, "code", rows[i].result, rows[i].reason), "detail");
		assert_false(verdict_decide(&v, &e));
		check_err(&e, REASON_LIMIT, "code: detail");
	}
}

/* "id result reason detail" of each. */
static void check_list(const struct verdict *v, const char *expected)
{
	owned(buf_free) struct buf out = BUF(4096);

	for (size_t i = 0; i < v->n; i++)
		buf_fmt(&out, "%s %s %s %s\n", v->check[i].id,
			check_result_name(v->check[i].result), reason_slug(v->check[i].reason),
			v->check[i].detail);
	assert_string_equal(buf_cstr(&out), expected);
}

static void a_settled_verdict_has_each_check_in_order_and_each_slug_once(void **state)
{
	static const char *const ids[] = {"genuine", "code", "fresh", "policy", NULL};
	struct verdict v = {0};

	(void)state;
	verdict_detail(verdict_add(&v, "policy", CHECK_FAIL, REASON_POLICY), "region");
	verdict_detail(verdict_add(&v, "code", CHECK_WARN, REASON_FILE_DIFFERS), "warned");
	verdict_detail(verdict_add(&v, "code", CHECK_PASS, REASON_NONE), "same");
	verdict_detail(verdict_add(&v, "policy", CHECK_PASS, REASON_NONE), "good");
	verdict_detail(verdict_add(&v, "genuine", CHECK_FAIL, REASON_EXPIRED), "late");
	verdict_detail(verdict_add(&v, "policy", CHECK_FAIL, REASON_TCB), "old");
	verdict_detail(verdict_add(&v, "policy", CHECK_FAIL, REASON_POLICY), "kind");
	verdict_settle(&v, ids);
	check_list(&v, "genuine fail expired late\n"
		       "code pass none same\n"
		       "code warn file-differs warned\n"
		       "fresh skip expired there is nothing that it could be made of\n"
		       "policy fail policy region; kind\n"
		       "policy fail tcb old\n");
	assert_false(v.overflow);
}

/* 256 bytes hold two of these, and no piece of a third. */
static void details_that_do_not_fit_are_left_out_whole(void **state)
{
	static const char *const ids[] = {"policy", NULL};
	struct verdict v = {0};

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		verdict_detail(verdict_add(&v, "policy", CHECK_FAIL, REASON_POLICY), "%0100u", i);
	verdict_settle(&v, ids);
	assert_int_equal(v.n, 1);
	assert_int_equal(strlen(v.check[0].detail), 100 + 2 + 100 + 5);
	assert_string_equal(v.check[0].detail + 100 + 2 + 96, "0001; ...");
}

static void settling_loses_no_check(void **state)
{
	static const char *const ids[] = {"genuine", NULL};
	struct verdict v = {0};

	(void)state;
	verdict_add(&v, "genuine", CHECK_PASS, REASON_NONE);
	verdict_add(&v, "other", CHECK_FAIL, REASON_POLICY);
	verdict_settle(&v, ids);
	assert_true(v.overflow);
}

static void a_verdict_is_listed_whole_and_tamed(void **state)
{
	struct verdict v = {0};
	struct buf out = BUF(4096);
	struct json_out w = json_out(&out, false);
	struct check *c = verdict_add(&v, "code", CHECK_FAIL, REASON_SIGNATURE);

	(void)state;
	verdict_expected(c, "%s", "aa");
	verdict_actual(c, "b\x1b[31m");
	verdict_add(&v, "policy", CHECK_PASS, REASON_NONE);
	verdict_json(&v, &w);
	assert_string_equal(buf_cstr(&out),
			    "[{\"id\":\"code\",\"result\":\"fail\",\"reason\":\"signature\","
			    "\"expected\":\"aa\",\"actual\":\"b\\\\x1b[31m\"},"
			    "{\"id\":\"policy\",\"result\":\"pass\"}]");
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_passes_is_a_yes),
		cmocka_unit_test(no_check_at_all_is_no_yes),
		cmocka_unit_test(one_check_too_many_is_no_yes),
		cmocka_unit_test(malformed_comes_before_no_and_the_first_of_equals_decides),
		cmocka_unit_test(what_was_skipped_never_counts_as_passed),
		cmocka_unit_test(what_was_left_out_by_choice_decides_nothing),
		cmocka_unit_test(no_failure_has_a_reason_that_would_be_a_yes),
		cmocka_unit_test(a_settled_verdict_has_each_check_in_order_and_each_slug_once),
		cmocka_unit_test(details_that_do_not_fit_are_left_out_whole),
		cmocka_unit_test(settling_loses_no_check),
		cmocka_unit_test(a_verdict_is_listed_whole_and_tamed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
