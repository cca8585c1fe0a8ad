/*
 * A ramdisk from a root file system: read into memory, put below a folder, with things added, and
 * written as an archive, all digests in the same pass.
 */
#ifndef MEASURE_CORE_INITRD_H
#define MEASURE_CORE_INITRD_H

#include "measure/core/rootfs.h"

struct initrd_request {
	const char *rootfs; /* NULL: nothing but what is added */
	struct rootfs_options options;
	const char *prefix; /* the folder that the root file system becomes; "": it is the root */
	const char **add; /* lines as added.h knows them, or "@FILE" */
	size_t n_add;
	const struct cpio_profile *profile;
	enum cpio_time time;
	uint32_t clamp;
	enum packing packing; /* of the file: none, gzip or zstd */
	struct watch watch; /* of the bytes of the archive */
};

struct initrd_digests {
	uint64_t size;
	struct digest sha256, sha384;
};

/* Starts zeroed; released by initrd_free(). */
struct initrd {
	struct rootfs rootfs;
	uint64_t files_size; /* bytes of all files */
	size_t names, implied; /* all but the root; folders among them that nothing spoke of */
	struct initrd_digests archive, file; /* equal when nothing is packed */
	struct digest content; /* content.h */
};
void initrd_free(struct initrd *i);

/* Everything but the bytes of files. */
must bool initrd_read(struct initrd *i, const struct initrd_request *q, struct err *e);

/* The archive, packed or not, to the end of a file that is the caller's to commit. */
must bool initrd_write(struct initrd *i, const struct initrd_request *q, struct out *to,
		       struct err *e);

#endif
