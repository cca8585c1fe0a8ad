#include "measure/core/cbor.h"

#define HEAD_MAX 9

#ifdef MEASURE_STATIC
/*
 * Of libcbor there is no archive to link statically, so the static program writes the nine bytes of
 * a head by itself (RFC 8949 §3, the shortest form); that both write the same is tested.
 */
static size_t head_of(unsigned major, uint64_t x, unsigned char *to, size_t room)
{
	unsigned info = x < 24 ? (unsigned)x : x <= 0xff ? 24 : x <= 0xffff ? 25 : 26;
	size_t n;

	info = x > 0xffffffff ? 27 : info;
	n = info < 24 ? 0 : (size_t)1 << (info - 24);
	if (room < n + 1)
		return 0;
	to[0] = (unsigned char)(major << 5 | info);
	for (size_t i = n; i > 0; i--, x >>= 8)
		to[i] = (unsigned char)x;
	return n + 1;
}

#define cbor_encode_uint(x, to, room) head_of(0, x, to, room)
#define cbor_encode_negint(x, to, room) head_of(1, x, to, room)
#define cbor_encode_bytestring_start(x, to, room) head_of(2, x, to, room)
#define cbor_encode_string_start(x, to, room) head_of(3, x, to, room)
#define cbor_encode_array_start(x, to, room) head_of(4, x, to, room)
#define cbor_encode_map_start(x, to, room) head_of(5, x, to, room)
#define cbor_encode_tag(x, to, room) head_of(6, x, to, room)
#define CBOR_VERSION "none"
#else
#include <cbor/encoding.h>
#endif

/* The library says 0 when the head did not fit, which nine bytes rule out. */
static void put(struct buf *b, const unsigned char *head, size_t n)
{
	if (n == 0)
		buf_fail(b, REASON_LIBRARY);
	buf_put(b, bytes_of(head, n));
}

void cbor_put_uint(struct buf *b, uint64_t x)
{
	unsigned char head[HEAD_MAX];

	put(b, head, cbor_encode_uint(x, head, sizeof(head)));
}

void cbor_put_int(struct buf *b, int64_t x)
{
	unsigned char head[HEAD_MAX];

	if (x >= 0)
		cbor_put_uint(b, (uint64_t)x);
	else
		put(b, head, cbor_encode_negint((uint64_t)(-1 - x), head, sizeof(head)));
}

void cbor_put_bytes(struct buf *b, struct bytes x)
{
	unsigned char head[HEAD_MAX];

	put(b, head, cbor_encode_bytestring_start(x.n, head, sizeof(head)));
	buf_put(b, x);
}

void cbor_put_text(struct buf *b, const char *s)
{
	unsigned char head[HEAD_MAX];
	struct bytes text = bytes_str(s);

	put(b, head, cbor_encode_string_start(text.n, head, sizeof(head)));
	buf_put(b, text);
}

void cbor_put_array(struct buf *b, size_t n)
{
	unsigned char head[HEAD_MAX];

	put(b, head, cbor_encode_array_start(n, head, sizeof(head)));
}

void cbor_put_map(struct buf *b, size_t n)
{
	unsigned char head[HEAD_MAX];

	put(b, head, cbor_encode_map_start(n, head, sizeof(head)));
}

void cbor_put_tag(struct buf *b, uint64_t tag)
{
	unsigned char head[HEAD_MAX];

	put(b, head, cbor_encode_tag(tag, head, sizeof(head)));
}

void cbor_put_byte_array(struct buf *b, struct bytes x)
{
	cbor_put_array(b, x.n);
	for (size_t i = 0; i < x.n; i++)
		cbor_put_uint(b, x.p[i]);
}

const char *cbor_library_version(void)
{
	return CBOR_VERSION;
}
