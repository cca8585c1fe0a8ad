/*
 * struct bytes: a borrowed run of bytes, passed by value. It owns nothing and must not outlive
 * what it points into; p may be NULL only when n is 0. Owned bytes are a struct buf.
 */
#ifndef MEASURE_BASE_BYTES_H
#define MEASURE_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	const uint8_t *p;
	size_t n;
};

static inline struct bytes bytes_of(const void *p, size_t n)
{
	return (struct bytes){p, n};
}

/* The characters of a C string without its NUL. */
static inline struct bytes bytes_str(const char *s)
{
	return (struct bytes){(const uint8_t *)s, strlen(s)};
}

/* Equal length and content; not in constant time (digests: digest_equal). */
static inline bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Below, equal or above 0, by the first byte that differs; what ends first comes first. */
static inline int bytes_order(struct bytes a, struct bytes b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n > 0 ? memcmp(a.p, b.p, n) : 0;

	return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

/* The next line of a text, without its newline, which is taken too; or all that is left. */
static inline struct bytes bytes_line(struct bytes *text)
{
	const uint8_t *end = text->n > 0 ? (const uint8_t *)memchr(text->p, '\n', text->n) : NULL;
	struct bytes line = {text->p, end ? (size_t)(end - text->p) : text->n};
	size_t taken = line.n + (end ? 1 : 0);

	if (taken > 0)
		*text = bytes_of(text->p + taken, text->n - taken);
	return line;
}

static inline bool bytes_start(struct bytes a, struct bytes head)
{
	return a.n >= head.n && (head.n == 0 || memcmp(a.p, head.p, head.n) == 0);
}

static inline bool bytes_zero(struct bytes a)
{
	uint8_t any = 0;

	for (size_t i = 0; i < a.n; i++)
		any |= a.p[i];
	return any == 0;
}

/* All bits set; of no bytes false. */
static inline bool bytes_ones(struct bytes a)
{
	for (size_t i = 0; i < a.n; i++)
		if (a.p[i] != 0xff)
			return false;
	return a.n > 0;
}

#endif
