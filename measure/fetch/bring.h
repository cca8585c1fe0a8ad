/*
 * An object of a store, brought from wherever it is: DIR/partial/HEX grows until all bytes are
 * there, and is proved before it gets the object's name. What is there of an earlier time, whatever
 * ended it, is gone on with.
 */
#ifndef MEASURE_FETCH_BRING_H
#define MEASURE_FETCH_BRING_H

#include "measure/fetch/http.h"
#include "measure/rebuild/objects.h"

/* The i-th place to be tried, appended; nothing is, when there are no more, but for the first. */
struct bring_places {
	bool (*url)(void *arg, size_t i, struct buf *out, struct err *e);
	void *arg;
};

/*
 * Tries the places in their order. What comes and is something else (input-digest) is thrown away,
 * and asked for anew where only a part of it had come from there. Errors: those of the last place
 * (not-found, fetch, input-digest, limit), of the disk at once.
 */
must bool bring(const struct http *h, const struct objects *to, const struct object *want,
		const struct bring_places *from, struct err *e);

#endif
