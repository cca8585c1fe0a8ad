/*
 * The part tree of a firmware image: its volumes, the metadata for SEV, TDX and IGVM, the table of
 * GUIDs and the reset vector, all of them where they stand in the file.
 * Sources: ovmf.h, volume.h; edk2 OvmfPkg/ResetVector/X64/{OvmfSevMetadata,OvmfTdxMetadata,
 * IgvmMetadata}.asm.
 */
#ifndef OVMF_SNP_OVMF_PARTS_H
#define OVMF_SNP_OVMF_PARTS_H

#include "measure/base/file.h"
#include "measure/core/part.h"
#include "ovmf-snp/ovmf.h"

must bool ovmf_describe(const struct ovmf *o, struct part **root, struct err *e);

/* Of a whole file, which is the subject of an error, and which the root holds. */
must bool ovmf_describe_file(struct file *f, struct part **root, struct err *e);

#endif
