/*
 * Cargo.lock (written by cargo, versions 2 to 4): which crates of crates.io a program is made of,
 * by SHA-256. Of TOML only what cargo writes is read. Locked as an input of the recipe it brings
 * its crates with it, each an object of the name "NAME-VERSION.crate".
 */
#ifndef MEASURE_REBUILD_CRATES_H
#define MEASURE_REBUILD_CRATES_H

#include "measure/rebuild/locking_parts.h"

#define CRATES_FILE_MAX (4u << 20)
#define CRATES_MAX 4000u
#define CRATES_ARCHIVE "crates" /* of origins: "crates:NAME/VERSION" */

struct crate {
	const char *name, *version;
	struct digest sha256;
};

/* Sorted by name and version. Starts zeroed; released by crates_free(). */
struct crates {
	struct arena arena;
	struct crate *item;
	size_t n;
};
void crates_free(struct crates *c);

/*
 * Packages without a source are the program's own, and left out. Errors: cargo-lock ("line N: ...":
 * its grammar, packages twice, crates without checksum or from elsewhere), limit.
 */
must bool crates_read(struct crates *c, struct bytes text, struct err *e);

/* The crates that the file of the last entry names become entries, too; all have to be there. */
must bool locking_crates(struct lock_made *m, const struct object *file, struct err *e);

#endif
