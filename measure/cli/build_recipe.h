/*
 * What verbs that build a recipe have in common: what they tell on the way, and of what was built.
 */
#ifndef MEASURE_CLI_BUILD_RECIPE_H
#define MEASURE_CLI_BUILD_RECIPE_H

#include "measure/cli/cli.h"
#include "measure/rebuild/build.h"

struct stage_watch build_recipe_watch(struct cli *c);

/* Digests, stages, and the registers or launch digests that are in q's output. */
must bool build_recipe_report(struct cli *c, const struct build_request *q,
			      const struct build_report *made, struct answer *a, struct err *e);

#endif
