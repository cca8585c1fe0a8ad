#include "measure/rebuild/locking_parts.h"
#include "measure/rebuild/source.h"

#define PATH_BYTES 4096u

static bool place_of(const struct lock_made *m, const char *path, struct buf *out, struct err *e)
{
	if (strcmp(path, ".") == 0)
		buf_str(out, m->q->folder);
	else
		buf_fmt(out, "%s/%s", m->q->folder, path);
	return buf_done(out, "a path", e);
}

static bool submodules(struct lock_made *m, const struct source *s, struct lock_input *i,
		       struct err *e)
{
	size_t n;
	const struct source_submodule *sub = source_submodules(s, &n);

	if (n > LOCK_TEXTS_MAX)
		return err_set(e, REASON_LIMIT, "%zu submodules, and %u are the limit", n,
			       LOCK_TEXTS_MAX);
	i->submodules.item =
		arena_new(&m->lock->arena, (n + 1) * sizeof(*i->submodules.item), "a lock", e);
	if (!i->submodules.item)
		return false;
	for (; i->submodules.n < n; sub++) {
		owned(buf_free) struct buf text = BUF(2 * PATH_BYTES);

		buf_fmt(&text, "%s %s", sub->path, sub->commit);
		if (!buf_done(&text, "a submodule", e) ||
		    !locking_text(m, buf_cstr(&text), &i->submodules.item[i->submodules.n++], e))
			return false;
	}
	return true;
}

static bool lock_source(struct lock_made *m, struct source *s, struct err *e)
{
	struct lock_input *i = locking_add(m, LOCK_GIT, "", e);

	if (strcmp(m->input->name, RECIPE_SOURCE) == 0)
		m->source_time = source_time(s);
	return i && locking_text(m, source_commit(s), &i->commit, e) && submodules(m, s, i, e) &&
	       (!m->input->path || locking_origin(m, i, "project", m->input->path, e)) &&
	       source_pack(s, m->q->store, &i->object, &i->tree, e);
}

/* What was locked stays at its commit, which is packed anew unless the store has it. */
static bool stays(struct lock_made *m, const struct lock_input *old)
{
	return old && objects_has(m->q->store, &old->object) &&
	       (m->q->recipe->has_epoch || strcmp(m->input->name, RECIPE_SOURCE) != 0);
}

bool locking_git(struct lock_made *m, struct err *e)
{
	owned(buf_free) struct buf at = BUF(PATH_BYTES), signers = BUF(PATH_BYTES);
	owned(source_free) struct source *s = NULL;
	struct source_request q = {.submodules = m->input->submodules, .payloads = m->q->store};
	size_t n;
	const struct lock_input *old = locking_old(m, &n);

	if (stays(m, old))
		return locking_keep(m, old, n, e);
	if (m->q->source && strcmp(m->input->name, RECIPE_SOURCE) == 0)
		buf_str(&at, m->q->source);
	else if (!m->input->path)
		return err_set(e, REASON_UNLOCKED,
			       "its repository is not here: fetch it, and name its folder");
	else if (!place_of(m, m->input->path, &at, e))
		return false;
	if (m->input->signers && !place_of(m, m->input->signers, &signers, e))
		return false;
	q.repository = buf_cstr(&at);
	q.revision = m->input->commit ? m->input->commit : old ? old->commit : NULL;
	q.signers = m->input->signers ? buf_cstr(&signers) : NULL;
	s = source_open(&q, e);
	return s && lock_source(m, s, e);
}
