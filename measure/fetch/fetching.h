/*
 * What the verbs that bring files into a store share: their options, addresses and progress, and
 * several transfers at once.
 */
#ifndef MEASURE_FETCH_FETCHING_H
#define MEASURE_FETCH_FETCHING_H

#include <pthread.h>

#include "measure/cli/cli.h"
#include "measure/fetch/bases.h"
#include "measure/fetch/bring.h"

/* Rows of a verb's own table, at its beginning: of all, and of those with a store. */
enum fetching_option {
	FETCHING_TRIES,
	FETCHING_PATIENCE,
	FETCHING_HTTP_OPTS,
	FETCHING_STORE = FETCHING_HTTP_OPTS,
	FETCHING_BASE,
	FETCHING_OPTS
};
#define FETCHING_PATIENCE_ROW                                                           \
	{                                                                               \
		"patience", 0, OPT_VALUE, "SECONDS", NULL,                              \
			"how long a server may send less than a kilobyte a second (60)" \
	}
#define FETCHING_PATIENCE_MAX 3600u
#define FETCHING_HTTP_ROWS                                                                      \
	[FETCHING_TRIES] = {"tries", 0, OPT_VALUE, "N", NULL, "how often a file is tried (4)"}, \
	[FETCHING_PATIENCE] = FETCHING_PATIENCE_ROW
#define FETCHING_ROWS                                                                          \
	FETCHING_HTTP_ROWS,                                                                    \
		[FETCHING_STORE] = {"store",                                                   \
				    0,                                                         \
				    OPT_VALUE,                                                 \
				    "DIR",                                                     \
				    NULL,                                                      \
				    "where objects are kept ($XDG_CACHE_HOME/measure/store)"}, \
		[FETCHING_BASE] = {                                                            \
			"base",	  0,                                                           \
			OPT_LIST, "ARCHIVE=URL",                                               \
			NULL,	  "where an archive is (else bases.yml, else what apt is told)"}
#define FETCHING_JOBS 4u
#define FETCHING_JOBS_MAX 16u

struct fetching {
	struct cli *c;
	struct objects store;
	struct bases bases;
	unsigned tries, patience;
	pthread_mutex_t lock; /* guards what is told, and: */
	uint64_t bytes; /* brought, or there */
};

/* f: its memory, zeroed but for store, bases and lock; released by fetching_end(). */
must bool fetching_begin(struct fetching *f, struct cli *c, struct err *e);

/* The same for who has neither store nor archives. */
must bool fetching_begin_http(struct fetching *f, struct cli *c, struct err *e);
void fetching_end(struct fetching *f);

/* The value of an option, from 1 to max, if it is given. */
must bool fetching_number(const struct cli *c, unsigned opt, uint64_t max, unsigned *out,
			  struct err *e);

/* One transfer's share of progress; http: of it. Moved on by its ticks. */
struct fetching_one {
	struct fetching *f;
	uint64_t seen;
	struct http http;
};
void fetching_one(struct fetching_one *o, struct fetching *f);

/* Tells which address is asked, where that is wanted. */
void fetching_note(struct fetching *f, const char *url);

/* An object by its origins, or what is there already, proved. what: its name. *brought. */
struct fetching_item {
	const char *what;
	const struct object *object;
	const char *const *origins;
	size_t n;
};
must bool fetching_item(struct fetching *f, const struct fetching_item *i, bool *brought,
			struct err *e);

/*
 * All n of a list, several threads at once, each begun in its turn. How many failed, and *first of
 * them. all: each of these is told, and the others are done nevertheless.
 */
struct fetching_list {
	bool (*one)(void *arg, size_t i, struct err *e);
	void *arg;
	size_t n;
	unsigned jobs;
	bool all;
};
size_t fetching_each(struct fetching *f, const struct fetching_list *list, struct err *first);

#endif
