#include "measure/cli/cli.h"
#include "measure/cli/verbs.h"

bool verb_run_tee(struct cli *c, struct answer *a, struct err *e)
{
	struct tee_request q = {
		.args = &c->args,
		.json = c->json,
		.verbose = c->talk.verbose,
		.watch = cli_watch(c),
	};

	/* --at stands in front of the common options. */
	if (c->verb.tee->judges_time &&
	    !when_choose(args_value(&c->args, c->common - 1), false, &q.when, e))
		return false;
	talk_note(&c->talk, "measuring as %s: %s", c->verb.name, c->verb.summary);
	if (c->args.n_operands == 1)
		cli_expect_file(c, c->args.operands[0]);
	return c->verb.tee->measure(&q, a, e);
}
