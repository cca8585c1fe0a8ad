/*
 * struct cur: the only reader of foreign bytes. Every read names its field; the first read that
 * does not fit sets the err (truncated: field, absolute offset, bytes needed and left) and all
 * later reads give zero or nothing, so a reader takes its fields in order and asks cur_ok() once.
 * A cur borrows the bytes and the err; offsets in messages are absolute: base + position.
 */
#ifndef MEASURE_BASE_CUR_H
#define MEASURE_BASE_CUR_H

#include "measure/base/bytes.h"
#include "measure/base/err.h"

struct cur {
	struct bytes in;
	size_t pos;
	uint64_t base; /* offset of in.p[0] in the file */
	bool failed;
	struct err *e;
};

struct cur cur_new(struct bytes in, uint64_t base, struct err *e);

uint8_t cur_u8(struct cur *c, const char *field);
uint16_t cur_be16(struct cur *c, const char *field);
uint32_t cur_be32(struct cur *c, const char *field);
uint64_t cur_be64(struct cur *c, const char *field);
uint16_t cur_le16(struct cur *c, const char *field);
uint32_t cur_le32(struct cur *c, const char *field);
uint64_t cur_le64(struct cur *c, const char *field);

/* The next n bytes, borrowed; empty on failure. n may be any hostile 64-bit number. */
struct bytes cur_take(struct cur *c, uint64_t n, const char *field);

/* Up to a byte, which is passed over too: "FIELD does not end" (r) where there is none. */
struct bytes cur_until(struct cur *c, uint8_t end, enum reason r, const char *field);

/* A cursor of its own over the next n bytes; its reader cannot see its neighbours. */
struct cur cur_sub(struct cur *c, uint64_t n, const char *field);

/* Next byte without taking it, or -1 at the end or after a failure. */
int cur_peek(const struct cur *c);

/* A refusal of the reader's own, at offset `at` (absolute). Returns false. */
bool cur_fail(struct cur *c, enum reason r, uint64_t at, const char *format, ...) ERR_FORMAT(4, 5);

/* True when nothing failed and every byte was taken; otherwise sets `trailing`. */
must bool cur_end(struct cur *c, const char *what);

static inline bool cur_ok(const struct cur *c)
{
	return !c->failed;
}

static inline size_t cur_left(const struct cur *c)
{
	return c->in.n - c->pos;
}

/* Absolute offset of the next byte. */
static inline uint64_t cur_at(const struct cur *c)
{
	return c->base + c->pos;
}

#endif
