/*
 * The file system that the kernel makes of a ramdisk's entries (Linux, init/initramfs.c: do_name()
 * and what it calls): later entries replace earlier ones, a name whose folder is not there is
 * passed over in silence. Where other readers of the same entries would end with something else,
 * it is refused (`ambiguous`).
 */
#ifndef MEASURE_CORE_INITRAMFS_H
#define MEASURE_CORE_INITRAMFS_H

#include "measure/core/cpio.h"
#include "measure/core/hash.h"

#define INITRAMFS_ENTRIES 524288u

/* An inode's `source` is the index of its file's digest, `at` the number of the entry it is of. */
struct initramfs {
	struct tree *tree;
	uint32_t entries; /* without trailers */
	uint32_t dropped, repeated, absolute; /* passed over; names once more; names with a slash */
	char *first_dropped, *first_repeated, *first_absolute;
	struct tree *links; /* inodes with several names, of the archive that is being read */
	struct tree_node **first; /* the first name of each */
	size_t n_first, max_first;
	uint8_t (*sha256)[32];
	struct digest nothing; /* of no bytes */
	size_t n_sha256, max_sha256;
};

/* Starts zeroed; released by initramfs_free(). */
must bool initramfs_new(struct initramfs *r, struct err *e);
void initramfs_free(struct initramfs *r);

/* What an entry brings besides its header. */
struct initramfs_body {
	struct bytes target; /* of a symbolic link, as it stands there */
	const struct digest *sha256; /* of a file's bytes */
};

/* The next entry, or a trailer. *node: what it became; NULL: it was passed over. */
must bool initramfs_put(struct initramfs *r, const struct cpio_entry *x,
			const struct initramfs_body *body, struct tree_node **node, struct err *e);

/* Of the file that an inode is; empty otherwise. */
struct digest initramfs_sha256(const struct initramfs *r, const struct tree_inode *i);

/* As content.h defines it. The tree is sorted by it. */
must bool initramfs_content(struct initramfs *r, struct digest *out, struct err *e);

#endif
