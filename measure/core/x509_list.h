/*
 * Certificates from a file that the user names: PEM blocks one behind the other, with nothing but
 * empty lines between them, or one certificate in DER. Owns them; x509_list_free() leaves none.
 */
#ifndef MEASURE_CORE_X509_LIST_H
#define MEASURE_CORE_X509_LIST_H

#include "measure/core/x509.h"

#define X509_LIST_MAX 64u

struct x509_list {
	size_t n;
	struct x509 *x[X509_LIST_MAX];
};

/* Adds what the file holds, one at least. Errors: certificate, key, limit. */
must bool x509_list_add(struct x509_list *l, struct bytes file, struct err *e);
void x509_list_free(struct x509_list *l);

#endif
