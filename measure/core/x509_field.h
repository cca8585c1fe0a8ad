/*
 * Single fields of a certificate, in which makers of evidence write which machine, product or
 * level it is for. Taken out of what x509_read_der() or x509_read_pem_any() read; whether any of it
 * is true is decided by the chain (x509_chain.h).
 */
#ifndef MEASURE_CORE_X509_FIELD_H
#define MEASURE_CORE_X509_FIELD_H

#include "measure/core/x509.h"

/* The commonName of the subject as UTF-8, appended. certificate: none, two, or a NUL in it. */
must bool x509_common_name(const struct x509 *x, struct buf *cn, struct err *e);

/*
 * What the octet string of an extension holds, borrowed from x; p is NULL when there is no such
 * extension. certificate: it stands twice. oid: dotted numbers.
 */
must bool x509_extension(const struct x509 *x, const char *oid, struct bytes *value, struct err *e);

#endif
