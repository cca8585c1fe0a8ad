/*
 * A small firmware image, made: four pages, of which the first is zero, the second all ones, the
 * third neither, and the last holds the tables at its end. What a test wants to be wrong it changes
 * in the bytes.
 */
#ifndef TESTS_UNIT_SUPPORT_OVMF_H
#define TESTS_UNIT_SUPPORT_OVMF_H

#include "measure/base/buf.h"
#include "ovmf-snp/ovmf.h"

#define FORGE_OVMF_SIZE (4 * OVMF_PAGE)
#define FORGE_OVMF_SECTIONS 6u

/* Offsets in the image. */
#define FORGE_OVMF_METADATA (FORGE_OVMF_SIZE - 0x200)
#define FORGE_OVMF_SECTION(i) (FORGE_OVMF_METADATA + 16 + 12 * (i))
#define FORGE_OVMF_FOOTER (FORGE_OVMF_SIZE - 32 - 18) /* its size, then its GUID */

/* kernel: with a place for kernel hashes. */
void forge_ovmf(struct buf *out, bool kernel);

/* A little-endian number over four bytes. */
void forge_ovmf_put(struct buf *image, size_t at, uint32_t x);

#endif
