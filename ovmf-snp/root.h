/*
 * A guest whose root is an image on a disk that nobody can change: the image, the words that bind
 * it into the command line, and, unless another ramdisk is given, the one that opens it, with the
 * application's command inside, which is measured so.
 */
#ifndef OVMF_SNP_ROOT_H
#define OVMF_SNP_ROOT_H

#include "measure/guest/application.h"
#include "measure/guest/root.h"
#include "measure/guest/start.h"

struct snp_root_ask {
	const char *image; /* whatever rootfs_open() takes; or else */
	struct rootfs *root; /* it is open; taken over */
	struct rootfs_options options;
	struct rootimage_rule rule;
	const char *device; /* root_device() */
	bool initrd; /* the ramdisk is made; only then what follows counts */
	struct application application;
	struct start_ask start; /* modules.names: beside those that the root needs */
};

/* Starts zeroed; released by snp_root_free(). */
struct snp_root {
	struct rootfs image, initrd; /* as trees */
	struct start start;
	struct rootimage made;
	struct digest content; /* of the ramdisk (content.h) */
};
void snp_root_free(struct snp_root *r);

/* All but the bytes of files. Errors: usage, rootfs, user, module, whatever reading gives. */
must bool snp_root_read(struct snp_root *r, const struct snp_root_ask *ask, struct answer *a,
			struct err *e);

/* Each to the end of an empty file. */
must bool snp_root_write_image(struct snp_root *r, const struct snp_root_ask *ask, struct out *to,
			       struct err *e);
must bool snp_root_write_initrd(struct snp_root *r, struct out *to, struct err *e);

/*
 * The words behind a command line. Refused (usage): one that has any of them already, or that gets
 * too long for Linux.
 */
must bool snp_root_words(const struct snp_root *r, const struct snp_root_ask *ask,
			 struct bytes append, struct buf *out, struct err *e);

#endif
