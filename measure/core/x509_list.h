/*
 * Certificates from a file that the user names: PEM blocks one behind the other, with nothing but
 * empty lines between them, or one certificate in DER. Owns them; x509_list_free() leaves none.
 * With a cache, a certificate that was read before is shared and not read again.
 */
#ifndef MEASURE_CORE_X509_LIST_H
#define MEASURE_CORE_X509_LIST_H

#include "measure/core/x509.h"

#define X509_LIST_MAX 64u

struct chain_cache;

struct x509_list {
	struct chain_cache *cache; /* borrowed, or NULL */
	size_t n;
	struct x509 *x[X509_LIST_MAX];
};

/* Adds what the file holds, one at least. Errors: certificate, key, limit. */
must bool x509_list_add(struct x509_list *l, struct bytes file, struct err *e);
void x509_list_free(struct x509_list *l);

#endif
