/*
 * What the commands of a stage see of the world besides files: all of their environment, "NAME=
 * value", sorted, the same on every machine; what the recipe says replaces what stands here. It is
 * part of the lock.
 */
#ifndef MEASURE_REBUILD_STAGE_ENVIRONMENT_H
#define MEASURE_REBUILD_STAGE_ENVIRONMENT_H

#include "measure/rebuild/lock.h"
#include "measure/rebuild/recipe.h"

#define STAGE_UMASK 022u

/* epoch: SOURCE_DATE_EPOCH. The texts are of the arena, the list ends with NULL. */
must bool stage_environment(const struct recipe_stage *s, int64_t epoch, struct arena *a,
			    struct lock_texts *out, struct err *e);

#endif
