/*
 * All entries of a ramdisk or of a directory, for comparing: what their headers say, and where
 * their bytes lie. Of a ramdisk every byte belongs to one entry: bytes that are no archive, and
 * zeros in front of the first one, are entries without a name; what is behind the bytes of a file
 * up to the next header belongs to that file. Nothing is refused for being unusual.
 */
#ifndef MEASURE_CORE_CATALOG_H
#define MEASURE_CORE_CATALOG_H

#include "measure/core/archive.h"
#include "measure/core/cpio.h"
#include "measure/core/meaning.h"

#define CATALOG_MAX 4000000u /* entries */
#define CATALOG_NAMES_MAX (512u << 20)

struct catalog_entry {
	uint32_t name, n; /* where its name is among the names: without "./" and "/" at the ends */
	struct cpio_fields fields;
	uint64_t header, data, end; /* of a ramdisk: ranges of its bytes */
};

struct catalog {
	struct extent bytes; /* of a ramdisk, unpacked */
	enum packing packing; /* of its last part; NONE: all of it is plain */
	uint64_t packed_at; /* where that part begins, in the file as it is */
	const char *folder; /* of a directory: its path; else NULL */
	struct buf names;
	struct catalog_entry *entry;
	size_t n, room;
};

#define CATALOG ((struct catalog){.names = BUF(CATALOG_NAMES_MAX)})

void catalog_free(struct catalog *c);

/* Of a range of a file, which outlives it. A range that does not begin with an archive has n 0. */
must bool catalog_ramdisk(struct catalog *c, const struct extent *x, struct err *e);

struct bytes catalog_name(const struct catalog *c, const struct catalog_entry *x);

/* Indices sorted by name, of one name by place; the caller's to free(). */
must uint32_t *catalog_sorted(const struct catalog *c, struct err *e);

#endif
