#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_released.h"

/*
 * One bit of one byte at a time, of a signed manifest and of a bundle: never a yes, whatever the
 * bit meant, so neither is anything unsigned nor is there a second spelling of what is. One bit in
 * each byte, every bit with SOAK=1.
 */

static const char *const p384[] = {"p384", NULL};
static const char *const ed25519[] = {"ed25519", NULL};
static const char *const both[] = {"p384", "ed25519", NULL};

/* Which refusals there are: what is no statement, one that does not hold, one by a stranger. */
struct seen {
	size_t malformed, no, undecided;
};

static void count(struct seen *s, const struct err *e)
{
	enum exit_class c = reason_class(e->reason);

	s->malformed += c == EXIT_CLASS_MALFORMED;
	s->no += c == EXIT_CLASS_NO;
	s->undecided += c == EXIT_CLASS_UNDECIDED;
}

static void check_yes(struct trust *t, const struct forged *x)
{
	struct err e = {0};

	if (!released_yes(t, x->p, x->n, &e))
		fail_msg("%s", e.text);
}

static struct seen flip_all(const char *const *keys, struct forged x)
{
	struct trust *t = trust_in(keys);
	struct seen s = {0, 0, 0};
	size_t flips = 0;

	check_yes(t, &x);
	for (size_t i = 0; i < 8 * x.n; i++) {
		struct err e = {0};

		if (!check_soak() && i % 8 != i / 8 % 8)
			continue;
		x.p[i / 8] ^= (uint8_t)(1u << i % 8);
		if (released_yes(t, x.p, x.n, &e))
			fail_msg("bit %zu of byte %zu may be changed unseen", i % 8, i / 8);
		count(&s, &e);
		flips++;
		x.p[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	check_yes(t, &x);
	assert_int_equal(flips, check_soak() ? 8 * x.n : x.n);
	assert_int_equal(flips, s.malformed + s.no + s.undecided);
	trust_free(&t);
	free(x.p);
	return s;
}

/* 64 and 96 bytes of signature at least do not hold; a key id of 32 bytes is another's. */
static void no_flipped_bit_of_a_manifest_signed_by_es384_is_taken(void **state)
{
	struct seen s = flip_all(p384, released_signed("p384"));

	(void)state;
	assert_true(s.malformed >= 100 && s.no >= 96 && s.undecided >= 32);
}

static void no_flipped_bit_of_a_manifest_signed_by_eddsa_is_taken(void **state)
{
	struct seen s = flip_all(ed25519, released_signed("ed25519"));

	(void)state;
	assert_true(s.malformed >= 100 && s.no >= 64 && s.undecided >= 32);
}

static void no_flipped_bit_of_a_bundle_that_needs_both_signatures_is_taken(void **state)
{
	struct seen s = flip_all(both, released_bundle("p384", "ed25519"));

	(void)state;
	assert_true(s.malformed >= 200 && s.no >= 96 + 64 && s.undecided >= 64);
}

/* The second must not be covered by the first: one of them is not enough. */
static void a_bundle_is_no_yes_for_one_of_its_two_signatures(void **state)
{
	struct trust *t = trust_in(both);
	struct forged x = released_signed("p384");
	struct err e = {0};

	(void)state;
	assert_false(released_yes(t, x.p, x.n, &e));
	check_err(&e, REASON_THRESHOLD, "threshold: 1 trusted key signed, 2 must");
	free(x.p);
	trust_free(&t);
}

static struct notation two_in_bundle(const char *first, const char *second)
{
	struct notation s = notation_new("bundle");

	notation_replace(
		&s, "$WHOLE",
		"{\"payload\": [\"application/rim+cbor\", <<$PAYLOAD>>], \"__cmwc_t\": "
		"\"urn:x-measure:bundle:1\", \"signature/000\": [\"application/rim+cose\", "
		"FIRST], \"signature/001\": [\"application/rim+cose\", SECOND]}");
	notation_replace(&s, "FIRST", first);
	notation_replace(&s, "SECOND", second);
	notation_sign(&s, "p384");
	return s;
}

#define ONE "<<18([<<$HEADER>>, {}, null, $SIGNATURE])>>"
#define SMALLER "<<18([h'', {}, null, h''])>>"

static void check_bundle(const char *first, const char *second, const char *text)
{
	struct notation s = two_in_bundle(first, second);
	struct forged x = notation_bytes(&s);
	struct trust *t = trust_in(p384);
	struct err e = {0};

	assert_false(released_yes(t, x.p, x.n, &e));
	check_err(&e, REASON_BUNDLE, text);
	trust_free(&t);
	notation_free(&s);
	free(x.p);
}

static void a_bundle_has_one_order_and_nothing_twice(void **state)
{
	(void)state;
	check_bundle(ONE, ONE, "signature/001 is the same as the one in front of it");
	check_bundle(ONE, SMALLER, "signature/001 sorts before the one in front of it");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_flipped_bit_of_a_manifest_signed_by_es384_is_taken),
		cmocka_unit_test(no_flipped_bit_of_a_manifest_signed_by_eddsa_is_taken),
		cmocka_unit_test(no_flipped_bit_of_a_bundle_that_needs_both_signatures_is_taken),
		cmocka_unit_test(a_bundle_is_no_yes_for_one_of_its_two_signatures),
		cmocka_unit_test(a_bundle_has_one_order_and_nothing_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
