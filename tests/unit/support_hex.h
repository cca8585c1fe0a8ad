/*
 * Test data written as hexadecimal, in memory of exactly its length, so that a sanitizer sees one
 * byte read too many. Blanks are allowed between bytes. A mistake ends the test program.
 */
#ifndef TESTS_UNIT_SUPPORT_HEX_H
#define TESTS_UNIT_SUPPORT_HEX_H

#include "measure/base/bytes.h"

/* malloc'd: hexed_free(). */
struct bytes hexed(const char *hex);
void hexed_free(struct bytes *b);

#endif
