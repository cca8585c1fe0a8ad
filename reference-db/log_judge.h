/*
 * Was what the publishers signed also published in a log that others run? A proof counts when it
 * is of a log that the trust file names, whose signature and those of all known witnesses hold,
 * which are enough by its policy, and finds a signed manifest whose signature counts. Who runs a
 * log, or submitted to it, and is not named there, counts for nothing.
 *
 * A signature in the name of a known log or witness that does not hold, and a proof that finds
 * none of the signed manifests, fail the whole; so do two trees of one size with different roots.
 * Cosignatures of the future, and those that name no time, are not counted.
 */
#ifndef REFERENCE_DB_LOG_JUDGE_H
#define REFERENCE_DB_LOG_JUDGE_H

#include "reference-db/judge.h"

/*
 * After judge_signatures(). Adds the checks "proof" (one for each) and, where logs are named or
 * `asked` for, "logs" to the verdict. The err is of the machinery, or of a proof's form.
 */
must bool log_judge(const struct judge *j, const struct published *p, bool asked, struct err *e);

#endif
