/*
 * Text in lines of 80 columns.
 */
#ifndef MEASURE_CLI_WRAP_H
#define MEASURE_CLI_WRAP_H

#include "measure/base/buf.h"

/*
 * The words of text and a newline. The line so far holds `column` characters; it is filled with
 * blanks up to `indent`, where all further lines begin. A label that is too long for that gets a
 * line of its own.
 */
void wrap_put(struct buf *out, size_t column, size_t indent, const char *text);

#endif
