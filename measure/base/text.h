/*
 * Text from strangers. text_tame() is the one way by which foreign strings reach a terminal:
 * control characters (C0, DEL, C1), invalid UTF-8 and characters that change reading direction
 * come out as \xNN or \u{N...}; a backslash is doubled so that the result is unambiguous.
 */
#ifndef MEASURE_BASE_TEXT_H
#define MEASURE_BASE_TEXT_H

#include "measure/base/buf.h"

void text_tame(struct buf *out, struct bytes foreign);

/* Length in bytes (1-4) of the well-formed UTF-8 character at the start of x, or 0; its number. */
size_t text_utf8(struct bytes x, uint32_t *code_point);

/* Offset of the first byte that is not well-formed UTF-8, or x.n. */
size_t text_utf8_bad(struct bytes x);

/* Append a code point as UTF-8 (a surrogate or a number over 0x10ffff fails the buf). */
void text_put_utf8(struct buf *out, uint32_t code_point);

/* Nearest of a NULL-terminated list by edit distance, ignoring case; NULL when none is near. */
const char *text_nearest(const char *word, const char *const *list);

#endif
