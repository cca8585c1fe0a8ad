/*
 * Writing a bundle (bundle.h): the files under names that are always the same, the page of kernel
 * hashes, the record of the launch, and, where QEMU can be told all of it, the command that starts
 * the guest. The bytes are a function of the files and the parameters alone.
 */
#ifndef OVMF_SNP_BUNDLE_WRITE_H
#define OVMF_SNP_BUNDLE_WRITE_H

#include "measure/core/answer.h"
#include "ovmf-snp/launch_record.h"
#include "ovmf-snp/request.h"

struct bundle_request {
	const struct request *launch; /* files and lists */
	uint64_t policy;
	bool allow_debug;
	const char *output; /* the folder, which is not there or empty */
};

/*
 * All or nothing. *r: what was written, the caller's to launch_record_free() in either case; notes
 * go to a. Errors: usage, debug-mode, firmware, whatever reading and writing give.
 */
must bool snp_bundle_write(const struct bundle_request *q, struct launch_record *r,
			   struct answer *a, struct err *e);

#endif
