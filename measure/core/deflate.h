/*
 * Bytes as a zlib stream (RFC 1950), which is how git keeps objects. libdeflate's, whose bytes may
 * differ from one of its versions to the next.
 */
#ifndef MEASURE_CORE_DEFLATE_H
#define MEASURE_CORE_DEFLATE_H

#include "measure/base/buf.h"

struct deflate;

/* Released by deflate_free(). */
must struct deflate *deflate_new(struct err *e);
void deflate_free(struct deflate **d);

/* Appended to out. */
must bool deflate_zlib(struct deflate *d, struct bytes x, struct buf *out, struct err *e);

#endif
