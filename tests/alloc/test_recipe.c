#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "measure/rebuild/recipe.h"
#include "measure/rebuild/stage_environment.h"
#include "tests/alloc/fail.h"

static bool read_template(void *arg, struct err *e)
{
	const struct recipe_template *t = arg;
	owned(recipe_free) struct recipe r = {0};
	struct lock_texts environment;

	if (!recipe_read(&r, t->text, e))
		return false;
	for (size_t i = 0; i < r.n_stages; i++)
		if (!stage_environment(&r.stages[i], 0, &r.arena, &environment, e))
			return false;
	return true;
}

/* The list of keys that are known is memory, too. */
static bool refuse(void *arg, struct err *e)
{
	struct recipe r = {0};

	return !recipe_read(&r, bytes_str(arg), e) && e->reason != REASON_OUT_OF_MEMORY;
}

static void reading_survives_the_lack_of_memory(void **state)
{
	(void)state;
	for (const struct recipe_template *t = recipe_templates; t->name; t++)
		assert_true(fail_each(read_template, (void *)(uintptr_t)t) > 5);
}

static void refusing_survives_the_lack_of_memory(void **state)
{
	static char cycle[] = "recipe: 1\nproduct: a\nversion: b\nvendor: c\n"
			      "inputs: {os: {image: os}}\n"
			      "stages: {s: {root: os, use: {x: s/o}, run: x, outputs: {o: o}}}\n"
			      "files: {f: s/o}\n";

	(void)state;
	assert_true(fail_each(refuse, cycle) > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading_survives_the_lack_of_memory),
		cmocka_unit_test(refusing_survives_the_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
