#include "measure/fetch/mirror.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>

#include "measure/fetch/http.h"
#include "measure/fetch/mirror_parts.h"

#define HEADS "refs/heads/"
#define TAGS "refs/tags/"

/* ---- the repository */

static bool create(struct mirror_work *w, struct err *e)
{
	git_repository_init_options how;
	const struct mirror *m = w->m;

	memset(&how, 0, sizeof(how));
	how.version = GIT_REPOSITORY_INIT_OPTIONS_VERSION;
	how.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKPATH |
		    GIT_REPOSITORY_INIT_NO_REINIT;
	how.mode = GIT_REPOSITORY_INIT_SHARED_UMASK;
	how.initial_head = "main";
	return w->d.create(&w->repository, m->path, &how) == 0 ||
	       mirror_fail(w, REASON_IO, "cannot be made", m->path, e);
}

static bool open_it(struct mirror_work *w, struct err *e)
{
	const char *path = w->m->path;
	struct stat st;
	bool ok;

	if (lstat(path, &st) != 0)
		return create(w, e);
	ok = w->d.open(&w->repository, path, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL) == 0;
	if (ok && w->d.is_bare(w->repository))
		return true;
	err_set(e, REASON_USAGE, "%s",
		ok ? "has a work tree, which `git fetch` is for" : "is no repository of git");
	return err_subject(e, path);
}

/* ---- what is there */

static bool begins(const char *name, const char *with)
{
	return strncmp(name, with, strlen(with)) == 0;
}

bool mirror_is_tip(const git_remote_head *tip)
{
	return (begins(tip->name, HEADS) || begins(tip->name, TAGS)) && !strchr(tip->name, '^');
}

/* ---- patience: libgit2 waits for ever, but for a signal */

static void wake(int signal)
{
	(void)signal;
}

static time_t now(void)
{
	struct timespec t = {0};

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static void wait_for(struct mirror_work *w, unsigned seconds)
{
	const struct itimerval timer = {.it_value = {.tv_sec = seconds},
					.it_interval = {.tv_sec = seconds > 0}};

	w->since = seconds > 0 ? now() : 0;
	(void)setitimer(ITIMER_REAL, &timer, NULL);
}

static bool is_late(const struct mirror_work *w)
{
	return w->since > 0 && now() - w->since >= (time_t)w->m->patience;
}

static int came(const git_indexer_progress *p, void *arg)
{
	struct mirror_work *w = arg;

	if (p->total_objects > 0 && p->received_objects == p->total_objects && w->since > 0)
		wait_for(w, 0);
	if (w->since > 0 && p->received_bytes - w->bytes >= UINT64_C(1000) * w->m->patience) {
		w->bytes = p->received_bytes;
		wait_for(w, w->m->patience);
	}
	if (w->m->watch.tick)
		w->m->watch.tick(w->m->watch.arg, p->received_bytes);
	return 0;
}

static bool download(struct mirror_work *w, struct err *e)
{
	static char heads[] = "+" HEADS "*:" HEADS "*";
	static char tags[] = "+" TAGS "*:" TAGS "*";
	char *specs[] = {heads, tags};
	const git_strarray both = {specs, 2};
	const git_fetch_options how = {
		.version = GIT_FETCH_OPTIONS_VERSION,
		.callbacks = {.version = GIT_REMOTE_CALLBACKS_VERSION,
			      .transfer_progress = came,
			      .payload = w},
		.prune = GIT_FETCH_NO_PRUNE,
		.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE,
		.proxy_opts = {.version = GIT_PROXY_OPTIONS_VERSION, .type = GIT_PROXY_AUTO},
	};

	return (w->d.remote(&w->remote, w->repository, w->m->url) == 0 &&
		w->d.download(w->remote, &both, &how) == 0 &&
		w->d.tips(&w->tip, &w->n_tips, w->remote) == 0) ||
	       mirror_fail(w, REASON_FETCH, "cannot be fetched", NULL, e);
}

static bool get(struct mirror_work *w, struct err *e)
{
	const struct sigaction woken = {.sa_handler = wake};
	struct sigaction before;
	bool ok, late;

	if (sigaction(SIGALRM, &woken, &before) != 0)
		return err_errno(e, errno, "no signal can be taken");
	wait_for(w, begins(w->m->url, "file:") ? 0 : w->m->patience);
	ok = download(w, e);
	late = !ok && is_late(w);
	wait_for(w, 0);
	(void)sigaction(SIGALRM, &before, NULL);
	if (!late)
		return ok;
	*e = (struct err){0};
	err_set(e, REASON_FETCH, "it sent less than a kilobyte a second for %u second%s",
		w->m->patience, w->m->patience == 1 ? "" : "s");
	return http_subject(e, w->m->url);
}

/* ---- judged, then written */

static enum mirror_how how_of(const struct mirror_work *w, const char *name, const git_oid *was,
			      const git_oid *is)
{
	if (memcmp(was, is, sizeof(*was)) == 0)
		return MIRROR_SAME;
	if (begins(name, HEADS) && w->d.follows(w->repository, is, was) == 1)
		return MIRROR_FORWARD;
	return MIRROR_MOVED;
}

static bool judge(struct mirror_work *w, const git_remote_head *tip, struct mirror_tip *out,
		  struct err *e)
{
	int is_name = 0, found;
	git_oid was;

	if (w->d.is_name(&is_name, tip->name) != 0 || !is_name) {
		err_set(e, REASON_FETCH, "'%.200s' is no name of a branch or tag", tip->name);
		return http_subject(e, w->m->url);
	}
	*out = (struct mirror_tip){.name = tip->name, .how = MIRROR_NEW};
	w->d.digits(out->is, sizeof(out->is), &tip->oid);
	found = w->d.find(&was, w->repository, tip->name);
	if (found == GIT_ENOTFOUND)
		return true;
	if (found != 0)
		return mirror_fail(w, REASON_IO, "a reference cannot be read", w->m->path, e);
	w->d.digits(out->was, sizeof(out->was), &was);
	out->how = how_of(w, tip->name, &was, &tip->oid);
	return true;
}

static bool judge_all(struct mirror_work *w, struct err *e)
{
	struct mirror *m = w->m;
	struct mirror_tip tip = {0};
	size_t n = 0;

	for (size_t i = 0; i < w->n_tips; i++) {
		if (!mirror_is_tip(w->tip[i]))
			continue;
		if (!judge(w, w->tip[i], &tip, e))
			return false;
		n++;
		m->n[tip.how]++;
		if (tip.how != MIRROR_SAME)
			m->tell(m->arg, &tip);
	}
	if (n > 0 && (m->n[MIRROR_MOVED] == 0 || m->moved))
		return true;
	if (n == 0)
		err_set(e, REASON_NOT_FOUND, "there are no branches and no tags");
	else
		err_set(e, REASON_MOVED,
			"%zu of its branches and tags moved, and nothing was taken",
			m->n[MIRROR_MOVED]);
	return http_subject(e, m->url);
}

static bool write_one(struct mirror_work *w, const git_remote_head *tip, struct err *e)
{
	git_reference *written = NULL;

	if (w->d.set(&written, w->repository, tip->name, &tip->oid, 1, "measure-fetch") != 0)
		return mirror_fail(w, REASON_IO, "a reference cannot be written", w->m->path, e);
	w->d.forget(written);
	return true;
}

/* Judged again: one name can stand there twice, or somebody else was at work. */
static bool write_all(struct mirror_work *w, struct err *e)
{
	struct mirror_tip tip = {0};

	for (size_t i = 0; i < w->n_tips; i++) {
		if (!mirror_is_tip(w->tip[i]))
			continue;
		if (!judge(w, w->tip[i], &tip, e))
			return false;
		if (tip.how == MIRROR_MOVED && !w->m->moved) {
			err_set(e, REASON_MOVED, "'%.200s' moved meanwhile, or is named twice",
				tip.name);
			return http_subject(e, w->m->url);
		}
		if (tip.how != MIRROR_SAME && !write_one(w, w->tip[i], e))
			return false;
	}
	return true;
}

/* The branch that the other one has as its own, where none is here; an empty one has none. */
static bool set_head(struct mirror_work *w, struct err *e)
{
	git_buf name = {0};
	bool ok;

	if (w->d.headless(w->repository) != 1 || w->d.main(&name, w->remote) != 0)
		return true;
	ok = w->d.set_head(w->repository, name.ptr) == 0 ||
	     mirror_fail(w, REASON_IO, "HEAD cannot be written", w->m->path, e);
	w->d.dispose(&name);
	return ok;
}

bool mirror_fetch(struct mirror *m, struct err *e)
{
	owned(mirror_end) struct mirror_work w = {.m = m, .room = SCRATCH_NONE};

	return mirror_begin(&w, e) && open_it(&w, e) && mirror_room_make(&w, e) && get(&w, e) &&
	       judge_all(&w, e) && mirror_whole(&w, e) && mirror_room_take(&w, e) &&
	       write_all(&w, e) && set_head(&w, e);
}
