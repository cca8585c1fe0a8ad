#include "measure/rebuild/fresh.h"

#include <stdio.h>

#define PREFIX "reproduce"
#define PATH_ROOM 8192u

bool fresh_open(struct fresh *f, const char *cache, struct err *e)
{
	return cache_open(&f->user, cache, e) && scratch_make(&f->scratch, f->user.path, PREFIX, e);
}

void fresh_close(struct fresh *f)
{
	scratch_free(&f->scratch);
	cache_close(&f->user);
}

bool fresh_drop(const struct fresh *f, const char *folder, struct err *e)
{
	return scratch_remove(&f->scratch, strrchr(folder, '/') + 1, e);
}

/* The outputs of its stages would fill the disk once for each build. */
static bool drop_cache(const struct fresh *f, const char *name, struct err *e)
{
	return !name || scratch_remove(&f->scratch, name, e);
}

bool fresh_build(struct fresh *f, const struct build_request *q, struct buf *folder,
		 struct answer *a, struct err *e)
{
	owned(buf_free) struct buf cache = BUF(PATH_ROOM);
	struct build_request mine = *q;
	struct err ignored = {0};
	size_t notes = a->n_notes;
	bool shared = f->cached && q->vary == 0 && !q->loose, done;
	char keep[32], out[32];

	snprintf(keep, sizeof(keep), "cache%u", f->builds);
	snprintf(out, sizeof(out), "out%u", f->builds);
	f->builds++;
	mine.cache = shared ? f->user.path : scratch_path(&f->scratch, keep, &cache, e);
	mine.failed = f->user.path;
	if (!mine.cache || !scratch_path(&f->scratch, out, folder, e))
		return false;
	if (q->output) {
		buf_reset(folder);
		buf_str(folder, q->output);
	}
	mine.output = buf_cstr(folder);
	if (!buf_done(folder, "a path", e))
		return false;
	done = build(&mine, &f->report, a, e);
	a->registers.n = 0; /* those of the next one go there */
	if (f->builds > 1)
		a->n_notes = notes; /* they were told of the first one */
	return drop_cache(f, shared ? NULL : keep, done ? e : &ignored) && done;
}
