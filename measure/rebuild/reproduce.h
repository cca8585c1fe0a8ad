/*
 * Is a release what its source, recipe and inputs give? What a rebuild left (the folder of `measure
 * build`: image, build.json) is made into a manifest again; the release is reproduced when that is,
 * byte for byte, the payload that was published. So nothing is compared that a manifest could leave
 * out, and what makes manifests is the same code. What differs is then told part by part.
 */
#ifndef MEASURE_REBUILD_REPRODUCE_H
#define MEASURE_REBUILD_REPRODUCE_H

#include "measure/base/file.h"
#include "measure/core/verdict.h"
#include "measure/rebuild/plan.h"
#include "reference-db/manifest.h"
#include "reference-db/rebuilt.h"

struct reproduce_request {
	const struct manifest *manifest;
	struct bytes payload; /* of the manifest, as published */
	const char *folder; /* what was rebuilt */
	const char *certificate; /* path, where PCR8 is part of the release; or NULL */
	const char *id_block, *id_auth; /* paths, where an ID block is; or NULL */
	struct watch watch;
};

/* Of the image in a folder that a build left, by its record; appended. */
must bool reproduce_image(const char *folder, struct buf *path, struct err *e);

/* Can it be built again at all? nothing-to-rebuild otherwise. */
must bool reproduce_possible(const struct manifest *m, struct err *e);

/*
 * Before anything is built: is what is going to be the source, the recipe and the inputs that the
 * manifest names? Adds "source", "recipe" and "inputs" to *v.
 */
must bool reproduce_planned(const struct manifest *m, const struct plan *p, struct verdict *v,
			    struct err *e);

struct reproduced {
	bool equal;
	struct manifest found; /* what the rebuild gives */
	struct digest payload; /* SHA-256 of the published one */
};

/*
 * Adds to *v: "source", "recipe" and "inputs", which are compared first; "manifest"; and, when that
 * is another, "part" for each component and what compare.h adds. The err is of the machinery only:
 * what cannot be made into a manifest has its own reason. *r is the caller's to reproduced_free()
 * in either case, and starts zeroed.
 */
must bool reproduce_compare(struct reproduced *r, const struct reproduce_request *q,
			    struct verdict *v, struct err *e);
void reproduced_free(struct reproduced *r);

/*
 * What can be said of a component of the manifest: "reproduced (toolchain pinned, not rebuilt)",
 * "differs", "vendor-endorsed", "pinned", "unknown".
 */
const char *reproduce_status(const struct reproduced *r, const struct component *c);

/* The statement, but for what was varied, that this program makes of it. version: its own. */
must bool reproduce_statement(const struct reproduced *r, const struct manifest *m,
			      const char *version, struct rebuilt *out, struct err *e);

#endif
