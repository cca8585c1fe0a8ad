#include "tests/unit/support_diag.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "measure/base/buf.h"

#define MAX (16u << 20)

struct text {
	const char *at, *whole;
};

static void item(struct text *t, struct buf *out);

static void mistake(const struct text *t, const char *needs)
{
	fprintf(stderr, "diagnostic notation: needs %s at \"%.40s\"\n", needs, t->at);
	abort();
}

static void blanks(struct text *t)
{
	while (isspace((unsigned char)*t->at))
		t->at++;
}

static bool eat(struct text *t, const char *word)
{
	size_t n = strlen(word);

	blanks(t);
	if (strncmp(t->at, word, n) != 0)
		return false;
	t->at += n;
	return true;
}

static void need(struct text *t, const char *word)
{
	if (!eat(t, word))
		mistake(t, word);
}

/* width: bytes behind the first, or -1 for as few as do. */
static void head(struct buf *out, unsigned major, uint64_t n, int width)
{
	if (width < 0)
		width = n < 24		  ? 0
			: n <= UINT8_MAX  ? 1
			: n <= UINT16_MAX ? 2
			: n <= UINT32_MAX ? 4
					  : 8;
	if (width == 0)
		buf_u8(out, (uint8_t)(major << 5 | n));
	else
		buf_u8(out, (uint8_t)(major << 5 | (width == 1	 ? 24
						    : width == 2 ? 25
						    : width == 4 ? 26
								 : 27)));
	for (int i = width - 1; i >= 0; i--)
		buf_u8(out, (uint8_t)(n >> (8 * i)));
}

static int width_of(struct text *t)
{
	if (t->at[0] != '_' || !isdigit((unsigned char)t->at[1]))
		return -1;
	t->at += 2;
	return 1 << (t->at[-1] - '0');
}

static bool is_hex(const char *s)
{
	return isxdigit((unsigned char)s[0]) && isxdigit((unsigned char)s[1]);
}

static void hex(struct text *t, struct buf *out)
{
	size_t from = out->n, times = 1;

	while (isspace((unsigned char)*t->at) || is_hex(t->at)) {
		char pair[3] = {t->at[0], t->at[1], '\0'};

		if (is_hex(t->at))
			buf_u8(out, (uint8_t)strtoul(pair, NULL, 16));
		t->at += is_hex(t->at) ? 2 : 1;
	}
	need(t, "'");
	if (*t->at == '*')
		times = strtoul(t->at + 1, (char **)(uintptr_t)&t->at, 10);
	/* Byte by byte, since what grows may move. */
	for (size_t n = (times - 1) * (out->n - from); times > 1 && n > 0; n--)
		buf_u8(out, out->p[from++]);
}

static void string(struct text *t, struct buf *out)
{
	struct buf content = BUF(MAX);

	for (; *t->at && *t->at != '"'; t->at++) {
		if (*t->at == '\\')
			t->at++;
		buf_u8(&content, (uint8_t)*t->at);
	}
	need(t, "\"");
	head(out, 3, content.n, -1);
	buf_put(out, buf_bytes(&content));
	buf_free(&content);
}

static void bytes(struct text *t, struct buf *out)
{
	struct buf content = BUF(MAX);

	hex(t, &content);
	head(out, 2, content.n, -1);
	buf_put(out, buf_bytes(&content));
	buf_free(&content);
}

static void embedded(struct text *t, struct buf *out)
{
	struct buf content = BUF(MAX);

	do
		item(t, &content);
	while (eat(t, ","));
	need(t, ">>");
	head(out, 2, content.n, -1);
	buf_put(out, buf_bytes(&content));
	buf_free(&content);
}

static void members(struct text *t, struct buf *out, bool map)
{
	struct buf content = BUF(MAX);
	const char *end = map ? "}" : "]";
	bool endless = eat(t, "_ ");
	uint64_t n = 0;

	while (!eat(t, end)) {
		if (n++ > 0)
			need(t, ",");
		item(t, &content);
		if (!map)
			continue;
		need(t, ":");
		item(t, &content);
	}
	if (endless)
		buf_u8(out, map ? 0xbf : 0x9f);
	else
		head(out, map ? 5 : 4, n, -1);
	buf_put(out, buf_bytes(&content));
	if (endless)
		buf_u8(out, 0xff);
	buf_free(&content);
}

static void number(struct text *t, struct buf *out)
{
	bool negative = eat(t, "-");
	char *end;
	uint64_t n = strtoull(t->at, &end, 10);
	int width;

	if (end == t->at)
		mistake(t, "an item");
	t->at = end;
	width = width_of(t);
	if (negative) {
		head(out, 1, n - 1, width);
	} else if (*t->at == '(') {
		t->at++;
		head(out, 6, n, width);
		item(t, out);
		need(t, ")");
	} else {
		head(out, 0, n, width);
	}
}

static void item(struct text *t, struct buf *out)
{
	if (eat(t, "\""))
		string(t, out);
	else if (eat(t, "h'"))
		bytes(t, out);
	else if (eat(t, "x'"))
		hex(t, out);
	else if (eat(t, "<<"))
		embedded(t, out);
	else if (eat(t, "["))
		members(t, out, false);
	else if (eat(t, "{"))
		members(t, out, true);
	else if (eat(t, "false"))
		buf_u8(out, 0xf4);
	else if (eat(t, "true"))
		buf_u8(out, 0xf5);
	else if (eat(t, "null"))
		buf_u8(out, 0xf6);
	else
		number(t, out);
}

struct bytes diag_bytes(const char *text)
{
	struct text t = {text, text};
	struct buf out = BUF(MAX);
	uint8_t *p;

	item(&t, &out);
	blanks(&t);
	if (*t.at)
		mistake(&t, "the end");
	p = malloc(out.n);
	if (!p || out.failed != REASON_NONE)
		abort();
	memcpy(p, out.p, out.n);
	struct bytes b = bytes_of(p, out.n);

	buf_free(&out);
	return b;
}
