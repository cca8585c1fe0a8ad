#include "eif/lenient_sign.h"

#include "eif/metadata.h"
#include "eif/pcr.h"
#include "eif/signature.h"
#include "measure/core/hash.h"

/* The data of section i, whose size is within the limit of out. */
static bool load(const struct eif_view *v, size_t i, struct file *f, struct buf *out, struct err *e)
{
	size_t n = (size_t)v->section[i].size, got;
	uint8_t piece[4096];

	for (uint64_t at = v->section[i].offset + EIF_SECTION_HEADER_SIZE; n > 0; at += got) {
		struct span to = {piece, n < sizeof(piece) ? n : sizeof(piece)};

		if (!file_pread(f, at, to, &got, e))
			return false;
		if (got == 0)
			return err_set(e, REASON_FILE_CHANGED,
				       "the file changed while it was being read");
		buf_put(out, bytes_of(piece, got));
		n -= got;
	}
	return buf_done(out, "a section", e);
}

static bool environment(const struct err *inner, struct err *e)
{
	if (reason_class(inner->reason) != EXIT_CLASS_ENVIRONMENT)
		return false;
	*e = *inner;
	return true;
}

/* False with the fault in *inner. */
static bool read_one(const struct eif_view *v, size_t i, struct file *f, struct eif_signature *s,
		     struct err *inner)
{
	owned(buf_free) struct buf section = BUF(EIF_SIGNATURE_MAX);

	if (v->section[i].size > EIF_SIGNATURE_MAX)
		return err_at(inner, REASON_LIMIT, v->section[i].offset,
			      "%llu bytes are over the limit of %u",
			      (unsigned long long)v->section[i].size, EIF_SIGNATURE_MAX);
	return load(v, i, f, &section, inner) &&
	       eif_signature_read(s, buf_bytes(&section),
				  v->section[i].offset + EIF_SECTION_HEADER_SIZE, inner);
}

/* Under its own PCR0: over another one describe-eif says false and goes on. */
static bool verify(struct eif_view *v, const struct eif_signature *s, struct err *e)
{
	struct err inner = {0};

	if (!eif_signature_check(s, s->pcr0, &inner) && environment(&inner, e))
		return false;
	v->fails = inner;
	return true;
}

static bool add(struct eif_view *v, const struct eif_signature *s, struct hash *h, bool vendors,
		struct err *e)
{
	if (!vendors)
		return eif_pcr_of_certificate(s->cert, &v->pcr8, e);
	return verify(v, s, e) && hash_add(h, x509_der(s->cert), e);
}

/* One byte is no list of entries with a first one; what else the vendor's reader takes is open. */
static void unreadable(struct eif_view *v, size_t i, bool vendors, const struct err *inner)
{
	if (!err_is(&v->unread) || !vendors)
		v->unread = *inner;
	if (vendors && v->section[i].size <= 1)
		v->fails = *inner;
}

bool eif_view_signatures(struct eif_view *v, struct file *f, bool vendors, struct err *e)
{
	owned(hash_free) struct hash *h = hash_new(DIGEST_SHA384, e);
	struct digest content;

	if (!h)
		return false;
	for (size_t i = 0; i < v->n; i++) {
		owned(eif_signature_free) struct eif_signature s = {0};
		struct err inner = {0};

		if (v->section[i].type != EIF_SECTION_SIGNATURE)
			continue;
		v->is_signed = true;
		if (read_one(v, i, f, &s, &inner)) {
			v->unread = vendors ? v->unread : (struct err){0};
			if (!add(v, &s, h, vendors, e))
				return false;
		} else if (environment(&inner, e)) {
			return false;
		} else {
			unreadable(v, i, vendors, &inner);
		}
	}
	return !vendors || (hash_peek(h, &content, e) && eif_pcr_extend(&content, &v->pcr8, e));
}

/* No metadata at all, or a structure without its names: serde reads both. */
static bool taken_otherwise(struct bytes text, struct err *inner)
{
	owned(json_free) struct json j = {0};

	return json_read(&j, text, 0, inner) &&
	       (j.nodes[0].type == JSON_NULL ||
		(j.nodes[0].type == JSON_ARRAY && j.nodes[0].count == 5));
}

static bool metadata(struct eif_view *v, size_t i, struct file *f, struct err *e)
{
	owned(buf_free) struct buf text = BUF(EIF_METADATA_MAX);
	owned(json_free) struct json j = {0};
	struct err fault = {0}, inner = {0};

	if (!load(v, i, f, &text, e))
		return false;
	if (eif_metadata_read(&j, buf_bytes(&text), v->section[i].offset + EIF_SECTION_HEADER_SIZE,
			      &fault))
		return true;
	json_free(&j);
	if (environment(&fault, e))
		return false;
	if (taken_otherwise(buf_bytes(&text), &inner))
		return true;
	if (err_is(&inner) && environment(&inner, e))
		return false;
	if (!err_is(&v->fails) && fault.reason != REASON_LIMIT)
		v->fails = fault;
	return true;
}

bool eif_view_metadata(struct eif_view *v, struct file *f, struct err *e)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->section[i].type == EIF_SECTION_METADATA &&
		    v->section[i].size <= EIF_METADATA_MAX && !metadata(v, i, f, e))
			return false;
	return true;
}
