/*
 * A ramdisk for `inspect`: below its part in the tree one part for each that it is made of ("cpio",
 * or "gzip" and so on), below that every entry: where its bytes are and what they hash to.
 */
#ifndef MEASURE_CORE_RAMDISK_PARTS_H
#define MEASURE_CORE_RAMDISK_PARTS_H

#include "measure/core/part.h"
#include "measure/core/ramdisk.h"

/*
 * Do these first bytes begin a ramdisk: an archive, or something compressed that unpacks to one?
 * Of the latter up to 256 KiB are needed.
 */
bool ramdisk_begins(struct bytes head);

/* Offsets below a part that is compressed are those in its unpacked bytes. */
must bool ramdisk_describe(const struct stream_range *where, struct part *parent, struct err *e);

#endif
