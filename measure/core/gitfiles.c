#include "measure/core/gitfiles.h"

#include <stdlib.h>

struct level {
	char *name; /* of the folder; NULL: the tree itself */
	struct gitdb_object tree;
};

struct gitfiles {
	const struct gitdb *git;
	size_t n;
	struct level level[GITFILES_DEPTH + 1];
};

static void drop(struct gitfiles *f, size_t n)
{
	while (f->n > n) {
		struct level *last = &f->level[--f->n];

		gitdb_release(&last->tree);
		free(last->name);
		*last = (struct level){0};
	}
}

void gitfiles_free(struct gitfiles **f)
{
	if (!*f)
		return;
	drop(*f, 0);
	free(*f);
	*f = NULL;
}

static bool enter(struct gitfiles *f, const struct gitdb_id *id, struct bytes name, struct err *e)
{
	struct level *new = &f->level[f->n];

	if (f->n > GITFILES_DEPTH)
		return err_set(e, REASON_LIMIT, "a file lies in more than %u folders",
			       GITFILES_DEPTH);
	new->name = own_new(name.n + 1, e);
	if (!new->name)
		return false;
	if (name.n > 0)
		memcpy(new->name, name.p, name.n);
	f->n++;
	if (!gitdb_read(f->git, id, GITFILES_TREE, &new->tree, e))
		return false;
	return new->tree.kind == GITDB_TREE ||
	       err_set(e, REASON_SOURCE, "a folder is a %s", gitdb_kind_name(new->tree.kind));
}

struct gitfiles *gitfiles_new(const struct gitdb *g, const struct gitdb_id *tree, struct err *e)
{
	owned(gitfiles_free) struct gitfiles *f = own_new(sizeof(*f), e);

	if (!f)
		return NULL;
	f->git = g;
	if (!enter(f, tree, bytes_of(NULL, 0), e))
		return NULL;
	return take(f);
}

/* The next part of a path, which loses it. */
static struct bytes part_of(const char **path)
{
	size_t n = strcspn(*path, "/");
	struct bytes part = bytes_of(*path, n);

	*path += n + ((*path)[n] == '/');
	return part;
}

static bool look_in(const struct level *in, struct bytes name, bool *found,
		    struct gittree_entry *out, struct err *e)
{
	struct cur c = cur_new(in->tree.bytes, 0, e);
	struct gittree_entry x, before = {0};

	*found = false;
	for (; cur_left(&c) > 0 && !*found; before = x) {
		if (!gittree_next(&c, &before, &x))
			return false;
		*found = bytes_equal(x.name, name);
	}
	if (*found)
		*out = before;
	return true;
}

bool gitfiles_find(struct gitfiles *f, const char *path, bool *found, struct gittree_entry *out,
		   struct err *e)
{
	struct bytes part = part_of(&path);
	size_t at = 1;

	for (; *path && at < f->n && bytes_equal(bytes_str(f->level[at].name), part); at++)
		part = part_of(&path);
	drop(f, at);
	for (;;) {
		if (!look_in(&f->level[f->n - 1], part, found, out, e))
			return false;
		if (!*found || !*path)
			return true;
		if (out->mode != GITTREE_FOLDER) {
			*found = false;
			return true;
		}
		at = f->n;
		if (!enter(f, &out->id, part, e)) {
			drop(f, at);
			return false;
		}
		part = part_of(&path);
	}
}

bool gitfiles_slurp(struct gitfiles *f, const char *path, size_t max, struct buf *out,
		    struct err *e)
{
	owned(gitdb_release) struct gitdb_object o = {0};
	struct gittree_entry x = {0};
	bool found;

	if (!gitfiles_find(f, path, &found, &x, e))
		return false;
	if (!found)
		return err_set(e, REASON_BLOB, "there is no '%s'", path);
	if (x.mode != GITTREE_FILE)
		return err_set(e, REASON_BLOB, "'%s' is %s, not a regular file", path,
			       gittree_kind(x.mode));
	if (!gitdb_read(f->git, &x.id, max, &o, e))
		return err_in(e, "'%s'", path);
	if (o.kind != GITDB_BLOB)
		return err_set(e, REASON_SOURCE, "'%s' is a %s", path, gitdb_kind_name(o.kind));
	buf_put(out, o.bytes);
	return buf_done(out, path, e);
}
