/*
 * Two catalogs compared, entry by entry: those belong together that have one name, of several the
 * n-th of it. Told as entries of a part that is open (differences.h), those whose contents differ
 * or that one of the two has alone in front of those where nothing but headers do.
 */
#ifndef MEASURE_CORE_CATALOG_DIFF_H
#define MEASURE_CORE_CATALOG_DIFF_H

#include "measure/core/catalog.h"
#include "measure/core/remark.h"

/* What of an entry can differ, as bits. */
enum {
	DIFFERS_MODE = 1u << 0,
	DIFFERS_UID = 1u << 1,
	DIFFERS_GID = 1u << 2,
	DIFFERS_MTIME = 1u << 3,
	DIFFERS_NLINK = 1u << 4,
	DIFFERS_RDEV = 1u << 5,
	DIFFERS_INO = 1u << 6,
	DIFFERS_DEV = 1u << 7,
	DIFFERS_CHECK = 1u << 8,
	DIFFERS_NAME = 1u << 9, /* its spelling */
	DIFFERS_DIGITS = 1u << 10, /* the header's spelling, apart from all values */
	DIFFERS_PADDING = 1u << 11,
	DIFFERS_CONTENT = 1u << 12,
	DIFFERS_EXACTLY = 1u << 13, /* and what of the content does is known */
	DIFFERS_TAIL = 1u << 14, /* padding, as its rule asks for behind another size */
};
#define DIFFERS_FIELDS 13u

#define NO_MATE UINT32_MAX

struct catalog_diff {
	const struct catalog *c[2];
	uint32_t *mate[2]; /* of each entry: the other's index, or NO_MATE */
	uint16_t *differs; /* of each of the second */
	bool order; /* entries that both have come in another order */
	size_t n_differing, n_only[2];
	size_t n[DIFFERS_FIELDS]; /* entries with that bit */
	struct meaning *meaning; /* room */
};

void catalog_diff_free(struct catalog_diff *d);

/* Compares; tells nothing yet. The catalogs outlive it. */
must bool catalog_compare(struct catalog_diff *d, const struct catalog *a, const struct catalog *b,
			  struct err *e);
bool catalog_differs(const struct catalog_diff *d);

/*
 * Tells all, and adds what has to be undone to the conditions, the last " in WHERE" unless that
 * is NULL.
 */
must bool catalog_tell(struct catalog_diff *d, struct differences *f, struct series *conditions,
		       const char *where, struct err *e);

/* The first ramdisk with all that was told as it is in the second. Not of directories. */
must bool catalog_undo(struct catalog_diff *d, const struct patch_sink *to, struct err *e);

/* The bytes of an entry's file. scratch: closed by the caller; holds the file of a directory. */
must bool catalog_open(const struct catalog *c, const struct catalog_entry *x, struct file *scratch,
		       struct extent *out, struct err *e);

/* Are the contents of a pair the same? Otherwise d->meaning says what it means. */
must bool catalog_meaning(struct catalog_diff *d, const struct catalog_entry *const x[2],
			  bool *same, struct err *e);

/* What else is known of their contents. */
must bool catalog_remarks(const struct catalog_diff *d, const struct catalog_entry *const x[2],
			  const struct remarks *r, struct err *e);

#endif
