/*
 * A root file system from whatever holds one: a directory, a tar archive, an OCI image layout, a
 * docker archive, a Debian package (its files, which are a tar archive). Nothing is unpacked as a
 * tree: the tree is in memory, the bytes stay where they are, or, where they were compressed, lie
 * in one unlinked file.
 */
#ifndef MEASURE_CORE_ROOTFS_H
#define MEASURE_CORE_ROOTFS_H

#include "measure/core/cpio.h"
#include "measure/core/oci.h"
#include "measure/core/store.h"

#define ROOTFS_MAX_BYTES (UINT64_C(16) << 30)
#define ROOTFS_MAX_NAMES (4u << 20)

enum rootfs_kind { ROOTFS_FOLDER, ROOTFS_TAR, ROOTFS_OCI, ROOTFS_DOCKER };
const char *rootfs_kind_name(enum rootfs_kind kind); /* "directory", "tar", "oci", "docker" */

struct rootfs_options {
	const char *platform; /* "linux/amd64"; NULL: the only one, or choice */
	const char *tag; /* the name of the image in its archive; NULL: any */
	const char *spool; /* the folder for the unlinked file; NULL: "." */
	bool owners_disk; /* of a directory: its owners, not 0:0 */
	bool drop_xattrs; /* what newc cannot carry is left out and named, not refused */
	uint64_t max_bytes; /* unpacked, of all that is packed together; 0: ROOTFS_MAX_BYTES */
	struct watch watch;
};

struct rootfs_layer {
	char *name; /* in the image */
	struct digest blob; /* len 0: nothing says it */
	struct digest diff_id;
	enum packing packing;
	uint64_t size, unpacked;
};

struct rootfs {
	enum rootfs_kind kind;
	struct tree *tree;
	struct tree_node *image; /* the folder of the tree that is its root */
	struct rootfs_config config; /* empty for a directory or a plain tar */
	struct digest manifest, id; /* of the manifest and the configuration; len 0: none */
	struct rootfs_layer *layer; /* of an image, the lowest first */
	size_t n_layers;
	char **dropped; /* what was left out, each "PATH: NAME" or "PATH" */
	size_t n_dropped;
	uint64_t dropped_count; /* of them only so many are named as stand in `dropped` */
	struct rootfs_sources *sources;
};

/*
 * path "-": an archive on standard input. Errors name what is wrong with the layer, its entry and
 * its offset. Released by rootfs_free().
 */
must bool rootfs_open(struct rootfs *r, const char *path, const struct rootfs_options *o,
		      struct err *e);
void rootfs_free(struct rootfs *r);

/* Nothing at all, to be filled with other things. */
must bool rootfs_empty(struct rootfs *r, struct err *e);

/* One more file whose bytes files of the tree may have: the number of the source, and its size. */
must bool rootfs_source(struct rootfs *r, const char *path, uint32_t *source, uint64_t *size,
			struct err *e);

/* The same of bytes in memory, which are copied. */
must bool rootfs_bytes(struct rootfs *r, struct bytes x, uint32_t *source, struct err *e);

/*
 * Debian packages (deb(5)), all onto the tree that r has already, in their order: layers of their
 * own (layer.h, struct layer_owners), several being unpacked at once into unlinked files.
 */
struct rootfs_packages {
	size_t n;
	/* Package i, to be released; called once for each, by any thread. Errors name it. */
	bool (*open)(void *arg, size_t i, struct store_item *deb, struct err *e);
	const char *(*name)(void *arg, size_t i);
	bool (*replaces)(void *arg, size_t over, size_t under); /* when both were opened */
	void *arg;
	bool archives; /* tar archives, plain or packed, in place of packages */
};

/* Errors: package, packages (a name that two have), and what layer_apply() says. */
must bool rootfs_packages(struct rootfs *r, const struct rootfs_packages *p,
			  const struct rootfs_options *o, struct err *e);

/*
 * For cpio_write(): the bytes of a file of the tree; file-changed unless what they come from is as
 * it was when it was opened.
 */
must bool rootfs_file(struct rootfs *r, const struct tree_node *n, struct err *e);
must bool rootfs_read(struct rootfs *r, struct span to, size_t *got, struct err *e);

/* The digest (content.h) of the tree with all its bytes. */
must bool rootfs_content(struct rootfs *r, struct digest *out, struct err *e);

#endif
