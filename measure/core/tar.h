/*
 * Tar archives (POSIX.1-1988 ustar, POSIX.1-2001 pax, GNU), read strictly from a stream: an archive
 * that readers in the field could read in two ways is refused. Entries come in the order of the
 * archive; the names are the bytes of the archive, without a leading "./" and without trailing
 * slashes, and never empty, absolute, with ".." or with a NUL. The root itself ("./") has the empty
 * name.
 */
#ifndef MEASURE_CORE_TAR_H
#define MEASURE_CORE_TAR_H

#include "measure/core/stream.h"

enum tar_type {
	TAR_FILE,
	TAR_HARD_LINK,
	TAR_SYMLINK,
	TAR_CHAR,
	TAR_BLOCK,
	TAR_FOLDER,
	TAR_FIFO,
};

struct tar_xattr {
	struct bytes name, value; /* "security.capability" */
};

/* Borrowed from the reader until the next tar_next(). */
struct tar_entry {
	enum tar_type type;
	struct bytes name;
	struct bytes link; /* of a symbolic link as it stands; of a hard link as a name above */
	uint32_t mode; /* & 07777 */
	uint32_t uid, gid;
	uint32_t major, minor; /* of a device */
	int64_t mtime; /* seconds; fractions are cut off downwards */
	uint64_t size; /* of a file's bytes */
	uint64_t header, data; /* where in the stream its first header and its bytes begin */
	const struct tar_xattr *xattrs;
	size_t n_xattrs;
};

struct tar;

/* The stream is read to its end by tar_next() giving the end. Released by tar_free(). */
must struct tar *tar_new(struct stream *in, struct err *e);
void tar_free(struct tar **t);

/* The next entry, *entry NULL at the end; what was not read of the one before is passed over. */
must bool tar_next(struct tar *t, const struct tar_entry **entry, struct err *e);

/* The bytes of the file that the last entry is. */
must bool tar_read(struct tar *t, struct span to, size_t *got, struct err *e);

#endif
