/*
 * What makes a report genuine besides its signature: certificates that lead to AMD, are valid, not
 * revoked, and speak of the same kind of key, product, chip and firmware as the report. Each fault
 * is a failed check of its own. Private to the module.
 */
#ifndef OVMF_SNP_GENUINE_H
#define OVMF_SNP_GENUINE_H

#include "ovmf-snp/claims.h"
#include "ovmf-snp/vek_chain.h"

/* Lists of revoked certificates: those asked for, and those that came with the report. */
struct snp_lists {
	const struct evidence_files *asked; /* may be NULL */
	struct bytes along; /* may be empty */
};

struct snp_genuine {
	const struct snp_claims *claims;
	const struct snp_chain *chain; /* NULL when the report is signed by no key */
	const struct snp_lists *lists;
	struct when when;
};

/*
 * Adds "genuine" (a list that was asked for and does not serve is `skip`), and "policy" where the
 * certificate and the report differ in their TCB.
 */
must bool snp_genuine(const struct snp_genuine *g, struct verdict *v, struct err *e);

#endif
