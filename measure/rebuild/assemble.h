/*
 * The image of a recipe out of what its stages and inputs give, by the builders of its format, and
 * what is known of each of its parts: the digest of all, and how far somebody vouches for it.
 */
#ifndef MEASURE_REBUILD_ASSEMBLE_H
#define MEASURE_REBUILD_ASSEMBLE_H

#include "measure/core/answer.h"
#include "measure/rebuild/works.h"
#include "reference-db/manifest.h"

struct assembled_part {
	char name[RECIPE_NAME_MAX +
		  1]; /* "kernel", "ramdisk0": as manifests have it; or of a published file */
	enum origin origin;
};

struct assembled {
	struct assembled_part part[MANIFEST_COMPONENTS];
	size_t n;
	struct buf json; /* members of measurements.json, finished values with their keys */
};

#define ASSEMBLED ((struct assembled){.json = BUF(8u << 20)})
void assembled_free(struct assembled *a);

must bool assembled_add(struct assembled *a, const char *name, enum origin o, struct err *e);

/*
 * How far bytes are vouched for: what is built from the project's source or lies in it is source,
 * what is only known by its digest pinned; a stage is what the best is that it uses, since packages
 * that tools come from are named apart.
 */
enum origin works_origin(const struct works *w, const char *ref);

/* The worse of both. */
enum origin origin_worse(enum origin a, enum origin b);

/* Into a folder that is there, under the recipe's name; registers and notes go to a. */
must bool assemble_eif(struct works *w, const char *folder, struct assembled *made,
		       struct answer *a, struct err *e);
must bool assemble_snp(struct works *w, const char *folder, struct assembled *made,
		       struct answer *a, struct err *e);

/*
 * All of it: the image, the files that are published beside it, build.json (reference-db/record.h)
 * and measurements.json; what the recipe expects is compared (expectation).
 */
must bool assemble(struct works *w, const char *folder, struct answer *a, struct err *e);

#endif
