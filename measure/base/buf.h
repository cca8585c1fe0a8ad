/*
 * struct buf: owned bytes that grow up to a ceiling given at birth. Writing is sticky: after the
 * first failure (ceiling passed, memory refused) further writes do nothing, and buf_done() tells
 * the reason. So a writer puts all its fields and asks once. Starts as BUF(ceiling); released by
 * buf_free(), after which it is empty with the same ceiling.
 */
#ifndef MEASURE_BASE_BUF_H
#define MEASURE_BASE_BUF_H

#include <stdarg.h>

#include "measure/base/bytes.h"
#include "measure/base/err.h"
#include "measure/base/own.h"

struct buf {
	uint8_t *p;
	size_t n, cap, max;
	enum reason failed;
};

#define BUF(ceiling) ((struct buf){.max = (ceiling)})

void buf_free(struct buf *b);

/* Forget the content, keep the memory, clear a failure. */
void buf_reset(struct buf *b);

void buf_put(struct buf *b, struct bytes x);
void buf_str(struct buf *b, const char *s);
void buf_fmt(struct buf *b, const char *format, ...) ERR_FORMAT(2, 3);
void buf_u8(struct buf *b, uint8_t x);
void buf_be16(struct buf *b, uint16_t x);
void buf_be32(struct buf *b, uint32_t x);
void buf_be64(struct buf *b, uint64_t x);

/* The low `width` bytes of x, at most 8, the lowest first. */
void buf_le(struct buf *b, uint64_t x, unsigned width);

void buf_zero(struct buf *b, size_t n);

/* Room for n more bytes, counted as content at once; NULL when the buf has failed. */
must uint8_t *buf_room(struct buf *b, size_t n);

/* False with e set (limit or out-of-memory, text naming `what`) when any write failed. */
must bool buf_done(const struct buf *b, const char *what, struct err *e);

/* Mark as failed from outside (a writer layered on top found a fault of its own). */
void buf_fail(struct buf *b, enum reason r);

/* The content as a NUL-terminated string (the NUL is not content); "" when it failed. */
const char *buf_cstr(struct buf *b);

static inline struct bytes buf_bytes(const struct buf *b)
{
	return bytes_of(b->p, b->n);
}

#endif
