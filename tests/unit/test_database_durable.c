#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "measure/base/listing.h"
#include "reference-db/publish.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_database.h"
#include "tests/unit/support_git.h"
#include "tests/unit/support_ledger.h"

/* What was made durable since it was emptied: "folder NAME", "file NAME", and of a file that has no
 * name yet that of its folder. */
static char calls[16][64];
static unsigned n_calls, failing; /* failing: the one of them that fails, from 1; 0: none does */

static void note(int fd)
{
	char link[64], path[4096], *slash;
	struct stat st;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	assert_true(n > 0 && fstat(fd, &st) == 0);
	path[n] = '\0';
	if (S_ISREG(st.st_mode) && st.st_nlink == 0)
		*strrchr(path, '/') = '\0';
	slash = strrchr(path, '/');
	if (n_calls < sizeof(calls) / sizeof(calls[0]))
		snprintf(calls[n_calls], sizeof(calls[0]), "%s %.50s",
			 S_ISDIR(st.st_mode) ? "folder" : "file", slash + 1);
	n_calls++;
}

/* In the place of the C library's, for all of this program but what it loads later. */
int fsync(int fd)
{
	note(fd);
	if (n_calls == failing) {
		errno = ENOSPC;
		return -1;
	}
	return (int)syscall(SYS_fsync, fd);
}

static size_t packs_in(struct folder *f)
{
	struct listing l = {0};
	struct err e = {0};
	size_t n = 0;

	assert_true(listing_read(&l, folder_path(f, "db/objects/pack"), &e));
	for (size_t i = 0; i < l.n; i++)
		n += strstr(l.path[i], ".pack") != NULL;
	listing_free(&l);
	return n;
}

static void grow(struct folder *f)
{
	struct err e = {0};
	struct database *d = database_open(folder_path(f, "db"), &e);
	bool moved;

	check_no_err(&e);
	n_calls = 0;
	assert_true(database_grow(d, 1, NULL, &moved, &e) && moved);
	check_no_err(&e);
	database_free(&d);
}

static void whole(struct folder *f, uint64_t height)
{
	struct err e = {0};
	struct database *d = database_open(folder_path(f, "db"), &e);

	check_no_err(&e);
	database_check(d, height);
	database_free(&d);
	if (git_here())
		git_run(f, "git -C db fsck --strict --full >fsck 2>&1; ! grep -v ^dangling fsck");
}

static void each_append_is_durable_in_its_order_with_five_calls(void **state)
{
	static const char *const order[] = {"file pack", "file pack", "folder pack",
					    "file measure.ref", "folder heads"};
	size_t most = 0, packs = 0, rolled = 0;
	struct folder f;
	struct database *d;

	(void)state;
	folder_new(&f);
	d = database_made(folder_path(&f, "db"), true);
	database_free(&d);
	for (unsigned i = 0; i < 100; i++) {
		size_t now;

		grow(&f);
		assert_int_equal(n_calls, 5);
		for (unsigned k = 0; k < 5; k++)
			assert_string_equal(calls[k], order[k]);
		now = packs_in(&f);
		rolled += now <= packs;
		packs = now;
		most = packs > most ? packs : most;
	}
	assert_int_equal(most, 31);
	assert_in_range(rolled, 3, 20);
	whole(&f, 100);
	folder_free(&f);
}

static void what_cannot_be_tidied_up_is_published_all_the_same(void **state)
{
	struct folder f;
	struct database *d;

	(void)state;
	folder_new(&f);
	d = database_made(folder_path(&f, "db"), true);
	database_free(&d);
	for (unsigned i = 0; i < 30; i++)
		grow(&f);
	assert_int_equal(packs_in(&f), 31);
	for (failing = 1; failing <= 3; failing++) {
		grow(&f);
		assert_int_equal(n_calls, 5 + failing);
	}
	failing = 0;
	/* The pack that was to be of all had its name the second time, and its index the third. */
	assert_int_equal(packs_in(&f), 36);
	grow(&f);
	assert_int_equal(n_calls, 5);
	assert_in_range(packs_in(&f), 1, 31);
	whole(&f, 34);
	folder_free(&f);
}

static struct ledger *opened(struct folder *f, const struct trust *t, const char *cache)
{
	struct err e = {0};
	struct database *d = database_open(folder_path(f, "db"), &e);
	const struct ledger_ask ask = {.database = d, .trust = t, .cache = cache};
	struct ledger *l = ledger_open(&ask, &e);

	check_no_err(&e);
	database_free(&d);
	return l;
}

/* Everything that a publisher needs, and a database without statements. */
struct office {
	struct folder f;
	struct book b;
	char db[512], seen[512], cache[512];
	struct publish p;
};

static void open_office(struct office *o)
{
	struct database *d;

	o->b = book_new();
	book_trust(&o->b, ALICE_KEY, 1u << TRUST_PUBLISHER);
	folder_new(&o->f);
	snprintf(o->db, sizeof(o->db), "%s", folder_path(&o->f, "db"));
	snprintf(o->seen, sizeof(o->seen), "%s", folder_path(&o->f, "seen"));
	snprintf(o->cache, sizeof(o->cache), "%s", folder_path(&o->f, "cache"));
	d = database_made(o->db, true);
	database_free(&d);
	o->p = (struct publish){.path = o->db,
				.trust = o->b.trust,
				.cache = o->cache,
				.seen = o->seen,
				.when = DATABASE_WHEN};
}

static void close_office(struct office *o)
{
	folder_free(&o->f);
	book_free(&o->b);
}

static bool published(struct office *o, enum book_key by, unsigned version, struct err *e)
{
	const struct said_terms t = {.content_type = CONTENT_MANIFEST, .issued = DATABASE_WHEN};
	struct publish_entry entry;
	struct buf payload, file;
	struct bytes bytes;
	char text[16];
	bool ok;

	snprintf(text, sizeof(text), "%u", version);
	payload = book_payload_manifest(text, (uint8_t)version);
	file = said_sign(o->b.key[by], &t, buf_bytes(&payload));
	bytes = buf_bytes(&file);
	n_calls = 0;
	ok = publish(&o->p, &bytes, 1, &entry, e);
	buf_free(&payload);
	buf_free(&file);
	return ok;
}

/* Besides the five what was seen of the database, a file and its folder. */
static void a_publication_takes_seven_calls_in_all(void **state)
{
	struct office o;
	struct ledger *l;
	struct err e = {0};

	(void)state;
	open_office(&o);
	for (unsigned i = 1; i <= 40; i++) {
		if (!published(&o, ALICE_KEY, i, &e))
			fail_msg("%s", e.text);
		assert_int_equal(n_calls, 7);
	}
	assert_in_range(packs_in(&o.f), 1, 31);
	l = opened(&o.f, o.b.trust, o.cache);
	assert_int_equal(ledger_statements(l), 40);
	ledger_free(&l);
	close_office(&o);
}

static void who_is_refused_has_seen_the_database_too(void **state)
{
	struct office o;
	struct err e = {0};
	char *text;
	size_t n;

	(void)state;
	open_office(&o);
	assert_true(published(&o, ALICE_KEY, 1, &e));
	assert_int_equal(unlink(o.seen), 0);
	assert_false(published(&o, BOB_KEY, 2, &e));
	assert_int_equal(e.reason, REASON_ROLE);
	assert_int_equal(n_calls, 2);
	text = folder_read(o.seen, &n);
	assert_non_null(text);
	assert_memory_equal(text, "1 ", 2);
	free(text);
	close_office(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_append_is_durable_in_its_order_with_five_calls),
		cmocka_unit_test(a_publication_takes_seven_calls_in_all),
		cmocka_unit_test(who_is_refused_has_seen_the_database_too),
		cmocka_unit_test(what_cannot_be_tidied_up_is_published_all_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
