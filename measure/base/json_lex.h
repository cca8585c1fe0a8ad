/*
 * The words of JSON, for its reader alone: what stands next is taken from the cursor whole, or
 * refused (json) with the offset, what is needed there and what was found. Texts go into a buf
 * whose room was made beforehand, so that pointers into it stay good.
 */
#ifndef MEASURE_BASE_JSON_LEX_H
#define MEASURE_BASE_JSON_LEX_H

#include "measure/base/buf.h"
#include "measure/base/cur.h"

/* Refuses what stands next: "needs NEEDS, found ...". */
bool json_lex_wrong(struct cur *c, const char *needs);

/* Takes a byte, or a word, if it stands next. */
bool json_lex_eat(struct cur *c, char byte);
bool json_lex_word(struct cur *c, const char *word);
void json_lex_blanks(struct cur *c);

/* At the opening quote: unescaped. At a digit or a minus sign: as spelt. */
must bool json_lex_string(struct cur *c, struct buf *texts, struct bytes *out);
must bool json_lex_number(struct cur *c, struct buf *texts, struct bytes *out);

#endif
