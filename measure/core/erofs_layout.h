/*
 * Where everything in an EROFS image goes: the arithmetic of erofs.c, without a byte of the image.
 */
#ifndef MEASURE_CORE_EROFS_LAYOUT_H
#define MEASURE_CORE_EROFS_LAYOUT_H

#include "measure/core/erofs.h"

#define EROFS_SUPER 1024u /* offset of the superblock */
#define EROFS_SUPER_BYTES 128u
#define EROFS_INODE 64u /* an extended one */
#define EROFS_SLOT 32u /* inodes are numbered by these */
#define EROFS_DIRENT 12u

/* An inode, in the order in which the tree names it first. */
struct erofs_place {
	const struct tree_node *node; /* its first name */
	uint64_t size; /* of its bytes: a folder's entries, a link's target */
	uint32_t slot; /* the number of the inode */
	uint32_t block; /* of its bytes, unless they stand behind the inode */
	uint32_t links;
	bool behind;
};

struct erofs_key;

struct erofs_layout {
	struct erofs_place *place; /* one for each name; those of further names are empty */
	struct erofs_key *key; /* by inode */
	size_t n, inodes;
	uint64_t meta, blocks; /* bytes of superblock and inodes; blocks of all */
};

/* Entries of a folder as the format orders them: "." and ".." among the names, bytewise. */
struct erofs_entries {
	const struct tree_node *folder, *child;
	unsigned dots; /* of the two, how many were given */
};
struct erofs_entry {
	struct bytes name;
	const struct tree_node *node; /* what it leads to */
};
struct erofs_entries erofs_entries(const struct tree_node *folder);
bool erofs_entry(struct erofs_entries *x, struct erofs_entry *out);

/* How many of the coming entries one block holds, and how many of its bytes they fill. */
size_t erofs_fill(struct erofs_entries x, size_t *used);

must bool erofs_layout_new(struct erofs_layout *l, struct tree *t, struct err *e);
void erofs_layout_free(struct erofs_layout *l);

/* The place of what the node is. */
struct erofs_place *erofs_place(const struct erofs_layout *l, const struct tree_node *n);

#endif
