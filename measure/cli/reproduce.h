/*
 * What `measure reproduce` has in hand while it rebuilds: of a recipe, of which it compares two
 * builds, or of a manifest, with which it compares one; and of either what is varied.
 */
#ifndef MEASURE_CLI_REPRODUCE_H
#define MEASURE_CLI_REPRODUCE_H

#include "measure/cli/cli.h"
#include "measure/cli/signer.h"
#include "measure/rebuild/varied.h"

enum reproduce_opt {
	REPRODUCE_SOURCE,
	REPRODUCE_RECIPE,
	REPRODUCE_LOCK,
	REPRODUCE_STORE,
	REPRODUCE_CACHE,
	REPRODUCE_CACHED,
	REPRODUCE_VARY,
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
	struct varied varied; /* of --vary; asked for nothing without it */
};

/*
 * As `measure diff` tells it, of what two builds left: of the images, and where those are equal of
 * the folders. Text to c->text, members to the answer.
 */
must bool reproduce_difference(struct reproduction *r, const char *const folder[2], struct err *e);

/*
 * --vary: what is in the folder is built again under the variations, and what differs is told as
 * above, for each cause. Adds checks to *v.
 */
must bool reproduce_varied(struct reproduction *r, const char *folder, struct verdict *v,
			   struct err *e);

must bool reproduce_recipe(struct reproduction *r, struct err *e);
must bool reproduce_manifest(struct reproduction *r, struct err *e);

#endif
