#include "measure/base/cur.h"

#include <stdarg.h>
#include <stdio.h>

struct cur cur_new(struct bytes in, uint64_t base, struct err *e)
{
	return (struct cur){.in = in, .base = base, .e = e};
}

bool cur_fail(struct cur *c, enum reason r, uint64_t at, const char *format, ...)
{
	char text[sizeof(c->e->text)];
	va_list args;

	if (c->failed)
		return false;
	c->failed = true;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return err_at(c->e, r, at, "%s", text);
}

struct bytes cur_take(struct cur *c, uint64_t n, const char *field)
{
	struct bytes taken = {0};

	if (c->failed)
		return taken;
	if (n > cur_left(c)) {
		c->failed = true;
		err_short(c->e, cur_at(c), field, n, cur_left(c));
		return taken;
	}
	/* Taking nothing moves no pointer, which may be null. */
	if (n > 0)
		taken = bytes_of(c->in.p + c->pos, (size_t)n);
	c->pos += (size_t)n;
	return taken;
}

struct bytes cur_until(struct cur *c, uint8_t end, enum reason r, const char *field)
{
	const uint8_t *from = c->in.p + c->pos;
	const uint8_t *at = cur_ok(c) && cur_left(c) > 0 ? memchr(from, end, cur_left(c)) : NULL;
	struct bytes out;

	if (!at) {
		cur_fail(c, r, cur_at(c), "%s does not end", field);
		return bytes_of(NULL, 0);
	}
	out = cur_take(c, (uint64_t)(at - from), field);
	(void)cur_u8(c, field);
	return out;
}

struct cur cur_sub(struct cur *c, uint64_t n, const char *field)
{
	uint64_t base = cur_at(c);
	struct cur sub = cur_new(cur_take(c, n, field), base, c->e);

	sub.failed = c->failed;
	return sub;
}

static uint64_t take_be(struct cur *c, unsigned width, const char *field)
{
	struct bytes b = cur_take(c, width, field);
	uint64_t x = 0;

	for (size_t i = 0; i < b.n; i++)
		x = x << 8 | b.p[i];
	return x;
}

static uint64_t take_le(struct cur *c, unsigned width, const char *field)
{
	struct bytes b = cur_take(c, width, field);
	uint64_t x = 0;

	for (size_t i = b.n; i > 0; i--)
		x = x << 8 | b.p[i - 1];
	return x;
}

uint8_t cur_u8(struct cur *c, const char *field)
{
	return (uint8_t)take_be(c, 1, field);
}

uint16_t cur_be16(struct cur *c, const char *field)
{
	return (uint16_t)take_be(c, 2, field);
}

uint32_t cur_be32(struct cur *c, const char *field)
{
	return (uint32_t)take_be(c, 4, field);
}

uint64_t cur_be64(struct cur *c, const char *field)
{
	return take_be(c, 8, field);
}

uint16_t cur_le16(struct cur *c, const char *field)
{
	return (uint16_t)take_le(c, 2, field);
}

uint32_t cur_le32(struct cur *c, const char *field)
{
	return (uint32_t)take_le(c, 4, field);
}

uint64_t cur_le64(struct cur *c, const char *field)
{
	return take_le(c, 8, field);
}

int cur_peek(const struct cur *c)
{
	return c->failed || cur_left(c) == 0 ? -1 : c->in.p[c->pos];
}

bool cur_end(struct cur *c, const char *what)
{
	size_t left = cur_left(c);

	if (!c->failed && left > 0)
		cur_fail(c, REASON_TRAILING, cur_at(c), "%zu byte%s behind the end of %s", left,
			 left == 1 ? " stands" : "s stand", what);
	return !c->failed;
}
