#include "eif/image.h"

#include <stdio.h>

#include "eif/metadata.h"
#include "eif/pcr.h"
#include "eif/rules.h"
#include "measure/core/pass.h"

/* One reading: the pass with its lanes, and marks that turn into registers at the end. */
struct reading {
	struct file *f;
	struct pass *pass;
	struct eif_image *img;
	struct eif_walk walk;
	bool digests;
	unsigned ramdisks;
	unsigned all, app, crc; /* lanes: PCR0's content, PCR2's, the checksum */
	unsigned file256, section256, section384; /* lanes when digests are wanted */
	struct digest content[3]; /* what PCR0 to PCR2 cover */
};

static void reading_free(struct reading *r)
{
	pass_free(&r->pass);
}

static bool start(struct reading *r, struct err *e)
{
	r->pass = pass_new(0, e);
	if (!r->pass || !pass_lane(r->pass, DIGEST_SHA384, &r->all, e) ||
	    !pass_lane(r->pass, DIGEST_SHA384, &r->app, e) ||
	    !pass_lane(r->pass, DIGEST_CRC32, &r->crc, e))
		return false;
	if (r->digests && (!pass_lane(r->pass, DIGEST_SHA384, &r->section384, e) ||
			   !pass_lane(r->pass, DIGEST_SHA256, &r->file256, e) ||
			   !pass_lane(r->pass, DIGEST_SHA256, &r->section256, e)))
		return false;
	pass_input(r->pass, r->f);
	pass_watch(r->pass, r->f->watch);
	return true;
}

static uint32_t lane(unsigned number)
{
	return 1u << number;
}

/* Every byte goes to the checksum and the file's digest. */
static uint32_t common(const struct reading *r)
{
	return lane(r->crc) | (r->digests ? lane(r->file256) : 0);
}

static bool trailing(const struct eif_header *h, uint64_t at, struct err *e)
{
	return err_at(
		e, REASON_TRAILING, at,
		"bytes stand behind the last of %u sections; a reader that walks the file takes "
		"them for one more",
		h->num_sections);
}

/*
 * Ahead of the pass over a seekable file: the same rules on headers read here and there, so that
 * nobody waits for gigabytes to be hashed before a refusal. The pass itself decides.
 */
static bool look_ahead(const struct reading *r, struct err *e)
{
	uint8_t raw[EIF_HEADER_SIZE];
	struct eif_header h;
	struct eif_walk walk = r->walk;
	size_t got;

	if (!file_pread(r->f, 0, (struct span){raw, sizeof(raw)}, &got, e) ||
	    !eif_header_read(&h, bytes_of(raw, got), e) || !eif_rules_header(&h, e))
		return false;
	while (walk.index < h.num_sections) {
		struct eif_section_header s;
		struct span to = {raw, EIF_SECTION_HEADER_SIZE};

		if (!eif_rules_place(&h, &walk, e) || !file_pread(r->f, walk.at, to, &got, e))
			return false;
		if (!eif_section_header_read(&s, bytes_of(raw, got), walk.at, e))
			return err_in(e, "section %zu", walk.index);
		if (!eif_rules_section(&h, &walk, &s, e))
			return false;
	}
	return eif_rules_set(&h, &walk, e) && (walk.at == r->f->size || trailing(&h, walk.at, e));
}

static bool header(struct reading *r, struct err *e)
{
	owned(buf_free) struct buf raw = BUF(EIF_HEADER_SIZE);

	pass_open(r->pass, common(r));
	if (!pass_take(r->pass, EIF_CRC_AT, &raw, e))
		return err_in(e, "the header of %u bytes", EIF_HEADER_SIZE);
	pass_open(r->pass, common(r) & ~lane(r->crc));
	if (!pass_take(r->pass, EIF_HEADER_SIZE - EIF_CRC_AT, &raw, e))
		return err_in(e, "the header of %u bytes", EIF_HEADER_SIZE);
	return eif_header_read(&r->img->header, buf_bytes(&raw), e) &&
	       eif_rules_header(&r->img->header, e);
}

static bool section_header(struct reading *r, struct eif_section *s, struct err *e)
{
	owned(buf_free) struct buf raw = BUF(EIF_SECTION_HEADER_SIZE);
	struct eif_section_header h;

	if (!eif_rules_place(&r->img->header, &r->walk, e))
		return false;
	s->offset = r->walk.at;
	pass_open(r->pass, common(r));
	if (!pass_take(r->pass, EIF_SECTION_HEADER_SIZE, &raw, e))
		return err_in(e, "section %zu", r->walk.index);
	if (!eif_section_header_read(&h, buf_bytes(&raw), s->offset, e) ||
	    !eif_rules_section(&r->img->header, &r->walk, &h, e))
		return false;
	s->type = h.section_type;
	s->size = h.section_size;
	return true;
}

/* Which register lanes a section's data goes to; PCR1 has none, its content begins PCR0's. */
static uint32_t measured_by(const struct reading *r, unsigned type)
{
	unsigned mask = eif_register_mask(type, r->ramdisks);

	return (mask & 1u << 0 ? lane(r->all) : 0) | (mask & 1u << 2 ? lane(r->app) : 0);
}

/*
 * The lane that happens to hold nothing but this section when it ends, so that its SHA-384 is
 * free: PCR0's after the kernel, PCR2's after the second ramdisk. Otherwise the sections' own.
 */
static unsigned lane_of_sha384(const struct reading *r, unsigned type)
{
	if (type == EIF_SECTION_KERNEL)
		return r->all;
	if (type == EIF_SECTION_RAMDISK && r->ramdisks == 1)
		return r->app;
	return r->section384;
}

static bool data(struct reading *r, const struct eif_section *s, struct err *e)
{
	if (s->type == EIF_SECTION_METADATA)
		return pass_take(r->pass, s->size, &r->img->metadata, e);
	if (s->type == EIF_SECTION_SIGNATURE)
		return pass_take(r->pass, s->size, &r->img->signature, e);
	return pass_skip(r->pass, s->size, e);
}

static bool section_digests(struct reading *r, struct eif_section *s, struct err *e)
{
	unsigned sha384 = lane_of_sha384(r, s->type);

	return pass_mark(r->pass, r->section256, &s->sha256, e) &&
	       pass_restart(r->pass, r->section256, e) &&
	       pass_mark(r->pass, sha384, &s->sha384, e) &&
	       (sha384 != r->section384 || pass_restart(r->pass, r->section384, e));
}

static bool section(struct reading *r, struct err *e)
{
	struct eif_section *s = &r->img->section[r->img->n];
	uint32_t lanes;

	if (!section_header(r, s, e))
		return false;
	lanes = common(r) | measured_by(r, s->type);
	if (r->digests)
		lanes |= lane(r->section256) | lane(lane_of_sha384(r, s->type));
	pass_open(r->pass, lanes);
	if (!data(r, s, e))
		return err_in(e, "section %zu (%s)", r->img->n, eif_section_name(s->type));
	if (r->digests && !section_digests(r, s, e))
		return false;
	/* PCR1's content is PCR0's up to here. */
	if (s->type == EIF_SECTION_RAMDISK && r->ramdisks++ == 0 &&
	    !pass_mark(r->pass, r->all, &r->content[1], e))
		return false;
	r->img->n++;
	return true;
}

static bool end(struct reading *r, struct err *e)
{
	bool ended = false;

	if (!eif_rules_set(&r->img->header, &r->walk, e) || !pass_at_end(r->pass, &ended, e))
		return false;
	if (!ended)
		return trailing(&r->img->header, r->walk.at, e);
	if (r->digests && !pass_mark(r->pass, r->file256, &r->img->sha256, e))
		return false;
	r->img->size = pass_position(r->pass);
	return pass_mark(r->pass, r->all, &r->content[0], e) &&
	       pass_mark(r->pass, r->app, &r->content[2], e) &&
	       pass_mark(r->pass, r->crc, &r->img->crc, e) && pass_end(r->pass, e);
}

static bool check_crc(const struct eif_image *img, struct err *e)
{
	uint32_t computed = eif_crc32_of(&img->crc);

	if (computed != img->header.eif_crc32)
		return err_at(e, REASON_CRC, EIF_CRC_AT,
			      "the CRC is %08x by the header, %08x by the bytes",
			      img->header.eif_crc32, computed);
	return true;
}

static bool check_sections(struct eif_image *img, struct err *e)
{
	size_t m = eif_image_find(img, EIF_SECTION_METADATA);
	size_t s = eif_image_find(img, EIF_SECTION_SIGNATURE);

	if (m < img->n && !eif_metadata_read(&img->metadata_json, buf_bytes(&img->metadata),
					     eif_section_data(&img->section[m]), e))
		return err_in(e, "section %zu (metadata)", m);
	img->sound = true;
	if (s == img->n)
		return true;
	if (!eif_signature_read(&img->sign, buf_bytes(&img->signature),
				eif_section_data(&img->section[s]), e))
		return err_in(e, "section %zu (signature)", s);
	img->is_signed = true;
	if (!eif_pcr_of_certificate(img->sign.cert, &img->pcr8, e))
		return false;
	return eif_signature_check(&img->sign, img->pcr[0].v, e) ||
	       err_in(e, "section %zu (signature)", s);
}

bool eif_image_read(struct file *f, bool digests, struct eif_image *img, struct err *e)
{
	owned(reading_free) struct reading r = {.f = f, .img = img, .digests = digests};

	*img = (struct eif_image){.metadata = BUF(EIF_METADATA_MAX),
				  .signature = BUF(EIF_SIGNATURE_MAX)};
	r.walk.at = EIF_HEADER_SIZE;
	r.walk.file_size = f->stream ? UINT64_MAX : f->size;
	if (!f->stream && !look_ahead(&r, e))
		return false;
	if (!start(&r, e) || !header(&r, e))
		return false;
	while (img->n < img->header.num_sections)
		if (!section(&r, e))
			return false;
	if (!end(&r, e) || !check_crc(img, e))
		return false;
	for (size_t i = 0; i < 3; i++)
		if (!eif_pcr_extend(&r.content[i], &img->pcr[i], e))
			return false;
	return check_sections(img, e);
}

void eif_image_free(struct eif_image *img)
{
	buf_free(&img->metadata);
	buf_free(&img->signature);
	json_free(&img->metadata_json);
	eif_signature_free(&img->sign);
}

size_t eif_image_find(const struct eif_image *img, unsigned type)
{
	size_t i = 0;

	while (i < img->n && img->section[i].type != type)
		i++;
	return i;
}

bool eif_image_header(const struct eif_image *img, const uint64_t *size, struct eif_header *h,
		      struct err *e)
{
	*h = (struct eif_header){
		.version = img->header.version,
		.flags = img->header.flags,
		.default_mem = img->header.default_mem,
		.default_cpus = img->header.default_cpus,
	};
	for (size_t i = 0; i < img->n; i++)
		if (img->section[i].type != EIF_SECTION_SIGNATURE &&
		    !eif_header_add(h, size ? size[i] : img->section[i].size, e))
			return false;
	return true;
}

bool eif_image_registers(const struct eif_image *img, struct mset *m, struct err *e)
{
	return eif_registers_put(m, img->pcr, EIF_REGISTERS, e) &&
	       (!img->is_signed || mset_put(m, "PCR8", &img->pcr8, e));
}

uint64_t eif_section_data(const struct eif_section *s)
{
	return s->offset + EIF_SECTION_HEADER_SIZE;
}

void eif_image_role(const struct eif_image *img, size_t i, char role[EIF_ROLE_MAX])
{
	unsigned type = img->section[i].type, ramdisk = 0;

	for (size_t j = 0; j < i; j++)
		ramdisk += img->section[j].type == EIF_SECTION_RAMDISK;
	if (type == EIF_SECTION_RAMDISK)
		snprintf(role, EIF_ROLE_MAX, "ramdisk%u", ramdisk);
	else
		snprintf(role, EIF_ROLE_MAX, "%s", eif_section_name(type));
}
