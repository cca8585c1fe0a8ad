#include "tests/unit/support_volume.h"

static const uint8_t ffs2[16] = {0x78, 0xe5, 0x8c, 0x8c, 0x3d, 0x8a, 0x1c, 0x4f,
				 0x99, 0x35, 0x89, 0x61, 0x85, 0xc3, 0x2d, 0xd3};
static const uint8_t store[16] = {0x8d, 0x2b, 0xf1, 0xff, 0x96, 0x76, 0x8b, 0x4c,
				  0xa9, 0x85, 0x27, 0x47, 0x07, 0x5b, 0x4f, 0x50};
static const uint8_t lzma[16] = {0x98, 0x58, 0x4e, 0xee, 0x14, 0x39, 0x59, 0x42,
				 0x9d, 0x6e, 0xdc, 0x7b, 0xd7, 0x94, 0x03, 0xcf};

/*
 * LZMA, as an encoder of literals alone writes it, of a section with a volume of 128 bytes, whose
 * one file is a driver with the name Packed.
 */
static const uint8_t packed_volume[] = {
	0x5d, 0x00, 0x00, 0x01, 0x00, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x41,
	0xff, 0xfc, 0x01, 0x80, 0x1f, 0xe0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x03, 0x14, 0x86, 0x2b, 0xc7, 0xec, 0x24, 0x2f, 0xb9, 0xa9, 0xe5, 0x92, 0x49, 0xa5,
	0xc3, 0x74, 0x3a, 0x00, 0xb5, 0xbb, 0x47, 0xa0, 0x00, 0x04, 0x05, 0x5b, 0x09, 0xce, 0x51,
	0x6a, 0x13, 0x7e, 0x5a, 0x53, 0xc9, 0xae, 0x62, 0x86, 0x9c, 0xb7, 0x04, 0x2c, 0xc6, 0xee,
	0x00, 0x00, 0x10, 0xcf, 0x7e, 0x8e, 0xdb, 0x0d, 0xa5, 0xc3, 0xb3, 0xc0, 0x21, 0x18, 0xd6,
	0x4f, 0x02, 0x22, 0x36, 0x7d, 0xde, 0xf7, 0xd0, 0xe1, 0x39, 0x6a, 0x4b, 0xe8, 0x44, 0x44,
	0x1f, 0xfb, 0xf9, 0xe3, 0xe2, 0x95, 0xc8, 0xf5, 0x81, 0xd3, 0xa2, 0x16, 0x92, 0xe6, 0x81,
	0x27, 0x06, 0xe7, 0x67, 0xe1, 0x05, 0x51, 0xd6, 0x76, 0x32, 0x43,
};

struct bytes forge_packed(void)
{
	return bytes_of(packed_volume, sizeof(packed_volume));
}

static void le(struct buf *out, uint64_t x, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		buf_u8(out, (uint8_t)(x >> (8 * i)));
}

/* Its header, whose sum is 0. */
static void volume_head(struct buf *out, const uint8_t system_guid[16], uint32_t size)
{
	size_t at = out->n;
	unsigned sum = 0;

	buf_zero(out, 16);
	buf_put(out, bytes_of(system_guid, 16));
	le(out, size, 8);
	buf_str(out, "_FVH");
	le(out, 0x4feff, 4);
	le(out, 0x48, 2);
	le(out, 0, 2); /* the sum */
	le(out, 0, 2); /* no extended header */
	le(out, 0x0200, 2); /* reserved, revision */
	le(out, size / 64, 4);
	le(out, 64, 4);
	le(out, 0, 8);
	for (size_t i = 0; i < 0x48; i += 2)
		sum += out->p[at + i] | (unsigned)out->p[at + i + 1] << 8;
	sum = (0x10000 - (sum & 0xffff)) & 0xffff;
	out->p[at + 50] = (uint8_t)sum;
	out->p[at + 51] = (uint8_t)(sum >> 8);
}

static void align(struct buf *out, size_t start, size_t to)
{
	while ((out->n - start) % to != 0)
		buf_u8(out, 0xff);
}

static void file_head(struct buf *out, uint8_t id, unsigned type, size_t body)
{
	for (unsigned i = 0; i < 16; i++)
		buf_u8(out, (uint8_t)(id + i));
	le(out, 0xaa55, 2);
	le(out, type, 1);
	le(out, 0, 1);
	le(out, 24 + body, 3);
	le(out, 0xf8, 1);
}

static void section(struct buf *out, size_t start, unsigned type, struct bytes data)
{
	while ((out->n - start) % 4 != 0)
		buf_u8(out, 0);
	le(out, 4 + data.n, 3);
	le(out, type, 1);
	buf_put(out, data);
}

static void put_file(struct buf *out, size_t start, uint8_t id, unsigned type, struct buf *body)
{
	align(out, start, 8);
	file_head(out, id, type, body->n);
	buf_put(out, buf_bytes(body));
	buf_reset(body);
}

static void fill(struct buf *out, size_t start, size_t size)
{
	while (out->n < start + size)
		buf_u8(out, 0xff);
}

static void inner(struct buf *out)
{
	owned(buf_free) struct buf body = BUF(OVMF_PAGE);

	volume_head(out, ffs2, 0x200);
	section(&body, 0, 0x15, bytes_of("I\0n\0n\0e\0r\0\0", 12));
	put_file(out, 0, 0x60, 0x07, &body);
	fill(out, 0, 0x200);
}

static void outer(struct buf *out)
{
	owned(buf_free) struct buf body = BUF(2 * OVMF_PAGE), packed = BUF(OVMF_PAGE),
				   nested = BUF(OVMF_PAGE);
	size_t start = out->n;

	volume_head(out, ffs2, 2 * OVMF_PAGE);
	section(&body, 0, 0x10, bytes_str("code of the module"));
	section(&body, 0, 0x15, bytes_of("S\0e\0c\0M\0a\0i\0n\0\0", 16));
	put_file(out, start, 0x10, 0x03, &body);
	buf_zero(&body, 40);
	put_file(out, start, 0xff, 0xf0, &body);
	buf_put(&packed, bytes_of(lzma, 16));
	le(&packed, 24, 2);
	le(&packed, 1, 2);
	buf_str(&packed, "compressed");
	section(&body, 0, 0x02, buf_bytes(&packed));
	put_file(out, start, 0x20, 0x0b, &body);
	buf_reset(&packed);
	inner(&nested);
	section(&body, 0, 0x17, buf_bytes(&nested));
	put_file(out, start, 0x30, 0x0b, &body);
	buf_str(&body, "raw bytes");
	put_file(out, start, 0x40, 0x01, &body);
	buf_put(&packed, bytes_of(lzma, 16));
	le(&packed, 24, 2);
	le(&packed, 1, 2);
	buf_put(&packed, forge_packed());
	section(&body, 0, 0x02, buf_bytes(&packed));
	put_file(out, start, 0x50, 0x0b, &body);
	fill(out, start, 2 * OVMF_PAGE);
}

void forge_volume(struct buf *out)
{
	owned(buf_free) struct buf firmware = BUF(2 * FORGE_OVMF_SIZE);

	volume_head(out, store, OVMF_PAGE);
	fill(out, 0, OVMF_PAGE);
	outer(out);
	forge_ovmf(&firmware, true);
	buf_put(out, buf_bytes(&firmware));
}
