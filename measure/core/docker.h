/*
 * The file manifest.json of what `docker save` writes (Docker Image Specification v1.2, "Combined
 * Image JSON + Filesystem Changeset Format"): which configuration and which layers each image of
 * the archive has. Names are those of the archive. Nothing but JSON, read as in oci.h.
 */
#ifndef MEASURE_CORE_DOCKER_H
#define MEASURE_CORE_DOCKER_H

#include "measure/core/digest.h"

#define DOCKER_JSON_MAX (4u << 20)
#define DOCKER_IMAGES_MAX 1024u

struct docker_image {
	char *config;
	char **layers; /* from the lowest to the highest; ends with NULL, as tags; never NULL */
	char **tags; /* "NAME:TAG"; NULL when there are none */
};

/* Starts zeroed; released by docker_list_free(). */
struct docker_list {
	struct docker_image *item;
	size_t n;
};
void docker_list_free(struct docker_list *l);

must bool docker_manifest_read(struct bytes text, struct docker_list *out, struct err *e);

/* Has it that tag? Any has when tag is NULL. */
bool docker_tagged(const struct docker_image *i, const char *tag);

/*
 * What a file must hold because its name says so: "blobs/sha256/HEX", "HEX.json", "sha256:HEX".
 * False when the name says nothing.
 */
bool docker_name_digest(const char *name, struct digest *out);

/*
 * Where a symbolic link in an archive leads: `target` as seen from the folder of `name`, without
 * "." and "..". image when it leads out of the archive.
 */
must bool docker_link(const char *name, struct bytes target, struct buf *out, struct err *e);

#endif
