/*
 * A folder of files that appears under its name whole, or not at all: it grows under a temporary
 * name beside its own and is renamed when all is in it and durable. Regular files alone.
 */
#ifndef MEASURE_BASE_OUTDIR_H
#define MEASURE_BASE_OUTDIR_H

#include "measure/base/file.h"

#define OUTDIR_FILES 16u

struct outdir {
	char *path; /* as given */
	char *temp; /* NULL: there is none */
	char *file[OUTDIR_FILES]; /* of each that was named */
	size_t n;
};

/* path: nothing, or an empty folder, stands there (usage otherwise). Released by outdir_free(). */
must bool outdir_open(struct outdir *o, const char *path, struct err *e);

/* Where that file is until the end, or NULL with e set; it belongs to o. */
must const char *outdir_name(struct outdir *o, const char *name, struct err *e);

must bool outdir_write(struct outdir *o, const char *name, struct bytes x, struct err *e);
must bool outdir_copy(struct outdir *o, const char *name, const char *from, struct watch watch,
		      struct err *e);

/* Make it durable and visible. */
must bool outdir_commit(struct outdir *o, struct err *e);

/* Release; without a commit nothing remains of it. */
void outdir_free(struct outdir *o);

#endif
