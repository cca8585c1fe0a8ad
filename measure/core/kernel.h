/*
 * What a kernel image says of itself: the version that modules must be of, the configuration that
 * it was built with, where it carries one (CONFIG_IKCONFIG), and what tells two builds of one
 * source apart. A bzImage of x86_64 or an EFI image that unpacks itself, whose payload is
 * compressed by gzip, xz, zstd, lzma or lz4; an uncompressed Image of aarch64; vmlinux. Of anything
 * else nothing is known.
 * Sources: Linux, Documentation/arch/x86/boot.rst, protocol 2.08 and later; kernel/configs.c;
 * init/version.c; drivers/firmware/efi/libstub/zboot-header.S; certs/system_certificates.S.
 */
#ifndef MEASURE_CORE_KERNEL_H
#define MEASURE_CORE_KERNEL_H

#include "measure/core/digest.h"
#include "measure/core/meaning.h"

#define KERNEL_CONFIG_MAX (4u << 20)
#define KERNEL_VERSION_MAX 256u
#define KERNEL_BANNER_MAX 512u
#define KERNEL_UNPACKED_MAX (512u << 20)
#define KERNEL_ID 20u
#define KERNEL_IDS 8u /* the kernel's own, and those of its vDSOs */
#define KERNEL_KEYS 16u
#define KERNEL_KEY_MAX 4096u /* bytes of a certificate */
#define KERNEL_KEY_NAME 65u

/* A certificate that the kernel trusts: of the key that signed its modules, first of all. */
struct kernel_key {
	struct digest sha256; /* of its DER */
	char name[KERNEL_KEY_NAME]; /* the last common name in it; foreign; may be empty */
};

struct kernel {
	struct buf version; /* "6.1.0-56-cloud-amd64"; empty when it is not known */
	struct buf config; /* the text; empty when there is none */

	/* Of kernel_look() alone, and where the payload could be unpacked: */
	const char *packing; /* "lz4"; "none"; NULL: it could not */
	struct digest unpacked; /* SHA-256 of the payload; len 0: it could not */
	struct buf banner; /* "Linux version ..." without its newline */
	size_t n_ids, n_keys;
	uint8_t id[KERNEL_IDS][KERNEL_ID];
	struct kernel_key key[KERNEL_KEYS];
};

#define KERNEL                                               \
	((struct kernel){.version = BUF(KERNEL_VERSION_MAX), \
			 .config = BUF(KERNEL_CONFIG_MAX),   \
			 .banner = BUF(KERNEL_BANNER_MAX)})

/* Version and configuration. What cannot be unpacked is as good as none; errors are of reading. */
must bool kernel_read(struct kernel *k, const char *path, struct err *e);

/* All of it, of a range of a file, in one pass and in bounded memory. */
must bool kernel_look(struct kernel *k, const struct extent *x, struct err *e);
void kernel_free(struct kernel *k);

#define KERNEL_HEAD 1024u

/* Do these first bytes of a file begin a kernel? So many are enough. */
bool kernel_is(struct bytes head);

#endif
