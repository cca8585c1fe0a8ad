/*
 * What this program says of a build as a Debian builder would (deb-buildinfo(5), format 1.0): of
 * one stage whose root is packages, a function of recipe, lock and what came of it. There is no
 * Build-Date, since nothing here has a clock: the epoch stands in the environment. buildinfo.h
 * reads it back.
 */
#ifndef MEASURE_REBUILD_BUILDINFO_WRITE_H
#define MEASURE_REBUILD_BUILDINFO_WRITE_H

#include "measure/rebuild/lock.h"
#include "measure/rebuild/recipe.h"

struct buildinfo_text {
	struct buf head, tail; /* what stands before and behind the checksums of the files */
};
#define BUILDINFO_TEXT ((struct buildinfo_text){BUF(4096), BUF(4u << 20)})

/*
 * stage: a name, or NULL for the last. Errors: usage, when there is no such stage, its root is not
 * of packages, or product and version are no names of a Debian source and its version.
 */
must bool buildinfo_tell(struct buildinfo_text *t, const struct recipe *r, const struct lock *l,
			 const char *stage, struct err *e);
void buildinfo_text_free(struct buildinfo_text *t);

/* All of it, with the regular files of a folder as what was built; appended. */
must bool buildinfo_write(const struct buildinfo_text *t, const char *folder, struct buf *out,
			  struct err *e);

#endif
