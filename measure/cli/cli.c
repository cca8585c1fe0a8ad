#include "measure/cli/cli.h"

#include <sys/stat.h>

bool cli_operand(const struct cli *c, const char *what, const char **out, struct err *e)
{
	if (c->args.n_operands != 1)
		return err_set(e, REASON_USAGE, "one %s is needed, %zu are given", what,
			       c->args.n_operands);
	*out = c->args.operands[0];
	return true;
}

bool cli_no_operand(const struct cli *c, struct err *e)
{
	if (c->args.n_operands == 0)
		return true;
	return err_set(e, REASON_USAGE, "'%s' is a word too many", c->args.operands[0]);
}

bool cli_needs(const struct cli *c, unsigned opt, const char **out, struct err *e)
{
	if (!args_has(&c->args, opt))
		return err_set(e, REASON_USAGE, "option '--%s' is missing", c->verb.opts[opt].name);
	*out = args_value(&c->args, opt);
	return true;
}

struct watch cli_watch(struct cli *c)
{
	return (struct watch){progress_tick, &c->talk.progress};
}

/* A stream has no size. */
void cli_expect_file(struct cli *c, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
		c->talk.progress.total += (uint64_t)st.st_size;
}
