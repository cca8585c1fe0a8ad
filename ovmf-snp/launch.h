/*
 * Launch digests: what the secure processor says of a guest that a virtual machine monitor started
 * with these files. Everything before the virtual processors is one state (launch_base), and each
 * processor changes it by one step, so the digests for 1 to n processors cost n steps, and all that
 * differs only in the processors shares the rest. Constant inputs are borrowed.
 */
#ifndef OVMF_SNP_LAUNCH_H
#define OVMF_SNP_LAUNCH_H

#include "ovmf-snp/gctx.h"
#include "ovmf-snp/kernelhash.h"
#include "ovmf-snp/ovmf.h"
#include "ovmf-snp/vmsa.h"

#define LAUNCH_VCPUS_MAX 8192u

struct launch {
	const struct profile *profile;
	const struct ovmf *ovmf;
	const struct ovmf *svsm; /* read with its end below the variables; or NULL */
	const struct kernelhash *kernel; /* or NULL */
	const uint8_t *firmware_ld; /* GCTX_LD bytes, for the image's pages; or NULL */
};

/* The pages of the virtual processors, by their digests and, for SEV-ES, as they are. */
struct launch_vmsas {
	struct digest first, other; /* SHA-384 */
	uint8_t page_first[VMSA_SIZE], page_other[VMSA_SIZE];
};

/* The digest after the firmware's pages alone. g: fresh. */
must bool launch_firmware(struct gctx *g, const struct ovmf *o, struct err *e);

/*
 * Everything of an SNP guest in front of the processors. g: fresh. Errors: firmware, when there is
 * a kernel and no place for its hashes.
 */
must bool launch_base(struct gctx *g, const struct launch *l, struct err *e);

/* firmware, when the image does not say where the other processors start. */
must bool launch_vmsas(struct launch_vmsas *v, const struct launch *l, uint32_t signature,
		       uint64_t features, struct err *e);

/*
 * Processors 1 to n, one step each. told: how many there are, and the digest that a guest with so
 * many has; NULL when only g at the end is wanted.
 */
struct launch_count {
	unsigned n;
	bool (*told)(void *arg, unsigned vcpus, const uint8_t ld[GCTX_LD], struct err *e);
	void *arg;
};
must bool launch_vcpus(struct gctx *g, const struct launch *l, const struct launch_vmsas *v,
		       const struct launch_count *count, struct err *e);

/*
 * SEV and SEV-ES: SHA-256 of the image and, where there is a kernel, the table of kernel hashes;
 * what SEV-ES adds are the pages of its processors, number i (from 0) each time. NULL: as errors
 * of launch_base(). To be released by hash_free().
 */
must struct hash *launch_sev_base(const struct launch *l, struct err *e);
must bool launch_sev_vcpu(struct hash *h, const struct launch_vmsas *v, unsigned i, struct err *e);

#endif
