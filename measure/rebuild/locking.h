/*
 * From a recipe to its lock, without a network: files and images of the project go into the store,
 * commits are packed into it, names of packages are resolved by the signed lists that lie there.
 * What an older lock says stays, as long as the recipe says the same of the input and nobody asks
 * for a new answer; files and images that lie in the project are read anew each time.
 */
#ifndef MEASURE_REBUILD_LOCKING_H
#define MEASURE_REBUILD_LOCKING_H

#include "measure/rebuild/buildinfo.h"
#include "measure/rebuild/lock.h"
#include "measure/rebuild/recipe.h"

struct locking {
	const struct recipe *recipe;
	struct bytes text; /* of the recipe */
	const char *folder; /* that it is in */
	const char *source; /* a repository in place of the recipe's own; or NULL */
	const struct objects *store;
	const struct lock *old; /* or NULL */
	const char *const *update; /* inputs to be asked anew */
	size_t n_update;
	int64_t now; /* by which lists are judged */
	const struct buildinfo *buildinfo; /* pins packages, all anew; or NULL */
	const char *tool;
	struct watch watch;
};

/*
 * Released by lock_free(); nothing in it is of the old lock or of the recipe. Errors: those of what
 * is read, with the input's name in front; unlocked (nothing says what an input is), input-missing.
 */
must bool locking_make(const struct locking *q, struct lock *out, struct err *e);

/* "tools/gcc-12: 12.2.0-13 -> 12.2.0-14", a line for each entry that is new, gone or another. */
struct lock_change {
	const struct lock_input *old, *new; /* NULL: there is none */
};
struct lock_changes {
	struct lock_change *item; /* sorted by input and name */
	size_t n;
};
must bool lock_compare(const struct lock *old, const struct lock *new, struct lock_changes *out,
		       struct err *e);
void lock_changes_free(struct lock_changes *c);

/* What tells one version of an entry from another: version, commit or digest. "none": no entry. */
const char *lock_input_version(const struct lock_input *i, char room[2 * DIGEST_MAX + 1]);

#endif
