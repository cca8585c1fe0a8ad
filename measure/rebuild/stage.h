/*
 * A stage of a build: under which key its outputs are kept, and the run that makes them. The key is
 * SHA-256 of everything that reaches the stage: the script, paths, environment, processors, what
 * its root and what is used consist of, the names of its outputs, and what is varied.
 */
#ifndef MEASURE_REBUILD_STAGE_H
#define MEASURE_REBUILD_STAGE_H

#include "measure/rebuild/sandbox.h"
#include "measure/rebuild/works.h"

/* How this program lays out what stages see; another number, and no cached output counts. */
#define STAGE_FORM 1u

/* All stages that it uses have been made. */
must bool stage_key(const struct works *w, const struct recipe_stage *s, char key[CACHE_KEY],
		    struct err *e);

/* Who is told; each may be NULL. */
struct stage_watch {
	void (*begins)(void *arg, const struct recipe_stage *s, bool cached);
	/* The last lines that the commands printed, and where all of them are. */
	void (*failed)(void *arg, const struct recipe_stage *s, struct bytes tail, const char *log);
	void (*configures)(void *arg, const char *input); /* not when that is in the cache */
	struct watch log; /* bytes that they printed */
	void *arg;
};

/*
 * Its outputs, from the cache or by a run in the sandbox that w->watch sees; they are then in
 * w->made. The log of a run that failed stays in the cache, as failed/STAGE.log. Errors:
 * stage-failed, sandbox, output, recipe (what is used does not fit), and what reading inputs gives.
 */
must bool stage_make(struct works *w, const struct recipe_stage *s, bool *cached, struct err *e);

struct sandbox_limits stage_limits(const struct recipe_stage *s);

/* "failed/NAME" in place of what `to` holds; its folder is made. */
must bool stage_failed_path(const struct works *w, const char *name, struct buf *to, struct err *e);

/*
 * How a run ended that did not end well, as e, and to who is watching; its log, a file of the
 * scratch folder, is kept. A stage without a root stands for an input that is configured.
 */
bool stage_tell(const struct works *w, const struct recipe_stage *s, const char *log,
		const struct sandbox_result *x, struct err *e);

/* What it uses, laid out in the folder that it works in, which is empty. */
must bool stage_furnish(struct works *w, const struct recipe_stage *s, int work, struct err *e);

/*
 * What a stage left at a path below the folder it worked in, put into an entry of the cache: a
 * regular file, or a folder as an archive. Refused (output): what is not there, a symbolic link
 * there or on the way, anything else, and more bytes than left, which then has fewer: holes that
 * took no room on the disk would take it here.
 */
must bool stage_take(int from, const struct recipe_pair *output, uint64_t *left, int entry,
		     struct err *e);

#endif
