/*
 * Evidence: bytes that hardware signed about a machine that runs (an attestation document, an
 * attestation report), turned into claims. A format is constant data in <folder>/evidence.c; the
 * command line works from the table of formats (generated from MODULES in the Makefile).
 *
 * Claims come from authenticate() alone, which puts into the verdict in the same call what they are
 * worth: "genuine" (one for each slug that fails it, or one that passes), "vendor-signature",
 * "production". So nothing can be compared whose signature was not judged, and a verdict with
 * claims that are not authentic is never a yes. Everything else is compared by the layers above.
 *
 * Claims own what they hold (copies), so that a cache or a batch may drop the evidence's bytes.
 */
#ifndef MEASURE_CORE_EVIDENCE_H
#define MEASURE_CORE_EVIDENCE_H

#include "measure/base/buf.h"
#include "measure/base/json.h"
#include "measure/base/when.h"
#include "measure/core/mset.h"
#include "measure/core/policy.h"
#include "measure/core/verdict.h"

#define EVIDENCE_MAX (128u * 1024) /* bytes of evidence, a certificate table included */
#define EVIDENCE_FILES 64u /* of each kind of collateral */
#define EVIDENCE_FILE_MAX (1u << 20)

/* A file that was read: its name for messages. Both borrowed. */
struct evidence_file {
	const char *path;
	struct bytes bytes;
};

struct evidence_files {
	size_t n;
	struct evidence_file file[EVIDENCE_FILES];
};

struct chain_cache; /* links that were verified before (chain_cache.h) */

struct evidence_request {
	struct bytes evidence;
	struct when when;
	bool allow_debug;
	const struct evidence_files
		*root; /* --root: trusted instead of the pinned ones; PEM or DER */
	const struct evidence_files *ark; /* --ark: the same for AMD */
	const struct evidence_files *chain; /* candidates, PEM or DER, any order */
	const struct evidence_files *vek; /* --vek */
	const struct evidence_files *crl; /* --crl */
	struct chain_cache *cache; /* or NULL */
};

/* Absent, or bytes in `bytes` of the claims. */
struct claim {
	bool present;
	struct bytes v;
};

struct evidence_format;

struct claims {
	const struct evidence_format *format;
	struct buf bytes; /* what the claims point into */
	struct mset registers; /* "PCR0" ... as found, zero ones too; "MEASUREMENT" */
	bool has_time;
	int64_t time; /* seconds: signed by the hardware */
	int64_t judged_at; /* the time that certificates were judged by, unless CLOCK_NONE */
	struct claim nonce, user_data, public_key; /* attestation documents */
	struct claim report_data, host_data; /* attestation reports */
	char product[32], region[64]; /* "" where the evidence has none */
	void *own; /* the format's; released by its free() */
};

struct evidence_format {
	const char *kind; /* "nitro", "snp": of --kind and kinds: */
	const char *summary; /* "AWS Nitro attestation document" */

	/* 0..100: how surely this is such evidence. 0 for everything else that is published. */
	int (*bid)(struct bytes whole);

	/*
	 * Claims and the three checks, or e: what is no such evidence, or malformed, is a check
	 * "genuine" that fails with a reason of class MALFORMED (`format`, `version`) and no claims
	 * (*c stays NULL, the result is true). e is of the machinery, of options (usage,
	 * no-time-in-evidence), and of collateral that is missing or malformed.
	 */
	bool (*authenticate)(const struct evidence_request *q, struct claims **c, struct verdict *v,
			     struct err *e);

	/* Adds the checks "policy" of what only this format has: one, or all that fail. */
	bool (*policy)(const struct claims *c, const struct policy *p, struct verdict *v,
		       struct err *e);

	/* All claims, for people (80 columns but for digests), as members of an object; tamed. */
	void (*text)(const struct claims *c, struct buf *out);
	void (*json)(const struct claims *c, struct json_out *w);

	/*
	 * What only manifests of this kind name, by their name for it ("POLICY", "REPORTED_TCB"):
	 * its bytes as they stand in the evidence, numbers little-endian. False where there is no
	 * such field. NULL: registers and host data are all there is.
	 */
	bool (*field)(const struct claims *c, const char *name, struct bytes *v);

	/* What a yes still trusts: phrases for people, NULL-terminated; NULL: nothing is said. */
	const char *const *trust_base;

	void (*free_own)(void *own);
};

/* Formats of this build, NULL-terminated; defined by the command line layer (generated). */
extern const struct evidence_format *const evidence_table[];

/* The surest bidder of the table; NULL when there is none, or two are as sure. */
const struct evidence_format *evidence_find(const struct evidence_format *const *table,
					    struct bytes whole);

/* room: bytes of all copies together; they never move. Released by claims_free(). */
must bool claims_new(struct claims **c, const struct evidence_format *f, size_t room,
		     struct err *e);
void claims_free(struct claims **c);

/* A copy of v among the claims' bytes. No room is a failed c->bytes. */
struct bytes claims_copy(struct claims *c, struct bytes v);

#endif
