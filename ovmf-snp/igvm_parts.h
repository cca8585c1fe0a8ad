/*
 * The parts of an IGVM file: what `inspect` shows and `extract` writes. Headers of pages that
 * follow each other, in the file and in memory, are one part; so are their data.
 */
#ifndef OVMF_SNP_IGVM_PARTS_H
#define OVMF_SNP_IGVM_PARTS_H

#include "measure/core/part.h"
#include "ovmf-snp/igvm.h"

must bool igvm_describe(const struct igvm *g, struct part **root, struct err *e);

/* Every part of the data as a file of an existing folder, named by its offset in the image. */
must bool igvm_extract(const struct igvm *g, const char *folder, struct err *e);

/* "snp+tdx": the platforms of a compatibility mask. */
void igvm_mask_put(struct buf *out, const struct igvm *g, uint32_t mask);

#endif
