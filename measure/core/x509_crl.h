/*
 * Lists of revoked certificates (RFC 5280 §5), as far as makers of hardware publish them: complete
 * lists, in DER or as one PEM block, with a time by which the next one comes, and signed by the
 * very issuer of the certificates. A list with a critical extension, of its own or of an entry, is
 * one of another kind (partial, indirect) and refused. Owns OpenSSL's object; x509_crl_free()
 * takes the address and leaves NULL. Time is the caller's.
 */
#ifndef MEASURE_CORE_X509_CRL_H
#define MEASURE_CORE_X509_CRL_H

#include "measure/core/x509.h"

struct x509_crl;

/* Errors: crl. */
must bool x509_crl_read(struct x509_crl **c, struct bytes in, struct err *e);
void x509_crl_free(struct x509_crl **c);

struct bytes x509_crl_der(const struct x509_crl *c); /* borrowed */

/* Does it bear the name of the issuer? The question by which one list of several is chosen. */
bool x509_crl_names(const struct x509_crl *c, const struct x509 *issuer);

/*
 * Whether the issuer's key signed it, with an algorithm of the list (enum x509_signature). False
 * only when the machinery fails.
 */
must bool x509_crl_signed(const struct x509_crl *c, const struct x509 *issuer, unsigned algorithms,
			  bool *yes, struct err *e);

/* Seconds since the epoch (UTC): when it was made, and by when it is replaced. */
int64_t x509_crl_this_update(const struct x509_crl *c);
int64_t x509_crl_next_update(const struct x509_crl *c);

/* Does the certificate's serial number stand in it? Of its issuer's certificates only. */
bool x509_crl_lists(const struct x509_crl *c, const struct x509 *x);

#endif
