#include "measure/cli/cli.h"
#include "measure/cli/findings.h"
#include "measure/cli/verbs.h"
#include "measure/core/cbor_diag.h"
#include "reference-db/bundle.h"
#include "reference-db/corim.h"
#include "reference-db/show.h"

#define DIAG_MAX CLI_TEXT_MAX

const struct verb verb_manifest = {
	.name = "manifest",
	.summary = "the signed statement what a released image measures to",
	.group = GROUP_PUBLISH,
	.usage = "ACTION [OPTION...]",
	.run = verb_run_family,
};

/* ---- show */

enum { S_DIAG };

static const struct opt show_opts[] = {
	[S_DIAG] = {"diag", 0, OPT_FLAG, NULL, NULL,
		    "the CBOR of the file in diagnostic notation (RFC 8949)"},
	{0},
};

static bool read_file(struct cli *c, const char **path, struct buf *file, struct err *e)
{
	return cli_operand(c, "FILE", path, e) && file_slurp(*path, BUNDLE_MAX, file, e);
}

static bool show(struct cli *c, struct answer *a, struct bytes file, struct err *e)
{
	owned(manifest_free) struct manifest m = {0};
	struct corim_file f;
	struct lint l = {0};
	const struct manifest_row *nitro;

	if (!corim_open(&f, file, &l, e) || !corim_read(&m, f.payload, f.base, &l, e))
		return findings_refuse(&l, e);
	findings_note(&l, a);
	nitro = manifest_nitro(&m);
	if (nitro && !manifest_registers(&m, nitro, &a->registers, e))
		return false;
	a->members.max = CLI_TEXT_MAX; /* a release for many machines has many values */
	if (c->json)
		show_json(&m, &f, &a->json);
	else
		show_text(&m, &f, false, &c->text);
	return true;
}

static bool show_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(buf_free) struct buf file = BUF(BUNDLE_MAX);
	const char *path;
	bool ok;

	if (!read_file(c, &path, &file, e))
		return false;
	if (args_has(&c->args, S_DIAG))
		ok = cbor_diag(buf_bytes(&file), CORIM_ITEMS, &c->text, e);
	else
		ok = show(c, a, buf_bytes(&file), e);
	return ok || err_subject(e, path);
}

const struct verb verb_manifest_show = {
	.name = "manifest show",
	.summary = "what a manifest says, in words; signatures are not checked",
	.usage = "FILE [--diag]",
	.opts = show_opts,
	.run = show_run,
};

/* ---- lint */

static bool refuse(const struct lint *l, struct err *e)
{
	return l->errors > 1 ? err_in(e, "the first of %zu errors", l->errors) : false;
}

static void put_findings(const struct lint *l, struct answer *a, struct buf *text)
{
	lint_text(l, text);
	if (l->n == 0)
		buf_str(text, "no findings\n");
	json_key(&a->json, "errors");
	json_u64(&a->json, l->errors);
	json_key(&a->json, "findings");
	lint_json(l, &a->json);
}

static bool lint_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(manifest_free) struct manifest m = {0};
	owned(buf_free) struct buf file = BUF(BUNDLE_MAX);
	struct corim_file f;
	struct lint l = {0};
	const char *path;
	bool ok;

	if (!read_file(c, &path, &file, e))
		return false;
	ok = corim_open(&f, buf_bytes(&file), &l, e);
	lint_harden(&l, LINT_ENVELOPE);
	ok = ok && corim_read(&m, f.payload, f.base, &l, e);
	put_findings(&l, a, ok ? &c->text : &a->verbatim);
	if (ok)
		return true;
	refuse(&l, e);
	return err_subject(e, path);
}

const struct verb verb_manifest_lint = {
	.name = "manifest lint",
	.summary = "all that is wrong with a manifest, or worth knowing",
	.usage = "FILE",
	.run = lint_run,
};
