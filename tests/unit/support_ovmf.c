#include "tests/unit/support_ovmf.h"

static const uint8_t footer[16] = {0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45,
				   0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d};
static const uint8_t reset[16] = {0xde, 0x71, 0xf7, 0x00, 0x7e, 0x1a, 0xcb, 0x4f,
				  0x89, 0x0e, 0x68, 0xc7, 0x7e, 0x2f, 0xb4, 0x4e};
static const uint8_t hashes[16] = {0x1f, 0x37, 0x55, 0x72, 0x3b, 0x3a, 0x04, 0x4b,
				   0x92, 0x7b, 0x1d, 0xa6, 0xef, 0xa8, 0xd4, 0x54};
static const uint8_t metadata[16] = {0x66, 0x65, 0x88, 0xdc, 0x4a, 0x98, 0x98, 0x47,
				     0xa7, 0x5e, 0x55, 0x85, 0xa7, 0xbf, 0x67, 0xcc};

static void le(struct buf *out, uint32_t x, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		buf_u8(out, (uint8_t)(x >> (8 * i)));
}

void forge_ovmf_put(struct buf *image, size_t at, uint32_t x)
{
	for (unsigned i = 0; i < 4; i++)
		image->p[at + i] = (uint8_t)(x >> (8 * i));
}

static void section(struct buf *out, uint32_t gpa, uint32_t size, uint32_t type)
{
	le(out, gpa, 4);
	le(out, size, 4);
	le(out, type, 4);
}

static void put_metadata(struct buf *out, bool kernel)
{
	unsigned n = kernel ? FORGE_OVMF_SECTIONS : FORGE_OVMF_SECTIONS - 1;

	buf_str(out, "ASEV");
	le(out, 16 + 12 * n, 4);
	le(out, 1, 4);
	le(out, n, 4);
	section(out, 0x800000, 0x9000, OVMF_SEC_MEM);
	section(out, 0x80d000, 0x1000, OVMF_SECRETS);
	section(out, 0x80e000, 0x1000, OVMF_CPUID);
	section(out, 0x80f000, 0x1000, OVMF_SVSM_CAA);
	if (kernel)
		section(out, 0x810000, 0x1000, OVMF_KERNEL_HASHES);
	section(out, 0x811000, 0xf000, OVMF_SEC_MEM);
}

static void entry(struct buf *out, const uint32_t *values, unsigned n, const uint8_t guid[16])
{
	for (unsigned i = 0; i < n; i++)
		le(out, values[i], 4);
	le(out, 4 * n + 18, 2);
	buf_put(out, bytes_of(guid, 16));
}

void forge_ovmf(struct buf *out, bool kernel)
{
	const uint32_t eip = 0x80b004, table[2] = {0x810c00, 0x400}, at = 0x200;
	uint32_t size = 18 + 22 + 22 + (kernel ? 26 : 0);

	buf_zero(out, OVMF_PAGE);
	for (unsigned i = 0; i < OVMF_PAGE; i++)
		buf_u8(out, 0xff);
	for (unsigned i = 0; i < OVMF_PAGE; i++)
		buf_u8(out, (uint8_t)(i * 7 + 3));
	buf_zero(out, FORGE_OVMF_METADATA - out->n);
	put_metadata(out, kernel);
	buf_zero(out, FORGE_OVMF_SIZE - 32 - size - out->n);
	if (kernel)
		entry(out, table, 2, hashes);
	entry(out, &at, 1, metadata);
	entry(out, &eip, 1, reset);
	le(out, size, 2);
	buf_put(out, bytes_of(footer, 16));
	buf_zero(out, 32);
}
