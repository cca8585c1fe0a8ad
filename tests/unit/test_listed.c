#include "reference-db/listed.h"

#include <stdio.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_ledger.h"

#define PUBLISHER (1u << TRUST_PUBLISHER)
#define REBUILDER (1u << TRUST_REBUILDER)
#define WITHDRAWER (1u << TRUST_WITHDRAWER)
#define ROOT (1u << TRUST_ROOT)
#define DAY 86400

static const char *const results[] = {"pass", "fail", "skip", "warn"};

/* "RESULT REASON DETAIL" of each check, a line each. */
static void check_verdict(const struct verdict *v, const char *id, const char *text)
{
	char all[2048] = "";
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++) {
		const struct check *c = &v->check[i];

		assert_string_equal(c->id, id);
		n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s %s %s", i ? "\n" : "",
				      results[c->result], c->reason ? reason_slug(c->reason) : "-",
				      c->detail);
	}
	assert_string_equal(all, text);
}

static void check_judged(const struct listed *x, const char *version, const char *text)
{
	struct verdict v = {0};
	uint64_t release;

	assert_true(ledger_find(x->ledger, "a/b", version, &release));
	listed_judge(x, release, &v);
	check_verdict(&v, "release", text);
}

static struct listed asking(const struct book *b)
{
	return (struct listed){.ledger = b->l, .as_of = {.when = {CLOCK_NONE, 0}}};
}

static void only_who_wants_the_latest_is_refused_another(void **state)
{
	struct book b = book_new();
	struct listed x;

	(void)state;
	book_trust(&b, ALICE_KEY, PUBLISHER);
	book_begin(&b);
	book_manifest(&b, ALICE_KEY, "1", 1);
	book_manifest(&b, ALICE_KEY, "2", 2);
	x = asking(&b);
	check_judged(&x, "1", "pass - a/b 1 is listed");
	x.latest = true;
	check_judged(&x, "1", "fail latest no statement says that it is the latest");
	book_release(&b, ALICE_KEY, "1", "", NULL);
	check_judged(&x, "1", "pass - a/b 1 is listed, and the latest");
	book_release(&b, ALICE_KEY, "2", "", NULL);
	check_judged(&x, "1", "fail latest it is not the latest version");
	x.latest = false;
	check_judged(&x, "1", "warn latest it is not the latest version");
	book_manifest(&b, ALICE_KEY, "3", 3);
	book_release(&b, ALICE_KEY, "3", "2", "1");
	check_judged(&x, "1",
		     "fail minimum it is older than the oldest version that is accepted\n"
		     "warn superseded a later version supersedes it\n"
		     "warn latest it is not the latest version");
	x.latest = true;
	check_judged(&x, "1",
		     "fail minimum it is older than the oldest version that is accepted\n"
		     "fail superseded a later version supersedes it\n"
		     "fail latest it is not the latest version");
	x.as_of.channel = "beta";
	check_judged(&x, "3",
		     "fail latest no statement says that it ever was the latest of that channel");
	book_free(&b);
}

static void what_cannot_be_counted_on_is_told_whole(void **state)
{
	struct book b = book_new();
	struct listed x;
	struct verdict v = {0};

	(void)state;
	book_trust(&b, ALICE_KEY, PUBLISHER);
	book_trust(&b, BOB_KEY, PUBLISHER);
	book_trust(&b, CAROL_KEY, REBUILDER);
	book_trust(&b, DAVE_KEY, WITHDRAWER);
	b.trust->rule[TRUST_PUBLISHER].threshold = 2;
	book_begin(&b);
	book_manifest(&b, ALICE_KEY, "1", 1);
	book_rebuilt(&b, CAROL_KEY, "1", 1, REBUILT_DIFFERS);
	x = asking(&b);
	check_judged(&x, "1",
		     "fail threshold too few publishers have signed it, as of that time\n"
		     "warn differs 1 rebuilders got something else than was published\n"
		     "fail rebuilders rebuilt with equal bytes by 0, and 1 are needed");
	book_manifest(&b, BOB_KEY, "1", 1);
	book_rebuilt(&b, CAROL_KEY, "1", 1, REBUILT_EQUAL);
	check_judged(&x, "1", "pass - rebuilt with equal bytes by 1, and 1 are needed");
	assert_int_equal(book_manifest(&b, ALICE_KEY, "1", 2), LEDGER_CONTRADICTS);
	book_withdraw(&b, DAVE_KEY, "1", 1);
	check_judged(&x, "1",
		     "fail withdrawn 1 was withdrawn: a key leaked\n"
		     "fail contradiction two manifests of this version both count\n"
		     "pass - rebuilt with equal bytes by 1, and 1 are needed");
	listed_unknown(&x, &v);
	check_verdict(&v, "release",
		      "fail not-listed nothing that counts in the 6 statements speaks of it");
	v.n = 0;
	x.product = "c/d";
	listed_unknown(&x, &v);
	check_verdict(
		&v, "release",
		"fail not-listed nothing that counts in the 6 statements speaks of it as of c/d");
	book_free(&b);
}

/* ---- age */

static void check_age(const struct book *b, struct when when, const char *text)
{
	const struct listed x = {.ledger = b->l, .as_of = {.when = when}};
	struct verdict v = {0};

	listed_age(&x, &v);
	check_verdict(&v, "database", text);
}

static struct when now(int64_t day)
{
	return (struct when){CLOCK_NOW, day * DAY};
}

static void manifest_at(struct book *b, const char *version, int64_t issued)
{
	struct said_terms t = book_terms(b, STATEMENT_MANIFEST);

	t.issued = issued;
	book_feed(b, ALICE_KEY, &t, book_payload_manifest(version, 1));
}

static void promise(struct book *b, uint32_t days)
{
	struct said_terms t = book_terms(b, STATEMENT_KEYS);
	struct keys k = {.serial = 1, .before = said_digest(0), .refresh_days = days};
	struct buf out = BUF(STATEMENT_MAX);
	struct err e = {0};

	assert_true(trust_new(&k.trust, &e));
	book_add(k.trust, b->key[ALICE_KEY], "alice", ROOT | PUBLISHER);
	assert_true(keys_write(&k, &out, &e));
	t.issued = 1000 * DAY;
	assert_int_equal(book_feed(b, ALICE_KEY, &t, out).statement.worth, LEDGER_COUNTS);
	keys_free(&k);
}

static void a_database_is_too_old_as_the_keys_promise_and_else_a_warning(void **state)
{
	struct book b = book_new();

	(void)state;
	book_trust(&b, ALICE_KEY, ROOT | PUBLISHER);
	book_begin(&b);
	check_age(&b, now(1000), "warn stale no statement that counts says when it was made");
	manifest_at(&b, "1", 1000 * DAY);
	check_age(&b, now(1090), "");
	check_age(&b, now(1091),
		  "warn stale the newest statement is 91 days old, and one every 90 days is usual");
	promise(&b, 7);
	check_age(&b, now(1007), "");
	check_age(&b, now(1008),
		  "fail stale the newest statement is 8 days old, and one every 7 days is "
		  "promised");
	check_age(&b, (struct when){CLOCK_AT, 9000 * (int64_t)DAY}, "");
	check_age(&b, (struct when){CLOCK_NONE, 0}, "");
	book_free(&b);
}

static void a_clock_that_runs_ahead_makes_nothing_newer(void **state)
{
	struct book b = book_new();

	(void)state;
	book_trust(&b, ALICE_KEY, ROOT | PUBLISHER);
	book_begin(&b);
	manifest_at(&b, "1", 1000 * DAY);
	manifest_at(&b, "2", 1002 * DAY);
	check_age(&b, now(1001), "");
	check_age(&b, now(1000),
		  "warn not-yet-valid statement 1, by alice, says that it was made later than now");
	promise(&b, 7);
	manifest_at(&b, "3", 2000 * DAY);
	check_age(&b, now(1010),
		  "warn not-yet-valid statement 3, by alice, says that it was made later than now\n"
		  "fail stale the newest statement is 8 days old, and one every 7 days is "
		  "promised");
	book_free(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_who_wants_the_latest_is_refused_another),
		cmocka_unit_test(what_cannot_be_counted_on_is_told_whole),
		cmocka_unit_test(a_database_is_too_old_as_the_keys_promise_and_else_a_warning),
		cmocka_unit_test(a_clock_that_runs_ahead_makes_nothing_newer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
