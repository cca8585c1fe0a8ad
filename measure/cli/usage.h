/*
 * Help on the terminal, from the tables of verbs and options.
 */
#ifndef MEASURE_CLI_USAGE_H
#define MEASURE_CLI_USAGE_H

#include "measure/cli/verb.h"

/* The list of verbs in their groups, at most 24 lines. */
void usage_top(struct buf *out);

/* One verb: summary, forms, options; of a family its verbs. */
void usage_verb(struct buf *out, const struct verb *v);

/* "-o, --output FILE", "--json[=FORMAT]" */
void usage_label(struct buf *out, const struct opt *o);

/* The next form of the verb, without its name; *at begins as NULL. At least one, maybe empty. */
bool usage_form(const struct verb *v, const char **at, struct bytes *line);

#endif
