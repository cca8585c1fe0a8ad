#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_released.h"

static const char *const p384[] = {"p384", NULL};
static const char *const ed25519[] = {"ed25519", NULL};
static const char *const both[] = {"p384", "ed25519", NULL};

/* Cut off, and zeros or the file itself in place of what was cut. */
static void check_cuts(const char *const *keys, struct forged x)
{
	struct trust *t = trust_in(keys);
	uint8_t *zeros = forge_memory(x.n);
	struct err e = {0};

	assert_true(released_yes(t, x.p, x.n, &e));
	for (size_t n = 0; n < x.n; n++) {
		struct err cut = {0}, filled = {0};

		assert_false(released_yes(t, x.p, n, &cut));
		assert_string_equal(reason_slug(cut.reason), n ? "truncated" : "corim");
		assert_true(n == 0 || (cut.at && cut.offset <= n));
		memcpy(zeros, x.p, n);
		if (memcmp(zeros, x.p, x.n) != 0)
			assert_false(released_yes(t, zeros, x.n, &filled));
	}
	trust_free(&t);
	free(zeros);
	free(x.p);
}

static void every_truncation_of_a_signed_manifest_is_truncated(void **state)
{
	(void)state;
	check_cuts(p384, released_signed("p384"));
	check_cuts(ed25519, released_signed("ed25519"));
}

static void every_truncation_of_a_bundle_is_truncated(void **state)
{
	(void)state;
	check_cuts(both, released_bundle("p384", "ed25519"));
}

/* Bytes as x'..' of diagnostic notation. */
static char *raw(const struct forged *x, size_t n)
{
	char *text = forge_memory(2 * n + 4), *at = text + 2;

	memcpy(text, "x'", 2);
	for (size_t i = 0; i < n; i++, at += 2)
		snprintf(at, 3, "%02x", x->p[i]);
	memcpy(at, "'", 2);
	return text;
}

/* The piece shortened to each of its lengths, and what came of it rightly signed. */
static void check_shortened(const char *piece)
{
	struct notation whole = notation_new("statement");
	struct trust *t = trust_in(ed25519);
	struct forged part;

	notation_replace(&whole, "$ALG", "-8");
	notation_sign(&whole, "ed25519");
	part = notation_part(&whole, piece);
	for (size_t n = 0; n < part.n; n++) {
		struct notation s = notation_new("statement");
		char *shorter = raw(&part, n);
		struct err e = {0};
		struct forged x;

		notation_replace(&s, "$ALG", "-8");
		notation_replace(&s, piece, shorter);
		notation_sign(&s, "ed25519");
		x = notation_bytes(&s);
		assert_false(released_yes(t, x.p, x.n, &e));
		assert_string_equal(reason_slug(e.reason), "truncated");
		notation_free(&s);
		free(shorter);
		free(x.p);
	}
	trust_free(&t);
	notation_free(&whole);
	free(part.p);
}

static void every_shortening_of_a_payload_is_truncated_although_it_is_signed(void **state)
{
	(void)state;
	check_shortened("$PAYLOAD");
}

static void every_shortening_of_a_header_is_truncated_although_it_is_signed(void **state)
{
	(void)state;
	check_shortened("$HEADER");
}

static void every_other_length_of_a_signature_is_refused(void **state)
{
	struct notation whole = notation_new("statement");
	struct trust *t = trust_in(p384);
	struct forged part;

	(void)state;
	notation_sign(&whole, "p384");
	part = notation_part(&whole, "$SIGNATURE");
	for (size_t n = 0; n < part.n - 2; n++) {
		struct forged rs = {part.p + 2, n}, x;
		char *shorter = raw(&rs, n), text[80];
		struct err e = {0};

		shorter[0] = 'h';
		notation_replace(&whole, "$SIGNATURE", shorter);
		x = notation_bytes(&whole);
		assert_false(released_yes(t, x.p, x.n, &e));
		snprintf(text, sizeof(text),
			 "the length of the signature is %zu and must be 96 for ES384", n);
		check_err(&e, REASON_STATEMENT, text);
		free(shorter);
		free(x.p);
	}
	trust_free(&t);
	notation_free(&whole);
	free(part.p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_truncation_of_a_signed_manifest_is_truncated),
		cmocka_unit_test(every_truncation_of_a_bundle_is_truncated),
		cmocka_unit_test(every_shortening_of_a_payload_is_truncated_although_it_is_signed),
		cmocka_unit_test(every_shortening_of_a_header_is_truncated_although_it_is_signed),
		cmocka_unit_test(every_other_length_of_a_signature_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
