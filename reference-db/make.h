/*
 * A manifest from an image: its registers, the digest and size of the unsigned image and of each
 * section, and what the build record, or the command line, says of where they come from.
 */
#ifndef REFERENCE_DB_MAKE_H
#define REFERENCE_DB_MAKE_H

#include "measure/base/file.h"
#include "reference-db/manifest.h"

struct make_request {
	const char *image; /* path of a regular file */
	const char *record; /* path of a build record, or NULL: then all origins are asserted */
	const char *product, *version; /* may be NULL with a record, else must equal the record's */
	const char *vendor; /* or NULL: the product's part before the first slash */
	const char *artefact; /* or NULL: the product's last part and ".eif" */
	const char *certificate; /* path: PCR8 becomes part of the manifest; or NULL */
	struct watch watch;
};

/*
 * Nothing of the request but its words and the content of its files reaches the manifest. *m is the
 * caller's to manifest_free() in either case. Errors: usage, build-record, key-mismatch (the
 * certificate is not the record's, or not the image's own), whatever reading the files gives.
 */
must bool manifest_make(struct manifest *m, const struct make_request *q, struct err *e);

#endif
