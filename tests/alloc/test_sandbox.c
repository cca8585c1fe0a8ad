#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/alloc/fail.h"
#include "tests/unit/support_box.h"

static bool run_all(void *arg, struct err *e)
{
	struct box *b = arg;
	struct sandbox_result result = {0};
	bool ok = sandbox_run(&b->sandbox, &result, e);

	buf_free(&result.tail);
	return ok;
}

static void memory_may_run_out_at_any_place(void **state)
{
	static const char *const argv[] = {"/bin/echo", "said", NULL};
	struct box b;

	(void)state;
	assert_true(box_new(&b));
	b.sandbox.argv = argv;
	b.sandbox.processors = 1;
	b.sandbox.input = bytes_str("in");
	assert_true(fail_each(run_all, &b) >= 6);
	box_free(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_may_run_out_at_any_place),
	};
	struct err e = {0};

	if (!sandbox_can(&e)) {
		printf("1..0 # SKIP no sandbox here: %s; %s\n", e.text, e.hint);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
