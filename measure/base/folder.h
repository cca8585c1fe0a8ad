/*
 * The names in a folder, in bytewise order, so that the order of a directory reaches no output.
 * Regular files alone (also behind symbolic links), none whose name begins with a dot. Starts
 * zeroed; released by folder_free().
 */
#ifndef MEASURE_BASE_FOLDER_H
#define MEASURE_BASE_FOLDER_H

#include "measure/base/err.h"

#define FOLDER_MAX 1000000u

struct folder {
	size_t n;
	char **path; /* each "FOLDER/NAME" */
};

/* Is there a folder of that name? */
bool folder_is(const char *path);

/* Errors: no-such-file, permission, io, limit, out-of-memory. */
must bool folder_read(struct folder *f, const char *path, struct err *e);
void folder_free(struct folder *f);

#endif
