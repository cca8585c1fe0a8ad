/*
 * The Merkle tree of a transparency log, RFC 6962 §2.1: a leaf is SHA-256(0x00 || entry), a node
 * SHA-256(0x01 || left || right), the root of no entries SHA-256 of nothing. Proofs are held
 * against a head that somebody signed; who, is not asked here. A path is hashes one behind the
 * other, TLOG_HASH bytes each, as the log gave them: those of an inclusion proof from the leaf
 * upwards. What does not hold is `log-proof`.
 */
#ifndef REFERENCE_DB_TLOG_TREE_H
#define REFERENCE_DB_TLOG_TREE_H

#include "measure/core/digest.h"

#define TLOG_HASH 32u
#define TLOG_PATH 64u /* hashes: more are in no proof, whatever the size of its tree */
#define TLOG_SIZE_MAX ((uint64_t)INT64_MAX) /* entries */

struct tlog_head {
	uint64_t size;
	struct digest root;
};

must bool tlog_leaf(struct bytes entry, struct digest *out, struct err *e);
must bool tlog_empty(struct digest *root, struct err *e);

/* How many hashes lead from the leaf at index to the root; index < size. */
size_t tlog_path_length(uint64_t index, uint64_t size);

/* Is the leaf the one at index? */
must bool tlog_included(const struct tlog_head *head, uint64_t index, const struct digest *leaf,
			struct bytes path, struct err *e);

/* Does the tree of the newer head begin with all of the older one? */
must bool tlog_consistent(const struct tlog_head *older, const struct tlog_head *newer,
			  struct bytes path, struct err *e);

#endif
