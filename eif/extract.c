#include "eif/extract.h"

#include "eif/pcr.h"
#include "measure/core/pass.h"

#define PATH_LIMIT 4096

static bool put_digests(struct part *p, const struct digest *sha256, const struct digest *sha384)
{
	p->digest[p->n_digests++] = *sha256;
	if (sha384)
		p->digest[p->n_digests++] = *sha384;
	return true;
}

static bool describe_header(const struct eif_image *img, struct part *root, struct err *e)
{
	owned(buf_free) struct buf raw = BUF(EIF_HEADER_SIZE);
	struct part *p = part_new(root, "header", 0, EIF_HEADER_SIZE, e);
	struct digest sha256, sha384;

	eif_header_write(&raw, &img->header);
	return p && buf_done(&raw, "the header", e) &&
	       hash_of(DIGEST_SHA256, buf_bytes(&raw), &sha256, e) &&
	       hash_of(DIGEST_SHA384, buf_bytes(&raw), &sha384, e) &&
	       put_digests(p, &sha256, &sha384) &&
	       part_detail(p, e, "version %u, %s, %u sections, CRC %08x", img->header.version,
			   img->header.flags & EIF_FLAG_AARCH64 ? "aarch64" : "x86_64",
			   img->header.num_sections, img->header.eif_crc32);
}

static bool describe_section(const struct eif_image *img, size_t i, struct part *root,
			     struct err *e)
{
	const struct eif_section *s = &img->section[i];
	char role[EIF_ROLE_MAX];
	struct part *p;

	eif_image_role(img, i, role);
	p = part_new(root, role, eif_section_data(s), s->size, e);
	if (!p || !put_digests(p, &s->sha256, &s->sha384))
		return false;
	if (s->type == EIF_SECTION_SIGNATURE)
		return part_detail(p, e, "%s, certificate of %zu bytes",
				   cose_alg_name(img->sign.sign1.alg), img->sign.cert_end);
	return true;
}

bool eif_describe(struct file *f, struct part **root, struct err *e)
{
	owned(eif_image_free) struct eif_image img = {0};
	owned(part_free) struct part *top = NULL;

	if (!eif_image_read(f, true, &img, e))
		return false;
	top = part_new(NULL, "eif", 0, img.size, e);
	if (!top || !put_digests(top, &img.sha256, NULL) || !describe_header(&img, top, e))
		return false;
	for (size_t i = 0; i < img.n; i++)
		if (!describe_section(&img, i, top, e))
			return false;
	*root = take(top);
	return true;
}

static bool path_in(struct buf *path, const char *folder, const char *name, const char *suffix,
		    struct err *e)
{
	buf_reset(path);
	buf_fmt(path, "%s/%s%s", folder, name, suffix);
	return buf_done(path, "a path", e);
}

/* A copy of the section's bytes that must still have the digest they had. */
static bool copy_section(struct file *f, const struct eif_section *s, const char *path,
			 struct err *e)
{
	owned(out_free) struct out out = OUT_NONE;
	owned(pass_free) struct pass *p = pass_new(0, e);
	unsigned writer, sha256;
	struct digest d;

	if (!p || !out_open(&out, path, e) || !pass_lane(p, DIGEST_SHA256, &sha256, e) ||
	    !pass_writer(p, &out, &writer, e))
		return false;
	f->pos = eif_section_data(s);
	pass_input(p, f);
	pass_open(p, 1u << writer | 1u << sha256);
	if (!pass_skip(p, s->size, e) || !pass_mark(p, sha256, &d, e) || !pass_end(p, e))
		return false;
	if (!digest_equal(&d, &s->sha256)) {
		err_set(e, REASON_FILE_CHANGED, "the file changed while it was being read");
		return err_subject(e, f->name);
	}
	return out_commit(&out, e);
}

static bool extract_section(struct file *f, const struct eif_image *img, size_t i,
			    const char *folder, struct err *e)
{
	owned(buf_free) struct buf path = BUF(PATH_LIMIT);
	const struct eif_section *s = &img->section[i];
	const char *suffix = "";
	char role[EIF_ROLE_MAX];

	eif_image_role(img, i, role);
	if (s->type == EIF_SECTION_METADATA)
		suffix = ".json";
	if (s->type == EIF_SECTION_SIGNATURE)
		suffix = ".cbor";
	return path_in(&path, folder, role, suffix, e) && copy_section(f, s, buf_cstr(&path), e);
}

static bool extract_signature(const struct eif_image *img, const char *folder, struct err *e)
{
	owned(buf_free) struct buf path = BUF(PATH_LIMIT);

	return path_in(&path, folder, "certificate", ".pem", e) &&
	       file_write(buf_cstr(&path), buf_bytes(&img->sign.pem), e) &&
	       path_in(&path, folder, "signature", ".raw", e) &&
	       file_write(buf_cstr(&path), img->sign.sign1.rs, e);
}

bool eif_extract(struct file *f, const char *folder, struct err *e)
{
	owned(eif_image_free) struct eif_image img = {0};

	if (!eif_image_read(f, true, &img, e))
		return false;
	for (size_t i = 0; i < img.n; i++)
		if (!extract_section(f, &img, i, folder, e))
			return false;
	return !img.is_signed || extract_signature(&img, folder, e);
}
