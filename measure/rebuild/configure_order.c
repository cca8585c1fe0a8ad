#include "measure/rebuild/configure_order.h"

#include <stdlib.h>

#include "measure/rebuild/debian_relation.h"

struct edge {
	size_t from, to;
	bool pre; /* what is depended on has to be configured before the other is unpacked */
};

struct order {
	const struct deb *deb;
	size_t n;
	struct edge *edge;
	size_t n_edges, room;
	unsigned *level;
};

static void order_free(struct order *o)
{
	free(o->edge);
}

/* ---- who is meant */

static bool is_provided(const struct deb *d, const struct debian_relation *rel, struct err *e)
{
	struct debian_relations list = {.left = bytes_str(d->provides)};
	struct debian_relation one;
	bool end = false;

	while (debian_relation_next(&list, &one, &end, e) && !end)
		if (bytes_equal(one.name, rel->name) &&
		    (rel->op == DEBIAN_ANY || debian_relation_holds(rel, one.version)))
			return true;
	return false;
}

/* The package itself, else the first that provides it; o->n: none. */
static size_t find(const struct order *o, const struct debian_relation *rel, struct err *e)
{
	size_t i = 0;

	for (i = 0; i < o->n; i++)
		if (bytes_equal(bytes_str(o->deb[i].name), rel->name) &&
		    debian_relation_holds(rel, bytes_str(o->deb[i].version)))
			return i;
	for (i = 0; i < o->n && !is_provided(&o->deb[i], rel, e) && !err_is(e); i++)
		continue;
	return i;
}

static bool add(struct order *o, const struct edge *x, struct err *e)
{
	size_t room = o->room ? 2 * o->room : 256;
	struct edge *more;

	if (o->n_edges == o->room) {
		more = own_new(room * sizeof(*more), e);
		if (!more)
			return false;
		if (o->n_edges > 0)
			memcpy(more, o->edge, o->n_edges * sizeof(*more));
		free(o->edge);
		o->edge = more;
		o->room = room;
	}
	o->edge[o->n_edges++] = *x;
	return true;
}

/* Of alternatives the first that is there. */
static bool read_field(struct order *o, size_t from, const char *text, bool pre, struct err *e)
{
	struct debian_relations list = {.left = bytes_str(text)};
	struct edge x = {.from = from, .pre = pre};
	struct debian_relation one;
	bool end = false, found = false;

	while (debian_relation_next(&list, &one, &end, e) && !end) {
		found = found && !one.first;
		if (found)
			continue;
		x.to = find(o, &one, e);
		if (err_is(e))
			return false;
		found = x.to < o->n;
		if (found && x.to != from && !add(o, &x, e))
			return false;
	}
	return !err_is(e);
}

static bool read_all(struct order *o, struct err *e)
{
	for (size_t i = 0; i < o->n; i++)
		if (!read_field(o, i, o->deb[i].pre_depends, true, e) ||
		    !read_field(o, i, o->deb[i].depends, false, e))
			return err_in(e, "%s", o->deb[i].name);
	return true;
}

/* ---- levels */

static bool mark_base(struct order *o, struct err *e)
{
	bool more = true, dpkg = false;

	for (size_t i = 0; i < o->n; i++) {
		bool is = strcmp(o->deb[i].name, "dpkg") == 0;

		dpkg = dpkg || is;
		o->level[i] = is || o->deb[i].essential ? 0 : 1;
	}
	while (more) {
		more = false;
		for (size_t i = 0; i < o->n_edges; i++)
			if (o->level[o->edge[i].from] == 0 && o->level[o->edge[i].to] > 0) {
				o->level[o->edge[i].to] = 0;
				more = true;
			}
	}
	if (dpkg)
		return true;
	err_set(e, REASON_RECIPE, "dpkg is not among the packages, which has to run their scripts");
	return err_hint(e, "say `essential: true` or add dpkg to the packages");
}

static bool raise(struct order *o, struct err *e)
{
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < o->n_edges; i++) {
			const struct edge *x = &o->edge[i];
			unsigned needs = o->level[x->to] + x->pre;

			if (o->level[x->from] == 0 || o->level[x->from] >= needs)
				continue;
			if (needs > o->n + 1)
				return err_set(e, REASON_PACKAGES,
					       "'%s' pre-depends on what cannot be installed "
					       "before it",
					       o->deb[x->from].name);
			o->level[x->from] = needs;
			more = true;
		}
	}
	return true;
}

bool configure_order(const struct deb *deb, size_t n, unsigned *level, struct err *e)
{
	owned(order_free) struct order o = {.deb = deb, .n = n, .level = level};

	return read_all(&o, e) && mark_base(&o, e) && raise(&o, e);
}
