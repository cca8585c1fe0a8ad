/*
 * Base64 (RFC 4648 §4), read strictly: the standard alphabet, padded to a multiple of four, unused
 * bits zero, nothing else between the characters. So a text and its bytes determine each other.
 */
#ifndef MEASURE_BASE_BASE64_H
#define MEASURE_BASE_BASE64_H

#include "measure/base/buf.h"

/* Appends the bytes; false, with *bad the position of the first wrong character, otherwise. */
must bool base64_read(struct bytes text, struct buf *out, size_t *bad);

void base64_put(struct buf *out, struct bytes x);

#endif
