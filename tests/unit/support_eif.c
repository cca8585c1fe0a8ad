#include "tests/unit/support_eif.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OFFSETS_AT 0x1cu
#define SIZES_AT 0x11cu
#define TABLE 32u

static const char METADATA[] =
	"{\"ImageName\":\"kernel\",\"ImageVersion\":\"1.0\",\"BuildMetadata\":{"
	"\"BuildTime\":\"1970-01-01T00:00:00+00:00\",\"BuildTool\":\"forge\","
	"\"BuildToolVersion\":\"1\",\"OperatingSystem\":\"OS\",\"KernelVersion\":\"kernel\"},"
	"\"DockerInfo\":null,\"CustomMetadata\":null}";
static const char CMDLINE[] = "console=ttyS0 reboot=k";
static const char RAMDISK0[] = "the first ramdisk, which also makes PCR1";
static const char RAMDISK1[] = "the second ramdisk, which makes PCR2";

/* So much of a bzImage as loaders look at: boot flag, "HdrS", protocol 2.15, loaded high. */
static const uint8_t KERNEL[0x220] = {
	[0] = 'M',	[1] = 'Z',	[0x1f1] = 1,	[0x1fe] = 0x55, [0x1ff] = 0xaa,
	[0x200] = 0xeb, [0x201] = 0x66, [0x202] = 'H',	[0x203] = 'd',	[0x204] = 'r',
	[0x205] = 'S',	[0x206] = 0x0f, [0x207] = 0x02, [0x211] = 1,
};

static void die(const char *what)
{
	fprintf(stderr, "support_eif: %s\n", what);
	exit(99);
}

void *forge_memory(size_t n)
{
	void *p = calloc(1, n ? n : 1);

	if (!p)
		die("no memory");
	return p;
}

uint64_t forge_get(const uint8_t *p, unsigned width)
{
	uint64_t x = 0;

	while (width--)
		x = x << 8 | *p++;
	return x;
}

void forge_put(uint8_t *p, unsigned width, uint64_t value)
{
	while (width--)
		*p++ = (uint8_t)(value >> 8 * width);
}

struct forge forge_base(void)
{
	struct forge f = {.magic = {'.', 'e', 'i', 'f'},
			  .version = 4,
			  .default_mem = 1u << 30,
			  .default_cpus = 2};

	forge_append(&f, FORGE_KERNEL, KERNEL, sizeof KERNEL);
	forge_append(&f, FORGE_CMDLINE, CMDLINE, sizeof CMDLINE - 1);
	forge_append(&f, FORGE_METADATA, METADATA, sizeof METADATA - 1);
	forge_append(&f, FORGE_RAMDISK, RAMDISK0, sizeof RAMDISK0 - 1);
	forge_append(&f, FORGE_RAMDISK, RAMDISK1, sizeof RAMDISK1 - 1);
	return f;
}

struct forge_section *forge_insert(struct forge *f, size_t i, uint16_t type, const void *data,
				   size_t n)
{
	if (f->n == FORGE_SECTIONS || i > f->n)
		die("no room for a section there");
	memmove(&f->section[i + 1], &f->section[i], (f->n - i) * sizeof f->section[0]);
	f->n++;
	f->section[i] = (struct forge_section){.type = type, .data = data, .n = n};
	return &f->section[i];
}

struct forge_section *forge_append(struct forge *f, uint16_t type, const void *data, size_t n)
{
	return forge_insert(f, f->n, type, data, n);
}

void forge_remove(struct forge *f, size_t i)
{
	if (i >= f->n)
		die("no such section to remove");
	f->n--;
	memmove(&f->section[i], &f->section[i + 1], (f->n - i) * sizeof f->section[0]);
}

void forge_swap(struct forge *f, size_t i, size_t j)
{
	struct forge_section s;

	if (i >= f->n || j >= f->n)
		die("no such sections to swap");
	s = f->section[i];
	f->section[i] = f->section[j];
	f->section[j] = s;
}

struct forge_section *forge_find(struct forge *f, uint16_t type)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->section[i].type == type)
			return &f->section[i];
	die("no section of that type");
	return NULL;
}

static uint64_t either(struct forge_field field, uint64_t right)
{
	return field.set ? field.value : right;
}

static void put_header(const struct forge *f, uint8_t *p, uint64_t counted)
{
	memcpy(p, f->magic, 4);
	forge_put(p + 0x04, 2, f->version);
	forge_put(p + 0x06, 2, f->flags);
	forge_put(p + 0x08, 8, f->default_mem);
	forge_put(p + 0x10, 8, f->default_cpus);
	forge_put(p + 0x18, 2, f->reserved);
	forge_put(p + 0x1a, 2, either(f->num_sections, counted));
	forge_put(p + 0x21c, 4, f->unused);
}

static void put_entry(uint8_t *p, uint64_t i, const struct forge_section *s, uint64_t at)
{
	if (i >= TABLE)
		return;
	forge_put(p + OFFSETS_AT + 8 * i, 8, either(s->table_offset, at));
	forge_put(p + SIZES_AT + 8 * i, 8, either(s->table_size, s->n));
}

static size_t forge_size(const struct forge *f)
{
	size_t n = FORGE_HEADER;

	for (size_t i = 0; i < f->n; i++)
		n += f->section[i].gap + FORGE_SECTION_HEADER + f->section[i].n;
	return n;
}

struct forged forge_write(const struct forge *f)
{
	struct forged out = {NULL, forge_size(f)};
	uint64_t counted = 0;
	size_t at = FORGE_HEADER;

	out.p = forge_memory(out.n);
	for (size_t i = 0; i < f->n; i++) {
		const struct forge_section *s = &f->section[i];

		at += s->gap;
		if (!s->hidden)
			put_entry(out.p, counted++, s, at);
		forge_put(out.p + at, 2, s->type);
		forge_put(out.p + at + 2, 2, s->flags);
		forge_put(out.p + at + 4, 8, either(s->size, s->n));
		at += FORGE_SECTION_HEADER;
		if (s->n)
			memcpy(out.p + at, s->data, s->n);
		at += s->n;
	}
	put_header(f, out.p, counted);
	forge_repair(out.p, out.n);
	if (f->crc.set)
		forge_put(out.p + FORGE_CRC_AT, 4, f->crc.value);
	return out;
}

static void get_header(struct forge *f, const uint8_t *p)
{
	*f = (struct forge){.n = 0};
	memcpy(f->magic, p, 4);
	f->version = (uint16_t)forge_get(p + 0x04, 2);
	f->flags = (uint16_t)forge_get(p + 0x06, 2);
	f->default_mem = forge_get(p + 0x08, 8);
	f->default_cpus = forge_get(p + 0x10, 8);
	f->reserved = (uint16_t)forge_get(p + 0x18, 2);
	f->unused = (uint32_t)forge_get(p + 0x21c, 4);
}

bool forge_read(struct forge *f, const uint8_t *p, size_t n)
{
	size_t at = FORGE_HEADER;

	if (n < FORGE_HEADER)
		return false;
	get_header(f, p);
	while (n - at >= FORGE_SECTION_HEADER && f->n < FORGE_SECTIONS) {
		uint64_t size = forge_get(p + at + 4, 8);
		struct forge_section *s;

		if (size > n - at - FORGE_SECTION_HEADER)
			return false;
		s = forge_append(f, (uint16_t)forge_get(p + at, 2), p + at + FORGE_SECTION_HEADER,
				 (size_t)size);
		s->flags = (uint16_t)forge_get(p + at + 2, 2);
		at += FORGE_SECTION_HEADER + (size_t)size;
	}
	return at == n;
}

static void crc_table(uint32_t table[256])
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t x = i;

		for (int bit = 0; bit < 8; bit++)
			x = x & 1 ? x >> 1 ^ 0xedb88320u : x >> 1;
		table[i] = x;
	}
}

uint32_t forge_crc(uint32_t crc, const uint8_t *p, size_t n)
{
	uint32_t table[256];

	crc_table(table);
	crc = ~crc;
	for (size_t i = 0; i < n; i++)
		crc = crc >> 8 ^ table[(crc ^ p[i]) & 0xff];
	return ~crc;
}

void forge_crc_patch(uint32_t crc, uint32_t wanted, uint8_t patch[4])
{
	uint32_t table[256], index[4] = {0};

	crc_table(table);
	crc = ~crc;
	wanted = ~wanted;
	for (int i = 3; i >= 0; i--) {
		while (table[index[i]] >> 24 != wanted >> 24)
			index[i]++;
		wanted = (wanted ^ table[index[i]]) << 8;
	}
	for (int i = 0; i < 4; i++) {
		patch[i] = (uint8_t)(index[i] ^ crc);
		crc = crc >> 8 ^ table[index[i]];
	}
}

uint32_t forge_image_crc(const uint8_t *p, size_t n)
{
	const size_t behind = FORGE_CRC_AT + 4;

	return forge_crc(forge_crc(0, p, FORGE_CRC_AT), p + behind, n - behind);
}

/* Too short for a CRC: nothing to put right. */
void forge_repair(uint8_t *p, size_t n)
{
	if (n >= FORGE_HEADER)
		forge_put(p + FORGE_CRC_AT, 4, forge_image_crc(p, n));
}

/* Registers by number: does it cover this section, when so many ramdisks came before it? */
static bool covered(const struct forge_section *s, unsigned pcr, unsigned ramdisks)
{
	bool later = s->type == FORGE_RAMDISK && ramdisks > 0;

	if (s->type < FORGE_KERNEL || s->type > FORGE_RAMDISK)
		return false;
	return pcr == 0 || later == (pcr == 2);
}

/* SHA384(0^48 || SHA384(the sections that the register covers)). */
static void measure(const struct forge *f, unsigned number, uint8_t pcr[48])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t block[96] = {0};
	unsigned ramdisks = 0;

	if (!md || EVP_DigestInit_ex(md, EVP_sha384(), NULL) != 1)
		die("no SHA-384");
	for (size_t i = 0; i < f->n; i++) {
		const struct forge_section *s = &f->section[i];

		if (covered(s, number, ramdisks) && EVP_DigestUpdate(md, s->data, s->n) != 1)
			die("no SHA-384");
		ramdisks += s->type == FORGE_RAMDISK;
	}
	if (EVP_DigestFinal_ex(md, block + 48, NULL) != 1)
		die("no SHA-384");
	EVP_MD_CTX_free(md);
	if (EVP_Digest(block, sizeof block, pcr, NULL, EVP_sha384(), NULL) != 1)
		die("no SHA-384");
}

void forge_registers(const struct forge *f, uint8_t pcr[3][48])
{
	for (unsigned i = 0; i < 3; i++)
		measure(f, i, pcr[i]);
}

void forge_pcr(const uint8_t *p, size_t n, uint8_t pcr[48])
{
	struct forge f = {.n = 1, .section = {{.type = FORGE_KERNEL, .data = p, .n = n}}};

	measure(&f, 0, pcr);
}
