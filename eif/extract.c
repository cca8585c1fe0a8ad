#include "eif/extract.h"

#include <sys/stat.h>
#include <unistd.h>

#include "eif/pcr.h"
#include "measure/core/pass.h"
#include "measure/core/ramdisk_parts.h"

#define PATH_LIMIT 4096
#define HEAD (256u * 1024)
#define FILES_MAX (EIF_MAX_SECTIONS + 2u) /* certificate and signature beside the sections */

/* All that is to be written, finished before the first becomes visible. */
struct files {
	struct file *image;
	const char *folder;
	struct out out[FILES_MAX];
	size_t n;
};

static void files_free(struct files *x)
{
	for (size_t i = 0; i < x->n; i++)
		out_free(&x->out[i]);
}

static void put_digests(struct part *p, const struct digest *sha256, const struct digest *sha384)
{
	p->digest[p->n_digests++] = *sha256;
	if (sha384)
		p->digest[p->n_digests++] = *sha384;
}

static bool describe_header(const struct eif_image *img, struct part *root, struct err *e)
{
	owned(buf_free) struct buf raw = BUF(EIF_HEADER_SIZE);
	struct part *p = part_new(root, "header", 0, EIF_HEADER_SIZE, e);
	struct digest sha256, sha384;

	eif_header_write(&raw, &img->header);
	if (!p || !buf_done(&raw, "the header", e) ||
	    !hash_of(DIGEST_SHA256, buf_bytes(&raw), &sha256, e) ||
	    !hash_of(DIGEST_SHA384, buf_bytes(&raw), &sha384, e))
		return false;
	put_digests(p, &sha256, &sha384);
	return part_detail(p, e, "version %u, %s, %u sections, CRC %08x", img->header.version,
			   img->header.flags & EIF_FLAG_AARCH64 ? "aarch64" : "x86_64",
			   img->header.num_sections, img->header.eif_crc32);
}

/* Its files, where it is a ramdisk that can be listed: what it measures does not hang on that. */
static bool describe_ramdisk(const struct file *f, struct part *p, struct err *e)
{
	const struct stream_range where = stream_range(f, p->offset, p->size);
	owned(buf_free) struct buf head = BUF(HEAD);
	size_t n = p->size < HEAD ? (size_t)p->size : HEAD, got;
	uint8_t *room = buf_room(&head, n);
	struct err why = {0};

	if (!buf_done(&head, "the first bytes of a ramdisk", e) ||
	    !file_pread(f, p->offset, (struct span){room, n}, &got, e))
		return false;
	if (!ramdisk_begins(bytes_of(room, got)) || ramdisk_describe(&where, p, &why))
		return true;
	if (reason_class(why.reason) != EXIT_CLASS_MALFORMED) {
		*e = why;
		return false;
	}
	return part_detail(p, e, "its files are listed up to a fault, %s: %s",
			   reason_slug(why.reason), why.text);
}

static bool describe_section(const struct eif_image *img, size_t i, struct part *root,
			     struct err *e)
{
	const struct eif_section *s = &img->section[i];
	char role[EIF_ROLE_MAX];
	struct part *p;

	eif_image_role(img, i, role);
	p = part_new(root, role, eif_section_data(s), s->size, e);
	if (!p)
		return false;
	put_digests(p, &s->sha256, &s->sha384);
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
	if (!top)
		return false;
	put_digests(top, &img.sha256, NULL);
	if (!describe_header(&img, top, e))
		return false;
	for (size_t i = 0; i < img.n; i++)
		if (!describe_section(&img, i, top, e) ||
		    (img.section[i].type == EIF_SECTION_RAMDISK &&
		     !describe_ramdisk(f, top->last, e)))
			return false;
	*root = take(top);
	return true;
}

/* The image may have the name of one of its parts. */
static bool is_image(const struct files *x, const char *path)
{
	struct stat image, there;

	return fstat(x->image->fd, &image) == 0 && stat(path, &there) == 0 &&
	       image.st_dev == there.st_dev && image.st_ino == there.st_ino;
}

static bool open_out(struct files *x, const char *name, const char *suffix, struct out **out,
		     struct err *e)
{
	owned(buf_free) struct buf path = BUF(PATH_LIMIT);

	buf_fmt(&path, "%s/%s%s", x->folder, name, suffix);
	if (!buf_done(&path, "a path", e))
		return false;
	if (is_image(x, buf_cstr(&path))) {
		err_set(e, REASON_USAGE, "is the image itself, which its own part would replace");
		return err_subject(e, buf_cstr(&path));
	}
	*out = &x->out[x->n];
	**out = OUT_NONE;
	if (!out_open_ours(*out, buf_cstr(&path), e))
		return false;
	x->n++;
	return true;
}

/* A copy of the section's bytes that must still have the digest they had. */
static bool copy_section(struct file *f, const struct eif_section *s, struct out *out,
			 struct err *e)
{
	owned(pass_free) struct pass *p = pass_new(0, e);
	unsigned writer, sha256;
	struct digest d;

	if (!p || !pass_lane(p, DIGEST_SHA256, &sha256, e) || !pass_writer(p, out, &writer, e))
		return false;
	f->pos = eif_section_data(s);
	pass_input(p, f);
	pass_open(p, 1u << writer | 1u << sha256);
	if (!pass_skip(p, s->size, e) || !pass_mark(p, sha256, &d, e) || !pass_end(p, e))
		return false;
	if (digest_equal(&d, &s->sha256))
		return true;
	err_set(e, REASON_FILE_CHANGED, "the file changed while it was being read");
	return err_subject(e, f->name);
}

static bool extract_section(struct files *x, const struct eif_image *img, size_t i, struct err *e)
{
	const struct eif_section *s = &img->section[i];
	const char *suffix = "";
	char role[EIF_ROLE_MAX];
	struct out *out;

	eif_image_role(img, i, role);
	if (s->type == EIF_SECTION_METADATA)
		suffix = ".json";
	if (s->type == EIF_SECTION_SIGNATURE)
		suffix = ".cbor";
	return open_out(x, role, suffix, &out, e) && copy_section(x->image, s, out, e);
}

static bool extract_signature(struct files *x, const struct eif_image *img, struct err *e)
{
	struct out *out;

	return open_out(x, "certificate", ".pem", &out, e) &&
	       out_write(out, buf_bytes(&img->sign.pem), e) &&
	       open_out(x, "signature", ".raw", &out, e) && out_write(out, img->sign.sign1.rs, e);
}

/* Names are given last; when one cannot be, those that were are taken away again. */
static bool commit(struct files *x, struct err *e)
{
	for (size_t i = 0; i < x->n; i++) {
		if (out_commit(&x->out[i], e))
			continue;
		while (i > 0)
			unlink(x->out[--i].path);
		return false;
	}
	return true;
}

bool eif_extract(struct file *f, const char *folder, struct err *e)
{
	owned(eif_image_free) struct eif_image img = {0};
	owned(files_free) struct files x = {.image = f, .folder = folder};

	if (!eif_image_read(f, true, &img, e))
		return false;
	for (size_t i = 0; i < img.n; i++)
		if (!extract_section(&x, &img, i, e))
			return false;
	if (img.is_signed && !extract_signature(&x, &img, e))
		return false;
	return commit(&x, e);
}
