#include "tests/unit/support_eif_look.h"

#define OFFSETS_AT 0x1cu
#define SIZES_AT 0x11cu
#define TABLE 32u

static void walk(struct forge_look *l, const uint8_t *p, size_t n)
{
	size_t at = FORGE_HEADER;

	while (l->walked < 64 && n - at >= FORGE_SECTION_HEADER) {
		uint64_t size = forge_get(p + at + 4, 8);

		if (size > n - at - FORGE_SECTION_HEADER)
			return;
		l->empty = l->empty || size == 0;
		l->type[l->walked++] = (uint16_t)forge_get(p + at, 2);
		at += FORGE_SECTION_HEADER + (size_t)size;
	}
	l->ends = at == n;
}

static uint64_t entry(const uint8_t *p, unsigned table, size_t i)
{
	return forge_get(p + table + 8 * i, 8);
}

static void neighbours(struct forge_look *l, const uint8_t *p)
{
	l->gap = entry(p, OFFSETS_AT, 0) > FORGE_HEADER;
	for (size_t i = 0; i + 1 < l->num_sections && i + 1 < TABLE; i++) {
		uint64_t here = entry(p, OFFSETS_AT, i), next = entry(p, OFFSETS_AT, i + 1);
		uint64_t end = here + FORGE_SECTION_HEADER + entry(p, SIZES_AT, i);

		l->disorder = l->disorder || next < here;
		l->gap = l->gap || next > end;
		l->overlap = l->overlap || (next >= here && next < end);
	}
}

/* As a reader computes it that takes header and sections from where the tables say. */
static bool crc_by_tables(const struct forge_look *l, const uint8_t *p, size_t n)
{
	uint32_t crc = forge_crc(0, p, FORGE_CRC_AT);

	for (size_t i = 0; i < l->num_sections && i < TABLE; i++) {
		uint64_t at = entry(p, OFFSETS_AT, i);
		uint64_t size = entry(p, SIZES_AT, i);

		if (at > n || n - at < FORGE_SECTION_HEADER || size > n - at - FORGE_SECTION_HEADER)
			return false;
		crc = forge_crc(crc, p + at, FORGE_SECTION_HEADER + (size_t)size);
	}
	return crc == forge_get(p + FORGE_CRC_AT, 4);
}

struct forge_look forge_look(const uint8_t *p, size_t n)
{
	struct forge_look l = {.walked = 0};

	if (n < FORGE_HEADER)
		return l;
	l.num_sections = (unsigned)forge_get(p + 0x1a, 2);
	walk(&l, p, n);
	neighbours(&l, p);
	l.crc_whole = forge_image_crc(p, n) == forge_get(p + FORGE_CRC_AT, 4);
	l.crc_tables = crc_by_tables(&l, p, n);
	return l;
}
