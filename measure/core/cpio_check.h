/*
 * What an entry may not say by itself, because the kernel takes it otherwise than other readers
 * of the format, or passes over it without a word (`ambiguous`).
 */
#ifndef MEASURE_CORE_CPIO_CHECK_H
#define MEASURE_CORE_CPIO_CHECK_H

#include "measure/core/cpio.h"

#define CPIO_COMPONENT_MAX 255u /* NAME_MAX */
#define CPIO_MAJOR_MAX 0xfffu /* the kernel's MKDEV() has 12 bits, */
#define CPIO_MINOR_MAX 0xfffffu /* and 20 */

must bool cpio_check(const struct cpio_entry *x, struct err *e);

#endif
