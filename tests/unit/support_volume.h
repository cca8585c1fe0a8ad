/*
 * A small firmware image with volumes: support_ovmf's behind one volume that holds a module with
 * sections, padding, a compressed section, a volume within a volume, and a raw file; and a variable
 * store.
 */
#ifndef TESTS_UNIT_SUPPORT_VOLUME_H
#define TESTS_UNIT_SUPPORT_VOLUME_H

#include "tests/unit/support_ovmf.h"

#define FORGE_STORE 0u /* where the variable store is, a page */
#define FORGE_VOLUME OVMF_PAGE /* where the volume is, two pages */
#define FORGE_VOLUME_FILE (FORGE_VOLUME + 0x48) /* its first file, the module */
#define FORGE_VOLUME_SIZE (3 * OVMF_PAGE + FORGE_OVMF_SIZE)

void forge_volume(struct buf *out);

#endif
