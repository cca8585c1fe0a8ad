/*
 * What differs between two locks: which inputs, by name and version, and what else reaches a build
 * (paths and environments of stages, libraries, the epoch).
 */
#ifndef MEASURE_REBUILD_LOCK_DIFF_H
#define MEASURE_REBUILD_LOCK_DIFF_H

#include "measure/rebuild/lock.h"

/* Do these first bytes of a file look like a lock? */
bool lock_is(struct bytes head);

/*
 * A line for each difference; nothing when no inputs differ. Origins, lists of packages and the
 * version of the tool reach no build, so they are none. Locks as lock_read() gives them.
 */
must bool lock_diff(const struct lock *a, const struct lock *b, struct buf *out, struct err *e);

#endif
