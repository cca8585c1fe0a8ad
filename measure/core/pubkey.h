/*
 * Public keys as SubjectPublicKeyInfo (RFC 5280 §4.1.2.7): ECDSA on P-256, P-384 or P-521, and
 * Ed25519. A key has one spelling: DER, the curve by its name, the point uncompressed; so its
 * identity, the SHA-256 of these bytes, is one. Points of small order are no keys (RFC 8032 §5.1.7
 * lets them verify anything). Owns OpenSSL's object; pubkey_free() takes the address and leaves
 * NULL.
 */
#ifndef MEASURE_CORE_PUBKEY_H
#define MEASURE_CORE_PUBKEY_H

#include "measure/core/key.h"

#define PUBKEY_FILE_MAX (64u * 1024)

struct pubkey;

/*
 * One PEM block, PUBLIC KEY or CERTIFICATE, and nothing else; of a certificate its key alone
 * counts. Errors: key, certificate, trailing.
 */
must bool pubkey_read_pem(struct pubkey **k, struct bytes pem, struct err *e);
must bool pubkey_read_spki(struct pubkey **k, struct bytes der, struct err *e);

/* Of EC: x and y, big-endian, each as long as the curve's prime. */
must bool pubkey_of_point(struct pubkey **k, enum cose_alg alg, struct bytes xy, struct err *e);
struct bytes pubkey_point(const struct pubkey *k); /* of Ed25519 its 32 bytes; borrowed */

/* The public half of a private key. */
must bool pubkey_of_key(struct pubkey **out, const struct key *k, struct err *e);
void pubkey_free(struct pubkey **k);

/*
 * The SubjectPublicKeyInfo in DER, appended, of a key of any kind, RSA too: out of a certificate or
 * a public key, in PEM or DER. Of a PEM file the first block counts, which of what a TLS server
 * shows is its own certificate. Nothing is verified with it. Errors as pubkey_read_pem().
 */
must bool pubkey_any_spki(struct bytes file, struct buf *spki, struct err *e);

struct bytes pubkey_spki(const struct pubkey *k); /* DER, borrowed */
const struct digest *pubkey_id(const struct pubkey *k); /* SHA-256 of the SPKI's DER */
enum cose_alg pubkey_alg(const struct pubkey *k); /* ES256, ES384, ES512 by curve, or EdDSA */
const char *pubkey_kind(const struct pubkey *k); /* "P-384", "Ed25519" */

/*
 * Raw r||s, or the 64 bytes of Ed25519, over the bytes, with the hash of pubkey_alg(): signature,
 * exit class NO, when it does not hold.
 */
must bool pubkey_verify(const struct pubkey *k, struct bytes signed_bytes, struct bytes signature,
			struct err *e);

#endif
