/*
 * Trees as tests see them: what must always be true of one, and what it holds as text.
 */
#ifndef TESTS_UNIT_SUPPORT_TREE_H
#define TESTS_UNIT_SUPPORT_TREE_H

#include "measure/core/tree.h"

/* NULL, or which invariant does not hold. */
const char *tree_fault(const struct tree *t);

/*
 * A line per node in the order of tree_next(): "/PATH MODE UID:GID MTIME", the mode in octal, then
 * what its kind has, " SIZE@SOURCE+AT", " -> TARGET" or " MAJOR,MINOR"; " #N" where N names share
 * the inode; " implied". Paths as they are.
 */
must bool tree_list(const struct tree *t, struct buf *out, struct err *e);

/* Add it at a path whose folder is there or is made; mode with its kind. */
struct tree_node *tree_put(struct tree *t, const char *path, uint32_t mode);

/* The node at a path, NULL when there is none. */
struct tree_node *tree_get(struct tree *t, const char *path);

#endif
