#include "measure/cli/cli.h"
#include "measure/cli/complete.h"
#include "measure/cli/man.h"
#include "measure/cli/usage.h"
#include "measure/cli/verbs.h"

enum { O_TOPICS, O_MAN, O_COMPLETION };

static const char *const shells[] = {"bash", "zsh", "fish", NULL};

static const struct opt opts[] = {
	[O_TOPICS] = {"topics", 0, OPT_FLAG, NULL, NULL, "list the manual pages"},
	[O_MAN] = {"man", 0, OPT_VALUE, "TOPIC", NULL, "print a manual page as its source"},
	[O_COMPLETION] = {"completion", 0, OPT_VALUE, "SHELL", shells,
			  "print a script that completes words in this shell"},
	{0},
};

static bool about(struct cli *c, const char *first, const char *second, struct err *e)
{
	struct verb v;
	size_t used;

	if (!verb_find(first, second, &v, &used))
		return verb_unknown(first, NULL, e);
	if (used < c->args.n_operands && verb_is_family(&v))
		return verb_unknown(second, &v, e);
	if (used < c->args.n_operands)
		return err_set(e, REASON_USAGE, "'%s' is a word too many", c->args.operands[used]);
	usage_verb(&c->text, &v);
	return true;
}

static bool help_run(struct cli *c, struct answer *a, struct err *e)
{
	(void)a;
	if (args_has(&c->args, O_TOPICS))
		man_topics(&c->text);
	else if (args_has(&c->args, O_MAN))
		return man_page(&c->text, args_value(&c->args, O_MAN), e);
	else if (args_has(&c->args, O_COMPLETION))
		complete_script(&c->text, args_value(&c->args, O_COMPLETION));
	else if (c->args.n_operands > 0)
		return about(c, c->args.operands[0],
			     c->args.n_operands > 1 ? c->args.operands[1] : NULL, e);
	else
		usage_top(&c->text);
	return true;
}

const struct verb verb_help = {
	.name = "help",
	.summary = "the verbs, or the options of one",
	.usage = "[VERB]\n--topics\n--man TOPIC\n--completion SHELL",
	.opts = opts,
	.run = help_run,
};
