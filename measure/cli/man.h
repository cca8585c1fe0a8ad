/*
 * Manual pages as man(7) source: names, forms, options and exit statuses from the tables, the rest
 * from measure/man/TOPIC.in. That file holds the description, then further sections, which come
 * behind the exit statuses. A page that belongs to no verb ("measure-json.5") is all prose. Pages
 * bear no date: the same sources give the same bytes at any time.
 */
#ifndef MEASURE_CLI_MAN_H
#define MEASURE_CLI_MAN_H

#include "measure/base/buf.h"

struct man_prose {
	const char *topic, *text; /* "measure-eif.1" */
};

/* The files of measure/man by name, for each program its own; end with a zeroed row; generated. */
extern const struct man_prose man_prose[], fetch_prose[];

/* The topics, one a line. */
void man_topics(struct buf *out);

/* By its topic, or that without section, without "measure-". usage when there is none. */
must bool man_page(struct buf *out, const char *topic, struct err *e);

#endif
