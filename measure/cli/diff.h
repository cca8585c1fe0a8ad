/*
 * What `measure diff` tells of two images or directories, for other verbs that have two at hand.
 */
#ifndef MEASURE_CLI_DIFF_H
#define MEASURE_CLI_DIFF_H

#include "measure/cli/cli.h"

/* Added to c->text, nothing when they are equal; members to w. limit: of --limit, or NULL. */
must bool diff_tell(struct cli *c, const char *const path[2], const char *limit, struct json_out *w,
		    struct err *e);

#endif
