/*
 * Files with names, in a folder or in an uncompressed tar archive: what container images are kept
 * in. Only regular files count, no hard links to them; in a folder no symbolic link is followed, in
 * an archive one that stays in it (docker archives have such). A name that stands there twice is
 * refused.
 */
#ifndef MEASURE_CORE_STORE_H
#define MEASURE_CORE_STORE_H

#include "measure/core/stream.h"

#define STORE_NAMES_MAX 16384u
#define STORE_TEXT_MAX (16u << 20) /* bytes of names and links */

struct store;

/* Both are released by store_free(). path and file are borrowed. */
must struct store *store_folder(const char *path, struct err *e);
must struct store *store_tar(const struct file *file, uint64_t at, uint64_t size, struct err *e);
void store_free(struct store **s);

/* Is there anything of that name, or in a folder of that name? */
bool store_has(const struct store *s, const char *name);

/* A file, to be read by file_pread(); released by store_item_free(). */
struct store_item {
	struct file file;
	uint64_t at, size; /* where it is in the file, and how long */
	char *name; /* for messages; NULL: the file is the archive and not the item's own */
};
void store_item_free(struct store_item *i);

/* Errors: blob when there is none. */
must bool store_open(const struct store *s, const char *name, struct store_item *out,
		     struct err *e);

/* All of it, appended to out; over max bytes is `limit`. */
must bool store_slurp(const struct store *s, const char *name, size_t max, struct buf *out,
		      struct err *e);

#endif
