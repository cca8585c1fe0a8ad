#include "measure/base/json.h"

#include <inttypes.h>

#include "measure/base/hex.h"
#include "measure/base/text.h"

struct json_out json_out(struct buf *out, bool pretty)
{
	return (struct json_out){.out = out, .pretty = pretty, .first = true};
}

static void new_line(const struct json_out *w)
{
	if (!w->pretty)
		return;
	buf_u8(w->out, '\n');
	for (unsigned i = 0; i < w->depth; i++)
		buf_str(w->out, "  ");
}

/* In front of a key, or of a value that has none. */
static void lead(struct json_out *w)
{
	if (w->keyed) {
		w->keyed = false;
		return;
	}
	if (w->depth == 0)
		return;
	if (!w->first)
		buf_u8(w->out, ',');
	new_line(w);
	w->first = false;
}

void json_open(struct json_out *w, char bracket)
{
	lead(w);
	buf_u8(w->out, (uint8_t)bracket);
	w->depth++;
	w->first = true;
}

void json_close(struct json_out *w, char bracket)
{
	w->depth--;
	if (!w->first)
		new_line(w);
	w->first = false;
	buf_u8(w->out, (uint8_t)bracket);
}

/* The two-character escape of a byte, 'u' for \u00xx, 0 for none. */
static char escape_of(uint8_t c)
{
	switch (c) {
	case '"':
	case '\\':
		return (char)c;
	case '\b':
		return 'b';
	case '\f':
		return 'f';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	default:
		return c < 0x20 ? 'u' : 0;
	}
}

static void put_string(struct buf *out, struct bytes s)
{
	size_t done = 0;

	if (text_utf8_bad(s) < s.n)
		buf_fail(out, REASON_JSON);
	buf_u8(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		char escape = escape_of(s.p[i]);

		if (!escape)
			continue;
		buf_put(out, bytes_of(s.p + done, i - done));
		done = i + 1;
		if (escape == 'u')
			buf_fmt(out, "\\u%04x", s.p[i]);
		else
			buf_fmt(out, "\\%c", escape);
	}
	if (s.n)
		buf_put(out, bytes_of(s.p + done, s.n - done));
	buf_u8(out, '"');
}

void json_key_bytes(struct json_out *w, struct bytes key)
{
	lead(w);
	put_string(w->out, key);
	buf_str(w->out, w->pretty ? ": " : ":");
	w->keyed = true;
}

void json_key(struct json_out *w, const char *key)
{
	json_key_bytes(w, bytes_str(key));
}

void json_string(struct json_out *w, struct bytes utf8)
{
	lead(w);
	put_string(w->out, utf8);
}

void json_str(struct json_out *w, const char *s)
{
	json_string(w, bytes_str(s));
}

void json_u64(struct json_out *w, uint64_t x)
{
	lead(w);
	buf_fmt(w->out, "%" PRIu64, x);
}

void json_bool(struct json_out *w, bool x)
{
	lead(w);
	buf_str(w->out, x ? "true" : "false");
}

void json_null(struct json_out *w)
{
	lead(w);
	buf_str(w->out, "null");
}

void json_hex(struct json_out *w, struct bytes x)
{
	lead(w);
	buf_u8(w->out, '"');
	hex_put(w->out, x);
	buf_u8(w->out, '"');
}

void json_raw(struct json_out *w, struct bytes text)
{
	lead(w);
	buf_put(w->out, text);
}

/* A value without what it holds. */
static void put_node(struct json_out *w, const struct json_node *node)
{
	switch (node->type) {
	case JSON_NULL:
		json_null(w);
		break;
	case JSON_FALSE:
	case JSON_TRUE:
		json_bool(w, node->type == JSON_TRUE);
		break;
	case JSON_NUMBER:
		json_raw(w, node->text);
		break;
	case JSON_STRING:
		json_string(w, node->text);
		break;
	case JSON_ARRAY:
	case JSON_OBJECT:
		json_open(w, node->type == JSON_OBJECT ? '{' : '[');
		break;
	}
}

void json_node_out(struct json_out *w, const struct json *j, const struct json_node *node)
{
	const struct json_node *open[JSON_MAX_DEPTH + 1] = {NULL}, *end = &j->nodes[node->next];
	unsigned depth = 0;

	for (const struct json_node *at = node; at < end; at++) {
		if (depth && open[depth]->type == JSON_OBJECT)
			json_key_bytes(w, at->key);
		put_node(w, at);
		if (at->type == JSON_OBJECT || at->type == JSON_ARRAY)
			open[++depth] = at;
		while (depth && &j->nodes[open[depth]->next] == at + 1)
			json_close(w, open[depth--]->type == JSON_OBJECT ? '}' : ']');
	}
}
