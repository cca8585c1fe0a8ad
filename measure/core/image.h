/*
 * Which image a store holds: the one that was asked for, or the only one. Documents are proved by
 * the digests that lead to them; that the layers are what they should be is seen when they are
 * read. Where an archive speaks of its images twice, in index.json and in manifest.json, both have
 * to mean the same one.
 */
#ifndef MEASURE_CORE_IMAGE_H
#define MEASURE_CORE_IMAGE_H

#include "measure/core/oci.h"
#include "measure/core/store.h"

#define IMAGE_LAYERS_MAX 512u

struct image_layer {
	char *name; /* in the store */
	bool described; /* size and packing are said, and the digest of the packed bytes */
	struct oci_descriptor blob;
};

/* Starts zeroed; released by image_free(). */
struct image {
	struct digest manifest; /* len 0: it has none */
	struct digest id; /* of the configuration */
	struct oci_config config; /* with as many diff_ids as there are layers */
	struct image_layer *layer;
	size_t n;
};
void image_free(struct image *i);

struct image_wish {
	const struct oci_platform *platform; /* NULL: the only one */
	const char *tag; /* NULL: any */
};

/* Does a store hold images? False with e set when it could be a root file system as well. */
enum image_kind { IMAGE_NONE, IMAGE_OCI, IMAGE_DOCKER };
must bool image_look(const struct store *s, enum image_kind *kind, struct err *e);

/* Errors: choice when it is not one image; blob, image, limit. */
must bool image_choose(const struct store *s, enum image_kind kind, const struct image_wish *wish,
		       struct image *out, struct err *e);

#endif
