/*
 * Private keys, the only place where secrets live; everything is cleansed on release. A signer is
 * a PEM key file, or a command that signs (--sign-with: standard input the bytes to sign,
 * environment MEASURE_ALG and MEASURE_DIGEST, standard output the signature as DER or raw r||s).
 * All arithmetic is OpenSSL's; ECDSA nonces are deterministic where its version offers that (3.2).
 */
#ifndef MEASURE_CORE_KEY_H
#define MEASURE_CORE_KEY_H

#include "measure/core/x509.h"

struct key;

/* PEM, PKCS#8 or SEC1, unencrypted; EC on one of the three curves. path is a file. */
must bool key_read(struct key **k, const char *path, struct err *e);

/*
 * The same for statements: Ed25519 too, and encrypted when passphrase names a file whose first line
 * is the passphrase (NULL: none). A wrong passphrase is `key`; a missing one is `passphrase`.
 */
must bool key_read_statement(struct key **k, const char *path, const char *passphrase,
			     struct err *e);
void key_free(struct key **k);
enum cose_alg key_alg(const struct key *k);

/* Does it belong to the certificate? key-mismatch otherwise. */
must bool key_matches(const struct key *k, const struct x509 *x, struct err *e);

/* Raw r||s, of Ed25519 the 64 bytes (RFC 8032), appended to rs. */
must bool key_sign(const struct key *k, struct bytes to_sign, struct buf *rs, struct err *e);

/* Run a command through /bin/sh as above and take its signature, raw r||s appended to rs. */
must bool key_sign_with(const char *command, enum cose_alg alg, struct bytes to_sign,
			struct buf *rs, struct err *e);

/* A signature as others hand it over, DER or raw, to raw r||s of the algorithm's length. */
must bool key_signature_raw(struct bytes signature, enum cose_alg alg, struct buf *rs,
			    struct err *e);

/* The other way: raw to how X.509 and DSSE have it, DER; of Ed25519 it is the same. */
must bool key_signature_der(struct bytes rs, enum cose_alg alg, struct buf *der, struct err *e);

#endif
