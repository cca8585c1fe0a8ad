/*
 * Manifests as models, one of each kind, for tests of their encoding and of what may be written:
 * all fields filled, registers and digests of one repeated byte each.
 */
#ifndef TESTS_UNIT_SUPPORT_MANIFEST_H
#define TESTS_UNIT_SUPPORT_MANIFEST_H

#include "reference-db/manifest.h"

/* manifest_free() releases it. False when memory is refused. */
must bool sample_manifest(struct manifest *m, struct err *e);

/* The same of a guest of SEV-SNP: two rows, the first with all that an ID block gives. */
must bool sample_snp(struct manifest *m, struct err *e);

/* The same of files alone: three of them. */
must bool sample_files(struct manifest *m, struct err *e);

#endif
