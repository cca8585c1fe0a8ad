/*
 * What this user has seen of databases: for each the highest state, in one file of the user's,
 * $XDG_STATE_HOME/measure/databases, a line each: "HEIGHT STATE NAME PATH". It is what makes a host
 * that rewrites history, or takes some of it back, be noticed. A line counts for the database of
 * that name, and for whatever lies at that path: absolute, where % and control characters are %XX.
 * Where the environment names no place for it, and none is given, nothing is remembered.
 */
#ifndef REFERENCE_DB_SEEN_H
#define REFERENCE_DB_SEEN_H

#include "reference-db/ledger.h"

#define SEEN_MAX (1u << 20) /* bytes of the file */
#define SEEN_PATH 4096u

/* What was remembered at one moment. Starts as SEEN_NONE; released by seen_free(). */
struct seen {
	struct buf file; /* its path; empty: none is known */
	struct buf text;
};

#define SEEN_NONE ((struct seen){.file = BUF(SEEN_PATH), .text = BUF(SEEN_MAX)})

/*
 * Read before the database is opened: who publishes in between makes it longer, never shorter.
 * given: the file, or NULL for the user's.
 */
must bool seen_read(struct seen *s, const char *given, struct err *e);
void seen_free(struct seen *s);

/*
 * Is what the database has, and the ledger at least, the same history as what had been seen, and no
 * shorter one? `rollback`: it
 * is shorter; `fork`: another state stands at that height; both name the two heads. Then what is
 * newer is remembered, durably, before anything is answered; the file is locked meanwhile (by
 * FILE.lock), and stays as it was when it cannot be written. Malformed lines: `database`.
 */
must bool seen_check(struct seen *s, const char *path, const struct ledger *l,
		     const struct database *d, struct err *e);

/* The same without remembering: for who is going to answer later, after seen_check(). */
must bool seen_compare(struct seen *s, const char *path, const struct ledger *l,
		       const struct database *d, struct err *e);

#endif
