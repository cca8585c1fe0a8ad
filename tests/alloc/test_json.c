#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "eif/metadata.h"
#include "tests/alloc/fail.h"

static const char text[] = "{\"b\":[1e3,{\"y\":1,\"x\":\"\\u00e9\"}],\"a\":{\"c\":null,\"b\":[]}}";

static bool read_and_free(void *arg, struct err *e)
{
	struct json j;

	(void)arg;
	if (!json_read(&j, bytes_str(text), 0, e))
		return false;
	json_free(&j);
	return true;
}

static bool read_and_write(void *arg, struct err *e)
{
	owned(json_free) struct json j = {0};
	owned(buf_free) struct buf out = BUF(4096);
	struct json_out w = json_out(&out, true);

	(void)arg;
	if (!json_read(&j, bytes_str(text), 0, e))
		return false;
	json_node_out(&w, &j, j.nodes);
	return buf_done(&out, "tree", e);
}

static bool spell(void *arg, struct err *e)
{
	owned(json_free) struct json j = {0};
	owned(buf_free) struct buf out = BUF(4096);
	struct json_out w = json_out(&out, false);

	(void)arg;
	return json_read(&j, bytes_str(text), 0, e) && eif_serde_out(&w, &j, j.nodes, e) &&
	       buf_done(&out, "value", e);
}

static bool write_metadata(void *arg, struct err *e)
{
	struct bytes value = bytes_str(text);
	struct eif_metadata m = {"n", "v", "", "tool", "1", "os", "kernel", value, value};
	owned(buf_free) struct buf out = BUF(4096);

	(void)arg;
	return eif_metadata_write(&out, &m, e);
}

static bool read_config(void *arg, struct err *e)
{
	owned(buf_free) struct buf os = BUF(256), kernel = BUF(256);

	(void)arg;
	return eif_kernel_config(bytes_str("\n\n# a/b c-d"), &os, &kernel, e);
}

/* A key that stands twice is quoted, which takes memory: there, the last run ends in a refusal. */
static bool refuse_repeated_key(void *arg, struct err *e)
{
	struct json j;

	(void)arg;
	if (json_read(&j, bytes_str("[{\"a\":1,\"a\":2}]"), 0, e)) {
		json_free(&j);
		return false;
	}
	return e->reason == REASON_JSON;
}

static void reading_survives_the_lack_of_memory(void **state)
{
	(void)state;
	assert_in_range(fail_each(read_and_free, NULL), 5, 5);
}

static void writing_survives_the_lack_of_memory(void **state)
{
	(void)state;
	assert_true(fail_each(read_and_write, NULL) > 5);
}

static void spelling_survives_the_lack_of_memory(void **state)
{
	(void)state;
	assert_true(fail_each(spell, NULL) > 5 + 5);
}

static void metadata_survives_the_lack_of_memory(void **state)
{
	(void)state;
	assert_true(fail_each(write_metadata, NULL) > 2 * 10);
}

static void kernel_configuration_survives_the_lack_of_memory(void **state)
{
	(void)state;
	assert_in_range(fail_each(read_config, NULL), 2, 2);
}

static void refusals_survive_the_lack_of_memory(void **state)
{
	(void)state;
	assert_in_range(fail_each(refuse_repeated_key, NULL), 4, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading_survives_the_lack_of_memory),
		cmocka_unit_test(writing_survives_the_lack_of_memory),
		cmocka_unit_test(spelling_survives_the_lack_of_memory),
		cmocka_unit_test(metadata_survives_the_lack_of_memory),
		cmocka_unit_test(kernel_configuration_survives_the_lack_of_memory),
		cmocka_unit_test(refusals_survive_the_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
