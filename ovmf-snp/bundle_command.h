/*
 * The command in a bundle (bundle.h) that starts its guest: a script that tells QEMU all that is
 * measured, a function of the record of the launch and the command line alone.
 */
#ifndef OVMF_SNP_BUNDLE_COMMAND_H
#define OVMF_SNP_BUNDLE_COMMAND_H

#include "ovmf-snp/launch_record.h"

#define BUNDLE_COMMAND_MAX (8u << 20)

/* Nothing, when QEMU cannot be told what any of the rows has. Errors: limit, out-of-memory. */
must bool bundle_command_write(struct buf *out, const struct launch_record *r, struct bytes append,
			       struct err *e);

#endif
