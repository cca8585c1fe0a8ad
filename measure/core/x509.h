/*
 * X.509 certificates as far as image signatures need them. PEM is strict: the text begins with
 * "-----BEGIN CERTIFICATE-----", the block decodes to exactly one certificate whose encoding is
 * DER, with an EC key on P-256, P-384 or P-521 (named curve). Owns OpenSSL's object; x509_free()
 * takes the address and leaves NULL. Time is always an argument.
 */
#ifndef MEASURE_CORE_X509_H
#define MEASURE_CORE_X509_H

#include "measure/base/buf.h"
#include "measure/base/json.h"
#include "measure/core/digest.h"

/* The signing algorithms that go with the three curves (RFC 9053 §2.1). */
enum cose_alg { COSE_ES256 = -7, COSE_ES384 = -35, COSE_ES512 = -36, COSE_EDDSA = -8 };

struct x509;

/* Reads the first block; *used is the length of text up to and including its last line. */
must bool x509_read_pem(struct x509 **x, struct bytes pem, size_t *used, struct err *e);
void x509_free(struct x509 **x);

struct bytes x509_der(const struct x509 *x); /* borrowed */
enum cose_alg x509_alg(const struct x509 *x); /* by the curve of its key */

/* Raw r||s over the bytes, by its key with the hash of x509_alg(): signature, exit class NO. */
must bool x509_verify(const struct x509 *x, struct bytes signed_bytes, struct bytes rs,
		      struct err *e);

/* Seconds since the epoch (UTC) between which it is valid. */
must bool x509_validity(const struct x509 *x, int64_t *not_before, int64_t *not_after,
			struct err *e);

/* {"subject","issuer" (RFC 2253 text, UTF-8), "serial", "not_before","not_after" (RFC 3339),
 * "key" ("P-384"), "sha256" of the DER} as one JSON object. */
void x509_json(const struct x509 *x, struct json_out *w);

/* nitro-cli's SigningCertificate object: IssuerName, Algorithm, NotBefore, NotAfter, Signature. */
void x509_json_nitro_cli(const struct x509 *x, struct json_out *w);

#endif
