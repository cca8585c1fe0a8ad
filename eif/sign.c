#include "eif/sign.h"

#include <stdlib.h>

#include "eif/chain.h"
#include "eif/notes.h"
#include "eif/pcr.h"
#include "eif/writer.h"

#define CERTIFICATES_MAX (96u * 1024) /* as integers they fit into a section */

void eif_sign_free(struct eif_to_sign *s)
{
	free(s->path);
	eif_image_free(&s->image);
	x509_free(&s->cert);
	buf_free(&s->pem);
	buf_free(&s->tbs);
}

static bool read_certificate(struct eif_to_sign *s, const char *path, struct err *e)
{
	size_t used;

	if (!file_slurp(path, CERTIFICATES_MAX, &s->pem, e))
		return false;
	if (x509_read_pem(&s->cert, buf_bytes(&s->pem), &used, e) &&
	    eif_chain_read(buf_bytes(&s->pem), used, &s->chain, e))
		return true;
	return err_subject(e, path);
}

static bool fit_to_sign(const struct eif_image *img, const struct err *e)
{
	return img->sound && reason_class(e->reason) != EXIT_CLASS_ENVIRONMENT;
}

static bool read_image(struct eif_to_sign *s, const char *path, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;

	if (!file_open(&f, path, e))
		return false;
	f.watch = s->watch;
	if (f.stream) {
		err_set(e, REASON_NOT_A_FILE, "is a stream; an image to be signed is read twice");
		return err_subject(e, path);
	}
	if (!eif_image_read(&f, false, &s->image, e) && !fit_to_sign(&s->image, e))
		return err_subject(e, path);
	/* large, and not needed: the bytes are copied */
	json_free(&s->image.metadata_json);
	*e = (struct err){0};
	return true;
}

/* A version 2 reader knows no signatures; without room in the tables there is none either. */
static bool can_be_signed(const struct eif_image *img, struct err *e)
{
	bool replaces = eif_image_find(img, EIF_SECTION_SIGNATURE) < img->n;

	if (img->header.version < 3)
		return err_at(e, REASON_VERSION, 4, "the version is %u, which has no signatures",
			      img->header.version);
	if (!replaces && img->n == EIF_MAX_SECTIONS)
		return err_set(e, REASON_LIMIT,
			       "the image has %u sections and no room for a signature",
			       EIF_MAX_SECTIONS);
	return true;
}

bool eif_sign_prepare(struct eif_to_sign *s, const char *image, const char *cert_path,
		      struct err *e)
{
	*s = (struct eif_to_sign){
		.path = own_string(image, e), .pem = BUF(CERTIFICATES_MAX + 1), .tbs = BUF(4096)};
	if (!s->path || !read_certificate(s, cert_path, e) || !read_image(s, image, e))
		return false;
	if (!can_be_signed(&s->image, e))
		return err_subject(e, image);
	return eif_signature_tbs(&s->tbs, x509_alg(s->cert), s->image.pcr[0].v, e);
}

static bool copy_sections(struct eif_writer *w, const struct eif_image *img, struct file *f,
			  struct err *e)
{
	for (size_t i = 0; i < img->n; i++)
		if (img->section[i].type != EIF_SECTION_SIGNATURE &&
		    !eif_writer_section(w, img, i, f, e))
			return false;
	return true;
}

/* What was copied must be what was read when the bytes to sign were made. */
static bool same_registers(const struct eif_image *img, const struct mset *m, struct err *e)
{
	for (size_t i = 0; i < EIF_REGISTERS; i++) {
		const struct digest *d = mset_get(m, eif_register[i]);

		if (!d || !digest_equal(d, &img->pcr[i]))
			return err_set(e, REASON_FILE_CHANGED,
				       "%s is another one than when the image was first read",
				       eif_register[i]);
	}
	return true;
}

static bool write_signed(const struct eif_to_sign *s, struct bytes section, struct file *f,
			 struct eif_writer *w, struct err *e)
{
	struct eif_header h;

	return eif_image_header(&s->image, NULL, &h, e) && eif_header_add(&h, section.n, e) &&
	       eif_writer_header(w, &h, e) && copy_sections(w, &s->image, f, e) &&
	       eif_writer_bytes(w, EIF_SECTION_SIGNATURE, section, e);
}

static bool open_again(const struct eif_to_sign *s, struct file *f, struct err *e)
{
	if (!file_open(f, s->path, e))
		return false;
	if (f->size == s->image.size)
		return true;
	err_set(e, REASON_FILE_CHANGED, "has %llu bytes, and had %llu when it was first read",
		(unsigned long long)f->size, (unsigned long long)s->image.size);
	return err_subject(e, s->path);
}

/* Of the image that was written, before it becomes visible. */
static bool check(const struct eif_to_sign *s, const struct eif_writer *w, struct answer *a,
		  struct err *e)
{
	struct digest pcr8;
	struct when now;

	if (!same_registers(&s->image, &a->registers, e))
		return err_subject(e, s->path);
	return eif_writer_check(w, s->image.pcr, e) && eif_pcr_of_certificate(s->cert, &pcr8, e) &&
	       mset_put(&a->registers, "PCR8", &pcr8, e) && when_choose(NULL, false, &now, e) &&
	       eif_notes_certificate(s->cert, s->chain, &now, a, e);
}

bool eif_sign_attach(const struct eif_to_sign *s, struct bytes rs, const char *out,
		     struct answer *a, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;
	owned(buf_free) struct buf section = BUF(EIF_SIGNATURE_MAX);
	owned(eif_writer_free) struct eif_writer w = {.out = OUT_NONE};

	if (!x509_verify(s->cert, buf_bytes(&s->tbs), rs, e))
		return err_in(e, "nothing is written");
	eif_signature_write(&section, buf_bytes(&s->pem), x509_alg(s->cert), s->image.pcr[0].v, rs);
	if (!buf_done(&section, "the signature section", e) || !open_again(s, &f, e) ||
	    !eif_writer_open(&w, out, s->watch, e) ||
	    !write_signed(s, buf_bytes(&section), &f, &w, e) ||
	    !eif_writer_registers(&w, &a->registers, e))
		return false;
	return check(s, &w, a, e) && eif_writer_close(&w, e);
}
