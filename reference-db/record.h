/*
 * The build record (formats/build-record.md): what a build knows about an image that the image does
 * not tell itself, as one JSON object of the schema "measure-build/1". It is what makes a manifest
 * a function of source and recipe instead of words on a command line. Strict: a key that is
 * unknown, missing, twice or of another type is refused, as is every text that could not be
 * published.
 */
#ifndef REFERENCE_DB_RECORD_H
#define REFERENCE_DB_RECORD_H

#include "measure/base/json.h"
#include "reference-db/manifest.h"

#define RECORD_SCHEMA "measure-build/1"
#define RECORD_MAX (256u * 1024)

/* Texts point into `strings`. NULL: not said. */
struct record {
	struct buf strings;
	const char *product, *version, *vendor;
	const char *artefact; /* or NULL: files alone, which the components are */
	const char *source_commit, *source_digest; /* one of them at least */
	const char *recipe, *inputs; /* "sha256:..." */
	const char *certificate; /* "sha256:..." of its DER, when PCR8 is part of the release */
	enum origin origin; /* of the artefact; ORIGIN_NONE without one */
	size_t n_components;
	struct {
		const char *name;
		enum origin origin;
	} component[MANIFEST_COMPONENTS];
};

/* Errors: build-record, json, trailing, limit, out-of-memory. Released by record_free(). */
must bool record_read(struct record *r, struct bytes json, struct err *e);
void record_free(struct record *r);

/* In one form: keys in the order of the structure, indented, with a newline. */
void record_write(const struct record *r, struct buf *out);

/* Is it of a release of files alone? Of no record it is not. */
bool record_is_of_files(const struct record *r);

/* ORIGIN_NONE when the record does not name it. */
enum origin record_origin(const struct record *r, const char *component);

#endif
