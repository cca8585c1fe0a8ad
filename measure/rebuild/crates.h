/*
 * Cargo.lock (written by cargo, versions 2 to 4): which crates of crates.io a program is made of,
 * by SHA-256. Of TOML only what cargo writes is read. Locked as an input of the recipe it brings
 * its crates with it, each an object of the name "NAME-VERSION.crate".
 */
#ifndef MEASURE_REBUILD_CRATES_H
#define MEASURE_REBUILD_CRATES_H

#include "measure/core/rootfs.h"
#include "measure/rebuild/lock.h"

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

/*
 * Of an input that was locked, the entries that are crates, as what cargo calls a directory source:
 * a folder NAME-VERSION for each with its files, and .cargo-checksum.json in it. Each crate is
 * proved to be the object that the lock names, and to have nothing outside of its folder (package
 * otherwise). r: zeroed; released by rootfs_free().
 */
struct crates_locked {
	const struct objects *from;
	const struct lock_input *input;
	size_t n;
};
must bool crates_root(struct rootfs *r, const struct crates_locked *l,
		      const struct rootfs_options *o, struct err *e);

#endif
