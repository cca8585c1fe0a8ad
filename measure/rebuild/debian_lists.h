/*
 * The lists of a suite that a store holds, judged and read: the newest InRelease that was fetched,
 * whose signature is one that the recipe pins, and the Packages files that it names, which are
 * objects. Whoever fetches them leaves them where this looks.
 */
#ifndef MEASURE_REBUILD_DEBIAN_LISTS_H
#define MEASURE_REBUILD_DEBIAN_LISTS_H

#include "measure/rebuild/debian.h"
#include "measure/rebuild/recipe.h"

#define DEBIAN_KEYRING "/usr/share/keyrings/debian-archive-keyring.gpg"

struct debian_suite {
	const struct recipe_suite *suite;
	const char *folder; /* of the recipe, for a keyring of its own */
	const struct objects *store;
	int64_t now; /* of a snapshot it does not matter, which is old on purpose */
};

/* "DIR/lists/ARCHIVE/SUITE[/SNAPSHOT]/InRelease"; the keyring's path. Both appended. */
void debian_lists_path(const struct debian_suite *s, struct buf *out);
void debian_lists_keyring(const struct debian_suite *s, struct buf *out);

/* An InRelease that did not come from the store, by the suite's keys and name alone. */
must bool debian_lists_judge(const struct debian_suite *s, struct bytes in_release,
			     struct debian_release *r, struct err *e);

/*
 * The release, and itself as an object. Errors: input-missing (nothing was fetched), expired, those
 * of debian_release_read(). Released by debian_release_free().
 */
must bool debian_lists_release(const struct debian_suite *s, struct debian_release *r,
			       struct object *file, struct err *e);

/* All its components' packages, as that list. */
must bool debian_lists_packages(const struct debian_suite *s, const struct debian_release *r,
				uint32_t list, struct debian_packages *to, struct err *e);

#endif
