/*
 * Linux initial ramdisks: cpio archives of the "newc" format (Linux, Documentation/driver-api/
 * early-userspace/buffer-format.rst), written from a tree and read back as strictly as the kernel.
 * What an archive cannot carry, and what the kernel would pass over in silence, is never written
 * (`newc`).
 */
#ifndef MEASURE_CORE_CPIO_H
#define MEASURE_CORE_CPIO_H

#include "measure/core/digest.h"
#include "measure/core/stream.h"
#include "measure/core/tree.h"

#define CPIO_NAME_MAX 4095u /* PATH_MAX - 1: the kernel skips longer ones in silence */
#define CPIO_HEADER 110u
#define CPIO_TRAILER "TRAILER!!!"

enum cpio_time { CPIO_TIME_ZERO, CPIO_TIME_CLAMP, CPIO_TIME_KEEP };

/* Several names of one inode. */
enum cpio_links {
	CPIO_LINKS_APART, /* each at its place, the bytes with the last */
	CPIO_LINKS_TOGETHER, /* regular files: all at the place of the last; others lose the link */
	CPIO_LINKS_SYMLINKS, /* the first is the file, others become relative symbolic links */
};

/* How an archive is laid out. */
struct cpio_profile {
	const char *name; /* "native", "nitro-cli", "gen_init_cpio" */
	enum cpio_links links;
	enum cpio_time time; /* unless another is asked for */
	uint32_t first_inode, dev_major, dev_minor;
	uint32_t fifo_links; /* nlink of a fifo */
	uint32_t padding; /* the end is padded to a multiple of this */
	bool upper; /* hexadecimal digits in upper case */
	bool target_nul; /* the body of a symbolic link ends in a NUL */
	bool trailer_numbered; /* the trailer has an inode and a device like any entry */
	bool archive_order; /* as the entries came, not by path; and the image's layout, below */
};
extern const struct cpio_profile cpio_profiles[]; /* the last one has no name */
const struct cpio_profile *cpio_profile(const char *name); /* NULL: there is none */

/* Who gives the bytes of a file, and who takes those of the archive. */
struct cpio_io {
	bool (*open)(void *arg, const struct tree_node *n, struct err *e);
	bool (*read)(void *arg, struct span to, size_t *got, struct err *e); /* of that file */
	bool (*put)(void *arg, struct bytes x, struct err *e);
	void *arg;
};

/*
 * image: the folder of the tree that holds a container's image, "rootfs" say; NULL: none does. Only
 * "nitro-cli" asks: an image is filtered as its builder does (linuxkit 1.5.2, ImageTar): what a
 * container engine puts into an export is dropped, replaced or given a fixed time, what must be
 * there is added behind it, folders' names end in a slash; then six folders follow, then what
 * stands in the tree outside of the image, all with that time.
 */
struct cpio_rule {
	const struct cpio_profile *profile;
	enum cpio_time time;
	uint32_t clamp; /* no mtime is later */
	const struct tree_node *image;
};

/*
 * One archive of everything below the root of the tree, which is sorted by it. content: the digest
 * that content.h defines, of what was written; may be NULL.
 */
must bool cpio_write(struct tree *t, const struct cpio_rule *rule, const struct cpio_io *io,
		     struct digest *content, struct err *e);

/* What a header says, in the order of its fields; check is that of "070702" archives. */
struct cpio_fields {
	uint32_t ino, mode, uid, gid, nlink, mtime, size;
	uint32_t dev_major, dev_minor, rdev_major, rdev_minor, name_size, check;
};

/* Header bytes; sums: "070702". Only what is written can be read back, digits in either case. */
must bool cpio_fields_read(struct bytes raw, uint64_t at, struct cpio_fields *f, bool *sums,
			   struct err *e);
void cpio_fields_write(uint8_t raw[CPIO_HEADER], const struct cpio_fields *f, bool upper);

/* Borrowed from the reader until the next cpio_next(). */
struct cpio_entry {
	struct cpio_fields fields;
	struct bytes name; /* as it stands there */
	bool sums; /* an entry of a "070702" archive: its bytes were added up */
	uint64_t header, data; /* where in the stream */
};

/* Is it the one that ends an archive? */
bool cpio_is_trailer(const struct cpio_entry *x);

struct cpio;

/*
 * Archives and zeros one behind the other, as the kernel reads them (Linux, init/initramfs.c),
 * refusing what it reads otherwise than other readers, or passes over (`ambiguous`). rest: the
 * first byte behind an archive that can begin none is left alone, and is the end.
 */
must struct cpio *cpio_new(struct stream *in, bool rest, struct err *e);
void cpio_free(struct cpio **c);

/* The next entry, trailers too, NULL at the end; what was not read of the one before is checked. */
must bool cpio_next(struct cpio *c, const struct cpio_entry **entry, struct err *e);

/* Bytes of the last entry, one at least, none at their end. */
must bool cpio_read(struct cpio *c, struct span to, size_t *got, struct err *e);

/* All bytes that are read, headers and padding among them, also go there. */
struct cpio_tap {
	bool (*put)(void *arg, struct bytes x, struct err *e);
	void *arg;
};
void cpio_tap(struct cpio *c, const struct cpio_tap *to);

/* Where the first byte stands that was not read yet. */
uint64_t cpio_position(const struct cpio *c);

#endif
