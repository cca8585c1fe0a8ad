#include "measure/core/lz4.h"

#include "measure/base/cur.h"

#define MAGIC "\x02\x21\x4c\x18"
#define MAGIC_SIZE 4u
#define SIZE 4u
#define PACKED_MAX (LZ4_BLOCK + LZ4_BLOCK / 255 + 16)
#define MORE 15u /* of a length, in its four bits: bytes that are added follow */
#define MATCH_LEAST 4u

bool lz4_is(struct bytes head)
{
	return bytes_start(head, bytes_of(MAGIC, MAGIC_SIZE));
}

/* ---- blocks */

static size_t length(struct cur *c, unsigned bits)
{
	size_t n = bits;
	uint8_t more = bits == MORE ? 255 : 0;

	while (more == 255 && cur_ok(c)) {
		more = cur_u8(c, "a length");
		n += more;
	}
	return n;
}

/* Bytes that stand up to 65535 in front; they may reach into what they make. */
static bool match(struct cur *c, unsigned bits, struct buf *out)
{
	size_t back = cur_le16(c, "a distance"), n = length(c, bits) + MATCH_LEAST, from;
	uint8_t *to;

	if (!cur_ok(c))
		return false;
	if (back == 0 || back > out->n)
		return cur_fail(c, REASON_COMPRESSION, cur_at(c),
				"a distance of %zu, behind %zu bytes", back, out->n);
	from = out->n - back;
	to = buf_room(out, n);
	if (!to)
		return cur_fail(c, out->failed, cur_at(c), "the block is too large");
	for (size_t i = 0; i < n; i++)
		to[i] = out->p[from + i];
	return true;
}

bool lz4_block(struct bytes packed, struct buf *out, struct err *e)
{
	struct cur c = cur_new(packed, 0, e);

	while (cur_ok(&c)) {
		unsigned token = cur_u8(&c, "a token");

		buf_put(out, cur_take(&c, length(&c, token >> 4), "literals"));
		if (cur_left(&c) == 0)
			break;
		if (!match(&c, token & MORE, out))
			return false;
	}
	return cur_ok(&c) && buf_done(out, "a block", e);
}

/* ---- the stream */

static uint32_t number(const uint8_t raw[SIZE])
{
	struct err none = {0};
	struct cur c = cur_new(bytes_of(raw, SIZE), 0, &none);

	return cur_le32(&c, "a size");
}

/* *size 0 at the end: behind the last block, or where a number is not followed by as much. */
static bool next_size(struct stream_lz4 *s, size_t *size, struct err *e)
{
	uint8_t raw[SIZE];
	size_t got;

	*size = 0;
	do {
		if (!stream_read(s->in, (struct span){raw, SIZE}, &got, e))
			return false;
		if (!s->begun && (got < SIZE || !lz4_is(bytes_of(raw, got))))
			return err_set(e, REASON_COMPRESSION, "lz4: no magic number");
		s->begun = true;
	} while (got == SIZE && lz4_is(bytes_of(raw, got)));
	if (got == SIZE)
		*size = number(raw);
	return true;
}

static bool next_block(struct stream_lz4 *s, struct err *e)
{
	uint8_t *room;
	size_t size, got;

	buf_reset(&s->block);
	buf_reset(&s->packed);
	s->given = 0;
	if (!next_size(s, &size, e))
		return false;
	if (size == 0 || size > PACKED_MAX)
		return true;
	room = buf_room(&s->packed, size);
	if (!room)
		return buf_done(&s->packed, "a packed block", e);
	if (!stream_read(s->in, (struct span){room, size}, &got, e))
		return false;
	if (got == 0)
		return true;
	if (got < size)
		return err_short(e, s->in->pos - got, "a block", size, got);
	return lz4_block(buf_bytes(&s->packed), &s->block, e);
}

static bool read_lz4(struct stream *stream, struct span to, size_t *got, struct err *e)
{
	struct stream_lz4 *s = (struct stream_lz4 *)stream;
	size_t left;

	*got = 0;
	if (to.n == 0)
		return true;
	if (s->given == s->block.n && !next_block(s, e))
		return false;
	left = s->block.n - s->given;
	*got = to.n < left ? to.n : left;
	if (*got > 0)
		memcpy(to.p, s->block.p + s->given, *got);
	s->given += *got;
	return true;
}

struct stream_lz4 stream_lz4(struct stream *in)
{
	return (struct stream_lz4){
		.stream = {.read = read_lz4},
		.in = in,
		.packed = BUF(PACKED_MAX),
		.block = BUF(LZ4_BLOCK),
	};
}

void stream_lz4_free(struct stream_lz4 *s)
{
	buf_free(&s->packed);
	buf_free(&s->block);
}
