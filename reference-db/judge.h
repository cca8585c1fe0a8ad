/*
 * Do enough trusted keys stand behind a payload? A signature counts when its key is named in the
 * trust file for the role, or is certified by a CA named for it (certified.h), verifies over the
 * received bytes, and is inside its own validity and the key's at the chosen time. k of n counts
 * different signers (signers.h); of a key that is named, no certificate is looked at.
 *
 * A signature in the name of a trusted key that does not hold fails the whole. One that is out of
 * its time, or whose certificates do not hold, counts for nothing: it is what fails the whole when
 * too few others count, and a warning otherwise. So are unknown keys a warning, always.
 */
#ifndef REFERENCE_DB_JUDGE_H
#define REFERENCE_DB_JUDGE_H

#include "measure/base/when.h"
#include "measure/core/verdict.h"
#include "reference-db/published.h"
#include "reference-db/trust.h"

#define JUDGE_NAME_MAX 127u
#define JUDGE_REBUILDERS 64u /* that are named */

struct judge_signer {
	char name[JUDGE_NAME_MAX + 1]; /* in the trust file, or the subject of its certificate */
	struct digest id; /* of its key */
	uint8_t subject[32]; /* signers.h */
	const struct x509 *ca; /* that certified it, borrowed from the trust; NULL: it is named */
	const struct signed_statement *statement;
};

struct judge_rebuilder {
	char name[JUDGE_NAME_MAX + 1];
	struct digest id; /* of its key */
};

struct judged {
	size_t n; /* different signers whose signatures count */
	struct judge_signer signer[BUNDLE_SIGNATURES];
	bool counts[BUNDLE_SIGNATURES]; /* each of the statements, in their order */
	char log[JUDGE_NAME_MAX + 1]; /* in which it is proven to be (log_judge.h), or empty */
	uint64_t log_index;
	size_t n_rebuilders; /* who say that it is rebuilt equal, and count (later.h) */
	struct judge_rebuilder rebuilder[JUDGE_REBUILDERS];
};

/* By what it is judged, and where the result goes; all borrowed. */
struct judge {
	const struct trust *trust;
	enum trust_role role;
	struct when when; /* not judged at all is shown as a weakening */
	struct verdict *verdict;
	struct judged *judged; /* starts zeroed */
};

/*
 * Adds the checks "signature" (one for each) and "threshold" to the verdict. The err is of the
 * machinery only (memory, library); what the signatures are worth is in the verdict.
 */
must bool judge_signatures(const struct judge *j, const struct published *p, struct err *e);

#endif
