#include "measure/fetch/mirror.h"

#include <git2/config.h>
#include <git2/errors.h>
#include <git2/global.h>
#include <git2/graph.h>
#include <git2/refs.h>
#include <git2/remote.h>
#include <git2/repository.h>
#include <git2/version.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>

#include "measure/base/load.h"
#include "measure/fetch/http.h"

#define ASIDE "refs/measure-fetch/" /* where tips wait until they are judged */
#define HEADS "refs/heads/"
#define NAME_ROOM 4096u

struct door {
	void *handle;
	bool begun;
	__typeof__(&git_libgit2_init) init;
	__typeof__(&git_libgit2_shutdown) shutdown;
	__typeof__(&git_libgit2_opts) options;
	__typeof__(&git_error_last) last;
	__typeof__(&git_repository_init_ext) create;
	__typeof__(&git_repository_open_ext) open;
	__typeof__(&git_repository_is_bare) is_bare;
	__typeof__(&git_repository_free) close;
	__typeof__(&git_repository_set_head) set_head;
	__typeof__(&git_remote_create_anonymous) remote;
	__typeof__(&git_remote_fetch) fetch;
	__typeof__(&git_remote_default_branch) main;
	__typeof__(&git_remote_free) remote_free;
	__typeof__(&git_buf_dispose) dispose;
	__typeof__(&git_reference_list) list;
	__typeof__(&git_strarray_dispose) list_free;
	__typeof__(&git_reference_name_to_id) find;
	__typeof__(&git_reference_create) set;
	__typeof__(&git_reference_remove) remove;
	__typeof__(&git_reference_free) forget;
	__typeof__(&git_graph_descendant_of) follows;
	__typeof__(&git_oid_tostr) digits;
};

static const struct load_symbol symbols[] = {
	{"git_libgit2_init", offsetof(struct door, init)},
	{"git_libgit2_shutdown", offsetof(struct door, shutdown)},
	{"git_libgit2_opts", offsetof(struct door, options)},
	{"git_error_last", offsetof(struct door, last)},
	{"git_repository_init_ext", offsetof(struct door, create)},
	{"git_repository_open_ext", offsetof(struct door, open)},
	{"git_repository_is_bare", offsetof(struct door, is_bare)},
	{"git_repository_free", offsetof(struct door, close)},
	{"git_repository_set_head", offsetof(struct door, set_head)},
	{"git_remote_create_anonymous", offsetof(struct door, remote)},
	{"git_remote_fetch", offsetof(struct door, fetch)},
	{"git_remote_default_branch", offsetof(struct door, main)},
	{"git_remote_free", offsetof(struct door, remote_free)},
	{"git_buf_dispose", offsetof(struct door, dispose)},
	{"git_reference_list", offsetof(struct door, list)},
	{"git_strarray_dispose", offsetof(struct door, list_free)},
	{"git_reference_name_to_id", offsetof(struct door, find)},
	{"git_reference_create", offsetof(struct door, set)},
	{"git_reference_remove", offsetof(struct door, remove)},
	{"git_reference_free", offsetof(struct door, forget)},
	{"git_graph_descendant_of", offsetof(struct door, follows)},
	{"git_oid_tostr", offsetof(struct door, digits)},
	{0},
};

struct work {
	struct mirror *m;
	struct door d;
	git_repository *repository;
	git_remote *remote;
	git_strarray names; /* of all references */
	bool is_new;
};

static void work_free(struct work *w)
{
	const struct door *d = &w->d;

	if (w->names.strings)
		d->list_free(&w->names);
	if (w->remote)
		d->remote_free(w->remote);
	if (w->repository)
		d->close(w->repository);
	if (d->begun)
		d->shutdown();
	load_close(&w->d.handle);
}

/* path: NULL, it is of the other side. */
static bool fail(const struct work *w, enum reason r, const char *what, const char *path,
		 struct err *e)
{
	const git_error *last = w->d.last();

	if (last && last->klass == GIT_ERROR_NOMEMORY)
		r = REASON_OUT_OF_MEMORY;
	err_set(e, r, "%s: %s", what,
		last && last->message ? last->message : "no reason was given");
	return path ? err_subject(e, path) : http_subject(e, w->m->url);
}

/* ---- libgit2 and the repository */

static bool begin(struct work *w, struct err *e)
{
	static const struct load libgit2 = {"libgit2", "libgit2.so." LIBGIT2_SOVERSION,
					    "libgit2-" LIBGIT2_SOVERSION, symbols};
	static const int levels[] = {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM,
				     GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL};
	struct door *d = &w->d;
	int bad;

	if (!load_open(&libgit2, &d->handle, d, e))
		return false;
	if (d->init() < 0)
		return err_set(e, REASON_LIBRARY, "libgit2 does not begin");
	d->begun = true;
	bad = d->options(GIT_OPT_SET_OWNER_VALIDATION, 0) |
	      d->options(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 1) |
	      d->options(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
	for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++)
		bad |= d->options(GIT_OPT_SET_SEARCH_PATH, levels[i], "");
	return bad == 0 || err_set(e, REASON_LIBRARY, "libgit2 does not take its options");
}

static bool create(struct work *w, struct err *e)
{
	git_repository_init_options how;
	const struct mirror *m = w->m;

	memset(&how, 0, sizeof(how));
	how.version = GIT_REPOSITORY_INIT_OPTIONS_VERSION;
	how.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKPATH |
		    GIT_REPOSITORY_INIT_NO_REINIT;
	how.mode = GIT_REPOSITORY_INIT_SHARED_UMASK;
	how.initial_head = "main";
	w->is_new = true;
	return w->d.create(&w->repository, m->path, &how) == 0 ||
	       fail(w, REASON_IO, "cannot be made", m->path, e);
}

static bool open_it(struct work *w, struct err *e)
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

static int came(const git_indexer_progress *p, void *arg)
{
	const struct work *w = arg;

	if (w->m->watch.tick)
		w->m->watch.tick(w->m->watch.arg, p->received_bytes);
	return 0;
}

static bool get(struct work *w, struct err *e)
{
	static char heads[] = "+" HEADS "*:" ASIDE "heads/*";
	static char tags[] = "+refs/tags/*:" ASIDE "tags/*";
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
		w->d.fetch(w->remote, &both, &how, NULL) == 0) ||
	       fail(w, REASON_FETCH, "cannot be fetched", NULL, e);
}

static bool read_names(struct work *w, struct err *e)
{
	if (w->names.strings)
		w->d.list_free(&w->names);
	w->names = (git_strarray){0};
	return w->d.list(&w->names, w->repository) == 0 ||
	       fail(w, REASON_IO, "its references cannot be read", w->m->path, e);
}

static bool is_aside(const char *name)
{
	return strncmp(name, ASIDE, sizeof(ASIDE) - 1) == 0;
}

/* What an earlier one left behind would be taken for what is there now. */
static bool clear_aside(struct work *w, struct err *e)
{
	if (!read_names(w, e))
		return false;
	for (size_t i = 0; i < w->names.count; i++)
		if (is_aside(w->names.strings[i]) &&
		    w->d.remove(w->repository, w->names.strings[i]) != 0)
			return fail(w, REASON_IO, "a reference cannot be removed", w->m->path, e);
	return true;
}

/* ---- judged, then written */

static enum mirror_how how_of(const struct work *w, const char *name, const git_oid *was,
			      const git_oid *is)
{
	if (memcmp(was, is, sizeof(*was)) == 0)
		return MIRROR_SAME;
	if (strncmp(name, HEADS, sizeof(HEADS) - 1) == 0 &&
	    w->d.follows(w->repository, is, was) == 1)
		return MIRROR_FORWARD;
	return MIRROR_MOVED;
}

struct judged {
	char name[NAME_ROOM];
	git_oid is;
	struct mirror_tip tip;
};

static bool judge(struct work *w, const char *aside, struct judged *j, struct err *e)
{
	git_oid was;

	snprintf(j->name, sizeof(j->name), "refs/%s", aside + sizeof(ASIDE) - 1);
	if (w->d.find(&j->is, w->repository, aside) != 0)
		return fail(w, REASON_IO, "a reference cannot be read", w->m->path, e);
	j->tip = (struct mirror_tip){.name = j->name, .how = MIRROR_NEW};
	w->d.digits(j->tip.is, sizeof(j->tip.is), &j->is);
	if (w->d.find(&was, w->repository, j->name) != 0)
		return true;
	w->d.digits(j->tip.was, sizeof(j->tip.was), &was);
	j->tip.how = how_of(w, j->name, &was, &j->is);
	return true;
}

static bool judge_all(struct work *w, struct err *e)
{
	struct mirror *m = w->m;
	struct judged j;
	size_t n = 0;

	for (size_t i = 0; i < w->names.count; i++) {
		if (!is_aside(w->names.strings[i]))
			continue;
		if (!judge(w, w->names.strings[i], &j, e))
			return false;
		n++;
		m->n[j.tip.how]++;
		if (j.tip.how != MIRROR_SAME)
			m->tell(m->arg, &j.tip);
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

static bool write_one(struct work *w, const struct judged *j, struct err *e)
{
	git_reference *written = NULL;

	if (w->d.set(&written, w->repository, j->name, &j->is, 1, "measure-fetch") != 0)
		return fail(w, REASON_IO, "a reference cannot be written", w->m->path, e);
	w->d.forget(written);
	return true;
}

static bool write_all(struct work *w, struct err *e)
{
	struct judged j;

	for (size_t i = 0; i < w->names.count; i++) {
		if (!is_aside(w->names.strings[i]))
			continue;
		if (!judge(w, w->names.strings[i], &j, e) ||
		    (j.tip.how != MIRROR_SAME && !write_one(w, &j, e)))
			return false;
	}
	return true;
}

/* The branch that the other one has as its own; an empty repository has none. */
static bool set_head(struct work *w, struct err *e)
{
	git_buf name = {0};
	bool ok;

	if (!w->is_new || w->d.main(&name, w->remote) != 0)
		return true;
	ok = w->d.set_head(w->repository, name.ptr) == 0 ||
	     fail(w, REASON_IO, "HEAD cannot be written", w->m->path, e);
	w->d.dispose(&name);
	return ok;
}

bool mirror_fetch(struct mirror *m, struct err *e)
{
	owned(work_free) struct work w = {.m = m};
	struct err ignored = {0};
	bool ok;

	if (!begin(&w, e) || !open_it(&w, e) || !clear_aside(&w, e))
		return false;
	ok = get(&w, e) && read_names(&w, e) && judge_all(&w, e) && write_all(&w, e) &&
	     set_head(&w, e);
	return (clear_aside(&w, ok ? e : &ignored) && ok);
}
