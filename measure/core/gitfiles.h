/*
 * The files of one tree of git, by their paths. The folders on the way to the last one are kept,
 * so that to read many in order costs little more than the files themselves.
 */
#ifndef MEASURE_CORE_GITFILES_H
#define MEASURE_CORE_GITFILES_H

#include "measure/core/gittree.h"

#define GITFILES_DEPTH 16u /* folders on the way to a file */
#define GITFILES_TREE (1u << 20) /* bytes of a tree */

struct gitfiles;

/* Both are borrowed. Released by gitfiles_free(), before the repository. */
must struct gitfiles *gitfiles_new(const struct gitdb *g, const struct gitdb_id *tree,
				   struct err *e);
void gitfiles_free(struct gitfiles **f);

/* path: without empty parts. out's name is borrowed until the next call; *found: is it there? */
must bool gitfiles_find(struct gitfiles *f, const char *path, bool *found,
			struct gittree_entry *out, struct err *e);

/* A regular file, appended to out. Errors: blob (there is none, it is something else), limit. */
must bool gitfiles_slurp(struct gitfiles *f, const char *path, size_t max, struct buf *out,
			 struct err *e);

#endif
