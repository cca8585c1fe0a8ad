/*
 * What a user takes for released: a manifest in one or more files, the trust file, and what its
 * keys say of the manifest's signatures. Every verb that compares something with a manifest begins
 * here. Starts zeroed; owns all of it; released by released_free().
 */
#ifndef REFERENCE_DB_RELEASED_H
#define REFERENCE_DB_RELEASED_H

#include "reference-db/corim.h"
#include "reference-db/judge.h"

struct released {
	const char *product, *version; /* asked for by the user, borrowed; NULL: any */
	struct trust *trust;
	struct published published;
	struct manifest manifest;
	struct when when;
	bool asked_proof; /* by the user: it is wanted whatever the trust file says */
	bool listed; /* by a database, which says what was said later */
	bool allow_debug; /* read a manifest whose policy allows it */
	struct judged judged;
};

void released_free(struct released *r);

/* One more file of it: a signed manifest, a bundle, a payload; "-" is standard input. */
must bool released_add(struct released *r, const char *path, struct err *e);

/* A proof that it was published, which is then wanted. */
must bool released_add_proof(struct released *r, const char *path, struct err *e);

/* When all were added: reads the payload. name: of the first, for messages. */
must bool released_read(struct released *r, const char *name, struct err *e);

/* given: --trust, or NULL. A file in which nobody is a publisher is `no-trust`. */
must bool released_trust(struct released *r, const char *given, struct err *e);

/*
 * Adds "signature", "threshold", "proof" and "logs" where there are such and, where the manifest
 * names one, "validity" to *v, as of r->when, and "release" where the user asked for one, and
 * where no database has been asked for what its files say of it (later.h); the err is of the
 * machinery only.
 */
must bool released_judge(struct released *r, struct verdict *v, struct err *e);

#endif
