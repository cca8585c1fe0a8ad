/*
 * What a database says of a release, as checks of a verdict: is it listed at all, signed by enough
 * publishers and rebuilt by enough others, withdrawn, older than the minimum, the latest, and is
 * the database itself recent enough to say so?
 */
#ifndef REFERENCE_DB_LISTED_H
#define REFERENCE_DB_LISTED_H

#include "measure/core/verdict.h"
#include "reference-db/ledger.h"

#define LISTED_DAYS 90u /* a database is old then, where nobody promised another period */

struct listed {
	const struct ledger *ledger;
	const char *product, *version; /* asked for by the user; NULL: any */
	struct ledger_when as_of;
	bool latest; /* only the latest will do */
};

/*
 * Which release has one of these measurements? Where several have, one that was withdrawn or
 * contradicted before the others, since all have the same code; else the last one that enough have
 * signed; else the last one. False: none is listed, by that name and version if there are such.
 */
bool listed_find(const struct listed *x, const struct digest *d, size_t n, uint64_t *release);

/*
 * Adds checks of the id "release": withdrawn, contradiction, threshold, rebuilders, minimum,
 * superseded, latest. Which of them fail and which warn: superseded and latest fail only where the
 * latest is asked for.
 */
void listed_judge(const struct listed *x, uint64_t release, struct verdict *v);

/*
 * Those of them that hold wherever statements of a release are, in a database or in a bundle:
 * withdrawn, with a warning where too few have signed that; and rebuilders, of whom so many are
 * needed (0: nobody asks).
 */
void listed_withdrawn(const struct ledger_release *r, struct verdict *v);
void listed_rebuilt(const struct ledger_release *r, uint64_t needed, struct verdict *v);

/* "release" fails, not-listed: nothing that counts has these measurements. */
void listed_unknown(const struct listed *x, struct verdict *v);

/*
 * Adds one of the id "database": stale. It fails when the keys promise a statement every so many
 * days and there is none, and warns after LISTED_DAYS without that promise; judged now alone, since
 * an archive is old by nature. Warns, too, of a statement that was made later than now.
 */
void listed_age(const struct listed *x, struct verdict *v);

#endif
