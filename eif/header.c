#include "eif/header.h"

#include "measure/base/num.h"

static const char magic[4] = {'.', 'e', 'i', 'f'};

bool eif_header_read(struct eif_header *h, struct bytes in, struct err *e)
{
	struct cur c = cur_new(in, 0, e);
	struct bytes found = cur_take(&c, sizeof(magic), "magic");

	if (cur_ok(&c) && !bytes_equal(found, bytes_of(magic, sizeof(magic))))
		return cur_fail(
			&c, REASON_MAGIC, 0,
			"the magic is %02x %02x %02x %02x and must be 2e 65 69 66 (\".eif\")",
			found.p[0], found.p[1], found.p[2], found.p[3]);
	h->version = cur_be16(&c, "version");
	h->flags = cur_be16(&c, "flags");
	h->default_mem = cur_be64(&c, "default_mem");
	h->default_cpus = cur_be64(&c, "default_cpus");
	h->reserved = cur_be16(&c, "reserved");
	h->num_sections = cur_be16(&c, "num_sections");
	for (unsigned i = 0; i < EIF_MAX_SECTIONS; i++)
		h->section_offsets[i] = cur_be64(&c, "section_offsets");
	for (unsigned i = 0; i < EIF_MAX_SECTIONS; i++)
		h->section_sizes[i] = cur_be64(&c, "section_sizes");
	h->unused = cur_be32(&c, "unused");
	h->eif_crc32 = cur_be32(&c, "eif_crc32");
	return cur_ok(&c);
}

void eif_header_write(struct buf *out, const struct eif_header *h)
{
	buf_put(out, bytes_of(magic, sizeof(magic)));
	buf_be16(out, h->version);
	buf_be16(out, h->flags);
	buf_be64(out, h->default_mem);
	buf_be64(out, h->default_cpus);
	buf_be16(out, h->reserved);
	buf_be16(out, h->num_sections);
	for (unsigned i = 0; i < EIF_MAX_SECTIONS; i++)
		buf_be64(out, h->section_offsets[i]);
	for (unsigned i = 0; i < EIF_MAX_SECTIONS; i++)
		buf_be64(out, h->section_sizes[i]);
	buf_be32(out, h->unused);
	buf_be32(out, h->eif_crc32);
}

bool eif_header_add(struct eif_header *h, uint64_t size, struct err *e)
{
	unsigned n = h->num_sections;
	uint64_t at = EIF_HEADER_SIZE, end;

	if (n == EIF_MAX_SECTIONS)
		return err_set(e, REASON_LIMIT, "an image has room for %u sections and no more",
			       EIF_MAX_SECTIONS);
	if (n > 0)
		at = h->section_offsets[n - 1] + EIF_SECTION_HEADER_SIZE + h->section_sizes[n - 1];
	if (!num_add(at + EIF_SECTION_HEADER_SIZE, size, &end) || end > INT64_MAX)
		return err_set(e, REASON_LIMIT,
			       "section %u of %llu bytes is more than a file can hold", n,
			       (unsigned long long)size);
	h->section_offsets[n] = at;
	h->section_sizes[n] = size;
	h->num_sections++;
	return true;
}

bool eif_section_header_read(struct eif_section_header *s, struct bytes in, uint64_t base,
			     struct err *e)
{
	struct cur c = cur_new(in, base, e);

	s->section_type = cur_be16(&c, "section_type");
	s->flags = cur_be16(&c, "flags");
	s->section_size = cur_be64(&c, "section_size");
	return cur_ok(&c);
}

void eif_section_header_write(struct buf *out, const struct eif_section_header *s)
{
	buf_be16(out, s->section_type);
	buf_be16(out, s->flags);
	buf_be64(out, s->section_size);
}

const char *eif_section_name(unsigned type)
{
	static const char *const names[EIF_SECTION_TYPES] = {
		[EIF_SECTION_INVALID] = "invalid",     [EIF_SECTION_KERNEL] = "kernel",
		[EIF_SECTION_CMDLINE] = "cmdline",     [EIF_SECTION_RAMDISK] = "ramdisk",
		[EIF_SECTION_SIGNATURE] = "signature", [EIF_SECTION_METADATA] = "metadata",
	};

	return type < EIF_SECTION_TYPES ? names[type] : "unknown";
}

uint32_t eif_crc32_of(const struct digest *crc)
{
	const uint8_t *v = crc->v;

	return (uint32_t)v[0] << 24 | (uint32_t)v[1] << 16 | (uint32_t)v[2] << 8 | v[3];
}
