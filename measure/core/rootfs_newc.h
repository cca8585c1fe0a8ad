/*
 * A root file system out of one ramdisk archive (cpio.h) that holds nothing but it, as sources and
 * what stages make are kept: the tree of its entries, whose bytes stay in the archive. Stricter
 * than a kernel: each name stands there once, behind its folder.
 */
#ifndef MEASURE_CORE_ROOTFS_NEWC_H
#define MEASURE_CORE_ROOTFS_NEWC_H

#include "measure/core/rootfs.h"
#include "measure/core/store.h"

/*
 * r: zeroed; released by rootfs_free(). archive: not compressed; taken over in any case. Errors:
 * rootfs, ambiguous, and what the reader of archives says.
 */
must bool rootfs_newc(struct rootfs *r, struct store_item *archive, struct err *e);

#endif
