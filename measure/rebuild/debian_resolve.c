#include <stdio.h>
#include <stdlib.h>

#include "measure/rebuild/debian_index.h"

#define PROVIDERS_TEXT 200u
#define QUOTED 200
#define WHAT_MAX (QUOTED + 2 * DEBIAN_NAME_MAX)

/*
 * What was named is chosen first, then the essential packages; then what the chosen ones need, in
 * the order in which they were chosen. Nothing is ever taken back.
 */
struct resolve {
	struct debian_packages *p;
	const struct debian_wish *wish;
	bool *chosen; /* of each item */
	uint32_t *list; /* items in the order of their choice; room for all */
	size_t n;
};

static void resolve_free(struct resolve *r)
{
	free(r->chosen);
	free(r->list);
}

static const struct debian_package *item_at(const struct resolve *r, size_t at)
{
	return &r->p->item[r->p->order[at]];
}

static void choose(struct resolve *r, uint32_t item)
{
	if (r->chosen[item])
		return;
	r->chosen[item] = true;
	r->list[r->n++] = item;
}

/* ---- what can be had */

static const struct debian_pin *pin_of(const struct resolve *r, struct bytes name)
{
	size_t low = 0, high = r->wish->n_pins;

	while (low < high) {
		size_t at = low + (high - low) / 2;
		int order = bytes_order(bytes_str(r->wish->pins[at].name), name);

		if (order == 0)
			return &r->wish->pins[at];
		if (order < 0)
			low = at + 1;
		else
			high = at;
	}
	return NULL;
}

/* Is another version of it pinned? */
static bool is_out(const struct resolve *r, const struct debian_package *item)
{
	const struct debian_pin *pin = pin_of(r, bytes_str(item->name));

	return pin && strcmp(pin->version, item->version) != 0;
}

/* Lists of one architecture: its own name, and whatever says that any will do. */
static bool qualifies(const struct resolve *r, const struct debian_relation *rel)
{
	return rel->qualifier.n == 0 || bytes_equal(rel->qualifier, bytes_str("any")) ||
	       bytes_equal(rel->qualifier, bytes_str("native")) ||
	       bytes_equal(rel->qualifier, bytes_str(r->p->architecture));
}

/* The chosen package of that name, or NULL. */
static const struct debian_package *chosen_named(const struct resolve *r, struct bytes name)
{
	struct debian_range named = debian_index_named(r->p, name);

	for (size_t i = named.at; i < named.end; i++)
		if (r->chosen[r->p->order[i]])
			return item_at(r, i);
	return NULL;
}

/* A chosen package that is what the relation names, or provides it; NULL: none, or `but` alone. */
static const struct debian_package *find_chosen(const struct resolve *r,
						const struct debian_relation *rel,
						const struct debian_package *but)
{
	struct debian_range named = debian_index_named(r->p, rel->name);
	struct debian_range provided = debian_index_provided(r->p, rel->name);

	for (size_t i = named.at; i < named.end; i++)
		if (r->chosen[r->p->order[i]] && item_at(r, i) != but &&
		    debian_relation_holds(rel, bytes_str(item_at(r, i)->version)))
			return item_at(r, i);
	for (size_t i = provided.at; i < provided.end; i++) {
		const struct debian_provide *v = &r->p->provide[i];

		if (r->chosen[v->item] && &r->p->item[v->item] != but &&
		    debian_provide_holds(v, rel))
			return &r->p->item[v->item];
	}
	return NULL;
}

static bool is_satisfied(const struct resolve *r, const struct debian_relation *rel)
{
	return qualifies(r, rel) && find_chosen(r, rel, NULL) != NULL;
}

/* The first of that name, by list and version, which satisfies it, unless another one is chosen. */
static bool find_real(const struct resolve *r, const struct debian_relation *rel, uint32_t *item)
{
	struct debian_range named = debian_index_named(r->p, rel->name);

	if (chosen_named(r, rel->name))
		return false;
	for (size_t i = named.at; i < named.end; i++)
		if (debian_relation_holds(rel, bytes_str(item_at(r, i)->version)) &&
		    !is_out(r, item_at(r, i))) {
			*item = r->p->order[i];
			return true;
		}
	return false;
}

/* Providers are packages by name: of each the first that provides what is asked for. */
struct providers {
	size_t n, n_required;
	uint32_t first, required;
};

/* names: appended, with commas; NULL when nobody wants to know. */
static void find_providers(const struct resolve *r, const struct debian_relation *rel,
			   struct providers *out, struct buf *names)
{
	struct debian_range provided = debian_index_provided(r->p, rel->name);
	const char *last = "";

	*out = (struct providers){0};
	for (size_t i = provided.at; i < provided.end; i++) {
		const struct debian_provide *v = &r->p->provide[i];
		const struct debian_package *item = &r->p->item[v->item];

		if (!debian_provide_holds(v, rel) || strcmp(last, item->name) == 0 ||
		    chosen_named(r, bytes_str(item->name)) || is_out(r, item))
			continue;
		last = item->name;
		if (names)
			buf_fmt(names, "%s%s", out->n > 0 ? ", " : "", item->name);
		if (out->n++ == 0)
			out->first = v->item;
		if (item->required && out->n_required++ == 0)
			out->required = v->item;
	}
}

/* The only provider, or the only one that every Debian system has. */
static bool find_virtual(const struct resolve *r, const struct debian_relation *rel, uint32_t *item)
{
	struct providers v;

	find_providers(r, rel, &v, NULL);
	*item = v.n_required == 1 ? v.required : v.first;
	return v.n == 1 || v.n_required == 1;
}

static bool choose_for(struct resolve *r, const struct debian_relation *rel)
{
	uint32_t item;

	if (!qualifies(r, rel) || (!find_real(r, rel, &item) && !find_virtual(r, rel, &item)))
		return false;
	choose(r, item);
	return true;
}

/* ---- what was asked for, and what that needs */

/* Why nothing satisfies a group whose first relation is rel. */
static bool cannot(const struct resolve *r, const struct debian_relation *rel, const char *what,
		   struct err *e)
{
	const struct debian_package *other = chosen_named(r, rel->name);
	owned(buf_free) struct buf names = BUF(PROVIDERS_TEXT);
	struct providers v;
	const struct debian_pin *pin = pin_of(r, rel->name);

	find_providers(r, rel, &v, &names);
	if (other) {
		err_set(e, REASON_PACKAGES, "%s, and %s %s is chosen already", what, other->name,
			other->version);
		return err_hint(e, "name the version that is meant: %s=VERSION", other->name);
	}
	if (v.n == 0 && pin)
		return err_set(e, REASON_PACKAGES, "%s, which is in none of the lists as %s", what,
			       pin->version);
	if (v.n == 0)
		return err_set(e, REASON_PACKAGES, "%s, which is in none of the lists", what);
	if (names.failed != REASON_NONE && names.failed != REASON_LIMIT)
		return buf_done(&names, "the names of providers", e);
	err_set(e, REASON_PACKAGES, "%s, which several packages provide: %s", what,
		names.failed ? "too many to be named" : buf_cstr(&names));
	return err_hint(e, "name the one that is meant in the recipe");
}

/* As it stands from one relation to another, for messages. */
static struct bytes from_to(const struct debian_relation *a, const struct debian_relation *b)
{
	return bytes_of(a->text.p, (size_t)(b->text.p - a->text.p) + b->text.n);
}

static bool lacks(const struct resolve *r, const struct debian_package *by,
		  const struct debian_relation *first, struct bytes group, struct err *e)
{
	char what[WHAT_MAX];

	snprintf(what, sizeof(what), "%s %s needs \"%.*s\"", by->name, by->version,
		 group.n < QUOTED ? (int)group.n : QUOTED, (const char *)group.p);
	return cannot(r, first, what, e);
}

/* A group: relations up to the next first one, any of which will do. */
static bool need_group(struct resolve *r, struct debian_relations *list,
		       const struct debian_package *by, bool *end, struct err *e)
{
	struct debian_relations again = *list;
	struct debian_relation first, rel;
	bool done, ignored;

	if (!debian_relation_next(list, &rel, end, e) || *end)
		return *end;
	first = rel;
	done = is_satisfied(r, &rel);
	while (list->alternative) {
		if (!debian_relation_next(list, &rel, &ignored, e))
			return false;
		done = done || is_satisfied(r, &rel);
	}
	while (!done && again.left.p < rel.text.p + rel.text.n) {
		struct debian_relation one;

		if (!debian_relation_next(&again, &one, &ignored, e))
			return false;
		done = choose_for(r, &one);
	}
	return done || lacks(r, by, &first, from_to(&first, &rel), e);
}

static bool need(struct resolve *r, const char *field, const struct debian_package *by,
		 struct err *e)
{
	struct debian_relations list = {.left = bytes_str(field ? field : "")};
	bool end = false;

	while (!end)
		if (!need_group(r, &list, by, &end, e))
			return e->reason == REASON_PACKAGE_LIST
				       ? err_in(e, "package '%s'", by->name)
				       : false;
	return true;
}

static bool need_all(struct resolve *r, struct err *e)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct debian_package *by = &r->p->item[r->list[i]];

		if (!need(r, by->pre_depends, by, e) || !need(r, by->depends, by, e))
			return false;
	}
	return true;
}

/* "NAME" or "NAME=VERSION". */
static bool choose_named(struct resolve *r, const char *text, struct err *e)
{
	struct bytes all = bytes_str(text);
	const char *equals = strchr(text, '=');
	struct debian_relation rel = {.text = all, .name = all};
	const struct debian_package *other;
	char what[WHAT_MAX];

	if (equals) {
		rel.name.n = (size_t)(equals - text);
		rel.version = bytes_str(equals + 1);
		rel.op = DEBIAN_EQ;
	}
	if (!debian_name_valid(rel.name) || (equals && !debian_version_valid(rel.version)))
		return err_set(e, REASON_PACKAGES, "'%s' is no name of a package, or NAME=VERSION",
			       text);
	other = chosen_named(r, rel.name);
	if ((other && debian_relation_holds(&rel, bytes_str(other->version))) ||
	    choose_for(r, &rel))
		return true;
	snprintf(what, sizeof(what), "'%.*s' is asked for", QUOTED, text);
	return cannot(r, &rel, what, e);
}

/* In the version that is pinned, or the first. */
static bool choose_essential_named(struct resolve *r, const char *name, struct err *e)
{
	const struct debian_relation rel = {.text = bytes_str(name), .name = bytes_str(name)};
	char what[WHAT_MAX];
	uint32_t item;

	if (find_real(r, &rel, &item)) {
		choose(r, item);
		return true;
	}
	snprintf(what, sizeof(what), "'%s' is essential", name);
	return cannot(r, &rel, what, e);
}

/* Of each name the first, when that is essential. */
static bool choose_essential(struct resolve *r, struct err *e)
{
	const char *last = "";

	for (size_t i = 0; i < r->p->n; i++) {
		const struct debian_package *item = item_at(r, i);

		if (strcmp(item->name, last) == 0)
			continue;
		last = item->name;
		if (item->essential && !chosen_named(r, bytes_str(item->name)) &&
		    !choose_essential_named(r, item->name, e))
			return false;
	}
	return true;
}

/* ---- what does not go together */

static bool avoid(const struct resolve *r, const struct debian_package *by, const char *field,
		  const char *verb, struct err *e)
{
	struct debian_relations list = {.left = bytes_str(field ? field : "")};
	const struct debian_package *other;
	struct debian_relation rel;
	bool end;

	for (;;) {
		if (!debian_relation_next(&list, &rel, &end, e))
			return err_in(e, "package '%s'", by->name);
		if (end)
			return true;
		other = qualifies(r, &rel) ? find_chosen(r, &rel, by) : NULL;
		if (other)
			return err_set(e, REASON_PACKAGES,
				       "%s %s %s \"%.*s\", and %s %s is needed, too", by->name,
				       by->version, verb,
				       rel.text.n < QUOTED ? (int)rel.text.n : QUOTED,
				       (const char *)rel.text.p, other->name, other->version);
	}
}

static int by_item_name(const void *a, const void *b)
{
	return strcmp((*(const struct debian_package *const *)a)->name,
		      (*(const struct debian_package *const *)b)->name);
}

static bool agree(const struct resolve *r, const struct debian_choice *c, struct err *e)
{
	for (size_t i = 0; i < c->n; i++)
		if (!avoid(r, c->item[i], c->item[i]->conflicts, "conflicts with", e) ||
		    !avoid(r, c->item[i], c->item[i]->breaks, "breaks", e))
			return false;
	return true;
}

static bool resolve(struct resolve *r, const struct debian_wish *wish, struct err *e)
{
	for (size_t i = 0; i < wish->n; i++)
		if (!choose_named(r, wish->names[i], e))
			return false;
	if (wish->essential && !choose_essential(r, e))
		return false;
	return wish->alone || need_all(r, e);
}

bool debian_resolve(struct debian_packages *p, const struct debian_wish *wish,
		    struct debian_choice *out, struct err *e)
{
	owned(resolve_free) struct resolve r = {.p = p, .wish = wish};
	struct debian_choice c;

	if (!debian_index_sort(p, e))
		return false;
	r.chosen = own_new(p->n * sizeof(*r.chosen) + 1, e);
	r.list = own_new(p->n * sizeof(*r.list) + 1, e);
	if (!r.chosen || !r.list || !resolve(&r, wish, e))
		return false;
	c = (struct debian_choice){own_new(r.n * sizeof(*c.item) + 1, e), r.n};
	if (!c.item)
		return false;
	for (size_t i = 0; i < r.n; i++)
		c.item[i] = &p->item[r.list[i]];
	qsort(c.item, c.n, sizeof(*c.item), by_item_name);
	if (!agree(&r, &c, e)) {
		free(c.item);
		return false;
	}
	*out = c;
	return true;
}
