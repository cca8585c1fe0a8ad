#include "eif/lenient.h"

#include "eif/pcr.h"
#include "measure/base/hex.h"
#include "measure/base/text.h"

static void put_refusal(struct buf *out, const struct err *r)
{
	buf_fmt(out, "%s: ", reason_slug(r->reason));
	text_tame(out, bytes_str(r->text));
	if (r->at)
		buf_fmt(out, ", at offset %llu", (unsigned long long)r->offset);
}

static void text_sections(struct buf *out, const struct eif_view *v)
{
	for (size_t i = 0; i < v->n; i++)
		buf_fmt(out, "  section %-2zu %-9s  at %llu, %llu bytes\n", i,
			eif_section_name(v->section[i].type),
			(unsigned long long)v->section[i].offset,
			(unsigned long long)v->section[i].size);
}

static bool knows_pcr8(const struct eif_view *v)
{
	return v->measured && v->is_signed && !err_is(&v->unread);
}

static void text_register(struct buf *out, const char *name, const struct digest *d)
{
	buf_fmt(out, "  %s  ", name);
	hex_put(out, digest_bytes(d));
	buf_str(out, "\n");
}

static void text_fault(struct buf *out, const char *what, const struct err *fault)
{
	if (!err_is(fault))
		return;
	buf_fmt(out, "  %s", what);
	put_refusal(out, fault);
	buf_str(out, "\n");
}

static void text_registers(struct buf *out, const struct eif_view *v)
{
	if (v->measured)
		buf_fmt(out, "  CRC   %02x%02x%02x%02x, %s\n", v->crc.v[0], v->crc.v[1],
			v->crc.v[2], v->crc.v[3],
			eif_view_crc_agrees(v) ? "as in the header" : "not as in the header");
	for (size_t i = 0; v->measured && i < EIF_REGISTERS; i++)
		text_register(out, eif_register[i], &v->pcr[i]);
	if (knows_pcr8(v))
		text_register(out, "PCR8", &v->pcr8);
	text_fault(out, "PCR8  unknown, ", &v->unread);
	text_fault(out, "fails  ", &v->fails);
}

static void text_view(struct buf *out, const struct eif_view *v)
{
	buf_fmt(out, "%s: %s\n", v->reader, v->way);
	text_sections(out, v);
	text_fault(out, "refused  ", &v->refusal);
	text_registers(out, v);
}

static const char *agreement(const struct eif_view views[2])
{
	if (!views[0].measured || !views[1].measured)
		return "no comparison: not both readings reach the end";
	for (size_t i = 0; i < 3; i++)
		if (!digest_equal(&views[0].pcr[i], &views[1].pcr[i]))
			return "the readings differ: do not run this image";
	if (views[0].is_signed != views[1].is_signed)
		return "the readings differ: do not run this image";
	if (!views[0].is_signed)
		return "the readings agree on PCR0, PCR1 and PCR2";
	if (!knows_pcr8(&views[0]) || !knows_pcr8(&views[1]))
		return "the readings agree on PCR0, PCR1 and PCR2; PCR8 is not known";
	if (!digest_equal(&views[0].pcr8, &views[1].pcr8))
		return "the readings differ: do not run this image";
	return "the readings agree on PCR0, PCR1, PCR2 and PCR8";
}

static void text_report(struct buf *out, const struct eif_view views[2], const struct err *strict)
{
	buf_str(out, "strict: one reading only (measure eif)\n  ");
	if (err_is(strict)) {
		buf_str(out, "refused  ");
		put_refusal(out, strict);
	} else {
		buf_str(out, "accepted");
	}
	buf_str(out, "\n");
	text_view(out, &views[0]);
	text_view(out, &views[1]);
	buf_fmt(out, "%s\n", agreement(views));
}

/* The strict reader's words may quote the file. */
static void json_refusal(struct json_out *w, const char *key, const struct err *r)
{
	owned(buf_free) struct buf text = BUF(8 * sizeof(r->text));

	json_key(w, key);
	if (!err_is(r)) {
		json_null(w);
		return;
	}
	json_open(w, '{');
	json_key(w, "reason");
	json_str(w, reason_slug(r->reason));
	json_key(w, "message");
	text_tame(&text, bytes_str(r->text));
	json_string(w, buf_bytes(&text));
	json_close(w, '}');
}

static void json_sections(struct json_out *w, const struct eif_view *v)
{
	json_key(w, "sections");
	json_open(w, '[');
	for (size_t i = 0; i < v->n; i++) {
		json_open(w, '{');
		json_key(w, "type");
		json_str(w, eif_section_name(v->section[i].type));
		json_key(w, "offset");
		json_u64(w, v->section[i].offset);
		json_key(w, "size");
		json_u64(w, v->section[i].size);
		json_close(w, '}');
	}
	json_close(w, ']');
}

static void json_view(struct json_out *w, const struct eif_view *v)
{
	json_open(w, '{');
	json_key(w, "reader");
	json_str(w, v->reader);
	json_refusal(w, "refused", &v->refusal);
	json_refusal(w, "fails", &v->fails);
	json_sections(w, v);
	if (v->measured) {
		json_key(w, "crc32");
		json_hex(w, digest_bytes(&v->crc));
		json_key(w, "crc32_agrees");
		json_bool(w, eif_view_crc_agrees(v));
		json_key(w, "measurements");
		json_open(w, '{');
		for (size_t i = 0; i < EIF_REGISTERS; i++) {
			json_key(w, eif_register[i]);
			json_hex(w, digest_bytes(&v->pcr[i]));
		}
		if (knows_pcr8(v)) {
			json_key(w, "PCR8");
			json_hex(w, digest_bytes(&v->pcr8));
		}
		json_close(w, '}');
	}
	json_close(w, '}');
}

void eif_lenient_report(const struct eif_view views[2], const struct err *strict, bool json,
			struct answer *a)
{
	struct json_out *w = &a->json;

	if (!json) {
		text_report(&a->verbatim, views, strict);
		return;
	}
	json_key(w, "readings");
	json_open(w, '[');
	json_open(w, '{');
	json_key(w, "reader");
	json_str(w, "strict");
	json_refusal(w, "refused", strict);
	json_close(w, '}');
	json_view(w, &views[0]);
	json_view(w, &views[1]);
	json_close(w, ']');
}
