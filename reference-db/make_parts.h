/*
 * What the makers of manifests share, whatever the image, and nobody else needs: words and origins
 * from the command line and the build record. Texts are copied to the manifest's strings.
 */
#ifndef REFERENCE_DB_MAKE_PARTS_H
#define REFERENCE_DB_MAKE_PARTS_H

#include "ovmf-snp/idblock.h"
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

/* ---- files alone */

/* A manifest of them, whose strings are not made yet. */
must bool make_files(struct manifest *m, const struct make_request *q, const struct record *r,
		     struct err *e);

/* ---- guests of SEV-SNP */

/* What rows hold beside their launch digest: an ID block with the digests of its keys. */
struct make_identity {
	bool given;
	bool separate; /* is a file of its own */
	uint64_t policy_mask; /* given or not */
	struct idblock block;
	struct idblock_auth auth;
	struct digest file, id_key, author_key;
};

/* The files that the request names, if it does. Errors: usage, id-block-form, signature. */
must bool make_identity_read(struct make_identity *id, const struct make_request *q, struct err *e);

/* Verifies a block that is there (signature), and digests its keys. */
must bool make_identity_check(struct make_identity *id, struct err *e);

/* The manifest's room, for so many rows, with its words and its profile. */
must bool make_snp_words(struct manifest *m, const struct make_request *q, const struct record *r,
			 size_t rows, struct err *e);

struct make_guest {
	struct bytes label;
	struct digest digest;
	uint64_t policy;
};

/* One row more. */
must bool make_guest(struct manifest *m, const struct make_guest *g, const struct make_identity *id,
		     struct err *e);

/* Name, size and digest of a file, with its origin; the ID block that is a file of its own. */
must bool make_component(struct manifest *m, const struct component *c, const struct record *r,
			 struct err *e);
must bool make_block_component(struct manifest *m, const struct make_identity *id,
			       const struct record *r, struct err *e);

/* Manifests of a bundle, and of an IGVM file, whose strings are not made yet. */
must bool make_bundle(struct manifest *m, const struct make_request *q, const struct record *r,
		      struct err *e);
must bool make_igvm(struct manifest *m, const struct make_request *q, const struct record *r,
		    struct err *e);

#endif
