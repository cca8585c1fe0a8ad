/*
 * What may stand behind the signer's certificate, in a certificate file and in the signature
 * section that holds it verbatim: white space and further PEM blocks of certificates. Anything else
 * would be published with the image, a private key above all, and readers differ on it.
 * Certificates of a chain are of any kind of key; nobody uses them.
 */
#ifndef EIF_CHAIN_H
#define EIF_CHAIN_H

#include "measure/base/buf.h"

/* *n certificates stand behind the first, whose block ends at `at`. Errors: certificate, limit. */
must bool eif_chain_read(struct bytes pem, size_t at, size_t *n, struct err *e);

/* Where the next block begins, or the length of pem. */
size_t eif_chain_next(struct bytes pem, size_t at);

#endif
