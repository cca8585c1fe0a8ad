/*
 * A file as a release of files alone lists it: by its name, which is the last part of its path, its
 * size and its SHA-256. Whatever makes such a manifest, and whatever is held against one, is read
 * here.
 */
#ifndef REFERENCE_DB_RELEASED_FILE_H
#define REFERENCE_DB_RELEASED_FILE_H

#include "measure/base/file.h"
#include "reference-db/manifest.h"

/*
 * A regular file; the name points into path, the origin is left alone. Errors: those of reading it;
 * not-a-file, for a stream, which has no name.
 */
must bool released_file_read(const char *path, struct watch watch, struct component *out,
			     struct err *e);

/* "a/b/c": "c". */
const char *released_file_name(const char *path);

#endif
