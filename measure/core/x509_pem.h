/*
 * The PEM block of one certificate (RFC 7468), read so strictly that every other reader takes the
 * same bytes from it: it begins with the first character, carries no headers, its base64 stands in
 * lines of 1 to 76 characters without blanks, and no line is empty. Lines end in LF or CRLF, the
 * last one also at the end of the text. Private to measure/core.
 */
#ifndef MEASURE_CORE_X509_PEM_H
#define MEASURE_CORE_X509_PEM_H

#include "measure/base/buf.h"

#define X509_PEM_MAX (64u * 1024) /* bytes of a block */

/* Appends what the block encodes. *used: length of text up to the end of its last line. */
must bool x509_pem_read(struct bytes text, struct buf *der, size_t *used, struct err *e);

#endif
