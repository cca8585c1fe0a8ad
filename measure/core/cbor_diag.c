#include "measure/core/cbor_diag.h"

#include <math.h>

#include "measure/base/hex.h"
#include "measure/base/text.h"
#include "measure/core/cbor_walk.h"

#define FRAMES (4 * CBOR_MAX_DEPTH) /* embedded items begin to count anew */
#define SHORT 24u /* bytes of an encoding that stays on one line */
#define TAG_CBOR 24u
#define TAG_SIGN1 18u
#define HEADER_META 8u

/* What a byte string that comes next, or further inside, is by its place. */
enum holds { HOLDS_ANY, HOLDS_CBOR, HOLDS_SIGN1, HOLDS_PROTECTED, HOLDS_HEADER };

struct frame {
	struct cbor_run run;
	const char *close;
	bool map, lines; /* each member on a line of its own */
	bool single; /* a tag or an embedded item: what it holds is one item, as it stands */
	enum holds holds;
	uint64_t key; /* in a map: the last key, if it was an unsigned integer */
	size_t n; /* items so far, keys and values counted apart */
};

struct diag {
	struct cur c;
	struct buf *out;
	size_t items;
	size_t depth, levels; /* frames; those whose members have lines */
	struct frame frame[FRAMES];
};

static void indent(struct diag *d)
{
	buf_str(d->out, "\n");
	for (size_t i = 0; i < d->levels; i++)
		buf_str(d->out, "  ");
}

static void put_escape(struct buf *out, uint32_t c)
{
	if (c > 0xffff) {
		c -= 0x10000;
		buf_fmt(out, "\\u%04x", (unsigned)(0xd800 + (c >> 10)));
		c = 0xdc00 + (c & 0x3ff);
	}
	buf_fmt(out, "\\u%04x", (unsigned)c);
}

static void put_text(struct buf *out, struct bytes text)
{
	buf_str(out, "\"");
	while (text.n > 0) {
		uint32_t point = 0;
		size_t n = text_utf8(text, &point);

		if (n == 0) /* scanned text is UTF-8 */
			break;
		if (point == '"' || point == '\\')
			buf_fmt(out, "\\%c", (char)point);
		else if (point < 0x20 || point == 0x7f || text_hidden(point))
			put_escape(out, point);
		else
			buf_put(out, bytes_of(text.p, n));
		text = bytes_of(text.p + n, text.n - n);
	}
	buf_str(out, "\"");
}

static double half(uint64_t x)
{
	int exponent = (int)(x >> 10 & 0x1f);
	double mantissa = (double)(x & 0x3ff), value;

	if (exponent == 0x1f)
		value = mantissa > 0 ? (double)NAN : (double)INFINITY;
	else if (exponent == 0)
		value = mantissa / 16777216.0; /* 2^-24 */
	else
		value = (mantissa + 1024) / 1024 *
			(exponent < 15 ? 1.0 / (1 << (15 - exponent)) : 1 << (exponent - 15));
	return x >> 15 ? -value : value;
}

static void put_float(struct buf *out, const struct cbor_head *h)
{
	double value = half(h->argument);
	uint32_t bits = (uint32_t)h->argument;
	float single;
	size_t from = out->n;

	memcpy(&single, &bits, sizeof(single));
	if (h->width == 4)
		value = (double)single;
	else if (h->width == 8)
		memcpy(&value, &h->argument, sizeof(value));
	if (isnan(value)) {
		buf_str(out, "NaN");
	} else if (isinf(value)) {
		buf_str(out, value < 0 ? "-Infinity" : "Infinity");
	} else {
		buf_fmt(out, "%.17g", value);
		if (out->n > from && !memchr(out->p + from, '.', out->n - from) &&
		    !memchr(out->p + from, 'e', out->n - from))
			buf_str(out, ".0");
	}
}

static void put_simple(struct buf *out, const struct cbor_head *h)
{
	static const char *const name[] = {"false", "true", "null", "undefined"};

	if (h->width >= 2)
		put_float(out, h);
	else if (h->argument >= 20 && h->argument < 24)
		buf_str(out, name[h->argument - 20]);
	else
		buf_fmt(out, "simple(%u)", (unsigned)h->argument);
}

/* "_1" behind what has a longer head than it needs; floats have the width of their value. */
static void put_width(struct buf *out, const struct cbor_head *h)
{
	unsigned form = 0;

	if (h->major == CBOR_SIMPLE || h->indefinite || cbor_head_needs(h) >= h->width)
		return;
	while (1u << form < h->width)
		form++;
	buf_fmt(out, "_%u", form);
}

/* What the item that comes next is by its place; it was counted already. */
static enum holds place(const struct diag *d)
{
	const struct frame *f = d->depth ? &d->frame[d->depth - 1] : NULL;

	if (!f || f->single)
		return f ? f->holds : HOLDS_ANY;
	if (f->holds == HOLDS_SIGN1 && f->n == 1)
		return HOLDS_PROTECTED;
	if (f->holds == HOLDS_SIGN1 && f->n == 3)
		return HOLDS_CBOR;
	if (f->holds == HOLDS_HEADER && f->map && f->n % 2 == 0 && f->key == HEADER_META)
		return HOLDS_CBOR;
	return HOLDS_ANY;
}

/* A short run of bytes that holds the whole item. */
static bool is_short(const struct diag *d)
{
	struct err unused = {0};
	size_t left = cur_left(&d->c);
	struct cur c =
		cur_new(bytes_of(d->c.in.p + d->c.pos, left < SHORT ? left : SHORT), 0, &unused);

	cbor_walk_skip(&c, "item");
	return cur_ok(&c);
}

static bool push(struct diag *d, struct frame f)
{
	if (d->depth == FRAMES)
		return cur_fail(&d->c, REASON_LIMIT, cur_at(&d->c), "nested deeper than %d levels",
				FRAMES);
	d->levels += f.lines;
	d->frame[d->depth++] = f;
	return true;
}

/* The bytes go on to be read in their place, as the one item that they are. */
static bool embed(struct diag *d, struct bytes content, enum holds holds)
{
	struct err none = {0};

	if ((holds != HOLDS_CBOR && holds != HOLDS_PROTECTED) ||
	    d->depth + 1 + CBOR_MAX_DEPTH > FRAMES)
		return false;
	if (!cbor_scan(content, 0, CBOR_FOREIGN, d->items, &none)) {
		if (none.reason == REASON_OUT_OF_MEMORY)
			buf_fail(d->out, none.reason);
		return false;
	}
	d->c.pos -= content.n;
	buf_str(d->out, "<<");
	return push(d, (struct frame){
			       .run = {.left = 1},
			       .close = ">>",
			       .single = true,
			       .holds = holds == HOLDS_PROTECTED ? HOLDS_HEADER : HOLDS_ANY,
		       });
}

static void string(struct diag *d, const struct cbor_head *h, enum holds holds)
{
	struct bytes content;

	if (h->indefinite) {
		buf_str(d->out, "(_ ");
		push(d, (struct frame){.run = {.endless = true}, .close = ")"});
		return;
	}
	content = cur_take(&d->c, h->argument, "string");
	if (h->major == CBOR_TEXT) {
		put_text(d->out, content);
	} else if (embed(d, content, holds)) {
		return;
	} else {
		buf_str(d->out, "h'");
		hex_put(d->out, content);
		buf_str(d->out, "'");
	}
	put_width(d->out, h);
}

static void container(struct diag *d, const struct cbor_head *h, enum holds holds, bool lines)
{
	bool map = h->major == CBOR_MAP;

	buf_str(d->out, map ? "{" : "[");
	put_width(d->out, h);
	buf_str(d->out, h->indefinite ? "_ " : cbor_head_needs(h) < h->width ? " " : "");
	push(d, (struct frame){
			.run = {.left = h->argument * (map ? 2 : 1), .endless = h->indefinite},
			.close = map ? "}" : "]",
			.map = map,
			.lines = lines,
			.holds = holds,
		});
}

static void tag(struct diag *d, const struct cbor_head *h)
{
	enum holds holds = HOLDS_ANY;

	if (h->argument == TAG_CBOR || h->argument == 505 || h->argument == 506 ||
	    h->argument == 508)
		holds = HOLDS_CBOR;
	if (h->argument == TAG_SIGN1)
		holds = HOLDS_SIGN1;
	buf_fmt(d->out, "%llu", (unsigned long long)h->argument);
	put_width(d->out, h);
	buf_str(d->out, "(");
	push(d, (struct frame){.run = {.left = 1}, .close = ")", .single = true, .holds = holds});
}

static void number(struct diag *d, const struct cbor_head *h)
{
	if (h->major == CBOR_UINT)
		buf_fmt(d->out, "%llu", (unsigned long long)h->argument);
	else if (h->argument == UINT64_MAX)
		buf_str(d->out, "-18446744073709551616");
	else
		buf_fmt(d->out, "-%llu", (unsigned long long)h->argument + 1);
	put_width(d->out, h);
}

/* Counts the item in what holds it, and puts what stands between it and the one before. */
static void separate(struct diag *d)
{
	struct frame *f = d->depth ? &d->frame[d->depth - 1] : NULL;

	if (!f)
		return;
	if (f->map && f->n % 2 == 1)
		buf_str(d->out, ": ");
	else if (f->n > 0)
		buf_str(d->out, f->lines ? "," : ", ");
	if (f->lines && !(f->map && f->n % 2 == 1))
		indent(d);
	f->n++;
}

static void item(struct diag *d)
{
	struct frame *f = d->depth ? &d->frame[d->depth - 1] : NULL;
	enum holds holds;
	struct cbor_head h;
	bool lines = !is_short(d);

	separate(d);
	holds = place(d);
	if (!cbor_head_read(&d->c, &h, "item"))
		return;
	if (f && f->map && f->n % 2 == 1)
		f->key = h.major == CBOR_UINT ? h.argument : 0;
	switch (h.major) {
	case CBOR_UINT:
	case CBOR_NEGINT:
		number(d, &h);
		break;
	case CBOR_BYTES:
	case CBOR_TEXT:
		string(d, &h, holds);
		break;
	case CBOR_ARRAY:
	case CBOR_MAP:
		container(d, &h, holds, lines);
		break;
	case CBOR_TAG:
		tag(d, &h);
		break;
	case CBOR_SIMPLE:
		put_simple(d->out, &h);
		break;
	}
}

/* All that is complete now. */
static void finish(struct diag *d)
{
	struct frame *f;

	while (d->depth > 0) {
		f = &d->frame[d->depth - 1];
		if (cbor_walk_next(&d->c, &f->run))
			return;
		d->levels -= f->lines;
		if (f->lines && f->n > 0)
			indent(d);
		buf_str(d->out, f->close);
		d->depth--;
	}
}

bool cbor_diag(struct bytes in, size_t items, struct buf *out, struct err *e)
{
	struct diag d = {.c = cur_new(in, 0, e), .out = out, .items = items};

	if (!cbor_scan(in, 0, CBOR_FOREIGN, items, e))
		return false;
	do {
		item(&d);
		finish(&d);
	} while (d.depth > 0 && cur_ok(&d.c) && out->failed == REASON_NONE);
	buf_str(out, "\n");
	return cur_ok(&d.c) && buf_done(out, "the diagnostic notation", e) &&
	       cur_end(&d.c, "the CBOR item");
}
