/*
 * Any bytes as YAML under a schema with every type in it. What is read is written as one line and
 * read again: both trees hold the same.
 */
#include <dlfcn.h>
#include <stdlib.h>

#include "measure/base/yaml.h"

#define OUT_MAX (1u << 24)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const roles[] = {"publisher", "rebuilder", NULL};
static const struct yaml_field role = {.type = YAML_TEXT, .choices = roles};
static const struct yaml_field number = {.type = YAML_UINT};
static const struct yaml_field key_fields[] = {
	{.key = "name", .type = YAML_TEXT, .required = true},
	{.key = "id", .type = YAML_HEX},
	{.key = "roles", .type = YAML_LIST, .item = &role},
	{.key = "since", .type = YAML_TIME},
	{.key = "active", .type = YAML_BOOL},
	{0},
};
static const struct yaml_field key = {.type = YAML_MAP, .fields = key_fields};
static const struct yaml_field root_fields[] = {
	{.key = "version", .type = YAML_UINT},
	{.key = "keys", .type = YAML_LIST, .item = &key},
	{.key = "names", .type = YAML_NAMES, .item = &number},
	{.key = "text", .type = YAML_TEXT},
	{0},
};
static const struct yaml_field root = {.type = YAML_MAP, .fields = root_fields};

static void must_be(bool so)
{
	if (!so)
		abort();
}

static void put_scalar(struct buf *out, const struct yaml_node *node)
{
	enum yaml_type type = node->field->type;

	if (type == YAML_BOOL || type == YAML_UINT || type == YAML_HEX)
		buf_put(out, node->text);
	else
		yaml_put_text(out, node->text);
}

/* Every container that ends in front of node i, or at the end of the tree, gets its bracket. */
static void write_tree(struct buf *out, const struct yaml *y)
{
	const struct yaml_node *open[YAML_MAX_DEPTH];
	size_t depth = 0;

	for (size_t i = 0; i <= y->n; i++) {
		const struct yaml_node *node = &y->nodes[i];
		enum yaml_type type;

		while (depth > 0 && open[depth - 1]->next == i)
			buf_str(out, open[--depth]->field->type == YAML_LIST ? "]," : "},");
		if (i == y->n)
			break;
		if (depth > 0 && open[depth - 1]->field->type != YAML_LIST) {
			buf_str(out, "? "); /* others have at most 1024 characters */
			yaml_put_text(out, node->key);
			buf_str(out, " : ");
		}
		type = node->field->type;
		if (type == YAML_LIST || type == YAML_MAP || type == YAML_NAMES) {
			buf_str(out, type == YAML_LIST ? "[" : "{");
			open[depth++] = node;
		} else {
			put_scalar(out, node);
			buf_str(out, ",");
		}
	}
	out->n--;
}

static void check_same(const struct yaml *a, const struct yaml *b)
{
	must_be(a->n == b->n);
	for (size_t i = 0; i < a->n; i++) {
		const struct yaml_node *x = &a->nodes[i], *y = &b->nodes[i];

		must_be(x->field == y->field && x->next == y->next && x->count == y->count);
		must_be(x->line >= 1 && y->line == 1);
		must_be(bytes_equal(x->key, y->key) && bytes_equal(x->text, y->text));
	}
}

/* Loaded once instead of for every input. */
static void keep_loaded(void)
{
	static void *library;

	if (!library)
		library = dlopen("libyaml-0.so.2", RTLD_NOW);
	must_be(library != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text = BUF(OUT_MAX);
	struct err e = {0};
	struct yaml y, again;

	keep_loaded();
	if (!yaml_read(&y, bytes_of(data, size), &root, &e)) {
		must_be(e.reason == REASON_YAML || e.reason == REASON_LIMIT);
		return 0;
	}
	must_be(!err_is(&e));
	write_tree(&text, &y);
	must_be(buf_done(&text, "tree", &e));
	if (text.n <= YAML_MAX_BYTES) {
		must_be(yaml_read(&again, buf_bytes(&text), &root, &e));
		check_same(&y, &again);
		yaml_drop(&again);
	}
	buf_free(&text);
	yaml_drop(&y);
	return 0;
}
