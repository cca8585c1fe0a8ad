/*
 * A file system in memory, made from archives or a directory and never unpacked: names and what
 * inodes say, with the place where the bytes of each file lie. Small: below 200 bytes for a file.
 * Names are bytes without "/" and NUL. All nodes belong to the tree and die with it.
 */
#ifndef MEASURE_CORE_TREE_H
#define MEASURE_CORE_TREE_H

#include "measure/base/buf.h"

struct tree_xattr {
	struct tree_xattr *next;
	struct bytes name, value;
};

/* Shared by all names of a hard link. */
struct tree_inode {
	uint32_t mode; /* S_IFMT and 07777 */
	uint32_t uid, gid;
	uint32_t links; /* names; 1 for a folder */
	uint32_t major, minor; /* of a device */
	uint32_t source; /* of a regular file: which of the sources its bytes are in */
	int64_t mtime;
	uint64_t size, at; /* of a regular file: how many bytes, and where in the source */
	const char *target; /* of a symbolic link, else NULL */
	struct tree_xattr *xattrs; /* sorted by name */
};

struct tree_node {
	struct tree_node *parent; /* NULL: the root */
	struct tree_node *child, *next; /* as tree_sort() or time has ordered them */
	struct tree_node *chain; /* the tree's own */
	struct tree_inode *inode;
	const char *name; /* "" for the root */
	uint32_t order; /* in which it came: ascending, not dense */
	uint32_t layer; /* that made it, or changed it last */
};

struct tree;

/* max: entries, more is `limit`. The root is a folder of mode 0755 that belongs to 0:0. */
must struct tree *tree_new(size_t max, struct err *e);
void tree_free(struct tree **t);
struct tree_node *tree_root(const struct tree *t);
size_t tree_count(const struct tree *t); /* nodes, the root too */

struct tree_node *tree_find(const struct tree *t, const struct tree_node *folder,
			    struct bytes name);

/* A new name in a folder that has none such; the inode is copied, strings and xattrs too. */
must struct tree_node *tree_add(struct tree *t, struct tree_node *folder, struct bytes name,
				const struct tree_inode *inode, struct err *e);

/* One more name for an inode that is no folder's. */
must struct tree_node *tree_link(struct tree *t, struct tree_node *folder, struct bytes name,
				 struct tree_inode *inode, struct err *e);

/* Other metadata for a node, in place: its name, its children and `order` stay. */
must bool tree_replace(struct tree *t, struct tree_node *n, const struct tree_inode *inode,
		       struct err *e);

/* With everything below it. Never the root. */
void tree_remove(struct tree *t, struct tree_node *n);

/*
 * The folder that `path` leads to, and its last component in *name, symbolic links on the way
 * resolved inside the root (none leads out; 40 of them at most, `ambiguous` behind that). make:
 * missing folders are made, 0755 and 0:0, and counted by tree_made(). NULL with e set otherwise.
 */
must struct tree_node *tree_parent(struct tree *t, struct bytes path, bool make, struct bytes *name,
				   struct err *e);

/* Children of every folder in bytewise order of their names. */
must bool tree_sort(struct tree *t, struct err *e);

/* The node behind n, folders in front of what they hold; NULL at the end. */
struct tree_node *tree_next(const struct tree_node *n);

/* Its path without a leading slash, into out; the root's is empty. */
must bool tree_path(const struct tree_node *n, struct buf *out, struct err *e);

#endif
