/*
 * cmocka with the headers it needs in front of it, and what every test of a fallible function
 * asks. Included by tests only.
 */
#ifndef TESTS_UNIT_SUPPORT_CHECK_H
#define TESTS_UNIT_SUPPORT_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "measure/base/err.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Reason and text together, so that a wrong reason shows its text. */
static inline void check_err(const struct err *e, enum reason r, const char *text)
{
	assert_string_equal(e->text, text);
	assert_string_equal(reason_slug(e->reason), reason_slug(r));
}

/* Is there time for all of it? `make soak` says so. */
static inline bool check_soak(void)
{
	const char *s = getenv("SOAK");

	return s && *s && strcmp(s, "0") != 0;
}

static inline void check_no_err(const struct err *e)
{
	check_err(e, REASON_NONE, "");
}

#endif
