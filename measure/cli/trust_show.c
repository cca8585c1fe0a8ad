#include "measure/base/text.h"
#include "measure/cli/cli.h"
#include "measure/cli/print.h"
#include "measure/cli/verbs.h"
#include "reference-db/trust.h"

enum { O_TRUST };

static const struct opt opts[] = {
	[O_TRUST] = {"trust", 0, OPT_VALUE, "FILE", NULL,
		     "the trust file (instead of the one in the user's configuration)"},
	{0},
};

const struct verb verb_trust = {
	.name = "trust",
	.summary = "whose signatures count, and for what",
	.group = GROUP_PUBLISH,
	.usage = "ACTION [OPTION...]",
	.run = verb_run_family,
};

static bool show_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(buf_free) struct buf path = BUF(TRUST_PATH_MAX);
	owned(trust_free) struct trust *t = NULL;

	if (!cli_no_operand(c, e) || !trust_path(args_value(&c->args, O_TRUST), &path, e) ||
	    !trust_read(&t, buf_cstr(&path), e))
		return false;
	buf_str(&c->text, "trust file ");
	text_tame(&c->text, buf_bytes(&path));
	buf_str(&c->text, "\n");
	trust_text(t, &c->text);
	print_foreign(&a->json, "path", buf_cstr(&path));
	trust_json(t, &a->json);
	return true;
}

const struct verb verb_trust_show = {
	.name = "trust show",
	.summary = "the keys of the trust file, by role, and their fingerprints",
	.usage = "[--trust FILE]",
	.opts = opts,
	.run = show_run,
};
