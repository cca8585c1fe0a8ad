/*
 * Where the bytes of a root file system's files are: parts of rootfs.h.
 */
#ifndef MEASURE_CORE_ROOTFS_SOURCES_H
#define MEASURE_CORE_ROOTFS_SOURCES_H

#include "measure/core/rootdir.h"
#include "measure/core/rootfs.h"
#include "measure/core/spool.h"
#include "measure/core/store.h"

#define ROOTFS_LANES 4u /* packages that are unpacked at once, at most */

struct rootfs_source;

struct rootfs_sources {
	struct file input; /* the archive as it was given */
	struct spool spool;
	struct spool lane[ROOTFS_LANES]; /* of packages */
	struct rootfs_source *v;
	size_t n, room;
	/* the file that is being read: */
	struct rootdir *folder; /* of the directory, or else */
	struct file opened;
	const struct file *from; /* `opened`, or one that holds others too */
	const uint8_t *text; /* in its place, when it is in memory */
	uint64_t at, left;
};

must struct rootfs_sources *rootfs_sources_new(struct err *e);
void rootfs_sources_free(struct rootfs_sources **s);

/* The spool is there from now on. */
must bool rootfs_spool(struct rootfs_sources *s, const char *folder, struct err *e);

/* Files in a range: the item is taken over, also when there is no room for it. */
must bool rootfs_range(struct rootfs_sources *s, struct store_item *i, uint32_t *source,
		       struct err *e);

/* They are in the spool after all. */
void rootfs_range_spooled(struct rootfs_sources *s, uint32_t source);

/* A directory, read into the tree of r. */
must bool rootfs_folder(struct rootfs *r, const char *path, const struct rootdir_rule *rule,
			struct err *e);

#endif
