#include "measure/base/buf.h"

#include <stdio.h>
#include <stdlib.h>

#include "measure/base/num.h"

void buf_free(struct buf *b)
{
	free(b->p);
	*b = BUF(b->max);
}

void buf_reset(struct buf *b)
{
	b->n = 0;
	b->failed = REASON_NONE;
}

void buf_fail(struct buf *b, enum reason r)
{
	if (b->failed == REASON_NONE)
		b->failed = r;
}

/* Doubling, so that n small writes cost O(n); one byte is kept beyond cap for a NUL. */
static bool grow(struct buf *b, size_t need)
{
	size_t cap = b->cap ? b->cap : 64;
	uint8_t *p;

	while (cap < need)
		cap = cap > b->max / 2 ? b->max : cap * 2;
	p = realloc(b->p, cap + 1);
	if (!p) {
		buf_fail(b, REASON_OUT_OF_MEMORY);
		return false;
	}
	b->p = p;
	b->cap = cap;
	return true;
}

uint8_t *buf_room(struct buf *b, size_t n)
{
	size_t need;

	if (b->failed != REASON_NONE)
		return NULL;
	if (!num_add_size(b->n, n, &need) || need > b->max || b->max == SIZE_MAX) {
		buf_fail(b, REASON_LIMIT);
		return NULL;
	}
	if ((need > b->cap || !b->p) && !grow(b, need))
		return NULL;
	b->n = need;
	return b->p + need - n;
}

void buf_put(struct buf *b, struct bytes x)
{
	uint8_t *to = buf_room(b, x.n);

	if (to && x.n)
		memcpy(to, x.p, x.n);
}

void buf_str(struct buf *b, const char *s)
{
	buf_put(b, bytes_str(s));
}

void buf_fmt(struct buf *b, const char *format, ...)
{
	va_list args;
	uint8_t *to;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0) {
		buf_fail(b, REASON_LIMIT);
		return;
	}
	to = buf_room(b, (size_t)n);
	if (!to)
		return;
	va_start(args, format);
	vsnprintf((char *)to, (size_t)n + 1, format, args);
	va_end(args);
}

void buf_u8(struct buf *b, uint8_t x)
{
	buf_put(b, bytes_of(&x, 1));
}

static void put_be(struct buf *b, uint64_t x, unsigned width)
{
	uint8_t *to = buf_room(b, width);

	for (unsigned i = 0; to && i < width; i++)
		to[i] = (uint8_t)(x >> (8 * (width - 1 - i)));
}

void buf_be16(struct buf *b, uint16_t x)
{
	put_be(b, x, 2);
}

void buf_be32(struct buf *b, uint32_t x)
{
	put_be(b, x, 4);
}

void buf_be64(struct buf *b, uint64_t x)
{
	put_be(b, x, 8);
}

void buf_le(struct buf *b, uint64_t x, unsigned width)
{
	uint8_t *to = buf_room(b, width);

	for (unsigned i = 0; to && i < width; i++)
		to[i] = (uint8_t)(x >> (8 * i));
}

void buf_zero(struct buf *b, size_t n)
{
	uint8_t *to = buf_room(b, n);

	if (to && n)
		memset(to, 0, n);
}

bool buf_done(const struct buf *b, const char *what, struct err *e)
{
	if (b->failed == REASON_NONE)
		return true;
	if (b->failed == REASON_LIMIT)
		return err_set(e, REASON_LIMIT, "%s is over its limit of %zu bytes", what, b->max);
	if (b->failed == REASON_OUT_OF_MEMORY)
		return err_set(e, REASON_OUT_OF_MEMORY, "%s: no memory beyond %zu bytes", what,
			       b->cap);
	return err_set(e, b->failed, "%s cannot be written", what);
}

const char *buf_cstr(struct buf *b)
{
	if (b->failed != REASON_NONE || (!b->p && !buf_room(b, 0)))
		return "";
	b->p[b->n] = '\0';
	return (const char *)b->p;
}
