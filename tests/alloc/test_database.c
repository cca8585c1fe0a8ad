#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/alloc/fail.h"
#include "tests/unit/support_database.h"
#include "tests/unit/support_folder.h"

static void tell(void *arg, const char *path, const char *what)
{
	(void)arg;
	(void)path;
	(void)what;
}

static bool make(void *arg, struct err *e)
{
	static unsigned n;
	char name[16];

	snprintf(name, sizeof(name), "db%u", n++);
	return database_init(folder_path(arg, name), "example.org", true, DATABASE_WHEN, e);
}

static bool grow(void *arg, struct err *e)
{
	static const struct database_new one[] = {
		{{(const uint8_t *)"x", 1}, "keys/000000-keys.cose"},
		{{(const uint8_t *)"y", 1}, "products/a/1/000001-manifest.corim"},
	};
	const struct database_news news = {one, 2, "x", DATABASE_WHEN};
	owned(database_free) struct database *d = database_open(folder_path(arg, "db"), e);
	bool moved;

	/* What was refused when the branch had moved already is done, and is not done again. */
	if (d && database_head(d).height > 0)
		return true;
	return d && database_append(d, &news, &moved, e) && moved;
}

static bool read_all(void *arg, struct err *e)
{
	owned(database_free) struct database *d = database_open(folder_path(arg, "db"), e);
	owned(buf_free) struct buf b = BUF(65536);
	struct database_stray stray = {tell, NULL};
	bool clean;

	return d && database_all(d, &b, e) && database_audit_tree(d, &stray, &clean, e) && clean;
}

static void memory_may_run_out_at_any_place(void **state)
{
	struct folder f;
	struct err e = {0};

	(void)state;
	folder_new(&f);
	/* Tidying up is left out where memory does not do for it. */
	assert_true(fail_each_or_do(make, &f) > 30);
	assert_true(database_init(folder_path(&f, "db"), "example.org", true, DATABASE_WHEN, &e));
	assert_true(fail_each_or_do(grow, &f) > 3);
	assert_true(fail_each(read_all, &f) > 3);
	folder_free(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_may_run_out_at_any_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
