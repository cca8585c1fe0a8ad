#include "reference-db/publish.h"

#include <stdio.h>

#include "tests/unit/support_cert.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_ledger.h"

#define PUBLISHER (1u << TRUST_PUBLISHER)
#define ALL_ROLES ((1u << TRUST_ROLES) - 1)

static void check_last(const struct book *b, enum ledger_worth worth, const char *why)
{
	struct ledger_statement x;

	ledger_statement(b->l, ledger_statements(b->l) - 1, &x);
	assert_int_equal(x.worth, worth);
	if (why)
		assert_string_equal(x.why, why);
	else
		assert_null(x.why);
}

/* The payload of a statement of this kind, which follows a manifest of version 1. */
static struct buf payload_of(struct book *b, enum statement_kind kind)
{
	struct buf out = BUF(STATEMENT_MAX);
	struct keys k = {.serial = 1, .before = said_digest(0)};
	struct err e = {0};

	if (kind == STATEMENT_MANIFEST)
		return book_payload_manifest("1", 1);
	if (kind == STATEMENT_WITHDRAW)
		return book_payload_withdraw("1", 1);
	if (kind == STATEMENT_RELEASE)
		return book_payload_release("1", "", NULL);
	if (kind == STATEMENT_REBUILT)
		return book_payload_rebuilt("1", 1, REBUILT_EQUAL);
	assert_true(trust_new(&k.trust, &e));
	book_add(k.trust, b->key[DAVE_KEY], "dave", 1u << TRUST_ROOT);
	assert_true(keys_write(&k, &out, &e));
	keys_free(&k);
	return out;
}

static enum ledger_worth try_kind(struct book *b, enum statement_kind kind)
{
	struct said_terms t = book_terms(b, kind);

	return book_feed(b, BOB_KEY, &t, payload_of(b, kind)).statement.worth;
}

/* Every kind by a key that has every role alone, and all but the one it needs. */
static void a_statement_counts_by_the_role_of_its_kind_alone(void **state)
{
	unsigned tried = 0;

	(void)state;
	for (unsigned i = 0; i < STATEMENT_KINDS * 2 * TRUST_ROLES; i++) {
		enum statement_kind kind = (enum statement_kind)(i % STATEMENT_KINDS);
		unsigned role = i / STATEMENT_KINDS / 2, alone = 1u << role;
		unsigned roles = i / STATEMENT_KINDS % 2 ? alone : ALL_ROLES & ~alone;
		struct book b = book_new();
		bool may = roles >> statement_rows[kind].role & 1;

		book_trust(&b, ALICE_KEY, PUBLISHER);
		book_trust(&b, BOB_KEY, roles);
		book_begin(&b);
		book_manifest(&b, ALICE_KEY, "1", 1);
		assert_int_equal(try_kind(&b, kind), may ? LEDGER_COUNTS : LEDGER_UNKNOWN_KEY);
		tried++;
		book_free(&b);
	}
	assert_int_equal(tried, 40);
}

static void a_statement_upon_another_history_counts_for_nothing(void **state)
{
	struct book b = book_new();
	struct said_terms t;

	(void)state;
	book_trust(&b, ALICE_KEY, PUBLISHER);
	book_begin(&b);
	t = book_terms(&b, STATEMENT_MANIFEST);
	t.upon.state.v[0] ^= 1;
	book_feed(&b, ALICE_KEY, &t, book_payload_manifest("1", 1));
	check_last(&b, LEDGER_FORKED, "was made upon a state that is none of this log");
	t = book_terms(&b, STATEMENT_MANIFEST);
	t.upon.height++;
	book_feed(&b, ALICE_KEY, &t, book_payload_manifest("1", 1));
	check_last(&b, LEDGER_FORKED, "was made upon a state that is none of this log");
	/* a manifest may be older than any database, what is said of it may not */
	t.has_upon = false;
	book_feed(&b, ALICE_KEY, &t, book_payload_manifest("1", 1));
	check_last(&b, LEDGER_COUNTS, NULL);
	t = book_terms(&b, STATEMENT_RELEASE);
	t.has_upon = false;
	book_feed(&b, ALICE_KEY, &t, book_payload_release("1", "", NULL));
	check_last(&b, LEDGER_MALFORMED, "does not say upon which state it was made");
	book_free(&b);
}

static void a_signature_that_does_not_hold_hinders_nobody(void **state)
{
	struct book b = book_new();
	struct said_terms t;

	(void)state;
	book_trust(&b, ALICE_KEY, PUBLISHER);
	book_begin(&b);
	t = book_terms(&b, STATEMENT_MANIFEST);
	t.broken = true;
	book_feed(&b, ALICE_KEY, &t, book_payload_manifest("1", 1));
	check_last(&b, LEDGER_BAD_SIGNATURE, "its signature does not hold");
	assert_int_equal(ledger_releases(b.l), 0);
	t.broken = false;
	assert_false(book_feed(&b, ALICE_KEY, &t, book_payload_manifest("1", 1)).already);
	check_last(&b, LEDGER_COUNTS, NULL);
	assert_true(book_feed(&b, ALICE_KEY, &t, book_payload_manifest("1", 1)).already);
	assert_int_equal(ledger_statements(b.l), 2);
	book_free(&b);
}

/* As an entry of a log, at a path of somebody's choice. */
static void apply(struct book *b, struct buf file, const char *path)
{
	struct ledger_work w = {.file = file};
	struct err e = {0};

	snprintf(w.entry.path, sizeof(w.entry.path), "%s", path);
	w.entry.sha256 = said_digest(3);
	w.state = said_digest(4);
	ledger_check(b->l, &w, 1);
	assert_true(ledger_apply(b->l, &w, &e));
	check_no_err(&e);
	ledger_work_free(&w);
}

/* By bob, of version 1. */
static struct buf file_of(struct book *b, enum statement_kind kind)
{
	struct said_terms t = book_terms(b, kind);
	struct buf payload = payload_of(b, kind), file;

	file = said_sign(b->key[BOB_KEY], &t, buf_bytes(&payload));
	buf_free(&payload);
	return file;
}

static struct buf signed_manifest(struct book *b)
{
	struct said_terms t = book_terms(b, STATEMENT_MANIFEST);
	struct buf payload = book_payload_manifest("1", 1);
	struct buf file = said_sign(b->key[ALICE_KEY], &t, buf_bytes(&payload));

	buf_free(&payload);
	return file;
}

static void a_statement_stands_where_its_kind_and_name_say_and_once(void **state)
{
	struct book b = book_new();
	struct buf twice, junk = BUF(16);

	(void)state;
	book_trust(&b, ALICE_KEY, PUBLISHER);
	book_begin(&b);
	apply(&b, signed_manifest(&b), "products/a%2Fb/2/000000-manifest.corim");
	check_last(&b, LEDGER_MALFORMED, "does not stand where its kind and name say");
	apply(&b, signed_manifest(&b), "keys/000001-keys.cose");
	check_last(&b, LEDGER_MALFORMED, "does not stand where its kind and name say");
	twice = BUF(SIGNED_MAX);
	{
		struct buf file = signed_manifest(&b);

		buf_put(&twice, buf_bytes(&file));
		apply(&b, file, "products/~00/07/a%2Fb/~00/01/1/000002-manifest.corim");
	}
	check_last(&b, LEDGER_COUNTS, NULL);
	apply(&b, twice, "products/a%2Fb/1/000003-manifest.corim");
	check_last(&b, LEDGER_MALFORMED, "stands in the log already");
	buf_str(&junk, "junk");
	apply(&b, junk, "products/a%2Fb/1/000004-manifest.corim");
	check_last(&b, LEDGER_MALFORMED,
		   "the tag of COSE_Sign1 is a text string and must be a tag");
	book_free(&b);
}

/* Each kind at the place of every other, by a key that may say all of it. */
static void a_statement_counts_in_the_place_of_its_kind_alone(void **state)
{
	static const char *const places[STATEMENT_KINDS] = {
		[STATEMENT_MANIFEST] = "products/a%2Fb/1/000001-manifest.corim",
		[STATEMENT_REBUILT] = "products/a%2Fb/1/000001-rebuilt.cose",
		[STATEMENT_WITHDRAW] = "products/a%2Fb/1/000001-withdraw.cose",
		[STATEMENT_KEYS] = "keys/000001-keys.cose",
		[STATEMENT_RELEASE] = "products/a%2Fb/~release/000001-release.cose",
	};

	(void)state;
	for (unsigned i = 0; i < STATEMENT_KINDS * STATEMENT_KINDS; i++) {
		unsigned kind = i / STATEMENT_KINDS, place = i % STATEMENT_KINDS;
		struct book b = book_new();
		struct ledger_statement x;

		book_trust(&b, ALICE_KEY, PUBLISHER);
		book_trust(&b, BOB_KEY, ALL_ROLES);
		book_begin(&b);
		book_manifest(&b, ALICE_KEY, "1", 1);
		apply(&b, file_of(&b, (enum statement_kind)kind), places[place]);
		ledger_statement(b.l, 1, &x);
		if (kind == place)
			check_last(&b, LEDGER_COUNTS, NULL);
		else
			check_last(&b, LEDGER_MALFORMED,
				   "does not stand where its kind and name say");
		assert_false(book_look(&b, "1").withdrawn && kind != place);
		assert_false(book_look(&b, "1").latest && kind != place);
		book_free(&b);
	}
}

/* Times are kept, and judged by who asks. */
static void signatures_count_in_their_time(void **state)
{
	struct book b = book_new();
	struct ledger_when when = {.when = {CLOCK_AT, 500}};
	struct ledger_release r;
	struct said_terms t;
	int64_t newest = 0;
	uint64_t late = 0;

	(void)state;
	book_trust(&b, ALICE_KEY, PUBLISHER);
	b.trust->key[0].has_not_after = true;
	b.trust->key[0].not_after = 900;
	book_begin(&b);
	t = book_terms(&b, STATEMENT_MANIFEST);
	t.not_before = 100;
	t.expires = 1000;
	t.issued = 100;
	book_feed(&b, ALICE_KEY, &t, book_payload_manifest("1", 1));
	ledger_release(b.l, 0, &when, &r);
	assert_true(r.published);
	when.when.at = 99;
	ledger_release(b.l, 0, &when, &r);
	assert_false(r.published);
	/* the key's end is before the signature's */
	when.when.at = 901;
	ledger_release(b.l, 0, &when, &r);
	assert_false(r.published);
	/* a clock that runs ahead makes nothing fresher */
	t.issued = 1000000;
	book_feed(&b, ALICE_KEY, &t, book_payload_manifest("2", 2));
	assert_true(ledger_newest(b.l, 200, &newest));
	assert_int_equal(newest, 100);
	assert_true(ledger_future(b.l, 200, &late));
	assert_int_equal(late, 1);
	assert_false(ledger_future(b.l, 1000000 - LEDGER_FUTURE, &late));
	assert_true(ledger_newest(b.l, 1000000, &newest));
	assert_int_equal(newest, 1000000);
	book_free(&b);
}

/* The trust file's, and those that the database gives a role. */
static void keys_of_both_are_not_more_than_there_is_room_for(void **state)
{
	struct book b = book_new();
	struct said_terms t;
	struct buf payload, file;
	struct ledger_fed fed;
	struct err e = {0};

	(void)state;
	book_trust(&b, BOB_KEY, 1u << TRUST_ROOT);
	for (unsigned i = 1; i < TRUST_KEYS; i++) {
		EVP_PKEY *key = cert_key("ED25519");
		char name[16];

		snprintf(name, sizeof(name), "k%u", i);
		book_add(b.trust, key, name, PUBLISHER);
		cert_key_free(&key);
	}
	book_begin(&b);
	t = book_terms(&b, STATEMENT_KEYS);
	payload = payload_of(&b, STATEMENT_KEYS); /* of dave */
	file = said_sign(b.key[DAVE_KEY], &t, buf_bytes(&payload));
	(void)!ledger_feed(b.l, buf_bytes(&file), &fed, &e);
	check_no_err(&e);
	buf_free(&file);
	file = said_sign(b.key[BOB_KEY], &t, buf_bytes(&payload));
	assert_false(ledger_feed(b.l, buf_bytes(&file), &fed, &e) &&
		     ledger_trust(b.l)->n == TRUST_KEYS);
	check_err(&e, REASON_LIMIT, "more than 256 keys");
	buf_free(&file);
	buf_free(&payload);
	book_free(&b);
}

static void a_place_that_is_none_is_damage(void **state)
{
	struct book b = book_new();
	struct ledger_slot slot;
	struct err e = {0};

	(void)state;
	book_begin(&b);
	assert_true(ledger_get(b.l, LEDGER_CHANNEL, bytes_str("x"), &slot, &e));
	assert_int_equal(slot.value, LEDGER_NONE);
	slot.value = 5;
	assert_true(ledger_put(b.l, &slot, &e));
	assert_false(ledger_get(b.l, LEDGER_CHANNEL, bytes_str("x"), &slot, &e));
	check_err(&e, REASON_DATABASE, "what was kept is damaged");
	book_free(&b);
}

static void more_at_once_than_there_is_room_for_is_refused(void **state)
{
	const struct publish p = {.path = "nowhere"};
	struct err e = {0};

	(void)state;
	assert_false(publish(&p, NULL, PUBLISH_MAX + 1, NULL, &e));
	check_err(&e, REASON_LIMIT, "65537 statements at once, and at most 65536 are taken");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_statement_counts_by_the_role_of_its_kind_alone),
		cmocka_unit_test(a_statement_upon_another_history_counts_for_nothing),
		cmocka_unit_test(a_signature_that_does_not_hold_hinders_nobody),
		cmocka_unit_test(a_statement_stands_where_its_kind_and_name_say_and_once),
		cmocka_unit_test(a_statement_counts_in_the_place_of_its_kind_alone),
		cmocka_unit_test(signatures_count_in_their_time),
		cmocka_unit_test(keys_of_both_are_not_more_than_there_is_room_for),
		cmocka_unit_test(a_place_that_is_none_is_damage),
		cmocka_unit_test(more_at_once_than_there_is_room_for_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
