/*
 * A bundle that was built here, with the initrd of a published one in place of its own where that
 * is a witness of it (core/witness.h). Nothing else of the published bundle is taken.
 */
#ifndef OVMF_SNP_BUNDLE_WITNESS_H
#define OVMF_SNP_BUNDLE_WITNESS_H

#include "measure/base/file.h"
#include "measure/core/witness.h"

struct bundle_witness_ask {
	const char *built, *published; /* paths */
	const char *out; /* path of the folder to write */
	struct watch watch;
};

/*
 * Says of the initrd, where there is one, what it is; out is written when witness_stand_in(w), and
 * not else. w: zeroed. Errors: what reading one of the bundles gives, and what writing gives.
 */
must bool bundle_witness(const struct bundle_witness_ask *ask, struct witnesses *w, struct err *e);

#endif
