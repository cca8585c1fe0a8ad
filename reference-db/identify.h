/*
 * The digests by which a file can be looked up in a database: what its image measures to, and
 * nothing that anybody may have written into it.
 */
#ifndef REFERENCE_DB_IDENTIFY_H
#define REFERENCE_DB_IDENTIFY_H

#include "measure/base/file.h"
#include "measure/core/digest.h"

#define IDENTIFIED_MAX 64u

struct identified {
	size_t n;
	struct digest digest[IDENTIFIED_MAX]; /* PCR0, launch digests, files' SHA-256 */
};

/*
 * An EIF, a bundle of a guest of SEV-SNP, an IGVM file, or whatever file else; added to *out. Of
 * each file its own digest is one, too: a release of files alone may list an image. Errors: those
 * of reading it.
 */
must bool identify(const char *path, struct watch watch, struct identified *out, struct err *e);

#endif
