/*
 * What a kernel image says of itself: the version that modules must be of, and the configuration
 * that it was built with, where it carries one (CONFIG_IKCONFIG). A bzImage of x86_64, whose
 * payload is compressed by gzip, xz, zstd or lzma, or an uncompressed Image of aarch64; of anything
 * else nothing is known.
 * Source: Linux, Documentation/arch/x86/boot.rst, protocol 2.08 and later; kernel/configs.c.
 */
#ifndef MEASURE_GUEST_KERNEL_H
#define MEASURE_GUEST_KERNEL_H

#include "measure/base/buf.h"

#define KERNEL_CONFIG_MAX (4u << 20)
#define KERNEL_VERSION_MAX 256u
#define KERNEL_UNPACKED_MAX (512u << 20)

struct kernel {
	struct buf version; /* "6.1.0-56-cloud-amd64"; empty when it is not known */
	struct buf config; /* the text; empty when there is none */
};

#define KERNEL ((struct kernel){BUF(KERNEL_VERSION_MAX), BUF(KERNEL_CONFIG_MAX)})

/* What cannot be unpacked is as good as none; errors are of reading the file. */
must bool kernel_read(struct kernel *k, const char *path, struct err *e);
void kernel_free(struct kernel *k);

#endif
