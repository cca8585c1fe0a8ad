/*
 * What the documents of a container image say: layout, index, manifest, configuration (OCI Image
 * Format Specification 1.1.1; Docker's image manifest, version 2 schema 2). Nothing but JSON: where
 * the documents lie and what the blobs hold is for others. A document that readers in the field
 * could take in two ways is refused: a list of manifests and one of layers at once, a known key in
 * other capitals (which Go's reader takes as well), another media type inside than outside.
 */
#ifndef MEASURE_CORE_OCI_H
#define MEASURE_CORE_OCI_H

#include "measure/core/archive.h"

#define OCI_JSON_MAX (4u << 20)
#define OCI_LIST_MAX 1024u /* descriptors of a document */

/* Each "" where nothing is said. */
struct oci_platform {
	char os[32], architecture[32], variant[32];
};

enum oci_kind { OCI_INDEX, OCI_MANIFEST, OCI_CONFIG, OCI_LAYER };

struct oci_descriptor {
	enum oci_kind kind;
	enum packing packing; /* of a layer */
	struct digest digest; /* SHA-256 or SHA-512 */
	uint64_t size;
	struct oci_platform platform; /* of what an index leads to */
};

/* Starts zeroed; released by oci_list_free(). */
struct oci_list {
	struct oci_descriptor *item;
	size_t n;
	char passed[128]; /* of an index: what the first entry that is no image is, or "" */
};
void oci_list_free(struct oci_list *l);

/* What a root file system is to be run with. A list ends with NULL, and is NULL when not given. */
struct rootfs_config {
	char **entrypoint, **cmd, **env;
	char *working_dir, *user, *os, *architecture; /* NULL when not given */
};
void rootfs_config_free(struct rootfs_config *c);

/* Starts zeroed; released by oci_config_free(). */
struct oci_config {
	struct rootfs_config run;
	struct oci_platform platform;
	struct digest *diff_id; /* of each layer, unpacked */
	size_t n;
};
void oci_config_free(struct oci_config *c);

/* "sha256:HEX" or "sha512:HEX"; what: the name of the field, for messages. */
must bool oci_digest_read(struct bytes text, const char *what, struct digest *out, struct err *e);

/* "OS/ARCHITECTURE" or "OS/ARCHITECTURE/VARIANT"; usage otherwise. Into text the same. */
must bool oci_platform_read(const char *text, struct oci_platform *out, struct err *e);
void oci_platform_put(struct buf *out, const struct oci_platform *p);

/* Asked without a variant any will do; that of arm64 is v8 unless it says something else. */
bool oci_platform_is(const struct oci_platform *p, const struct oci_platform *asked);

/* The file oci-layout. */
must bool oci_layout_read(struct bytes text, struct err *e);

/*
 * The manifests and indexes that an index leads to; with a tag, those of that name alone
 * (org.opencontainers.image.ref.name, io.containerd.image.name). What is no image (attestations,
 * artifacts, unknown media types) is passed over.
 */
must bool oci_index_read(struct bytes text, const char *tag, struct oci_list *out, struct err *e);

/* The configuration, then the layers from the lowest to the highest. */
must bool oci_manifest_read(struct bytes text, struct oci_list *out, struct err *e);

must bool oci_config_read(struct bytes text, struct oci_config *out, struct err *e);

#endif
