/*
 * Text from strangers. text_tame() is the one way by which foreign strings reach a terminal: what
 * could move the cursor, hide or reorder text, or pass for other bytes comes out as an escape.
 */
#ifndef MEASURE_BASE_TEXT_H
#define MEASURE_BASE_TEXT_H

#include "measure/base/buf.h"

/*
 * Well-formed UTF-8 as it is, but for: C0 controls (newline too), DEL and bytes that are not UTF-8,
 * which become \xNN; C1 controls, characters that change the direction of reading, separate lines,
 * are invisible by definition or are no characters, which become \u{N}; and the backslash, which is
 * doubled, so that nothing foreign can look like an escape. One line, always UTF-8.
 */
void text_tame(struct buf *out, struct bytes foreign);

/* Is it one of those that become \u{N}? */
bool text_hidden(uint32_t code_point);

/* Well-formed UTF-8 without controls and what is hidden: it can be shown as it is. */
bool text_plain(struct bytes x);

/* Length in bytes (1-4) of the well-formed UTF-8 character at the start of x, or 0; its number. */
size_t text_utf8(struct bytes x, uint32_t *code_point);

/* Offset of the first byte that is not well-formed UTF-8, or x.n. */
size_t text_utf8_bad(struct bytes x);

/* Append a code point as UTF-8 (a surrogate or a number over 0x10ffff fails the buf). */
void text_put_utf8(struct buf *out, uint32_t code_point);

/* One word for a POSIX shell, whatever the bytes: 'it'\''s'. */
void text_quote(struct buf *out, struct bytes word);

/*
 * The nearest of a NULL-terminated list of ASCII words: fewest letters inserted, dropped, exchanged
 * or swapped with their neighbour, capitals or not; the first of equals. NULL when none is near:
 * within a third of the word's length (one letter at least), and not another word altogether.
 */
const char *text_nearest(const char *word, const char *const *list);

#endif
