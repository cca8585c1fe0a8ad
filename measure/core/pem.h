/*
 * One PEM block (RFC 7468), read so strictly that every other reader takes the same bytes from it:
 * it begins with the first character, carries no headers, its base64 stands in lines of 1 to 76
 * characters without blanks, and no line is empty. Lines end in LF or CRLF, the last one also at
 * the end of the text. Private to measure/core.
 */
#ifndef MEASURE_CORE_PEM_H
#define MEASURE_CORE_PEM_H

#include "measure/base/buf.h"

#define PEM_MAX (64u * 1024) /* bytes of a block */

struct pem {
	const char *label; /* "CERTIFICATE" */
	enum reason reason; /* of every refusal but limit and out-of-memory */
};

/* Appends what the block encodes. *used: length of text up to the end of its last line. */
must bool pem_read(const struct pem *kind, struct bytes text, struct buf *der, size_t *used,
		   struct err *e);

#endif
