/*
 * A repository of git, copied through libgit2: all branches and tags of one that is reached by
 * https:, http: or file:, into a bare repository. A branch only goes forward and a tag stays: what
 * names something else there than here, and does not follow from it, is moved, which is what a
 * host does that takes something back. No settings of the user or the machine have a say; nothing
 * is checked out, no hook runs, submodules are left alone.
 */
#ifndef MEASURE_FETCH_MIRROR_H
#define MEASURE_FETCH_MIRROR_H

#include "measure/base/file.h"

enum mirror_how { MIRROR_SAME, MIRROR_NEW, MIRROR_FORWARD, MIRROR_MOVED, MIRROR_HOWS };

#define MIRROR_ID 41u /* 40 digits and a NUL */

struct mirror_tip {
	const char *name; /* "refs/heads/main" */
	enum mirror_how how;
	char was[MIRROR_ID], is[MIRROR_ID]; /* was: "" of what is new */
};

struct mirror {
	const char *url, *path;
	bool moved; /* take what moved */
	unsigned patience; /* seconds without a kilobyte each, as of http.h; SIGALRM is taken */
	struct watch watch; /* bytes that came */
	void (*tell)(void *arg,
		     const struct mirror_tip *tip); /* each but those that are the same */
	void *arg;
	size_t n[MIRROR_HOWS];
};

/*
 * path: nothing, or a bare repository. All tips are judged before one is written; m->n counts them,
 * and without `moved` one that moved is the error `moved`, and none is written. Other errors: usage
 * (a repository with a work tree, other files), fetch (also when an object is missing of what came,
 * of which nothing is kept), not-found (neither branches nor tags), no-space, permission, io.
 */
must bool mirror_fetch(struct mirror *m, struct err *e);

#endif
