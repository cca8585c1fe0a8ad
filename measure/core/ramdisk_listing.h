/*
 * What the kernel makes of a ramdisk, as a listing that other programs read: mtree(5), in bytewise
 * order of paths.
 */
#ifndef MEASURE_CORE_RAMDISK_LISTING_H
#define MEASURE_CORE_RAMDISK_LISTING_H

#include "measure/core/initramfs.h"

/* Writes FOLDER/root.mtree. The tree is sorted. */
must bool ramdisk_list(const struct initramfs *r, const char *folder, struct err *e);

#endif
