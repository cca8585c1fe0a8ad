#include "reference-db/judge.h"

#include <stdio.h>

#include "tests/unit/support_cert.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_scene.h"

#define DAY 86400
#define MOST 4

struct keys {
	EVP_PKEY *v[MOST];
};

static struct keys keys_new(void)
{
	return (struct keys){
		{cert_key("P-256"), cert_key("P-384"), cert_key("P-521"), cert_key("ED25519")}};
}

static void keys_free(struct keys *k)
{
	for (size_t i = 0; i < MOST; i++)
		cert_key_free(&k->v[i]);
}

static const char *const names[MOST] = {"alice", "bob", "carol", "dora"};

/* The first n of them with this threshold; more of the first one. */
static struct buf trusting(const struct keys *k, size_t n, unsigned threshold, const char *more)
{
	struct buf out = BUF(TRUST_MAX);

	buf_str(&out, "version: 1\nkeys:\n");
	for (size_t i = 0; i < n; i++)
		signature_trust(&out, names[i], k->v[i], i == 0 ? more : "");
	buf_fmt(&out, "roles:\n  publisher:\n    threshold: %u\n", threshold);
	return out;
}

static void two_of_three_keys_of_every_kind_are_enough(void **state)
{
	owned(keys_free) struct keys k = keys_new();

	(void)state;
	for (size_t a = 0; a < MOST; a++) {
		owned(scene_free) struct scene s = {0};
		struct buf text = trusting(&k, MOST, 2, "");
		size_t b = (a + 1) % MOST;
		char want[64];

		scene_trust(&s, &text);
		scene_sign(&s, &(struct signature_spec){.key = k.v[a]});
		scene_judge(&s, NULL);
		scene_check(&s, 1, CHECK_SKIP, REASON_THRESHOLD, "1 trusted key signed, 2 must");
		scene_yes(&s, false, REASON_THRESHOLD);
		scene_sign(&s, &(struct signature_spec){.key = k.v[b], .expires = SCENE_NOW});
		scene_judge(&s, NULL);
		snprintf(want, sizeof(want), "%s: holds", names[b]);
		scene_check(&s, 1, CHECK_PASS, REASON_NONE, want);
		scene_check(&s, 2, CHECK_PASS, REASON_NONE, "2 trusted keys signed, 2 must");
		scene_yes(&s, true, REASON_NONE);
		assert_int_equal(s.judged.n, 2);
		assert_string_equal(s.judged.signer[0].name, names[a]);
		assert_null(s.judged.signer[0].ca);
		assert_ptr_equal(s.judged.signer[1].statement, &s.published.statement[1]);
	}
}

static void a_key_that_signs_twice_counts_once(void **state)
{
	owned(keys_free) struct keys k = keys_new();
	owned(scene_free) struct scene s = {0};
	struct buf text = trusting(&k, 3, 2, "");

	(void)state;
	scene_trust(&s, &text);
	scene_sign(&s, &(struct signature_spec){.key = k.v[0]});
	scene_sign(&s, &(struct signature_spec){.key = k.v[0], .expires = SCENE_NOW + DAY});
	scene_judge(&s, NULL);
	scene_check(&s, 0, CHECK_PASS, REASON_NONE, "alice: holds");
	scene_check(&s, 1, CHECK_PASS, REASON_NONE, "alice: holds");
	scene_check(&s, 2, CHECK_SKIP, REASON_THRESHOLD, "1 trusted key signed, 2 must");
	scene_yes(&s, false, REASON_THRESHOLD);
}

static void a_stranger_counts_for_nothing_and_hinders_nobody(void **state)
{
	owned(keys_free) struct keys k = keys_new();
	owned(scene_free) struct scene s = {0};
	struct buf text = trusting(&k, 1, 1, "");

	(void)state;
	scene_trust(&s, &text);
	scene_sign(&s, &(struct signature_spec){.key = k.v[1], .no_kid = true});
	scene_judge(&s, NULL);
	scene_check(
		&s, 0, CHECK_WARN, REASON_UNKNOWN_KEY,
		"no key id: a key that the trust file does not name for this role; it counts for "
		"nothing");
	scene_yes(&s, false, REASON_THRESHOLD);
	scene_sign(&s, &(struct signature_spec){.key = k.v[0]});
	scene_judge(&s, NULL);
	scene_yes(&s, true, REASON_NONE);
	assert_int_equal(s.judged.n, 1);
}

static void a_signature_in_anothers_name_fails_the_whole(void **state)
{
	owned(keys_free) struct keys k = keys_new();
	owned(pubkey_free) struct pubkey *alice = signature_pubkey(k.v[0]);
	owned(cert_key_free) EVP_PKEY *thief = cert_key("P-256");
	static const char no[] = "alice: the signature in the name of this key does not hold";
	const struct {
		struct signature_spec spec;
		const char *detail;
	} forged[] = {
		{{.key = k.v[0], .broken = true}, no},
		{{.key = k.v[1], .kid = alice}, "alice: alg is ES384, and this key makes ES256"},
		{{.key = thief, .kid = alice}, no},
		{{.key = k.v[0], .alg = COSE_EDDSA, .expires = 1},
		 "alice: alg is EdDSA, and this key makes ES256"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(forged); i++) {
		owned(scene_free) struct scene s = {0};
		struct buf text = trusting(&k, 2, 1, "");

		scene_trust(&s, &text);
		scene_sign(&s, &(struct signature_spec){.key = k.v[1]});
		scene_sign(&s, &forged[i].spec);
		scene_judge(&s, NULL);
		scene_check(&s, 1, CHECK_FAIL, REASON_SIGNATURE, forged[i].detail);
		scene_yes(&s, false, REASON_SIGNATURE);
	}
}

static void check_late(const char *window, const struct signature_spec *spec, enum reason r,
		       const char *detail)
{
	owned(keys_free) struct keys k = keys_new();
	const struct when none = {.clock = CLOCK_NONE};

	for (size_t others = 0; others < 2; others++) {
		owned(scene_free) struct scene s = {0};
		struct buf text = trusting(&k, 2, 1, window);
		struct signature_spec by = *spec;
		bool enough = others > 0 || r == REASON_NONE;

		by.key = k.v[0];
		scene_trust(&s, &text);
		scene_sign(&s, &by);
		if (others)
			scene_sign(&s, &(struct signature_spec){.key = k.v[1]});
		scene_judge(&s, NULL);
		scene_check(&s, 0,
			    r == REASON_NONE ? CHECK_PASS
			    : enough	     ? CHECK_WARN
					     : CHECK_FAIL,
			    r, detail);
		scene_yes(&s, enough, enough ? REASON_NONE : r);
		scene_judge(&s, &none);
		scene_check(&s, 0, CHECK_PASS, REASON_NONE, "alice: holds");
	}
}

static void outside_its_time_a_signature_counts_for_nothing(void **state)
{
	static const struct signature_spec plain = {0}, old = {.expires = SCENE_NOW - 1},
					   new = {.not_before = SCENE_NOW + 1,
						  .expires = SCENE_NOW + DAY},
					   last = {.expires = SCENE_NOW},
					   first = {.not_before = SCENE_NOW,
						    .expires = SCENE_NOW + DAY};
	static const char
		expired[] =
			"alice: a signature, a certificate or a manifest was valid only until a "
			"time that has passed",
		early[] =
			"alice: a signature, a certificate or a manifest is valid only from a time "
			"that has not come";

	(void)state;
	check_late("", &old, REASON_EXPIRED, expired);
	check_late("", &new, REASON_NOT_YET_VALID, early);
	check_late("", &last, REASON_NONE, "alice: holds");
	check_late("", &first, REASON_NONE, "alice: holds");
	check_late("    not-after: 2026-01-01T00:00:00Z\n", &plain, REASON_EXPIRED, expired);
	check_late("    not-before: 2027-01-01T00:00:00Z\n", &last, REASON_NOT_YET_VALID, early);
	check_late("    not-before: 2026-01-01T00:00:00Z\n    not-after: 2027-01-01T00:00:00Z\n",
		   &plain, REASON_NONE, "alice: holds");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_of_three_keys_of_every_kind_are_enough),
		cmocka_unit_test(a_key_that_signs_twice_counts_once),
		cmocka_unit_test(a_stranger_counts_for_nothing_and_hinders_nobody),
		cmocka_unit_test(a_signature_in_anothers_name_fails_the_whole),
		cmocka_unit_test(outside_its_time_a_signature_counts_for_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
