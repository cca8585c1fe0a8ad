#include "measure/rebuild/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/rebuild/place.h"
#include "measure/rebuild/sandbox.h"
#include "measure/rebuild/stage_environment.h"
#include "measure/rebuild/stage_vary.h"

#define ROOT "root"
#define WORK "work"
#define ENTRY "entry"
#define LOG CACHE_LOG
#define PATH_ROOM 8192u
#define TEXTS_MAX (8u << 20)

/* A run: its folders, and what is told of it. */
struct run {
	struct works *w;
	const struct recipe_stage *s;
	int root, work, entry, log;
};

static void run_free(struct run *r)
{
	struct err ignored = {0};

	own_close(&r->root);
	own_close(&r->work);
	own_close(&r->entry);
	own_close(&r->log);
	if (!scratch_remove(&r->w->scratch, ROOT, &ignored) ||
	    !scratch_remove(&r->w->scratch, WORK, &ignored) ||
	    !scratch_remove(&r->w->scratch, ENTRY, &ignored))
		errno = 0; /* the scratch folder goes later, with all that is in it */
}

static bool lay_out_root(struct run *r, struct err *e)
{
	owned(rootfs_free) struct rootfs tree = {0};
	const struct recipe_input *input = recipe_input(&r->w->plan->recipe, r->s->root);
	const struct place_rule rule = {
		.time = r->w->plan->lock.epoch,
		.max = ROOTFS_MAX_BYTES,
		.owner = sandbox_owner(),
		.reversed = r->w->reversed,
	};
	struct cpio_io io;

	if (!works_root(r->w, input, &tree, e))
		return false;
	io = works_io(&tree);
	return place_tree(r->root, tree.tree, &rule, &io, e) ||
	       err_in(e, "the root of stage '%s'", r->s->name);
}

static bool prepare(struct run *r, struct err *e)
{
	const struct scratch *at = &r->w->scratch;

	r->root = scratch_folder(at, ROOT, e);
	r->work = r->root < 0 ? -1 : scratch_folder(at, WORK, e);
	r->entry = r->work < 0 ? -1 : scratch_folder(at, ENTRY, e);
	if (r->entry < 0)
		return false;
	r->log = openat(r->entry, LOG, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
	if (r->log < 0)
		return err_errno(e, errno, "a log cannot be made");
	return lay_out_root(r, e) && stage_furnish(r->w, r->s, r->work, e);
}

/* ---- what came of it */

/* Whose input is configured says so itself. */
static bool put_ending(const struct sandbox_result *x, const struct recipe_stage *s, struct err *e)
{
	enum reason r = REASON_STAGE_FAILED;
	char who[RECIPE_NAME_MAX + 64] = "its packages' scripts";

	if (s->root)
		snprintf(who, sizeof(who), "stage '%s': its commands", s->name);
	switch (x->how) {
	case SANDBOX_EXIT:
		return err_set(e, r, "%s ended with status %d", who, x->status);
	case SANDBOX_SIGNAL:
		return err_set(e, r, "%s were ended by signal %d", who, x->status);
	case SANDBOX_TIME:
		return err_set(e, r, "%s took longer than %llu seconds", who,
			       (unsigned long long)s->limits.seconds);
	case SANDBOX_MEMORY_FULL:
		return err_set(e, r, "%s needed more than %llu MiB of memory", who,
			       (unsigned long long)(s->limits.memory >> 20));
	case SANDBOX_DISK_FULL:
		return err_set(e, r, "%s wrote more than %llu MiB", who,
			       (unsigned long long)(s->limits.disk >> 20));
	case SANDBOX_LOG_FULL:
		break;
	}
	return err_set(e, r, "%s printed too much", who);
}

bool stage_failed_path(const struct works *w, const char *name, struct buf *to, struct err *e)
{
	buf_reset(to);
	buf_fmt(to, "%s/failed", w->failed ? w->failed : w->cache.path);
	if (!buf_done(to, "a path", e) ||
	    (mkdir(buf_cstr(to), 0700) != 0 && errno != EEXIST && !err_errno(e, errno, "failed")))
		return false;
	buf_fmt(to, "/%s", name);
	return buf_done(to, "a path", e);
}

/* The log outlives the folder it was written in. */
bool stage_tell(const struct works *w, const struct recipe_stage *s, const char *log,
		const struct sandbox_result *x, struct err *e)
{
	owned(buf_free) struct buf from = BUF(PATH_ROOM), to = BUF(PATH_ROOM);
	char name[RECIPE_NAME_MAX + 8];
	struct err ignored = {0};
	bool kept;

	snprintf(name, sizeof(name), "%s.log", s->name);
	kept = scratch_path(&w->scratch, log, &from, e) &&
	       stage_failed_path(w, name, &to, &ignored) &&
	       rename(buf_cstr(&from), buf_cstr(&to)) == 0;
	if (w->watch && w->watch->failed)
		w->watch->failed(w->watch->arg, s, buf_bytes(&x->tail),
				 kept ? buf_cstr(&to) : NULL);
	put_ending(x, s, e);
	return kept && err_hint(e, "all that it printed is in %.220s", buf_cstr(&to));
}

struct sandbox_limits stage_limits(const struct recipe_stage *s)
{
	return (struct sandbox_limits){.seconds = s->limits.seconds,
				       .memory = s->limits.memory,
				       .processes = s->limits.processes,
				       .disk = s->limits.disk};
}

static bool run_commands(struct run *r, struct err *e)
{
	owned(arena_free) struct arena arena = ARENA(TEXTS_MAX);
	owned(buf_free) struct buf root = BUF(PATH_ROOM), work = BUF(PATH_ROOM);
	const char *const argv[] = {"/bin/sh", "-e", "-u", "-c", r->s->run, "sh", NULL};
	struct lock_texts environment;
	struct sandbox_result result = {.tail = BUF(8192)};
	struct sandbox_mount mount = {.at = r->s->path, .writable = true};
	struct sandbox box = {
		.mounts = &mount,
		.n_mounts = 1,
		.folder = r->s->path,
		.argv = argv,
		.umask = STAGE_UMASK,
		.processors = (unsigned)r->s->jobs,
		.limits = stage_limits(r->s),
		.log = r->log,
		.watch = r->w->watch->log,
	};
	bool ok;

	box.root = scratch_path(&r->w->scratch, ROOT, &root, e);
	mount.from = box.root ? scratch_path(&r->w->scratch, WORK, &work, e) : NULL;
	if (!mount.from ||
	    !stage_environment(r->s, r->w->plan->lock.epoch, &arena, &environment, e))
		return false;
	box.environment = environment.item;
	ok = (r->w->vary.asked == 0 || stage_vary(r->w, &arena, &box, e)) &&
	     sandbox_run(&box, &result, e);
	if (ok && (result.how != SANDBOX_EXIT || result.status != 0))
		ok = stage_tell(r->w, r->s, ENTRY "/" LOG, &result, e);
	buf_free(&result.tail);
	return ok || (err_is(e) && e->reason == REASON_STAGE_FAILED
			      ? false
			      : err_in(e, "stage '%s'", r->s->name));
}

static bool take_outputs(const struct run *r, struct err *e)
{
	uint64_t left = r->s->limits.disk;

	for (size_t i = 0; i < r->s->outputs.n; i++)
		if (!stage_take(r->work, &r->s->outputs.item[i], &left, r->entry, e))
			return err_in(e, "stage '%s'", r->s->name);
	return cache_list(r->entry, r->s, e);
}

static bool run_stage(struct works *w, const struct recipe_stage *s, const char *key, struct err *e)
{
	owned(run_free) struct run r = {w, s, -1, -1, -1, -1};

	return prepare(&r, e) && run_commands(&r, e) && take_outputs(&r, e) &&
	       cache_keep(&w->cache, &w->scratch, ENTRY, key, e);
}

bool stage_make(struct works *w, const struct recipe_stage *s, bool *cached, struct err *e)
{
	const struct stage_watch *watch = w->watch;
	struct made *m = &w->made[s - w->plan->recipe.stages];
	char key[CACHE_KEY];

	if (!stage_key(w, s, key, e))
		return false;
	*cached = cache_find(&w->cache, key, s, m);
	if (watch->begins)
		watch->begins(watch->arg, s, *cached);
	if (*cached)
		return true;
	if (!run_stage(w, s, key, e))
		return false;
	return cache_find(&w->cache, key, s, m) ||
	       err_set(e, REASON_IO, "stage '%s': its outputs are not in the cache", s->name);
}
