/*
 * Bytes from an address (https:, http:, file:), through libcurl: whole or not at all in memory, up
 * to a ceiling, or piece by piece to a sink, where a transfer that broke off goes on. What is
 * fetched is foreign: whoever asked for it verifies it before it gets a name.
 * Redirections are followed, at most HTTP_REDIRECTIONS, but never from https to anything else.
 * What passes by (no connection, a broken one, statuses 408, 429, 5xx) is tried again, after a wait
 * that doubles from a second, or as long as the server asks for, up to a minute.
 */
#ifndef MEASURE_FETCH_HTTP_H
#define MEASURE_FETCH_HTTP_H

#include "measure/base/buf.h"
#include "measure/base/file.h"

#define HTTP_REDIRECTIONS 5
#define HTTP_TRIES 4u
#define HTTP_WAIT_MAX 60u /* seconds */
#define HTTP_PATIENCE 60u /* seconds without a kilobyte each */

struct http {
	unsigned tries; /* at least 1 */
	struct watch watch; /* bytes of this transfer */
	void (*retry)(void *arg, const struct err *why, unsigned seconds); /* told before a wait */
	void *arg;
	unsigned patience; /* seconds; 0: HTTP_PATIENCE */
};

/* Where bytes go as they come; restart: those that were put are of no use, and come again. */
struct http_sink {
	bool (*put)(void *arg, struct bytes x, struct err *e);
	bool (*restart)(void *arg, struct err *e);
	void *arg;
	uint64_t from; /* so many bytes are there from an earlier time: only others are asked for */
};

/*
 * max: bytes of all, with those that were there (limit). Tries are counted from the last one that
 * came further than all before. Errors: as of http_get(), and those of the sink, after which
 * nothing is tried again.
 */
must bool http_stream(const struct http *h, const char *url, uint64_t max,
		      const struct http_sink *to, struct err *e);

/*
 * Appended to out, whose content before is kept when it fails. max: bytes of the answer (limit).
 * Errors: not-found (404, 410, a file that is not there), fetch, limit, out-of-memory.
 */
must bool http_get(const struct http *h, const char *url, size_t max, struct buf *out,
		   struct err *e);

/* https:, http: or file:, and nothing in it that is not printable ASCII; usage otherwise. */
must bool http_address(const char *url, const char *what, struct err *e);

/* For messages: an address without the name and password that may stand in it. Appended; cut. */
void http_put_shown(struct buf *out, const char *url);
bool http_subject(struct err *e, const char *url); /* err_subject() */

/* Of libcurl, as compiled against or as it runs. */
const char *http_library_version(bool running);

#endif
