/*
 * Which verb the words of the command line mean.
 */
#ifndef MEASURE_CLI_FIND_H
#define MEASURE_CLI_FIND_H

#include "measure/cli/cli.h"

struct words {
	size_t n;
	char *const *word;
};

/*
 * Sets c->verb; what stands behind its name goes to *rest. A first word that is no verb and names
 * a file is measured by the verb of its type, which is found by reading its first bytes; the
 * process is confined before (c->confined).
 */
must bool find_verb(struct cli *c, struct words w, struct words *rest, struct err *e);

#endif
