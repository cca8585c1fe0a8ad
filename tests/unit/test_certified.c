#include "reference-db/certified.h"

#include "tests/unit/support_chain.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_scene.h"

/* A trust file whose publishers are those that the CA certifies, and alice when she is given. */
static struct buf trusting_ca(X509 *ca, unsigned threshold, EVP_PKEY *alice, const char *role)
{
	struct buf out = BUF(TRUST_MAX);

	buf_str(&out, "version: 1\n");
	if (alice) {
		buf_str(&out, "keys:\n");
		signature_trust(&out, "alice", alice, "");
	}
	buf_str(&out, "roles:\n");
	if (alice && strcmp(role, "publisher") != 0)
		buf_fmt(&out, "  publisher:\n    threshold: %u\n", threshold);
	buf_fmt(&out, "  %s:\n    threshold: %u\n    ca:\n", role, threshold);
	signature_trust_ca(&out, ca);
	return out;
}

static struct signature_spec certified(const struct chain_made *c, size_t n)
{
	struct signature_spec spec = {.key = c->key[0], .n_chain = n};

	for (size_t i = 0; i < n; i++)
		spec.chain[i] = c->cert[i];
	return spec;
}

static const struct chain_spec good[4] = {
	{.subject = "Alice"}, {.key = "P-256"}, {.key = "ED25519"}, {.subject = "Root"}};

static void a_chain_that_leads_to_the_ca_of_the_role_counts_as_its_key(void **state)
{
	owned(chain_free) struct chain_made made = chain_make(good, 4);
	owned(pubkey_free) struct pubkey *leaf = signature_pubkey(made.key[0]);

	(void)state;
	/* Without the CA, with it, and with what stands behind it. */
	for (size_t ca = 1; ca < 4; ca++) {
		for (size_t n = ca; n <= 4; n++) {
			owned(scene_free) struct scene s = {0};
			struct buf text = trusting_ca(made.cert[ca], 1, NULL, "publisher");
			struct signature_spec spec = certified(&made, n);

			scene_trust(&s, &text);
			scene_sign(&s, &spec);
			scene_judge(&s, NULL);
			scene_check(&s, 0, CHECK_PASS, REASON_NONE, "CN=Alice: holds");
			scene_yes(&s, true, REASON_NONE);
			assert_true(digest_equal(&s.judged.signer[0].id, pubkey_id(leaf)));
			assert_string_equal(s.judged.signer[0].name, "CN=Alice");
			assert_ptr_equal(s.judged.signer[0].ca,
					 s.trust->rule[TRUST_PUBLISHER].ca[0]);
		}
	}
}

static void a_ca_of_another_role_certifies_nobody_for_this_one(void **state)
{
	owned(chain_free) struct chain_made made = chain_make(good, 4);
	owned(cert_key_free) EVP_PKEY *alice = cert_key("P-256");
	owned(scene_free) struct scene s = {0};
	struct buf text = trusting_ca(made.cert[3], 1, alice, "rebuilder");
	struct signature_spec spec = certified(&made, 3);

	(void)state;
	scene_trust(&s, &text);
	scene_sign(&s, &spec);
	scene_judge(&s, NULL);
	assert_string_equal(reason_slug(s.verdict.check[0].reason), "unknown-key");
	assert_non_null(strstr(s.verdict.check[0].detail,
			       ": a key that the trust file does not name for this role"));
	scene_yes(&s, false, REASON_THRESHOLD);
}

static void a_key_that_is_named_and_certified_counts_once(void **state)
{
	owned(chain_free) struct chain_made made = chain_make(good, 4);
	owned(cert_free) X509 *another = chain_issue(&made, good, 0, 1);
	struct signature_spec spec = certified(&made, 3), again = certified(&made, 3),
			      plain = {.key = made.key[0]};

	(void)state;
	again.chain[0] = another;
	for (size_t named = 0; named < 2; named++) {
		owned(scene_free) struct scene s = {0};
		struct buf text =
			trusting_ca(made.cert[3], 2, named ? made.key[0] : NULL, "publisher");

		scene_trust(&s, &text);
		scene_sign(&s, &spec);
		scene_sign(&s, named ? &plain : &again);
		scene_judge(&s, NULL);
		scene_check(&s, 1, CHECK_PASS, REASON_NONE,
			    named ? "alice: holds" : "CN=Alice: holds");
		scene_check(&s, 2, CHECK_SKIP, REASON_THRESHOLD, "1 trusted key signed, 2 must");
		assert_int_equal(s.judged.n, 1);
	}
}

/* Two keys of one subject, and another subject's; the second time in other letters. */
static void a_subject_counts_once_whatever_its_keys(void **state)
{
	static const char *const subjects[2][2] = {{"Alice", "Bob"}, {"Alice", "ALICE"}};
	owned(chain_free) struct chain_made made = chain_make(good, 4);

	(void)state;
	for (size_t same = 0; same < 2; same++) {
		owned(scene_free) struct scene s = {0};
		struct buf text = trusting_ca(made.cert[3], 2, NULL, "publisher");

		scene_trust(&s, &text);
		for (size_t i = 0; i < 2; i++) {
			const struct chain_spec spec[2] = {{.subject = subjects[same][i]}, good[1]};
			owned(cert_key_free) EVP_PKEY *key = cert_key("P-256");
			const struct chain_made keys = {.n = 2, .key = {key, made.key[1]}};
			owned(cert_free) X509 *leaf = chain_issue(&keys, spec, 0, 1);
			struct signature_spec by = certified(&made, 3);

			by.key = key;
			by.chain[0] = leaf;
			scene_sign(&s, &by);
		}
		scene_judge(&s, NULL);
		scene_check(&s, 0, CHECK_PASS, REASON_NONE, "CN=Alice: holds");
		scene_yes(&s, !same, same ? REASON_THRESHOLD : REASON_NONE);
		assert_int_equal(s.judged.n, same ? 1 : 2);
		assert_string_equal(s.judged.signer[0].name, "CN=Alice");
	}
}

/* Of a key that is named the chain is not looked at: neither does it help nor harm. */
static void the_entry_of_a_key_says_more_than_its_chain(void **state)
{
	static const struct chain_spec late[2] = {{.to = "20210101000000Z"}, {0}};
	owned(chain_free) struct chain_made made = chain_make(late, 2);
	owned(scene_free) struct scene s = {0};
	struct buf text = trusting_ca(made.cert[1], 1, made.key[0], "publisher");
	struct signature_spec spec = certified(&made, 1);

	(void)state;
	scene_trust(&s, &text);
	scene_sign(&s, &spec);
	scene_judge(&s, NULL);
	scene_check(&s, 0, CHECK_PASS, REASON_NONE, "alice: holds");
	assert_null(s.judged.signer[0].ca);
}

/* The chain as the spec makes it, up to n, for a trust file that names the last one. */
static void check_chain(const struct chain_spec *spec, size_t made_n, size_t n, enum reason r,
			const char *detail)
{
	owned(chain_free) struct chain_made made = chain_make(spec, made_n);
	owned(cert_key_free) EVP_PKEY *alice = cert_key("P-256");
	struct signature_spec by = certified(&made, n);

	for (size_t others = 0; others < 2; others++) {
		owned(scene_free) struct scene s = {0};
		struct buf text = trusting_ca(made.cert[made_n - 1], 1, alice, "publisher");

		scene_trust(&s, &text);
		scene_sign(&s, &by);
		if (others)
			scene_sign(&s, &(struct signature_spec){.key = alice});
		scene_judge(&s, NULL);
		scene_check(&s, 0, others ? CHECK_WARN : CHECK_FAIL, r, detail);
		scene_yes(&s, others, others ? REASON_NONE : r);
	}
}

static const struct chain_case {
	struct chain_spec spec[3];
	size_t made, n;
	enum reason reason;
	const char *detail;
} faults[] = {
	{{{.to = "20251231235959Z"}},
	 3,
	 2,
	 REASON_EXPIRED,
	 "CN=0: certificate 1 of 3 is no longer valid"},
	{{{0}, {.to = "20251231235959Z"}},
	 3,
	 2,
	 REASON_EXPIRED,
	 "CN=0: certificate 2 of 3 is no longer valid"},
	{{{0}, {0}, {.to = "20251231235959Z"}},
	 3,
	 3,
	 REASON_EXPIRED,
	 "CN=0: certificate 3 of 3 is no longer valid"},
	{{{.from = "20300101000000Z"}},
	 2,
	 1,
	 REASON_NOT_YET_VALID,
	 "CN=0: certificate 1 of 2 is not valid yet"},
	{{{.purposes = "serverAuth"}},
	 2,
	 1,
	 REASON_CHAIN,
	 "CN=0: certificate 1 of 2 has an extendedKeyUsage without codeSigning"},
	{{{.constraints = "CA:TRUE"}},
	 2,
	 1,
	 REASON_CHAIN,
	 "CN=0: certificate 1 of 2 is a CA, and the leaf must be none"},
	{{{.usage = "keyCertSign"}},
	 2,
	 1,
	 REASON_CHAIN,
	 "CN=0: certificate 1 of 2 has a keyUsage without digitalSignature"},
	{{{0}, {.constraints = "CA:FALSE"}},
	 3,
	 2,
	 REASON_CHAIN,
	 "CN=0: certificate 2 of 3 is no CA by its basicConstraints"},
	{{{0}, {0}, {.constraints = "CA:TRUE,pathlen:0"}},
	 3,
	 2,
	 REASON_CHAIN,
	 "CN=0: certificate 3 of 3 allows 0 certificates between it and the leaf, and "
	 "there are 1"},
	{{{.digest = "SHA1"}},
	 2,
	 1,
	 REASON_CHAIN,
	 "CN=0: certificate 1 of 2 is signed with an algorithm that is not allowed here"},
	{{{.other = "1.2.3=critical,DER:0500"}},
	 2,
	 2,
	 REASON_CHAIN,
	 "CN=0: certificate 1 of 2 has a critical extension 1.2.3, which is not known "
	 "here"},
};

static void a_chain_with_a_fault_counts_for_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(faults); i++)
		check_chain(faults[i].spec, faults[i].made, faults[i].n, faults[i].reason,
			    faults[i].detail);
}

/* Certificates in an order of the test's own; is expected of the first signature. */
static void check_order(const struct chain_made *made, const size_t *order, size_t n, enum reason r,
			const char *detail)
{
	owned(scene_free) struct scene s = {0};
	struct buf text = trusting_ca(made->cert[made->n - 1], 1, NULL, "publisher");
	struct signature_spec spec = {.key = made->key[0], .n_chain = n};

	for (size_t i = 0; i < n; i++)
		spec.chain[i] = made->cert[order[i]];
	scene_trust(&s, &text);
	scene_sign(&s, &spec);
	scene_judge(&s, NULL);
	if (!strstr(s.verdict.check[0].detail, detail))
		fail_msg("\"%s\" is not in \"%s\"", detail, s.verdict.check[0].detail);
	assert_string_equal(reason_slug(s.verdict.check[0].reason), reason_slug(r));
	scene_yes(&s, false, r == REASON_UNKNOWN_KEY ? REASON_THRESHOLD : r);
}

static void order_repetition_and_strangers_are_no_chain(void **state)
{
	static const char nowhere[] = ": certificates that lead to no CA that the trust file names "
				      "for this role; it counts for nothing";
	owned(chain_free) struct chain_made made = chain_make(good, 4);

	(void)state;
	check_order(&made, (size_t[]){0, 2, 1}, 3, REASON_UNKNOWN_KEY, nowhere);
	check_order(&made, (size_t[]){0, 1}, 2, REASON_UNKNOWN_KEY, nowhere);
	check_order(&made, (size_t[]){0, 2}, 2, REASON_CHAIN,
		    "CN=Alice: certificate 1 of 3 names another issuer than the next certificate "
		    "is");
	check_order(&made, (size_t[]){0, 1, 1, 2}, 4, REASON_CHAIN,
		    "CN=Alice: certificate 2 of 5 names another issuer");
	check_order(&made, (size_t[]){1, 2}, 2, REASON_CHAIN,
		    "CN=1: certificate 1 of 3 is a CA, and the leaf must be none");
	check_order(&made, (size_t[]){3}, 1, REASON_CHAIN,
		    "CN=Root: certificate 1 of 1 is a CA, and the leaf must be none");
}

static void the_key_id_is_that_of_the_first_certificate(void **state)
{
	static const char wrong[] =
		"CN=Alice: the key id is not that of the first certificate's key";
	owned(chain_free) struct chain_made made = chain_make(good, 4);
	owned(cert_key_free) EVP_PKEY *other = cert_key("P-384");
	owned(pubkey_free) struct pubkey *kid = signature_pubkey(other);

	(void)state;
	for (int i = 0; i < 2; i++) {
		owned(scene_free) struct scene s = {0};
		struct buf text = trusting_ca(made.cert[3], 1, NULL, "publisher");
		struct signature_spec spec = certified(&made, 3);

		spec.no_kid = i == 0;
		spec.kid = kid;
		scene_trust(&s, &text);
		scene_sign(&s, &spec);
		scene_judge(&s, NULL);
		scene_check(&s, 0, CHECK_FAIL, REASON_CHAIN, wrong);
	}
}

/* The certificates of somebody in front of a signature of another. */
static void a_stolen_chain_fails_the_whole(void **state)
{
	owned(chain_free) struct chain_made made = chain_make(good, 4);
	owned(cert_key_free) EVP_PKEY *thief = cert_key("P-384");
	owned(pubkey_free) struct pubkey *alice = signature_pubkey(made.key[0]);
	owned(scene_free) struct scene s = {0};
	struct buf text = trusting_ca(made.cert[3], 1, NULL, "publisher");
	struct signature_spec spec = certified(&made, 3), stolen = spec;

	(void)state;
	stolen.key = thief;
	stolen.kid = alice;
	scene_trust(&s, &text);
	scene_sign(&s, &spec);
	scene_sign(&s, &stolen);
	scene_judge(&s, NULL);
	scene_check(&s, 0, CHECK_PASS, REASON_NONE, "CN=Alice: holds");
	scene_check(&s, 1, CHECK_FAIL, REASON_SIGNATURE,
		    "CN=Alice: the signature in the name of this key does not hold");
	scene_yes(&s, false, REASON_SIGNATURE);
}

static void a_certified_signature_has_its_own_time_too(void **state)
{
	owned(chain_free) struct chain_made made = chain_make(good, 4);
	owned(scene_free) struct scene s = {0};
	struct buf text = trusting_ca(made.cert[3], 1, NULL, "publisher");
	struct signature_spec spec = certified(&made, 3);
	const struct when later = {CLOCK_AT, INT64_C(4102444800)}, none = {.clock = CLOCK_NONE};

	(void)state;
	spec.expires = SCENE_NOW - 1;
	scene_trust(&s, &text);
	scene_sign(&s, &spec);
	scene_judge(&s, NULL);
	scene_check(
		&s, 0, CHECK_FAIL, REASON_EXPIRED,
		"CN=Alice: a signature, a certificate or a manifest was valid only until a time that has "
		"passed");
	scene_judge(&s, &later);
	scene_check(&s, 0, CHECK_FAIL, REASON_EXPIRED,
		    "CN=Alice: certificate 1 of 4 is no longer valid");
	scene_judge(&s, &none);
	scene_check(&s, 0, CHECK_PASS, REASON_NONE, "CN=Alice: holds");
}

/* One bit of every byte: of the header with its certificates, the payload, the signature. */
static void no_flipped_bit_of_a_certified_statement_counts(void **state)
{
	static const struct chain_spec spec[3] = {
		{.key = "P-256"}, {.key = "P-256"}, {.key = "P-256"}};
	owned(chain_free) struct chain_made made = chain_make(spec, 3);
	struct signature_spec by = certified(&made, 2);
	struct buf good_one = signature_make(&by);
	struct buf text = trusting_ca(made.cert[2], 1, NULL, "publisher");
	owned(scene_free) struct scene s = {0};

	(void)state;
	scene_trust(&s, &text);
	for (size_t i = 0; i < good_one.n; i++) {
		struct buf flipped = BUF(1u << 20);
		struct err e = {0};

		buf_put(&flipped, buf_bytes(&good_one));
		flipped.p[i] ^= (uint8_t)(1u << i % 8);
		published_free(&s.published);
		s.published = (struct published){0};
		if (!published_add_bytes(&s.published, &flipped, &e))
			continue;
		scene_judge(&s, NULL);
		assert_false(verdict_decide(&s.verdict, &e));
		assert_int_equal(s.judged.n, 0);
	}
	buf_free(&good_one);
}

/* Two CAs of one name and two keys: whichever signed is found. */
static void cas_of_one_name_are_told_apart_by_their_keys(void **state)
{
	static const struct chain_spec spec[3] = {
		{.issuer = "CA"}, {.subject = "CA"}, {.subject = "CA"}};
	owned(chain_free) struct chain_made made = chain_make(spec, 3);
	owned(cert_free) X509 *first = chain_issue(&made, spec, 1, 1);

	(void)state;
	for (size_t order = 0; order < 2; order++) {
		owned(scene_free) struct scene s = {0};
		struct buf text = trusting_ca(order ? first : made.cert[2], 1, NULL, "publisher");
		struct signature_spec by = certified(&made, 1);

		signature_trust_ca(&text, order ? made.cert[2] : first);
		scene_trust(&s, &text);
		scene_sign(&s, &by);
		scene_judge(&s, NULL);
		scene_check(&s, 0, CHECK_PASS, REASON_NONE, "CN=0: holds");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_that_leads_to_the_ca_of_the_role_counts_as_its_key),
		cmocka_unit_test(a_ca_of_another_role_certifies_nobody_for_this_one),
		cmocka_unit_test(a_key_that_is_named_and_certified_counts_once),
		cmocka_unit_test(a_subject_counts_once_whatever_its_keys),
		cmocka_unit_test(the_entry_of_a_key_says_more_than_its_chain),
		cmocka_unit_test(a_chain_with_a_fault_counts_for_nothing),
		cmocka_unit_test(order_repetition_and_strangers_are_no_chain),
		cmocka_unit_test(the_key_id_is_that_of_the_first_certificate),
		cmocka_unit_test(a_stolen_chain_fails_the_whole),
		cmocka_unit_test(a_certified_signature_has_its_own_time_too),
		cmocka_unit_test(no_flipped_bit_of_a_certified_statement_counts),
		cmocka_unit_test(cas_of_one_name_are_told_apart_by_their_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
