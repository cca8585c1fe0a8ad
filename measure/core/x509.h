/*
 * X.509 certificates: those of image signers, which have an EC key on P-256, P-384 or P-521 (named
 * curve), and those that chains are made of (x509_chain.h). PEM is strict: the text begins with
 * "-----BEGIN CERTIFICATE-----", the block decodes to exactly one certificate; every encoding is
 * DER. Owns OpenSSL's object; x509_free() takes the address and leaves NULL. Time is always an
 * argument.
 */
#ifndef MEASURE_CORE_X509_H
#define MEASURE_CORE_X509_H

#include "measure/base/buf.h"
#include "measure/base/json.h"
#include "measure/core/digest.h"

/* The signing algorithms that go with the three curves (RFC 9053 §2.1). */
enum cose_alg { COSE_ES256 = -7, COSE_ES384 = -35, COSE_ES512 = -36, COSE_EDDSA = -8 };

/* Kinds of keys, as bits for lists of them. RSA (exponent 65537) is seen in chains only. */
enum x509_kind {
	X509_P256 = 1,
	X509_P384 = 2,
	X509_P521 = 4,
	X509_ED25519 = 8,
	X509_RSA_4096 = 16,
};

struct x509;
struct pubkey;

/* Reads the first block; *used is the length of text up to and including its last line. */
must bool x509_read_pem(struct x509 **x, struct bytes pem, size_t *used, struct err *e);

/*
 * The same of a certificate in a chain: its key is of any kind in enum x509_kind, in the one
 * spelling of pubkey.h. In DER the certificate is all that there is.
 */
must bool x509_read_pem_any(struct x509 **x, struct bytes pem, size_t *used, struct err *e);
must bool x509_read_der(struct x509 **x, struct bytes der, struct err *e);
void x509_free(struct x509 **x);

/* The same once more, to be freed as often; by one thread at a time. */
struct x509 *x509_share(struct x509 *x);

struct bytes x509_der(const struct x509 *x); /* borrowed */
enum x509_kind x509_kind(const struct x509 *x);
const char *x509_kind_name(enum x509_kind kind); /* "P-384", "RSA-4096" */

/* By its key; of image signers one of the first three. RSA has none, and 0 stands there. */
enum cose_alg x509_alg(const struct x509 *x);

/* Borrowed; NULL for RSA, and for what x509_read_pem() read. */
const struct pubkey *x509_pubkey(const struct x509 *x);

/* The subject as RFC 2253 text in UTF-8. Foreign text: to be tamed where it is shown. */
void x509_subject(const struct x509 *x, struct buf *out);

/*
 * Raw r||s over the bytes, by its key with the hash of x509_alg(): signature, exit class NO. So is
 * any signature for a key that makes no such ones (Ed25519, RSA).
 */
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
