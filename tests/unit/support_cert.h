/*
 * Keys and certificates for tests, made in the process by OpenSSL directly: of every kind, also of
 * those that are to be refused. Texts are malloc'd. What cannot be done ends the test program.
 */
#ifndef TESTS_UNIT_SUPPORT_CERT_H
#define TESTS_UNIT_SUPPORT_CERT_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "measure/base/bytes.h"

/* "P-256", "P-384", "P-521", "secp256k1", "RSA", "ED25519", "spelt out" (P-256 by its numbers). */
EVP_PKEY *cert_key(const char *kind);

/* Issuer and subject CN=test, serial 0x1234, in force from 2020 to 2049; not signed yet. */
X509 *cert_new(EVP_PKEY *key);
void cert_sign(X509 *x, EVP_PKEY *key);

/* An attribute of a name, of a string type as V_ASN1_UTF8STRING; field may be a dotted OID. */
void cert_name_add(X509_NAME *name, const char *field, int type, const char *value);

/* DER; PEM of a certificate, of bytes that claim to be one; both in one step for a key. */
struct bytes cert_der(X509 *x);
char *cert_pem(X509 *x);
char *cert_pem_of(struct bytes der, const char *label);
char *cert_pem_for(EVP_PKEY *key);

/* PKCS#8, or SEC1, or PKCS#8 under a password. */
enum cert_key_form { CERT_PKCS8, CERT_SEC1, CERT_ENCRYPTED };
char *cert_key_pem(EVP_PKEY *key, enum cert_key_form form);

/* Cleanup functions. */
void cert_key_free(EVP_PKEY **key);
void cert_free(X509 **x);
void cert_bytes_free(struct bytes *b);
void cert_text_free(char **text);

#endif
