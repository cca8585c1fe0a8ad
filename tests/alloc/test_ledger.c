#include "reference-db/ledger.h"

#include "tests/alloc/fail.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_ledger.h"

#define FILES 4

struct subject {
	struct book book;
	struct buf file[FILES], kept;
};

static struct ledger *begin(const struct subject *s, struct err *e)
{
	const struct digest first = said_digest(0x77), trust = said_digest(0x66);

	return ledger_new(s->book.trust, &trust, &first, e);
}

static bool feed(void *arg, struct err *e)
{
	const struct subject *s = arg;
	owned(ledger_free) struct ledger *l = begin(s, e);
	owned(buf_free) struct buf out = BUF(LEDGER_KEPT_MAX);
	struct ledger_fed fed;

	if (!l)
		return false;
	for (size_t i = 0; i < FILES; i++) {
		if (!ledger_feed(l, buf_bytes(&s->file[i]), &fed, e))
			return false;
		assert_int_equal(fed.statement.worth, LEDGER_COUNTS);
	}
	return ledger_write(l, &out, e);
}

static bool read_kept(void *arg, struct err *e)
{
	const struct subject *s = arg;
	owned(ledger_free) struct ledger *l = begin(s, e);

	return l && ledger_read(l, buf_bytes(&s->kept), e) && ledger_load(l, e);
}

/* As far as the next statement needs it; here it is the last again. */
static bool feed_kept(void *arg, struct err *e)
{
	const struct subject *s = arg;
	owned(ledger_free) struct ledger *l = begin(s, e);
	struct ledger_fed fed;

	return l && ledger_read(l, buf_bytes(&s->kept), e) &&
	       ledger_feed(l, buf_bytes(&s->file[FILES - 1]), &fed, e) && ledger_sound(l, e) &&
	       fed.already;
}

/* Signs one and feeds it. */
static void add(struct subject *s, size_t i, enum statement_kind kind, struct buf payload)
{
	struct said_terms t = book_terms(&s->book, kind);
	struct ledger_fed fed;
	struct err e = {0};

	s->file[i] = said_sign(s->book.key[ALICE_KEY], &t, buf_bytes(&payload));
	assert_true(ledger_feed(s->book.l, buf_bytes(&s->file[i]), &fed, &e));
	buf_free(&payload);
}

static struct buf keys_payload(const struct book *b)
{
	struct keys k = {.serial = 1, .before = said_digest(0)};
	struct buf out = BUF(STATEMENT_MAX);
	struct err e = {0};

	assert_true(trust_new(&k.trust, &e));
	book_add(k.trust, b->key[ALICE_KEY], "alice", 15);
	assert_true(keys_write(&k, &out, &e));
	keys_free(&k);
	return out;
}

static void a_ledger_survives_the_lack_of_memory(void **state)
{
	struct subject s = {.book = book_new(), .kept = BUF(LEDGER_KEPT_MAX)};
	struct err e = {0};

	(void)state;
	book_trust(&s.book, ALICE_KEY, 15);
	book_begin(&s.book);
	add(&s, 0, STATEMENT_KEYS, keys_payload(&s.book));
	add(&s, 1, STATEMENT_MANIFEST, book_payload_manifest("1", 1));
	add(&s, 2, STATEMENT_RELEASE, book_payload_release("1", "1", "0"));
	add(&s, 3, STATEMENT_WITHDRAW, book_payload_withdraw("1", 1));
	assert_true(ledger_write(s.book.l, &s.kept, &e));
	assert_true(fail_each(feed, &s) > 50);
	assert_true(fail_each(read_kept, &s) > 10);
	assert_true(fail_each(feed_kept, &s) > 10);
	for (size_t i = 0; i < FILES; i++)
		buf_free(&s.file[i]);
	buf_free(&s.kept);
	book_free(&s.book);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ledger_survives_the_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
