#include "measure/base/json.h"

#include <stdlib.h>

#include "measure/base/json_lex.h"
#include "measure/base/text.h"

/*
 * Containers that are still open stand on a stack of our own, so that input cannot exhaust ours.
 * Below them all stands one that is in no tree: it holds the root.
 */
struct reader {
	struct cur c;
	struct json *j;
	size_t room; /* nodes that were allocated */
	unsigned depth;
	struct json_node *open[JSON_MAX_DEPTH + 1];
	struct json_node bottom;
};

void json_free(struct json *j)
{
	free(j->nodes);
	buf_free(&j->strings);
	*j = (struct json){0};
}

const char *json_type_name(enum json_type type)
{
	static const char *const names[] = {
		[JSON_NULL] = "null",	     [JSON_FALSE] = "a boolean", [JSON_TRUE] = "a boolean",
		[JSON_NUMBER] = "a number",  [JSON_STRING] = "a string", [JSON_ARRAY] = "an array",
		[JSON_OBJECT] = "an object",
	};

	return names[type];
}

static struct json_node *innermost(const struct reader *r)
{
	return r->open[r->depth];
}

static bool open_container(struct reader *r, struct json_node *node)
{
	if (r->depth == JSON_MAX_DEPTH)
		return cur_fail(&r->c, REASON_LIMIT, cur_at(&r->c),
				"needs at most %u levels of nesting, found %u", JSON_MAX_DEPTH,
				JSON_MAX_DEPTH + 1);
	r->open[++r->depth] = node;
	cur_take(&r->c, 1, "bracket");
	return true;
}

static bool read_value(struct reader *r, struct json_node *node)
{
	int c = cur_peek(&r->c);

	if (c == '{' || c == '[') {
		node->type = c == '{' ? JSON_OBJECT : JSON_ARRAY;
		return open_container(r, node);
	}
	if (c == '"') {
		node->type = JSON_STRING;
		return json_lex_string(&r->c, &r->j->strings, &node->text);
	}
	if (c == '-' || (c >= '0' && c <= '9')) {
		node->type = JSON_NUMBER;
		return json_lex_number(&r->c, &r->j->strings, &node->text);
	}
	if (json_lex_word(&r->c, "null"))
		node->type = JSON_NULL;
	else if (json_lex_word(&r->c, "false"))
		node->type = JSON_FALSE;
	else if (json_lex_word(&r->c, "true"))
		node->type = JSON_TRUE;
	else
		return json_lex_wrong(&r->c, "a value");
	return true;
}

static bool read_key(struct reader *r, struct json_node *node)
{
	if (cur_peek(&r->c) != '"')
		return json_lex_wrong(&r->c, "a key in quotes");
	if (!json_lex_string(&r->c, &r->j->strings, &node->key))
		return false;
	json_lex_blanks(&r->c);
	if (!json_lex_eat(&r->c, ':'))
		return json_lex_wrong(&r->c, "':' behind a key");
	json_lex_blanks(&r->c);
	return true;
}

/* The next thing in the innermost container. */
static bool read_item(struct reader *r)
{
	struct json_node *parent = innermost(r), *node;

	json_lex_blanks(&r->c);
	if (r->j->n == r->room)
		return cur_fail(&r->c, REASON_LIMIT, cur_at(&r->c),
				"needs at most %u values, found more", JSON_MAX_NODES);
	node = &r->j->nodes[r->j->n++];
	node->next = (uint32_t)r->j->n;
	node->offset = cur_at(&r->c);
	parent->count++;
	if (parent->type == JSON_OBJECT && !read_key(r, node))
		return false;
	return read_value(r, node);
}

/* Bytewise, a beginning before what it begins; equal keys in the order met. */
static int by_key(const void *a, const void *b)
{
	const struct json_node *x = *(const struct json_node *const *)a;
	const struct json_node *y = *(const struct json_node *const *)b;
	size_t n = x->key.n < y->key.n ? x->key.n : y->key.n;
	int order = n ? memcmp(x->key.p, y->key.p, n) : 0;

	if (order == 0)
		order = (x->key.n > y->key.n) - (x->key.n < y->key.n);
	return order ? order : (x > y) - (x < y);
}

const struct json_node **json_sorted(const struct json *j, const struct json_node *container,
				     struct err *e)
{
	const struct json_node **list = own_new(container->count * sizeof(*list), e);
	const struct json_node *node = json_first(j, container);

	if (!list)
		return NULL;
	for (size_t i = 0; node; node = json_after(j, container, node))
		list[i++] = node;
	if (container->type == JSON_OBJECT)
		qsort(list, container->count, sizeof(*list), by_key);
	return list;
}

/* Quoted as the writer would, so that no byte of it, a NUL among them, cuts the message. */
static bool repeated_key(struct reader *r, const struct json_node *node)
{
	owned(buf_free) struct buf quoted = BUF(512);
	struct json_out w = json_out(&quoted, false);
	struct bytes head = bytes_of(node->key.p, node->key.n < 64 ? node->key.n : 64);

	head.n = text_utf8_bad(head);
	json_string(&w, head);
	if (!buf_done(&quoted, "key", r->c.e))
		return false;
	return cur_fail(&r->c, REASON_JSON, node->offset, "needs every key once, found %s twice",
			buf_cstr(&quoted));
}

/* Sorted, equal keys are neighbours: no object of strangers makes this quadratic. */
static bool check_keys(struct reader *r, const struct json_node *object)
{
	const struct json_node **list, *twice = NULL;

	if (object->count < 2)
		return true;
	list = json_sorted(r->j, object, r->c.e);
	if (!list)
		return false;
	for (uint32_t i = 1; i < object->count; i++)
		if (bytes_equal(list[i - 1]->key, list[i]->key) && (!twice || list[i] < twice))
			twice = list[i];
	free(list);
	return !twice || repeated_key(r, twice);
}

static bool at_close(const struct reader *r)
{
	return cur_peek(&r->c) == (innermost(r)->type == JSON_OBJECT ? '}' : ']');
}

static bool close_container(struct reader *r)
{
	struct json_node *node = innermost(r);

	cur_take(&r->c, 1, "bracket");
	node->next = (uint32_t)r->j->n;
	r->depth--;
	return node->type == JSON_ARRAY || check_keys(r, node);
}

/* Behind a value: closes what ends there, and takes the comma before the next item. */
static bool read_behind(struct reader *r, bool *more)
{
	*more = false;
	while (r->depth > 0 && !*more) {
		json_lex_blanks(&r->c);
		if (json_lex_eat(&r->c, ','))
			*more = true;
		else if (!at_close(r))
			return json_lex_wrong(&r->c, innermost(r)->type == JSON_OBJECT
							     ? "',' or '}'"
							     : "',' or ']'");
		else if (!close_container(r))
			return false;
	}
	return true;
}

static bool read_tree(struct reader *r)
{
	bool more = true;

	while (more) {
		unsigned depth = r->depth;

		if (!read_item(r))
			return false;
		json_lex_blanks(&r->c);
		if (r->depth > depth && !at_close(r))
			continue; /* at the first item of a container */
		if (!read_behind(r, &more))
			return false;
	}
	json_lex_blanks(&r->c);
	return cur_end(&r->c, "the JSON value");
}

/* Every value but the root stands behind a comma or an opening bracket. */
static size_t most_nodes(struct bytes text)
{
	size_t n = 1;

	for (size_t i = 0; i < text.n && n < JSON_MAX_NODES; i++)
		n += text.p[i] == ',' || text.p[i] == '[' || text.p[i] == '{';
	return n;
}

/* What is unescaped is never longer than it was spelt: neither nodes nor texts need to move. */
static bool make_room(struct reader *r)
{
	struct json *j = r->j;

	r->room = most_nodes(r->c.in);
	j->nodes = own_new(r->room * sizeof(*j->nodes), r->c.e);
	if (!j->nodes)
		return false;
	j->strings = BUF(r->c.in.n);
	if (!buf_room(&j->strings, r->c.in.n))
		return buf_done(&j->strings, "JSON", r->c.e);
	buf_reset(&j->strings);
	return true;
}

bool json_read(struct json *j, struct bytes text, uint64_t base, struct err *e)
{
	owned(json_free) struct json made = {0};
	struct reader r = {.c = cur_new(text, base, e), .j = &made, .bottom = {.type = JSON_ARRAY}};
	size_t bad = text_utf8_bad(text);

	if (bytes_start(text, bytes_str("\xef\xbb\xbf")))
		return err_at(e, REASON_JSON, base, "needs a value, found a byte order mark");
	if (bad < text.n)
		return err_at(e, REASON_JSON, base + bad, "needs UTF-8, found byte 0x%02x",
			      text.p[bad]);
	r.open[0] = &r.bottom;
	if (!make_room(&r) || !read_tree(&r))
		return false;
	*j = take(made);
	return true;
}

const struct json_node *json_first(const struct json *j, const struct json_node *container)
{
	return container->count ? &j->nodes[container - j->nodes + 1] : NULL;
}

const struct json_node *json_after(const struct json *j, const struct json_node *container,
				   const struct json_node *node)
{
	return node->next < container->next ? &j->nodes[node->next] : NULL;
}

const struct json_node *json_member(const struct json *j, const struct json_node *object,
				    const char *key)
{
	const struct json_node *node = json_first(j, object);

	while (node && !bytes_equal(node->key, bytes_str(key)))
		node = json_after(j, object, node);
	return node;
}
