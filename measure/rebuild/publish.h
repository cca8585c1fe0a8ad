/*
 * The folder that a build leaves: it grows under a temporary name beside its own (scratch.h) and
 * gets its own when all is there and durable. Modes and times in it say nothing of who built it.
 */
#ifndef MEASURE_REBUILD_PUBLISH_H
#define MEASURE_REBUILD_PUBLISH_H

#include "measure/rebuild/cache.h"

struct publish {
	char *path; /* as given, without slashes at its end */
	struct scratch scratch;
};

#define PUBLISH_NONE ((struct publish){.scratch = SCRATCH_NONE})

/* Nothing stands there, or an empty folder (usage otherwise). Released by publish_free(). */
must bool publish_open(struct publish *p, const char *path, struct err *e);
void publish_free(struct publish *p);

/* What is in a folder, with the mode that its files have. */
must bool publish_folder(struct publish *p, const char *path, int64_t time, struct err *e);

/* An output of a stage under its name: a file, or the folder that the archive is. */
must bool publish_output(struct publish *p, const struct made *m, const struct made_output *o,
			 int64_t time, struct err *e);

/* logs/STAGE.log */
must bool publish_log(struct publish *p, const struct made *m, const char *stage, int64_t time,
		      struct err *e);

must bool publish_commit(struct publish *p, int64_t time, struct err *e);

#endif
