#include "reference-db/later.h"

#include <stdio.h>

#include "measure/core/hash.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_ledger.h"

#define PUBLISHER (1u << TRUST_PUBLISHER)
#define REBUILDER (1u << TRUST_REBUILDER)
#define WITHDRAWER (1u << TRUST_WITHDRAWER)

/* A manifest of "a/b/1" and what is said of it. */
struct scene {
	struct book book;
	struct published p;
	struct digest payload;
};

static struct buf signed_file(const struct scene *s, enum book_key k, enum statement_kind kind,
			      struct buf payload, int64_t issued)
{
	const struct said_terms t = {
		.content_type = statement_rows[kind].content_type,
		.issued = issued,
		.has_upon = true,
		.upon = {99, said_digest(9)},
	};
	struct buf file = said_sign(s->book.key[k], &t, buf_bytes(&payload));

	buf_free(&payload);
	return file;
}

static struct scene scene_new(void)
{
	struct scene s = {.book = book_new()};
	struct buf payload = book_payload_manifest("1", 1);
	struct err e = {0};

	assert_true(hash_of(DIGEST_SHA256, buf_bytes(&payload), &s.payload, &e));
	buf_free(&payload);
	return s;
}

static void scene_free(struct scene *s)
{
	published_free(&s->p);
	book_free(&s->book);
}

static void sign_manifest(struct scene *s, enum book_key k)
{
	struct buf file = signed_file(s, k, STATEMENT_MANIFEST, book_payload_manifest("1", 1), 0);
	struct err e = {0};

	assert_true(published_add_bytes(&s->p, &file, &e));
}

static struct buf rebuilt(const struct scene *s, enum rebuilt_outcome outcome)
{
	struct rebuilt r = {
		.id = bytes_str("a/b/1"),
		.payload = s->payload,
		.outcome = outcome,
		.inputs = said_digest(2),
		.tool = bytes_str("0.1"),
		.program = said_digest(3),
		.n_witnesses = outcome == REBUILT_WITNESSED,
		.witness = {{bytes_str("initrd"), said_digest(4)}},
	};
	struct buf out = BUF(STATEMENT_MAX);
	struct err e = {0};

	assert_true(rebuilt_write(&r, &out, &e));
	return out;
}

static void say(struct scene *s, enum book_key k, struct buf payload, enum statement_kind kind,
		int64_t issued)
{
	struct buf file = signed_file(s, k, kind, payload, issued);
	struct err e = {0};

	assert_true(published_add_later_bytes(&s->p, &file, &e));
}

static void say_rebuilt(struct scene *s, enum book_key k, enum rebuilt_outcome outcome,
			int64_t issued)
{
	say(s, k, rebuilt(s, outcome), STATEMENT_REBUILT, issued);
}

static void say_withdrawn(struct scene *s, enum book_key k)
{
	say(s, k, book_payload_withdraw("1", 1), STATEMENT_WITHDRAW, 5);
}

/* ---- worth */

struct worth {
	struct verdict v;
	struct judged judged;
	struct ledger_release release;
};

static void judge(const struct scene *s, struct worth *w)
{
	owned(later_free) struct later x = {0};
	const struct judge j = {
		.trust = s->book.trust,
		.role = TRUST_PUBLISHER,
		.when = {CLOCK_NONE, 0},
		.verdict = &w->v,
		.judged = &w->judged,
	};
	struct err e = {0};

	*w = (struct worth){0};
	assert_true(later_judge(&x, &j, &s->p, &e));
	later_judge_rebuilt(&x, &w->v);
	w->release = x.release;
}

/* The checks: "result reason detail", a line each. */
static void check_verdict(const struct verdict *v, const char *lines)
{
	struct buf out = BUF(1u << 16);

	for (size_t i = 0; i < v->n; i++) {
		assert_string_equal(v->check[i].id, "release");
		buf_fmt(&out, "%s %s %s\n", check_result_name(v->check[i].result),
			reason_slug(v->check[i].reason), v->check[i].detail);
	}
	assert_string_equal(buf_cstr(&out), lines);
	buf_free(&out);
}

static void what_nobody_asks_and_nobody_said_is_no_check(void **state)
{
	struct scene s = scene_new();
	static struct worth w;

	(void)state;
	book_trust(&s.book, ALICE_KEY, PUBLISHER);
	sign_manifest(&s, ALICE_KEY);
	judge(&s, &w);
	check_verdict(&w.v, "");
	book_trust(&s.book, BOB_KEY, REBUILDER);
	judge(&s, &w);
	check_verdict(&w.v, "fail rebuilders rebuilt with equal bytes by 0, and 1 are needed\n");
	assert_int_equal(w.judged.n_rebuilders, 0);
	scene_free(&s);
}

static void rebuilders_are_counted_and_named(void **state)
{
	struct scene s = scene_new();
	static struct worth w;

	(void)state;
	book_trust(&s.book, ALICE_KEY, PUBLISHER | REBUILDER);
	book_trust(&s.book, BOB_KEY, REBUILDER);
	book_trust(&s.book, CAROL_KEY, REBUILDER);
	s.book.trust->rule[TRUST_REBUILDER].threshold = 2;
	sign_manifest(&s, ALICE_KEY);
	say_rebuilt(&s, ALICE_KEY, REBUILT_EQUAL, 1);
	say_rebuilt(&s, BOB_KEY, REBUILT_EQUAL, 1);
	say_rebuilt(&s, BOB_KEY, REBUILT_EQUAL, 2);
	judge(&s, &w);
	check_verdict(&w.v, "fail rebuilders rebuilt with equal bytes by 1, and 2 are needed\n");
	say_rebuilt(&s, CAROL_KEY, REBUILT_EQUAL, 1);
	judge(&s, &w);
	check_verdict(&w.v, "pass none rebuilt with equal bytes by 2, and 2 are needed\n");
	assert_int_equal(w.judged.n_rebuilders, 2);
	for (size_t i = 0; i < 2; i++)
		assert_true(strcmp(w.judged.rebuilder[i].name, "bob") == 0 ||
			    strcmp(w.judged.rebuilder[i].name, "carol") == 0);
	/* without its publisher it is of no release */
	s.p.n = 0;
	judge(&s, &w);
	assert_int_equal(w.v.n, 5);
	assert_int_equal(w.v.check[0].reason, REASON_NOT_LISTED);
	assert_int_equal(w.v.check[4].reason, REASON_REBUILDERS);
	scene_free(&s);
}

static void a_withdrawal_needs_its_threshold(void **state)
{
	struct scene s = scene_new();
	static struct worth w;

	(void)state;
	book_trust(&s.book, ALICE_KEY, PUBLISHER);
	book_trust(&s.book, DAVE_KEY, WITHDRAWER);
	book_trust(&s.book, EVE_KEY, WITHDRAWER);
	s.book.trust->rule[TRUST_WITHDRAWER].threshold = 2;
	sign_manifest(&s, ALICE_KEY);
	say_withdrawn(&s, DAVE_KEY);
	judge(&s, &w);
	check_verdict(&w.v, "warn withdrawn 1 of the 2 withdrawers that are needed say that it is "
			    "withdrawn\n");
	say_withdrawn(&s, EVE_KEY);
	judge(&s, &w);
	check_verdict(&w.v, "fail withdrawn 1 was withdrawn: a key leaked\n");
	scene_free(&s);
}

/* Its name is of no product and version; a withdrawal of it is not passed over. */
static void of_a_manifest_that_no_database_takes_nothing_can_be_said(void **state)
{
	struct scene s = {.book = book_new()};
	struct buf payload = book_payload_manifest("1", 1), file, said = BUF(STATEMENT_MAX);
	owned(later_free) struct later x = {0};
	struct withdraw w = said_withdraw("a/b/1", 1);
	static struct verdict v;
	static struct judged judged;
	const struct judge j = {s.book.trust, TRUST_PUBLISHER, {CLOCK_NONE, 0}, &v, &judged};
	struct err e = {0};
	uint8_t *name;

	(void)state;
	while ((name = memmem(payload.p, payload.n, "a/b/1", 5)))
		name[3] = ':';
	assert_true(hash_of(DIGEST_SHA256, buf_bytes(&payload), &s.payload, &e));
	w.payload = s.payload;
	file = signed_file(&s, ALICE_KEY, STATEMENT_MANIFEST, payload, 0);
	assert_true(published_add_bytes(&s.p, &file, &e));
	book_trust(&s.book, ALICE_KEY, PUBLISHER | WITHDRAWER);
	assert_true(later_judge(&x, &j, &s.p, &e));
	assert_true(withdraw_write(&w, &said, &e));
	say(&s, ALICE_KEY, said, STATEMENT_WITHDRAW, 5);
	assert_false(later_judge(&x, &j, &s.p, &e));
	assert_int_equal(e.reason, REASON_STATEMENT);
	assert_string_equal(e.text, "the manifest does not say of which version of which product "
				    "it is");
	scene_free(&s);
}

static void what_counts_for_nothing_is_told_of_but_not_without_end(void **state)
{
	struct scene s = scene_new();
	static struct worth w;

	(void)state;
	book_trust(&s.book, ALICE_KEY, PUBLISHER);
	sign_manifest(&s, ALICE_KEY);
	for (int64_t i = 0; i < 64; i++)
		say_rebuilt(&s, BOB_KEY, REBUILT_EQUAL, i + 1);
	judge(&s, &w);
	assert_int_equal(w.v.n, 9);
	assert_int_equal(w.v.check[0].reason, REASON_ROLE);
	assert_non_null(strstr(w.v.check[0].detail, " counts for nothing: was signed by a key "
						    "that has not the role in force"));
	assert_string_equal(w.v.check[8].detail, "56 more statements count for nothing");
	scene_free(&s);
}

/* ---- as a database says it */

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 16;
}

/* The same statements, published one after another. */
static struct ledger_release published_as(struct scene *s)
{
	struct ledger_release r;

	book_begin(&s->book);
	s->book.l->apart = true;
	for (size_t i = 0; i < s->p.n + s->p.later.n; i++) {
		struct buf file = BUF(SIGNED_MAX);
		struct ledger_fed fed;
		struct err e = {0};

		if (i < s->p.n)
			cose_message_write(&file, &s->p.statement[i].message);
		else
			buf_put(&file, s->p.later.member[i - s->p.n].bytes);
		assert_true(ledger_feed(s->book.l, buf_bytes(&file), &fed, &e));
		buf_free(&file);
	}
	r = book_look(&s->book, "1");
	return r;
}

static void a_bundle_says_what_a_database_of_the_same_statements_says(void **state)
{
	static struct worth w;
	uint32_t seed = 8;

	(void)state;
	for (unsigned round = 0; round < 40; round++) {
		struct scene s = scene_new();
		struct ledger_release r;

		book_trust(&s.book, ALICE_KEY, PUBLISHER | REBUILDER);
		for (unsigned k = BOB_KEY; k < BOOK_KEYS; k++)
			book_trust(&s.book, (enum book_key)k, 1 + next(&seed) % 7);
		sign_manifest(&s, ALICE_KEY);
		for (unsigned k = BOB_KEY; k < BOOK_KEYS; k++)
			if (next(&seed) % 3 == 0)
				sign_manifest(&s, (enum book_key)k);
		for (int64_t i = 1; i < 12; i++)
			if (next(&seed) % 4 == 0)
				say_withdrawn(&s, (enum book_key)(next(&seed) % BOOK_KEYS));
			else
				say_rebuilt(&s, (enum book_key)(next(&seed) % BOOK_KEYS),
					    (enum rebuilt_outcome)(next(&seed) % 3), i);
		judge(&s, &w);
		r = published_as(&s);
		assert_int_equal(w.release.publishers, r.publishers);
		assert_int_equal(w.release.withdrawn, r.withdrawn);
		assert_int_equal(w.release.withdrawers, r.withdrawers);
		assert_int_equal(w.release.rebuilders, r.rebuilders);
		assert_int_equal(w.judged.n_rebuilders, r.rebuilders);
		assert_int_equal(w.release.witnessed, r.witnessed);
		assert_int_equal(w.release.differing, r.differing);
		scene_free(&s);
	}
}

/* ---- the order in which they were said */

static void they_are_in_the_order_of_their_own_times(void **state)
{
	static const struct {
		enum rebuilt_outcome outcome;
		int64_t issued;
	} said[] = {{REBUILT_EQUAL, 9},	    {REBUILT_DIFFERS, 0}, {REBUILT_EQUAL, 0},
		    {REBUILT_WITNESSED, 0}, {REBUILT_DIFFERS, 3}, {REBUILT_EQUAL, 3}};
	static const struct {
		int64_t now;
		size_t order[6];
	} wanted[] = {{WHEN_LAST, {2, 5, 4, 0, 3, 1}}, {5, {0, 2, 5, 4, 3, 1}}};
	struct scene s = scene_new();
	size_t order[BUNDLE_STATEMENTS];
	struct err e = {0};

	(void)state;
	sign_manifest(&s, ALICE_KEY);
	for (size_t i = 0; i < COUNT(said); i++)
		say_rebuilt(&s, BOB_KEY, said[i].outcome, said[i].issued);
	for (size_t w = 0; w < COUNT(wanted); w++) {
		assert_true(later_order(&s.p.later, wanted[w].now, order, &e));
		for (size_t i = 0; i < COUNT(said); i++)
			assert_int_equal(order[i], wanted[w].order[i]);
	}
	scene_free(&s);
}

/* ---- refused */

static struct buf file_of(const struct scene *s, enum statement_kind kind)
{
	if (kind == STATEMENT_REBUILT)
		return signed_file(s, BOB_KEY, kind, rebuilt(s, REBUILT_EQUAL), 0);
	if (kind == STATEMENT_WITHDRAW)
		return signed_file(s, BOB_KEY, kind, book_payload_withdraw("1", 1), 0);
	if (kind == STATEMENT_RELEASE)
		return signed_file(s, BOB_KEY, kind, book_payload_release("1", "", NULL), 0);
	return signed_file(s, BOB_KEY, kind, book_payload_manifest("1", 1), 0);
}

static void only_some_kinds_say_something_without_a_log(void **state)
{
	struct scene s = scene_new();
	static const enum statement_kind kinds[] = {STATEMENT_MANIFEST, STATEMENT_REBUILT,
						    STATEMENT_WITHDRAW, STATEMENT_RELEASE};

	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++)
		for (unsigned typed = 0; typed < 2; typed++) {
			enum bundle_type type = typed ? BUNDLE_WITHDRAW : BUNDLE_REBUILT;
			struct buf file = file_of(&s, kinds[i]);
			struct bundle_set set = {1, {{type, buf_bytes(&file), 40}}};
			bool kept = kinds[i] == STATEMENT_REBUILT || kinds[i] == STATEMENT_WITHDRAW;
			bool right = kinds[i] == (typed ? STATEMENT_WITHDRAW : STATEMENT_REBUILT);
			char text[128] = "";
			struct err e = {0};

			if (kept && !right)
				snprintf(text, sizeof(text),
					 "statement/000 is of another kind than its type says");
			if (!kept)
				snprintf(text, sizeof(text),
					 "statement/000: a bundle holds rebuilt statements and "
					 "withdrawals, and this is of the kind %s",
					 statement_rows[kinds[i]].name);
			assert_int_equal(later_check(&set, 0, &s.payload, &e), right);
			check_err(&e, right ? REASON_NONE : REASON_BUNDLE, text);
			buf_free(&file);
		}
	scene_free(&s);
}

static void a_statement_is_of_the_payload_of_the_bundle(void **state)
{
	struct scene s = scene_new();
	static const enum statement_kind kinds[] = {STATEMENT_REBUILT, STATEMENT_WITHDRAW};
	struct digest other = said_digest(7);
	char text[128];

	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct buf file = file_of(&s, kinds[i]);
		struct bundle_set set = {0};
		struct err e = {0};
		size_t at = (size_t)snprintf(text, sizeof(text), "speaks of the payload ");

		for (size_t b = 0; b < 8; b++)
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%02x",
					       s.payload.v[b]);
		snprintf(text + at, sizeof(text) - at,
			 "..., and the manifest's is 0707070707070707...");
		assert_false(later_add(&set, buf_bytes(&file), 0, &other, &e));
		check_err(&e, REASON_BUNDLE, text);
		assert_int_equal(set.n, 0);
		buf_free(&file);
	}
	scene_free(&s);
}

static void there_is_room_for_64_and_each_is_bounded(void **state)
{
	struct scene s = scene_new();
	struct buf file, large = BUF(BUNDLE_STATEMENT_MAX + 1);
	struct err e = {0}, long_one = {0}, broken = {0};

	(void)state;
	sign_manifest(&s, ALICE_KEY);
	for (int64_t i = 0; i < 64; i++)
		say_rebuilt(&s, BOB_KEY, REBUILT_EQUAL, i + 1);
	file = signed_file(&s, BOB_KEY, STATEMENT_REBUILT, rebuilt(&s, REBUILT_EQUAL), 65);
	assert_false(later_add(&s.p.later, buf_bytes(&file), 0, &s.payload, &e));
	check_err(&e, REASON_LIMIT, "more than 64 statements of a release");
	buf_zero(&large, BUNDLE_STATEMENT_MAX + 1);
	assert_false(later_add(&s.p.later, buf_bytes(&large), 0, &s.payload, &long_one));
	check_err(&long_one, REASON_LIMIT,
		  "65537 bytes are over the limit of 65536 for a statement");
	/* and offsets are those of the file that it stands in */
	assert_false(later_add(&s.p.later, bytes_of(file.p, 0), 77, &s.payload, &broken));
	assert_true(broken.at && broken.offset == 77);
	buf_free(&file);
	buf_free(&large);
	scene_free(&s);
}

static void a_bundle_of_statements_is_written_as_it_is_read(void **state)
{
	struct scene s = scene_new();
	struct buf one = BUF(BUNDLE_MAX), two = BUF(BUNDLE_MAX);
	struct published again = {0};
	struct err e = {0};

	(void)state;
	sign_manifest(&s, ALICE_KEY);
	say_withdrawn(&s, DAVE_KEY);
	for (int64_t i = 0; i < 9; i++)
		say_rebuilt(&s, BOB_KEY, REBUILT_EQUAL, i + 1);
	assert_true(published_bundle(&s.p, &one, &e));
	/* what is there already is not there twice */
	for (unsigned i = 0; i < 2; i++) {
		struct buf copy = BUF(BUNDLE_MAX);

		buf_put(&copy, buf_bytes(&one));
		assert_true(published_add_bytes(&again, &copy, &e));
	}
	assert_int_equal(again.later.n, 10);
	assert_true(published_bundle(&again, &two, &e));
	assert_true(bytes_equal(buf_bytes(&one), buf_bytes(&two)));
	published_free(&again);
	buf_free(&one);
	buf_free(&two);
	scene_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_nobody_asks_and_nobody_said_is_no_check),
		cmocka_unit_test(rebuilders_are_counted_and_named),
		cmocka_unit_test(a_withdrawal_needs_its_threshold),
		cmocka_unit_test(of_a_manifest_that_no_database_takes_nothing_can_be_said),
		cmocka_unit_test(what_counts_for_nothing_is_told_of_but_not_without_end),
		cmocka_unit_test(a_bundle_says_what_a_database_of_the_same_statements_says),
		cmocka_unit_test(they_are_in_the_order_of_their_own_times),
		cmocka_unit_test(only_some_kinds_say_something_without_a_log),
		cmocka_unit_test(a_statement_is_of_the_payload_of_the_bundle),
		cmocka_unit_test(there_is_room_for_64_and_each_is_bounded),
		cmocka_unit_test(a_bundle_of_statements_is_written_as_it_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
