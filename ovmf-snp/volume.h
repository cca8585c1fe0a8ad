/*
 * Firmware volumes: what the pages of a firmware image hold, down to the names of modules. Nothing
 * of it decides a digest, so a volume that is damaged is no refusal: its part says where and how,
 * and what stands before the damage is shown. Sections that LZMA compressed are opened, others
 * named and left closed.
 * Source: UEFI Platform Initialization Specification 1.8, volume 3, chapters 2 and 3.
 */
#ifndef OVMF_SNP_VOLUME_H
#define OVMF_SNP_VOLUME_H

#include "measure/core/part.h"

#define VOLUME_PARTS 8192u

/*
 * A part of root for each volume of the image, with its files and their sections; more than
 * VOLUME_PARTS of them is `limit`. Parts have their SHA-256, but for those of images that nest
 * volumes so deep that no firmware does. A part "unpacked" holds its bytes.
 */
must bool volumes_describe(struct bytes image, struct part *root, struct err *e);

#endif
