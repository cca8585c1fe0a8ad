/*
 * The shape of a PE32+ image that GenFw of edk2 made: all that does not follow from the room which
 * the path of the build took. GenFw puts the path of the module behind its data, rounded up, and
 * with --zero blanks it: the room stays, and moves what stands behind it.
 * Source: Microsoft, "PE Format"; edk2, BaseTools/Source/C/GenFw/Elf64Convert.c.
 */
#ifndef OVMF_SNP_IMAGE_SHAPE_H
#define OVMF_SNP_IMAGE_SHAPE_H

#include "measure/core/digest.h"

/*
 * SHA-256 of the image without sizes, without addresses of sections and without the zeros at the
 * end of each; len 0 for what is no such image, or has an address that it
 * is executed at in place, which moves with all that stands in front. Errors: memory.
 */
must bool image_shape(struct bytes image, struct digest *out, struct err *e);

#endif
