/*
 * An image that was built here, with the ramdisks of a published one in place of its own where they
 * are witnesses of them (core/witness.h). Of the published image nothing else is taken: kernel,
 * command line, metadata, their order and the header are those that were built.
 */
#ifndef EIF_WITNESS_H
#define EIF_WITNESS_H

#include "measure/base/file.h"
#include "measure/core/witness.h"

struct eif_witness_ask {
	const char *built, *published; /* paths */
	const char *out; /* path of the image to write, unsigned */
	struct watch watch;
};

/*
 * Says of each ramdisk what it is; out is written when witness_stand_in(w), and not else. w:
 * zeroed. Errors: what reading one of the images gives, with its path, and what writing gives.
 */
must bool eif_witness(const struct eif_witness_ask *ask, struct witnesses *w, struct err *e);

#endif
