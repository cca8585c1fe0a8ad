/*
 * Of two firmware images, by their trees of parts: why do their modules differ, when one thing
 * explains all of them, or when they name the files that they were linked as? The trees hold what
 * they were read from (ovmf_describe_file); without it only the room of paths is told.
 */
#ifndef OVMF_SNP_MODULE_CAUSE_H
#define OVMF_SNP_MODULE_CAUSE_H

#include "measure/core/differences.h"
#include "measure/core/part.h"

/* A line about it, and the cause; CAUSE_NONE, and no line, where nothing is known. */
enum cause module_cause(const struct part *a, const struct part *b, struct buf *out);

/* The same without "modules: " in front, and no end of line. */
enum cause module_cause_text(const struct part *a, const struct part *b, struct buf *out);

#endif
