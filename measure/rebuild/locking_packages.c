#include <stdlib.h>

#include "measure/rebuild/debian_lists.h"
#include "measure/rebuild/locking_parts.h"

static const struct recipe_suite *suite_at(const struct lock_made *m, size_t i)
{
	return recipe_suite(m->q->recipe, m->input->from.item[i]);
}

static bool same(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* ---- which lists were used */

static struct lock_list *list_of(struct lock *l, const char *archive, const char *suite)
{
	for (size_t i = 0; i < l->n_lists; i++)
		if (same(l->lists[i].archive, archive) && same(l->lists[i].suite, suite))
			return &l->lists[i];
	return NULL;
}

static bool copy_list(struct lock_made *m, struct lock_list *to, const struct lock_list *x,
		      struct err *e)
{
	struct lock_list new = *x;

	if (!locking_text(m, x->archive, &new.archive, e) ||
	    !locking_text(m, x->suite, &new.suite, e) ||
	    !locking_text(m, x->signer, &new.signer, e) ||
	    (x->snapshot && !locking_text(m, x->snapshot, &new.snapshot, e)))
		return false;
	*to = new;
	return true;
}

/* renewed: in place of what the old lock said. */
static bool add_list(struct lock_made *m, const struct lock_list *x, bool renewed, struct err *e)
{
	struct lock *l = m->lock;
	struct lock_list *there = list_of(l, x->archive, x->suite);

	if (there)
		return !renewed || copy_list(m, there, x, e);
	if (!l->lists)
		l->lists = arena_new(&l->arena, LOCK_LISTS_MAX * sizeof(*l->lists), "a lock", e);
	if (!l->lists)
		return false;
	if (l->n_lists == LOCK_LISTS_MAX)
		return err_set(e, REASON_LIMIT, "lists of more than %u suites", LOCK_LISTS_MAX);
	return copy_list(m, &l->lists[l->n_lists++], x, e);
}

static bool keep_lists(struct lock_made *m, struct err *e)
{
	for (size_t i = 0; i < m->input->from.n; i++) {
		const struct recipe_suite *s = suite_at(m, i);
		const struct lock_list *old = NULL;

		for (size_t k = 0; k < m->q->old->n_lists; k++)
			if (same(m->q->old->lists[k].archive, s->archive) &&
			    same(m->q->old->lists[k].suite, s->suite))
				old = &m->q->old->lists[k];
		if (old && !add_list(m, old, false, e))
			return false;
	}
	return true;
}

/* ---- packages */

static bool read_suite(struct lock_made *m, size_t i, struct debian_packages *to, struct err *e)
{
	const struct debian_suite s = {suite_at(m, i), m->q->folder, m->q->store, m->q->now};
	owned(debian_release_free) struct debian_release r = {0};
	struct lock_list list = {.archive = s.suite->archive,
				 .suite = s.suite->suite,
				 .snapshot = s.suite->snapshot};

	if (!debian_lists_release(&s, &r, &list.release, e))
		return false;
	list.signer = r.signer;
	list.date = r.date;
	list.valid_until = r.valid_until;
	return debian_lists_packages(&s, &r, (uint32_t)i, to, e) && add_list(m, &list, true, e);
}

/* Inputs often have the same suites: their lists are read once for all that follow each other. */
static bool read_suites(struct lock_made *m, struct err *e)
{
	const struct recipe_texts *last = m->suites, *from = &m->input->from;
	bool again = last && last->n == from->n;

	for (size_t i = 0; again && i < from->n; i++)
		again = same(last->item[i], from->item[i]);
	if (again)
		return true;
	debian_packages_free(&m->packages);
	m->suites = NULL;
	m->packages = debian_packages_new(e);
	if (!m->packages)
		return false;
	for (size_t i = 0; i < from->n; i++)
		if (!read_suite(m, i, m->packages, e))
			return err_in(e, "suite '%s'", from->item[i]);
	m->suites = from;
	return true;
}

static bool add_package(struct lock_made *m, const struct debian_package *p, struct err *e)
{
	const struct recipe_suite *s = suite_at(m, p->list);
	struct lock_input *i = locking_add(m, LOCK_PACKAGE, p->name, e);
	owned(buf_free) struct buf archive = BUF(256), path = BUF(RECIPE_PATH_MAX);

	if (!i || !locking_text(m, p->version, &i->version, e) ||
	    !locking_text(m, p->architecture, &i->architecture, e))
		return false;
	i->object = p->object;
	if (!s->snapshot)
		return locking_origin(m, i, s->archive, p->filename, e);
	buf_fmt(&archive, "%s-snapshot", s->archive);
	buf_fmt(&path, "%s/%s", s->snapshot, p->filename);
	return buf_done(&archive, "an origin", e) && buf_done(&path, "an origin", e) &&
	       locking_origin(m, i, s->archive, p->filename, e) &&
	       locking_origin(m, i, buf_cstr(&archive), buf_cstr(&path), e);
}

static bool resolve(struct lock_made *m, struct err *e)
{
	const struct recipe_input *in = m->input;
	const struct buildinfo *b = m->q->buildinfo;
	struct debian_wish wish = {in->packages.item,	   in->packages.n,
				   in->essential,	   !in->dependencies,
				   b ? b->packages : NULL, b ? b->n_packages : 0};
	struct debian_choice choice = {0};
	bool ok = debian_resolve(m->packages, &wish, &choice, e);

	for (size_t i = 0; ok && i < choice.n; i++)
		ok = add_package(m, choice.item[i], e);
	free(choice.item);
	return ok;
}

bool locking_packages(struct lock_made *m, struct err *e)
{
	size_t n;
	const struct lock_input *old = locking_old(m, &n);

	if (old && !m->q->buildinfo)
		return locking_keep(m, old, n, e) && keep_lists(m, e);
	return read_suites(m, e) && resolve(m, e);
}
