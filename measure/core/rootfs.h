/*
 * A root file system from whatever holds one: a directory, a tar archive, an OCI image layout, a
 * docker archive. Nothing is unpacked as a tree: the tree is in memory, the bytes stay where they
 * are, or, where they were compressed, lie in one unlinked file.
 */
#ifndef MEASURE_CORE_ROOTFS_H
#define MEASURE_CORE_ROOTFS_H

#include "measure/core/cpio.h"

enum rootfs_kind { ROOTFS_FOLDER, ROOTFS_TAR, ROOTFS_OCI, ROOTFS_DOCKER };

struct rootfs_options {
	const char *platform; /* "linux/amd64"; NULL: the only one, or ambiguous */
	const char *spool; /* the folder for the unlinked file */
	bool owners_disk; /* of a directory: its owners, not 0:0 */
	bool drop_xattrs; /* what newc cannot carry is left out and named, not refused */
	uint64_t max_bytes; /* unpacked, of all layers together; 0: the default limit */
	struct watch watch;
};

/* Of the image's configuration; lists end with NULL. Empty for a directory or a plain tar. */
struct rootfs_config {
	char **entrypoint, **cmd, **env;
	char *working_dir, *user, *os, *architecture;
};

struct rootfs {
	enum rootfs_kind kind;
	struct tree *tree;
	struct rootfs_config config;
	struct digest manifest, image; /* of the manifest and the configuration; len 0: none */
	size_t n_dropped; /* xattrs that were left out, each "PATH: NAME" */
	char **dropped;
	struct rootfs_sources *sources;
};

/* Errors name what is wrong with the layer, its entry and its offset. Released by rootfs_free(). */
must bool rootfs_open(struct rootfs *r, const char *path, const struct rootfs_options *o,
		      struct err *e);
void rootfs_free(struct rootfs *r);

/* For cpio_write(): the bytes of a file of the tree. */
must bool rootfs_file(struct rootfs *r, const struct tree_node *n, struct err *e);
must bool rootfs_read(struct rootfs *r, struct span to, size_t *got, struct err *e);

#endif
