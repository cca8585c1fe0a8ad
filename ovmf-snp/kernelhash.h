/*
 * The table of kernel hashes that QEMU hands to the firmware, and the page it is launched in. The
 * firmware boots a kernel, an initial ramdisk and a command line only when they have these digests,
 * so all three are bound to the launch digest through it.
 * Source: QEMU target/i386/sev.c, struct PaddedSevHashTable.
 */
#ifndef OVMF_SNP_KERNELHASH_H
#define OVMF_SNP_KERNELHASH_H

#include "measure/base/buf.h"
#include "measure/core/digest.h"

#define KERNELHASH_TABLE 176u /* bytes, padding included */
#define KERNELHASH_PAGE 4096u

struct kernelhash {
	struct digest cmdline, initrd, kernel; /* SHA-256 */
};

/*
 * cmdline: its bytes, without the NUL that is hashed behind them; nothing is trimmed. initrd: the
 * file's digest, or NULL when there is none, which is the digest of nothing.
 */
must bool kernelhash_make(struct kernelhash *k, const struct digest *kernel,
			  const struct digest *initrd, struct bytes cmdline, struct err *e);

/* KERNELHASH_TABLE bytes. */
void kernelhash_write(struct buf *out, const struct kernelhash *k);

/* The same back; anything else is `firmware`. */
must bool kernelhash_read(struct kernelhash *k, struct bytes table, uint64_t base, struct err *e);

/* KERNELHASH_PAGE bytes: the table at the offset that its address has in its page, zeros around. */
must bool kernelhash_page(struct buf *out, const struct kernelhash *k, uint32_t gpa, struct err *e);

#endif
