/*
 * Statements put into a database. Each is judged as a reader would who trusts the same keys, and
 * what would not count does not go in; one that is there already is left as it is. When another
 * publisher is faster, what it did is judged first and then it is tried again, so that nothing is
 * lost and nothing is there twice.
 */
#ifndef REFERENCE_DB_PUBLISH_H
#define REFERENCE_DB_PUBLISH_H

#include "reference-db/ledger.h"

#define PUBLISH_MAX 65536u /* statements at once */

struct publish {
	const char *path; /* of the repository */
	const struct trust *trust;
	struct digest trust_digest; /* SHA-256 of the trust file */
	const char *cache, *seen; /* ledger.h, seen.h; or NULL */
	int64_t when; /* of the commit, seconds since the epoch */
	struct watch watch;
};

struct publish_entry {
	bool already; /* it was there */
	uint64_t entry;
	enum statement_kind kind;
	struct digest sha256;
	char path[DATABASE_PATH];
};

/*
 * n files, each one signed statement, as one commit; what came of each goes to out[n]. Errors:
 * role (exit 1) by a key that has not the role, signature, contradiction (another payload of that
 * version; keys out of turn), fork (made upon a state that is not of this database), not-listed (a
 * statement of a release that the database does not have), busy, and those of database.h.
 */
must bool publish(const struct publish *p, const struct bytes *file, size_t n,
		  struct publish_entry *out, struct err *e);

#endif
