#include "measure/base/when.h"
#include "measure/cli/cli.h"
#include "measure/cli/verbs.h"

/* --at stands in front of the common options; now is the same as nothing. */
static bool read_time(const struct cli *c, const char **now, struct err *e)
{
	int64_t when;

	*now = args_value(&c->args, c->common - 1);
	if (*now && strcmp(*now, "now") == 0)
		*now = NULL;
	return !*now || strcmp(*now, "none") == 0 || when_read(*now, "--at", &when, e);
}

bool verb_run_tee(struct cli *c, struct answer *a, struct err *e)
{
	struct tee_request q = {
		.args = &c->args,
		.json = c->json,
		.watch = cli_watch(c),
	};

	if (!read_time(c, &q.now, e))
		return false;
	talk_note(&c->talk, "measuring as %s: %s", c->verb.name, c->verb.summary);
	if (c->args.n_operands == 1)
		cli_expect_file(c, c->args.operands[0]);
	return c->verb.tee->measure(&q, a, e);
}
