/*
 * A file system in memory, made from archives or a directory and never unpacked: names and what
 * inodes say, with the place where the bytes of each file lie. Small: 150 bytes for a file besides
 * its name, and no operation takes longer for the number of names in a folder. Names are bytes
 * without "/" and NUL, 255 at most. All nodes belong to the tree and die with it. After an error
 * the tree may be half changed and is only good for being freed.
 */
#ifndef MEASURE_CORE_TREE_H
#define MEASURE_CORE_TREE_H

#include "measure/base/buf.h"

#define TREE_NAME_MAX 255u /* NAME_MAX: no file system of Linux has longer ones */
#define TREE_PATH_MAX 4095u /* PATH_MAX - 1; also of a symbolic link's target */

/* Shared by all names of a hard link. */
struct tree_inode {
	uint32_t mode; /* S_IFMT and 07777 */
	uint32_t uid, gid;
	uint32_t links; /* names; 1 for a folder; kept by the tree */
	uint32_t major, minor; /* of a device */
	uint32_t source; /* of a regular file: which of the sources its bytes are in */
	bool implied; /* a folder that nothing spoke of, made for what is in it */
	int64_t mtime;
	uint64_t size, at; /* of a regular file: how many bytes, and where in the source */
	const char *target; /* of a symbolic link, else NULL */
};

struct tree_node {
	struct tree_node *parent; /* NULL: the root */
	struct tree_node *child, *next; /* as tree_sort() or time has ordered them */
	struct tree_node *prev, *chain; /* the tree's own */
	struct tree_inode *inode;
	const char *name; /* "" for the root */
	uint32_t order; /* in which it came: ascending, not dense */
	uint32_t layer; /* that made it, or changed it last: see tree_layer() */
	uint32_t pure; /* of a folder: the layer that hid what others had put below it */
	uint32_t vague; /* of a folder: the layer that made implied folders below it */
};

struct tree;

/*
 * max: names ever added, more is `limit`; text (names, targets) is limited in proportion. The root
 * is a folder of mode 0755 that belongs to 0:0.
 */
must struct tree *tree_new(size_t max, struct err *e);
void tree_free(struct tree **t);
struct tree_node *tree_root(const struct tree *t);
size_t tree_count(const struct tree *t); /* nodes, the root too */

/* From now on nodes that are added or replaced are of that layer; 0 at the beginning. */
void tree_layer(struct tree *t, uint32_t layer);

struct tree_node *tree_find(const struct tree *t, const struct tree_node *folder,
			    struct bytes name);

/*
 * A new name in a folder that has none such, behind the others; the inode is copied, its target
 * too. Refused: names that cannot be one, and targets that are empty or too long.
 */
must struct tree_node *tree_add(struct tree *t, struct tree_node *folder, struct bytes name,
				const struct tree_inode *inode, struct err *e);

/* One more name for an inode that is no folder's. */
must struct tree_node *tree_link(struct tree *t, struct tree_node *folder, struct bytes name,
				 struct tree_inode *inode, struct err *e);

/*
 * Another inode for a node, which keeps its name, its children and its `order`; other names of the
 * inode that it had keep that. A node with children stays a folder.
 */
must bool tree_replace(struct tree *t, struct tree_node *n, const struct tree_inode *inode,
		       struct err *e);

/* With everything below it. Never the root. */
void tree_remove(struct tree *t, struct tree_node *n);

/*
 * The root becomes the folder `path`, with all that is in it, below a new root; folders between
 * them are made, `implied`. They all are in front of everything else by `order`.
 */
must bool tree_lower(struct tree *t, struct bytes path, struct err *e);

/* The folder becomes the root; nothing is left of what was not in it. */
void tree_raise(struct tree *t, struct tree_node *folder);

/*
 * The folder that `path` leads to, and its last component in *name, symbolic links on the way
 * resolved inside the root: none leads out, and more than 40 or TREE_PATH_MAX bytes of them are
 * too many. make: missing folders are
 * made, 0755, 0:0, `implied`. NULL with e set otherwise.
 */
must struct tree_node *tree_parent(struct tree *t, struct bytes path, bool make, struct bytes *name,
				   struct err *e);

/* Children of every folder in bytewise order of their names; `order` stays. */
void tree_sort(struct tree *t);

/* The last child of every folder first; `order` stays. */
void tree_reverse(struct tree *t);

/* `order` as tree_next() goes. */
void tree_renumber(struct tree *t);

/* The node behind n, folders in front of what they hold; NULL at the end. */
struct tree_node *tree_next(const struct tree_node *n);

/* The node behind n and all that is below n; NULL at the end. */
struct tree_node *tree_next_outside(const struct tree_node *n);

/* Its path without a leading slash, appended to out; the root's is empty. */
must bool tree_path(const struct tree_node *n, struct buf *out, struct err *e);

/* The same in place of what out holds. */
must bool tree_path_to(const struct tree_node *n, struct buf *out, struct err *e);

/* The same from a folder above n on, whose own is empty. */
must bool tree_path_below(const struct tree_node *top, const struct tree_node *n, struct buf *out,
			  struct err *e);

#endif
