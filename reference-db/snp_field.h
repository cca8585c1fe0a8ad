/*
 * The fields of an attestation report of AMD SEV-SNP as AMD's profile of CoRIM numbers them
 * (draft-deeglaze-amd-sev-snp-corim-profile-02): reader, writer and rules share this table.
 */
#ifndef REFERENCE_DB_SNP_FIELD_H
#define REFERENCE_DB_SNP_FIELD_H

#include "reference-db/manifest.h"

#define SNP_ANY_LENGTH 0u
#define SNP_POLICY_ONE 17u /* bits of POLICY: always set */
#define SNP_POLICY_DEBUG 19u /* the host may read the guest's memory */

struct snp_field {
	uint64_t mkey;
	const char *name; /* "MEASUREMENT" */
	enum value_kind kind; /* VALUE_SVN: VALUE_MIN_SVN too */
	size_t length; /* where it is bytes; or SNP_ANY_LENGTH */
};

/* NULL for what the profile does not name. */
const struct snp_field *snp_field(uint64_t mkey);
const struct snp_field *snp_field_named(const char *name);

#endif
