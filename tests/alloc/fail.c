#include "tests/alloc/fail.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void __wrap_free(void *p);

#define LIVE_MAX 65536

/*
 * Pointers are remembered one by one: what a shared library allocated is freed through the same
 * door and may not be counted.
 */
static struct {
	pthread_mutex_t lock;
	bool on;
	size_t made; /* allocations asked for in this run */
	size_t refuse; /* which of them gets nothing, from 1 */
	size_t n;
	void *live[LIVE_MAX];
} run = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool refused(void)
{
	bool yes;

	pthread_mutex_lock(&run.lock);
	yes = run.on && ++run.made == run.refuse;
	pthread_mutex_unlock(&run.lock);
	return yes;
}

static void *remember(void *p)
{
	pthread_mutex_lock(&run.lock);
	if (p && run.on && run.n < LIVE_MAX)
		run.live[run.n++] = p;
	pthread_mutex_unlock(&run.lock);
	return p;
}

static void forget(const void *p)
{
	pthread_mutex_lock(&run.lock);
	for (size_t i = run.n; i > 0; i--)
		if (run.live[i - 1] == p) {
			run.live[i - 1] = run.live[--run.n];
			break;
		}
	pthread_mutex_unlock(&run.lock);
}

void *__wrap_malloc(size_t n)
{
	return refused() ? NULL : remember(__real_malloc(n));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return refused() ? NULL : remember(__real_calloc(n, size));
}

/* Forgotten before it is freed: another thread may be given the same address at once. */
void __wrap_free(void *p)
{
	forget(p);
	__real_free(p);
}

void *__wrap_realloc(void *p, size_t n)
{
	void *grown;

	if (refused())
		return NULL;
	forget(p);
	grown = __real_realloc(p, n);
	remember(grown ? grown : p);
	return grown;
}

static bool once(bool (*operation)(void *, struct err *), void *arg, struct err *e)
{
	bool ok;

	run.made = 0;
	run.n = 0;
	run.on = true;
	ok = operation(arg, e);
	run.on = false;
	return ok;
}

/* Called through pointers: of malloc by its name compilers know that it does not look at `run`. */
static void wrapped(void)
{
	void *(*volatile get)(size_t) = malloc;
	void (*volatile give)(void *) = free;
	void *p;

	run.refuse = 0;
	run.on = true;
	p = get(1);
	run.on = false;
	if (run.n != 1)
		fail_msg("malloc is not wrapped");
	give(p);
	if (run.n != 0)
		fail_msg("free is not wrapped");
}

static size_t fail_all(bool (*operation)(void *arg, struct err *e), void *arg, bool may_do)
{
	wrapped();
	for (run.refuse = 1;; run.refuse++) {
		struct err e = {0};
		bool ok = once(operation, arg, &e);

		if (run.n > 0)
			fail_msg("allocation %zu refused: %zu blocks were left", run.refuse, run.n);
		if (run.made < run.refuse) {
			if (!ok)
				fail_msg("nothing refused, and yet: %s", e.text);
			return run.made;
		}
		if ((ok && !may_do) || (!ok && e.reason != REASON_OUT_OF_MEMORY))
			fail_msg("allocation %zu refused: %s, %s: %s", run.refuse,
				 ok ? "done" : "failed", reason_slug(e.reason), e.text);
	}
}

size_t fail_each(bool (*operation)(void *arg, struct err *e), void *arg)
{
	return fail_all(operation, arg, false);
}

size_t fail_each_or_do(bool (*operation)(void *arg, struct err *e), void *arg)
{
	return fail_all(operation, arg, true);
}
