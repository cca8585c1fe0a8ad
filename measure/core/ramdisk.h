/*
 * A ramdisk as a boot loader hands it to the kernel: parts one behind the other, each of them
 * archives and zeros, or such archives compressed (Linux, init/initramfs.c: unpack_to_rootfs()).
 * Its unpacked bytes are those of all parts in their order.
 */
#ifndef MEASURE_CORE_RAMDISK_H
#define MEASURE_CORE_RAMDISK_H

#include "measure/core/archive.h"
#include "measure/core/initramfs.h"

#define RAMDISK_PARTS 64u
#define RAMDISK_UNPACKED_MAX (64ull << 30) /* of one compressed part */

struct ramdisk_part {
	enum packing packing;
	uint64_t at, size; /* in the file */
	uint64_t unpacked; /* bytes; known behind the part's end */
	uint32_t archives, entries; /* trailers, and what is none */
};

/* Who is told, in the order of the bytes. Any may be NULL. */
struct ramdisk_visit {
	/* A part begins; it has ended. */
	bool (*begin)(void *arg, const struct ramdisk_part *p, struct err *e);
	bool (*end)(void *arg, const struct ramdisk_part *p, struct err *e);

	/* Unpacked bytes, all of them. */
	bool (*bytes)(void *arg, struct bytes x, struct err *e);

	/*
	 * An entry begins, its offsets being those in the part's unpacked bytes; bytes of the file
	 * that it is; it has ended. node: what the kernel makes of it; NULL: nothing, or a trailer.
	 */
	bool (*entry)(void *arg, const struct cpio_entry *x, struct err *e);
	bool (*data)(void *arg, struct bytes x, struct err *e);
	bool (*made)(void *arg, const struct cpio_entry *x, const struct initramfs_body *body,
		     const struct tree_node *node, struct err *e);
	void *arg;
};

struct ramdisk {
	struct initramfs made;
	struct ramdisk_part part[RAMDISK_PARTS];
	size_t n;
};

/*
 * The ramdisk that stands in that range of a file; visit may be NULL. Offsets in refusals are those
 * in the file, or in the unpacked bytes of a part, whose text then names the part. Starts zeroed;
 * released by ramdisk_free() in any case.
 */
must bool ramdisk_read(struct ramdisk *r, const struct stream_range *where,
		       const struct ramdisk_visit *visit, struct err *e);
void ramdisk_free(struct ramdisk *r);

#endif
