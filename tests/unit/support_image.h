/*
 * Bytes through the strict reader, as a file without a name or as a stream, and what came out.
 * Tests of eif/ include this; the second opinion (support_eif) does not know it.
 */
#ifndef TESTS_UNIT_SUPPORT_IMAGE_H
#define TESTS_UNIT_SUPPORT_IMAGE_H

#include "eif/image.h"
#include "tests/unit/support_eif.h"

struct image_read {
	bool done;
	struct err e;
	struct eif_image img; /* released by image_free() */
};

/* The name in messages is "image". Digests of sections are asked for too. */
void image_read(struct image_read *r, const uint8_t *p, size_t n);
void image_stream(struct image_read *r, const uint8_t *p, size_t n);
void image_free(struct image_read *r);

/* Accepted, with the registers that the second opinion finds in the very same bytes. */
void image_accepted(const uint8_t *p, size_t n);

/* Refused alike as file and as stream, with that reason and text. */
void image_refused(const uint8_t *p, size_t n, enum reason r, const char *text);

/* The image of a description, to be freed by the caller of image_read(); and through it. */
void image_forged(const struct forge *f, enum reason r, const char *text);

#endif
