/*
 * A root image: a file system (erofs.h), and at the block behind it the hash area of dm-verity over
 * it (verity.h), superblock first, all in one file. SHA-256, blocks of 4096 bytes, no salt; both
 * UUIDs are constants. So the bytes are a function of the tree and the rule alone, and the root
 * hash with the number of blocks binds every one of them.
 */
#ifndef MEASURE_CORE_ROOTIMAGE_H
#define MEASURE_CORE_ROOTIMAGE_H

#include "measure/core/rootfs.h"
#include "measure/core/verity.h"

#define ROOTIMAGE_BLOCK 4096u

struct rootimage {
	uint64_t size; /* of the file */
	uint64_t blocks; /* of data; the hash area begins behind them. 0: it is no root image */
	struct digest root; /* the root hash of the data, when it has blocks */
	struct digest sha256; /* of the file */
};

/* Times as in a ramdisk. */
struct rootimage_rule {
	enum cpio_time time;
	uint32_t clamp;
	struct watch watch;
};

/* In one pass, to the end of an empty file that is the caller's to commit. */
must bool rootimage_write(struct rootfs *r, const struct rootimage_rule *rule, struct out *to,
			  struct rootimage *made, struct err *e);

/*
 * What a regular file of any bytes gives, in one pass. fault: why it is no root image
 * (root-image), or nothing. False with e set only when it cannot be read.
 */
must bool rootimage_look(struct file *f, struct rootimage *found, struct err *fault, struct err *e);

/* The same, refused when it is none. */
must bool rootimage_read(struct file *f, struct rootimage *found, struct err *e);

#endif
