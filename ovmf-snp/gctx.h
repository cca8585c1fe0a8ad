/*
 * The launch digest of SEV-SNP (GCTX.LD) as the chain that the firmware keeps: each page that is
 * launched changes it once, by its type, its address and, for two of the types, its content. Pages
 * that are all zero or all ones are hashed once in a process.
 * Source: AMD, "SEV Secure Nested Paging Firmware ABI Specification", publication 56860, revision
 * 1.58, chapter 8.17 SNP_LAUNCH_UPDATE, tables 67 (PAGE_TYPE) and 69 (PAGE_INFO).
 */
#ifndef OVMF_SNP_GCTX_H
#define OVMF_SNP_GCTX_H

#include "measure/core/hash.h"

#define GCTX_PAGE 4096u
#define GCTX_LD 48u /* bytes of the digest, SHA-384 */
#define GCTX_INFO 112u /* bytes of PAGE_INFO */
#define GCTX_VMSA_GPA 0xfffffffff000ull /* where KVM launches the VMSAs */
#define GCTX_VMSA_GPA_52 0xffffffffff000ull /* on processors with 52 bits of address */

enum gctx_type {
	GCTX_NORMAL = 1,
	GCTX_VMSA = 2,
	GCTX_ZERO = 3,
	GCTX_UNMEASURED = 4,
	GCTX_SECRETS = 5,
	GCTX_CPUID = 6
};

/* One step, told when it is done. */
struct gctx_step {
	enum gctx_type type;
	uint64_t gpa;
	const char *owner; /* "firmware", "SEC_MEM", "vcpu" */
	const uint8_t *ld; /* GCTX_LD bytes, as it is now */
};

struct gctx {
	struct hash *sha;
	struct digest zeros, ones; /* of a page of such bytes */
	uint8_t ld[GCTX_LD];
	const char *owner; /* of the steps that follow, for the trace */
	void (*trace)(void *arg, const struct gctx_step *step); /* or NULL */
	void *arg;
};

/* At the beginning, all zero. Starts zeroed itself; released by gctx_free(). */
must bool gctx_init(struct gctx *g, struct err *e);
void gctx_free(struct gctx *g);

/* contents: the digest of the page of types NORMAL and VMSA; NULL for the others. */
must bool gctx_step(struct gctx *g, enum gctx_type type, uint64_t gpa,
		    const struct digest *contents, struct err *e);

/* Whole pages of bytes as NORMAL, from gpa upward. */
must bool gctx_pages(struct gctx *g, uint64_t gpa, struct bytes pages, struct err *e);

/* size bytes, whole pages, of a type without content; GCTX_NORMAL: pages of zeros. */
must bool gctx_run(struct gctx *g, enum gctx_type type, uint64_t gpa, uint64_t size, struct err *e);

/* The digest of a page's content. */
must bool gctx_page(struct gctx *g, struct bytes page, struct digest *out, struct err *e);

/* "NORMAL" */
const char *gctx_type_name(enum gctx_type type);

#endif
