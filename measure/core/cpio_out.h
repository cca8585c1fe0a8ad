/*
 * The inner side of cpio_write(): entries one behind the other, whoever decides which. An archive
 * is a window of bytes in front of the caller's put(); small files are never held apart.
 */
#ifndef MEASURE_CORE_CPIO_OUT_H
#define MEASURE_CORE_CPIO_OUT_H

#include "measure/core/cpio.h"
#include "measure/core/initramfs.h"

/* What stands in an archive; inode and device numbers and sizes are given by the writer. */
struct cpio_item {
	const struct tree_inode *inode;
	const struct tree_node *node; /* a file whose bytes the caller has; NULL: body */
	struct bytes name, body; /* of a symbolic link, or of a file that is no node's */
	uint32_t ino, nlink; /* 0: the next one; 1, or what the profile says */
	bool bare; /* a file without its bytes, which stand with another name */
};

struct cpio_out {
	const struct cpio_rule *rule;
	const struct cpio_io *io;
	struct hash *hash; /* NULL: nobody asks for what files hold */
	struct digest sha256; /* of the last file's bytes */
	struct initramfs *made; /* NULL: nobody asks what the kernel makes of the entries */
	uint8_t *window;
	size_t n;
	uint64_t at;
	uint32_t next_inode;
};

must bool cpio_out_open(struct cpio_out *o, bool hashed, struct err *e);
void cpio_out_free(struct cpio_out *o);
must bool cpio_out_item(struct cpio_out *o, const struct cpio_item *x, struct err *e);

/* Trailer, padding, and all that is still in the window. */
must bool cpio_out_end(struct cpio_out *o, struct err *e);

#endif
