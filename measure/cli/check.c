#include "measure/base/file.h"
#include "measure/base/hex.h"
#include "measure/base/text.h"
#include "measure/base/when.h"
#include "measure/cli/cli.h"
#include "measure/cli/verbs.h"
#include "reference-db/compare.h"
#include "reference-db/corim.h"
#include "reference-db/judge.h"
#include "reference-db/show.h"

enum { O_MANIFEST, O_TRUST, O_AT };

static const struct opt opts[] = {
	[O_MANIFEST] =
		{"manifest", 0, OPT_LIST, "FILE", NULL,
		 "a signed manifest or a bundle; several give the signatures of one payload"},
	[O_TRUST] = {"trust", 0, OPT_VALUE, "FILE", NULL,
		     "the trust file ($XDG_CONFIG_HOME/measure/trust.yml)"},
	[O_AT] = {"at", 0, OPT_VALUE, "TIME", NULL,
		  "time to judge signatures by: now, none, or RFC 3339"},
	{0},
};

/* All that a check works with, and what it came to. */
struct work {
	struct trust *trust;
	struct published published;
	struct manifest manifest;
	struct corim_file corim;
	struct judge_time when;
	struct judged judged;
	struct verdict verdict;
};

static void work_free(struct work *k)
{
	trust_free(&k->trust);
	published_free(&k->published);
	manifest_free(&k->manifest);
}

static bool read_trust(const struct cli *c, struct work *k, struct err *e)
{
	owned(buf_free) struct buf path = BUF(4096);

	return trust_path(args_value(&c->args, O_TRUST), &path, e) &&
	       trust_read(&k->trust, buf_cstr(&path), e) &&
	       trust_needs(k->trust, TRUST_PUBLISHER, buf_cstr(&path), e);
}

static bool read_time(const struct cli *c, struct work *k, struct err *e)
{
	const char *at = args_value(&c->args, O_AT);

	k->when.judged = !at || strcmp(at, "none") != 0;
	if (!k->when.judged)
		return true;
	if (at && strcmp(at, "now") != 0)
		return when_read(at, "--at", &k->when.at, e);
	k->when.at = when_now();
	return true;
}

static bool read_manifest(const struct cli *c, struct work *k, struct err *e)
{
	struct lint l = {0};
	const char *path;

	if (!args_has(&c->args, O_MANIFEST))
		return err_set(e, REASON_USAGE, "option '--manifest' is missing");
	for (size_t i = 0; (path = args_item(&c->args, O_MANIFEST, i)); i++)
		if (!published_add(&k->published, path, e))
			return false;
	k->corim = (struct corim_file){true, k->published.payload, k->published.payload_at};
	return corim_read(&k->manifest, k->corim.payload, k->corim.base, &l, e) ||
	       err_subject(e, args_item(&c->args, O_MANIFEST, 0));
}

static bool judge(struct work *k, struct err *e)
{
	struct judge j = {
		.trust = k->trust,
		.role = TRUST_PUBLISHER,
		.when = k->when,
		.verdict = &k->verdict,
		.judged = &k->judged,
	};

	return judge_signatures(&j, &k->published, e);
}

static bool compare(struct cli *c, const char *path, struct work *k, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;

	if (!file_open(&f, path, e))
		return false;
	f.watch = cli_watch(c);
	cli_expect_file(c, path);
	return compare_image(&k->manifest, &f, &k->verdict, e) || err_subject(e, path);
}

static void text_check(struct buf *out, const struct check *c)
{
	buf_fmt(out, "%-5s %-10s ", check_result_name(c->result), c->id);
	text_tame(out, bytes_str(c->detail));
	buf_str(out, "\n");
	if (c->result != CHECK_FAIL || c->expected[0] == '\0')
		return;
	buf_fmt(out, "      expected   %s\n", c->expected);
	if (c->actual[0] != '\0')
		buf_fmt(out, "      found      %s\n", c->actual);
}

static void text_signers(struct buf *out, const struct judged *j)
{
	for (size_t i = 0; i < j->n; i++) {
		const struct signed_header *h = &j->signer[i].statement->header;

		buf_str(out, "signed by  ");
		text_tame(out, bytes_str(j->signer[i].key->name));
		buf_str(out, "  sha256:");
		hex_put(out, digest_bytes(pubkey_id(j->signer[i].key->key)));
		if (h->has_expires) {
			buf_str(out, "\n           until ");
			when_put(out, h->expires, "Z");
		}
		buf_str(out, "\n");
	}
}

/* A yes says what it does not prove, every time. */
static void text_limits(struct buf *out, const struct work *k)
{
	buf_str(out,
		"not proven: that this image runs anywhere (that takes `measure verify`), that its "
		"code\n            is good, or that no later release replaces it\n");
	if (k->manifest.artefact.origin == ORIGIN_ASSERTED)
		buf_str(out,
			"            that it was built from its source: all origins are asserted\n");
	if (!k->when.judged)
		buf_str(out,
			"            that the signatures are still valid: --at none was given\n");
}

static void report(struct cli *c, struct answer *a, const struct work *k)
{
	show_text(&k->manifest, &k->corim, false, &c->text);
	text_signers(&c->text, &k->judged);
	for (size_t i = 0; i < k->verdict.n; i++)
		text_check(&c->text, &k->verdict.check[i]);
	text_limits(&c->text, k);
	show_json(&k->manifest, &k->corim, &a->json);
	json_key(&a->json, "checks");
	verdict_json(&k->verdict, &a->json);
}

static bool check_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(work_free) struct work k = {0};
	const char *path;
	bool yes;

	if (!cli_operand(c, "IMAGE", &path, e) || !read_time(c, &k, e) ||
	    !read_manifest(c, &k, e) || !read_trust(c, &k, e) || !judge(&k, e) ||
	    !compare(c, path, &k, e))
		return false;
	yes = verdict_decide(&k.verdict, e);
	report(c, a, &k);
	buf_str(&c->text, yes ? "PASS\n" : "FAIL\n");
	if (!yes)
		err_subject(e, path);
	return yes;
}

const struct verb verb_check = {
	.name = "check",
	.summary = "is this file the image that its publishers released?",
	.group = GROUP_VERIFY,
	.usage = "IMAGE --manifest FILE... [--trust FILE]",
	.opts = opts,
	.run = check_run,
};
