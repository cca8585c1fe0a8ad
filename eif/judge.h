/*
 * An attestation document judged: what the command line's check "genuine" asks (algorithm, chain,
 * root, validity), "vendor-signature" and "production". Every one is computed and every failure is
 * listed, whichever comes first. Of the chain: the order is that of the document, the first
 * certificate is byte for byte a root that is trusted, each signed the next; every key is on P-384,
 * every signature ECDSA with SHA-384. AWS publishes no revocation for it.
 */
#ifndef MEASURE_EIF_JUDGE_H
#define MEASURE_EIF_JUDGE_H

#include "eif/document.h"
#include "measure/core/evidence.h"
#include "measure/core/x509_chain.h"

/* Root G1 of AWS Nitro Enclaves, DER. */
extern const struct bytes eif_root_g1;

extern const struct evidence_format eif_evidence;

/* What is left of a document: own to the claims. Bytes point into the claims. */
struct eif_claims {
	struct bytes module_id, instance_id; /* instance_id: the head of module_id */
	uint64_t timestamp; /* milliseconds */
	size_t n;
	struct x509 *chain[X509_CHAIN_MAX]; /* the leaf first; NULL: could not be read */
	struct buf leaf_name, instance_name; /* common names; empty where there is none */
};

void eif_claims_free(void *own);

/* Adds the checks, by the time in c, and fills the chain of its own. */
must bool eif_judge(const struct evidence_request *q, const struct eif_document *d,
		    struct claims *c, struct verdict *v, struct err *e);

#endif
