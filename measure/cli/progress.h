/*
 * Progress of bytes on standard error: rate and time left on a terminal once the first half second
 * is over, or lines of JSON for machines.
 */
#ifndef MEASURE_CLI_PROGRESS_H
#define MEASURE_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool on, json, at_once, shown;
	uint64_t total; /* bytes, 0 when unknown */
	int64_t start, last; /* milliseconds of the monotonic clock; last is 0 before the first */
};

/* form: value of --progress, "" when given without one, NULL when not given. */
void progress_start(struct progress *p, const char *form, uint64_t total);

/* As tee_request.tick wants it; arg is the struct progress. */
void progress_tick(void *arg, uint64_t position);

/* Wipe the line, if there is one, before anything else is said. */
void progress_clear(struct progress *p);

#endif
