/*
 * What the verbs of `measure idblock` share: files that hold an ID block, its authentication, or,
 * being IGVM, both; and the fields that a block has by options. Starts zeroed; idblock_free().
 */
#ifndef MEASURE_CLI_IDBLOCK_H
#define MEASURE_CLI_IDBLOCK_H

#include "measure/cli/cli.h"
#include "ovmf-snp/idblock.h"
#include "ovmf-snp/igvm_measure.h"

struct idblock_file {
	struct buf bytes;
	bool is_igvm;
	struct igvm igvm;
	bool has_block, has_auth;
	struct idblock block;
	struct idblock_auth auth;
};

void idblock_free(struct idblock_file *f);

/* By its beginning and its length; what is not binary may be base64. */
must bool idblock_load(struct idblock_file *f, const char *path, struct err *e);

/* Places in the table, which begins with these rows. */
enum idblock_opt {
	IDBLOCK_MEASUREMENT,
	IDBLOCK_POLICY_OPT,
	IDBLOCK_PROFILE,
	IDBLOCK_NATIVE_ZERO,
	IDBLOCK_FAMILY, /* the last ones are of blocks that are made */
	IDBLOCK_IMAGE,
	IDBLOCK_SVN,
	IDBLOCK_OPTS
};
#define IDBLOCK_ROW(name, kind, arg, choices, help) \
	{                                           \
		name, 0, kind, arg, choices, help   \
	}
#define IDBLOCK_GUEST_ROWS                                                                   \
	[IDBLOCK_MEASUREMENT] = IDBLOCK_ROW("measurement", OPT_VALUE, "DIGEST", NULL,        \
					    "the launch digest, hex or base64"),             \
	[IDBLOCK_POLICY_OPT] =                                                               \
		IDBLOCK_ROW("policy", OPT_VALUE, "N", NULL, "the guest's policy (0x30000)"), \
	[IDBLOCK_PROFILE] = IDBLOCK_ROW("profile", OPT_VALUE, "NAME", igvm_profile_names,    \
					"of IGVM files: who starts or measures the guest"),  \
	[IDBLOCK_NATIVE_ZERO] = IDBLOCK_ROW("native-zero", OPT_FLAG, NULL, NULL,             \
					    "of IGVM files: pages without data are zero pages")
#define IDBLOCK_NAME_ROWS                                                             \
	[IDBLOCK_FAMILY] = IDBLOCK_ROW("family-id", OPT_VALUE, "HEX", NULL,           \
				       "FAMILY_ID of its reports, 16 bytes (zeros)"), \
	[IDBLOCK_IMAGE] = IDBLOCK_ROW("image-id", OPT_VALUE, "HEX", NULL,             \
				      "IMAGE_ID of its reports, 16 bytes (zeros)"),   \
	[IDBLOCK_SVN] = IDBLOCK_ROW("guest-svn", OPT_VALUE, "N", NULL,                \
				    "the guest's security version number (0)")

/*
 * The guest that is meant: by the options, or by an IGVM file (f, may be NULL), for which they have
 * no meaning then. given says what is known of it.
 */
struct idblock_guest {
	bool has_ld, has_policy;
	struct digest ld;
	uint64_t policy;
};
must bool idblock_guest(const struct args *args, const struct idblock_file *f,
			struct idblock_guest *guest, struct err *e);

/* A new block for it, with the fields of IDBLOCK_NAME_ROWS. */
must bool idblock_make(const struct args *args, const struct idblock_guest *guest,
		       struct idblock *b, struct err *e);

/* The public key in a file that has it or its private half; P-384. Which: "--id-key". */
must bool idblock_key(const char *path, const char *which, struct pubkey **key, struct err *e);

/* The fields, as text and JSON. */
must bool idblock_tell(const struct idblock_file *f, struct buf *text, struct json_out *w,
		       struct err *e);

/* To a file, in base64 when that is asked for. */
must bool idblock_put(const char *path, struct bytes x, bool base64, struct err *e);

#endif
