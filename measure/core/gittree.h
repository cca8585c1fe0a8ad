/*
 * Trees of git, out of their bytes and into them (git-mktree(1); the format stands in git's
 * Documentation/user-manual). Read as strictly as git writes them, since readers who differ on a
 * tree differ on what it holds. Reason of refusals: source.
 */
#ifndef MEASURE_CORE_GITTREE_H
#define MEASURE_CORE_GITTREE_H

#include "measure/base/buf.h"
#include "measure/base/cur.h"
#include "measure/core/gitdb.h"

enum gittree_mode {
	GITTREE_FOLDER = 040000,
	GITTREE_FILE = 0100644,
	GITTREE_PROGRAM = 0100755,
	GITTREE_LINK = 0120000,
	GITTREE_COMMIT = 0160000, /* of a submodule */
};

struct gittree_entry {
	enum gittree_mode mode;
	struct bytes name; /* not empty, no slash; nothing else is sure of one that was read */
	struct gitdb_id id;
};

/* What it is, for messages: "a folder", "a symbolic link". */
const char *gittree_kind(enum gittree_mode mode);

/* The next of a tree, until cur_left() is 0. before: the last one; an empty name at first. */
must bool gittree_next(struct cur *c, const struct gittree_entry *before,
		       struct gittree_entry *out);

/* In which order they stand: below, equal or above 0. */
int gittree_order(const struct gittree_entry *a, const struct gittree_entry *b);

void gittree_put(struct buf *out, const struct gittree_entry *x);

#endif
