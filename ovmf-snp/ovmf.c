#include "ovmf-snp/ovmf.h"

#include "measure/base/cur.h"

#define TABLE_END 32u /* bytes behind the table: the reset vector */
#define TRAILER 18u /* u16 size, GUID */
#define METADATA_HEAD 16u
#define METADATA_VERSION 1u
#define SECTION_SIZE 12u

/* What an entry of the table is, and how long its data are. */
enum entry_kind { E_FOOTER, E_RESET, E_HASHES, E_SECRET, E_METADATA, E_TDX, E_SVSM, E_IGVM };

static const struct {
	uint8_t guid[16]; /* mixed-endian, as stored */
	const char *name;
	size_t size; /* of the data; 0: any */
} known[] = {
	[E_FOOTER] = {{0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45, 0xba, 0xea, 0xa3, 0x66, 0xc5,
		       0x5a, 0x08, 0x2d},
		      "table footer",
		      0},
	[E_RESET] = {{0xde, 0x71, 0xf7, 0x00, 0x7e, 0x1a, 0xcb, 0x4f, 0x89, 0x0e, 0x68, 0xc7, 0x7e,
		      0x2f, 0xb4, 0x4e},
		     "SEV-ES reset block",
		     4},
	[E_HASHES] = {{0x1f, 0x37, 0x55, 0x72, 0x3b, 0x3a, 0x04, 0x4b, 0x92, 0x7b, 0x1d, 0xa6, 0xef,
		       0xa8, 0xd4, 0x54},
		      "SEV hash table",
		      8},
	[E_SECRET] = {{0x61, 0xb3, 0x2e, 0x4c, 0x9b, 0x7d, 0xc3, 0x4c, 0x80, 0x81, 0x12, 0x7c, 0x90,
		       0xd3, 0xd2, 0x94},
		      "SEV secret block",
		      8},
	[E_METADATA] = {{0x66, 0x65, 0x88, 0xdc, 0x4a, 0x98, 0x98, 0x47, 0xa7, 0x5e, 0x55, 0x85,
			 0xa7, 0xbf, 0x67, 0xcc},
			"SEV metadata offset",
			4},
	[E_TDX] = {{0x35, 0x65, 0x7a, 0xe4, 0x4a, 0x98, 0x98, 0x47, 0x86, 0x5e, 0x46, 0x85, 0xa7,
		    0xbf, 0x8e, 0xc2},
		   "TDX metadata offset",
		   4},
	[E_SVSM] = {{0x12, 0xa6, 0x89, 0xa7, 0x97, 0x05, 0x4b, 0x4c, 0xa4, 0x9f, 0xcb, 0xb1, 0xfe,
		     0x9d, 0x1d, 0xdd},
		    "SVSM info",
		    4},
	[E_IGVM] = {{0x0e, 0xa7, 0x4f, 0x78, 0x76, 0x31, 0x77, 0x46, 0x8a, 0x20, 0x04, 0xb6, 0x86,
		     0x99, 0xe3, 0x74},
		    "IGVM metadata",
		    0},
};

#define KNOWN (sizeof(known) / sizeof(known[0]))

static size_t kind_of(const uint8_t guid[16])
{
	size_t i = 0;

	while (i < KNOWN && memcmp(known[i].guid, guid, 16) != 0)
		i++;
	return i;
}

static const struct ovmf_entry *entry_of(const struct ovmf *o, enum entry_kind kind)
{
	for (size_t i = 0; i < o->n_entries; i++)
		if (memcmp(o->entry[i].guid, known[kind].guid, 16) == 0)
			return &o->entry[i];
	return NULL;
}

/* ---- the table, from the back */

static bool entry_add(struct ovmf *o, const struct ovmf_entry *x, struct err *e)
{
	size_t kind = kind_of(x->guid);

	for (size_t i = 0; i < o->n_entries; i++)
		if (memcmp(o->entry[i].guid, x->guid, 16) == 0)
			return err_at(e, REASON_FIRMWARE, x->at,
				      "an entry of the table of GUIDs stands there twice");
	if (o->n_entries == OVMF_ENTRIES)
		return err_at(e, REASON_FIRMWARE, x->at,
			      "the table of GUIDs has more than %u entries", OVMF_ENTRIES);
	if (kind == E_FOOTER)
		return err_at(e, REASON_FIRMWARE, x->at,
			      "the footer of the table of GUIDs stands inside it");
	o->entry[o->n_entries] = *x;
	if (kind < KNOWN) {
		o->entry[o->n_entries].name = known[kind].name;
		if (known[kind].size > 0 && x->data.n < known[kind].size)
			return err_at(e, REASON_FIRMWARE, x->at,
				      "%s needs %zu bytes, the entry has %zu", known[kind].name,
				      known[kind].size, x->data.n);
	}
	o->n_entries++;
	return true;
}

/* The trailer that ends at `end`: size of the whole entry, its GUID. It is inside the image. */
static size_t trailer(struct bytes image, size_t end, uint8_t guid[16])
{
	struct err none = {0};
	struct cur c = cur_new(bytes_of(image.p + end - TRAILER, TRAILER), end - TRAILER, &none);
	size_t size = cur_le16(&c, "entry size");

	memcpy(guid, cur_take(&c, 16, "entry GUID").p, 16);
	return size;
}

static bool table_read(struct ovmf *o, struct err *e)
{
	size_t end = o->image.n - TABLE_END, first, size;
	uint8_t guid[16];

	size = trailer(o->image, end, guid);
	if (memcmp(guid, known[E_FOOTER].guid, 16) != 0)
		return err_at(e, REASON_FIRMWARE, end - 16,
			      "there is no table of GUIDs %u bytes before the end, so this is no "
			      "OVMF firmware (a variable store has none)",
			      TABLE_END);
	if (size < TRAILER || size > end)
		return err_at(
			e, REASON_FIRMWARE, end - TRAILER,
			"the table of GUIDs says that it has %zu bytes, %zu stand before its end",
			size, end);
	first = end - size;
	end -= TRAILER;
	while (end - first >= TRAILER) {
		struct ovmf_entry x = {0};

		size = trailer(o->image, end, x.guid);
		if (size < TRAILER || size > end - first)
			return err_at(e, REASON_FIRMWARE, end - TRAILER,
				      "an entry of the table of GUIDs has %zu bytes, %u to %zu fit",
				      size, TRAILER, end - first);
		x.at = end - size;
		x.data = bytes_of(o->image.p + x.at, size - TRAILER);
		if (!entry_add(o, &x, e))
			return false;
		end -= size;
	}
	return end == first ||
	       err_at(e, REASON_FIRMWARE, first,
		      "%zu bytes of the table of GUIDs belong to no entry", end - first);
}

/* ---- what the entries say */

static uint32_t le32(struct bytes data, size_t at)
{
	struct err none = {0};
	struct cur c = cur_new(bytes_of(data.p + at, 4), at, &none);

	return cur_le32(&c, "value");
}

static void take_entries(struct ovmf *o)
{
	const struct ovmf_entry *reset = entry_of(o, E_RESET), *hashes = entry_of(o, E_HASHES);
	const struct ovmf_entry *svsm = entry_of(o, E_SVSM);

	o->has_reset = reset != NULL;
	o->reset_eip = reset ? le32(reset->data, 0) : 0;
	o->hashes_gpa = hashes ? le32(hashes->data, 0) : 0;
	o->hashes_size = hashes ? le32(hashes->data, 4) : 0;
	o->has_hashes = o->hashes_gpa != 0 && o->hashes_size >= OVMF_HASHES_SIZE;
	o->has_svsm_info = svsm != NULL;
	o->svsm_entry = svsm ? le32(svsm->data, 0) : 0;
}

/* ---- metadata */

static bool overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

static bool section_check(const struct ovmf *o, const struct ovmf_section *s, struct err *e)
{
	const char *name = ovmf_section_name(s->type);

	if (!name)
		return err_at(e, REASON_FIRMWARE, s->at + 8,
			      "section %zu has type %u, which is not known", o->n_sections,
			      (unsigned)s->type);
	if (s->gpa % OVMF_PAGE != 0 || s->size % OVMF_PAGE != 0)
		return err_at(e, REASON_FIRMWARE, s->at,
			      "section %zu (%s) is at 0x%x with 0x%x bytes: no whole pages",
			      o->n_sections, name, s->gpa, s->size);
	if ((s->type == OVMF_SECRETS || s->type == OVMF_CPUID) && s->size != OVMF_PAGE)
		return err_at(e, REASON_FIRMWARE, s->at,
			      "section %zu (%s) has 0x%x bytes: of other than one page monitors "
			      "measure different things",
			      o->n_sections, name, s->size);
	if (overlap(s->gpa, s->size, o->gpa, o->image.n))
		return err_at(
			e, REASON_FIRMWARE, s->at,
			"section %zu (%s) at 0x%x with 0x%x bytes lies over the image itself, "
			"which begins at 0x%llx",
			o->n_sections, name, s->gpa, s->size, (unsigned long long)o->gpa);
	for (size_t i = 0; i < o->n_sections; i++)
		if (overlap(s->gpa, s->size, o->section[i].gpa, o->section[i].size))
			return err_at(e, REASON_FIRMWARE, s->at,
				      "sections %zu and %zu overlap at 0x%x", i, o->n_sections,
				      s->gpa);
	return true;
}

static bool sections_read(struct ovmf *o, struct cur *c, uint32_t count)
{
	uint64_t pages = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct ovmf_section *s = &o->section[i];

		s->at = cur_at(c);
		s->gpa = cur_le32(c, "section address");
		s->size = cur_le32(c, "section size");
		s->type = (enum ovmf_section_type)cur_le32(c, "section type");
		if (!cur_ok(c) || !section_check(o, s, c->e))
			return false;
		pages += s->size / OVMF_PAGE;
		if (pages > OVMF_SECTION_PAGES)
			return err_at(c->e, REASON_FIRMWARE, s->at,
				      "the sections have more than %u pages", OVMF_SECTION_PAGES);
		o->n_sections++;
	}
	return true;
}

static bool metadata_read(struct ovmf *o, const struct ovmf_entry *entry, struct err *e)
{
	uint32_t from_end = le32(entry->data, 0);
	struct bytes magic;
	struct cur c;
	uint32_t size, version, count;

	if (from_end < METADATA_HEAD || from_end > o->image.n)
		return err_at(e, REASON_FIRMWARE, entry->at,
			      "the metadata are said to begin %u bytes before the end, of %zu",
			      from_end, o->image.n);
	o->metadata_at = o->image.n - from_end;
	c = cur_new(bytes_of(o->image.p + o->metadata_at, from_end), o->metadata_at, e);
	magic = cur_take(&c, 4, "metadata signature");
	size = cur_le32(&c, "metadata size");
	version = cur_le32(&c, "metadata version");
	count = cur_le32(&c, "number of sections");
	if (!cur_ok(&c))
		return false;
	if (!bytes_equal(magic, bytes_str("ASEV")))
		return err_at(e, REASON_FIRMWARE, o->metadata_at,
			      "the metadata do not begin with 'ASEV'");
	if (version != METADATA_VERSION)
		return err_at(e, REASON_FIRMWARE, o->metadata_at + 8,
			      "the metadata have version %u, %u is known", version,
			      METADATA_VERSION);
	if (count > OVMF_SECTIONS)
		return err_at(e, REASON_FIRMWARE, o->metadata_at + 12,
			      "the metadata list %u sections, %u are allowed", count,
			      OVMF_SECTIONS);
	if (size < METADATA_HEAD + count * SECTION_SIZE)
		return err_at(e, REASON_FIRMWARE, o->metadata_at + 4,
			      "the metadata have %u bytes, %u sections need %u", size, count,
			      METADATA_HEAD + count * SECTION_SIZE);
	if (size > from_end)
		return err_at(e, REASON_FIRMWARE, o->metadata_at + 4,
			      "the metadata have %u bytes, %u are left in the image", size,
			      from_end);
	o->has_metadata = true;
	return sections_read(o, &c, count);
}

bool ovmf_read_flat(struct ovmf *o, struct bytes image, uint64_t end, struct err *e)
{
	*o = (struct ovmf){.image = image};
	if (image.n == 0 || image.n % OVMF_PAGE != 0)
		return err_set(e, REASON_FIRMWARE,
			       "%zu bytes are not a whole number of pages of %u", image.n,
			       OVMF_PAGE);
	if (image.n > OVMF_MAX)
		return err_set(e, REASON_FIRMWARE,
			       "%zu bytes are more than the %u of the largest "
			       "firmware that is read",
			       image.n, OVMF_MAX);
	if (image.n > end)
		return err_set(e, REASON_FIRMWARE, "%zu bytes do not fit below 0x%llx", image.n,
			       (unsigned long long)end);
	o->gpa = end - image.n;
	if (!table_read(o, e))
		return false;
	take_entries(o);
	return true;
}

bool ovmf_read(struct ovmf *o, struct bytes image, uint64_t end, struct err *e)
{
	const struct ovmf_entry *metadata;

	if (!ovmf_read_flat(o, image, end, e))
		return false;
	metadata = entry_of(o, E_METADATA);
	return !metadata || metadata_read(o, metadata, e);
}

bool ovmf_is(struct bytes tail)
{
	return tail.n >= TABLE_END + TRAILER &&
	       memcmp(tail.p + tail.n - TABLE_END - 16, known[E_FOOTER].guid, 16) == 0;
}

const char *ovmf_section_name(enum ovmf_section_type type)
{
	switch (type) {
	case OVMF_SEC_MEM:
		return "SEC_MEM";
	case OVMF_SECRETS:
		return "SECRETS";
	case OVMF_CPUID:
		return "CPUID";
	case OVMF_SVSM_CAA:
		return "SVSM_CAA";
	case OVMF_KERNEL_HASHES:
		return "KERNEL_HASHES";
	default:
		return NULL;
	}
}

const struct ovmf_section *ovmf_section(const struct ovmf *o, enum ovmf_section_type type)
{
	for (size_t i = 0; i < o->n_sections; i++)
		if (o->section[i].type == type)
			return &o->section[i];
	return NULL;
}
