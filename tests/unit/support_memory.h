/*
 * A stream of bytes in memory, handed out in pieces of at most `piece` bytes.
 */
#ifndef TESTS_UNIT_SUPPORT_MEMORY_H
#define TESTS_UNIT_SUPPORT_MEMORY_H

#include "measure/core/stream.h"

struct memory {
	struct stream stream;
	struct bytes left;
	size_t piece;
};

struct memory memory_stream(struct bytes x, size_t piece);

#endif
