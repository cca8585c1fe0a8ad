/*
 * A read-only file system image of a tree: EROFS (Linux, fs/erofs/erofs_fs.h), uncompressed, blocks
 * of 4096 bytes, extended inodes; small files, short folders and links stand behind their inodes.
 * A pure function of the tree and the rule, written in one pass; each file is opened once.
 */
#ifndef MEASURE_CORE_EROFS_H
#define MEASURE_CORE_EROFS_H

#include "measure/core/cpio.h"

#define EROFS_BLOCK 4096u
#define EROFS_NAME_MAX 255u

struct erofs_rule {
	enum cpio_time time; /* of modification, as in a ramdisk */
	int64_t clamp; /* no time is later */
	uint8_t uuid[16];
};

/*
 * The tree is sorted by them. size: of the image, a multiple of EROFS_BLOCK. Refused (limit):
 * names, device numbers and images that the format cannot hold.
 */
must bool erofs_size(struct tree *t, uint64_t *size, struct err *e);
must bool erofs_write(struct tree *t, const struct erofs_rule *rule, const struct cpio_io *io,
		      uint64_t *size, struct err *e);

#endif
