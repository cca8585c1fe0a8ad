#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "measure/base/text.h"
#include "measure/base/yaml_event.h"

#define PLACE_MAX 96

/*
 * Containers that are still open stand on a stack of our own; below them all stands one that is in
 * no tree: it holds the root. A key waits here until its value comes.
 */
struct reader {
	struct yaml_source *source;
	struct yaml *y;
	size_t room; /* nodes that were allocated */
	unsigned depth;
	struct yaml_node *open[YAML_MAX_DEPTH + 1];
	struct yaml_node bottom;
	bool keyed;
	struct yaml_scalar key;
	const struct yaml_field *field; /* of the value that stands next */
	struct err *e;
};

bool yaml_wrong(uint32_t line, struct err *e, const char *format, ...)
{
	char text[sizeof(e->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return err_set(e, REASON_YAML, "line %u: %.480s", line, text);
}

void yaml_drop(struct yaml *y)
{
	free(y->nodes);
	buf_free(&y->strings);
	*y = (struct yaml){0};
}

static struct yaml_node *innermost(const struct reader *r)
{
	return r->open[r->depth];
}

static bool is_map(const struct yaml_field *field)
{
	return field->type == YAML_MAP || field->type == YAML_NAMES;
}

/* What the value that stands next belongs to. */
static const char *place(const struct reader *r, char room[PLACE_MAX])
{
	const struct yaml_node *in = innermost(r);
	char quoted[YAML_QUOTE_ROOM];

	if (r->depth == 0)
		return "the document";
	if (!r->keyed && in->key.n == 0)
		return "an item";
	snprintf(room, PLACE_MAX, "%s%s", r->keyed ? "" : "an item of ",
		 yaml_quote(quoted, r->keyed ? r->key.text : in->key));
	return room;
}

/* A copy that stays, with a NUL behind it. */
static bool keep(struct reader *r, struct bytes text, struct bytes *out)
{
	struct buf *strings = &r->y->strings;
	size_t at = strings->n;

	buf_put(strings, text);
	buf_u8(strings, 0);
	if (!buf_done(strings, "YAML", r->e))
		return false;
	*out = bytes_of(strings->p + at, text.n);
	return true;
}

/* ---- keys */

static bool unknown_key(struct reader *r, const struct yaml_field *fields)
{
	const char *list[YAML_MAX_KEYS + 1] = {NULL}, *near;
	owned(buf_free) struct buf known = BUF(4096);
	char quoted[YAML_QUOTE_ROOM];

	for (size_t i = 0; i < YAML_MAX_KEYS && fields[i].key; i++) {
		list[i] = fields[i].key;
		buf_fmt(&known, "%s%s", i ? ", " : "", fields[i].key);
	}
	if (!buf_done(&known, "keys", r->e))
		return false;
	yaml_wrong(r->key.line, r->e, "unknown key %s; known here: %s",
		   yaml_quote(quoted, r->key.text), known.n ? buf_cstr(&known) : "none");
	near = text_nearest((const char *)r->key.text.p, list);
	return near ? err_hint(r->e, "did you mean '%s'?", near) : false;
}

static bool repeated_key(struct reader *r, const struct yaml_node *first, uint32_t line)
{
	char quoted[YAML_QUOTE_ROOM];

	return yaml_wrong(line, r->e, "key %s stands twice, first in line %u",
			  yaml_quote(quoted, first->key), first->line);
}

static bool known_key(struct reader *r, struct yaml_node *map)
{
	const struct yaml_field *field = map->field->fields;
	const struct yaml_node *twice;

	while (field->key && !bytes_equal(r->key.text, bytes_str(field->key)))
		field++;
	if (!field->key)
		return unknown_key(r, map->field->fields);
	map->next = (uint32_t)r->y->n; /* its end so far */
	twice = yaml_member(r->y, map, field->key);
	if (twice)
		return repeated_key(r, twice, r->key.line);
	r->field = field;
	return true;
}

static bool free_name(struct reader *r, const struct yaml_node *map)
{
	static const struct yaml_field name = {.type = YAML_TEXT};

	if (!yaml_scalar_check(&r->key, &name, "a key", r->e))
		return false;
	r->field = map->field->item;
	return true;
}

static bool take_key(struct reader *r, const struct yaml_event *event)
{
	struct yaml_node *map = innermost(r);
	bool known = map->field->type == YAML_MAP;

	if (event->kind != YAML_IS_SCALAR)
		return yaml_wrong(event->line, r->e, "needs a key, found %s",
				  event->kind == YAML_IS_LIST ? "a list" : "a map");
	r->key = event->scalar;
	if (!keep(r, event->scalar.text, &r->key.text))
		return false;
	if (r->key.plain && bytes_equal(r->key.text, bytes_str("<<")))
		return yaml_wrong(r->key.line, r->e, "needs a key, found the merge key '<<'");
	r->keyed = known ? known_key(r, map) : free_name(r, map);
	return r->keyed;
}

/* ---- values */

static bool limit(struct reader *r, uint32_t line, unsigned most, const char *what)
{
	return err_set(r->e, REASON_LIMIT, "line %u: needs at most %u %s, found more", line, most,
		       what);
}

/* A node for the value that stands next, in the innermost container. */
static bool add_node(struct reader *r, uint32_t line, struct yaml_node **out)
{
	struct yaml_node *node;

	if (r->y->n == r->room)
		return limit(r, line, YAML_MAX_NODES, "values");
	innermost(r)->count++;
	node = &r->y->nodes[r->y->n++];
	*node = (struct yaml_node){.field = r->field,
				   .next = (uint32_t)r->y->n,
				   .line = r->keyed ? r->key.line : line};
	if (r->keyed)
		node->key = r->key.text;
	*out = node;
	return true;
}

static bool take_scalar(struct reader *r, const struct yaml_event *event)
{
	struct yaml_scalar s = event->scalar;
	struct yaml_node *node = NULL;
	char room[PLACE_MAX];

	if (!keep(r, event->scalar.text, &s.text) ||
	    !yaml_scalar_check(&s, r->field, place(r, room), r->e) ||
	    !add_node(r, event->line, &node))
		return false;
	node->text = s.text;
	r->keyed = false;
	return true;
}

static bool open_container(struct reader *r, const struct yaml_event *event)
{
	bool list = event->kind == YAML_IS_LIST;
	struct yaml_node *node = NULL;
	char room[PLACE_MAX];

	if (list ? r->field->type != YAML_LIST : !is_map(r->field))
		return yaml_wrong(event->line, r->e, "%s needs %s, found %s", place(r, room),
				  yaml_type_name(r->field->type), list ? "a list" : "a map");
	if (r->depth == YAML_MAX_DEPTH)
		return limit(r, event->line, YAML_MAX_DEPTH, "levels of nesting");
	if (!add_node(r, event->line, &node))
		return false;
	r->open[++r->depth] = node;
	r->keyed = false;
	return true;
}

/* ---- the end of a container */

static bool check_required(struct reader *r, const struct yaml_node *map)
{
	for (const struct yaml_field *f = map->field->fields; f->key; f++)
		if (f->required && !yaml_member(r->y, map, f->key))
			return yaml_wrong(map->line, r->e, "key '%s' is missing", f->key);
	return true;
}

/* Bytewise; equal keys in the order met. */
static int by_key(const void *a, const void *b)
{
	const struct yaml_node *x = *(const struct yaml_node *const *)a;
	const struct yaml_node *y = *(const struct yaml_node *const *)b;
	int order = strcmp((const char *)x->key.p, (const char *)y->key.p);

	return order ? order : (x > y) - (x < y);
}

/* Sorted, equal names are neighbours: no map of strangers makes this quadratic. */
static bool check_names(struct reader *r, const struct yaml_node *map)
{
	const struct yaml_node *node = yaml_first(r->y, map), *first = NULL, *second = NULL;
	owned(own_free) const struct yaml_node **list = NULL;

	if (map->count < 2)
		return true;
	list = own_new(map->count * sizeof(*list), r->e);
	if (!list)
		return false;
	for (size_t i = 0; node; node = yaml_after(r->y, map, node))
		list[i++] = node;
	qsort(list, map->count, sizeof(*list), by_key);
	for (uint32_t i = 1; i < map->count; i++)
		if (bytes_equal(list[i - 1]->key, list[i]->key) && (!second || list[i] < second)) {
			first = list[i - 1];
			second = list[i];
		}
	return !second || repeated_key(r, first, second->line);
}

static bool close_container(struct reader *r)
{
	struct yaml_node *node = innermost(r);

	node->next = (uint32_t)r->y->n;
	r->depth--;
	if (node->field->type == YAML_MAP)
		return check_required(r, node);
	return node->field->type == YAML_LIST || check_names(r, node);
}

/* ---- the document */

static bool take_event(struct reader *r, const struct yaml_event *event)
{
	const struct yaml_node *in = innermost(r);

	if (event->kind == YAML_IS_CLOSE)
		return close_container(r);
	if (is_map(in->field) && !r->keyed)
		return take_key(r, event);
	if (!r->keyed)
		r->field = in->field->item;
	return event->kind == YAML_IS_SCALAR ? take_scalar(r, event) : open_container(r, event);
}

static bool read_document(struct reader *r)
{
	struct yaml_event event;

	do {
		if (!yaml_source_next(r->source, &event, r->e) || !take_event(r, &event))
			return false;
	} while (r->depth > 0);
	return yaml_source_end(r->source, r->e);
}

/*
 * A value takes a character at least, and an escape of two characters stands for three bytes at
 * most: neither nodes nor texts need to move.
 */
static bool make_room(struct reader *r, size_t text)
{
	struct yaml *y = r->y;
	size_t n = 3 * text + 2;

	r->room = text < YAML_MAX_NODES ? text + 1 : YAML_MAX_NODES;
	y->nodes = own_new(r->room * sizeof(*y->nodes), r->e);
	if (!y->nodes)
		return false;
	y->strings = BUF(n);
	if (!buf_room(&y->strings, n))
		return buf_done(&y->strings, "YAML", r->e);
	buf_reset(&y->strings);
	return true;
}

bool yaml_read(struct yaml *y, struct bytes text, const struct yaml_field *root, struct err *e)
{
	owned(yaml_drop) struct yaml made = {0};
	owned(yaml_source_free) struct yaml_source *source = NULL;
	const struct yaml_field bottom = {.type = YAML_LIST, .item = root};
	struct reader r = {.y = &made, .bottom = {.field = &bottom}, .e = e};

	r.open[0] = &r.bottom;
	if (!yaml_source_new(&source, text, e) || !make_room(&r, text.n))
		return false;
	r.source = source;
	if (!read_document(&r))
		return false;
	*y = take(made);
	return true;
}

const struct yaml_node *yaml_first(const struct yaml *y, const struct yaml_node *container)
{
	return container->count ? &y->nodes[container - y->nodes + 1] : NULL;
}

const struct yaml_node *yaml_after(const struct yaml *y, const struct yaml_node *container,
				   const struct yaml_node *node)
{
	return node->next < container->next ? &y->nodes[node->next] : NULL;
}

const struct yaml_node *yaml_member(const struct yaml *y, const struct yaml_node *map,
				    const char *key)
{
	const struct yaml_node *node = yaml_first(y, map);

	while (node && !bytes_equal(node->key, bytes_str(key)))
		node = yaml_after(y, map, node);
	return node;
}
