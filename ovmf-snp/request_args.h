/*
 * Guests on the command line, the same for every verb that has them: the rows of the options, the
 * files and the processors that they name, and what is to be said of them. A verb's table begins
 * with these rows, by all of REQUEST_ROWS or by some of them and its own at the same places.
 */
#ifndef OVMF_SNP_REQUEST_ARGS_H
#define OVMF_SNP_REQUEST_ARGS_H

#include "ovmf-snp/request.h"

enum request_opt {
	REQUEST_OVMF,
	REQUEST_KERNEL,
	REQUEST_INITRD,
	REQUEST_APPEND,
	REQUEST_APPEND_FILE,
	REQUEST_VCPUS,
	REQUEST_TYPE,
	REQUEST_SIG,
	REQUEST_FAMILY,
	REQUEST_MODEL,
	REQUEST_STEPPING,
	REQUEST_VMM,
	REQUEST_PROFILE,
	REQUEST_FEATURES,
	REQUEST_OPTS
};

#define REQUEST_ROW(name, arg, help)                \
	{                                           \
		name, 0, OPT_VALUE, arg, NULL, help \
	}
#define REQUEST_KERNEL_ROWS                                                            \
	[REQUEST_INITRD] = REQUEST_ROW("initrd", "FILE", "the initial ramdisk"),       \
	[REQUEST_APPEND] = REQUEST_ROW("append", "TEXT", "the kernel's command line"), \
	[REQUEST_APPEND_FILE] =                                                        \
		REQUEST_ROW("append-file", "FILE", "or a file that holds it, byte for byte")
#define REQUEST_SIGNATURE_ROWS                                                        \
	[REQUEST_SIG] = REQUEST_ROW("vcpu-sig", "N", "or the processor's signature"), \
	[REQUEST_FAMILY] = REQUEST_ROW("vcpu-family", "N", "or its family"),          \
	[REQUEST_MODEL] = REQUEST_ROW("vcpu-model", "N", "with its model"),           \
	[REQUEST_STEPPING] = REQUEST_ROW("vcpu-stepping", "N", "and its stepping")
#define REQUEST_ROWS                                                                            \
	[REQUEST_OVMF] = REQUEST_ROW("ovmf", "FILE", "the firmware"),                           \
	[REQUEST_KERNEL] = REQUEST_ROW("kernel", "FILE", "the kernel, bound through its hash"), \
	REQUEST_KERNEL_ROWS,                                                                    \
	[REQUEST_VCPUS] = REQUEST_ROW("vcpus", "N[-M],...", "numbers of virtual processors"),   \
	[REQUEST_TYPE] = REQUEST_ROW("vcpu-type", "NAME,...|all",                               \
				     "types of processors as QEMU calls them"),                 \
	REQUEST_SIGNATURE_ROWS,                                                                 \
	[REQUEST_VMM] =                                                                         \
		REQUEST_ROW("vmm-type", "NAME",                                                 \
			    "QEMU, ec2 or gce: the newest profile of that monitor (QEMU)"),     \
	[REQUEST_PROFILE] =                                                                     \
		REQUEST_ROW("profile", "NAME,...|all",                                          \
			    "or profiles: qemu, qemu-legacy, ec2, ec2-legacy, gce, gce-genoa"), \
	[REQUEST_FEATURES] = REQUEST_ROW("guest-features", "N,...", "SEV_FEATURES (0x1)")

/*
 * Kernel, ramdisk and command line, whose bytes r->append gets; a request's mode says whether they
 * are bound at all: those that know no table of hashes pass them over, as sev-snp-measure does.
 * usage: what belongs to a kernel without one, standard input for several files.
 */
must bool request_files_read(struct request *r, const struct args *args, struct err *e);

/*
 * By type, signature and family, each of which outweighs those before it, as with sev-snp-measure
 * (r->outweighs). Given none, no type is added.
 */
must bool request_processor_read(struct request *r, const struct args *args, struct err *e);

/* Warnings: what outweighed something else, features without a name. */
void request_notes(const struct request *r, struct answer *a);

#endif
