/*
 * CBOR written as diagnostic notation (RFC 8949 §8), so that a test says what it means:
 *	1, -7, "text", h'0a', true, false, null, [..], {..}, [_ ..], {_ ..}, 501(..), <<.., ..>>
 * in shortest form, members in the order given, and besides
 *	h'00'*48	the bytes so many times
 *	1_2		a head with 1 << 2 bytes behind the first (numbers and tags)
 *	x'ff'		bytes put as they are, whatever they are
 * A mistake ends the test program. Recursive, for small texts of our own.
 */
#ifndef TESTS_UNIT_SUPPORT_DIAG_H
#define TESTS_UNIT_SUPPORT_DIAG_H

#include "measure/base/bytes.h"

/* malloc'd, of exactly its length: hexed_free(). */
struct bytes diag_bytes(const char *text);

#endif
