/*
 * What AMD's key distribution service holds for an attestation report: addresses below its base,
 * and names in the cache. Nothing is fetched here.
 * Source: AMD, "Versioned Chip Endorsement Key (VCEK) Certificate and KDS Interface Specification",
 * publication 57230, revision 1.00, chapters 4 (VCEK), 5 (VLEK).
 */
#ifndef MEASURE_FETCH_KDS_H
#define MEASURE_FETCH_KDS_H

#include "measure/base/buf.h"
#include "ovmf-snp/report.h"

#define KDS_BASE "https://kdsintf.amd.com"

/* The order in which they are fetched; each is of use to `measure verify` as its option's value. */
enum kds_item {
	KDS_CHAIN, /* ASK or ASVK, and ARK */
	KDS_VEK, /* the chip's own certificate; nobody can fetch a VLEK, its holder has it */
	KDS_CRL,
	KDS_ITEMS
};

struct kds {
	const char *product; /* "Milan": constant */
	bool vlek;
	struct buf path[KDS_ITEMS]; /* "/vcek/v1/Milan/cert_chain"; empty: not to be had */
	struct buf name[KDS_ITEMS]; /* "Milan/vcek-chain.pem", below the cache */
};

/* "vek", "chain", "crl": the option of `measure verify` that takes it. */
const char *kds_item_name(enum kds_item item);

/*
 * product: or NULL, then the report's own, which reports before version 3 do not have. Errors:
 * usage (unknown product, another than the report's), collateral (no product; a masked chip id, by
 * which no certificate can be found). Released by kds_free(), in either case.
 */
must bool kds_name(struct kds *k, const struct snp_report *r, const char *product, struct err *e);
void kds_free(struct kds *k);

#endif
