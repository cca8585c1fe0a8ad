/*
 * NAME.bundle: a manifest's payload, its signatures and the collateral that evidence of it needs in
 * one file, a RATS CMW collection (draft-ietf-rats-msg-wrap, cbor-collection) in deterministic CBOR
 * with fixed member names:
 *   "payload"         ["application/rim+cbor", the CoRIM payload]
 *   "__cmwc_t"        the type of the collection, BUNDLE_TYPE
 *   "proof/NNN"       ["application/x-tlog-proof", a proof of publication], or
 *                     ["application/x-sigsum-proof", one in Sigsum's form] (log_proof.h)
 *   "signature/NNN"   ["application/rim+cose", a COSE_Sign1 whose payload is nil]
 *   "statement/NNN"   ["application/vnd.measure.rebuilt+cose", a rebuilt statement], or
 *                     ["application/vnd.measure.withdraw+cose", a withdrawal] (later.h)
 *   "collateral/NNN"  ["application/pkix-cert", a certificate], or
 *                     ["application/pkix-crl", a list of revoked ones], both in DER
 * Each NNN from 000 without a gap. The members of a kind stand in bytewise order without
 * repetition, so that the order in which they were gathered leaves no trace. A name that is not
 * known is refused.
 */
#ifndef REFERENCE_DB_BUNDLE_H
#define REFERENCE_DB_BUNDLE_H

#include "measure/base/buf.h"

#define BUNDLE_TYPE "urn:x-measure:bundle:1"
#define BUNDLE_PROOFS 16u
#define BUNDLE_PROOF_MAX (256u * 1024) /* bytes of one */
#define BUNDLE_SIGNATURES 64u
#define BUNDLE_STATEMENTS 64u
#define BUNDLE_STATEMENT_MAX (64u * 1024) /* bytes of one */
#define BUNDLE_COLLATERAL 64u
#define BUNDLE_COLLATERAL_MAX (64u * 1024) /* bytes of one */
#define BUNDLE_MAX (32u << 20)

enum bundle_type {
	BUNDLE_SIGNATURE,
	BUNDLE_TLOG_PROOF,
	BUNDLE_SIGSUM_PROOF,
	BUNDLE_REBUILT,
	BUNDLE_WITHDRAW,
	BUNDLE_CERTIFICATE,
	BUNDLE_CRL
};

struct bundle_member {
	enum bundle_type type;
	struct bytes bytes;
	uint64_t at;
};

/* The members of one kind. */
struct bundle_set {
	size_t n;
	struct bundle_member member[64];
};

_Static_assert(BUNDLE_PROOFS <= 64, "room for every proof");
_Static_assert(BUNDLE_SIGNATURES <= 64 && BUNDLE_COLLATERAL <= 64, "room for every member");
_Static_assert(BUNDLE_STATEMENTS <= 64, "room for every statement");

/* Borrows what was read. */
struct bundle {
	struct bytes payload;
	uint64_t payload_at;
	struct bundle_set proofs, signatures, statements, collateral;
};

/* Form of the collection only; the members are their own readers' business. */
must bool bundle_read(struct bytes in, uint64_t base, struct bundle *b, struct err *e);

/* Sorts and thins out the sets on the way. */
must bool bundle_write(struct buf *out, struct bundle *b, struct err *e);

#endif
