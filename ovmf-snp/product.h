/*
 * The processors that make reports: how they are told apart, where the parts of their TCB stand,
 * and which keys AMD signs with for each. Constant data.
 * Sources: AMD publication 56860 (revision 1.58, section 2.2, TCB_VERSION) and publication 57230,
 * "Versioned Chip Endorsement Key (VCEK) Certificate and KDS Interface Specification" (revision
 * 1.00, sections 2 and 3). The certificates are the answers of AMD's key distribution service.
 */
#ifndef OVMF_SNP_PRODUCT_H
#define OVMF_SNP_PRODUCT_H

#include "measure/base/bytes.h"
#include "measure/core/policy.h"

enum snp_product_id { SNP_MILAN, SNP_GENOA, SNP_TURIN, SNP_PRODUCTS };

/* The root; the signer of VCEKs; the signer of VLEKs. */
enum snp_authority { SNP_ARK, SNP_ASK, SNP_ASVK, SNP_AUTHORITIES };

struct snp_product {
	enum snp_product_id id;
	const char *name; /* in certificates, in the service's addresses */
	size_t hwid_len; /* bytes of CHIP_ID that are the chip's, the others are zero */
	bool fmc; /* the TCB begins with FMC */
	const char *pin[SNP_AUTHORITIES]; /* SHA-256 of the certificate's DER, hexadecimal */
};

/* DER of each certificate that a pin is of (roots.c). */
extern const struct bytes snp_authorities[SNP_PRODUCTS][SNP_AUTHORITIES];

const struct snp_product *snp_product(enum snp_product_id id);

/* By family and model as CPUID_FAM_ID and CPUID_MOD_ID have them; NULL when it is none of these. */
const struct snp_product *snp_product_by_cpuid(uint8_t family, uint8_t model);

/* By a certificate's productName, "Milan" or with a stepping, "Milan-B0"; NULL likewise. */
const struct snp_product *snp_product_by_name(struct bytes name);

/* The product whose ARK has this SHA-256 (32 bytes); NULL: it is no pinned root. */
const struct snp_product *snp_product_by_ark(struct bytes sha256);

/* Whether the SHA-256 is the pin of that certificate. */
bool snp_pinned(const struct snp_product *p, enum snp_authority a, struct bytes sha256);

#endif
