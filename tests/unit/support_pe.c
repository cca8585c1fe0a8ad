#include "tests/unit/support_pe.h"

#include <string.h>

#define HEAD 0x200u /* of a PE image, which the addresses count from */
#define CODE 0x40u
#define DATA 0x100u
#define PE 0x40u
#define TE_HEAD 40u
#define SECTIONS 80u /* two headers */
#define ENTRY 0x20u /* of debugging data, in the data */
#define RECORD 0x40u

static void put(struct buf *b, size_t at, uint64_t x, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		b->p[at + i] = (uint8_t)(x >> (8 * i));
}

static void section(struct buf *b, size_t at, uint32_t address, uint32_t size, uint32_t flags)
{
	put(b, at + 8, size, 4);
	put(b, at + 12, address, 4);
	put(b, at + 16, size, 4);
	put(b, at + 20, address, 4);
	put(b, at + 36, flags, 4);
}

static void te_head(struct buf *b, bool wide)
{
	buf_zero(b, TE_HEAD + SECTIONS);
	memcpy(b->p, "VZ", 2);
	put(b, 2, wide ? 0x8664 : 0x14c, 2);
	put(b, 4, 2, 1);
	put(b, 6, HEAD - SECTIONS, 2);
	put(b, 32, HEAD + CODE + ENTRY, 4);
	put(b, 36, 28, 4);
}

static void pe_head(struct buf *b, bool wide)
{
	size_t optional = PE + 24, directories = optional + (wide ? 112 : 96);

	buf_zero(b, HEAD);
	memcpy(b->p, "MZ", 2);
	put(b, 0x3c, PE, 4);
	memcpy(b->p + PE, "PE", 2);
	put(b, PE + 6, 2, 2);
	put(b, PE + 20, HEAD - SECTIONS - optional, 2);
	put(b, optional, wide ? 0x20b : 0x10b, 2);
	put(b, directories - 4, 16, 4);
	put(b, directories + 48, HEAD + CODE + ENTRY, 4);
	put(b, directories + 52, 28, 4);
}

static void debugging(struct buf *b, size_t data, const struct forge_image *x)
{
	size_t head = strcmp(x->sign, "RSDS") == 0 ? 24 : strcmp(x->sign, "NB10") == 0 ? 16 : 20;
	size_t n = strlen(x->file) + 1;

	put(b, data + ENTRY + 12, 2, 4);
	put(b, data + ENTRY + 16, head + n, 4);
	put(b, data + ENTRY + 20, HEAD + CODE + RECORD, 4);
	memcpy(b->p + data + RECORD, x->sign, 4);
	memcpy(b->p + data + RECORD + head, x->file, n);
}

size_t forge_image(struct buf *out, const struct forge_image *x)
{
	bool wide = x->kind == FORGE_PE64 || x->kind == FORGE_TE64;
	size_t code;

	if (x->kind == FORGE_TE64 || x->kind == FORGE_TE32)
		te_head(out, wide);
	else
		pe_head(out, wide);
	code = out->n;
	buf_zero(out, CODE + DATA);
	section(out, code - SECTIONS, HEAD, CODE, 0x60000020);
	section(out, code - SECTIONS / 2, HEAD + CODE, DATA, 0xc0000040);
	memcpy(out->p + code, x->code, strlen(x->code));
	put(out, code + CODE + FORGE_WORD, x->word, wide ? 8 : 4);
	if (x->file)
		debugging(out, code + CODE, x);
	return code + CODE;
}
