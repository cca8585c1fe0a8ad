#include "measure/rebuild/assemble.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/base/hex.h"
#include "measure/core/x509.h"
#include "reference-db/record.h"

#define PATH_ROOM 8192u
#define CERTIFICATE_MAX (1u << 20)
#define DIGEST_TEXT 80u /* "sha256:", 64 digits */

void assembled_free(struct assembled *a)
{
	buf_free(&a->json);
}

bool assembled_add(struct assembled *a, const char *name, enum origin o, struct err *e)
{
	struct assembled_part *p = &a->part[a->n];

	if (a->n == MANIFEST_COMPONENTS)
		return err_set(e, REASON_LIMIT, "more than %u parts of an image",
			       MANIFEST_COMPONENTS);
	snprintf(p->name, sizeof(p->name), "%s", name);
	p->origin = o;
	a->n++;
	return true;
}

/* ---- origins */

enum origin origin_worse(enum origin a, enum origin b)
{
	return a == ORIGIN_SOURCE ? b : a;
}

static enum origin input_origin(const struct recipe_input *i)
{
	bool own = i->kind == INPUT_GIT || strcmp(i->name, RECIPE_SOURCE) == 0 ||
		   (i->kind == INPUT_FILE && i->path && !i->import);

	return own ? ORIGIN_SOURCE : ORIGIN_PINNED;
}

/* Stages stand behind what they use, so one pass over them tells of all. */
static enum origin stage_origin(const struct recipe *r, const struct recipe_stage *stage)
{
	uint64_t source = 0;

	for (const struct recipe_stage *s = r->stages; s <= stage; s++)
		for (size_t i = 0; i < s->use.n; i++) {
			struct recipe_ref ref = recipe_ref(r, s->use.item[i].value);

			if (ref.input ? input_origin(ref.input) == ORIGIN_SOURCE
				      : source >> (ref.stage - r->stages) & 1)
				source |= UINT64_C(1) << (s - r->stages);
		}
	return source >> (stage - r->stages) & 1 ? ORIGIN_SOURCE : ORIGIN_PINNED;
}

enum origin works_origin(const struct works *w, const char *ref)
{
	struct recipe_ref to = recipe_ref(&w->plan->recipe, ref);

	return to.input ? input_origin(to.input) : stage_origin(&w->plan->recipe, to.stage);
}

/* ---- files that are published as they are */

static bool put_files(struct works *w, const char *folder, struct assembled *made, struct err *e)
{
	const struct recipe_pairs *files = &w->plan->recipe.files;

	for (size_t i = 0; i < files->n; i++) {
		owned(works_file_free) struct works_file f = {0};
		owned(buf_free) struct buf to = BUF(PATH_ROOM);

		buf_fmt(&to, "%s/%s", folder, files->item[i].name);
		if (!buf_done(&to, "a path", e) || !works_file(w, files->item[i].value, &f, e))
			return false;
		if (rename(f.path, buf_cstr(&to)) != 0 || chmod(buf_cstr(&to), 0644) != 0)
			return err_errno(e, errno, files->item[i].name);
		if (w->plan->recipe.image == IMAGE_IS_NONE &&
		    !assembled_add(made, files->item[i].name, works_origin(w, files->item[i].value),
				   e))
			return false;
	}
	return true;
}

/* ---- what was expected */

static bool find_digest(struct works *w, const char *folder, const char *name, struct digest *out,
			struct err *e)
{
	const struct recipe_ref ref = recipe_ref(&w->plan->recipe, name);
	const char *artefact = w->plan->recipe.artefact;
	owned(works_file_free) struct works_file f = {0};
	owned(buf_free) struct buf path = BUF(PATH_ROOM);

	if (artefact && strcmp(name, artefact) == 0) {
		buf_fmt(&path, "%s/%s", folder, name);
		return buf_done(&path, "a path", e) &&
		       stream_digest_path(buf_cstr(&path), (struct watch){0}, out, e);
	}
	if (!ref.input && !ref.stage)
		return err_set(e, REASON_EXPECTATION,
			       "'%.100s' is expected, and the image has none", name);
	if (!works_file(w, name, &f, e))
		return false;
	*out = f.sha256;
	return unlink(f.path) == 0 || err_errno(e, errno, f.path);
}

static bool check_expected(struct works *w, const char *folder, const struct answer *a,
			   struct err *e)
{
	const struct recipe_pairs *expect = &w->plan->recipe.expect;

	for (size_t i = 0; i < expect->n; i++) {
		const struct recipe_pair *x = &expect->item[i];
		owned(buf_free) struct buf hex = BUF(2 * DIGEST_MAX + 1);
		const struct digest *pcr = mset_get(&a->registers, x->name);
		struct digest got;

		if (pcr)
			got = *pcr;
		else if (!find_digest(w, folder, x->name, &got, e))
			return false;
		hex_put(&hex, digest_bytes(&got));
		if (strcmp(buf_cstr(&hex), x->value) != 0)
			return err_set(e, REASON_EXPECTATION, "'%.100s': expected %s, built %s",
				       x->name, x->value, buf_cstr(&hex));
	}
	return true;
}

/* ---- records */

static const char *digest_text(char room[DIGEST_TEXT], const struct digest *d)
{
	owned(buf_free) struct buf hex = BUF(DIGEST_TEXT);

	hex_put(&hex, digest_bytes(d));
	snprintf(room, DIGEST_TEXT, "sha256:%s", buf_cstr(&hex));
	return room;
}

static bool certificate_digest(struct works *w, struct digest *out, struct err *e)
{
	const char *name = w->plan->recipe.eif.certificate;
	owned(works_file_free) struct works_file f = {0};
	owned(buf_free) struct buf pem = BUF(CERTIFICATE_MAX);
	owned(x509_free) struct x509 *x = NULL;
	size_t used = 0;

	return works_file(w, name, &f, e) && file_slurp(f.path, CERTIFICATE_MAX, &pem, e) &&
	       (x509_read_pem(&x, buf_bytes(&pem), &used, e) ||
		err_in(e, "the certificate '%.200s'", name)) &&
	       hash_of(DIGEST_SHA256, x509_der(x), out, e);
}

static bool write_text(const char *folder, const char *name, struct bytes text, struct err *e)
{
	owned(buf_free) struct buf path = BUF(PATH_ROOM);

	buf_fmt(&path, "%s/%s", folder, name);
	return buf_done(&path, "a path", e) && file_write(buf_cstr(&path), text, e);
}

static bool write_record(struct works *w, const char *folder, const struct assembled *made,
			 struct err *e)
{
	const struct recipe *r = &w->plan->recipe;
	char recipe[DIGEST_TEXT], inputs[DIGEST_TEXT], source[DIGEST_TEXT], pem[DIGEST_TEXT];
	owned(buf_free) struct buf text = BUF(RECORD_MAX);
	struct digest certificate, tree;
	struct record record = {
		.product = r->product,
		.version = r->version,
		.vendor = r->vendor,
		.artefact = r->artefact,
		.recipe = digest_text(recipe, &w->plan->recipe_digest),
		.inputs = digest_text(inputs, &w->plan->inputs_digest),
		.origin = r->artefact ? ORIGIN_SOURCE : ORIGIN_NONE,
		.n_components = made->n,
	};

	plan_source(w->plan, &record.source_commit, &tree);
	record.source_digest = digest_text(source, &tree);
	if (r->eif.certificate) {
		if (!certificate_digest(w, &certificate, e))
			return false;
		record.certificate = digest_text(pem, &certificate);
	}
	for (size_t i = 0; i < made->n; i++) {
		record.component[i].name = made->part[i].name;
		record.component[i].origin = made->part[i].origin;
	}
	record_write(&record, &text);
	return buf_done(&text, "a build record", e) &&
	       write_text(folder, "build.json", buf_bytes(&text), e);
}

static bool put_file_digest(struct json_out *j, const char *folder, const char *name, struct err *e)
{
	owned(buf_free) struct buf path = BUF(PATH_ROOM);
	struct digest d;

	buf_fmt(&path, "%s/%s", folder, name);
	if (!buf_done(&path, "a path", e) ||
	    !stream_digest_path(buf_cstr(&path), (struct watch){0}, &d, e))
		return false;
	json_key(j, name);
	json_hex(j, digest_bytes(&d));
	return true;
}

static bool write_measurements(const struct works *w, const char *folder,
			       const struct assembled *made, struct err *e)
{
	const struct recipe *r = &w->plan->recipe;
	owned(buf_free) struct buf text = BUF(made->json.max + (1u << 20));
	struct json_out j = json_out(&text, true);

	json_open(&j, '{');
	json_text(&j, "schema", "measure-measurements/1");
	json_text(&j, "artefact", r->artefact);
	json_key(&j, "files");
	json_open(&j, '{');
	if (r->image == IMAGE_IS_EIF && !put_file_digest(&j, folder, r->artefact, e))
		return false;
	for (size_t i = 0; i < r->files.n; i++)
		if (!put_file_digest(&j, folder, r->files.item[i].name, e))
			return false;
	json_close(&j, '}');
	if (made->json.n > 0) {
		buf_str(&text, ",");
		buf_put(&text, buf_bytes(&made->json));
	}
	json_close(&j, '}');
	buf_str(&text, "\n");
	return buf_done(&made->json, "measurements", e) && buf_done(&text, "measurements", e) &&
	       write_text(folder, "measurements.json", buf_bytes(&text), e);
}

bool assemble(struct works *w, const char *folder, struct answer *a, struct err *e)
{
	owned(assembled_free) struct assembled made = ASSEMBLED;
	const struct recipe *r = &w->plan->recipe;

	if ((r->image == IMAGE_IS_EIF && !assemble_eif(w, folder, &made, a, e)) ||
	    (r->image == IMAGE_IS_SNP && !assemble_snp(w, folder, &made, a, e)))
		return works_blame(w, e);
	return put_files(w, folder, &made, e) && (w->loose || check_expected(w, folder, a, e)) &&
	       write_record(w, folder, &made, e) && write_measurements(w, folder, &made, e);
}
