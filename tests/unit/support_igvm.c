#include "tests/unit/support_igvm.h"

#include <stdarg.h>
#include <stdlib.h>

static void number(struct buf *out, uint64_t x, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		buf_u8(out, (uint8_t)(x >> (8 * i)));
}

void forge_igvm_free(struct forge_igvm *f)
{
	buf_free(&f->headers);
	buf_free(&f->data);
}

void forge_igvm_put(struct buf *file, size_t at, uint64_t x, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		file->p[at + i] = (uint8_t)(x >> (8 * i));
}

static size_t get32(const struct buf *file, size_t at)
{
	const uint8_t *p = file->p + at;

	return p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
}

void forge_igvm_crc(struct buf *file)
{
	size_t end = get32(file, 8) + get32(file, 12);
	uint32_t crc = 0xffffffff;

	forge_igvm_put(file, 20, 0, 4);
	for (size_t i = 0; i < end && i < file->n; i++) {
		crc ^= file->p[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	forge_igvm_put(file, 20, ~crc, 4);
}

void forge_igvm_header(struct forge_igvm *f, unsigned type, ...)
{
	size_t begin = f->headers.n + 8;
	va_list args;
	unsigned long long x;
	unsigned width;

	number(&f->headers, type, 4);
	number(&f->headers, 0, 4);
	va_start(args, type);
	for (;;) {
		x = va_arg(args, unsigned long long);
		width = va_arg(args, unsigned);
		if (width == 0)
			break;
		number(&f->headers, x, width);
	}
	va_end(args);
	forge_igvm_put(&f->headers, begin - 4, f->headers.n - begin, 4);
	while (f->headers.n % 8 != 0)
		buf_u8(&f->headers, 0);
}

void forge_igvm_platform(struct forge_igvm *f, unsigned mask, unsigned kind)
{
	forge_igvm_header(f, 0x1, (unsigned long long)mask, 4u, 0ull, 1u, (unsigned long long)kind,
			  1u, 1ull, 2u, 0ull, 8u, 0ull, 0u);
}

/* The offset that will stand at that place of the headers, and the page that it leads to. */
static unsigned long long put_data(struct forge_igvm *f, size_t at, int fill)
{
	unsigned long long offset = f->data.n;
	uint8_t *to;

	if (fill < 0)
		return 0;
	if (f->n_offsets == FORGE_IGVM_OFFSETS)
		abort();
	f->offset[f->n_offsets++] = f->headers.n + at;
	to = buf_room(&f->data, 4096);
	if (!to)
		abort();
	memset(to, fill, 4096);
	return offset;
}

void forge_igvm_page(struct forge_igvm *f, const struct forge_page *p)
{
	unsigned long long offset = put_data(f, 20, p->fill);

	forge_igvm_header(f, 0x302, (unsigned long long)p->gpa, 8u, (unsigned long long)p->mask, 4u,
			  offset, 4u, (unsigned long long)p->flags, 4u, (unsigned long long)p->kind,
			  2u, 0ull, 2u, 0ull, 0u);
}

void forge_igvm_context(struct forge_igvm *f, unsigned mask, unsigned vp, int fill)
{
	unsigned long long offset = put_data(f, 20, fill);

	forge_igvm_header(f, 0x304, 0xfffffffff000ull, 8u, (unsigned long long)mask, 4u, offset, 4u,
			  (unsigned long long)vp, 2u, 0ull, 2u, 0ull, 0u);
}

void forge_igvm_finish(struct forge_igvm *f, struct buf *out)
{
	size_t fixed = f->version == 1 ? 24 : 32, data = fixed + f->headers.n;

	for (size_t i = 0; i < f->n_offsets; i++)
		forge_igvm_put(&f->headers, f->offset[i], get32(&f->headers, f->offset[i]) + data,
			       4);
	buf_str(out, "IGVM");
	number(out, f->version, 4);
	number(out, fixed, 4);
	number(out, f->headers.n, 4);
	number(out, data + f->data.n, 4);
	number(out, 0, 4);
	if (f->version > 1) {
		number(out, 0, 4);
		number(out, 4096, 4);
	}
	buf_put(out, buf_bytes(&f->headers));
	buf_put(out, buf_bytes(&f->data));
	forge_igvm_crc(out);
	forge_igvm_free(f);
}

void forge_igvm_base(struct buf *out, unsigned version)
{
	struct forge_igvm f = FORGE_IGVM(version);
	const struct forge_page page = {0x1000, 3, 0, 0, 0x11}, empty = {0x2000, 1, 0, 0, -1};

	forge_igvm_platform(&f, 1, 2);
	forge_igvm_platform(&f, 2, 3);
	forge_igvm_header(&f, 0x101, 0x30000ull, 8u, 1ull, 4u, 0ull, 4u, 0ull, 0u);
	forge_igvm_page(&f, &page);
	forge_igvm_page(&f, &empty);
	forge_igvm_header(&f, 0x301, 0x2000ull, 8u, 0ull, 4u, 0ull, 4u, 0ull, 0u);
	forge_igvm_header(&f, 0x307, 0ull, 4u, 4ull, 4u, 0ull, 0u);
	forge_igvm_header(&f, 0x303, 0x10000ull, 8u, 1ull, 4u, 0ull, 4u, 0ull, 0u);
	forge_igvm_context(&f, 1, 0, 0x22);
	forge_igvm_header(&f, 0x305, 0ull, 8u, 3ull, 4u, 0x100000ull, 4u, 0ull, 4u, 0ull, 4u, 0ull,
			  0u);
	forge_igvm_finish(&f, out);
}
