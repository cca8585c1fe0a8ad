/*
 * A SECTION is an index or kernel, cmdline, metadata, signature, ramdisk0, ramdisk1 ...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support_eif_defect.h"
#include "tests/unit/support_eif_sign.h"

#define OFFSETS_AT 0x1cu
#define SIZES_AT 0x11cu
#define NUM_AT 0x1au

void defect_need(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "mutate: %s\n", what);
	exit(2);
}

static uint64_t number(const char *s)
{
	char *end;
	unsigned long long x = strtoull(s ? s : "", &end, 0);

	defect_need(s && *s && !*end, "a number is missing or wrong");
	return x;
}

struct forged defect_load(const char *path)
{
	FILE *in = fopen(path, "rb");
	struct forged x = {NULL, 0};
	size_t got;

	defect_need(in != NULL, path);
	do {
		x.p = realloc(x.p, x.n + (1 << 20));
		defect_need(x.p != NULL, "no memory");
		got = fread(x.p + x.n, 1, 1 << 20, in);
		x.n += got;
	} while (got > 0);
	fclose(in);
	return x;
}

/* Bytes of hexadecimal digits, in place of the digits. */
static size_t unhex(char *s)
{
	size_t n = strlen(s) / 2;

	for (size_t i = 0; i < n; i++) {
		unsigned byte = 0;

		defect_need(sscanf(s + 2 * i, "%2x", &byte) == 1, "hexadecimal digits are needed");
		s[i] = (char)byte;
	}
	return n;
}

static size_t section(const struct defect *d, const char *name)
{
	static const char *const names[] = {"",	       "kernel",    "cmdline",
					    "ramdisk", "signature", "metadata"};
	size_t nth;

	defect_need(name != NULL, "a section is missing");
	if (strspn(name, "0123456789") == strlen(name))
		return (size_t)number(name);
	nth = strncmp(name, "ramdisk", 7) == 0 ? (size_t)number(name + 7) : 0;
	for (size_t i = 0; i < d->f.n; i++) {
		unsigned type = d->f.section[i].type;

		if (type < 6 && type && strncmp(name, names[type], strlen(names[type])) == 0 &&
		    nth-- == 0)
			return i;
	}
	defect_need(false, "no such section");
	return 0;
}

static void copy_in(struct defect *d, size_t n)
{
	d->out = (struct forged){forge_memory(n), n};
	memcpy(d->out.p, d->in.p, n < d->in.n ? n : d->in.n);
}

static void splice(struct defect *d, uint64_t at, const void *p, size_t n)
{
	copy_in(d, d->in.n);
	defect_need(at <= d->in.n && n <= d->in.n - at, "outside the file");
	memcpy(d->out.p + at, p, n);
}

static void set_number(struct defect *d, uint64_t at, unsigned width, const char *value)
{
	uint8_t raw[8];

	forge_put(raw, width, number(value));
	splice(d, at, raw, width);
}

static void flip_byte(struct defect *d)
{
	uint64_t at = number(d->args[0]);
	uint8_t byte;

	defect_need(at < d->in.n, "outside the file");
	byte = (uint8_t)(d->in.p[at] ^ (d->args[1] ? number(d->args[1]) : 1));
	splice(d, at, &byte, 1);
}

static void set(struct defect *d)
{
	defect_need(d->args[1] != NULL, "set OFFSET HEX");
	splice(d, number(d->args[0]), d->args[1], unhex(d->args[1]));
}

static void cut(struct defect *d)
{
	const char *size = d->args[0];

	copy_in(d, size && *size == '-' ? d->in.n - number(size + 1) : number(size));
}

static void trailing(struct defect *d)
{
	size_t n = number(d->args[0]);

	copy_in(d, d->in.n + n);
	if (d->args[1])
		memset(d->out.p + d->in.n, (int)number(d->args[1]), n);
}

static void header(struct defect *d)
{
	static const struct {
		const char *name;
		unsigned at, width;
	} fields[] = {
		{"magic", 0, 4},	 {"version", 4, 2},	  {"flags", 6, 2},
		{"default_mem", 8, 8},	 {"default_cpus", 16, 8}, {"reserved", 24, 2},
		{"num_sections", 26, 2}, {"unused", 540, 4},	  {"eif_crc32", 544, 4},
	};

	for (size_t i = 0; d->args[0] && i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (strcmp(fields[i].name, d->args[0]) == 0) {
			set_number(d, fields[i].at, fields[i].width, d->args[1]);
			return;
		}
	}
	defect_need(false, "no such header field");
}

static void table_offset(struct defect *d)
{
	set_number(d, OFFSETS_AT + 8 * section(d, d->args[0]), 8, d->args[1]);
}

static void table_size(struct defect *d)
{
	set_number(d, SIZES_AT + 8 * section(d, d->args[0]), 8, d->args[1]);
}

static uint64_t offset_of(const struct forged *x, size_t i)
{
	return forge_get(x->p + OFFSETS_AT + 8 * i, 8);
}

static void section_type(struct defect *d)
{
	set_number(d, offset_of(&d->in, section(d, d->args[0])), 2, d->args[1]);
}

static void section_flags(struct defect *d)
{
	set_number(d, offset_of(&d->in, section(d, d->args[0])) + 2, 2, d->args[1]);
}

static void section_size(struct defect *d)
{
	set_number(d, offset_of(&d->in, section(d, d->args[0])) + 4, 8, d->args[1]);
}

static void remove_section(struct defect *d)
{
	forge_remove(&d->f, section(d, d->args[0]));
}

static void double_section(struct defect *d)
{
	size_t i = section(d, d->args[0]);
	struct forge_section s = d->f.section[i];

	forge_insert(&d->f, i, s.type, s.data, s.n);
}

static void swap_sections(struct defect *d)
{
	size_t i = section(d, d->args[0]);

	forge_swap(&d->f, i, section(d, d->args[1]));
}

static void content(struct defect *d)
{
	struct forge_section *s = &d->f.section[section(d, d->args[0])];
	struct forged x;

	defect_need(d->args[1] != NULL, "content SECTION FILE");
	x = defect_load(d->args[1]);
	s->data = x.p;
	s->n = x.n;
}

static void empty(struct defect *d)
{
	d->f.section[section(d, d->args[0])].n = 0;
}

static void append(struct defect *d)
{
	struct forged x;

	defect_need(d->args[0] && d->args[1], "append TYPE FILE");
	x = defect_load(d->args[1]);
	forge_append(&d->f, (uint16_t)number(d->args[0]), x.p, x.n);
}

static void gap(struct defect *d)
{
	d->f.section[section(d, d->args[0])].gap = number(d->args[1]);
}

static void reorder_table(struct defect *d)
{
	size_t a = section(d, d->args[0] ? d->args[0] : "ramdisk0");
	size_t b = section(d, d->args[0] ? d->args[1] : "ramdisk1");
	struct forge_section *s = d->f.section;

	s[a].table_offset = (struct forge_field){true, offset_of(&d->in, b)};
	s[b].table_offset = (struct forge_field){true, offset_of(&d->in, a)};
	s[a].table_size = (struct forge_field){true, s[b].n};
	s[b].table_size = (struct forge_field){true, s[a].n};
}

/* The section's size grows over the next one, which the table still names. */
static void overlap(struct defect *d)
{
	size_t i = section(d, d->args[0]);
	struct forge_section *s = &d->f.section[i];

	defect_need(i + 1 < d->f.n, "overlap SECTION, not the last");
	s->size = (struct forge_field){true, s->n + FORGE_SECTION_HEADER + s[1].n};
	s->table_size = s->size;
}

/*
 * One ramdisk more, in front of a section or at the end, and not in the tables. Its last four
 * bytes bring the checksum back to where it was, so that it is right for both ways of reading.
 */
static void hidden_section(struct defect *d)
{
	static uint8_t data[] = "hidden from those who follow the tables\n....";
	const size_t n = sizeof(data) - 1, body = FORGE_CRC_AT + 4;
	size_t i = d->args[0] ? section(d, d->args[0]) : d->f.n, at = FORGE_HEADER;
	struct forged with;
	uint32_t crc;

	for (size_t k = 0; k < i; k++)
		at += FORGE_SECTION_HEADER + d->f.section[k].n;
	forge_insert(&d->f, i, FORGE_RAMDISK, data, n)->hidden = true;
	with = forge_write(&d->f);
	crc = forge_crc(forge_crc(0, with.p, FORGE_CRC_AT), with.p + body, at - body);
	forge_crc_patch(forge_crc(crc, with.p + at, FORGE_SECTION_HEADER + n - 4), crc,
			data + n - 4);
	free(with.p);
}

static void base(struct defect *d)
{
	d->f = forge_base();
}

static void sign(struct defect *d)
{
	struct forge_signing s = {.bits = d->args[0] ? (unsigned)number(d->args[0]) : 384};
	struct forged x;
	uint8_t pcr[3][48];

	forge_registers(&d->f, pcr);
	memcpy(s.pcr0, pcr[0], sizeof(s.pcr0));
	if (d->args[0] && d->args[1] && strcmp(d->args[1], "-") != 0)
		s.twist = d->args[1];
	if (d->args[0] && d->args[1] && d->args[2]) {
		x = defect_load(d->args[2]);
		s.pem = x.p;
		s.pem_n = x.n;
	}
	x = forge_signature(&s);
	forge_append(&d->f, FORGE_SIGNATURE, x.p, x.n);
}

/* Things that are no images but go with them. */
static void key(struct defect *d)
{
	d->out = forge_key_pem((unsigned)number(d->args[0]));
}

static void certificate(struct defect *d)
{
	bool old = d->args[0] && strcmp(d->args[0], "expired") == 0;
	const char *pem =
		old ? forge_certificate_expired() : forge_certificate((unsigned)number(d->args[0]));

	d->out.n = strlen(pem);
	d->out.p = forge_memory(d->out.n);
	memcpy(d->out.p, pem, d->out.n);
}

/* Is the defect there? `was` and `is` are plain looks at the bytes before and after. */
static bool one_less(const struct forge_look *was, const struct forge_look *is)
{
	return is->walked + 1 == was->walked && is->ends;
}

static bool one_more(const struct forge_look *was, const struct forge_look *is)
{
	return is->walked == was->walked + 1 && is->ends;
}

static bool as_many(const struct forge_look *was, const struct forge_look *is)
{
	return is->walked == was->walked && is->ends;
}

static bool has_empty(const struct forge_look *was, const struct forge_look *is)
{
	return !was->empty && is->empty && is->ends;
}

static bool has_gap(const struct forge_look *was, const struct forge_look *is)
{
	return !was->gap && is->gap;
}

static bool has_disorder(const struct forge_look *was, const struct forge_look *is)
{
	return !was->disorder && is->disorder && is->ends;
}

static bool has_overlap(const struct forge_look *was, const struct forge_look *is)
{
	return !was->overlap && is->overlap;
}

static bool has_hidden(const struct forge_look *was, const struct forge_look *is)
{
	return is->num_sections == was->num_sections && is->walked == is->num_sections + 1 &&
	       is->crc_whole && is->crc_tables;
}

static bool is_image(const struct forge_look *was, const struct forge_look *is)
{
	(void)was;
	return is->ends && is->crc_whole && is->crc_tables && is->walked == is->num_sections;
}

static bool anything(const struct forge_look *was, const struct forge_look *is)
{
	(void)was;
	(void)is;
	return true;
}

const struct defect_kind defect_kinds[] = {
	{"flip-byte", "OFFSET [MASK]", DEFECT_BYTES, flip_byte, anything},
	{"set", "OFFSET HEX", DEFECT_BYTES, set, anything},
	{"cut", "SIZE | -LESS", DEFECT_BYTES, cut, anything},
	{"trailing", "COUNT [BYTE]", DEFECT_BYTES, trailing, anything},
	{"header", "FIELD VALUE", DEFECT_BYTES, header, anything},
	{"table-offset", "SECTION VALUE", DEFECT_BYTES, table_offset, anything},
	{"table-size", "SECTION VALUE", DEFECT_BYTES, table_size, anything},
	{"section-type", "SECTION VALUE", DEFECT_BYTES, section_type, anything},
	{"section-flags", "SECTION VALUE", DEFECT_BYTES, section_flags, anything},
	{"section-size", "SECTION VALUE", DEFECT_BYTES, section_size, anything},
	{"remove", "SECTION", DEFECT_SECTIONS, remove_section, one_less},
	{"double", "SECTION", DEFECT_SECTIONS, double_section, one_more},
	{"swap", "SECTION SECTION", DEFECT_SECTIONS, swap_sections, as_many},
	{"content", "SECTION FILE", DEFECT_SECTIONS, content, as_many},
	{"empty", "SECTION", DEFECT_SECTIONS, empty, has_empty},
	{"append", "TYPE FILE", DEFECT_SECTIONS, append, one_more},
	{"gap", "SECTION COUNT", DEFECT_SECTIONS, gap, has_gap},
	{"reorder-table", "[SECTION SECTION]", DEFECT_SECTIONS, reorder_table, has_disorder},
	{"overlap", "SECTION", DEFECT_SECTIONS, overlap, has_overlap},
	{"hidden-section", "[SECTION]", DEFECT_SECTIONS, hidden_section, has_hidden},
	{"sign", "[BITS [TWIST | - [PEM]]]", DEFECT_SECTIONS, sign, one_more},
	{"base", "", DEFECT_FRESH, base, is_image},
	{"key", "BITS", DEFECT_OTHER, key, anything},
	{"certificate", "BITS | expired", DEFECT_OTHER, certificate, anything},
	{NULL, NULL, DEFECT_OTHER, NULL, NULL},
};
