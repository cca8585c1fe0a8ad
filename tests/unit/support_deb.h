/*
 * Debian packages from text: a control file as it stands, and files as lines of support_layer.h.
 */
#ifndef TESTS_UNIT_SUPPORT_DEB_H
#define TESTS_UNIT_SUPPORT_DEB_H

#include "measure/core/archive.h"
#include "measure/rebuild/lock.h"

/* A member of an "ar" archive, appended; nothing appended yet: with its magic in front. */
void deb_member(struct buf *out, const char *name, struct bytes x);

/* packing: of the files; PACKING_NONE, PACKING_GZIP or PACKING_ZSTD. */
void deb_bytes(struct buf *out, const char *control, const char *files, enum packing packing);

/* "NAME VERSION": put into the store, with `more` behind the fields of its control file. */
struct lock_input deb_put(const struct objects *to, const char *name, const char *version,
			  const char *more, const char *files);

/* Any bytes as an object that is locked as such a package. */
struct lock_input deb_object(const struct objects *to, struct bytes x, const char *name,
			     const char *version);

#endif
