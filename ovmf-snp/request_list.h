/*
 * The values of options that say what a guest is: numbers, lists, ranges, names. Each goes into its
 * list of a struct request, behind what is there, or is a usage error that names the option.
 */
#ifndef OVMF_SNP_REQUEST_LIST_H
#define OVMF_SNP_REQUEST_LIST_H

#include "ovmf-snp/launch_record.h"
#include "ovmf-snp/request.h"

#define REQUEST_APPEND_MAX LAUNCH_CMDLINE_MAX

/* "1-4,8" */
must bool request_counts_read(struct request *r, const char *list, struct err *e);

/* Is it spelt like one, whatever the numbers? */
must bool request_counts_spelt(const char *list, struct err *e);

/* "0x1,0x21" */
must bool request_features_read(struct request *r, const char *list, struct err *e);

/* "EPYC-v4,EPYC-Milan", or "all" */
must bool request_types_read(struct request *r, const char *list, struct err *e);
must bool request_type_add(struct request *r, const char *name, uint32_t signature, struct err *e);

/* A type by its signature alone, named when it is known. */
must bool request_signature_read(struct request *r, const char *value, struct err *e);

/* "qemu,ec2", or "all"; the newest profile of a monitor, alone. */
must bool request_profiles_read(struct request *r, const char *list, struct err *e);
must bool request_vmm_read(struct request *r, const char *vmm, struct err *e);

/* Where only one of the two may be given: vmm or list, or neither, which is QEMU. */
must bool request_monitor_read(struct request *r, const char *vmm, const char *list, struct err *e);

/* When no type is given: none, where no profile measures it. The profiles come first. */
must bool request_typeless(struct request *r, struct err *e);

/* The command line, as text or from a file; either may be NULL. A NUL may only be its last byte. */
must bool request_append_read(struct request *r, const char *text, const char *path, struct err *e);

/* Decimal, 0x, 0o or 0b; no value at all is 0. */
must bool request_number(const char *option, const char *value, uint64_t *out, struct err *e);

#endif
