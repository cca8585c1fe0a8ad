#include "measure/rebuild/plan.h"

#include <stdio.h>

#include "measure/core/hash.h"
#include "measure/rebuild/stage_environment.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"

static const char text[] = "recipe: 1\nproduct: example.org/shop\nversion: \"1.0\"\n"
			   "vendor: example.org\nepoch: 2026-01-01T00:00:00Z\n"
			   "inputs:\n  one: {file: one.txt}\n  os: {image: os.tar}\n"
			   "stages:\n  s: {root: os, run: x, outputs: {o: o}}\n"
			   "files: {out.txt: one}\n";

/* What a lock of that recipe says, and a test may change. */
struct scene {
	struct folder folder;
	struct lock lock;
	struct lock_input inputs[3];
	struct lock_stage stages[2];
};

static struct digest digest_of(const char *of)
{
	struct err e = {0};
	struct digest d;

	assert_true(hash_of(DIGEST_SHA256, bytes_str(of), &d, &e));
	return d;
}

static void setup_lock(struct scene *s)
{
	owned(recipe_free) struct recipe r = {0};
	static const char *origin[] = {"project:one.txt", NULL};
	struct err e = {0};

	s->lock = LOCK_NEW;
	assert_true(recipe_read(&r, bytes_str(text), &e));
	s->inputs[0] = (struct lock_input){.input = "one",
					   .name = "",
					   .kind = LOCK_FILE_INPUT,
					   .object = {digest_of("one"), 3},
					   .origins = {origin, 1}};
	s->inputs[1] = (struct lock_input){.input = "os",
					   .name = "manifest",
					   .kind = LOCK_BLOB,
					   .object = {digest_of("os"), 2},
					   .origins = {origin, 1}};
	s->stages[0] = (struct lock_stage){"s", "/build/s", STAGE_UMASK, 1, {0}};
	assert_true(stage_environment(&r.stages[0], 1767225600, &s->lock.arena,
				      &s->stages[0].environment, &e));
	s->lock.tool = "0.1.0";
	s->lock.product = "example.org/shop";
	s->lock.version = "1.0";
	s->lock.recipe = digest_of(text);
	s->lock.epoch = 1767225600;
	s->lock.inputs = s->inputs;
	s->lock.n_inputs = 2;
	s->lock.stages = s->stages;
	s->lock.n_stages = 1;
}

static int setup(void **state)
{
	static struct scene s;

	folder_new(&s.folder);
	folder_file(&s.folder, "measure.yml", text, sizeof(text) - 1);
	setup_lock(&s);
	*state = &s;
	return 0;
}

static int drop(void **state)
{
	struct scene *s = *state;

	arena_free(&s->lock.arena);
	folder_free(&s->folder);
	return 0;
}

static bool plan(struct scene *s, struct plan *p, struct err *e)
{
	owned(buf_free) struct buf json = BUF(1u << 20);
	struct plan_ask ask = {.recipe = folder_path(&s->folder, "measure.yml"),
			       .store = folder_path(&s->folder, "store")};

	assert_true(lock_write(&s->lock, &json, e));
	folder_file(&s->folder, LOCK_FILE, json.p, json.n);
	return plan_read(p, &ask, e);
}

static void refused(struct scene *s, enum reason reason, const char *said)
{
	owned(plan_free) struct plan p = PLAN_NONE;
	struct err e = {0};

	assert_false(plan(s, &p, &e));
	check_err(&e, reason, said);
}

static void what_is_not_in_the_store_is_missing(void **state)
{
	struct scene *s = *state;

	folder_file(&s->folder, "one.txt", "one", 3);
	refused(s, REASON_INPUT_MISSING, "'os:manifest' is not in the store");
}

static void a_file_of_the_project_is_what_is_locked(void **state)
{
	struct scene *s = *state;
	owned(plan_free) struct plan p = PLAN_NONE;
	struct err e = {0};

	folder_file(&s->folder, "one.txt", "two", 3);
	assert_false(plan(s, &p, &e));
	assert_int_equal(e.reason, REASON_INPUT_DIGEST);
	assert_memory_equal(e.text, "input 'one': ", 13);
}

static void a_lock_of_other_inputs_is_refused(void **state)
{
	struct scene *s = *state;

	s->lock.n_inputs = 1;
	refused(s, REASON_UNLOCKED, "does not have the input 'os'");
	s->lock.n_inputs = 3;
	s->inputs[2] = s->inputs[0];
	s->inputs[2].input = "two";
	refused(s, REASON_LOCK, "locks an input 'two' that the recipe has not");
	s->inputs[2] = s->inputs[0];
	s->inputs[2].name = "again";
	refused(s, REASON_LOCK, "locks the input 'one' 2 times");
	s->lock.n_inputs = 2;
	s->inputs[1].kind = LOCK_FILE_INPUT;
	s->inputs[1].input = "os";
	refused(s, REASON_LOCK, "locks the input 'os' as something else");
}

static void a_lock_of_other_stages_is_refused(void **state)
{
	static const char other[] = "says another path, umask, environment or number of "
				    "processors for the stage 's'";
	struct scene *s = *state;

	s->stages[0].path = "/build/t";
	refused(s, REASON_LOCK, other);
	s->stages[0].path = "/build/s";
	s->stages[0].jobs = 2;
	refused(s, REASON_LOCK, other);
	s->stages[0].jobs = 1;
	s->stages[0].environment.item[0] = "HOME=/root";
	refused(s, REASON_LOCK, other);
	s->lock.n_stages = 0;
	refused(s, REASON_UNLOCKED, "does not have the stage 's'");
}

static void more_stages_than_the_recipe_has_are_refused(void **state)
{
	struct scene *s = *state;

	s->stages[1] = s->stages[0];
	s->stages[1].name = "t";
	s->lock.n_stages = 2;
	refused(s, REASON_LOCK, "locks 2 stages, and the recipe has 1");
}

static void a_lock_of_another_release_is_refused(void **state)
{
	struct scene *s = *state;

	s->lock.version = "1.1";
	refused(s, REASON_LOCK,
		"is of example.org/shop 1.1, and the recipe of example.org/shop 1.0");
}

static void a_lock_of_another_time_is_refused(void **state)
{
	struct scene *s = *state;

	s->lock.epoch = 1;
	refused(s, REASON_LOCK, "the epoch is 1, and that of the recipe 1767225600");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_not_in_the_store_is_missing),
		TEST(a_file_of_the_project_is_what_is_locked),
		TEST(a_lock_of_other_inputs_is_refused),
		TEST(a_lock_of_other_stages_is_refused),
		TEST(more_stages_than_the_recipe_has_are_refused),
		TEST(a_lock_of_another_release_is_refused),
		TEST(a_lock_of_another_time_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
