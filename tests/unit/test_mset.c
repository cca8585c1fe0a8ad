#include "measure/core/mset.h"

#include <stdio.h>

#include "tests/unit/support_check.h"

static struct digest some_digest(uint8_t byte)
{
	struct digest d = {.alg = DIGEST_SHA384, .len = 48};

	memset(d.v, byte, 48);
	return d;
}

static void registers_keep_their_order_and_are_found_by_their_exact_name(void **state)
{
	static const char *const names[] = {"PCR0", "PCR8", "PCR1", "pcr0", ""};
	struct mset m = {0};
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct digest d = some_digest((uint8_t)i);

		assert_null(mset_get(&m, names[i]));
		assert_true(mset_put(&m, names[i], &d, &e));
	}
	assert_int_equal(m.n, COUNT(names));
	for (size_t i = 0; i < COUNT(names); i++) {
		struct digest d = some_digest((uint8_t)i);

		assert_string_equal(m.entry[i].name, names[i]);
		assert_true(digest_equal(mset_get(&m, names[i]), &d));
	}
	assert_null(mset_get(&m, "PCR"));
	assert_null(mset_get(&m, "PCR00"));
}

static void a_name_is_put_once(void **state)
{
	struct digest d = some_digest(1), other = some_digest(2);
	struct mset m = {0};
	struct err e = {0};

	(void)state;
	assert_true(mset_put(&m, "PCR0", &d, &e));
	assert_false(mset_put(&m, "PCR0", &other, &e));
	check_err(&e, REASON_LIMIT, "register PCR0 is given twice");
	assert_int_equal(m.n, 1);
	assert_true(digest_equal(mset_get(&m, "PCR0"), &d));
}

static void check_too_long(const struct err *e, const char *name)
{
	char text[100];

	snprintf(text, sizeof(text), "register name \"%s\" is longer than 23 characters", name);
	check_err(e, REASON_LIMIT, text);
}

static void names_up_to_the_limit_are_kept_whole_and_longer_ones_refused(void **state)
{
	struct digest d = some_digest(1);
	struct mset m = {0};

	(void)state;
	for (int n = 20; n <= 26; n++) {
		struct err e = {0};
		char name[32];

		snprintf(name, sizeof(name), "%0*d", n, 0);
		assert_int_equal(mset_put(&m, name, &d, &e), n < MSET_NAME);
		if (n < MSET_NAME)
			assert_non_null(mset_get(&m, name));
		else
			check_too_long(&e, name);
	}
	assert_int_equal(m.n, 4);
}

static void a_full_set_refuses_one_more(void **state)
{
	struct digest d = some_digest(1);
	struct mset m = {0};
	struct err e = {0};
	char name[16];

	(void)state;
	for (int i = 0; i < MSET_MAX; i++) {
		snprintf(name, sizeof(name), "PCR%d", i);
		assert_true(mset_put(&m, name, &d, &e));
	}
	assert_false(mset_put(&m, "PCR40", &d, &e));
	check_err(&e, REASON_LIMIT, "register PCR40 is one more than the 40 there is room for");
	assert_int_equal(m.n, MSET_MAX);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(registers_keep_their_order_and_are_found_by_their_exact_name),
		cmocka_unit_test(a_name_is_put_once),
		cmocka_unit_test(names_up_to_the_limit_are_kept_whole_and_longer_ones_refused),
		cmocka_unit_test(a_full_set_refuses_one_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
