/*
 * Writing a bundle (bundle.h): the files under names that are always the same, the page of kernel
 * hashes, the record of the launch, and, where QEMU can be told all of it, the command that starts
 * the guest. The bytes are a function of the files and the parameters alone.
 */
#ifndef OVMF_SNP_BUNDLE_WRITE_H
#define OVMF_SNP_BUNDLE_WRITE_H

#include "measure/core/answer.h"
#include "ovmf-snp/bundle.h"
#include "ovmf-snp/request.h"
#include "ovmf-snp/root.h"

struct bundle_request {
	const struct request *launch; /* files and lists */
	const struct snp_root_ask *root; /* NULL: none. It makes the ramdisk, if none is given */
	uint64_t policy;
	bool allow_debug;
	const char *output; /* the folder, which is not there or empty */
};

/* What was written. */
struct snp_bundle_made {
	struct launch_record record;
	struct snp_root root;
};

/*
 * All or nothing. *made: zeroed, the caller's to snp_bundle_made_free() in either case; notes go to
 * a. Errors: usage, debug-mode, firmware, whatever reading and writing give.
 */
must bool snp_bundle_write(const struct bundle_request *q, struct snp_bundle_made *made,
			   struct answer *a, struct err *e);
void snp_bundle_made_free(struct snp_bundle_made *made);

/*
 * A bundle that was read, with another initrd (a path) in place of its own: the same files and
 * rows, and what follows from the initrd made anew. output: as above.
 */
must bool snp_bundle_rewrite(const struct snp_bundle *b, const char *initrd, const char *output,
			     struct watch watch, struct err *e);

#endif
