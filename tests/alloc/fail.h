/*
 * Memory that runs out on purpose. A test program linked with this and with --wrap for malloc,
 * calloc, realloc and free has all allocations of its own objects and of libmeasure.a counted (not
 * those that shared libraries make by themselves) and can have one of them refused.
 */
#ifndef TESTS_ALLOC_FAIL_H
#define TESTS_ALLOC_FAIL_H

#include "measure/base/err.h"

/*
 * Runs the operation with its first allocation refused, then with its second, and so on until a
 * run in which none was refused. That run must return true; every other one must return false
 * with reason out-of-memory; none may leave anything allocated. A breach fails the cmocka test,
 * naming the allocation. Returns how many allocations the operation makes.
 */
size_t fail_each(bool (*operation)(void *arg, struct err *e), void *arg);

/* The same of what does some of its work again, or without: it may be done all the same. */
size_t fail_each_or_do(bool (*operation)(void *arg, struct err *e), void *arg);

#endif
