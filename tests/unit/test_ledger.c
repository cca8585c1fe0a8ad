#include "reference-db/listed.h"

#include <stdio.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_ledger.h"

#define PUBLISHER (1u << TRUST_PUBLISHER)
#define REBUILDER (1u << TRUST_REBUILDER)
#define WITHDRAWER (1u << TRUST_WITHDRAWER)
#define ROOT (1u << TRUST_ROOT)

static const char *why(const struct book *s)
{
	struct ledger_statement x;

	ledger_statement(s->l, ledger_statements(s->l) - 1, &x);
	return x.why;
}

static void a_release_is_published_when_enough_publishers_have_signed(void **state)
{
	struct book s = book_new();

	(void)state;
	book_trust(&s, ALICE_KEY, PUBLISHER);
	book_trust(&s, BOB_KEY, PUBLISHER);
	s.trust->rule[TRUST_PUBLISHER].threshold = 2;
	book_begin(&s);
	assert_int_equal(book_manifest(&s, ALICE_KEY, "1", 1), LEDGER_COUNTS);
	assert_int_equal(book_look(&s, "1").publishers, 1);
	assert_false(book_look(&s, "1").published);
	/* the same key again, at another time, is the same key */
	assert_int_equal(book_manifest(&s, ALICE_KEY, "1", 1), LEDGER_COUNTS);
	assert_int_equal(book_look(&s, "1").publishers, 1);
	assert_int_equal(book_manifest(&s, EVE_KEY, "1", 1), LEDGER_UNKNOWN_KEY);
	assert_string_equal(why(&s), "was signed by a key that has not the role in force");
	assert_false(book_look(&s, "1").published);
	assert_int_equal(book_manifest(&s, BOB_KEY, "1", 1), LEDGER_COUNTS);
	assert_int_equal(book_look(&s, "1").publishers, 2);
	assert_true(book_look(&s, "1").published);
	book_free(&s);
}

static void a_publisher_is_no_rebuilder_of_what_he_published(void **state)
{
	struct book s = book_new();

	(void)state;
	book_trust(&s, ALICE_KEY, PUBLISHER | REBUILDER);
	book_trust(&s, BOB_KEY, REBUILDER);
	book_trust(&s, CAROL_KEY, REBUILDER);
	book_trust(&s, DAVE_KEY, REBUILDER);
	s.trust->rule[TRUST_REBUILDER].threshold = 2;
	book_begin(&s);
	assert_int_equal(book_rebuilt(&s, BOB_KEY, "1", 1, REBUILT_EQUAL), LEDGER_NO_RELEASE);
	assert_string_equal(why(&s), "no manifest of that release counts before it");
	book_manifest(&s, ALICE_KEY, "1", 1);
	assert_int_equal(book_rebuilt(&s, ALICE_KEY, "1", 1, REBUILT_EQUAL), LEDGER_COUNTS);
	assert_int_equal(book_rebuilt(&s, BOB_KEY, "1", 1, REBUILT_DIFFERS), LEDGER_COUNTS);
	assert_int_equal(book_look(&s, "1").rebuilders, 0);
	assert_int_equal(book_look(&s, "1").differing, 1);
	/* the last word of a key is its word */
	book_rebuilt(&s, BOB_KEY, "1", 1, REBUILT_EQUAL);
	book_rebuilt(&s, DAVE_KEY, "1", 1, REBUILT_WITNESSED);
	assert_int_equal(book_look(&s, "1").rebuilders, 1);
	assert_int_equal(book_look(&s, "1").witnessed, 1);
	assert_int_equal(book_look(&s, "1").differing, 0);
	assert_false(book_look(&s, "1").reproduced);
	book_rebuilt(&s, CAROL_KEY, "1", 1, REBUILT_EQUAL);
	assert_true(book_look(&s, "1").reproduced);
	/* and who publishes later has never been one */
	assert_int_equal(book_rebuilt(&s, CAROL_KEY, "1", 9, REBUILT_EQUAL), LEDGER_CONTRADICTS);
	assert_string_equal(why(&s), "speaks of another payload of that version");
	book_free(&s);
}

static void a_withdrawal_is_for_ever_and_by_withdrawers_alone(void **state)
{
	struct book s = book_new();
	struct ledger_release r;

	(void)state;
	book_trust(&s, ALICE_KEY, PUBLISHER);
	book_trust(&s, BOB_KEY, WITHDRAWER);
	book_trust(&s, CAROL_KEY, WITHDRAWER);
	s.trust->rule[TRUST_WITHDRAWER].threshold = 2;
	book_begin(&s);
	assert_int_equal(book_withdraw(&s, BOB_KEY, "1", 1), LEDGER_NO_RELEASE);
	book_manifest(&s, ALICE_KEY, "1", 1);
	assert_int_equal(book_withdraw(&s, ALICE_KEY, "1", 1), LEDGER_UNKNOWN_KEY);
	assert_int_equal(book_withdraw(&s, BOB_KEY, "1", 1), LEDGER_COUNTS);
	assert_int_equal(book_withdraw(&s, BOB_KEY, "1", 1), LEDGER_COUNTS);
	assert_false(book_look(&s, "1").withdrawn);
	assert_int_equal(book_withdraw(&s, CAROL_KEY, "1", 1), LEDGER_COUNTS);
	r = book_look(&s, "1");
	assert_true(r.withdrawn && !r.replacement);
	assert_string_equal(r.withdrawn_why, "a key leaked");
	book_manifest(&s, ALICE_KEY, "1", 1);
	book_release(&s, ALICE_KEY, "1", "", NULL);
	assert_true(book_look(&s, "1").withdrawn);
	book_free(&s);
}

static void two_payloads_of_one_version_contradict_each_other(void **state)
{
	struct book s = book_new();
	struct ledger_hit hit[4];
	uint8_t pcr0[48];

	(void)state;
	book_trust(&s, ALICE_KEY, PUBLISHER);
	book_trust(&s, BOB_KEY, PUBLISHER);
	book_begin(&s);
	book_manifest(&s, ALICE_KEY, "1", 1);
	assert_int_equal(book_manifest(&s, EVE_KEY, "1", 2), LEDGER_UNKNOWN_KEY);
	assert_false(book_look(&s, "1").contradicted);
	assert_int_equal(book_manifest(&s, BOB_KEY, "1", 2), LEDGER_CONTRADICTS);
	assert_string_equal(why(&s), "another payload of that version counts already");
	assert_true(book_look(&s, "1").contradicted);
	/* both are found, and both are that release */
	for (uint8_t i = 1; i < 3; i++) {
		memset(pcr0, i, sizeof(pcr0));
		pcr0[0] = 0x10;
		assert_int_equal(ledger_who(s.l, bytes_of(pcr0, 48), 0, hit, 4), 1);
		assert_string_equal(hit[0].what, "PCR0");
		assert_int_equal(hit[0].release, 0);
	}
	book_free(&s);
}

static void digests_are_found_with_what_they_are_of(void **state)
{
	struct book s = book_new();
	struct ledger_hit hit[2];
	struct digest kernel = said_digest(0x51), image = said_digest(0x50);
	struct digest none = said_digest(0x4f);

	(void)state;
	book_trust(&s, ALICE_KEY, PUBLISHER);
	book_begin(&s);
	for (uint8_t i = 1; i < 4; i++) {
		char version[2] = {(char)('0' + i), '\0'};

		book_manifest(&s, ALICE_KEY, version, i);
	}
	assert_int_equal(ledger_who(s.l, digest_bytes(&kernel), 0, hit, 2), 3);
	assert_string_equal(hit[0].what, "section kernel");
	assert_int_equal(hit[0].release, 0);
	assert_int_equal(hit[1].release, 1);
	assert_int_equal(ledger_who(s.l, digest_bytes(&image), 0, hit, 2), 3);
	assert_string_equal(hit[0].what, "image");
	assert_int_equal(ledger_who(s.l, digest_bytes(&none), 0, hit, 2), 0);
	assert_int_equal(ledger_who(s.l, bytes_of(kernel.v, 31), 0, hit, 2), 0);
	book_free(&s);
}

/* The last of many that have one measurement was taken back: that decides. */
static void one_of_many_that_are_the_same_decides(void **state)
{
	struct book s = book_new();
	struct listed x = {.as_of = {.when = {.clock = CLOCK_NONE}}};
	struct digest pcr0 = {.alg = DIGEST_SHA384, .len = 48};
	uint64_t release = 0;
	char version[8];

	(void)state;
	book_trust(&s, ALICE_KEY, PUBLISHER);
	book_trust(&s, DAVE_KEY, WITHDRAWER);
	book_begin(&s);
	memset(pcr0.v, 1, 48);
	pcr0.v[0] = 0x10;
	for (unsigned i = 0; i < 600; i++) {
		snprintf(version, sizeof(version), "%u", i);
		assert_int_equal(book_manifest(&s, ALICE_KEY, version, 1), LEDGER_COUNTS);
	}
	x.ledger = s.l;
	assert_true(listed_find(&x, &pcr0, 1, &release) && release == 599);
	assert_int_equal(book_withdraw(&s, DAVE_KEY, "580", 1), LEDGER_COUNTS);
	assert_true(listed_find(&x, &pcr0, 1, &release) && release == 580);
	book_free(&s);
}

static void versions_are_in_the_order_in_which_they_became_latest(void **state)
{
	struct book s = book_new();

	(void)state;
	book_trust(&s, ALICE_KEY, PUBLISHER);
	book_begin(&s);
	for (uint8_t i = 1; i < 6; i++) {
		char version[2] = {(char)('0' + i), '\0'};

		book_manifest(&s, ALICE_KEY, version, i);
	}
	assert_int_equal(book_release(&s, ALICE_KEY, "7", "", NULL), LEDGER_NO_RELEASE);
	assert_string_equal(why(&s), "no manifest of its latest version counts before it");
	assert_int_equal(book_release(&s, ALICE_KEY, "3", "2", NULL), LEDGER_CONTRADICTS);
	assert_string_equal(why(&s), "its minimum was never the latest of that channel");
	assert_int_equal(book_release(&s, ALICE_KEY, "1", "", NULL), LEDGER_COUNTS);
	assert_true(book_look(&s, "1").latest && book_look(&s, "1").released);
	assert_false(book_look(&s, "2").released || book_look(&s, "2").below_minimum);
	assert_int_equal(book_release(&s, ALICE_KEY, "4", "", "1"), LEDGER_COUNTS);
	assert_true(book_look(&s, "1").superseded && !book_look(&s, "1").latest);
	assert_int_equal(book_release(&s, ALICE_KEY, "2", "4", NULL), LEDGER_COUNTS);
	assert_true(book_look(&s, "1").below_minimum);
	assert_false(book_look(&s, "4").below_minimum || book_look(&s, "2").below_minimum);
	/* never one of that channel */
	assert_true(book_look(&s, "5").below_minimum && !book_look(&s, "5").released);
	book_free(&s);
}

static void channels_are_apart(void **state)
{
	struct book s = book_new();
	struct ledger_when when = {.when = {CLOCK_NONE, 0}, .channel = "beta"};
	struct said_terms t;
	struct buf out = BUF(STATEMENT_MAX);
	struct release beta = said_release("a/b", "beta", "2");
	struct ledger_release r;
	struct err e = {0};

	(void)state;
	book_trust(&s, ALICE_KEY, PUBLISHER);
	book_begin(&s);
	book_manifest(&s, ALICE_KEY, "1", 1);
	book_manifest(&s, ALICE_KEY, "2", 2);
	book_release(&s, ALICE_KEY, "1", "1", NULL);
	beta.minimum = bytes_str("2");
	assert_true(release_write(&beta, &out, &e));
	t = book_terms(&s, STATEMENT_RELEASE);
	assert_int_equal(book_feed(&s, ALICE_KEY, &t, out).statement.worth, LEDGER_COUNTS);
	assert_true(book_look(&s, "1").latest && book_look(&s, "2").latest);
	assert_false(book_look(&s, "1").below_minimum);
	ledger_release(s.l, 0, &when, &r);
	assert_true(!r.latest && !r.released && r.below_minimum);
	ledger_release(s.l, 1, &when, &r);
	assert_true(r.latest && r.released && !r.below_minimum);
	book_free(&s);
}

/* What was signed before the statement in force, and kept back, changes nothing. */
static void an_old_release_statement_cannot_be_slipped_in(void **state)
{
	struct book s = book_new();
	struct said_terms old;

	(void)state;
	book_trust(&s, ALICE_KEY, PUBLISHER);
	book_begin(&s);
	book_manifest(&s, ALICE_KEY, "1", 1);
	book_manifest(&s, ALICE_KEY, "2", 2);
	old = book_terms(&s, STATEMENT_RELEASE);
	book_release(&s, ALICE_KEY, "2", "2", NULL);
	assert_int_equal(
		book_feed(&s, ALICE_KEY, &old, book_payload_release("1", "", NULL)).statement.worth,
		LEDGER_CONTRADICTS);
	assert_string_equal(why(&s),
			    "was made before the release statement of that channel that is "
			    "in force");
	assert_true(book_look(&s, "2").latest && book_look(&s, "1").below_minimum);
	book_free(&s);
}

static void releases_take_force_by_a_threshold_over_one_payload(void **state)
{
	struct book s = book_new();

	(void)state;
	book_trust(&s, ALICE_KEY, PUBLISHER);
	book_trust(&s, BOB_KEY, PUBLISHER);
	s.trust->rule[TRUST_PUBLISHER].threshold = 2;
	book_begin(&s);
	book_manifest(&s, ALICE_KEY, "1", 1);
	book_release(&s, ALICE_KEY, "1", "", NULL);
	book_release(&s, BOB_KEY, "1", "1", NULL);
	assert_false(book_look(&s, "1").latest);
	book_release(&s, BOB_KEY, "1", "", NULL);
	assert_true(book_look(&s, "1").latest);
	book_free(&s);
}

/* ---- keys */

static enum ledger_worth feed_keys(struct book *s, enum book_key by, struct keys *k)
{
	struct said_terms t = book_terms(s, STATEMENT_KEYS);
	struct buf out = BUF(STATEMENT_MAX);
	struct err e = {0};

	assert_true(keys_write(k, &out, &e));
	return book_feed(s, by, &t, out).statement.worth;
}

static struct keys keys_of(struct book *s, uint64_t serial, enum book_key root, unsigned n)
{
	static const char *const names[] = {"r0", "r1"};
	struct keys k = {.serial = serial, .before = said_digest(0), .refresh_days = 30};
	struct err e = {0};
	uint64_t last;

	assert_true(trust_new(&k.trust, &e));
	for (unsigned i = 0; i < n; i++)
		book_add(k.trust, s->key[root + i], names[i], ROOT);
	book_add(k.trust, s->key[EVE_KEY], "eve", PUBLISHER);
	k.trust->rule[TRUST_ROOT].threshold = n;
	if (ledger_keys(s->l, &last, &k.before))
		assert_true(last > 0);
	return k;
}

static void keys_take_force_when_old_and_new_roots_have_signed(void **state)
{
	struct book s = book_new();
	struct digest payload;
	struct keys first, second;
	uint64_t serial = 0;

	(void)state;
	book_trust(&s, ALICE_KEY, ROOT);
	book_begin(&s);
	first = keys_of(&s, 1, ALICE_KEY, 2);
	assert_int_equal(book_manifest(&s, EVE_KEY, "0", 1), LEDGER_UNKNOWN_KEY);
	assert_int_equal(feed_keys(&s, CAROL_KEY, &first), LEDGER_UNKNOWN_KEY);
	assert_int_equal(feed_keys(&s, ALICE_KEY, &first), LEDGER_COUNTS);
	assert_false(ledger_keys(s.l, &serial, &payload));
	assert_int_equal(feed_keys(&s, BOB_KEY, &first), LEDGER_COUNTS);
	assert_true(ledger_keys(s.l, &serial, &payload));
	assert_int_equal(serial, 1);
	assert_int_equal(ledger_refresh_days(s.l), 30);
	assert_int_equal(ledger_trust(s.l)->n, 3);
	assert_int_equal(book_manifest(&s, EVE_KEY, "1", 1), LEDGER_COUNTS);
	assert_int_equal(feed_keys(&s, BOB_KEY, &first), LEDGER_CONTRADICTS);
	assert_string_equal(why(&s), "signs keys that are in force already");
	/* to carol alone: alice and bob, of whom both are needed, and carol, whoever is first */
	second = keys_of(&s, 2, CAROL_KEY, 1);
	assert_int_equal(feed_keys(&s, CAROL_KEY, &second), LEDGER_UNKNOWN_KEY);
	assert_string_equal(why(&s), "proposes keys that no root key in force has signed");
	assert_int_equal(feed_keys(&s, ALICE_KEY, &second), LEDGER_COUNTS);
	assert_true(ledger_keys(s.l, &serial, &payload) && serial == 1);
	assert_int_equal(feed_keys(&s, BOB_KEY, &second), LEDGER_COUNTS);
	assert_true(ledger_keys(s.l, &serial, &payload) && serial == 2);
	keys_free(&first);
	keys_free(&second);
	book_free(&s);
}

static void keys_out_of_turn_change_nothing(void **state)
{
	struct book s = book_new();
	struct keys first, far;

	(void)state;
	book_trust(&s, ALICE_KEY, ROOT);
	book_begin(&s);
	first = keys_of(&s, 1, ALICE_KEY, 1);
	feed_keys(&s, ALICE_KEY, &first);
	far = keys_of(&s, 3, ALICE_KEY, 1);
	assert_int_equal(feed_keys(&s, ALICE_KEY, &far), LEDGER_CONTRADICTS);
	assert_string_equal(why(&s), "its serial is not one more than that of the keys in force");
	far.serial = 2;
	far.before = said_digest(8);
	assert_int_equal(feed_keys(&s, ALICE_KEY, &far), LEDGER_CONTRADICTS);
	assert_string_equal(why(&s), "is not made to follow the keys in force");
	keys_free(&first);
	keys_free(&far);
	book_free(&s);
}

/* What a stranger says of himself is not enough, and costs no more than its bytes: one place, by
 * which it counts when a root key in force has signed the same; and none when it never can. */
static void keys_that_a_stranger_proposes_count_for_nothing(void **state)
{
	struct book s = book_new();
	struct ledger_statement x;
	struct digest payload;
	struct keys first, stolen, late;
	uint64_t serial = 0;
	size_t slots;

	(void)state;
	book_trust(&s, ALICE_KEY, ROOT);
	book_begin(&s);
	first = keys_of(&s, 1, ALICE_KEY, 1);
	feed_keys(&s, ALICE_KEY, &first);
	stolen = keys_of(&s, 2, CAROL_KEY, 2);
	assert_int_equal(feed_keys(&s, DAVE_KEY, &stolen), LEDGER_UNKNOWN_KEY);
	ledger_statement(s.l, 1, &x);
	assert_string_equal(x.why, "proposes keys that no root key in force has signed");
	assert_null(x.signer_name);
	slots = s.l->n_slots;
	for (size_t i = 0; i < 40; i++)
		assert_int_equal(feed_keys(&s, DAVE_KEY, &stolen), LEDGER_UNKNOWN_KEY);
	late = keys_of(&s, 9, DAVE_KEY, 1);
	assert_int_equal(feed_keys(&s, DAVE_KEY, &late), LEDGER_UNKNOWN_KEY);
	assert_int_equal(s.l->n_slots, slots);
	assert_true(ledger_keys(s.l, &serial, &payload) && serial == 1);
	/* alice proposes the same: then dave's word is one of two */
	assert_int_equal(feed_keys(&s, ALICE_KEY, &stolen), LEDGER_COUNTS);
	assert_true(ledger_keys(s.l, &serial, &payload) && serial == 1);
	assert_int_equal(feed_keys(&s, CAROL_KEY, &stolen), LEDGER_COUNTS);
	assert_true(ledger_keys(s.l, &serial, &payload) && serial == 2);
	keys_free(&first);
	keys_free(&stolen);
	keys_free(&late);
	book_free(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_release_is_published_when_enough_publishers_have_signed),
		cmocka_unit_test(a_publisher_is_no_rebuilder_of_what_he_published),
		cmocka_unit_test(a_withdrawal_is_for_ever_and_by_withdrawers_alone),
		cmocka_unit_test(two_payloads_of_one_version_contradict_each_other),
		cmocka_unit_test(digests_are_found_with_what_they_are_of),
		cmocka_unit_test(one_of_many_that_are_the_same_decides),
		cmocka_unit_test(versions_are_in_the_order_in_which_they_became_latest),
		cmocka_unit_test(channels_are_apart),
		cmocka_unit_test(an_old_release_statement_cannot_be_slipped_in),
		cmocka_unit_test(releases_take_force_by_a_threshold_over_one_payload),
		cmocka_unit_test(keys_take_force_when_old_and_new_roots_have_signed),
		cmocka_unit_test(keys_out_of_turn_change_nothing),
		cmocka_unit_test(keys_that_a_stranger_proposes_count_for_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
