#include "ovmf-snp/image_map.h"

#include "measure/base/cur.h"

#define PE_AT 0x3cu
#define COFF 24u /* with the signature */
#define MAGIC_32 0x10bu
#define MAGIC_64 0x20bu
#define DIRECTORIES_32 96u /* from the optional header's start */
#define DIRECTORIES_64 112u
#define DIRECTORY 8u
#define DEBUG 6u
#define TE_HEAD 40u
#define TE_DEBUG 32u
#define SECTION 40u
#define SECTIONS_MAX 96u
#define ENTRY 28u /* of debugging data */
#define ENTRIES_MAX 16u
#define CODEVIEW 2u
#define EXECUTABLE 0x20000000u
#define WRITABLE 0x80000000u

uint32_t image_number(struct bytes x, size_t at, unsigned n)
{
	struct err none = {0};
	struct cur c = cur_new(x, 0, &none);

	cur_take(&c, at, "bytes in front");
	if (n == 1)
		return cur_u8(&c, "a field");
	return n == 2 ? cur_le16(&c, "a field") : cur_le32(&c, "a field");
}

static bool wide_machine(uint32_t machine)
{
	return machine == 0x8664 || machine == 0xaa64 || machine == 0x5064 || machine == 0x6264;
}

static bool te_read(struct image_map *i)
{
	size_t cut = image_number(i->x, 6, 2);

	i->wide = wide_machine(image_number(i->x, 2, 2));
	i->n_sections = image_number(i->x, 4, 1);
	i->sections = TE_HEAD;
	i->shift = cut - TE_HEAD;
	i->debug = TE_DEBUG;
	return cut >= TE_HEAD;
}

static bool pe_read(struct image_map *i)
{
	size_t pe = image_number(i->x, PE_AT, 4), optional = pe + COFF, directories;
	uint32_t magic = image_number(i->x, optional, 2);

	i->wide = magic == MAGIC_64;
	directories = optional + (i->wide ? DIRECTORIES_64 : DIRECTORIES_32);
	i->n_sections = image_number(i->x, pe + 6, 2);
	i->sections = optional + image_number(i->x, pe + 20, 2);
	i->shift = 0;
	i->debug = image_number(i->x, directories - 4, 4) > DEBUG ? directories + DEBUG * DIRECTORY
								  : i->x.n;
	return image_number(i->x, pe, 4) == 0x4550 && (i->wide || magic == MAGIC_32);
}

bool image_map_read(struct bytes image, struct image_map *out)
{
	bool te = bytes_start(image, bytes_str("VZ"));

	*out = (struct image_map){.x = image};
	if (!te && !bytes_start(image, bytes_str("MZ")))
		return false;
	return (te ? te_read(out) : pe_read(out)) && out->n_sections > 0 &&
	       out->n_sections <= SECTIONS_MAX && out->sections <= image.n &&
	       out->n_sections * SECTION <= image.n - out->sections;
}

/* ---- sections */

struct section {
	size_t address, at, n; /* n: bytes that stand in the image */
	uint32_t flags;
};

static bool section_read(const struct image_map *i, size_t number, struct section *s)
{
	size_t head = i->sections + number * SECTION;
	size_t at = image_number(i->x, head + 20, 4);

	s->address = image_number(i->x, head + 12, 4);
	s->n = image_number(i->x, head + 16, 4);
	s->flags = image_number(i->x, head + 36, 4);
	s->at = at - i->shift;
	return at >= i->shift && s->at <= i->x.n && s->n <= i->x.n - s->at;
}

/* The n bytes that are loaded there, where one section has them all. */
static struct bytes loaded(const struct image_map *i, size_t address, size_t n)
{
	struct section s;

	for (size_t k = 0; k < i->n_sections; k++)
		if (section_read(i, k, &s) && address >= s.address && address - s.address <= s.n &&
		    n <= s.n - (address - s.address))
			return bytes_of(i->x.p + s.at + (address - s.address), n);
	return bytes_of(NULL, 0);
}

size_t image_word(const struct image_map *i, size_t at)
{
	size_t word = i->wide ? 8 : 4;
	struct section s;

	for (size_t k = 0; k < i->n_sections; k++)
		if (section_read(i, k, &s) && at >= s.at && at - s.at <= s.n &&
		    word <= s.n - (at - s.at))
			return (s.flags & EXECUTABLE) == 0 && (s.flags & WRITABLE) &&
					       (s.address + at - s.at) % word == 0
				       ? word
				       : 0;
	return 0;
}

/* ---- debugging data */

/* The name behind the head of the record, up to its NUL. */
static struct bytes record_name(struct bytes x)
{
	static const struct {
		const char *sign;
		size_t head;
	} kinds[] = {{"RSDS", 24}, {"NB10", 16}, {"MTOC", 20}};

	for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
		size_t head = kinds[k].head;
		const uint8_t *end;

		if (!bytes_start(x, bytes_str(kinds[k].sign)) || x.n <= head)
			continue;
		end = memchr(x.p + head, 0, x.n - head);
		return bytes_of(x.p + head, end ? (size_t)(end - (x.p + head)) : 0);
	}
	return bytes_of(NULL, 0);
}

struct bytes image_debug_file(const struct image_map *i)
{
	size_t n = image_number(i->x, i->debug + 4, 4);
	struct bytes list = loaded(i, image_number(i->x, i->debug, 4), n);

	for (size_t k = 0; k < list.n / ENTRY && k < ENTRIES_MAX; k++) {
		struct bytes entry = bytes_of(list.p + k * ENTRY, ENTRY), name;

		if (image_number(entry, 12, 4) != CODEVIEW)
			continue;
		name = record_name(
			loaded(i, image_number(entry, 20, 4), image_number(entry, 16, 4)));
		if (name.n > 0)
			return name;
	}
	return bytes_of(NULL, 0);
}
