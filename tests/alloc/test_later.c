#include "reference-db/later.h"

#include "reference-db/released.h"
#include "tests/alloc/fail.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_ledger.h"

struct subject {
	struct book book;
	struct buf manifest, withdraw, bundle;
};

static bool copy(struct buf *to, const struct buf *from, struct err *e)
{
	*to = BUF(BUNDLE_MAX);
	buf_put(to, buf_bytes(from));
	return buf_done(to, "a file", e);
}

static bool gather(struct published *p, const struct subject *s, struct err *e)
{
	owned(buf_free) struct buf manifest = {0}, withdraw = {0};

	return copy(&manifest, &s->manifest, e) && published_add_bytes(p, &manifest, e) &&
	       copy(&withdraw, &s->withdraw, e) && published_add_later_bytes(p, &withdraw, e);
}

static bool bundle(void *arg, struct err *e)
{
	owned(published_free) struct published p = {0};
	owned(buf_free) struct buf out = BUF(BUNDLE_MAX);

	return gather(&p, arg, e) && published_bundle(&p, &out, e);
}

/* The right verdict, or none. */
static bool judge(void *arg, struct err *e)
{
	const struct subject *s = arg;
	owned(released_free) struct released r = {.when = {CLOCK_NONE, 0}};
	owned(buf_free) struct buf file = {0};
	static struct verdict v;
	struct err no = {0};

	v = (struct verdict){0};
	if (!trust_copy(s->book.trust, &r.trust, e) || !copy(&file, &s->bundle, e) ||
	    !published_add_bytes(&r.published, &file, e) || !released_read(&r, "it", e) ||
	    !released_judge(&r, &v, e))
		return false;
	assert_false(verdict_decide(&v, &no));
	assert_int_equal(no.reason, REASON_WITHDRAWN);
	return true;
}

static bool show(void *arg, struct err *e)
{
	owned(published_free) struct published p = {0};
	owned(buf_free) struct buf out = BUF(1u << 20);
	struct json_out w = json_out(&out, true);

	if (!gather(&p, arg, e))
		return false;
	later_text(&p.later, &out);
	json_open(&w, '{');
	later_json(&p.later, &w);
	json_close(&w, '}');
	return buf_done(&out, "what is shown", e);
}

static struct buf file_of(const struct subject *s, enum statement_kind kind, struct buf payload)
{
	struct said_terms t = book_terms(&s->book, kind);
	struct buf file;

	t.issued = 1700000000;
	file = said_sign(s->book.key[ALICE_KEY], &t, buf_bytes(&payload));
	buf_free(&payload);
	return file;
}

static void what_was_said_later_survives_the_lack_of_memory(void **state)
{
	struct subject s = {.book = book_new(), .bundle = BUF(BUNDLE_MAX)};
	owned(published_free) struct published p = {0};
	struct err e = {0};

	(void)state;
	book_trust(&s.book, ALICE_KEY, 15);
	book_begin(&s.book);
	s.manifest = file_of(&s, STATEMENT_MANIFEST, book_payload_manifest("1", 1));
	s.withdraw = file_of(&s, STATEMENT_WITHDRAW, book_payload_withdraw("1", 1));
	assert_true(gather(&p, &s, &e) && published_bundle(&p, &s.bundle, &e));
	assert_true(fail_each(bundle, &s) > 5);
	assert_true(fail_each(judge, &s) > 50);
	assert_true(fail_each(show, &s) > 5);
	buf_free(&s.manifest);
	buf_free(&s.withdraw);
	buf_free(&s.bundle);
	book_free(&s.book);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_said_later_survives_the_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
