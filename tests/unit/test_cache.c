#include "measure/rebuild/cache.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "measure/base/file.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"

#define KEY "0000000000000000000000000000000000000000000000000000000000000000"
#define OUTPUT "cache/sha256/" KEY "/file/text"

static struct recipe_pair outputs[] = {{.name = "text", .value = "x"}};
static const struct recipe_stage stage = {.name = "s", .outputs = {outputs, 1}};

struct place {
	struct folder folder;
	struct cache cache;
	struct made made;
};

static void put(struct folder *f, const char *name, const char *text)
{
	struct err e = {0};

	assert_true(file_write(folder_path(f, name), bytes_str(text), &e));
}

/* An entry with one output, found. */
static int setup(void **state)
{
	static struct place p;
	struct scratch scratch = SCRATCH_NONE;
	struct err e = {0};
	int entry;

	p = (struct place){.cache = CACHE_NONE};
	folder_new(&p.folder);
	assert_true(cache_open(&p.cache, folder_path(&p.folder, "cache"), &e));
	assert_true(scratch_make(&scratch, folder_path(&p.folder, "cache"), "work", &e));
	entry = scratch_folder(&scratch, "entry", &e);
	assert_int_equal(mkdirat(entry, "file", 0755), 0);
	assert_true(file_write(folder_path(&p.folder, "log"), bytes_str("said\n"), &e));
	assert_int_equal(renameat(AT_FDCWD, folder_path(&p.folder, "log"), entry, CACHE_LOG), 0);
	put(&p.folder, "text", "hallo\n");
	assert_int_equal(renameat(AT_FDCWD, folder_path(&p.folder, "text"), entry, "file/text"), 0);
	assert_true(cache_list(entry, &stage, &e));
	close(entry);
	assert_true(cache_keep(&p.cache, &scratch, "entry", KEY, &e));
	scratch_free(&scratch);
	assert_true(cache_find(&p.cache, KEY, &stage, &p.made));
	*state = &p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;

	made_free(&p->made);
	cache_close(&p->cache);
	folder_free(&p->folder);
	return 0;
}

static void an_output_is_opened_as_it_was_listed(void **state)
{
	struct place *p = *state;
	owned(store_item_free) struct store_item item = {.file = FILE_NONE};
	struct err e = {0};

	assert_true(cache_open_output(&p->made, made_output(&p->made, "text"), &item, &e));
	assert_true(item.size == 6);
	assert_null(made_output(&p->made, "other"));
}

static void an_output_that_changed_since_it_was_found_is_refused(void **state)
{
	struct place *p = *state;
	struct store_item item;
	struct err e = {0};

	put(&p->folder, OUTPUT, "HALLO\n");
	assert_false(cache_open_output(&p->made, made_output(&p->made, "text"), &item, &e));
	check_err(&e, REASON_FILE_CHANGED, "the output 'text' changed in the cache");
	assert_non_null(strstr(e.subject, OUTPUT));
}

static void an_entry_with_something_else_than_a_file_is_none(void **state)
{
	struct place *p = *state;
	struct made m = {0};

	assert_int_equal(unlink(folder_path(&p->folder, OUTPUT)), 0);
	assert_int_equal(mkfifo(folder_path(&p->folder, OUTPUT), 0600), 0);
	assert_false(cache_find(&p->cache, KEY, &stage, &m));
	assert_int_not_equal(access(folder_path(&p->folder, "cache/sha256/" KEY), F_OK), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_output_is_opened_as_it_was_listed),
		TEST(an_output_that_changed_since_it_was_found_is_refused),
		TEST(an_entry_with_something_else_than_a_file_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
