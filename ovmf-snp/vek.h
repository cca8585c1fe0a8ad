/*
 * What AMD writes into the certificates of report-signing keys: VCEK (of one chip) and VLEK (of a
 * provider). Read out of a certificate that nothing is known of yet; whether it is AMD's is decided
 * by the chain. Parts that are missing stay missing, and their comparison fails later.
 * Source: AMD publication 57230 (revision 1.00, section 3.1, tables 8 to 11); Turin's FMC is
 * extension 3.9. HWID stands there as bare bytes, in no type of ASN.1.
 */
#ifndef OVMF_SNP_VEK_H
#define OVMF_SNP_VEK_H

#include "measure/core/x509.h"
#include "ovmf-snp/product.h"
#include "ovmf-snp/report.h"

#define SNP_HWID_MAX 64u

struct snp_vek {
	enum snp_signing_key kind; /* by the commonName; SNP_KEY_NONE: another one */
	char common_name[64];
	char product_name[32]; /* "" when there is none */
	const struct snp_product *product; /* NULL when it is none that is known */
	int16_t struct_version; /* -1 when there is none, as in tcb */
	struct tcb tcb;
	size_t hwid_len; /* 0 when there is none */
	uint8_t hwid[SNP_HWID_MAX];
	char csp_id[64]; /* of VLEKs: "CN=cc-us-east-2.amazonaws.com" */
};

/* Errors: chain, for an extension that is not what table 8 says, or stands twice. */
must bool snp_vek_read(struct snp_vek *v, const struct x509 *x, struct err *e);

/* "VCEK", "VLEK", "none". */
const char *snp_key_name(enum snp_signing_key kind);

#endif
