/*
 * The state of a virtual processor at its start (VMSA), which is launched as a page of its own, and
 * the profiles: what each virtual machine monitor, at each time, puts there.
 * Sources: AMD APM volume 2, table B-4 (VMCB state save area of SEV-ES); QEMU and KVM as measured
 * by virtee/sev-snp-measure 0.0.9 to 0.0.13; gce-tcb-verifier for Google's.
 */
#ifndef OVMF_SNP_VMSA_H
#define OVMF_SNP_VMSA_H

#include "measure/base/buf.h"

#define VMSA_SIZE 4096u
#define VMSA_BSP_EIP 0xfffffff0u /* where the first processor starts: the reset vector */
#define VMSA_FEATURES_DEFAULT 0x1ull
#define VMSA_FEATURES_KNOWN 0xd7ffull /* bits of SEV_FEATURES that have a name */

/* Which virtual machine monitor, of which time. Constant data. */
struct profile {
	const char *name; /* "qemu-legacy" */
	const char *summary; /* since when, until when */
	const char *vmm; /* "QEMU": the name by which --vmm-type picks the newest */
	bool newest;
	uint16_t cs_bsp, cs_ap, ss, tr; /* attributes of segments */
	bool signature_in_rdx; /* else rdx is: */
	uint64_t rdx;
	uint32_t mxcsr;
	uint16_t fcw;
	uint64_t g_pat;
	uint64_t vmsa_gpa;
	bool sec_mem_unmeasured; /* else zero pages */
	bool cpuid_last; /* CPUID pages follow all other sections */
};

/* Ends with a name that is NULL. */
extern const struct profile profiles[];

/* By its own name; by its monitor's, in whatever case. NULL when there is none. */
const struct profile *profile_find(const char *name);
const struct profile *profile_of_vmm(const char *vmm);

/* What differs from one virtual processor to the next. */
struct vmsa {
	bool first; /* the bootstrap processor */
	uint32_t eip;
	uint32_t signature; /* of the processor's type */
	uint64_t features; /* SEV_FEATURES; 0 for SEV-ES */
};

/* VMSA_SIZE bytes. */
void vmsa_write(struct buf *out, const struct profile *p, const struct vmsa *v);

/* Of a guest that an SVSM (Coconut, old layout) starts: all processors alike, at rip. */
void vmsa_write_svsm(struct buf *out, const struct profile *p, uint32_t signature, uint64_t rip);

/* "SNPActive" for bit 0; NULL for one that has no name. */
const char *vmsa_feature(unsigned bit);

#endif
