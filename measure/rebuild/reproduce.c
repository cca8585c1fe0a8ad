#include "measure/rebuild/reproduce.h"

#include <stdio.h>

#include "eif/witness.h"
#include "measure/base/hex.h"
#include "measure/core/stream.h"
#include "ovmf-snp/bundle.h"
#include "ovmf-snp/bundle_witness.h"
#include "reference-db/compare.h"
#include "reference-db/corim.h"
#include "reference-db/make.h"
#include "reference-db/record.h"

#define PATH_ROOM 8192u
#define RECORD "build.json"
#define SELF "/proc/self/exe"

struct rebuild {
	const struct reproduce_request *q;
	struct buf image, record; /* paths */
};

static void rebuild_free(struct rebuild *b)
{
	buf_free(&b->image);
	buf_free(&b->record);
}

void reproduced_free(struct reproduced *r)
{
	manifest_free(&r->found);
}

bool reproduce_possible(const struct manifest *m, struct err *e)
{
	if (m->foreign)
		return err_set(e, REASON_NOTHING_TO_REBUILD,
			       "the manifest is of another form than the one that is made here");
	if (manifest_origin(m) == ORIGIN_ASSERTED)
		return err_set(e, REASON_NOTHING_TO_REBUILD,
			       "the manifest was made by hand: its origins are asserted");
	if (!m->recipe_digest || !m->inputs_digest || !(m->source_commit || m->source_digest))
		return err_set(e, REASON_NOTHING_TO_REBUILD, "the manifest names no %s",
			       !m->recipe_digest   ? "recipe"
			       : !m->inputs_digest ? "inputs"
						   : "source");
	return true;
}

/* ---- the manifest that the rebuild gives */

/* The bits of the policy that count, as the published rows have them. */
static uint64_t policy_mask(const struct manifest *m)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < m->n_values; i++) {
		if (strcmp(m->value[i].key, "POLICY") != 0 || m->value[i].mask.n != sizeof(mask))
			continue;
		for (size_t k = 0; k < sizeof(mask); k++)
			mask |= (uint64_t)m->value[i].mask.p[k] << 8 * k;
		return mask;
	}
	return UINT64_MAX;
}

bool reproduce_image(const char *folder, struct buf *path, struct err *e)
{
	owned(record_free) struct record record = {0};
	owned(buf_free) struct buf text = BUF(RECORD_MAX), from = BUF(PATH_ROOM);

	buf_fmt(&from, "%s/" RECORD, folder);
	if (!buf_done(&from, "a path", e) || !file_slurp(buf_cstr(&from), RECORD_MAX, &text, e))
		return false;
	if (!record_read(&record, buf_bytes(&text), e))
		return err_subject(e, buf_cstr(&from));
	buf_str(path, folder);
	if (!record_is_of_files(&record))
		buf_fmt(path, "/%s", record.artefact);
	return buf_done(path, "a path", e);
}

static bool find_image(struct rebuild *b, struct err *e)
{
	buf_fmt(&b->record, "%s/" RECORD, b->q->folder);
	return buf_done(&b->record, "a path", e) && reproduce_image(b->q->folder, &b->image, e);
}

static bool make(struct rebuild *b, struct manifest *found, struct err *e)
{
	const struct manifest *m = b->q->manifest;
	const struct make_request make = {
		.image = buf_cstr(&b->image),
		.record = buf_cstr(&b->record),
		.certificate = b->q->certificate,
		.profile_uri = m->profile ? m->profile : MANIFEST_SNP_2025,
		.policy_mask = policy_mask(m),
		.allow_debug = m->allow_debug,
		.id_block = b->q->id_block,
		.id_auth = b->q->id_auth,
		.watch = b->q->watch,
	};

	return manifest_make(found, &make, e);
}

/* outcome: when what was found is the payload. */
static bool hold(struct reproduced *r, struct bytes payload, enum rebuilt_outcome outcome,
		 struct err *e)
{
	owned(buf_free) struct buf again = BUF(CORIM_MAX);

	if (!hash_of(DIGEST_SHA256, payload, &r->payload, e) || !corim_write(&r->found, &again, e))
		return false;
	r->outcome = bytes_equal(buf_bytes(&again), payload) ? outcome : REBUILT_DIFFERS;
	return true;
}

/* ---- checks */

static struct check *say(struct verdict *v, const char *id, bool same)
{
	return verdict_add(v, id, same ? CHECK_PASS : CHECK_FAIL,
			   same ? REASON_NONE : REASON_NOT_REPRODUCED);
}

static void compare_text(struct verdict *v, const char *id, const char *want, const char *found)
{
	bool same = want && found ? strcmp(want, found) == 0 : want == found;
	struct check *c = say(v, id, same);

	verdict_expected(c, "%s", want ? want : "none");
	verdict_actual(c, "%s", found ? found : "none");
	verdict_detail(c, "%s: %s", id, same ? "as in the manifest" : "not as in the manifest");
}

static void compare_words(const struct manifest *m, const struct manifest *found, struct verdict *v)
{
	compare_text(v, "release", m->id, found->id);
	compare_text(v, "source", m->source_commit ? m->source_commit : m->source_digest,
		     m->source_commit ? found->source_commit : found->source_digest);
	compare_text(v, "recipe", m->recipe_digest, found->recipe_digest);
	compare_text(v, "inputs", m->inputs_digest, found->inputs_digest);
}

static void put_digest(struct buf *out, const struct digest *d)
{
	buf_str(out, "sha256:");
	hex_put(out, digest_bytes(d));
}

bool reproduce_planned(const struct manifest *m, const struct plan *p, struct verdict *v,
		       struct err *e)
{
	owned(buf_free) struct buf recipe = BUF(128), inputs = BUF(128), tree = BUF(128);
	const char *commit;
	struct digest d;

	plan_source(p, &commit, &d);
	put_digest(&tree, &d);
	put_digest(&recipe, &p->recipe_digest);
	put_digest(&inputs, &p->inputs_digest);
	if (!buf_done(&tree, "a digest", e) || !buf_done(&recipe, "a digest", e) ||
	    !buf_done(&inputs, "a digest", e))
		return false;
	compare_text(v, "source", m->source_commit ? m->source_commit : m->source_digest,
		     m->source_commit ? commit : buf_cstr(&tree));
	compare_text(v, "recipe", m->recipe_digest, buf_cstr(&recipe));
	compare_text(v, "inputs", m->inputs_digest, buf_cstr(&inputs));
	return true;
}

static const struct component *find_part(const struct manifest *m, const char *name)
{
	if (m->artefact.name && strcmp(m->artefact.name, name) == 0)
		return &m->artefact;
	for (size_t i = 0; i < m->n_components; i++)
		if (strcmp(m->component[i].name, name) == 0)
			return &m->component[i];
	return NULL;
}

static bool same_part(const struct component *a, const struct component *b)
{
	return b && digest_equal(&a->digest, &b->digest) && a->size == b->size &&
	       a->origin == b->origin;
}

static void compare_part(const struct component *want, const struct manifest *found,
			 struct verdict *v)
{
	const struct component *is = find_part(found, want->name);
	bool same = same_part(want, is);
	struct check *c = say(v, "part", same);

	verdict_part(c, want->name);
	verdict_detail(c, "%s %s", want->name,
		       same			    ? "is that of the manifest"
		       : !is			    ? "was not built"
		       : is->origin != want->origin ? "comes from elsewhere than the manifest says"
						    : "is another one than the manifest's");
}

static bool compare_image_or_bundle(const struct manifest *m, const char *image, struct watch watch,
				    struct verdict *v, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;

	if (snp_bundle_is(image))
		return compare_bundle(m, image, watch, v, e);
	if (!file_open(&f, image, e))
		return false;
	f.watch = watch;
	return compare_image(m, &f, v, e) || err_subject(e, image);
}

/* What was built, and the manifest knows nothing of. */
static void compare_more(const struct manifest *m, const struct manifest *found, struct verdict *v)
{
	for (size_t i = 0; i < found->n_components; i++) {
		const char *name = found->component[i].name;
		struct check *c;

		if (find_part(m, name))
			continue;
		c = say(v, "part", false);
		verdict_part(c, name);
		verdict_detail(c, "%s was built, and is not in the manifest", name);
	}
}

static bool explain(struct rebuild *b, const struct reproduced *r, struct verdict *v, struct err *e)
{
	const struct manifest *m = b->q->manifest;

	if (m->artefact.name)
		compare_part(&m->artefact, &r->found, v);
	for (size_t i = 0; i < m->n_components; i++)
		compare_part(&m->component[i], &r->found, v);
	if (manifest_kind(m) == MANIFEST_OF_FILES) {
		compare_more(m, &r->found, v);
		return true;
	}
	return compare_image_or_bundle(m, buf_cstr(&b->image), b->q->watch, v, e);
}

/* ---- with the published image as a witness */

bool reproduce_witness(const struct manifest *m, const char *path, struct watch watch,
		       struct err *e)
{
	struct verdict v = {0};

	if (!compare_image_or_bundle(m, path, watch, &v, e))
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (v.check[i].result != CHECK_PASS) {
			err_set(e, REASON_WITNESS, "it is not the released image: %s",
				v.check[i].detail);
			err_hint(e, "nothing was built");
			return err_subject(e, path);
		}
	return true;
}

static void tell_witness(const struct witness *w, struct verdict *v)
{
	bool taken = w->state == WITNESS_TAKEN;
	struct check *c;

	if (w->state == WITNESS_EQUAL)
		return;
	c = verdict_add(v, "witness", taken ? CHECK_WARN : CHECK_FAIL, REASON_WITNESS);
	verdict_part(c, w->name);
	if (taken)
		verdict_detail(c,
			       "%s was taken from the published image: it is %s of what was "
			       "built, and how it was compressed was not reproduced",
			       w->name, archive_packing_name(w->packing));
	else
		verdict_detail(c, "%s: %s", w->name, w->why);
}

/* The image of both, where there can be one, is looked at in place of the one that was built. */
static bool ask_witness(struct rebuild *b, struct reproduced *r, struct verdict *v, struct err *e)
{
	const struct reproduce_request *q = b->q;
	const char *built = buf_cstr(&b->image);
	const struct eif_witness_ask eif = {built, q->witness, q->room, q->watch};
	const struct bundle_witness_ask bundle = {built, q->witness, q->room, q->watch};

	if (!(snp_bundle_is(built) ? bundle_witness(&bundle, &r->witness, e)
				   : eif_witness(&eif, &r->witness, e)))
		return false;
	for (size_t i = 0; i < r->witness.n; i++)
		tell_witness(&r->witness.item[i], v);
	if (!witness_stand_in(&r->witness))
		return true;
	buf_reset(&b->image);
	buf_str(&b->image, q->room);
	manifest_free(&r->found);
	return buf_done(&b->image, "a path", e) && make(b, &r->found, e) &&
	       hold(r, q->payload, REBUILT_WITNESSED, e);
}

static const char *what_came(enum rebuilt_outcome outcome)
{
	switch (outcome) {
	case REBUILT_EQUAL:
		return "what was rebuilt gives the published payload, byte for byte";
	case REBUILT_WITNESSED:
		return "what was rebuilt, with what the witness gave, gives the published payload, "
		       "byte for byte";
	case REBUILT_DIFFERS:
	case REBUILT_OUTCOMES:
		break;
	}
	return "what was rebuilt gives another payload than the published one";
}

bool reproduce_compare(struct reproduced *r, const struct reproduce_request *q, struct verdict *v,
		       struct err *e)
{
	owned(rebuild_free) struct rebuild b = {
		.q = q, .image = BUF(PATH_ROOM), .record = BUF(PATH_ROOM)};
	bool equal;

	if (!reproduce_possible(q->manifest, e) || !find_image(&b, e) || !make(&b, &r->found, e) ||
	    !hold(r, q->payload, REBUILT_EQUAL, e))
		return false;
	compare_words(q->manifest, &r->found, v);
	if (r->outcome != REBUILT_EQUAL && q->witness && !ask_witness(&b, r, v, e))
		return false;
	equal = r->outcome != REBUILT_DIFFERS;
	verdict_detail(say(v, "manifest", equal), "%s", what_came(r->outcome));
	return equal || explain(&b, r, v, e);
}

/* ---- what is said of it */

/* Of a part that was taken from the published image. */
static const struct witness *witness_of(const struct reproduced *r, const char *part)
{
	for (size_t i = 0; i < r->witness.n; i++)
		if (r->witness.item[i].state == WITNESS_TAKEN &&
		    strcmp(r->witness.item[i].name, part) == 0)
			return &r->witness.item[i];
	return NULL;
}

const char *reproduce_status(const struct reproduced *r, const struct component *c)
{
	switch (c->origin) {
	case ORIGIN_SOURCE:
		if (!same_part(c, find_part(&r->found, c->name)))
			return "differs";
		return witness_of(r, c->name)
			       ? "reproduced (compressor's choice taken from the published image)"
			       : "reproduced (toolchain pinned, not rebuilt)";
	case ORIGIN_ENDORSED:
		return "vendor-endorsed";
	case ORIGIN_PINNED:
		return "pinned";
	case ORIGIN_NONE:
	case ORIGIN_ASSERTED:
	case ORIGINS:
		break;
	}
	return "unknown";
}

/* "sha256:" and 64 digits */
static bool read_digest(const char *text, struct digest *out, struct err *e)
{
	static const char head[] = "sha256:";
	owned(buf_free) struct buf raw = BUF(32);

	if (!text || strncmp(text, head, strlen(head)) != 0)
		return err_set(e, REASON_BUILD_RECORD, "the record names no digest of the inputs");
	if (!hex_read(text + strlen(head), "the digest of the inputs", &raw, e) ||
	    !buf_done(&raw, "a digest", e))
		return false;
	*out = (struct digest){.alg = DIGEST_SHA256, .len = raw.n};
	memcpy(out->v, raw.p, raw.n);
	return true;
}

bool reproduce_statement(const struct reproduced *r, const struct manifest *m, const char *version,
			 struct rebuilt *out, struct err *e)
{
	*out = (struct rebuilt){
		.id = bytes_str(m->id),
		.payload = r->payload,
		.outcome = r->outcome,
		.tool = bytes_str(version),
	};
	for (size_t i = 0; r->outcome == REBUILT_WITNESSED && i < r->witness.n; i++) {
		const struct witness *w = &r->witness.item[i];

		if (w->state == WITNESS_TAKEN)
			out->witness[out->n_witnesses++] =
				(struct rebuilt_witness){bytes_str(w->name), w->content};
	}
	return read_digest(r->found.inputs_digest, &out->inputs, e) &&
	       stream_digest_path(SELF, (struct watch){0}, &out->program, e);
}
