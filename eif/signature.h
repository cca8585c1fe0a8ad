/*
 * The signature section: CBOR, one entry {"signing_certificate", "signature"}, both as arrays of
 * small integers; the signature is an untagged COSE_Sign1 over {"register_index": 0,
 * "register_value": PCR0}. What is read is rebuilt and compared byte for byte, so that only what
 * the format's signers write is accepted (signature-form).
 * Source: aws-nitro-enclaves-image-format, src/defs/mod.rs (PcrSignature, PcrInfo), crate 0.5.
 */
#ifndef EIF_SIGNATURE_H
#define EIF_SIGNATURE_H

#include "measure/core/cose.h"
#include "measure/core/x509.h"

#define EIF_SIGNATURE_MAX (256u * 1024) /* bytes of a section */

struct eif_signature {
	struct buf pem; /* signing_certificate, verbatim */
	struct buf cose; /* signature; alg and rs below point into it */
	struct cose_sign1 sign1;
	struct x509 *cert; /* the first certificate of pem */
	size_t cert_end; /* where its PEM block ends */
	size_t chain; /* certificates behind it */
	uint8_t pcr0[48]; /* the register value that was signed */
};

/*
 * Form only: canonical section, the signer's certificate at the start of pem and nothing but
 * further certificates behind it. base: offset in the file.
 */
must bool eif_signature_read(struct eif_signature *s, struct bytes section, uint64_t base,
			     struct err *e);
void eif_signature_free(struct eif_signature *s);

/* Does it hold, and over this PCR0? Otherwise `signature` (exit class NO). */
must bool eif_signature_check(const struct eif_signature *s, const uint8_t pcr0[48], struct err *e);

/* A section and what its parts make anew: signature-form with the first byte that differs. */
must bool eif_signature_same(struct bytes section, struct bytes rebuilt, uint64_t base,
			     struct err *e);

/* The whole section from its parts into a buf with room for EIF_SIGNATURE_MAX. */
void eif_signature_write(struct buf *section, struct bytes pem, enum cose_alg alg,
			 const uint8_t pcr0[48], struct bytes rs);

/* The bytes to sign for one. */
must bool eif_signature_tbs(struct buf *out, enum cose_alg alg, const uint8_t pcr0[48],
			    struct err *e);

#endif
