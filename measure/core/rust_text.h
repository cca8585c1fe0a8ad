/*
 * A string as Rust's `{:?}` prints it: in quotes, with escapes for what is not printable. Needed
 * where output is to equal that of a program written in Rust. Which characters beyond ASCII are
 * escaped is data (rust_escaped.def), as rustc 1.95 has it, of Unicode 17; other releases differ in
 * characters that were assigned since.
 */
#ifndef MEASURE_CORE_RUST_TEXT_H
#define MEASURE_CORE_RUST_TEXT_H

#include "measure/base/buf.h"

/* Quotes included. What is not UTF-8 is left out (Rust has no such strings). */
void rust_debug(struct buf *out, struct bytes utf8);

#endif
