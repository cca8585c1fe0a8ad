/*
 * Memory for many small things that die together: taken from large blocks, never given back one by
 * one. Starts as ARENA(ceiling); released by arena_free(), after which it is empty with the same
 * ceiling. The ceiling is of what was asked for, not of what the blocks take.
 */
#ifndef MEASURE_BASE_ARENA_H
#define MEASURE_BASE_ARENA_H

#include "measure/base/bytes.h"
#include "measure/base/err.h"

struct arena_block;

struct arena {
	struct arena_block *blocks;
	size_t left; /* of the newest block */
	size_t used, max;
};

#define ARENA(ceiling) ((struct arena){.max = (ceiling)})

void arena_free(struct arena *a);

/*
 * Zeroed, aligned for pointers and 64-bit numbers; NULL with e set: limit, naming `what`, or
 * out-of-memory.
 */
must void *arena_new(struct arena *a, size_t n, const char *what, struct err *e);

/* A copy of x as a C string, without alignment. */
must const char *arena_text(struct arena *a, struct bytes x, const char *what, struct err *e);

#endif
