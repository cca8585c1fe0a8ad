/*
 * Images as an OCI layout has them; parts of image.h.
 */
#ifndef MEASURE_CORE_IMAGE_OCI_H
#define MEASURE_CORE_IMAGE_OCI_H

#include "measure/core/image.h"

must bool image_oci(const struct store *s, const struct image_wish *wish, struct image *out,
		    struct err *e);

/* "linux/amd64, linux/arm64": appended once each, up to a length that a message holds. */
must bool image_say(struct buf *out, const struct oci_platform *p, struct err *e);

#endif
