/*
 * What `measure reproduce` has in hand while it rebuilds: of a recipe, of which it compares two
 * builds, or of a manifest, with which it compares one.
 */
#ifndef MEASURE_CLI_REPRODUCE_H
#define MEASURE_CLI_REPRODUCE_H

#include "measure/cli/cli.h"
#include "measure/cli/signer.h"
#include "measure/rebuild/fresh.h"

enum reproduce_opt {
	REPRODUCE_SOURCE,
	REPRODUCE_RECIPE,
	REPRODUCE_LOCK,
	REPRODUCE_STORE,
	REPRODUCE_CACHE,
	REPRODUCE_CACHED,
	REPRODUCE_KEEP,
	REPRODUCE_IMAGE,
	REPRODUCE_WITNESS,
	REPRODUCE_CERTIFICATE,
	REPRODUCE_ID_BLOCK,
	REPRODUCE_ID_AUTH,
	REPRODUCE_ALLOW_DEBUG,
	REPRODUCE_WAYS,
	REPRODUCE_SIGNER = REPRODUCE_WAYS + SIGNER_OPTS,
	REPRODUCE_EXPIRES,
	REPRODUCE_OUTPUT,
};

struct reproduction {
	struct cli *c;
	struct answer *a;
	const char *path; /* the operand */
	struct build_request build;
	struct fresh fresh;
};

must bool reproduce_recipe(struct reproduction *r, struct err *e);
must bool reproduce_manifest(struct reproduction *r, struct err *e);

#endif
