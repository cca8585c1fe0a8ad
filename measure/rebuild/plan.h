/*
 * What is going to be built: a recipe, the lock that is its own, and the store with all that the
 * lock names, each of it proved. A lock of another recipe, an input that is not locked, one that is
 * not there or is something else: all is found before anything is run.
 */
#ifndef MEASURE_REBUILD_PLAN_H
#define MEASURE_REBUILD_PLAN_H

#include "measure/rebuild/lock.h"
#include "measure/rebuild/recipe.h"

struct plan_ask {
	const char *recipe; /* path */
	const char *lock; /* path; NULL: measure.lock beside the recipe */
	const char *store; /* folder; NULL: that of the user */
	const char *source; /* repository of the input `source`; NULL: as the recipe says */
	bool own; /* what is part of the project is read and proved though the store has it */
	struct watch watch; /* bytes that are proved */
};

struct plan {
	struct recipe recipe;
	struct lock lock;
	struct digest recipe_digest, inputs_digest; /* SHA-256 */
	char *folder; /* that the recipe is in */
	struct objects store;
	const struct lock_input *uncompared; /* a source whose repository is not here; or NULL */
};

#define PLAN_NONE ((struct plan){.store = {.fd = -1}})

/*
 * p: PLAN_NONE; released by plan_free(). Inputs that are part of the project (sources at their
 * locked commit, files beside the recipe) and not in the store are put there, as are
 * such that were damaged in it. A source whose
 * repository is here must be the tree of its commit, in the store or not; one that was asked for
 * (ask.source) has to be here. Errors: yaml, recipe, lock, unlocked, input-missing, input-digest,
 * source, commit.
 */
must bool plan_read(struct plan *p, const struct plan_ask *ask, struct err *e);
void plan_free(struct plan *p);

/* Of an input what is locked: always one at least. */
const struct lock_input *plan_locked(const struct plan *p, const struct recipe_input *input,
				     size_t *n);

/* Its source: the commit, or NULL; the digest of its tree, or of the recipe where that is all. */
void plan_source(const struct plan *p, const char **commit, struct digest *tree);

/* "FOLDER/PATH" of something beside the recipe, in place of what out holds. */
must bool plan_path(const struct plan *p, const char *path, struct buf *out, struct err *e);

#endif
