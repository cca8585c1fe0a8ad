/*
 * Points in time as seconds since 1970-01-01T00:00:00Z, without leap seconds, years 0000 to 9999;
 * read and written as RFC 3339. Nothing here reads the clock but when_now() and when_choose().
 */
#ifndef MEASURE_BASE_WHEN_H
#define MEASURE_BASE_WHEN_H

#include "measure/base/buf.h"

#define WHEN_LAST INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

/* "2026-11-20T13:38:29Z" or with an offset "+01:00"; a usage error naming `what` otherwise. */
must bool when_read(const char *s, const char *what, int64_t *when, struct err *e);

/* "2026-11-20T13:38:29" and then `zone`, "Z" or "+00:00". Out of range fails the buf. */
void when_put(struct buf *out, int64_t when, const char *zone);

int64_t when_now(void);

/* By which time something is judged; the choice of --at. */
enum when_clock {
	CLOCK_NOW, /* live */
	CLOCK_AT, /* archive: as of `at` */
	CLOCK_DOCUMENT, /* archive: as of the time that the thing judged itself holds */
	CLOCK_NONE /* archive: validity is not judged */
};

struct when {
	enum when_clock clock;
	int64_t at; /* seconds since the epoch: of CLOCK_NOW and CLOCK_AT */
};

/*
 * "now" (which NULL is too), "none", RFC 3339, and "document" where that has a meaning. The clock
 * is read here. A usage error naming --at otherwise.
 */
must bool when_choose(const char *s, bool document, struct when *w, struct err *e);

/* Is `at` to be judged by? CLOCK_DOCUMENT has been resolved before. */
static inline bool when_judged(const struct when *w)
{
	return w->clock == CLOCK_NOW || w->clock == CLOCK_AT;
}

#endif
