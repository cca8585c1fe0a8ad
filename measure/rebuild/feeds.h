/*
 * What can reach each register of an image, or each file of a recipe that makes none, by its recipe
 * and lock alone: when one is
 * another one in the next release although nothing that feeds it is, something came in that no
 * lock holds. By that a release is stopped.
 */
#ifndef MEASURE_REBUILD_FEEDS_H
#define MEASURE_REBUILD_FEEDS_H

#include "measure/rebuild/lock.h"
#include "measure/rebuild/recipe.h"
#include "reference-db/manifest.h"

#define FEEDS_MAX MANIFEST_COMPONENTS

/* Which inputs and stages of the recipe, by their places in it. */
struct feed {
	const char *name; /* "PCR0"; "MEASUREMENT": every launch digest; of a file, the recipe's */
	bool input[RECIPE_INPUTS_MAX];
	bool stage[RECIPE_STAGES_MAX];
	struct digest digest; /* SHA-256 of what those are, and of what the recipe says itself */
};

struct feeds {
	size_t n;
	struct feed feed[FEEDS_MAX];
};

/* The lock must be the recipe's: an input that it has not is `unlocked`. Over FEEDS_MAX: limit. */
must bool feeds_read(const struct recipe *r, const struct lock *l, struct feeds *out,
		     struct err *e);

#endif
