#include "eif/lenient.h"

#include "eif/lenient_sign.h"
#include "eif/pcr.h"
#include "measure/base/num.h"
#include "measure/core/pass.h"

/* The section header at an offset; false with the view's refusal when it is not all there. */
static bool header_at(const struct file *f, uint64_t at, struct eif_section_header *s,
		      struct err *refusal)
{
	uint8_t raw[EIF_SECTION_HEADER_SIZE];
	size_t got;

	return file_pread(f, at, (struct span){raw, sizeof(raw)}, &got, refusal) &&
	       eif_section_header_read(s, bytes_of(raw, got), at, refusal);
}

static bool fits(const struct file *f, uint64_t at, uint64_t size, struct err *refusal)
{
	uint64_t data, end;

	if (num_add(at, EIF_SECTION_HEADER_SIZE, &data) && num_add(data, size, &end) &&
	    end <= f->size)
		return true;
	return err_at(refusal, REASON_TRUNCATED, at, "a section of %llu bytes runs out of the file",
		      (unsigned long long)size);
}

static bool add(struct eif_view *v, const struct eif_section_header *s, uint64_t at)
{
	if (v->n == EIF_VIEW_SECTIONS)
		return err_at(&v->refusal, REASON_LIMIT, at,
			      "more than %u sections, not all are shown", EIF_VIEW_SECTIONS);
	v->section[v->n].type = s->section_type;
	v->section[v->n].offset = at;
	v->section[v->n++].size = s->section_size;
	return true;
}

/* The vendor's reader: section by section to the end; fewer than 12 bytes there are ignored. */
static bool walk(const struct file *f, struct eif_view *v)
{
	uint64_t at = EIF_HEADER_SIZE;

	while (f->size >= EIF_SECTION_HEADER_SIZE && at <= f->size - EIF_SECTION_HEADER_SIZE) {
		struct eif_section_header s;

		if (!header_at(f, at, &s, &v->refusal))
			return false;
		if (s.section_type == EIF_SECTION_INVALID || s.section_type >= EIF_SECTION_TYPES)
			return err_at(&v->refusal, REASON_SECTION_TYPE, at, "a section of type %u",
				      s.section_type);
		if (!fits(f, at, s.section_size, &v->refusal) || !add(v, &s, at))
			return false;
		at += EIF_SECTION_HEADER_SIZE + s.section_size;
	}
	return true;
}

/* QEMU's rules on the header (hw/core/eif.c, 10.2). */
static bool table_header(const struct eif_header *h, struct err *refusal)
{
	if (h->version < 4)
		return err_at(refusal, REASON_VERSION, 4, "version %u is below 4", h->version);
	if (h->flags != 0)
		return err_at(refusal, REASON_FLAGS_MEASURED, 6, "flags 0x%x are not 0", h->flags);
	if (h->num_sections == 0 || h->num_sections > EIF_MAX_SECTIONS)
		return err_at(refusal, REASON_SECTION_COUNT, 26, "%u sections", h->num_sections);
	return true;
}

static bool table_section(const struct eif_header *h, size_t i, const struct eif_section_header *s,
			  const struct eif_view *v, struct err *refusal)
{
	uint64_t at = h->section_offsets[i];
	bool once = s->section_type == EIF_SECTION_KERNEL || s->section_type == EIF_SECTION_CMDLINE;

	if (s->flags != 0)
		return err_at(refusal, REASON_SECTION_FLAGS, at, "section flags 0x%x", s->flags);
	if (s->section_size != h->section_sizes[i])
		return err_at(refusal, REASON_SECTION_TABLE, at,
			      "section %zu: %llu bytes, %llu by the table", i,
			      (unsigned long long)s->section_size,
			      (unsigned long long)h->section_sizes[i]);
	if (s->section_size == 0 && s->section_type != EIF_SECTION_CMDLINE)
		return err_at(refusal, REASON_SECTION_EMPTY, at, "section %zu is empty", i);
	for (size_t j = 0; once && j < v->n; j++)
		if (v->section[j].type == s->section_type)
			return err_at(refusal, REASON_SECTION_SET, at, "a second %s section",
				      eif_section_name(s->section_type));
	return true;
}

static bool table_set(struct eif_view *v)
{
	unsigned count[EIF_SECTION_TYPES] = {0};

	for (size_t i = 0; i < v->n; i++)
		if (v->section[i].type < EIF_SECTION_TYPES)
			count[v->section[i].type]++;
	for (unsigned type = EIF_SECTION_KERNEL; type <= EIF_SECTION_RAMDISK; type++)
		if (count[type] == 0)
			return err_set(&v->refusal, REASON_SECTION_SET, "no %s section",
				       eif_section_name(type));
	return true;
}

static bool tables(const struct file *f, const struct eif_header *h, struct eif_view *v)
{
	if (!table_header(h, &v->refusal))
		return false;
	for (size_t i = 0; i < h->num_sections; i++) {
		uint64_t at = h->section_offsets[i];
		struct eif_section_header s;

		if (!header_at(f, at, &s, &v->refusal) ||
		    !table_section(h, i, &s, v, &v->refusal) ||
		    !fits(f, at, s.section_size, &v->refusal) || !add(v, &s, at))
			return false;
	}
	return table_set(v);
}

struct lanes {
	unsigned pcr[EIF_REGISTERS], crc;
};

static uint32_t lanes_of(const struct lanes *l, unsigned type, unsigned ramdisks)
{
	unsigned mask = eif_register_mask(type, ramdisks);
	uint32_t lanes = 1u << l->crc;

	for (size_t i = 0; i < EIF_REGISTERS; i++)
		if (mask & 1u << i)
			lanes |= 1u << l->pcr[i];
	return lanes;
}

static bool feed(struct pass *p, const struct lanes *l, const struct eif_view *v, struct file *f,
		 struct err *e)
{
	unsigned ramdisks = 0;

	f->pos = 0;
	pass_input(p, f);
	pass_open(p, 1u << l->crc);
	if (!pass_skip(p, EIF_CRC_AT, e))
		return false;
	for (size_t i = 0; i < v->n; i++) {
		unsigned type = v->section[i].type;

		f->pos = v->section[i].offset;
		pass_open(p, 1u << l->crc);
		if (!pass_skip(p, EIF_SECTION_HEADER_SIZE, e))
			return false;
		pass_open(p, lanes_of(l, type, ramdisks));
		if (!pass_skip(p, v->section[i].size, e))
			return false;
		ramdisks += type == EIF_SECTION_RAMDISK;
	}
	return true;
}

static bool view_measure(struct eif_view *v, struct file *f, struct err *e)
{
	owned(pass_free) struct pass *p = pass_new(0, e);
	struct digest content[EIF_REGISTERS];
	struct lanes l;

	if (!p || !pass_lane(p, DIGEST_CRC32, &l.crc, e))
		return false;
	for (size_t i = 0; i < EIF_REGISTERS; i++)
		if (!pass_lane(p, DIGEST_SHA384, &l.pcr[i], e))
			return false;
	if (!feed(p, &l, v, f, e) || !pass_mark(p, l.crc, &v->crc, e))
		return false;
	for (size_t i = 0; i < EIF_REGISTERS; i++)
		if (!pass_mark(p, l.pcr[i], &content[i], e))
			return false;
	if (!pass_end(p, e))
		return false;
	for (size_t i = 0; i < EIF_REGISTERS; i++)
		if (!eif_pcr_extend(&content[i], &v->pcr[i], e))
			return false;
	v->measured = true;
	return true;
}

/* QEMU refuses a wrong checksum; the vendor's reader reports it and goes on. */
static void check_crc(struct eif_view *v)
{
	if (v->measured && !eif_view_crc_agrees(v))
		err_at(&v->refusal, REASON_CRC, EIF_CRC_AT,
		       "the CRC is %08x by the header, %08x by the bytes", v->stored_crc,
		       eif_crc32_of(&v->crc));
}

/* The vendor's reader does not look at the magic, so it may not end the reading here. */
static bool read_header(const struct file *f, struct eif_header *h, struct err *magic,
			struct err *e)
{
	uint8_t raw[EIF_HEADER_SIZE];
	size_t got;

	if (!file_pread(f, 0, (struct span){raw, sizeof(raw)}, &got, e))
		return false;
	if (eif_header_read(h, bytes_of(raw, got), magic))
		return true;
	memcpy(raw, ".eif", 4);
	return eif_header_read(h, bytes_of(raw, got), e);
}

bool eif_view_crc_agrees(const struct eif_view *v)
{
	return eif_crc32_of(&v->crc) == v->stored_crc;
}

bool eif_lenient(struct file *f, struct eif_view views[2], struct err *e)
{
	struct eif_view *w = &views[0], *t = &views[1];
	struct eif_header h;

	*w = (struct eif_view){
		.reader = "walk",
		.way = "every section from byte 548 to the end (nitro-cli describe-eif)"};
	*t = (struct eif_view){.reader = "tables",
			       .way = "the sections that the header's tables name (QEMU)"};
	if (!read_header(f, &h, &t->refusal, e))
		return false;
	w->stored_crc = t->stored_crc = h.eif_crc32;
	if (walk(f, w) && (!view_measure(w, f, e) || !eif_view_signatures(w, f, true, e) ||
			   !eif_view_metadata(w, f, e)))
		return false;
	if (!err_is(&t->refusal) && tables(f, &h, t) &&
	    (!view_measure(t, f, e) || !eif_view_signatures(t, f, false, e)))
		return false;
	check_crc(t);
	return true;
}
