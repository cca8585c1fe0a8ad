/*
 * What was said of a release after it was signed, as a bundle holds it: rebuilt statements and
 * withdrawals, each a signed statement with its payload inside, over the payload of the bundle.
 * What they are worth is judged by a ledger, as if they had been published one after another
 * behind the manifest's signatures: by the roles of the trust file, with its thresholds. Upon which
 * state of a database they were made tells nothing without its log, and of one key the last word
 * counts by the time that it gives itself.
 *
 * Nobody signs them as part of a bundle, and whoever holds it can take them out: that one is there
 * counts, that none is proves nothing.
 */
#ifndef REFERENCE_DB_LATER_H
#define REFERENCE_DB_LATER_H

#include "reference-db/judge.h"
#include "reference-db/ledger.h"

/* Does member i read as what its type says, and speak of this payload (SHA-256)? Errors: bundle,
 * and those of reading a statement. */
must bool later_check(const struct bundle_set *s, size_t i, const struct digest *payload,
		      struct err *e);

/* One more, unless it is there already; its bytes stay borrowed. at: their offset in the file. */
must bool later_add(struct bundle_set *s, struct bytes in, uint64_t at,
		    const struct digest *payload, struct err *e);

/*
 * The members in the order in which they were said: by the time that each gives itself. What can
 * not be told is told for the worse: of one time the better news comes first, and so that it is
 * not the last word, what gives no time, or one after `now`, comes before all others where it is
 * that it was rebuilt equal, and behind them where it is not.
 */
must bool later_order(const struct bundle_set *s, int64_t now, size_t order[BUNDLE_STATEMENTS],
		      struct err *e);

/* Of members that were checked: what each says, and who is said to have signed it. Tamed. */
void later_text(const struct bundle_set *s, struct buf *out);
/* "statements", an array; nothing when there is none. */
void later_json(const struct bundle_set *s, struct json_out *w);

/* ---- what they are worth */

/* Starts zeroed; released by later_free(). */
struct later {
	struct ledger *ledger; /* NULL: nothing was said, and nobody asks for it */
	uint64_t needed; /* rebuilders, by the trust file */
	struct ledger_release release; /* all zero where no publisher's signature counts */
};
void later_free(struct later *x);

/*
 * Adds checks of the id "release" to j->verdict: withdrawn, and a warning for each statement that
 * counts for nothing. Who rebuilt it goes to j->judged. The err is of the machinery only.
 */
must bool later_judge(struct later *x, const struct judge *j, const struct published *p,
		      struct err *e);

/* And that enough have rebuilt it. */
void later_judge_rebuilt(const struct later *x, struct verdict *v);

/* Names those who rebuilt a release, for the answer. */
void later_rebuilders(const struct ledger *l, uint64_t release, const struct when *when,
		      struct judged *out);

#endif
