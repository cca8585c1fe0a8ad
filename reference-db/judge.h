/*
 * Do enough trusted keys stand behind a payload? A signature counts when its key is named in the
 * trust file for the role, verifies over the received bytes, and is inside its own validity and the
 * key's at the chosen time. k of n counts distinct keys. Unknown keys count for nothing, but are
 * listed; a signature in the name of a trusted key that does not hold fails the whole.
 */
#ifndef REFERENCE_DB_JUDGE_H
#define REFERENCE_DB_JUDGE_H

#include "measure/base/when.h"
#include "measure/core/verdict.h"
#include "reference-db/published.h"
#include "reference-db/trust.h"

struct judge_signer {
	const struct trust_key *key; /* borrowed from the trust */
	const struct signed_statement *statement;
};

struct judged {
	size_t n; /* distinct trusted keys whose signatures count */
	struct judge_signer signer[BUNDLE_SIGNATURES];
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
