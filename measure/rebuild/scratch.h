/*
 * A folder to work in that goes away with who made it, whatever ends him: he holds a lock on it,
 * and the next who works in the same place removes those that nobody holds.
 */
#ifndef MEASURE_REBUILD_SCRATCH_H
#define MEASURE_REBUILD_SCRATCH_H

#include "measure/base/buf.h"

struct scratch {
	int parent; /* the folder it is in */
	int fd;
	char *path;
	const char *name; /* the last part of the path */
	bool kept;
};

#define SCRATCH_NONE ((struct scratch){.parent = -1, .fd = -1})

/*
 * parent: a folder that is there. Its name begins with a dot and `prefix` and is nobody else's;
 * mode 0700. What is left of others with that prefix is removed first. Released by scratch_free(),
 * which removes it unless it was kept.
 */
must bool scratch_make(struct scratch *s, const char *parent, const char *prefix, struct err *e);
void scratch_free(struct scratch *s);

/* A path in it, appended with its slash and name to what out is reset to. */
must const char *scratch_path(const struct scratch *s, const char *name, struct buf *out,
			      struct err *e);

/* An empty folder in it, opened; the caller's to close. -1 with e set. */
must int scratch_folder(const struct scratch *s, const char *name, struct err *e);

/* Everything of that name in it is gone. */
must bool scratch_remove(const struct scratch *s, const char *name, struct err *e);

#endif
