/*
 * The manifest as CoRIM (draft-ietf-rats-corim-11), both ways. What we write is one form, described
 * in formats/manifest.md: base CoRIM without a profile, deterministic CBOR, one CoMID with the
 * registers of a Nitro enclave and one CoSWID (RFC 9393) with the artefact and its components; of
 * files alone that CoSWID and no CoMID.
 *
 * Read is that, and what others write: base CoRIM, the profile of AMD SEV-SNP
 * (draft-deeglaze-amd-sev-snp-corim-profile-02, by both of its URIs) and the launch measurements of
 * the IGVM project. A CoRIM with a profile that is not known is refused as a whole, as the draft
 * demands. Bounds: CORIM_MAX bytes, CORIM_ITEMS items of CBOR, CORIM_TAGS tags, the rows and values
 * of manifest.h.
 */
#ifndef REFERENCE_DB_CORIM_H
#define REFERENCE_DB_CORIM_H

#include "reference-db/bundle.h"
#include "reference-db/lint.h"
#include "reference-db/manifest.h"
#include "reference-db/signed.h"

#define CORIM_MAX (8u << 20)
#define CORIM_ITEMS (2u << 20)
#define CORIM_TAGS 64u

/* Refuses what manifest_check() refuses; what it writes, corim_read() reads as ours. */
must bool corim_write(const struct manifest *m, struct buf *out, struct err *e);

/*
 * payload: the unsigned CoRIM, tag 501. base: its offset in the file, for messages. All findings go
 * to *l, errors among them and whatever is refused as malformed; false when there is an error, with
 * e the first. *m is the caller's to manifest_free() in either case. m->foreign is false exactly
 * when corim_write(m) gives the payload again.
 */
must bool corim_read(struct manifest *m, struct bytes payload, uint64_t base, struct lint *l,
		     struct err *e);

struct corim_file {
	bool is_signed;
	struct bytes payload; /* borrowed from the file */
	uint64_t base;
	struct bundle_set proofs, later, collateral; /* of a bundle */
	size_t n_claims; /* headers that are well-formed: who is said to have signed */
	struct signed_header claim[BUNDLE_SIGNATURES];
};

/*
 * What a .corim file or a bundle holds: an unsigned CoRIM, or the payload of a COSE_Sign1 (tag 18)
 * or of a bundle, whose signatures are not verified. Old prefix tags (500, 502) are passed over
 * with a finding, and there is one (LINT_ENVELOPE) for each signature that could count nowhere.
 */
must bool corim_open(struct corim_file *f, struct bytes file, struct lint *l, struct err *e);

#endif
