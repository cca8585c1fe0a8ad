#include "measure/base/when.h"
#include "measure/cli/diff.h"
#include "measure/cli/print.h"
#include "measure/cli/report.h"
#include "measure/cli/reproduce.h"
#include "measure/core/headline.h"
#include "measure/rebuild/reproduce.h"
#include "reference-db/rebuilt.h"
#include "reference-db/released.h"

#define PATH_ROOM 8192u

/* A manifest that is rebuilt. */
struct again {
	struct reproduction *r;
	struct released released;
	struct verdict v;
	struct buf recipe, certificate, folder, room; /* paths */
	struct reproduced made;
	bool was_varied;
	struct signer by;
	bool is_signed;
	const char *out; /* of the statement, or of what is to be signed */
};

static void again_free(struct again *g)
{
	released_free(&g->released);
	buf_free(&g->recipe);
	buf_free(&g->certificate);
	buf_free(&g->folder);
	buf_free(&g->room);
	reproduced_free(&g->made);
	signer_free(&g->by);
}

static const char *value(const struct again *g, enum reproduce_opt opt)
{
	return args_value(&g->r->c->args, opt);
}

/* ---- before it is built */

static bool read_manifest(struct again *g, struct err *e)
{
	const char *witness = value(g, REPRODUCE_WITNESS);

	g->released.allow_debug = args_has(&g->r->c->args, REPRODUCE_ALLOW_DEBUG);
	return released_add(&g->released, g->r->path, e) &&
	       released_read(&g->released, g->r->path, e) &&
	       (reproduce_possible(&g->released.manifest, e) || err_subject(e, g->r->path)) &&
	       (!witness ||
		reproduce_witness(&g->released.manifest, witness, cli_watch(g->r->c), e));
}

/* The statement takes the place of nothing that is read for it. */
static bool check_out(struct again *g, struct err *e)
{
	static const enum reproduce_opt inputs[] = {
		REPRODUCE_LOCK,	       REPRODUCE_IMAGE,	   REPRODUCE_WITNESS,
		REPRODUCE_CERTIFICATE, REPRODUCE_ID_BLOCK, REPRODUCE_ID_AUTH,
	};

	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++)
		if (value(g, inputs[i]) && !out_distinct(g->out, value(g, inputs[i]), e))
			return false;
	return out_distinct(g->out, g->r->path, e) && out_distinct(g->out, buf_cstr(&g->recipe), e);
}

/* The lock beside the recipe, unless another is named. */
static bool check_lock(struct again *g, struct err *e)
{
	owned(buf_free) struct buf beside = BUF(PATH_ROOM);
	const char *recipe = buf_cstr(&g->recipe), *slash = strrchr(recipe, '/');

	if (value(g, REPRODUCE_LOCK))
		return true;
	buf_put(&beside, bytes_of(recipe, slash ? (size_t)(slash - recipe) + 1 : 0));
	buf_str(&beside, LOCK_FILE);
	return buf_done(&beside, "a path", e) && out_distinct(g->out, buf_cstr(&beside), e);
}

/* A key that cannot be read is told before hours of work. */
static bool read_signer(struct again *g, struct err *e)
{
	const struct args *args = &g->r->c->args;

	g->by.key_option = "statement";
	g->is_signed = signer_given(&g->by) >= 0;
	for (enum reproduce_opt i = REPRODUCE_SIGNER; !g->is_signed && i <= REPRODUCE_OUTPUT; i++)
		if (args_has(args, i))
			return err_set(e, REASON_USAGE,
				       "without --statement there is none to be written");
	if (!g->is_signed)
		return true;
	return signer_choose(&g->by, e) &&
	       signer_target(&g->by, REPRODUCE_OUTPUT, "statement", &g->out, e) &&
	       (g->out || cli_needs(g->r->c, REPRODUCE_OUTPUT, &g->out, e)) && check_out(g, e) &&
	       check_lock(g, e) && signer_read_keys(&g->by, e);
}

static bool find_recipe(struct again *g, struct err *e)
{
	const char *source = value(g, REPRODUCE_SOURCE), *given = value(g, REPRODUCE_RECIPE);

	if (given)
		buf_str(&g->recipe, given);
	else if (source)
		buf_fmt(&g->recipe, "%s/" RECIPE_FILE, source);
	else
		buf_str(&g->recipe, RECIPE_FILE);
	g->r->build.plan.recipe = buf_cstr(&g->recipe);
	return buf_done(&g->recipe, "a path", e);
}

/* Where an input is the certificate, the store has it. */
static bool find_certificate(struct again *g, const struct plan *p, struct err *e)
{
	const char *given = value(g, REPRODUCE_CERTIFICATE), *ref = p->recipe.eif.certificate;
	struct recipe_ref at;
	size_t n = 0;

	if (given)
		buf_str(&g->certificate, given);
	if (given || !ref)
		return buf_done(&g->certificate, "a path", e);
	at = recipe_ref(&p->recipe, ref);
	if (at.input && !at.path)
		objects_path(&p->store, &plan_locked(p, at.input, &n)->object, &g->certificate);
	return buf_done(&g->certificate, "a path", e);
}

/* Of other inputs nothing is built: it could not be the release. */
static bool planned(void *arg, const struct plan *p, struct err *e)
{
	struct again *g = arg;
	struct verdict v = {0};

	if (!find_certificate(g, p, e) || !reproduce_planned(&g->released.manifest, p, &v, e))
		return false;
	if (verdict_decide(&v, e))
		return true;
	g->v = v;
	return err_hint(e,
			"nothing was built: the recipe and the lock must be those of the release");
}

/* ---- what came of it */

/* As `measure diff` tells it, where the published image is at hand. */
static bool put_diff(struct again *g, const char *published, struct err *e)
{
	owned(buf_free) struct buf rebuilt = BUF(PATH_ROOM);
	const char *path[2] = {published, NULL};
	struct json_out *w = &g->r->a->json;

	if (!published)
		return true;
	if (!reproduce_image(buf_cstr(&g->folder), &rebuilt, e))
		return false;
	path[1] = buf_cstr(&rebuilt);
	json_key(w, "diff");
	json_open(w, '{');
	if (!diff_tell(g->r->c, path, NULL, w, e))
		return false;
	json_close(w, '}');
	return true;
}

/* The first line of it can be had without. */
static void put_headline(struct again *g)
{
	owned(headline_free) struct headline h = HEADLINE("section");
	owned(buf_free) struct buf line = BUF(SERIES_MAX);

	headline_of(&h, &g->v);
	if (!headline_any(&h))
		return;
	headline_put(&line, &h);
	json_text(&g->r->a->json, "headline", buf_cstr(&line));
	if (g->r->c->text.n == 0)
		buf_fmt(&g->r->c->text, "%s\n", buf_cstr(&line));
}

static void put_components(struct again *g)
{
	const struct manifest *m = &g->released.manifest;
	struct json_out *w = &g->r->a->json;

	json_key(w, "components");
	json_open(w, '[');
	for (size_t i = 0; i < m->n_components; i++) {
		const struct component *x = &m->component[i];
		const char *status = reproduce_status(&g->made, x);

		json_open(w, '{');
		print_foreign(w, "name", x->name);
		json_text(w, "status", status);
		json_close(w, '}');
		buf_fmt(&g->r->c->text, "%-17s ", x->name);
		buf_fmt(&g->r->c->text, "%s\n", status);
	}
	json_close(w, ']');
}

static void put_witness(struct json_out *w, const struct witness *x)
{
	json_open(w, '{');
	json_text(w, "name", x->name);
	json_text(w, "packing", archive_packing_name(x->packing));
	json_key(w, "size");
	json_u64(w, x->size);
	json_key(w, "unpacked");
	json_u64(w, x->unpacked);
	json_key(w, "unpacked_sha256");
	json_hex(w, digest_bytes(&x->content));
	json_close(w, '}');
}

/* What was taken from the published image; names, for the last line. */
static void put_witnesses(struct again *g, struct buf *names)
{
	const struct witnesses *all = &g->made.witness;
	struct json_out *w = &g->r->a->json;

	json_key(w, "witness");
	json_open(w, '[');
	for (size_t i = 0; i < all->n; i++) {
		if (all->item[i].state != WITNESS_TAKEN)
			continue;
		put_witness(w, &all->item[i]);
		buf_fmt(names, "%s%s", names->n ? ", " : "", all->item[i].name);
	}
	json_close(w, ']');
}

static void put_outcome(struct again *g, struct buf *names)
{
	static const char *const outcome[REBUILT_OUTCOMES] = {"differs", "equal", "witnessed"};

	json_text(&g->r->a->json, "outcome", outcome[g->made.outcome]);
	put_witnesses(g, names);
	put_components(g);
}

/* A weaker yes shows in the last line, whoever reads no other. */
static void put_end(struct again *g, const struct err *failure, const char *names)
{
	struct buf *out = &g->r->c->text;
	bool witnessed = !failure && g->made.outcome == REBUILT_WITNESSED;

	if (!failure)
		buf_str(out,
			"not proven: who released it (that takes `measure check`), nor the "
			"toolchain, which\n            is known by its digests and was not rebuilt\n");
	if (witnessed)
		buf_fmt(out, "            nor that the kernel unpacks %s as it was unpacked here\n",
			names);
	buf_str(out, report_end(failure));
	if (witnessed)
		buf_fmt(out, " but for the compression of %s", names);
	buf_str(out, "\n");
}

/* failure: why it is no yes, or NULL. */
static void tell(struct again *g, const struct err *failure)
{
	struct cli *c = g->r->c;
	struct json_out *w = &g->r->a->json;
	owned(buf_free) struct buf names = BUF(WITNESSES * (WITNESS_NAME + 2));

	print_foreign(w, "id", g->released.manifest.id);
	json_key(w, "checks");
	verdict_json(&g->v, w);
	for (size_t i = 0; i < g->v.n; i++)
		report_check(&c->text, &g->v.check[i]);
	if (g->made.found.id)
		put_outcome(g, &names);
	put_end(g, failure, buf_cstr(&names));
	if (failure && !c->json)
		buf_put(&g->r->a->verbatim, buf_bytes(&c->text));
}

/* ---- the statement */

/* Names in bytewise order. */
static void state_varied(const struct again *g, struct rebuilt *out)
{
	const struct varied *v = &g->r->varied;
	size_t at;

	if (!g->was_varied)
		return;
	for (unsigned i = 0; i < VARY_NAMES; i++) {
		struct bytes name = bytes_str(vary_rows[i].name);

		if (!(v->effect.set & VARY_BIT(i)))
			continue;
		for (at = out->n++; at > 0 && bytes_order(out->variation[at - 1], name) > 0; at--)
			out->variation[at] = out->variation[at - 1];
		out->variation[at] = name;
	}
}

static bool write_statement(struct again *g, struct err *e)
{
	owned(signing_free) struct signing s = {0};
	owned(buf_free) struct buf payload = BUF(REBUILT_MAX), name = BUF(2 * DIGEST_MAX);
	const char *expires = value(g, REPRODUCE_EXPIRES);
	struct signing_terms t = {
		.content_type = CONTENT_REBUILT,
		.signer = value(g, REPRODUCE_SIGNER),
		.has_expires = expires != NULL,
	};
	struct rebuilt statement;
	struct json_out *w = &g->r->a->json;

	if (!g->is_signed)
		return true;
	if ((expires && !when_read(expires, "--expires", &t.expires, e)) ||
	    !reproduce_statement(&g->made, &g->released.manifest, g->r->build.tool, &statement, e))
		return false;
	state_varied(g, &statement);
	if (!rebuilt_write(&statement, &payload, e) || !signer_name(&g->by, &name, &t, e) ||
	    !signing_prepare(&s, buf_bytes(&payload), g->by.key, &t, e) ||
	    !signer_write(&g->by, &s, g->out, e))
		return false;
	json_key(w, "statement");
	json_open(w, '{');
	signer_json(&g->by, w);
	json_close(w, '}');
	return true;
}

/* ---- all of it */

/* Of another image than the published one nothing is asked any more. */
static bool vary(struct again *g, struct err *e)
{
	struct check *c;

	if (g->r->varied.asked == 0)
		return true;
	g->was_varied = g->made.outcome != REBUILT_DIFFERS;
	if (g->was_varied) {
		if (!reproduce_varied(g->r, buf_cstr(&g->folder), &g->v, e))
			return false;
		g->made.outcome = g->r->varied.equal ? g->made.outcome : REBUILT_DIFFERS;
		return true;
	}
	c = verdict_add(&g->v, "vary", CHECK_SKIP, REASON_NOT_VARIED);
	verdict_detail(c, "nothing was varied: another image was built already");
	return true;
}

static bool compare(struct again *g, struct err *e)
{
	const struct reproduce_request q = {
		.manifest = &g->released.manifest,
		.payload = g->released.published.payload,
		.folder = buf_cstr(&g->folder),
		.certificate = g->certificate.n ? buf_cstr(&g->certificate) : NULL,
		.id_block = value(g, REPRODUCE_ID_BLOCK),
		.id_auth = value(g, REPRODUCE_ID_AUTH),
		.witness = value(g, REPRODUCE_WITNESS),
		.room = scratch_path(&g->r->fresh.scratch, "witnessed", &g->room, e),
		.watch = cli_watch(g->r->c),
	};

	if (!q.room || !reproduce_compare(&g->made, &q, &g->v, e))
		return false;
	if (g->made.outcome == REBUILT_DIFFERS) {
		if (!put_diff(g, value(g, REPRODUCE_IMAGE), e))
			return false;
		put_headline(g);
	}
	return vary(g, e) && write_statement(g, e);
}

static bool build_again(struct again *g, struct err *e)
{
	bool built;

	g->r->build.planned = planned;
	g->r->build.planned_arg = g;
	built = fresh_build(&g->r->fresh, &g->r->build, &g->folder, g->r->a, e);
	g->r->build.planned = NULL; /* of other builds of it the plan is the same */
	if (built)
		return true;
	if (g->v.n > 0)
		tell(g, e);
	return err_subject(e, g->v.n > 0 ? g->r->path : g->r->build.plan.recipe);
}

bool reproduce_manifest(struct reproduction *r, struct err *e)
{
	owned(again_free) struct again g = {
		.r = r,
		.recipe = BUF(PATH_ROOM),
		.certificate = BUF(PATH_ROOM),
		.folder = BUF(PATH_ROOM),
		.room = BUF(PATH_ROOM),
		.by = SIGNER(r->c, REPRODUCE_WAYS, SIGNER_OPTS),
	};
	bool yes;

	if (!read_manifest(&g, e) || !find_recipe(&g, e) || !read_signer(&g, e) ||
	    !fresh_open(&r->fresh, value(&g, REPRODUCE_CACHE), e) || !build_again(&g, e) ||
	    !compare(&g, e))
		return false;
	yes = verdict_decide(&g.v, e);
	tell(&g, yes ? NULL : e);
	return yes || err_subject(e, r->path);
}
