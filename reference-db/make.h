/*
 * A manifest from an image: its registers, the digest and size of the unsigned image and of each
 * section, and what the build record, or the command line, says of where they come from. Or from
 * a bundle of a guest of SEV-SNP (ovmf-snp/bundle.h): its launch digests, computed again from the
 * files, which must be those that its record tells of. Or from an IGVM file, and the launch digest
 * that it gives by one profile (ovmf-snp/igvm_measure.h). Or from files, which are released as they
 * are.
 */
#ifndef REFERENCE_DB_MAKE_H
#define REFERENCE_DB_MAKE_H

#include "measure/base/file.h"
#include "reference-db/manifest.h"

struct make_request {
	const char *image; /* path of a regular file; of a bundle's folder, or its launch.json */
	bool files; /* files are released, no image; a record without an artefact says so too */
	const char *const *file; /* those: paths; where there are none, what the record names and */
	size_t n_files; /* lies beside it */
	const char *record; /* path of a build record, or NULL: then all origins are asserted */
	const char *product, *version; /* may be NULL with a record, else must equal the record's */
	const char *vendor; /* or NULL: the product's part before the first slash */
	const char *artefact; /* or NULL: the product's last part and ".eif" */
	const char *certificate; /* path: PCR8 becomes part of the manifest; or NULL */
	struct watch watch;

	/* of a guest of SEV-SNP */
	const char *profile_uri; /* MANIFEST_SNP_2025, or that of 2024 */
	uint64_t policy_mask; /* bits of the policy that evidence must have as the image has them */
	bool allow_debug;
	const char *id_block, *id_auth; /* paths: the ID block of its one launch digest; or NULL */

	/* of an IGVM file: who starts it; NULL when the ID block tells it, or it is the same */
	const char *igvm_profile;
	bool native_zero;
};

/*
 * Nothing of the request but its words and the content of its files reaches the manifest. *m is the
 * caller's to manifest_free() in either case. Errors: usage, build-record, key-mismatch (the
 * certificate is not the record's, or not the image's own), debug-mode, launch-record, id-block,
 * whatever reading the files gives.
 */
must bool manifest_make(struct manifest *m, const struct make_request *q, struct err *e);

/* The path of a file of that name beside a record. */
must bool make_file_beside(const char *record, const char *name, struct buf *path, struct err *e);

#endif
