#include "measure/core/oci_json.h"

#include <stdio.h>
#include <stdlib.h>

#include "measure/base/num.h"

/* A refusal of the JSON itself is told with the name of the document in front. */
bool oci_json_read(struct oci_json *d, struct bytes text, enum json_type root, struct err *e)
{
	d->e = e;
	if (!json_read(&d->j, text, 0, e))
		return err_in(e, "%s", d->what);
	return oci_json_is(d, d->j.nodes, root);
}

void oci_json_free(struct oci_json *d)
{
	json_free(&d->j);
}

bool oci_json_refuse(struct oci_json *d, const struct json_node *at, const char *format, ...)
{
	char text[sizeof(d->e->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return err_at(d->e, REASON_IMAGE, at->offset, "%s: %s", d->what, text);
}

bool oci_json_is(struct oci_json *d, const struct json_node *item, enum json_type type)
{
	return item->type == type ||
	       oci_json_refuse(d, item, "%s where %s belongs", json_type_name(item->type),
			       json_type_name(type));
}

/* The two letters beyond ASCII that Unicode folds into it. */
static size_t folded(struct bytes key, char *letter)
{
	if (bytes_start(key, bytes_str("\xc5\xbf"))) {
		*letter = 's';
		return 2;
	}
	if (bytes_start(key, bytes_str("\xe2\x84\xaa"))) {
		*letter = 'k';
		return 3;
	}
	*letter = (char)key.p[0];
	if (*letter >= 'A' && *letter <= 'Z')
		*letter = (char)(*letter - 'A' + 'a');
	return 1;
}

static bool alike(struct bytes a, struct bytes b)
{
	while (a.n > 0 && b.n > 0) {
		char x, y;
		size_t in_a = folded(a, &x), in_b = folded(b, &y);

		if (x != y)
			return false;
		a = bytes_of(a.p + in_a, a.n - in_a);
		b = bytes_of(b.p + in_b, b.n - in_b);
	}
	return a.n == 0 && b.n == 0;
}

/* Of any type but null. */
static const struct json_node *member(struct oci_json *d, const struct json_node *in,
				      const char *key)
{
	const struct json_node *found = NULL;

	if (err_is(d->e))
		return NULL;
	for (const struct json_node *m = json_first(&d->j, in); m; m = json_after(&d->j, in, m)) {
		if (bytes_equal(m->key, bytes_str(key))) {
			found = m->type == JSON_NULL ? NULL : m;
		} else if (alike(m->key, bytes_str(key))) {
			oci_json_refuse(d, m, "some readers take '%.*s' for '%s'", (int)m->key.n,
					(const char *)m->key.p, key);
			return NULL;
		}
	}
	return found;
}

const struct json_node *oci_json_get(struct oci_json *d, const struct json_node *in,
				     const char *key, enum json_type type)
{
	const struct json_node *m = member(d, in, key);

	if (!m || m->type == type)
		return m;
	oci_json_refuse(d, m, "'%s' is %s, not %s", key, json_type_name(m->type),
			json_type_name(type));
	return NULL;
}

const struct json_node *oci_json_need(struct oci_json *d, const struct json_node *in,
				      const char *key, enum json_type type)
{
	const struct json_node *m = oci_json_get(d, in, key, type);

	if (!m && !err_is(d->e))
		oci_json_refuse(d, in, "has no '%s'", key);
	return m;
}

void oci_json_forbid(struct oci_json *d, const struct json_node *in, const char *key)
{
	const struct json_node *m = member(d, in, key);

	if (m)
		oci_json_refuse(d, m, "has '%s', which makes it something else for other readers",
				key);
}

static bool c_string(struct oci_json *d, const struct json_node *m)
{
	return !memchr(m->text.n ? (const char *)m->text.p : "", 0, m->text.n) ||
	       oci_json_refuse(d, m, "a text has a NUL inside");
}

char *oci_json_text(struct oci_json *d, const struct json_node *in, const char *key)
{
	const struct json_node *m = oci_json_get(d, in, key, JSON_STRING);
	char *text;

	if (!m || !c_string(d, m))
		return NULL;
	text = own_new(m->text.n + 1, d->e);
	if (text && m->text.n)
		memcpy(text, m->text.p, m->text.n);
	return text;
}

/* Items are strings without a NUL; *bytes: what they take with one behind each. */
static bool texts_size(struct oci_json *d, const struct json_node *list, size_t *bytes)
{
	*bytes = 0;
	for (const struct json_node *m = json_first(&d->j, list); m;
	     m = json_after(&d->j, list, m)) {
		if (!oci_json_is(d, m, JSON_STRING) || !c_string(d, m))
			return false;
		*bytes += m->text.n + 1;
	}
	return true;
}

char **oci_json_texts(struct oci_json *d, const struct json_node *in, const char *key)
{
	const struct json_node *list = oci_json_get(d, in, key, JSON_ARRAY);
	size_t bytes, n = 0;
	char **texts, *to;

	if (!list || !texts_size(d, list, &bytes))
		return NULL;
	texts = own_new((list->count + 1) * sizeof(*texts) + bytes, d->e);
	if (!texts)
		return NULL;
	to = (char *)(texts + list->count + 1);
	for (const struct json_node *m = json_first(&d->j, list); m;
	     m = json_after(&d->j, list, m)) {
		texts[n++] = to;
		if (m->text.n)
			memcpy(to, m->text.p, m->text.n);
		to += m->text.n + 1;
	}
	return texts;
}

uint64_t oci_json_u64(struct oci_json *d, const struct json_node *in, const char *key)
{
	const struct json_node *m = oci_json_need(d, in, key, JSON_NUMBER);
	char text[24] = "";
	uint64_t x = 0;

	if (!m)
		return 0;
	if (m->text.n < sizeof(text))
		memcpy(text, m->text.p, m->text.n);
	if (!num_parse(text, &x))
		oci_json_refuse(d, m, "'%s' is %.*s, no whole number of 64 bits", key,
				(int)m->text.n, (const char *)m->text.p);
	return x;
}
