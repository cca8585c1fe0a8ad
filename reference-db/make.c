#include "reference-db/make.h"

#include <stdio.h>

#include "eif/pcr.h"
#include "eif/unsigned.h"
#include "measure/base/hex.h"
#include "measure/core/hash.h"
#include "ovmf-snp/bundle.h"
#include "ovmf-snp/igvm_file.h"
#include "reference-db/make_parts.h"
#include "reference-db/names.h"

#define TEXT_ROOM (64u * 1024)
#define PEM_MAX (128u * 1024)

const char *make_keep(struct manifest *m, const char *text)
{
	return text ? manifest_text(m, bytes_str(text)) : NULL;
}

bool make_choose(const char *option, const char *given, const char *recorded, const char **out,
		 struct err *e)
{
	if (given && recorded && strcmp(given, recorded) != 0)
		return err_set(e, REASON_USAGE,
			       "--%s is \"%.80s\" and the build record has \"%.80s\"", option,
			       given, recorded);
	*out = given ? given : recorded;
	return true;
}

bool make_read_record(struct record *r, const char *path, struct err *e)
{
	owned(buf_free) struct buf text = BUF(RECORD_MAX);

	if (!path)
		return true;
	return file_slurp(path, RECORD_MAX, &text, e) &&
	       (record_read(r, buf_bytes(&text), e) || err_subject(e, path));
}

/* Of "example.org/blindbox" it is "blindbox.eif". */
static bool put_name(struct manifest *m, const struct make_request *q, const struct record *r,
		     struct err *e)
{
	const char *slash = strrchr(m->product, '/');
	char name[MANIFEST_NAME + 8];

	if (!make_choose("artefact", q->artefact, r->artefact, &m->artefact.name, e))
		return false;
	m->artefact.name = make_keep(m, m->artefact.name);
	if (m->artefact.name)
		return true;
	snprintf(name, sizeof(name), "%.*s.eif", (int)MANIFEST_NAME,
		 slash ? slash + 1 : m->product);
	m->artefact.name = manifest_text(m, bytes_str(name));
	return true;
}

bool make_words(struct manifest *m, const struct make_request *q, const struct record *r,
		struct err *e)
{
	const char *product = NULL, *version = NULL, *vendor = NULL;
	char id[2 * MANIFEST_NAME + 8];

	if (!make_choose("product", q->product, r->product, &product, e) ||
	    !make_choose("version", q->version, r->version, &version, e) ||
	    !make_choose("vendor", q->vendor, r->vendor, &vendor, e))
		return false;
	if (!product || !version)
		return err_set(e, REASON_USAGE, "--%s or --record is needed",
			       product ? "version" : "product");
	if (!name_check_product(product, e) || !name_check(version, "the version", e))
		return false;
	snprintf(id, sizeof(id), "%s/%s", product, version);
	m->id = make_keep(m, id);
	m->product = make_keep(m, product);
	m->version = make_keep(m, version);
	m->vendor = make_keep(m, vendor);
	m->source_commit = make_keep(m, r->source_commit);
	m->source_digest = make_keep(m, r->source_digest);
	m->recipe_digest = make_keep(m, r->recipe);
	m->inputs_digest = make_keep(m, r->inputs);
	if (!m->vendor) /* "example.org/blindbox": "example.org" */
		m->vendor = manifest_text(m, bytes_of(product, strcspn(product, "/")));
	return true;
}

bool make_origin(const struct record *r, const char *component, enum origin *out, struct err *e)
{
	*out = r->product ? record_origin(r, component) : ORIGIN_ASSERTED;
	return *out != ORIGIN_NONE ||
	       err_set(e, REASON_BUILD_RECORD, "the build record names no origin of %s", component);
}

static bool put_component(struct manifest *m, const struct eif_image *img, size_t i,
			  const struct record *r, struct err *e)
{
	struct component *c = &m->component[m->n_components];
	char role[EIF_ROLE_MAX];

	eif_image_role(img, i, role);
	*c = (struct component){
		.name = make_keep(m, role),
		.sized = true,
		.size = img->section[i].size,
		.digest = img->section[i].sha256,
	};
	m->n_components++;
	return make_origin(r, role, &c->origin, e);
}

bool make_all_named(const struct manifest *m, const struct record *r, struct err *e)
{
	for (size_t i = 0; i < r->n_components; i++) {
		const char *name = r->component[i].name;
		bool found = false;

		for (size_t j = 0; j < m->n_components; j++)
			found = found || strcmp(m->component[j].name, name) == 0;
		if (!found)
			return err_set(
				e, REASON_BUILD_RECORD, "the build record names %s, which %s", name,
				record_is_of_files(r) ? "was not given" : "the image has not");
	}
	return true;
}

static bool put_components(struct manifest *m, const struct eif_image *img, const struct record *r,
			   struct err *e)
{
	for (size_t i = 0; i < img->n; i++)
		if (eif_register_mask(img->section[i].type, 0) && !put_component(m, img, i, r, e))
			return false;
	return make_all_named(m, r, e);
}

/* The values borrow their bytes, so the digests are kept among the strings. */
bool make_digest(struct manifest *m, const char *name, const struct digest *d, struct err *e)
{
	struct value *v = manifest_value(m, name, VALUE_DIGEST, e);

	if (!v)
		return false;
	v->alg = manifest_alg(d->alg);
	v->bytes = bytes_of(manifest_text(m, digest_bytes(d)), d->len);
	return true;
}

/* ---- PCR8 */

static bool read_certificate(const char *path, struct x509 **cert, struct err *e)
{
	owned(buf_free) struct buf pem = BUF(PEM_MAX);
	size_t used;

	return file_slurp(path, PEM_MAX, &pem, e) &&
	       (x509_read_pem(cert, buf_bytes(&pem), &used, e) || err_subject(e, path));
}

static bool is_recorded(const struct x509 *cert, const char *recorded, struct err *e)
{
	owned(buf_free) struct buf text = BUF(128);
	struct digest d;

	if (!hash_of(DIGEST_SHA256, x509_der(cert), &d, e))
		return false;
	buf_str(&text, "sha256:");
	hex_put(&text, digest_bytes(&d));
	if (!buf_done(&text, "a digest", e))
		return false;
	if (strcmp(buf_cstr(&text), recorded) == 0)
		return true;
	return err_set(e, REASON_KEY_MISMATCH, "the certificate is %s, the build record has %s",
		       buf_cstr(&text), recorded);
}

/* The one given, else of a record that wants one the image's own. NULL: PCR8 is no part. */
static bool choose_certificate(const struct x509 *given, const struct eif_image *img,
			       const struct record *r, const struct x509 **out, struct err *e)
{
	const struct x509 *own = img->is_signed ? img->sign.cert : NULL;

	if (given && own && !bytes_equal(x509_der(given), x509_der(own)))
		return err_set(e, REASON_KEY_MISMATCH,
			       "the image is signed with another certificate than --certificate");
	if (given && r->product && !r->certificate)
		return err_set(e, REASON_USAGE,
			       "--certificate is given, and the build record has none");
	*out = given ? given : r->certificate ? own : NULL;
	if (!r->certificate)
		return true;
	if (!*out)
		return err_set(e, REASON_USAGE,
			       "the build record has a certificate: --certificate "
			       "must give it, since the image is not signed");
	return is_recorded(*out, r->certificate, e);
}

static bool put_pcr8(struct manifest *m, const char *path, const struct eif_image *img,
		     const struct record *r, struct err *e)
{
	owned(x509_free) struct x509 *given = NULL;
	const struct x509 *cert = NULL;
	struct digest pcr8;

	if (path && !read_certificate(path, &given, e))
		return false;
	if (!choose_certificate(given, img, r, &cert, e))
		return false;
	return !cert ||
	       (eif_pcr_of_certificate(cert, &pcr8, e) && make_digest(m, "PCR8", &pcr8, e));
}

static bool put_registers(struct manifest *m, const char *path, const struct eif_image *img,
			  const struct record *r, struct err *e)
{
	struct manifest_row *row = manifest_row(m, ROW_REFERENCE, e);

	if (!row)
		return false;
	row->vendor = MANIFEST_NITRO;
	row->model = m->product;
	for (size_t i = 0; i < EIF_REGISTERS; i++)
		if (!make_digest(m, eif_register[i], &img->pcr[i], e))
			return false;
	return put_pcr8(m, path, img, r, e);
}

static bool put_image(struct manifest *m, const struct eif_image *img, struct file *f,
		      const struct record *r, struct err *e)
{
	struct eif_unsigned plain;

	if (!eif_unsigned_digest(img, f, &plain, e))
		return err_subject(e, f->name);
	m->arch = img->header.flags & EIF_FLAG_AARCH64 ? "aarch64" : "x86_64";
	m->artefact.sized = true;
	m->artefact.size = plain.size;
	m->artefact.digest = plain.sha256;
	m->artefact.origin = r->product ? r->origin : ORIGIN_ASSERTED;
	return put_components(m, img, r, e);
}

static bool read_image(struct eif_image *img, struct file *f, const struct make_request *q,
		       struct err *e)
{
	if (!file_open(f, q->image, e))
		return false;
	f->watch = q->watch;
	return eif_image_read(f, true, img, e) || err_subject(e, q->image);
}

/* What the image lacks, or has besides, is said of the record. */
static bool blame(const struct make_request *q, struct err *e)
{
	return e->reason == REASON_BUILD_RECORD ? err_subject(e, q->record) : false;
}

static bool make_eif(struct manifest *m, const struct make_request *q, const struct record *r,
		     struct err *e)
{
	owned(eif_image_free) struct eif_image img = {0};
	owned(file_close) struct file f = FILE_NONE;

	return manifest_init(m, TEXT_ROOM, e) && make_words(m, q, r, e) && put_name(m, q, r, e) &&
	       read_image(&img, &f, q, e) && put_image(m, &img, &f, r, e) &&
	       put_registers(m, q->certificate, &img, r, e);
}

static bool make_any(struct manifest *m, const struct make_request *q, const struct record *r,
		     struct err *e)
{
	if (q->files || record_is_of_files(r))
		return make_files(m, q, r, e);
	if (!q->image)
		return err_set(e, REASON_USAGE, "IMAGE is missing, which the build record is of");
	if (snp_bundle_is(q->image))
		return make_bundle(m, q, r, e);
	return igvm_file_is(q->image) ? make_igvm(m, q, r, e) : make_eif(m, q, r, e);
}

bool manifest_make(struct manifest *m, const struct make_request *q, struct err *e)
{
	owned(record_free) struct record r = {0};

	*m = (struct manifest){0};
	return make_read_record(&r, q->record, e) && (make_any(m, q, &r, e) || blame(q, e)) &&
	       buf_done(&m->strings, "the texts of a manifest", e) && manifest_check(m, e);
}
