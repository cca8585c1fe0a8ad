/*
 * Container images made by hand.
 */
#ifndef TESTS_UNIT_SUPPORT_OCI_H
#define TESTS_UNIT_SUPPORT_OCI_H

#include "measure/core/archive.h"

/* An OCI layout as a tar archive: one image for linux/amd64 with one layer, packed or not. */
void oci_put_archive(struct buf *out, struct bytes layer, enum packing p);

#endif
