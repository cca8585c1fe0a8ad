/*
 * Which names of a tree belong together: all names of every inode that has several, in the order
 * in which an archive would name them.
 */
#ifndef MEASURE_CORE_CPIO_NAMES_H
#define MEASURE_CORE_CPIO_NAMES_H

#include "measure/core/tree.h"

struct cpio_name {
	const struct tree_inode *inode;
	const struct tree_node *node;
	uint32_t place; /* in the order of the archive */
	uint32_t n, seen, ino; /* of an inode's first name: names, and the writer's own */
};

struct cpio_names {
	struct cpio_name *v;
	size_t n, max;
};

/*
 * All names in the order of tree_next() of inodes that have several in the tree, but for folders
 * and symbolic links, of which no archive can say it; files: of files alone.
 */
must bool cpio_names_find(struct cpio_names *l, const struct tree *t, bool files, struct err *e);

/* Room for max names; then each of them; then they are put in order. */
must bool cpio_names_new(struct cpio_names *l, size_t max, struct err *e);
void cpio_names_free(struct cpio_names *l);
void cpio_names_add(struct cpio_names *l, const struct tree_node *n, uint32_t place);
void cpio_names_sort(struct cpio_names *l);

/* The first of the names of that inode, or NULL when it has less than two. */
struct cpio_name *cpio_names_of(const struct cpio_names *l, const struct tree_inode *i);

#endif
