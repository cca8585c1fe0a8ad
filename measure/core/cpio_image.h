/*
 * The layout of ramdisks that nitro-cli has linuxkit make (1.5.2: moby/build/image.go, build.go;
 * initrd/initrd.go): entries in the order they came, hard links as relative symbolic ones, an
 * image filtered, some names more than once.
 */
#ifndef MEASURE_CORE_CPIO_IMAGE_H
#define MEASURE_CORE_CPIO_IMAGE_H

#include "measure/core/cpio.h"

#define CPIO_IMAGE_TIME 1492533000 /* of whatever linuxkit adds: 2017-04-18T16:30:00Z */

/* As cpio_write(), which calls it. */
must bool cpio_image_write(struct tree *t, const struct cpio_rule *rule, const struct cpio_io *io,
			   struct digest *content, struct err *e);

#endif
