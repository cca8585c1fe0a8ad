/*
 * Lower-case hexadecimal. hex_read accepts either case, an even number of digits, nothing else.
 */
#ifndef MEASURE_BASE_HEX_H
#define MEASURE_BASE_HEX_H

#include "measure/base/buf.h"

void hex_put(struct buf *out, struct bytes x);

/* The same as a C string, which needs 2 * x.n + 1 characters; nothing is allocated. */
void hex_string(char *to, struct bytes x);

/* Of a digit, in either case; -1 when it is none. */
int hex_value(uint8_t c);

/* Appends the bytes; usage error naming `what` and the position of the first wrong character. */
must bool hex_read(const char *s, const char *what, struct buf *out, struct err *e);

#endif
