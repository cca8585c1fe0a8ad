#include "measure/core/cbor.h"

#include <cbor/encoding.h>

#define HEAD_MAX 9

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
