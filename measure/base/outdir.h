/*
 * A folder of files that appears under its name whole, or not at all. Its files have no name until
 * all are there and durable, so that nothing is left of them whatever kills this process; where a
 * file system knows only files with names, they grow in a folder under a temporary name beside its
 * own. As long as that folder stands there, SIGHUP, SIGINT and SIGTERM wait: they end the writing,
 * and the process when the folder is gone. Regular files alone.
 */
#ifndef MEASURE_BASE_OUTDIR_H
#define MEASURE_BASE_OUTDIR_H

#include <signal.h>

#include "measure/base/file.h"

#define OUTDIR_FILES 16u

struct outdir_file {
	const char *name; /* borrowed */
	char *path; /* where its bytes can be read until the end */
	struct out out;
};

struct outdir {
	char *path; /* as given */
	char *temp; /* NULL: no folder stands there */
	int parent, folder; /* of path; of temp */
	bool named; /* files have their names from the start */
	size_t n;
	struct outdir_file file[OUTDIR_FILES];
	sigset_t before; /* signals that were blocked; where there is a folder */
};

#define OUTDIR_NONE ((struct outdir){.parent = -1, .folder = -1})

/*
 * o: OUTDIR_NONE. path: nothing, or an empty folder, stands there (usage otherwise). Released by
 * outdir_free().
 */
must bool outdir_open(struct outdir *o, const char *path, struct err *e);

/* The next file. name: borrowed. */
must bool outdir_write(struct outdir *o, const char *name, struct bytes x, struct err *e);

/* The same, empty: *out, which belongs to o, takes its bytes; *path: where they can be read. */
must bool outdir_new(struct outdir *o, const char *name, struct out **out, const char **path,
		     struct err *e);

/*
 * The same with the bytes of a file that was opened; *path: where they can be read until the end,
 * which belongs to o. io, when one of those signals came.
 */
must bool outdir_copy(struct outdir *o, const char *name, struct file *from, const char **path,
		      struct err *e);

/* Make it durable and visible. */
must bool outdir_commit(struct outdir *o, struct err *e);

/* Release; without a commit nothing remains of it. */
void outdir_free(struct outdir *o);

#endif
