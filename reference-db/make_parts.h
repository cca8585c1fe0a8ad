/*
 * What the makers of manifests share, whatever the image, and nobody else needs: words and origins
 * from the command line and the build record. Texts are copied to the manifest's strings.
 */
#ifndef REFERENCE_DB_MAKE_PARTS_H
#define REFERENCE_DB_MAKE_PARTS_H

#include "reference-db/make.h"
#include "reference-db/record.h"

/* Of a record that there is none of, r stays zeroed. */
must bool make_read_record(struct record *r, const char *path, struct err *e);

/* Product, version, vendor, provenance. What both say must be the same (usage). */
must bool make_words(struct manifest *m, const struct make_request *q, const struct record *r,
		     struct err *e);

/* What the command line says and what the record says must be one. */
must bool make_choose(const char *option, const char *given, const char *recorded, const char **out,
		      struct err *e);

/* build-record, when there is a record and it does not name that component. */
must bool make_origin(const struct record *r, const char *component, enum origin *out,
		      struct err *e);

/* A record that tells of something that the image has not got is another image's. */
must bool make_all_named(const struct manifest *m, const struct record *r, struct err *e);

/* A copy among the strings; of NULL, NULL. */
const char *make_keep(struct manifest *m, const char *text);

/* A digest as the next value of the last row. */
must bool make_digest(struct manifest *m, const char *name, const struct digest *d, struct err *e);

/* A bundle's manifest, whose strings are not made yet. */
must bool make_snp(struct manifest *m, const struct make_request *q, const struct record *r,
		   struct err *e);

#endif
