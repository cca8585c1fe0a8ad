/*
 * Images that were assembled before, in the cache of the stages: DIR/images/KEY/folder, and beside
 * it the digest of what is in it (core/content.h), by which it is believed. The key is of the
 * recipe, of its inputs, of what is varied and of this very program, so that another build of it
 * takes nothing from here.
 */
#ifndef MEASURE_REBUILD_IMAGE_CACHE_H
#define MEASURE_REBUILD_IMAGE_CACHE_H

#include "measure/rebuild/works.h"

#define IMAGE_FOLDER "folder" /* in the scratch folder, too */

/* SHA-256 of all that is in a folder, but for times. */
must bool image_cache_digest(const char *path, struct digest *out, struct err *e);

must bool image_cache_key(const struct works *w, char key[CACHE_KEY], struct err *e);

/* Is it there? What is damaged is removed. path: of its folder, in place of what it held. */
bool image_cache_find(const struct cache *c, const char *key, struct buf *path);

/* The folder of the scratch folder becomes an entry, which image_cache_find() finds. */
must bool image_cache_keep(const struct cache *c, const struct scratch *from, const char *key,
			   struct err *e);

#endif
