/*
 * A small firmware image with volumes: support_ovmf's behind one volume that holds a module with
 * sections, padding, a section that says it is compressed and is damaged, a volume within a volume,
 * a raw file, and a compressed volume; and a variable store.
 */
#ifndef TESTS_UNIT_SUPPORT_VOLUME_H
#define TESTS_UNIT_SUPPORT_VOLUME_H

#include "tests/unit/support_ovmf.h"

#define FORGE_STORE 0u /* where the variable store is, a page */
#define FORGE_VOLUME OVMF_PAGE /* where the volume is, two pages */
#define FORGE_VOLUME_FILE (FORGE_VOLUME + 0x48) /* its first file, the module */
#define FORGE_VOLUME_SIZE (3 * OVMF_PAGE + FORGE_OVMF_SIZE)

void forge_volume(struct buf *out);

/* Its compressed volume: the stream alone, which unpacks to FORGE_UNPACKED bytes. */
#define FORGE_UNPACKED 132u
struct bytes forge_packed(void);

#endif
