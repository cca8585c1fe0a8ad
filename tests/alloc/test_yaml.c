#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "measure/base/yaml.h"
#include "tests/alloc/fail.h"

static const char *const choices[] = {"publisher", "rebuilder", NULL};
static const struct yaml_field role = {.type = YAML_TEXT, .choices = choices};
static const struct yaml_field fields[] = {
	{.key = "names", .type = YAML_NAMES, .item = &role},
	{.key = "list", .type = YAML_LIST, .item = &role},
	{0},
};
static const struct yaml_field root = {.type = YAML_MAP, .fields = fields};

static bool read_and_drop(void *arg, struct err *e)
{
	struct yaml y;

	(void)arg;
	if (!yaml_read(&y, bytes_str("names: {a: publisher, b: rebuilder}\nlist: [rebuilder]\n"),
		       &root, e))
		return false;
	yaml_drop(&y);
	return true;
}

/*
 * What is refused is told with a list, which takes memory: there, the last run ends in a refusal.
 */
static bool refuse(void *arg, struct err *e)
{
	struct yaml y;

	if (yaml_read(&y, bytes_str(arg), &root, e)) {
		yaml_drop(&y);
		return false;
	}
	return e->reason == REASON_YAML;
}

static bool write_text(void *arg, struct err *e)
{
	owned(buf_free) struct buf out = BUF(64);

	(void)arg;
	yaml_put_text(&out, bytes_str("Zo\xc3\xab says \"yes\""));
	return buf_done(&out, "text", e);
}

static void reading_survives_the_lack_of_memory(void **state)
{
	(void)state;
	assert_in_range(fail_each(read_and_drop, NULL), 4, 4);
}

static void refusals_survive_the_lack_of_memory(void **state)
{
	static char unknown[] = "nmaes: {}", choice[] = "list: [publicher]",
		    twice[] = "names: {a: publisher, a: publisher}";

	(void)state;
	assert_in_range(fail_each(refuse, unknown), 4, 4);
	assert_in_range(fail_each(refuse, choice), 4, 4);
	assert_in_range(fail_each(refuse, twice), 4, 4);
}

static void writing_survives_the_lack_of_memory(void **state)
{
	(void)state;
	assert_in_range(fail_each(write_text, NULL), 1, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading_survives_the_lack_of_memory),
		cmocka_unit_test(refusals_survive_the_lack_of_memory),
		cmocka_unit_test(writing_survives_the_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
