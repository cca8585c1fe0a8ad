/*
 * NAME.bundle: a manifest's payload and its signatures in one file, a RATS CMW collection
 * (draft-ietf-rats-msg-wrap, cbor-collection) in deterministic CBOR with fixed member names:
 *   "payload"        ["application/rim+cbor", the CoRIM payload]
 *   "__cmwc_t"       the type of the collection, BUNDLE_TYPE
 *   "signature/NNN"  ["application/rim+cose", a COSE_Sign1 whose payload is nil], NNN from 000
 * Signatures stand in bytewise order without repetition, so that the order in which they were
 * gathered leaves no trace. Other members (later statements, collateral) are added by later
 * versions of the format under names of their own; a name that is not known is refused.
 */
#ifndef REFERENCE_DB_BUNDLE_H
#define REFERENCE_DB_BUNDLE_H

#include "measure/base/buf.h"

#define BUNDLE_TYPE "urn:x-measure:bundle:1"
#define BUNDLE_SIGNATURES 64u
#define BUNDLE_MAX (32u << 20)

/* Borrows what was read. */
struct bundle {
	struct bytes payload;
	uint64_t payload_at;
	size_t n;
	struct {
		struct bytes bytes;
		uint64_t at;
	} signature[BUNDLE_SIGNATURES];
};

/* Form of the collection only; the members are their own readers' business. */
must bool bundle_read(struct bytes in, uint64_t base, struct bundle *b, struct err *e);

/* Sorts and thins out b->signature on the way. */
must bool bundle_write(struct buf *out, struct bundle *b, struct err *e);

#endif
