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
#include "measure/core/spool.h"

#define CATALOG_MAX 4000000u /* entries */
#define CATALOG_NAMES_MAX (512u << 20)
#define CATALOG_UNPACKED_MAX (8ull << 30) /* what would be more is compared as it is */

struct catalog_entry {
	uint32_t name, n; /* where its name is among the names: without "./" and "/" at the ends */
	struct cpio_fields fields;
	/* Of a ramdisk: ranges of its bytes. Of a directory's link: its target among the names. */
	uint64_t header, data, end;
};

struct catalog {
	struct extent bytes; /* of a ramdisk, unpacked */
	enum packing packing; /* of its last part; NONE: all of it is plain */
	struct spool spool; /* where it was unpacked to */
	const char *folder; /* of a directory: its path; else NULL */
	struct buf names;
	struct catalog_entry *entry;
	size_t n, room;
};

#define CATALOG ((struct catalog){.names = BUF(CATALOG_NAMES_MAX), .spool = SPOOL_NONE})

void catalog_free(struct catalog *c);

/*
 * Of a range of a file, which outlives it. What is compressed is unpacked into an unlinked file in
 * $TMPDIR, or /var/tmp. A range that does not begin with an archive, also when it is unpacked, has
 * n 0.
 */
must bool catalog_ramdisk(struct catalog *c, const struct extent *x, struct err *e);

/* Of what is in a directory, without times, which tell when it was copied there. */
must bool catalog_folder(struct catalog *c, const char *path, struct err *e);

/* One more entry, for those above. */
must bool catalog_add(struct catalog *c, const struct catalog_entry *x, struct bytes name,
		      struct err *e);

struct bytes catalog_name(const struct catalog *c, const struct catalog_entry *x);

/* Indices sorted by name, of one name by place; the caller's to free(). */
must uint32_t *catalog_sorted(const struct catalog *c, struct err *e);

#endif
