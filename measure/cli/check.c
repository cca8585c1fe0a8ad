#include "measure/cli/db.h"
#include "measure/cli/report.h"
#include "measure/cli/verbs.h"
#include "measure/core/headline.h"
#include "ovmf-snp/bundle.h"
#include "ovmf-snp/igvm_file.h"
#include "reference-db/compare.h"
#include "reference-db/identify.h"
#include "reference-db/show.h"

enum {
	O_MANIFEST,
	O_PROOF,
	O_DB,
	O_TRUST = O_DB + DB_TRUST,
	O_CHANNEL = O_DB + DB_OPTS,
	O_LATEST,
	O_PRODUCT,
	O_VERSION,
	O_AT,
	O_ALLOW_DEBUG
};

static const struct opt opts[] = {
	[O_MANIFEST] =
		{"manifest", 0, OPT_LIST, "FILE", NULL,
		 "a signed manifest or a bundle; several give the signatures of one payload"},
	[O_PROOF] = {"proof", 0, OPT_LIST, "FILE", NULL,
		     "a proof that the manifest was published in a log, which is then wanted"},
	[O_DB] = DB_ROWS,
	[O_CHANNEL] = {"channel", 0, OPT_VALUE, "NAME", NULL,
		       "with --db: what this channel has as latest and minimum (any)"},
	[O_LATEST] = {"latest", 0, OPT_FLAG, NULL, NULL,
		      "with --db: only the latest release will do"},
	[O_PRODUCT] = {"product", 0, OPT_VALUE, "NAME", NULL,
		       "the product that the manifest must be of"},
	[O_VERSION] = {"version", 0, OPT_VALUE, "TEXT", NULL, "the version that it must be of"},
	[O_AT] = {"at", 0, OPT_VALUE, "TIME", NULL,
		  "time to judge signatures by: now, none, or RFC 3339"},
	[O_ALLOW_DEBUG] = {"allow-debug", 0, OPT_FLAG, NULL, NULL,
			   "read a manifest by which the host may debug the guest"},
	{0},
};

struct job {
	struct released released;
	struct verdict v;
	struct db db;
	bool listed; /* there is one to compare with */
};

static void job_free(struct job *j)
{
	released_free(&j->released);
	db_close(&j->db);
}

static bool add_proofs(const struct cli *c, struct released *r, struct err *e)
{
	const char *path;

	for (size_t i = 0; (path = args_item(&c->args, O_PROOF, i)); i++)
		if (!released_add_proof(r, path, e))
			return false;
	return true;
}

static bool read_manifest(const struct cli *c, struct released *r, struct err *e)
{
	const char *path;

	r->allow_debug = args_has(&c->args, O_ALLOW_DEBUG);
	if (!args_has(&c->args, O_MANIFEST))
		return err_set(e, REASON_USAGE, "option '--manifest' is missing");
	for (size_t i = 0; (path = args_item(&c->args, O_MANIFEST, i)); i++)
		if (!released_add(r, path, e))
			return false;
	return add_proofs(c, r, e) && released_read(r, args_item(&c->args, O_MANIFEST, 0), e);
}

/* What is looked at: files, of which a release that is an image has one. */
static bool operands(struct cli *c, struct files_given *g, struct err *e)
{
	*g = (struct files_given){c->args.operands, c->args.n_operands, cli_watch(c)};
	if (g->n == 0)
		return err_set(e, REASON_USAGE, "one IMAGE or FILE at least, 0 are given");
	if (g->n > MANIFEST_COMPONENTS)
		return err_set(e, REASON_USAGE, "%zu files, and no release has more than %u", g->n,
			       MANIFEST_COMPONENTS);
	for (size_t i = 0; i < g->n; i++)
		cli_expect_file(c, g->path[i]);
	return true;
}

static bool compare(struct cli *c, const struct files_given *g, const struct released *r,
		    struct verdict *v, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;
	const char *path;

	if (manifest_kind(&r->manifest) == MANIFEST_OF_FILES)
		return compare_files(&r->manifest, g, v, e);
	if (!cli_operand(c, "IMAGE", &path, e))
		return false;
	if (snp_bundle_is(path))
		return compare_bundle(&r->manifest, path, g->watch, v, e) || err_subject(e, path);
	if (!file_open(&f, path, e))
		return false;
	f.watch = g->watch;
	return (igvm_file_is(path) ? compare_igvm : compare_image)(&r->manifest, &f, v, e) ||
	       err_subject(e, path);
}

/* A yes says what it does not prove, every time. */
static void text_limits(struct buf *out, const struct job *j)
{
	const struct released *r = &j->released;
	bool files = manifest_kind(&r->manifest) == MANIFEST_OF_FILES;

	buf_fmt(out, "not proven: %s is good%s\n",
		files ? "that these files are what runs anywhere, that their code\n           "
		      : "that this image runs anywhere (that takes `measure verify`), that its "
			"code\n           ",
		j->db.ledger ? "" : ", or that no later release replaces it");
	if (!j->db.ledger)
		buf_str(out, "            that nobody withdrew it: who hands out a manifest can "
			     "leave that out\n");
	if (manifest_origin(&r->manifest) == ORIGIN_ASSERTED)
		buf_str(out,
			"            that it was built from its source: all origins are asserted\n");
	if (!when_judged(&r->when))
		buf_str(out,
			"            that the signatures are still valid: --at none was given\n");
}

/* As `measure diff` begins, when something else was measured. */
static void first_line(const struct verdict *v, struct buf *text, struct json_out *w)
{
	owned(headline_free) struct headline h = HEADLINE("section");
	owned(buf_free) struct buf line = BUF(SERIES_MAX);

	headline_of(&h, v);
	if (!headline_any(&h))
		return;
	headline_put(&line, &h);
	json_text(w, "headline", buf_cstr(&line));
	buf_str(text, buf_cstr(&line));
	buf_str(text, "\n");
}

/* failure: why it is no yes, or NULL. */
static void text(const struct job *j, const struct err *failure, struct buf *out)
{
	show_text(&j->released.manifest, NULL, false, out);
	report_signers(out, &j->released.judged);
	for (size_t i = 0; i < j->v.n; i++)
		report_check(out, &j->v.check[i]);
	if (!failure)
		text_limits(out, j);
	buf_str(out, report_end(failure));
	buf_str(out, "\n");
}

static void json(const struct released *r, const struct verdict *v, struct json_out *w)
{
	show_json(&r->manifest, NULL, w);
	report_signers_json(w, &r->judged);
	json_key(w, "checks");
	verdict_json(v, w);
}

/* ---- a release out of a database */

static bool identify_all(const struct files_given *g, struct identified *is, struct err *e)
{
	for (size_t i = 0; i < g->n; i++) {
		if (strcmp(g->path[i], "-") == 0)
			return err_set(e, REASON_USAGE,
				       "with --db a file is read twice, and standard input once");
		if (!identify(g->path[i], g->watch, is, e))
			return false;
	}
	return true;
}

static bool find_release(struct cli *c, const struct files_given *g, struct job *j, struct err *e)
{
	const struct released *r = &j->released;
	struct listed x = {
		.product = r->product,
		.version = r->version,
		.as_of = {.when = r->when, .channel = args_value(&c->args, O_CHANNEL)},
		.latest = args_has(&c->args, O_LATEST),
	};
	struct identified is = {0};
	uint64_t release;

	if (!db_begin(&j->db, c, O_DB, e) || !db_open(&j->db, false, e) || !identify_all(g, &is, e))
		return false;
	x.ledger = j->db.ledger;
	listed_age(&x, &j->v);
	j->listed = listed_find(&x, is.digest, is.n, &release);
	if (!j->listed) {
		listed_unknown(&x, &j->v);
		return true;
	}
	listed_judge(&x, release, &j->v);
	return db_take(&j->db, release, &j->released, e) && add_proofs(c, &j->released, e);
}

static bool read_release(struct cli *c, const struct files_given *g, struct job *j, struct err *e)
{
	struct released *r = &j->released;

	r->allow_debug = args_has(&c->args, O_ALLOW_DEBUG);
	if (args_has(&c->args, O_DB) && args_has(&c->args, O_MANIFEST))
		return err_set(e, REASON_USAGE, "--db and --manifest exclude each other");
	if (args_has(&c->args, O_DB))
		return find_release(c, g, j, e);
	if (args_has(&c->args, O_CHANNEL) || args_has(&c->args, O_LATEST))
		return err_set(e, REASON_USAGE, "--%s has no meaning without --db",
			       args_has(&c->args, O_LATEST) ? "latest" : "channel");
	j->listed = true;
	return read_manifest(c, r, e) && released_trust(r, args_value(&c->args, O_TRUST), e);
}

/* ---- the answer */

static void tell_unlisted(const struct job *j, const struct err *failure, struct answer *a)
{
	for (size_t i = 0; i < j->v.n; i++)
		report_check(&a->verbatim, &j->v.check[i]);
	buf_str(&a->verbatim, report_end(failure));
	buf_str(&a->verbatim, "\n");
	json_key(&a->json, "checks");
	verdict_json(&j->v, &a->json);
}

static bool tell(struct cli *c, const struct job *j, struct answer *a, struct err *e)
{
	bool yes = verdict_decide(&j->v, e);

	if (!j->listed) {
		tell_unlisted(j, e, a);
		return false;
	}
	/* A no is told with all checks as well. */
	first_line(&j->v, yes ? &c->text : &a->verbatim, &a->json);
	text(j, yes ? NULL : e, yes ? &c->text : &a->verbatim);
	json(&j->released, &j->v, &a->json);
	return yes;
}

/* Of several files a check names the one; what they are held against is common to all. */
static const char *subject(const struct cli *c, const struct files_given *g)
{
	if (g->n == 1)
		return g->path[0];
	return args_has(&c->args, O_DB) ? args_value(&c->args, O_DB)
					: args_item(&c->args, O_MANIFEST, 0);
}

static bool check_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(job_free) struct job j = {0};
	struct released *r = &j.released;
	struct files_given g;

	r->product = args_value(&c->args, O_PRODUCT);
	r->version = args_value(&c->args, O_VERSION);
	if (!operands(c, &g, e) || !when_choose(args_value(&c->args, O_AT), false, &r->when, e) ||
	    !read_release(c, &g, &j, e) ||
	    (j.listed && (!released_judge(r, &j.v, e) || !compare(c, &g, r, &j.v, e))))
		return false;
	return tell(c, &j, a, e) || err_subject(e, subject(c, &g));
}

const struct verb verb_check = {
	.name = "check",
	.summary = "is this file the one that its publishers released?",
	.group = GROUP_VERIFY,
	.usage = "IMAGE|BUNDLE|FILE... --manifest FILE... [--trust FILE]\n"
		 "IMAGE|BUNDLE|FILE... --db DIR [--channel NAME] [--latest] [--trust FILE]",
	.opts = opts,
	.run = check_run,
};
