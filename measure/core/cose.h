/*
 * COSE_Sign1 (RFC 9052 §4.2) as far as EIF signatures need it: untagged, the protected header
 * holds the algorithm alone, the unprotected one nothing, no external data, ECDSA with raw r||s.
 */
#ifndef MEASURE_CORE_COSE_H
#define MEASURE_CORE_COSE_H

#include "measure/core/cbor.h"
#include "measure/core/x509.h"

struct cose_sign1 {
	enum cose_alg alg;
	struct bytes payload; /* borrowed from what was read */
	struct bytes rs;
};

must bool cose_sign1_read(struct bytes in, uint64_t base, struct cose_sign1 *out, struct err *e);
void cose_sign1_write(struct buf *out, const struct cose_sign1 *s);

/* The bytes that are signed: Sig_structure "Signature1" (RFC 9052 §4.4). */
void cose_tbs(struct buf *out, enum cose_alg alg, struct bytes payload);

/* "ES384", "EdDSA"; length of the signature; the digest (ECDSA only: EdDSA has its own). */
const char *cose_alg_name(enum cose_alg alg);
size_t cose_rs_len(enum cose_alg alg);
enum digest_alg cose_digest(enum cose_alg alg);

#endif
