#include "reference-db/ledger.h"

#include <dirent.h>
#include <stdio.h>

#include "reference-db/publish.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_database.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_ledger.h"

static struct book trusting(void)
{
	struct book b = book_new();

	book_trust(&b, ALICE_KEY, 1u << TRUST_PUBLISHER | 1u << TRUST_WITHDRAWER);
	return b;
}

/* Does it say anything that cannot be looked at? */
static void look_over(const struct ledger *l)
{
	const struct ledger_when when = {.when = {CLOCK_NONE, 0}};
	struct ledger_statement s;
	struct ledger_release r;

	for (uint64_t i = 0; i < ledger_releases(l); i++)
		ledger_release(l, i, &when, &r);
	for (uint64_t i = 0; i < ledger_statements(l); i++)
		ledger_statement(l, i, &s);
}

static struct ledger *none_yet(const struct book *b)
{
	struct digest first = said_digest(0x77), trust = said_digest(0x66);
	struct err e = {0};
	struct ledger *l = ledger_new(b->trust, &trust, &first, &e);

	check_no_err(&e);
	return l;
}

static bool read_whole(struct ledger *l, struct bytes in, struct err *e)
{
	return ledger_read(l, in, e) && ledger_load(l, e);
}

static void is_not_used(const struct book *b, struct bytes in)
{
	struct ledger *l = none_yet(b);
	struct err no = {0};

	assert_false(read_whole(l, in, &no));
	check_err(&no, REASON_DATABASE, "what was kept is of another form, or damaged");
	ledger_free(&l);
}

/* With sums that are right again; false: it is refused for what it says. */
static bool is_used(const struct book *b, struct bytes rows)
{
	struct ledger *l = none_yet(b);
	struct buf file = BUF(LEDGER_KEPT_MAX);
	struct err no = {0};
	bool used;

	buf_put(&file, rows);
	used = ledger_seal(&file, &no) && read_whole(l, buf_bytes(&file), &no);
	assert_int_equal(used, !err_is(&no));
	if (used)
		look_over(l);
	buf_free(&file);
	ledger_free(&l);
	return used;
}

static void what_was_kept_and_is_damaged_is_not_used(void **state)
{
	struct book b = trusting();
	struct buf file = BUF(LEDGER_KEPT_MAX);
	struct err e = {0};
	size_t used = 0, rows;

	(void)state;
	book_begin(&b);
	assert_int_equal(book_manifest(&b, ALICE_KEY, "1", 1), LEDGER_COUNTS);
	book_release(&b, ALICE_KEY, "1", "1", NULL);
	book_withdraw(&b, ALICE_KEY, "1", 1);
	assert_true(ledger_write(b.l, &file, &e));
	rows = file.n - 32 * (LEDGER_PARTS + 1); /* each part has something, and is one block */
	for (size_t i = 0; i < file.n; i++) {
		file.p[i] ^= 0x41;
		is_not_used(&b, buf_bytes(&file));
		used += i < rows && is_used(&b, bytes_of(file.p, rows));
		file.p[i] ^= 0x41;
	}
	assert_true(used > 0 && used < rows);
	buf_free(&file);
	book_free(&b);
}

/* Cut short anywhere, longer, of an older form, of another trust file, of another database. */
static void what_was_kept_of_another_is_not_used(void **state)
{
	struct book b = trusting();
	struct buf file = BUF(LEDGER_KEPT_MAX);
	struct ledger *other = none_yet(&b);
	struct err e = {0};

	(void)state;
	book_begin(&b);
	assert_int_equal(book_manifest(&b, ALICE_KEY, "1", 1), LEDGER_COUNTS);
	assert_true(ledger_write(b.l, &file, &e));
	assert_true(read_whole(other, buf_bytes(&file), &e));
	for (size_t i = 0; i < file.n; i++) {
		struct ledger *l = none_yet(&b);

		assert_false(read_whole(l, bytes_of(file.p, i), &e) || !err_is(&e));
		ledger_free(&l);
		e = (struct err){0};
	}
	buf_u8(&file, 0);
	is_not_used(&b, buf_bytes(&file));
	file.n--;
	assert_memory_equal(file.p, "measure-ledger-4", 16);
	file.p[15] = '3';
	is_not_used(&b, buf_bytes(&file));
	other->trust_digest = said_digest(0x67);
	buf_reset(&file);
	assert_true(ledger_write(other, &file, &e));
	is_not_used(&b, buf_bytes(&file));
	other->trust_digest = said_digest(0x66);
	other->state[0][0] ^= 1;
	buf_reset(&file);
	assert_true(ledger_write(other, &file, &e));
	is_not_used(&b, buf_bytes(&file));
	ledger_free(&other);
	buf_free(&file);
	book_free(&b);
}

/* ---- read as far as it is needed */

/* Its table is sorted away in between, as that of a large one is. */
static struct book of_many(void)
{
	struct book b = trusting();
	struct err e = {0};

	book_begin(&b);
	for (unsigned i = 1; i <= 200; i++) {
		char version[8];

		snprintf(version, sizeof(version), "%u", i);
		assert_int_equal(book_manifest(&b, ALICE_KEY, version, (uint8_t)i), LEDGER_COUNTS);
		if (i % 5 == 0)
			assert_int_equal(
				book_release(&b, ALICE_KEY, version, i > 5 ? "5" : version, NULL),
				LEDGER_COUNTS);
		assert_true(i % 50 > 0 || ledger_fold(b.l, &e));
	}
	assert_true(b.l->n_old > 0 && b.l->n_slots == 0);
	return b;
}

static void is_fed_alike(const struct ledger *l, const struct ledger_fed *part,
			 const struct ledger *all, const struct ledger_fed *whole)
{
	struct signed_upon x = ledger_head(l), y = ledger_head(all);

	assert_int_equal(part->statement.worth, whole->statement.worth);
	assert_int_equal(part->already, whole->already);
	assert_int_equal(part->place.nth_file, whole->place.nth_file);
	assert_true(x.height == y.height && digest_equal(&x.state, &y.state));
	assert_int_equal(ledger_item_at(l, (size_t)part->statement.release)->last,
			 all->item[whole->statement.release].last);
}

/* The next statement is judged as by what is read whole; and of a damaged one, any byte of it, it
 * is either not needed or told. */
static void what_was_kept_is_read_as_far_as_it_is_needed(void **state)
{
	struct book b = of_many();
	struct said_terms t = book_terms(&b, STATEMENT_RELEASE);
	struct buf file = BUF(LEDGER_KEPT_MAX), next = book_payload_release("77", "100", "3");
	struct buf said = said_sign(b.key[ALICE_KEY], &t, buf_bytes(&next));
	struct ledger_fed whole, part;
	struct err e = {0};
	size_t told = 0, passed = 0;

	(void)state;
	assert_true(ledger_write(b.l, &file, &e) && ledger_feed(b.l, buf_bytes(&said), &whole, &e));
	assert_int_equal(whole.statement.worth, LEDGER_COUNTS);
	for (size_t i = 0; i <= file.n; i += i == 0 ? 1 : 97) {
		struct ledger *l = none_yet(&b);
		struct err no = {0};

		file.p[i == 0 ? 0 : i - 1] ^= i == 0 ? 0 : 0x41;
		if (ledger_read(l, buf_bytes(&file), &no) &&
		    ledger_feed(l, buf_bytes(&said), &part, &no) && ledger_sound(l, &no)) {
			is_fed_alike(l, &part, b.l, &whole);
			passed++;
		} else {
			check_err(&no, REASON_DATABASE,
				  "what was kept is of another form, or damaged");
			told++;
		}
		assert_true(i > 0 || passed == 1);
		file.p[i == 0 ? 0 : i - 1] ^= i == 0 ? 0 : 0x41;
		ledger_free(&l);
	}
	assert_true(told > 10 && passed > 100);
	buf_free(&said);
	buf_free(&next);
	buf_free(&file);
	book_free(&b);
}

/* The one file of a folder; to be freed. */
static char *only_file(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *x;
	char *path = NULL;

	assert_non_null(d);
	while ((x = readdir(d)))
		if (x->d_name[0] != '.') {
			assert_null(path);
			assert_true(asprintf(&path, "%s/%s", folder, x->d_name) > 0);
		}
	closedir(d);
	assert_non_null(path);
	return path;
}

/* One that stands there already, and one that contradicts it: nothing changes by them. */
static void publish_both(const struct publish *p, struct bytes there, struct bytes other)
{
	struct publish_entry out;
	struct err e = {0};

	assert_true(publish(p, &there, 1, &out, &e));
	assert_true(out.already && out.entry == 0);
	assert_string_equal(out.path, "products/a%2Fb/1/000000-manifest.corim");
	assert_false(publish(p, &other, 1, &out, &e));
	check_err(&e, REASON_CONTRADICTION,
		  "manifest statement: another payload of that version counts already");
}

/* Some statements by the publisher himself; the first file of them. */
static struct buf publish_some(const struct publish *p, EVP_PKEY *key)
{
	struct buf first = BUF(SIGNED_MAX);
	struct said_terms t = {.content_type = statement_rows[STATEMENT_MANIFEST].content_type};
	struct publish_entry out;
	struct err e = {0};

	for (uint8_t i = 1; i < 5; i++) {
		char version[] = {(char)('0' + i), '\0'};
		struct buf payload = book_payload_manifest(version, i);
		struct buf file = said_sign(key, &t, buf_bytes(&payload));

		assert_true(publish(p, (struct bytes[]){buf_bytes(&file)}, 1, &out, &e));
		if (i == 1)
			buf_put(&first, buf_bytes(&file));
		buf_free(&payload);
		buf_free(&file);
	}
	return first;
}

static void publishers_go_by_the_log_when_what_was_kept_is_damaged(void **state)
{
	struct book b = trusting();
	struct folder f = {0};
	char db[512], cache[512], seen[512], *kept;
	struct publish p = {.path = db, .trust = b.trust, .trust_digest = said_digest(1)};
	struct said_terms t = {.content_type = statement_rows[STATEMENT_MANIFEST].content_type};
	struct buf payload = book_payload_manifest("1", 9), first;
	struct buf other = said_sign(b.key[ALICE_KEY], &t, buf_bytes(&payload));
	struct database *d;
	struct err e = {0};
	uint8_t *was;
	size_t n;

	(void)state;
	folder_new(&f);
	snprintf(db, sizeof(db), "%s", folder_path(&f, "db"));
	snprintf(cache, sizeof(cache), "%s", folder_path(&f, "cache"));
	snprintf(seen, sizeof(seen), "%s", folder_path(&f, "state/databases"));
	d = database_made(db, true);
	p.seen = seen;
	p.cache = "";
	first = publish_some(&p, b.key[ALICE_KEY]);
	p.cache = cache;
	publish_both(&p, buf_bytes(&first), buf_bytes(&other));
	kept = only_file(cache);
	was = folder_read(kept, &n);
	for (size_t i = 0; i < n; i += 31) {
		was[i] ^= 0x41;
		assert_true(file_write(kept, bytes_of(was, n), &e));
		publish_both(&p, buf_bytes(&first), buf_bytes(&other));
		was[i] ^= 0x41;
	}
	free(was);
	free(kept);
	buf_free(&payload);
	buf_free(&first);
	buf_free(&other);
	database_free(&d);
	folder_free(&f);
	book_free(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_kept_and_is_damaged_is_not_used),
		cmocka_unit_test(what_was_kept_of_another_is_not_used),
		cmocka_unit_test(what_was_kept_is_read_as_far_as_it_is_needed),
		cmocka_unit_test(publishers_go_by_the_log_when_what_was_kept_is_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
