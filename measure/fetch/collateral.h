/*
 * Is what was fetched what was asked for? Nothing gets a name in the store before it is AMD's, by
 * the pinned roots or one that was named, and of this report's chip. Whether certificates are in
 * force is not looked at, for that is judged as of another time; a list of revoked ones that is
 * stale already is of no use and refused. Starts zeroed; released by collateral_free().
 */
#ifndef MEASURE_FETCH_COLLATERAL_H
#define MEASURE_FETCH_COLLATERAL_H

#include "measure/fetch/kds.h"
#include "ovmf-snp/vek_chain.h"

#define COLLATERAL_MAX (1u << 20)

struct collateral {
	const struct kds *kds;
	const struct snp_report *report;
	struct snp_pool roots; /* empty: the pinned ones */
	struct snp_pool chain; /* what collateral_check() took of KDS_CHAIN */
	int64_t now;
};

void collateral_free(struct collateral *c);

/*
 * KDS_CHAIN comes first, the others are held against it. Errors: certificate, crl, collateral,
 * chain, untrusted-root, key-kind, product, chip-id, tcb, stale.
 */
must bool collateral_check(struct collateral *c, enum kds_item item, struct bytes file,
			   struct err *e);

#endif
