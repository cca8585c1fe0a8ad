#include "reference-db/ledger.h"

#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/base/home.h"
#include "measure/base/listing.h"
#include "reference-db/database_form.h"
#include "reference-db/seen.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_database.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_ledger.h"

#define PUBLISHER (1u << TRUST_PUBLISHER)
#define WITHDRAWER (1u << TRUST_WITHDRAWER)

static struct ledger *opened(const struct database *d, const struct trust *t, const char *cache,
			     bool anew)
{
	const struct ledger_ask ask = {
		.database = d,
		.trust = t,
		.trust_digest = said_digest(t->n > 0 ? 1 : 2),
		.cache = cache,
		.anew = anew,
	};
	struct err e = {0};
	struct ledger *l = ledger_open(&ask, &e);

	check_no_err(&e);
	return l;
}

/* One more statement, upon the head of the database. */
static void publish(struct database *d, struct book *b, enum statement_kind kind,
		    struct buf payload)
{
	struct ledger *l = opened(d, b->trust, "", false);
	struct said_terms t = {.content_type = statement_rows[kind].content_type,
			       .issued = 1790000000,
			       .has_upon = true,
			       .upon = ledger_head(l)};
	struct buf file = said_sign(b->key[ALICE_KEY], &t, buf_bytes(&payload));
	char path[DATABASE_PATH];
	struct ledger_fed fed;
	struct err e = {0};
	bool moved;

	assert_true(ledger_feed(l, buf_bytes(&file), &fed, &e));
	assert_false(fed.already);
	assert_true(database_path(&fed.place, path, &e));
	assert_true(database_append(
		d,
		&(struct database_news){.entry = &(struct database_new){buf_bytes(&file), path},
					.n = 1,
					.message = "one more\n"},
		&moved, &e));
	check_no_err(&e);
	assert_true(moved);
	assert_true(ledger_feed(l, buf_bytes(&file), &fed, &e) && fed.already);
	{
		struct signed_upon here = ledger_head(l), there = database_head(d);

		assert_int_equal(here.height, there.height);
		assert_true(digest_equal(&here.state, &there.state));
	}
	buf_free(&file);
	buf_free(&payload);
	ledger_free(&l);
}

static struct database *database_with(struct book *b, const char *path)
{
	struct database *d = database_made(path, true);

	publish(d, b, STATEMENT_MANIFEST, book_payload_manifest("1", 1));
	publish(d, b, STATEMENT_MANIFEST, book_payload_manifest("2", 2));
	publish(d, b, STATEMENT_RELEASE, book_payload_release("2", "2", "1"));
	publish(d, b, STATEMENT_WITHDRAW, book_payload_withdraw("1", 1));
	return d;
}

static void same(struct ledger *a, struct ledger *b)
{
	struct buf x = BUF(LEDGER_KEPT_MAX), y = BUF(LEDGER_KEPT_MAX);
	struct err e = {0};

	assert_true(ledger_write(a, &x, &e) && ledger_write(b, &y, &e));
	assert_int_equal(x.n, y.n);
	buf_free(&x);
	buf_free(&y);
	assert_int_equal(ledger_statements(a), ledger_statements(b));
	assert_int_equal(ledger_releases(a), ledger_releases(b));
	for (uint64_t i = 0; i < ledger_releases(a); i++) {
		const struct ledger_when when = {.when = {CLOCK_AT, 1790000000}};
		struct ledger_release p, q;

		ledger_release(a, i, &when, &p);
		ledger_release(b, i, &when, &q);
		assert_string_equal(p.version, q.version);
		assert_int_equal(p.publishers, q.publishers);
		assert_int_equal(p.withdrawn, q.withdrawn);
		assert_int_equal(p.latest, q.latest);
		assert_int_equal(p.below_minimum, q.below_minimum);
	}
}

static struct book trusting(void)
{
	struct book b = book_new();

	book_trust(&b, ALICE_KEY, PUBLISHER | WITHDRAWER);
	return b;
}

static void what_was_kept_is_gone_on_from(void **state)
{
	struct book b = trusting();
	struct folder f = {0};
	struct database *d;
	struct ledger *first, *again, *audit;
	char cache[512];

	(void)state;
	folder_new(&f);
	snprintf(cache, sizeof(cache), "%s", folder_path(&f, "cache"));
	d = database_with(&b, folder_path(&f, "db"));
	first = opened(d, b.trust, cache, false);
	assert_int_equal(ledger_statements(first), 4);
	again = opened(d, b.trust, cache, false);
	assert_int_equal(again->n_kept, 4);
	audit = opened(d, b.trust, cache, true);
	assert_int_equal(audit->n_kept, 0);
	same(first, again);
	same(first, audit);
	ledger_free(&again);
	ledger_free(&audit);
	publish(d, &b, STATEMENT_MANIFEST, book_payload_manifest("3", 3));
	again = opened(d, b.trust, cache, false);
	audit = opened(d, b.trust, cache, true);
	assert_int_equal(again->n_kept, 4);
	assert_int_equal(ledger_statements(again), 5);
	same(again, audit);
	ledger_free(&again);
	ledger_free(&audit);
	ledger_free(&first);
	database_free(&d);
	folder_free(&f);
	book_free(&b);
}

/* Of so many statements that was known already. */
static size_t known(const struct database *d, const struct book *b, const char *cache)
{
	struct ledger *l = opened(d, b->trust, cache, false);
	size_t n = l->n_kept;

	ledger_free(&l);
	return n;
}

static void what_others_could_have_written_is_not_used(void **state)
{
	struct book b = trusting();
	struct folder f = {0};
	struct listing in = {0};
	struct database *d;
	struct err e = {0};
	char cache[512], path[1024];

	(void)state;
	folder_new(&f);
	snprintf(cache, sizeof(cache), "%s", folder_path(&f, "cache"));
	d = database_with(&b, folder_path(&f, "db"));
	assert_int_equal(known(d, &b, cache), 0);
	assert_int_equal(known(d, &b, cache), 4);
	assert_true(listing_read(&in, cache, &e));
	assert_int_equal(in.n, 1);
	snprintf(path, sizeof(path), "%s", in.path[0]);
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(known(d, &b, cache), 0);
	assert_int_equal(known(d, &b, cache), 4);
	if (geteuid() == 0) {
		assert_int_equal(chown(path, 12345, (gid_t)-1), 0);
		assert_int_equal(known(d, &b, cache), 0);
		assert_int_equal(known(d, &b, cache), 4);
	}
	listing_free(&in);
	database_free(&d);
	folder_free(&f);
	book_free(&b);
}

static void run_on(const cpu_set_t *cpus)
{
	assert_int_equal(sched_setaffinity(0, sizeof(*cpus), cpus), 0);
}

/* With one thread as with all: the same statements are refused, for the same reasons. */
static void how_many_threads_check_tells_nothing(void **state)
{
	struct book b = trusting();
	struct buf x = BUF(LEDGER_KEPT_MAX), y = BUF(LEDGER_KEPT_MAX);
	struct folder f = {0};
	struct database *d;
	struct ledger *one, *all;
	struct err e = {0};
	cpu_set_t cpus, first;
	size_t cpu = 0;

	(void)state;
	folder_new(&f);
	d = database_with(&b, folder_path(&f, "db"));
	for (uint8_t i = 3; i < 10; i++) {
		char version[] = {(char)('0' + i), '\0'};

		publish(d, &b, STATEMENT_MANIFEST, book_payload_manifest(version, i));
		publish(d, &b, STATEMENT_MANIFEST, book_payload_manifest(version, 99));
	}
	all = opened(d, b.trust, "", true);
	assert_int_equal(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	while (!CPU_ISSET(cpu, &cpus))
		cpu++;
	CPU_ZERO(&first);
	CPU_SET(cpu, &first);
	run_on(&first);
	one = opened(d, b.trust, "", true);
	run_on(&cpus);
	assert_int_equal(all->record[5].worth, LEDGER_CONTRADICTS);
	assert_true(ledger_write(one, &x, &e) && ledger_write(all, &y, &e));
	assert_true(bytes_equal(buf_bytes(&x), buf_bytes(&y)));
	buf_free(&x);
	buf_free(&y);
	ledger_free(&one);
	ledger_free(&all);
	database_free(&d);
	folder_free(&f);
	book_free(&b);
}

static void another_trust_file_is_another_ledger(void **state)
{
	struct book b = trusting(), nobody = book_new();
	struct folder f = {0};
	struct database *d;
	struct ledger *l;
	char cache[512];

	(void)state;
	folder_new(&f);
	snprintf(cache, sizeof(cache), "%s", folder_path(&f, "cache"));
	d = database_with(&b, folder_path(&f, "db"));
	l = opened(d, b.trust, cache, false);
	ledger_free(&l);
	l = opened(d, nobody.trust, cache, false);
	assert_int_equal(ledger_releases(l), 0);
	ledger_free(&l);
	database_free(&d);
	folder_free(&f);
	book_free(&b);
	book_free(&nobody);
}

#define FORMAT "measure-db/1\nname example.org\n"
#define ELEVEN "1111111111111111"

static void a_head_that_the_log_does_not_give_is_refused(void **state)
{
	struct book b = trusting();
	struct folder f = {0};
	struct database *d;
	struct ledger *l;
	struct digest none;
	struct ledger_ask ask = {.trust = b.trust, .trust_digest = said_digest(1), .cache = ""};
	struct err e = {0}, no = {0};

	(void)state;
	folder_new(&f);
	folder_file(&f, "format", FORMAT, sizeof(FORMAT) - 1);
	folder_file(&f, "head", "0 " ELEVEN ELEVEN ELEVEN ELEVEN "\n", 67);
	d = database_open(f.path, &e);
	check_no_err(&e);
	ask.database = d;
	assert_null(ledger_open(&ask, &no));
	check_err(&no, REASON_DATABASE, "the log gives another state than 'head' says");
	database_free(&d);
	d = database_with(&b, folder_path(&f, "db"));
	l = opened(d, b.trust, "", false);
	assert_false(ledger_state(l, 5, &none, &e));
	check_err(&e, REASON_DATABASE, "state 5 is asked for, 4 is the last");
	ledger_free(&l);
	database_free(&d);
	folder_free(&f);
	book_free(&b);
}

/* ---- a folder that is written to while it is read */

static void put(struct folder *f, const char *path, struct bytes content)
{
	char name[DATABASE_PATH + 8];
	struct err e = {0};

	snprintf(name, sizeof(name), "plain/%s", path);
	assert_true(home_make_folders(folder_path(f, name), 0700, &e));
	folder_file(f, name, content.p, content.n);
}

/* Entry n, whose statement is that of another. */
static void put_entry(struct folder *f, const struct database *d, uint64_t n, uint64_t other)
{
	struct buf file = BUF(SIGNED_MAX), line = BUF(4096);
	struct digest state = database_first(d);
	struct database_entry x, y;
	char path[DATABASE_LOG_PATH];
	struct err e = {0};

	assert_true(database_entry(d, n, &state, &x, &e) &&
		    database_entry(d, other, &state, &y, &e) &&
		    database_statement(d, &y, &file, &e));
	put(f, x.path, buf_bytes(&file));
	x.sha256 = y.sha256;
	database_line_write(&x, &line);
	database_log_path(n, path);
	put(f, path, buf_bytes(&line));
	buf_free(&file);
	buf_free(&line);
}

static void what_was_replayed_is_not_read_again_as_something_else(void **state)
{
	struct book b = trusting();
	struct folder f = {0};
	struct database *d, *plain;
	struct signed_upon at;
	struct buf out = BUF(SIGNED_MAX), head = BUF(256), format = BUF(256);
	struct ledger *l;
	struct err e = {0};

	(void)state;
	folder_new(&f);
	d = database_with(&b, folder_path(&f, "db"));
	at = database_head(d);
	database_head_write(&at, &head);
	assert_true(database_format_write(database_name(d), &format, &e));
	put(&f, "format", buf_bytes(&format));
	put(&f, "head", buf_bytes(&head));
	for (uint64_t i = 0; i < at.height; i++)
		put_entry(&f, d, i, i);
	plain = database_open(folder_path(&f, "plain"), &e);
	check_no_err(&e);
	l = opened(plain, b.trust, "", false);
	assert_true(ledger_file(l, plain, 0, &out, &e));
	buf_reset(&out);
	put_entry(&f, d, 0, 1);
	assert_false(ledger_file(l, plain, 0, &out, &e));
	check_err(&e, REASON_DATABASE,
		  "'products/a%2Fb/1/000000-manifest.corim' has another digest than the log says");
	buf_free(&out);
	buf_free(&head);
	buf_free(&format);
	ledger_free(&l);
	database_free(&plain);
	database_free(&d);
	folder_free(&f);
	book_free(&b);
}

/* ---- what was seen */

static void check_seen(struct folder *f, const char *db, struct book *b, enum reason r,
		       const char *begins)
{
	struct seen before = SEEN_NONE;
	struct err no = {0};
	char seen[512];
	struct err e = {0};
	struct database *d = database_open(folder_path(f, db), &e);
	struct ledger *l = opened(d, b->trust, "", false);

	snprintf(seen, sizeof(seen), "%s/state/databases", f->path);
	assert_true(seen_read(&before, seen, &no));
	assert_int_equal(seen_check(&before, folder_path(f, db), l, d, &e), r == REASON_NONE);
	seen_free(&before);
	assert_string_equal(reason_slug(e.reason), reason_slug(r));
	if (r != REASON_NONE)
		assert_memory_equal(e.text, begins, strlen(begins));
	ledger_free(&l);
	database_free(&d);
}

static void a_database_that_gets_shorter_or_another_is_noticed(void **state)
{
	struct book b = trusting();
	struct folder f = {0};
	struct database *d;
	char *text;
	size_t n;

	(void)state;
	folder_new(&f);
	d = database_with(&b, folder_path(&f, "db"));
	check_seen(&f, "db", &b, REASON_NONE, "");
	check_seen(&f, "db", &b, REASON_NONE, "");
	publish(d, &b, STATEMENT_MANIFEST, book_payload_manifest("3", 3));
	check_seen(&f, "db", &b, REASON_NONE, "");
	database_free(&d);
	text = folder_read(folder_path(&f, "state/databases"), &n);
	assert_memory_equal(text, "5 ", 2);
	assert_int_equal(text[n - 1], '\n');
	free(text);
	/* of that name, elsewhere, and shorter; then as long, with another history */
	d = database_made(folder_path(&f, "other"), true);
	publish(d, &b, STATEMENT_MANIFEST, book_payload_manifest("1", 1));
	check_seen(&f, "other", &b, REASON_ROLLBACK,
		   "'example.org' was seen at height 5 with state ");
	for (uint8_t i = 2; i < 7; i++) {
		char version[2] = {(char)('0' + i), '\0'};

		publish(d, &b, STATEMENT_MANIFEST, book_payload_manifest(version, i));
	}
	check_seen(&f, "other", &b, REASON_FORK, "'example.org' was seen at height 5 with state ");
	database_free(&d);
	check_seen(&f, "db", &b, REASON_NONE, "");
	folder_file(&f, "state/databases", "5 00 name\n", 10);
	check_seen(&f, "db", &b, REASON_DATABASE, "line 1 is not 'HEIGHT STATE NAME PATH'");
	folder_free(&f);
	book_free(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_kept_is_gone_on_from),
		cmocka_unit_test(what_others_could_have_written_is_not_used),
		cmocka_unit_test(how_many_threads_check_tells_nothing),
		cmocka_unit_test(another_trust_file_is_another_ledger),
		cmocka_unit_test(a_head_that_the_log_does_not_give_is_refused),
		cmocka_unit_test(what_was_replayed_is_not_read_again_as_something_else),
		cmocka_unit_test(a_database_that_gets_shorter_or_another_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
