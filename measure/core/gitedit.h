/*
 * A tree of git with files added to it, as a new tree: of each folder on the way to them there is
 * a new one, all else stays what it was. Names that differ in case alone are refused, since file
 * systems take them for one, and so are folders with more names than are wanted.
 */
#ifndef MEASURE_CORE_GITEDIT_H
#define MEASURE_CORE_GITEDIT_H

#include "measure/base/arena.h"
#include "measure/core/gitdb_write.h"

struct gitedit_file {
	const char *path; /* borrowed; without empty parts */
	struct gitdb_id blob;
	bool replaces; /* something may stand there */
};

struct gitedit {
	const struct gitdb *git;
	const struct gitdb_id *tree; /* to begin with; NULL: an empty one */
	struct gitdb_pack *into; /* gets the new trees */
	struct arena *arena; /* their bytes, which have to outlive `into` */
	size_t names; /* the most that a folder may have */
};

/*
 * file: is brought into another order. Reason of refusals: source (two names for one, a file where
 * a folder would have to be), limit.
 */
must bool gitedit(const struct gitedit *g, struct gitedit_file *file, size_t n,
		  struct gitdb_id *tree, struct err *e);

#endif
