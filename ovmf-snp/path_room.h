/*
 * Of two firmware images, by their trees of parts: do modules differ in nothing but the room that
 * the path of the build took (image_shape.h), and how much longer is the path of which?
 */
#ifndef OVMF_SNP_PATH_ROOM_H
#define OVMF_SNP_PATH_ROOM_H

#include "measure/core/differences.h"
#include "measure/core/part.h"

/*
 * A sentence about it, and the cause, where all PE images that have a shape, and differ, do so in
 * their room alone, and in one direction; nothing where any other differs, or the modules are not
 * the same.
 */
enum cause path_room(const struct part *a, const struct part *b, struct buf *out);

#endif
