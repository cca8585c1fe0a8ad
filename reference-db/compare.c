#include "reference-db/compare.h"

#include <stdio.h>

#include "eif/pcr.h"
#include "eif/unsigned.h"
#include "measure/base/hex.h"

static void put_hex(void (*put)(struct check *c, const char *format, ...), struct check *c,
		    const struct digest *d)
{
	owned(buf_free) struct buf hex = BUF(2 * DIGEST_MAX + 1);

	hex_put(&hex, digest_bytes(d));
	put(c, "%s", buf_cstr(&hex));
}

/* The image's register of that name, or NULL. */
static const struct digest *register_of(const struct eif_image *img, const char *name)
{
	for (size_t i = 0; i < EIF_REGISTERS; i++)
		if (strcmp(name, eif_register[i]) == 0)
			return &img->pcr[i];
	return strcmp(name, "PCR8") == 0 && img->is_signed ? &img->pcr8 : NULL;
}

static void compare_register(const struct mset_entry *want, const struct eif_image *img,
			     struct verdict *v)
{
	const struct digest *found = register_of(img, want->name);
	bool same = found && digest_equal(found, &want->digest);
	struct check *c = verdict_add(v, "code", same ? CHECK_PASS : CHECK_FAIL,
				      same ? REASON_NONE : REASON_MEASUREMENT);

	verdict_part(c, want->name);
	put_hex(verdict_expected, c, &want->digest);
	if (found)
		put_hex(verdict_actual, c, found);
	verdict_detail(c, "%s %s", want->name,
		       same    ? "is that of the manifest"
		       : found ? "is another one than the manifest's"
			       : "is in the manifest, and the image has none");
}

/* A manifest without one of these says nothing that could be matched. */
static void demand_registers(const struct mset *want, struct verdict *v)
{
	for (size_t i = 0; i < EIF_REGISTERS; i++)
		if (!mset_get(want, eif_register[i]))
			verdict_detail(verdict_add(v, "code", CHECK_FAIL, REASON_MEASUREMENT),
				       "%s is not in the manifest", eif_register[i]);
}

static void section_differs(struct verdict *v, const char *role, const char *how)
{
	struct check *c = verdict_add(v, "section", CHECK_FAIL, REASON_MEASUREMENT);

	verdict_part(c, role);
	verdict_detail(c, "%s %s", role, how);
}

/* The measured section of that name, or NULL. */
static const struct eif_section *section_of(const struct eif_image *img, const char *name)
{
	char role[EIF_ROLE_MAX];

	for (size_t i = 0; i < img->n; i++) {
		eif_image_role(img, i, role);
		if (eif_register_mask(img->section[i].type, 0) && strcmp(role, name) == 0)
			return &img->section[i];
	}
	return NULL;
}

/* True when the image has the part as the manifest has it. */
static bool compare_component(const struct component *want, const struct eif_image *img,
			      struct verdict *v)
{
	const struct eif_section *s = section_of(img, want->name);

	if (s && want->digest.alg == DIGEST_SHA256 && digest_equal(&want->digest, &s->sha256) &&
	    (!want->sized || want->size == s->size))
		return true;
	section_differs(v, want->name, s ? "differs from the manifest's" : "is not in the image");
	return false;
}

static bool has_component(const struct manifest *m, const char *name)
{
	for (size_t i = 0; i < m->n_components; i++)
		if (strcmp(m->component[i].name, name) == 0)
			return true;
	return false;
}

/* True when the manifest has a part for each that the image has. */
static bool demand_components(const struct manifest *m, const struct eif_image *img,
			      struct verdict *v)
{
	char role[EIF_ROLE_MAX];
	bool all = true;

	for (size_t i = 0; i < img->n; i++) {
		eif_image_role(img, i, role);
		if (!eif_register_mask(img->section[i].type, 0) || has_component(m, role))
			continue;
		section_differs(v, role, "is not in the manifest");
		all = false;
	}
	return all;
}

static void compare_sections(const struct manifest *m, const struct eif_image *img,
			     struct verdict *v)
{
	bool same = true;

	if (m->n_components == 0) {
		verdict_detail(verdict_add(v, "section", CHECK_WARN, REASON_MANIFEST_LINT),
			       "the manifest names no parts: where one ends was not compared");
		return;
	}
	for (size_t i = 0; i < m->n_components; i++)
		same = compare_component(&m->component[i], img, v) && same;
	if (demand_components(m, img, v) && same)
		verdict_detail(verdict_add(v, "section", CHECK_PASS, REASON_NONE),
			       "all %zu parts are those of the manifest", m->n_components);
}

/* What is not measured may differ: that is said, and decides nothing. */
static bool compare_file(const struct manifest *m, const struct eif_image *img, struct file *f,
			 struct verdict *v, struct err *e)
{
	struct eif_unsigned plain;
	struct check *c;
	bool same;

	if (!m->artefact.name)
		return true;
	if (!eif_unsigned_digest(img, f, &plain, e))
		return false;
	same = digest_equal(&plain.sha256, &m->artefact.digest) &&
	       (!m->artefact.sized || plain.size == m->artefact.size);
	c = verdict_add(v, "file", same ? CHECK_PASS : CHECK_WARN,
			same ? REASON_NONE : REASON_FILE_DIFFERS);
	put_hex(verdict_expected, c, &m->artefact.digest);
	put_hex(verdict_actual, c, &plain.sha256);
	verdict_detail(c, "the unsigned image as a file %s",
		       same ? "is the one that the manifest names"
			    : "is another one than the manifest names");
	return true;
}

bool compare_image(const struct manifest *m, struct file *f, struct verdict *v, struct err *e)
{
	owned(eif_image_free) struct eif_image img = {0};
	const struct manifest_row *row = manifest_nitro(m);
	struct mset want = {0};

	if (!row)
		return err_set(e, REASON_WRONG_MANIFEST,
			       "the manifest has no reference values of a Nitro enclave");
	if (!manifest_registers(m, row, &want, e) || !eif_image_read(f, true, &img, e))
		return false;
	demand_registers(&want, v);
	for (size_t i = 0; i < want.n; i++)
		compare_register(&want.entry[i], &img, v);
	compare_sections(m, &img, v);
	return compare_file(m, &img, f, v, e);
}
