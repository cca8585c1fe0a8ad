/*
 * The names in a folder, in bytewise order, so that the order of a directory reaches no output.
 * Starts zeroed; released by listing_free().
 */
#ifndef MEASURE_BASE_LISTING_H
#define MEASURE_BASE_LISTING_H

#include "measure/base/err.h"

#define LISTING_MAX 1000000u

struct listing {
	size_t n;
	char **path; /* each "FOLDER/NAME" */
};

/* Is there a folder of that name? */
bool listing_is_folder(const char *path);

/*
 * Regular files alone (also behind symbolic links), none whose name begins with a dot; or whatever
 * has a name. Errors: no-such-file, permission, io, limit, out-of-memory.
 */
must bool listing_read(struct listing *f, const char *path, struct err *e);
must bool listing_read_all(struct listing *f, const char *path, struct err *e);
void listing_free(struct listing *f);

#endif
