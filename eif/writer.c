#include "eif/writer.h"

#include "eif/image.h"

bool eif_writer_open(struct eif_writer *w, const char *path, struct watch watch, struct err *e)
{
	*w = (struct eif_writer){.out = OUT_NONE};
	w->pass = pass_new(0, e);
	if (!w->pass)
		return false;
	pass_watch(w->pass, watch);
	return (!path || out_open(&w->out, path, e)) &&
	       pass_lane(w->pass, DIGEST_SHA384, &w->all, e) &&
	       pass_lane(w->pass, DIGEST_SHA384, &w->app, e) &&
	       pass_lane(w->pass, DIGEST_CRC32, &w->crc, e) &&
	       (!path || pass_writer(w->pass, &w->out, &w->copy, e));
}

void eif_writer_free(struct eif_writer *w)
{
	pass_free(&w->pass);
	out_free(&w->out);
}

static bool writing(const struct eif_writer *w)
{
	return w->out.fd >= 0;
}

/* The bytes that follow go to the output, to the checksum unless told otherwise, and to `lanes`. */
static void open_for(struct eif_writer *w, uint32_t lanes)
{
	pass_open(w->pass, lanes | (writing(w) ? 1u << w->copy : 0));
}

bool eif_writer_header(struct eif_writer *w, const struct eif_header *h, struct err *e)
{
	owned(buf_free) struct buf raw = BUF(EIF_HEADER_SIZE);

	eif_header_write(&raw, h);
	if (!buf_done(&raw, "the header", e))
		return false;
	open_for(w, 1u << w->crc);
	if (!pass_feed(w->pass, bytes_of(raw.p, EIF_CRC_AT), e))
		return false;
	open_for(w, 0);
	return pass_feed(w->pass, bytes_of(raw.p + EIF_CRC_AT, raw.n - EIF_CRC_AT), e);
}

/* The section header, and the lanes for what follows it. */
static bool begin(struct eif_writer *w, enum eif_section_type type, uint64_t size, struct err *e)
{
	owned(buf_free) struct buf raw = BUF(EIF_SECTION_HEADER_SIZE);
	struct eif_section_header h = {.section_type = (uint16_t)type, .section_size = size};
	unsigned mask = eif_register_mask(type, w->ramdisks);
	uint32_t lanes = 1u << w->crc;

	eif_section_header_write(&raw, &h);
	open_for(w, lanes);
	if (!buf_done(&raw, "a section header", e) || !pass_feed(w->pass, buf_bytes(&raw), e))
		return false;
	if (mask & 1u << 0)
		lanes |= 1u << w->all;
	if (mask & 1u << 2)
		lanes |= 1u << w->app;
	open_for(w, lanes);
	return true;
}

/* PCR1's content is PCR0's up to the end of the first ramdisk. */
static bool finish(struct eif_writer *w, enum eif_section_type type, struct err *e)
{
	return type != EIF_SECTION_RAMDISK || w->ramdisks++ > 0 ||
	       pass_mark(w->pass, w->all, &w->content[1], e);
}

bool eif_writer_bytes(struct eif_writer *w, enum eif_section_type type, struct bytes data,
		      struct err *e)
{
	return begin(w, type, data.n, e) && pass_feed(w->pass, data, e) && finish(w, type, e);
}

bool eif_writer_file(struct eif_writer *w, enum eif_section_type type, struct file *f,
		     uint64_t size, struct err *e)
{
	pass_input(w->pass, f);
	if (!begin(w, type, size, e) || !pass_skip(w->pass, size, e)) {
		err_in(e, "%s", eif_section_name(type));
		return err_subject(e, f->name);
	}
	return finish(w, type, e);
}

bool eif_writer_section(struct eif_writer *w, const struct eif_image *img, size_t i, struct file *f,
			struct err *e)
{
	const struct eif_section *s = &img->section[i];

	if (s->type == EIF_SECTION_METADATA)
		return eif_writer_bytes(w, EIF_SECTION_METADATA, buf_bytes(&img->metadata), e);
	f->pos = eif_section_data(s);
	return eif_writer_file(w, (enum eif_section_type)s->type, f, s->size, e);
}

bool eif_writer_registers(struct eif_writer *w, struct mset *m, struct err *e)
{
	struct digest crc, pcr[EIF_REGISTERS];

	if (!pass_mark(w->pass, w->all, &w->content[0], e) ||
	    !pass_mark(w->pass, w->app, &w->content[2], e) ||
	    !pass_mark(w->pass, w->crc, &crc, e) || !pass_end(w->pass, e))
		return false;
	w->size = pass_position(w->pass);
	pass_free(&w->pass); /* its windows are not needed while the file is read back */
	for (size_t i = 0; i < EIF_REGISTERS; i++)
		if (!eif_pcr_extend(&w->content[i], &pcr[i], e))
			return false;
	return eif_registers_put(m, pcr, EIF_REGISTERS, e) &&
	       (!writing(w) || out_pwrite(&w->out, EIF_CRC_AT, digest_bytes(&crc), e));
}

static bool not_as_written(const struct err *why, struct err *e)
{
	if (reason_class(why->reason) == EXIT_CLASS_ENVIRONMENT)
		return err_set(e, why->reason, "read back: %s", why->text);
	return err_set(e, REASON_IO, "read back, the image that was written is refused: %s: %s",
		       reason_slug(why->reason), why->text);
}

bool eif_writer_check(const struct eif_writer *w, const struct digest pcr[EIF_REGISTERS],
		      struct err *e)
{
	owned(eif_image_free) struct eif_image img = {0};
	struct file f = {.fd = w->out.fd, .size = w->size, .name = w->out.path};
	struct err why = {0};

	if (!eif_image_read(&f, false, &img, &why))
		return not_as_written(&why, e) || err_subject(e, f.name);
	for (size_t i = 0; i < EIF_REGISTERS; i++)
		if (!digest_equal(&img.pcr[i], &pcr[i])) {
			err_set(e, REASON_IO, "read back, %s is another one than was written",
				eif_register[i]);
			return err_subject(e, f.name);
		}
	return true;
}

bool eif_writer_close(struct eif_writer *w, struct err *e)
{
	return !writing(w) || out_commit(&w->out, e);
}
