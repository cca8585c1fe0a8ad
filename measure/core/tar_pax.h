/*
 * The records of pax extended headers (POSIX.1-2001, pax, "pax Extended Header"): what they say of
 * the entry behind them. Keys that no reader heeds are passed over; one that some reader heeds and
 * another does not is refused, as is a key that comes twice.
 */
#ifndef MEASURE_CORE_TAR_PAX_H
#define MEASURE_CORE_TAR_PAX_H

#include "measure/core/tar.h"

#define TAR_PAX_RECORDS 256u
#define TAR_SPARSE_HINT \
	"write the archive without holes: GNU tar without --sparse, bsdtar with --no-read-sparse"

/* Starts zeroed; borrows from the text it was read from and from `decoded`. */
struct tar_pax {
	bool has_path, has_link, has_size, has_uid, has_gid, has_mtime;
	struct bytes path, link;
	uint64_t size;
	uint32_t uid, gid;
	int64_t mtime;
	struct tar_xattr *xattrs; /* in room that stays from header to header */
	size_t n_xattrs, room;
	struct buf decoded;
};

/* Of the entry behind it ('x'); forgets what was read before. at: of the text in the stream. */
must bool tar_pax_read(struct tar_pax *p, struct bytes text, uint64_t at, struct err *e);

/* Of the whole archive ('g'): only what no reader heeds. */
must bool tar_pax_check_global(struct bytes text, uint64_t at, struct err *e);

void tar_pax_forget(struct tar_pax *p);
void tar_pax_free(struct tar_pax *p);

#endif
