/*
 * A manifest as it is handed around: one payload, and the signatures that were gathered over it,
 * out of any number of files, each a signed CoRIM, a bundle, or the bare payload. The payloads of
 * all files must be the same bytes (manifests-differ). Proofs of publication, what was said later
 * and collateral are gathered as well, those of bundles and others. Owns the files' bytes;
 * everything else points into them. Starts zeroed; released by published_free().
 */
#ifndef REFERENCE_DB_PUBLISHED_H
#define REFERENCE_DB_PUBLISHED_H

#include "reference-db/bundle.h"
#include "reference-db/signed.h"

#define PUBLISHED_FILES (BUNDLE_PROOFS + BUNDLE_SIGNATURES + BUNDLE_STATEMENTS + BUNDLE_COLLATERAL)

struct published {
	size_t n_files;
	struct buf file[PUBLISHED_FILES];
	bool has_payload; /* one of no bytes is known as well */
	struct bytes payload;
	uint64_t payload_at; /* in the first file */
	size_t n;
	struct signed_statement
		statement[BUNDLE_SIGNATURES]; /* payload filled in, detached or not */
	struct bundle_set proofs, later, collateral; /* each reads as what its type says */
};

void published_free(struct published *p);

/* Does a file begin like a manifest, a signed one or a bundle? `corim` otherwise. */
must bool published_begins(struct bytes file, struct err *e);

/* Form only: nobody's signature is verified here. path may be "-". */
must bool published_add(struct published *p, const char *path, struct err *e);

/* The same of bytes that were read; they are moved out of *file. */
must bool published_add_bytes(struct published *p, struct buf *file, struct err *e);

/* A statement that was made of it later (later.h), once the payload is known. path may be "-". */
must bool published_add_later(struct published *p, const char *path, struct err *e);
must bool published_add_later_bytes(struct published *p, struct buf *file, struct err *e);

/* A file of certificates or a revocation list (collateral.h). path may be "-". */
must bool published_add_collateral(struct published *p, const char *path, struct err *e);

/* A proof of publication (log_proofs.h). path may be "-". */
must bool published_add_proof(struct published *p, const char *path, struct err *e);
must bool published_add_proof_bytes(struct published *p, struct buf *file, struct err *e);

/* Signature i of a bundle, its payload left out. */
must bool published_member(const struct bundle *b, size_t i, struct signed_statement *s,
			   struct err *e);

/* All of it as a bundle. */
must bool published_bundle(const struct published *p, struct buf *out, struct err *e);

#endif
