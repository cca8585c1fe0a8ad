#include "measure/base/json.h"

#include <inttypes.h>

#include "measure/base/base64.h"
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

/* The second letter of a two-character escape, 0 for none. */
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
		return 0;
	}
}

/* Above U+FFFF as a surrogate pair. */
static void put_u(struct buf *out, uint32_t code_point)
{
	if (code_point > 0xffff) {
		buf_fmt(out, "\\u%04x", 0xd800 + ((code_point - 0x10000) >> 10));
		code_point = 0xdc00 + (code_point & 0x3ff);
	}
	buf_fmt(out, "\\u%04x", code_point);
}

/* The character at the start of s as it is, or escaped where it would act on a terminal. */
static size_t put_tame(const struct json_out *w, struct bytes s)
{
	uint32_t code_point = 0;
	size_t len = text_utf8(s, &code_point);

	if (len == 0)
		buf_fail(w->out, REASON_JSON);
	else if (w->tame && (code_point == 0x7f || text_hidden(code_point)))
		put_u(w->out, code_point);
	else
		buf_put(w->out, bytes_of(s.p, len));
	return len;
}

static void put_string(const struct json_out *w, struct bytes s)
{
	buf_u8(w->out, '"');
	while (s.n > 0 && w->out->failed == REASON_NONE) {
		char escape = escape_of(s.p[0]);
		size_t len = 1;

		if (escape)
			buf_fmt(w->out, "\\%c", escape);
		else if (s.p[0] < 0x20)
			put_u(w->out, s.p[0]);
		else
			len = put_tame(w, s);
		s = bytes_of(s.p + len, s.n - len);
	}
	buf_u8(w->out, '"');
}

void json_key_bytes(struct json_out *w, struct bytes key)
{
	lead(w);
	put_string(w, key);
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
	put_string(w, utf8);
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

void json_base64(struct json_out *w, struct bytes x)
{
	lead(w);
	buf_u8(w->out, '"');
	base64_put(w->out, x);
	buf_u8(w->out, '"');
}

void json_text(struct json_out *w, const char *key, const char *text)
{
	if (!text)
		return;
	json_key(w, key);
	json_str(w, text);
}

void json_count(struct json_out *w, const char *key, uint64_t x)
{
	json_key(w, key);
	json_u64(w, x);
}

void json_flag(struct json_out *w, const char *key, bool x)
{
	json_key(w, key);
	json_bool(w, x);
}

void json_raw(struct json_out *w, struct bytes text)
{
	lead(w);
	while (w->tame && text.n > 0 && w->out->failed == REASON_NONE) {
		size_t len = put_tame(w, text);

		text = bytes_of(text.p + len, text.n - len);
	}
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
