/*
 * A tree (core/tree.h) laid out on a disk, as files that a build reads. It stays below the folder
 * whatever it holds. Modes as the tree says, but set-id bits never; owners are whoever builds;
 * devices and fifos are left out; every time is the one given, for symbolic links and folders too,
 * so that nothing of when or where it was done can be seen.
 */
#ifndef MEASURE_REBUILD_PLACE_H
#define MEASURE_REBUILD_PLACE_H

#include "measure/core/cpio.h"

struct place_rule {
	int64_t time; /* of all */
	const struct tree_node *top; /* the folder whose content is laid out; NULL: the root */
	uint64_t max; /* bytes */
	struct watch watch;
};

/* folder: empty, of the caller's own. Errors: limit, io. What stands there then is the caller's. */
must bool place_tree(int folder, struct tree *t, const struct place_rule *rule,
		     const struct cpio_io *io, struct err *e);

/* Everything below a folder, and itself, gone; also where modes forbid it. No link is followed. */
must bool place_remove(int parent, const char *name, struct err *e);

#endif
