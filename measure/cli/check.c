#include "measure/cli/cli.h"
#include "measure/cli/report.h"
#include "measure/cli/verbs.h"
#include "measure/core/headline.h"
#include "ovmf-snp/bundle.h"
#include "ovmf-snp/igvm_file.h"
#include "reference-db/compare.h"
#include "reference-db/released.h"
#include "reference-db/show.h"

enum { O_MANIFEST, O_PROOF, O_TRUST, O_PRODUCT, O_VERSION, O_AT, O_ALLOW_DEBUG };

static const struct opt opts[] = {
	[O_MANIFEST] =
		{"manifest", 0, OPT_LIST, "FILE", NULL,
		 "a signed manifest or a bundle; several give the signatures of one payload"},
	[O_PROOF] = {"proof", 0, OPT_LIST, "FILE", NULL,
		     "a proof that the manifest was published in a log, which is then wanted"},
	[O_TRUST] = {"trust", 0, OPT_VALUE, "FILE", NULL,
		     "the trust file ($XDG_CONFIG_HOME/measure/trust.yml)"},
	[O_PRODUCT] = {"product", 0, OPT_VALUE, "NAME", NULL,
		       "the product that the manifest must be of"},
	[O_VERSION] = {"version", 0, OPT_VALUE, "TEXT", NULL, "the version that it must be of"},
	[O_AT] = {"at", 0, OPT_VALUE, "TIME", NULL,
		  "time to judge signatures by: now, none, or RFC 3339"},
	[O_ALLOW_DEBUG] = {"allow-debug", 0, OPT_FLAG, NULL, NULL,
			   "read a manifest by which the host may debug the guest"},
	{0},
};

static bool read_manifest(const struct cli *c, struct released *r, struct err *e)
{
	const char *path;

	r->allow_debug = args_has(&c->args, O_ALLOW_DEBUG);
	if (!args_has(&c->args, O_MANIFEST))
		return err_set(e, REASON_USAGE, "option '--manifest' is missing");
	for (size_t i = 0; (path = args_item(&c->args, O_MANIFEST, i)); i++)
		if (!released_add(r, path, e))
			return false;
	for (size_t i = 0; (path = args_item(&c->args, O_PROOF, i)); i++)
		if (!released_add_proof(r, path, e))
			return false;
	return released_read(r, args_item(&c->args, O_MANIFEST, 0), e);
}

static bool compare(struct cli *c, const char *path, const struct released *r, struct verdict *v,
		    struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;

	if (snp_bundle_is(path))
		return compare_bundle(&r->manifest, path, cli_watch(c), v, e) ||
		       err_subject(e, path);
	if (!file_open(&f, path, e))
		return false;
	f.watch = cli_watch(c);
	cli_expect_file(c, path);
	return (igvm_file_is(path) ? compare_igvm : compare_image)(&r->manifest, &f, v, e) ||
	       err_subject(e, path);
}

/* A yes says what it does not prove, every time. */
static void text_limits(struct buf *out, const struct released *r)
{
	buf_str(out,
		"not proven: that this image runs anywhere (that takes `measure verify`), that its "
		"code\n            is good, or that no later release replaces it\n");
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
static void text(const struct released *r, const struct verdict *v, const struct err *failure,
		 struct buf *out)
{
	show_text(&r->manifest, NULL, false, out);
	report_signers(out, &r->judged);
	for (size_t i = 0; i < v->n; i++)
		report_check(out, &v->check[i]);
	if (!failure)
		text_limits(out, r);
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

static bool check_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(released_free) struct released r = {0};
	struct verdict v = {0};
	const char *path;
	bool yes;

	r.product = args_value(&c->args, O_PRODUCT);
	r.version = args_value(&c->args, O_VERSION);
	if (!cli_operand(c, "IMAGE", &path, e) ||
	    !when_choose(args_value(&c->args, O_AT), false, &r.when, e) ||
	    !read_manifest(c, &r, e) || !released_trust(&r, args_value(&c->args, O_TRUST), e) ||
	    !released_judge(&r, &v, e) || !compare(c, path, &r, &v, e))
		return false;
	yes = verdict_decide(&v, e);
	/* A no is told with all checks as well. */
	first_line(&v, yes ? &c->text : &a->verbatim, &a->json);
	text(&r, &v, yes ? NULL : e, yes ? &c->text : &a->verbatim);
	json(&r, &v, &a->json);
	if (!yes)
		err_subject(e, path);
	return yes;
}

const struct verb verb_check = {
	.name = "check",
	.summary = "is this file the image that its publishers released?",
	.group = GROUP_VERIFY,
	.usage = "IMAGE|BUNDLE --manifest FILE... [--trust FILE]",
	.opts = opts,
	.run = check_run,
};
