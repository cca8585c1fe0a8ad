/*
 * The content digest of a tree, node by node, in the order of tree_next(): by whoever learns the
 * digests of its files while it writes them, or has them all.
 */
#ifndef MEASURE_CORE_CPIO_LISTING_H
#define MEASURE_CORE_CPIO_LISTING_H

#include "measure/core/content.h"
#include "measure/core/cpio_names.h"

struct cpio_listing {
	struct content *content;
	const struct cpio_names *names; /* of the same tree, in the order of tree_next() */
	struct buf path, last;
};

/* The root's record is the first. Released by cpio_listing_free(). */
must bool cpio_listing_open(struct cpio_listing *l, const struct tree *t,
			    const struct cpio_names *names, struct err *e);
void cpio_listing_free(struct cpio_listing *l);

/* sha256: of a file's bytes; asked for with the last of its names. */
must bool cpio_listing_add(struct cpio_listing *l, const struct tree_node *n,
			   const struct digest *sha256, struct err *e);

#endif
