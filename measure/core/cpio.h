/*
 * Linux initial ramdisks: cpio archives of the "newc" format (Linux, Documentation/driver-api/
 * early-userspace/buffer-format.rst), written from a tree and read back as strictly as the kernel,
 * flagging what the kernel passes over.
 */
#ifndef MEASURE_CORE_CPIO_H
#define MEASURE_CORE_CPIO_H

#include "measure/core/stream.h"
#include "measure/core/tree.h"

#define CPIO_NAME_MAX 4095u /* PATH_MAX - 1: the kernel skips longer ones in silence */

/* How an archive is laid out: constants and an order rule. */
struct cpio_profile {
	const char *name; /* "native", "nitro-cli", "gen_init_cpio" */
	uint32_t first_inode, dev_major, dev_minor;
	bool upper; /* hexadecimal digits in upper case */
	bool archive_order; /* as the names came, not by path */
	bool links_as_symlinks; /* hard links become relative symbolic ones */
	uint32_t padding; /* the end is padded to a multiple of this */
};
extern const struct cpio_profile cpio_profiles[]; /* the last one has no name */
const struct cpio_profile *cpio_profile(const char *name); /* NULL: there is none */

enum cpio_time { CPIO_TIME_ZERO, CPIO_TIME_CLAMP, CPIO_TIME_KEEP };

/* Who gives the bytes of a file, and who takes those of the archive. */
struct cpio_io {
	bool (*open)(void *arg, const struct tree_node *n, struct err *e);
	bool (*read)(void *arg, struct span to, size_t *got, struct err *e); /* of that file */
	bool (*put)(void *arg, struct bytes x, struct err *e);
	void *arg;
};

struct cpio_rule {
	const struct cpio_profile *profile;
	enum cpio_time time;
	uint32_t clamp; /* no mtime is later */
};

/* One archive of everything below the root of the tree, which is sorted by it. */
must bool cpio_write(struct tree *t, const struct cpio_rule *rule, const struct cpio_io *io,
		     struct err *e);

/* What a header says, in the order of its fields; check is that of "070702" archives. */
struct cpio_fields {
	uint32_t ino, mode, uid, gid, nlink, mtime, size;
	uint32_t dev_major, dev_minor, rdev_major, rdev_minor, name_size, check;
};

/* Borrowed from the reader until the next cpio_next(). */
struct cpio_entry {
	struct cpio_fields fields;
	struct bytes name;
	uint64_t header, data; /* where in the stream */
};

struct cpio;

/* One uncompressed ramdisk: archives and zeros one behind the other. */
must struct cpio *cpio_new(struct stream *in, struct err *e);
void cpio_free(struct cpio **c);

/* The next entry, trailers among them ("TRAILER!!!"); NULL at the end. */
must bool cpio_next(struct cpio *c, const struct cpio_entry **entry, struct err *e);
must bool cpio_read(struct cpio *c, struct span to, size_t *got, struct err *e);

#endif
