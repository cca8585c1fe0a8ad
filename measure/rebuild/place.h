/*
 * A tree (core/tree.h) laid out on a disk, as files that a build reads. It stays below the folder
 * whatever it holds: each name is made in its own folder, which was made here, and follows no link.
 * Modes as the tree says, but set-id bits never; owners are whoever builds, or the one that is
 * said (but see `whole`); devices and fifos are left out; every time is the one given, for symbolic
 * links and folders too, so that nothing of when or where it was done can be seen. Names of one
 * inode stay that.
 */
#ifndef MEASURE_REBUILD_PLACE_H
#define MEASURE_REBUILD_PLACE_H

#include "measure/core/cpio.h"

#define PLACE_DEPTH 200u /* folders in folders, each held open */

struct place_rule {
	int64_t time; /* of all */
	const struct tree_node *top; /* the folder whose content is laid out; NULL: the root */
	uint64_t max; /* bytes */
	uint32_t
		owner; /* user and group of all, for who is root (sandbox_owner()); 0: who builds */
	bool whole; /* for who is root of them: owners and set-id bits as the tree says, too */
	bool reversed; /* the last names first, which some file systems list so */
	struct watch watch; /* bytes written */
};

/*
 * folder: empty, of the caller's own; it gets mode, owner and time of the tree's. The tree is
 * sorted by it. io->put is not asked. Errors: limit (before anything is written; too deep), io and
 * its like, file-changed. What stands there after an error is the caller's to remove.
 */
must bool place_tree(int folder, struct tree *t, const struct place_rule *rule,
		     const struct cpio_io *io, struct err *e);

/*
 * Everything below a folder, and itself, gone, however deep, and also where modes forbid it. No
 * link is followed. What is not there is gone already. Nobody may work in it meanwhile.
 */
must bool place_remove(int parent, const char *name, struct err *e);

#endif
