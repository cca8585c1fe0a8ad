#include "reference-db/signers.h"

#include <string.h>

#include "tests/unit/support_check.h"

/* Pairs by one letter each: ' ' is no certificate. */
static uint8_t letter[128][32];

static struct signer_is is(const char *pair)
{
	return (struct signer_is){letter[(unsigned char)pair[0]],
				  letter[pair[1] == ' ' ? 0 : (unsigned char)pair[1]]};
}

static void add(struct signers *s, const char *pair, size_t what)
{
	const struct signer_is x = is(pair);

	signers_add(s, &x, what);
}

static int fill(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 128; i++)
		memset(letter[i], (int)i, 32);
	return 0;
}

static void who_shares_a_key_or_a_subject_is_one_signer(void **state)
{
	static const struct {
		const char *pairs;
		size_t n;
	} cases[] = {
		{"", 0},
		{"a ", 1},
		{"a a ", 1},
		{"a b ", 2},
		{"aAbA", 1},
		{"aAbB", 2},
		{"aAaB", 1},
		{"a aA", 1},
		{"a bBaB", 1},
		{"aAbBaB", 1},
		{"aAbBcCbA", 2},
		{"a b c d dAaAcCbC", 2},
		{"aAbBcCdDaBcDbC", 1},
		{"a b aBbAcAcB", 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct signers s = {.n = 0};
		size_t at = 0, n = 0;

		for (size_t j = 0; cases[i].pairs[j]; j += 2)
			add(&s, cases[i].pairs + j, j);
		assert_int_equal(s.n, cases[i].n);
		while (signers_next(&s, &at))
			n++;
		assert_int_equal(n, cases[i].n);
	}
}

static void a_signer_is_told_by_his_first_and_his_last_word(void **state)
{
	const struct signers_pair *p;
	struct signers s = {.n = 0};
	size_t at = 0;

	(void)state;
	add(&s, "a ", 3);
	add(&s, "bB", 4);
	add(&s, "aA", 5);
	add(&s, "cA", 6);
	p = signers_next(&s, &at);
	assert_true(p && p->first == 3 && p->last == 6);
	p = signers_next(&s, &at);
	assert_true(p && p->first == 4 && p->last == 4);
	assert_null(signers_next(&s, &at));
}

static void one_of_his_pairs_is_enough_to_be_among_others(void **state)
{
	struct signers s = {.n = 0}, others = {.n = 0};
	const struct signers_pair *p;
	size_t at = 0;

	(void)state;
	add(&s, "a ", 0);
	add(&s, "aA", 1);
	add(&s, "d ", 2);
	add(&others, "bA", 0);
	p = signers_next(&s, &at);
	assert_true(p && signers_among(&s, p, &others));
	p = signers_next(&s, &at);
	assert_true(p && !signers_among(&s, p, &others));
}

static void more_than_can_be_told_apart_are_left_out(void **state)
{
	static uint8_t key[SIGNERS + 8][32];
	struct signers s = {.n = 0};

	(void)state;
	for (size_t i = 0; i < SIGNERS + 8; i++) {
		const struct signer_is x = {key[i], letter[0]};

		key[i][0] = (uint8_t)i;
		key[i][1] = (uint8_t)(i >> 8);
		signers_add(&s, &x, i);
	}
	assert_int_equal(s.n, SIGNERS);
	signers_add(&s, &(struct signer_is){key[7], letter['A']}, 1000);
	assert_int_equal(s.n, SIGNERS);
	assert_int_equal(s.pair[7].last, 1000);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_shares_a_key_or_a_subject_is_one_signer),
		cmocka_unit_test(a_signer_is_told_by_his_first_and_his_last_word),
		cmocka_unit_test(one_of_his_pairs_is_enough_to_be_among_others),
		cmocka_unit_test(more_than_can_be_told_apart_are_left_out),
	};

	return cmocka_run_group_tests(tests, fill, NULL);
}
