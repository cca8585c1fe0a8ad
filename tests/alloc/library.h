/*
 * OpenSSL's own allocations, which --wrap does not reach, refused one at a time. It keeps some for
 * later and does without others, so that blocks may stay and a run may succeed all the same: what
 * that is worth is each test's own rule.
 */
#ifndef TESTS_ALLOC_LIBRARY_H
#define TESTS_ALLOC_LIBRARY_H

#include "measure/base/err.h"

struct library {
	bool on;
	size_t made, refuse; /* allocations of the last run; which of them is refused, from 1 */
	long live; /* blocks that were not freed yet, since the beginning */
};

extern struct library library;

/* Before anything else of OpenSSL; false when it is too late. */
bool library_take_over(void);

/* One run in which allocation `refuse` fails; it was reached unless made stays below it. */
bool library_run(bool (*run)(void *arg, struct err *e), void *arg, struct err *e);

#endif
