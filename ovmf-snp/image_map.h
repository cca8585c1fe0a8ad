/*
 * What of an executable image of firmware tells where it was built: a PE32, PE32+ or TE image, and
 * in it sections, the file that its debugging data names, and the words of its data. Images are
 * foreign: nothing is refused, what does not fit is not there.
 * Sources: Microsoft, "PE Format"; UEFI Platform Initialization Specification 1.8, volume 1,
 * chapter 15 (TE); edk2, MdePkg/Include/IndustryStandard/PeImage.h (RSDS, NB10, MTOC).
 */
#ifndef OVMF_SNP_IMAGE_MAP_H
#define OVMF_SNP_IMAGE_MAP_H

#include "measure/base/bytes.h"
#include "measure/base/err.h"

struct image_map {
	struct bytes x;
	bool wide; /* of 64 bits */
	size_t sections, n_sections; /* where their headers are; 0: it is no image */
	size_t shift; /* of TE: what was cut off in front, less what stands there instead */
	size_t debug; /* where the directory of debugging data is told */
};

/* A field of 1, 2 or 4 bytes; 0 behind the end, where nothing is read that counts. */
uint32_t image_number(struct bytes x, size_t at, unsigned n);

/* False: it is no such image. */
must bool image_map_read(struct bytes image, struct image_map *out);

/* The file that debugging data names, a part of the image; empty: none. */
struct bytes image_debug_file(const struct image_map *i);

/* How many bytes a word at that distance has: 0 where no whole one of writable data is. */
size_t image_word(const struct image_map *i, size_t at);

#endif
