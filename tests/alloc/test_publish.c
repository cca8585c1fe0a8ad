#include "reference-db/publish.h"

#include <stdio.h>

#include "reference-db/seen.h"
#include "tests/alloc/fail.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_database.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_ledger.h"

struct subject {
	struct book book;
	struct folder folder;
	struct buf file;
	char db[512], seen[512];
};

static bool put(void *arg, struct err *e)
{
	const struct subject *s = arg;
	const struct bytes file = buf_bytes(&s->file);
	const struct publish p = {
		.path = s->db,
		.trust = s->book.trust,
		.trust_digest = said_digest(1),
		.cache = "",
		.seen = s->seen,
		.when = DATABASE_WHEN,
	};
	struct publish_entry out;

	return publish(&p, &file, 1, &out, e) && out.entry == 0;
}

/* What was seen: nothing, so that all of it is remembered. */
static bool look(void *arg, struct err *e)
{
	const struct subject *s = arg;
	const struct ledger_ask ask = {
		.trust = s->book.trust, .trust_digest = said_digest(1), .cache = ""};
	struct ledger_ask now = ask;
	owned(seen_free) struct seen seen = SEEN_NONE;
	owned(database_free) struct database *d = NULL;
	owned(ledger_free) struct ledger *l = NULL;

	remove(s->seen);
	if (!seen_read(&seen, s->seen, e) || !(d = database_open(s->db, e)))
		return false;
	now.database = d;
	return (l = ledger_open(&now, e)) && seen_check(&seen, s->db, l, d, e);
}

static void a_publisher_survives_the_lack_of_memory(void **state)
{
	struct subject s = {.book = book_new()};
	struct buf payload = book_payload_manifest("1", 1);
	struct database *d;
	struct said_terms t;
	struct err e = {0};

	(void)state;
	folder_new(&s.folder);
	snprintf(s.db, sizeof(s.db), "%s", folder_path(&s.folder, "db"));
	snprintf(s.seen, sizeof(s.seen), "%s", folder_path(&s.folder, "seen"));
	book_trust(&s.book, ALICE_KEY, 1u << TRUST_PUBLISHER);
	d = database_made(s.db, true);
	t = (struct said_terms){.content_type = CONTENT_MANIFEST, .has_upon = true};
	t.upon = database_head(d);
	database_free(&d);
	s.file = said_sign(s.book.key[ALICE_KEY], &t, buf_bytes(&payload));
	assert_true(put(&s, &e)); /* and then it is there already */
	assert_true(fail_each_or_do(put, &s) > 50);
	d = database_open(s.db, &e);
	assert_int_equal(database_head(d).height, 1);
	database_free(&d);
	assert_true(fail_each_or_do(look, &s) > 20);
	folder_free(&s.folder);
	book_free(&s.book);
	buf_free(&s.file);
	buf_free(&payload);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_publisher_survives_the_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
