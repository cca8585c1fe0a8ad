/*
 * A layer of an image on its way into a tree: what its blob and what is packed in it have to be is
 * proved in the pass that reads it, before anything is made of it.
 */
#ifndef MEASURE_CORE_PROVED_H
#define MEASURE_CORE_PROVED_H

#include "measure/core/image.h"
#include "measure/core/layer.h"

struct proved {
	const struct store_item *item; /* where the blob is */
	const struct image_layer *layer;
	const struct digest *diff_id;
	uint64_t max; /* bytes unpacked */
	enum packing packing; /* out: what it was */
	uint64_t unpacked; /* out: how many bytes it is, unpacked */
	bool over; /* out: what is wrong is that they are more than max */
};

/*
 * rule->spool is used when the layer is packed; else the rule is changed to say that the bytes are
 * in place (start). Errors: blob, or what layer_apply() says; limit.
 */
must bool proved_apply(struct proved *p, struct tree *t, struct layer_rule *rule, struct err *e);

/* How the bytes at the beginning of an item are packed. */
must bool proved_packing(const struct store_item *i, enum packing *out, struct err *e);

#endif
