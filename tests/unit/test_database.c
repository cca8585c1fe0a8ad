#include "reference-db/database.h"

#include <stdio.h>

#include "measure/core/hash.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_git.h"

#define WHEN 1700000000

/* The statement of entry n: any bytes. */
static struct bytes statement(uint64_t n, char to[64])
{
	return bytes_of(to, (size_t)snprintf(to, 64, "statement %llu\n", (unsigned long long)n));
}

static void path_of(uint64_t n, char to[DATABASE_PATH])
{
	struct database_place p = {
		.product = "example.org/blindbox",
		.version = "1.2.3",
		.nth_file = n,
		.entry = n,
		.kind = "manifest",
		.extension = "corim",
	};
	struct err e = {0};

	assert_true(database_path(&p, to, &e));
}

static bool append(struct database *d, size_t n, bool *moved, struct err *e)
{
	struct database_new *entry = calloc(n, sizeof(*entry));
	char(*path)[DATABASE_PATH] = calloc(n, DATABASE_PATH);
	char(*text)[64] = calloc(n, 64);
	struct database_news news = {entry, n, "Some statements", WHEN};
	uint64_t height = database_head(d).height;
	bool ok;

	for (size_t i = 0; i < n; i++) {
		path_of(height + i, path[i]);
		entry[i] = (struct database_new){statement(height + i, text[i]), path[i]};
	}
	ok = database_append(d, &news, moved, e);
	free(entry);
	free(path);
	free(text);
	return ok;
}

/* All entries are there and lead to the state that the head names. */
static void check_all(const struct database *d, uint64_t height)
{
	struct digest state = database_first(d);
	struct signed_upon head = database_head(d);
	struct err e = {0};

	assert_int_equal(head.height, height);
	for (uint64_t n = 0; n < height; n++) {
		struct buf b = BUF(SIGNED_MAX);
		struct database_entry x;
		char text[64];

		assert_true(database_entry(d, n, &state, &x, &e));
		assert_true(database_statement(d, &x, &b, &e));
		assert_true(bytes_equal(buf_bytes(&b), statement(n, text)));
		buf_free(&b);
	}
	assert_true(digest_equal(&state, &head.state));
}

static void what_is_appended_is_read_back(void **state)
{
	struct folder f;
	struct err e = {0};

	(void)state;
	folder_new(&f);
	for (unsigned bare = 0; bare < 2; bare++) {
		const char *path = folder_path(&f, bare ? "bare" : "db");
		struct database *d, *again;
		bool moved;

		assert_true(database_init(path, "example.org", bare, WHEN, &e));
		d = database_open(path, &e);
		assert_non_null(d);
		assert_string_equal(database_name(d), "example.org");
		check_all(d, 0);
		assert_true(append(d, 1, &moved, &e) && moved);
		check_all(d, 1);
		assert_true(append(d, 300, &moved, &e) && moved);
		check_all(d, 301);
		again = database_open(path, &e);
		assert_non_null(again);
		check_all(again, 301);
		database_free(&d);
		database_free(&again);
	}
	assert_int_equal(folder_count(&f), 2);
	folder_free(&f);
}

static void git_finds_nothing_wrong_with_it(void **state)
{
	struct folder f;
	struct database *d;
	struct err e = {0};
	bool moved;

	(void)state;
	if (!git_here())
		skip();
	folder_new(&f);
	assert_true(database_init(folder_path(&f, "db"), "example.org", true, WHEN, &e));
	d = database_open(folder_path(&f, "db"), &e);
	assert_non_null(d);
	for (unsigned i = 0; i < 40; i++)
		assert_true(append(d, 1 + i % 3, &moved, &e) && moved);
	check_all(d, 79);
	database_free(&d);
	git_run(&f, "test \"$(git -C db symbolic-ref HEAD)\" = refs/heads/main\n"
		    "git -C db fsck --strict --full 2>&1 | tee fsck >&2\n"
		    "! grep -v '^notice' fsck\n"
		    "git -C db log --format=%s%n%an | sort | uniq -c >&2\n"
		    "test $(ls db/objects/pack/*.pack | wc -l) -lt 33\n"
		    "git clone -q db clone\n"
		    "cd clone; cat log/*/*/* | sha256sum -c --quiet\n"
		    "test $(cat log/*/*/* | wc -l) = 79\n");
	d = database_open(folder_path(&f, "clone"), &e);
	assert_non_null(d);
	check_all(d, 79);
	database_free(&d);
	git_run(&f, "rm -rf clone/.git");
	d = database_open(folder_path(&f, "clone"), &e);
	assert_non_null(d);
	check_all(d, 79);
	database_free(&d);
	folder_free(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_appended_is_read_back),
		cmocka_unit_test(git_finds_nothing_wrong_with_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
