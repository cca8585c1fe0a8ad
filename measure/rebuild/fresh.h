/*
 * Builds for comparison. Each has a cache of its own, which is empty, so that nothing is believed
 * because it was built here before; they and what they leave lie in a folder that goes away.
 */
#ifndef MEASURE_REBUILD_FRESH_H
#define MEASURE_REBUILD_FRESH_H

#include "measure/rebuild/build.h"

struct fresh {
	struct cache user; /* for where to work, and for what is asked to be taken from it */
	struct scratch scratch;
	bool cached; /* stages are taken from there nevertheless, but for varied or loose builds */
	unsigned builds;
	struct build_report report; /* of the last one */
};

#define FRESH_NONE ((struct fresh){.user = CACHE_NONE, .scratch = SCRATCH_NONE})

/* cache: folder to work in; NULL: the user's cache. Released by fresh_close(). */
must bool fresh_open(struct fresh *f, const char *cache, struct err *e);
void fresh_close(struct fresh *f);

/*
 * What q says, but for the cache, and for the output where it says none. folder: of the output, in
 * place of what it held.
 */
must bool fresh_build(struct fresh *f, const struct build_request *q, struct buf *folder,
		      struct answer *a, struct err *e);

/* An output goes away before the others do; not one that the request named. */
must bool fresh_drop(const struct fresh *f, const char *folder, struct err *e);

#endif
