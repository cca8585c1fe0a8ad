#include "measure/base/cur.h"
#include "measure/core/meaning_format.h"

#define SECTIONS_MAX 4096u
#define SECTION_NAME 32u

static struct cur quiet(struct bytes x, struct err *none)
{
	*none = (struct err){0};
	return cur_new(x, 0, none);
}

/* A number of that many bytes at that place. */
static uint64_t number(struct bytes x, size_t at, unsigned width, bool big)
{
	struct err none;
	struct cur c = quiet(x, &none);

	cur_take(&c, at, "what is in front");
	switch (width) {
	case 2:
		return big ? cur_be16(&c, "number") : cur_le16(&c, "number");
	case 4:
		return big ? cur_be32(&c, "number") : cur_le32(&c, "number");
	default:
		return big ? cur_be64(&c, "number") : cur_le64(&c, "number");
	}
}

/* ---- ELF: System V ABI, 4 Object Files */

/* Where fields stand in files of 32 and of 64 bits. */
struct elf_layout {
	unsigned wide; /* of offsets and sizes */
	size_t shoff, shentsize, shnum, shstrndx, header; /* in the file's header; its size */
	size_t offset, size, entry; /* in that of a section; its size */
};

static const struct elf_layout elf32 = {4, 0x20, 0x2e, 0x30, 0x32, 0x34, 0x10, 0x14, 0x28};
static const struct elf_layout elf64 = {8, 0x28, 0x3a, 0x3c, 0x3e, 0x40, 0x18, 0x20, 0x40};

struct elf {
	const struct extent *file;
	const struct elf_layout *as;
	bool big;
	uint64_t table, names; /* where section headers begin, and the string table */
	size_t n;
};

struct elf_section {
	uint64_t at, size;
	char name[SECTION_NAME];
};

static bool elf_is(struct bytes head, struct bytes path)
{
	(void)path;
	return head.n >= 0x40 &&
	       bytes_start(head, bytes_str("\x7f"
					   "ELF")) &&
	       (head.p[4] == 1 || head.p[4] == 2) && (head.p[5] == 1 || head.p[5] == 2);
}

static bool elf_section(const struct elf *f, size_t i, struct elf_section *s, struct err *e)
{
	uint8_t raw[0x40];
	struct bytes x = {raw, 0};
	uint64_t name;
	size_t got;

	*s = (struct elf_section){0};
	if (!extent_read(f->file, f->table + i * f->as->entry, (struct span){raw, f->as->entry},
			 &x.n, e))
		return false;
	name = number(x, 0, 4, f->big);
	s->at = number(x, f->as->offset, f->as->wide, f->big);
	s->size = number(x, f->as->size, f->as->wide, f->big);
	if (number(x, 4, 4, f->big) == 8) /* SHT_NOBITS: nothing in the file */
		s->size = 0;
	return extent_read(f->file, f->names + name,
			   (struct span){(uint8_t *)s->name, SECTION_NAME - 1}, &got, e);
}

static bool elf_open(struct elf *f, const struct extent *file, struct err *e)
{
	uint8_t raw[0x40];
	struct bytes x = {raw, 0};
	struct elf_section strings;
	uint64_t index;

	*f = (struct elf){.file = file};
	if (!extent_read(file, 0, (struct span){raw, sizeof(raw)}, &x.n, e))
		return false;
	f->as = raw[4] == 1 ? &elf32 : &elf64;
	f->big = raw[5] == 2;
	f->table = number(x, f->as->shoff, f->as->wide, f->big);
	f->n = (size_t)number(x, f->as->shnum, 2, f->big);
	index = number(x, f->as->shstrndx, 2, f->big);
	if (f->table > file->size || f->n > SECTIONS_MAX || index >= f->n ||
	    number(x, f->as->shentsize, 2, f->big) != f->as->entry)
		f->n = 0;
	if (f->n == 0)
		return true;
	if (!elf_section(f, (size_t)index, &strings, e))
		return false;
	f->names = strings.at;
	return true;
}

/* What follows from other bytes, or from the place of the build, and is no code. */
static bool elf_is_id(const char *name)
{
	static const char *const ids[] = {".note.gnu.build-id", ".gnu_debuglink",
					  ".note.go.buildid", NULL};

	for (size_t i = 0; ids[i]; i++)
		if (strcmp(name, ids[i]) == 0)
			return true;
	return false;
}

static void elf_say(struct meaning *m, const struct elf_section *s)
{
	if (m->first >= s->at && m->first - s->at < s->size)
		meaning_say(m, "ELF section %s, byte %llu of %llu", s->name,
			    (unsigned long long)(m->first - s->at), (unsigned long long)s->size);
}

static bool elf_read(const struct extent x[2], struct meaning *m, struct err *e)
{
	struct elf f[2];

	if (!elf_open(&f[0], &x[0], e) || !elf_open(&f[1], &x[1], e))
		return false;
	for (size_t i = 0; i < f[0].n && i < f[1].n; i++) {
		struct elf_section s[2];

		if (!elf_section(&f[0], i, &s[0], e) || !elf_section(&f[1], i, &s[1], e))
			return false;
		elf_say(m, &s[0]);
		if (elf_is_id(s[0].name) && strcmp(s[0].name, s[1].name) == 0 &&
		    !meaning_propose(x, &(struct edit){{s[0].at, s[1].at}, {s[0].size, s[1].size}},
				     m, e))
			return false;
	}
	if (m->first < f[0].as->header)
		meaning_say(m, "ELF header, byte %llu", (unsigned long long)m->first);
	else if (f[0].n > 0 && m->first >= f[0].table)
		meaning_say(m, "ELF section headers");
	return true;
}

const struct meaning_format meaning_elf = {CAUSE_BUILD_ID, elf_is, elf_read};

/* ---- PE: Microsoft, "PE Format" */

#define PE_AT 0x3cu
#define PE_TIME 8u
#define PE_OPTIONAL 24u
#define PE_CHECKSUM (PE_OPTIONAL + 64u)
#define PE_SECTION 40u
#define PE_SECTIONS_MAX 96u

static bool pe_is(struct bytes head, struct bytes path)
{
	size_t at = (size_t)number(head, PE_AT, 4, false);

	(void)path;
	return bytes_start(head, bytes_str("MZ")) && at + PE_OPTIONAL <= head.n &&
	       memcmp(head.p + at, "PE\0", 4) == 0;
}

static bool pe_sections(const struct extent *x, struct bytes head, size_t pe, struct meaning *m,
			struct err *e)
{
	size_t n = (size_t)number(head, pe + 6, 2, false), got;
	uint64_t at = pe + PE_OPTIONAL + number(head, pe + 20, 2, false);
	uint8_t raw[PE_SECTION];

	for (size_t i = 0; i < n && i < PE_SECTIONS_MAX; i++, at += PE_SECTION) {
		uint64_t start, size;

		if (!extent_read(x, at, (struct span){raw, sizeof(raw)}, &got, e))
			return false;
		start = number(bytes_of(raw, got), 20, 4, false);
		size = number(bytes_of(raw, got), 16, 4, false);
		if (m->first >= start && m->first - start < size)
			meaning_say(m, "PE section %.8s, byte %llu of %llu", (const char *)raw,
				    (unsigned long long)(m->first - start),
				    (unsigned long long)size);
	}
	return true;
}

static bool pe_read(const struct extent x[2], struct meaning *m, struct err *e)
{
	uint8_t raw[MEANING_HEAD];
	struct bytes head = {raw, 0};
	size_t pe;

	if (!extent_read(&x[0], 0, (struct span){raw, sizeof(raw)}, &head.n, e))
		return false;
	if (!pe_is(head, bytes_str("")))
		return true;
	pe = (size_t)number(head, PE_AT, 4, false);
	if (m->first >= pe + PE_TIME && m->first < pe + PE_TIME + 4)
		meaning_say(m, "PE header, time stamp");
	else if (m->first >= pe + PE_CHECKSUM && m->first < pe + PE_CHECKSUM + 4)
		meaning_say(m, "PE header, checksum");
	return pe_sections(&x[0], head, pe, m, e) && meaning_range(x, pe + PE_TIME, 4, m, e) &&
	       meaning_range(x, pe + PE_CHECKSUM, 4, m, e);
}

const struct meaning_format meaning_pe = {CAUSE_PE_TIME, pe_is, pe_read};
