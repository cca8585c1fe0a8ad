/*
 * Is a release what its source, recipe and inputs give? What a rebuild left (the folder of `measure
 * build`: image or files, build.json) is made into a manifest again; the release is reproduced when
 * that is, byte for byte, the payload that was published. So nothing is compared that a manifest
 * could leave out, and what makes manifests is the same code. What differs is told part by part.
 *
 * Where a published image is given as a witness, and what was built is another payload, compressed
 * ramdisks of it stand in for those that were built and have the same content (core/witness.h). A
 * payload that comes of that is told and stated as what it is, never as equal.
 */
#ifndef MEASURE_REBUILD_REPRODUCE_H
#define MEASURE_REBUILD_REPRODUCE_H

#include "measure/base/file.h"
#include "measure/core/verdict.h"
#include "measure/core/witness.h"
#include "measure/rebuild/plan.h"
#include "reference-db/manifest.h"
#include "reference-db/rebuilt.h"

struct reproduce_request {
	const struct manifest *manifest;
	struct bytes payload; /* of the manifest, as published */
	const char *folder; /* what was rebuilt */
	const char *certificate; /* path, where PCR8 is part of the release; or NULL */
	const char *id_block, *id_auth; /* paths, where an ID block is; or NULL */
	const char *witness; /* path of the published image; or NULL */
	const char *room; /* with a witness: a path where nothing is, for the image of both */
	struct watch watch;
};

/* Of the image in a folder that a build left, by its record; of files alone that folder. */
must bool reproduce_image(const char *folder, struct buf *path, struct err *e);

/* Can it be built again at all? nothing-to-rebuild otherwise. */
must bool reproduce_possible(const struct manifest *m, struct err *e);

/*
 * Before anything is built: is what is going to be the source, the recipe and the inputs that the
 * manifest names? Adds "source", "recipe" and "inputs" to *v.
 */
must bool reproduce_planned(const struct manifest *m, const struct plan *p, struct verdict *v,
			    struct err *e);

/*
 * Before anything is built: is a file the image of the manifest, in all that the manifest says?
 * witness otherwise.
 */
must bool reproduce_witness(const struct manifest *m, const char *path, struct watch watch,
			    struct err *e);

struct reproduced {
	enum rebuilt_outcome outcome;
	struct witnesses witness; /* where they were asked for */
	struct manifest found; /* what the rebuild gives */
	struct digest payload; /* SHA-256 of the published one */
};

/*
 * Adds to *v: "source", "recipe" and "inputs", which are compared first; "manifest"; and, when that
 * is another, "witness" for each ramdisk that differs from that of the witness, "part" for each
 * component and what compare.h adds. The err is of the machinery only: what cannot be made into a
 * manifest has its own reason. *r is the caller's to reproduced_free() in either case, and starts
 * zeroed.
 */
must bool reproduce_compare(struct reproduced *r, const struct reproduce_request *q,
			    struct verdict *v, struct err *e);
void reproduced_free(struct reproduced *r);

/*
 * What can be said of a component of the manifest: "reproduced (toolchain pinned, not rebuilt)",
 * "reproduced (compressor's choice taken from the published image)", "differs",
 * "vendor-endorsed", "pinned", "unknown".
 */
const char *reproduce_status(const struct reproduced *r, const struct component *c);

/* The statement, but for what was varied, that this program makes of it. version: its own. */
must bool reproduce_statement(const struct reproduced *r, const struct manifest *m,
			      const char *version, struct rebuilt *out, struct err *e);

#endif
