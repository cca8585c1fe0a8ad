/*
 * One header block of a tar archive: v7 (no magic), ustar and pax (POSIX.1-1988, POSIX.1-2001,
 * "ustar" NUL "00"), GNU (tar's manual, "Basic Tar Format", "ustar  " NUL). Read strictly: numbers
 * and names of which nothing is left over, the unsigned checksum, zeros where nothing is defined.
 */
#ifndef MEASURE_CORE_TAR_HEADER_H
#define MEASURE_CORE_TAR_HEADER_H

#include "measure/base/cur.h"

#define TAR_UNIT 512u
#define TAR_ID_MAX 4294967294u /* the number behind it stands for no owner at all */

/* In the order of the block; names borrow from it. */
struct tar_header {
	struct bytes name; /* 100 bytes at most */
	uint32_t mode, uid, gid;
	uint64_t size;
	int64_t mtime;
	uint8_t type;
	struct bytes link;
	bool magic; /* not v7 */
	uint32_t major, minor;
	struct bytes prefix; /* of the name, in ustar */
};

/* at: of the block in the stream, for messages. The block is not all zeros. */
must bool tar_header_read(struct bytes block, uint64_t at, struct tar_header *out, struct err *e);

/* Seconds since 1970 within the years 1 to 9999, which all that prints times can print. */
must bool tar_check_time(int64_t mtime, uint64_t at, struct err *e);

#endif
