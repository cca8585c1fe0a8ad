#include "measure/base/load.h"

#include "tests/unit/support_check.h"

struct some {
	double (*cosine)(double);
	double (*sine)(double);
};

static const struct load_symbol symbols[] = {
	{"cos", offsetof(struct some, cosine)},
	{"sin", offsetof(struct some, sine)},
	{0},
};

static void the_functions_of_a_library_are_found_by_name(void **state)
{
	static const struct load math = {"libm", "libm.so.6", "libc6", symbols};
	owned(load_close) void *handle = NULL;
	struct some some = {0};
	struct err e = {0};

	(void)state;
	assert_true(load_open(&math, &handle, &some, &e));
	assert_true(some.cosine(0) > 0.5 && some.sine(0) < 0.5);
}

static void a_library_that_is_missing_is_named_with_its_package(void **state)
{
	static const struct load none = {"libnone", "libnone.so.9", "libnone9", symbols};
	owned(load_close) void *handle = NULL;
	struct some some = {0};
	struct err e = {0};

	(void)state;
	assert_false(load_open(&none, &handle, &some, &e));
	check_err(&e, REASON_LIBRARY,
		  "libnone cannot be loaded: libnone.so.9: cannot open shared object file: "
		  "No such file or directory");
	assert_string_equal(e.hint, "install the Debian package libnone9");
	assert_null(handle);
}

static void a_library_without_one_of_the_functions_is_refused(void **state)
{
	static const struct load_symbol more[] = {{"cos", 0}, {"no_such_function", 0}, {0}};
	static const struct load math = {"libm", "libm.so.6", "libc6", more};
	owned(load_close) void *handle = NULL;
	struct some some = {0};
	struct err e = {0};

	(void)state;
	assert_false(load_open(&math, &handle, &some, &e));
	check_err(&e, REASON_LIBRARY, "libm.so.6 has no function no_such_function");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_functions_of_a_library_are_found_by_name),
		cmocka_unit_test(a_library_that_is_missing_is_named_with_its_package),
		cmocka_unit_test(a_library_without_one_of_the_functions_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
