/*
 * Tar archives written by hand, a block at a time, right or wrong.
 */
#ifndef TESTS_UNIT_SUPPORT_TAR_H
#define TESTS_UNIT_SUPPORT_TAR_H

#include "measure/base/buf.h"

/* Where the fields of a ustar header stand. */
enum tar_field {
	TAR_AT_NAME = 0,
	TAR_AT_MODE = 100,
	TAR_AT_UID = 108,
	TAR_AT_GID = 116,
	TAR_AT_SIZE = 124,
	TAR_AT_MTIME = 136,
	TAR_AT_SUM = 148,
	TAR_AT_TYPE = 156,
	TAR_AT_LINK = 157,
	TAR_AT_MAGIC = 257,
	TAR_AT_UNAME = 265,
	TAR_AT_MAJOR = 329,
	TAR_AT_MINOR = 337,
	TAR_AT_PREFIX = 345,
	TAR_AT_REST = 500,
};

/* A ustar header of mode 0644, owner 0:0, time 0, with its checksum. */
void tar_put_header(struct buf *out, char type, const char *name, uint64_t size);

/* Other bytes in the header that was put last; its checksum is made good. */
void tar_set(struct buf *out, enum tar_field at, const void *p, size_t n);
void tar_set_text(struct buf *out, enum tar_field at, const char *text);

/* Bytes, and zeros up to the next block. */
void tar_put_data(struct buf *out, struct bytes x);

/* A file with its bytes; a pax header of one record (or, without a key, of none). */
void tar_put_file(struct buf *out, const char *name, const char *text);
void tar_put_pax(struct buf *out, char type, const char *key, struct bytes value);

/* Two blocks of zeros. */
void tar_put_end(struct buf *out);

#endif
