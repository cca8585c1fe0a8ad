/*
 * What an attestation report claims, as the parts of this module hand it to each other: struct
 * claims's own part. Plain memory. The report was read, and its signature judged, by evidence.c.
 */
#ifndef OVMF_SNP_CLAIMS_H
#define OVMF_SNP_CLAIMS_H

#include "measure/core/evidence.h"
#include "ovmf-snp/report.h"
#include "ovmf-snp/vek.h"

struct snp_claims {
	struct snp_report report;
	struct bytes bytes; /* of the report, among the claims' bytes */
	bool signed_by_key; /* vek is set: not so when SIGNING_KEY is none */
	struct snp_vek vek;
	const struct snp_product *product; /* by CPUID; of version 2 by the certificate; or NULL */
	struct tcb current, reported, committed, launch;
	bool tcb_clean; /* no reserved byte of the four is set */
	char signer[80], root[80]; /* "SEV-Milan", "ARK-Milan": names in the chain, tamed */
	char root_sha256[65];
};

static inline const struct snp_claims *snp_claims(const struct claims *c)
{
	return (const struct snp_claims *)c->own;
}

/* The functions of the row, evidence.h. */
void snp_claims_text(const struct claims *c, struct buf *out);
void snp_claims_json(const struct claims *c, struct json_out *w);
bool snp_claims_field(const struct claims *c, const char *name, struct bytes *v);
must bool snp_policy(const struct claims *c, const struct policy *p, struct verdict *v,
		     struct err *e);

#endif
