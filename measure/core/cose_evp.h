/*
 * The algorithms of COSE in OpenSSL's terms, for the files that are its doors: which curve and
 * digest an algorithm means, how its signatures are spelt, and how OpenSSL's faults become ours.
 * Private to measure/core; OpenSSL's own headers stay in the .c files.
 */
#ifndef MEASURE_CORE_COSE_EVP_H
#define MEASURE_CORE_COSE_EVP_H

#include "measure/core/cose.h"

struct X509_algor_st;
struct X509_pubkey_st;
struct asn1_string_st;
struct evp_pkey_st;

/* Before the first use of OpenSSL: its configuration file, which can load code, is not read. */
void cose_evp_init(void);

/*
 * A context of OpenSSL's in which nothing is provided, so that a certificate that is read in it
 * keeps its key encoded: decoders that nobody needs cost more than all the rest. Made once; NULL,
 * the context where all is provided, when that fails. Borrowed.
 */
struct ossl_lib_ctx_st;
struct ossl_lib_ctx_st *cose_evp_empty(void);

/*
 * Empty OpenSSL's error queue into e, as "WHAT: its words", or WHAT alone when it has none. The
 * reason is r, unless memory was refused. Returns false.
 */
bool cose_evp_fail(struct err *e, enum reason r, const char *what);

/*
 * By type and curve of a key: one of the three, named and not spelt out; otherwise reason r. Of a
 * SubjectPublicKeyInfo also the key, which is the caller's to free.
 */
must bool cose_evp_alg(const struct evp_pkey_st *key, enum cose_alg *alg, enum reason r,
		       struct err *e);
must bool cose_evp_public(const struct X509_pubkey_st *spki, struct evp_pkey_st **key,
			  enum cose_alg *alg, enum reason r, struct err *e);

/* "SHA2-384", for EVP; "P-384". */
const char *cose_evp_digest(enum cose_alg alg);
const char *cose_evp_curve(enum cose_alg alg);

/* r||s of the algorithm's length as DER, appended. */
must bool cose_evp_der(enum cose_alg alg, struct bytes rs, struct buf *der, struct err *e);

/*
 * DER to r||s, appended. False when it is not one DER ECDSA-Sig-Value that fits; then the caller
 * makes the refusal, by cose_evp_fail().
 */
bool cose_evp_raw(enum cose_alg alg, struct bytes der, struct buf *rs);

/* A certificate, its public key, a private key, a public key; borrowed. */
struct key;
struct pubkey;
struct x509_st *x509_cert(const struct x509 *x);
struct evp_pkey_st *x509_evp(const struct x509 *x);
struct evp_pkey_st *key_evp(const struct key *k);
struct evp_pkey_st *pubkey_evp(const struct pubkey *k);

/* A time of a certificate or a list; r otherwise, with the name of the field. */
must bool x509_time(const struct asn1_string_st *t, enum reason r, const char *field, int64_t *when,
		    struct err *e);

/* Of enum x509_signature, in its one spelling and made by a key of that kind; 0 for all others. */
unsigned x509_signature_of(const struct X509_algor_st *algor, enum x509_kind issuer);

#endif
