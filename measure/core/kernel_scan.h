/*
 * What stands in a kernel as it is in memory, found by the marks around it, in one pass over a
 * stream of any length: nothing of it is believed but what fits its own form.
 */
#ifndef MEASURE_CORE_KERNEL_SCAN_H
#define MEASURE_CORE_KERNEL_SCAN_H

#include "measure/core/kernel.h"
#include "measure/core/stream.h"

/* all: everything; otherwise version and configuration, and no more is read than these need. */
must bool kernel_scan(struct kernel *k, struct stream *in, bool all, struct err *e);

/* The first word of a text, when that is a version (it begins with a digit), unless out has one. */
void kernel_version(struct bytes text, struct buf *out);

#endif
