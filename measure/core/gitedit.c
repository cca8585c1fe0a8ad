#include "measure/core/gitedit.h"

#include <stdlib.h>
#include <strings.h>

#include "measure/core/gitfiles.h"

struct change {
	struct gittree_entry entry;
	bool replaces;
};

/* A folder that is being written. */
struct level {
	struct bytes name; /* of a path */
	struct gitdb_object old; /* no handle: it is new */
	struct change *change;
	size_t n, room;
};

struct work {
	const struct gitedit *g;
	size_t n;
	struct level level[GITFILES_DEPTH + 1];
};

static void leave(struct work *w)
{
	struct level *last = &w->level[--w->n];

	gitdb_release(&last->old);
	free(last->change);
	*last = (struct level){0};
}

static void work_free(struct work *w)
{
	while (w->n > 0)
		leave(w);
}

/* The names of folders side by side, so that each folder is met once. */
static int by_path(const void *a, const void *b)
{
	const uint8_t *x = (const uint8_t *)((const struct gitedit_file *)a)->path;
	const uint8_t *y = (const uint8_t *)((const struct gitedit_file *)b)->path;

	while (*x && *x == *y) {
		x++;
		y++;
	}
	return (*x == '/' ? 1 : *x) - (*y == '/' ? 1 : *y);
}

static bool find(const struct level *in, struct bytes name, bool *found, struct gittree_entry *out,
		 struct err *e)
{
	struct cur c = cur_new(in->old.bytes, 0, e);
	struct gittree_entry x, before = {0};

	*found = false;
	for (; cur_left(&c) > 0 && !*found; before = x) {
		if (!gittree_next(&c, &before, &x))
			return false;
		*found = bytes_equal(x.name, name);
		*out = x;
	}
	return true;
}

static bool open_old(struct work *w, struct level *new, const struct gitdb_id *id, struct err *e)
{
	if (!gitdb_read(w->g->git, id, GITFILES_TREE, &new->old, e))
		return false;
	return new->old.kind == GITDB_TREE ||
	       err_set(e, REASON_SOURCE, "a folder is a %s", gitdb_kind_name(new->old.kind));
}

static bool enter(struct work *w, struct bytes name, struct err *e)
{
	struct level *new = &w->level[w->n];
	struct gittree_entry x;
	bool found = false;

	if (w->n > GITFILES_DEPTH)
		return err_set(e, REASON_LIMIT, "a file lies in more than %u folders",
			       GITFILES_DEPTH);
	new->name = name; /* all else is zero, as leave() left it */
	w->n++;
	if (w->n == 1)
		return !w->g->tree || open_old(w, new, w->g->tree, e);
	if (!find(new - 1, name, &found, &x, e))
		return false;
	if (found && x.mode != GITTREE_FOLDER)
		return err_set(e, REASON_SOURCE, "'%.*s' is %s, not a folder", (int)name.n,
			       (const char *)name.p, gittree_kind(x.mode));
	return !found || open_old(w, new, &x.id, e);
}

static bool add(struct level *to, const struct gittree_entry *x, bool replaces, struct err *e)
{
	if (to->n == to->room) {
		size_t room = to->room ? 2 * to->room : 8;
		struct change *more = realloc(to->change, room * sizeof(*more));

		if (!more)
			return err_set(e, REASON_OUT_OF_MEMORY, "no room for %zu names", room);
		to->change = more;
		to->room = room;
	}
	to->change[to->n++] = (struct change){*x, replaces};
	return true;
}

/* ---- a folder that is complete */

static int by_fold(const void *a, const void *b)
{
	const struct gittree_entry *x = a, *y = b;
	size_t n = x->name.n < y->name.n ? x->name.n : y->name.n;
	int by = strncasecmp((const char *)x->name.p, (const char *)y->name.p, n);

	return by != 0 ? by : (x->name.n > y->name.n) - (x->name.n < y->name.n);
}

static int by_order(const void *a, const void *b)
{
	return gittree_order(a, b);
}

static bool check_names(struct gittree_entry *all, size_t n, size_t most, struct err *e)
{
	if (n > most)
		return err_set(e, REASON_LIMIT, "a folder would have %zu names, %zu are the most",
			       n, most);
	qsort(all, n, sizeof(*all), by_fold);
	for (size_t i = 1; i < n; i++)
		if (by_fold(&all[i - 1], &all[i]) == 0)
			return err_set(e, REASON_SOURCE,
				       "'%.*s' and '%.*s' would be one name on some file systems",
				       (int)all[i - 1].name.n, (const char *)all[i - 1].name.p,
				       (int)all[i].name.n, (const char *)all[i].name.p);
	qsort(all, n, sizeof(*all), by_order);
	return true;
}

/* The change that an old entry gives way to. */
static bool gives_way(const struct level *l, const struct gittree_entry *old, bool *so,
		      struct err *e)
{
	*so = false;
	for (size_t i = 0; i < l->n && !*so; i++) {
		const struct change *c = &l->change[i];

		*so = bytes_equal(c->entry.name, old->name);
		if (*so && (!c->replaces || c->entry.mode != old->mode))
			return err_set(e, REASON_SOURCE, "'%.*s' is there already",
				       (int)old->name.n, (const char *)old->name.p);
	}
	return true;
}

/* What the folder holds from now on, malloc'd. */
static struct gittree_entry *merge(const struct level *l, size_t *n, struct err *e)
{
	/* an old entry has a mode, a blank, a name of a byte, a NUL and an id */
	size_t room = l->n + l->old.bytes.n / (GITDB_ID + 8) + 1;
	owned(own_free) struct gittree_entry *all = own_new(room * sizeof(*all), e);
	struct cur c = cur_new(l->old.bytes, 0, e);
	struct gittree_entry before = {0}, x;
	bool gone;

	if (!all)
		return NULL;
	for (*n = 0; *n < l->n; (*n)++)
		all[*n] = l->change[*n].entry;
	for (; cur_left(&c) > 0; before = x) {
		if (!gittree_next(&c, &before, &x) || !gives_way(l, &x, &gone, e))
			return NULL;
		if (!gone)
			all[(*n)++] = x;
	}
	return take(all);
}

static bool finish(struct work *w, struct gitdb_id *id, struct err *e)
{
	const struct level *l = &w->level[w->n - 1];
	owned(own_free) struct gittree_entry *all = NULL;
	owned(buf_free) struct buf b = BUF(2 * GITFILES_TREE);
	size_t n = 0;
	uint8_t *kept;

	all = merge(l, &n, e);
	if (!all || !check_names(all, n, w->g->names, e))
		return false;
	for (size_t i = 0; i < n; i++)
		gittree_put(&b, &all[i]);
	if (!buf_done(&b, "a tree", e))
		return false;
	kept = arena_new(w->g->arena, b.n, "trees", e);
	if (!kept)
		return false;
	memcpy(kept, b.p, b.n);
	return gitdb_pack_add(w->g->into, GITDB_TREE, bytes_of(kept, b.n), id, e);
}

/* Folders deeper than `depth` become entries of those that they are in. */
static bool close_to(struct work *w, size_t depth, struct err *e)
{
	while (w->n > depth) {
		struct gittree_entry x = {.mode = GITTREE_FOLDER, .name = w->level[w->n - 1].name};

		if (!finish(w, &x.id, e))
			return false;
		leave(w);
		if (!add(&w->level[w->n - 1], &x, true, e))
			return false;
	}
	return true;
}

static bool put(struct work *w, const struct gitedit_file *file, struct err *e)
{
	const char *at = file->path;
	size_t depth = 1, n = strcspn(at, "/");

	for (; at[n] && depth < w->n && bytes_equal(w->level[depth].name, bytes_of(at, n));
	     depth++) {
		at += n + 1;
		n = strcspn(at, "/");
	}
	if (!close_to(w, depth, e))
		return false;
	for (; at[n]; n = strcspn(at, "/")) {
		if (!enter(w, bytes_of(at, n), e))
			return false;
		at += n + 1;
	}
	return add(&w->level[w->n - 1],
		   &(struct gittree_entry){GITTREE_FILE, bytes_of(at, n), file->blob},
		   file->replaces, e);
}

bool gitedit(const struct gitedit *g, struct gitedit_file *file, size_t n, struct gitdb_id *tree,
	     struct err *e)
{
	owned(work_free) struct work w = {.g = g};

	if (n > 0)
		qsort(file, n, sizeof(*file), by_path);
	if (!enter(&w, bytes_of(NULL, 0), e))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!put(&w, &file[i], e))
			return false;
	return close_to(&w, 1, e) && finish(&w, tree, e);
}
