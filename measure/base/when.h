/*
 * Points in time as seconds since 1970-01-01T00:00:00Z, without leap seconds, years 0000 to 9999;
 * read and written as RFC 3339. Nothing here reads the clock but when_now().
 */
#ifndef MEASURE_BASE_WHEN_H
#define MEASURE_BASE_WHEN_H

#include "measure/base/buf.h"

/* "2026-11-20T13:38:29Z" or with an offset "+01:00"; a usage error naming `what` otherwise. */
must bool when_read(const char *s, const char *what, int64_t *when, struct err *e);

/* "2026-11-20T13:38:29" and then `zone`, "Z" or "+00:00". Out of range fails the buf. */
void when_put(struct buf *out, int64_t when, const char *zone);

int64_t when_now(void);

#endif
