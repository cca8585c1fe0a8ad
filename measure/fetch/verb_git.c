#include "measure/base/text.h"
#include "measure/cli/cli.h"
#include "measure/fetch/fetching.h"
#include "measure/fetch/mirror.h"
#include "measure/fetch/verbs.h"

enum { O_MOVED, O_PATIENCE };

static const struct opt opts[] = {
	[O_MOVED] = {"moved", 0, OPT_FLAG, NULL, NULL,
		     "take branches that do not follow from those here, and other tags"},
	[O_PATIENCE] = FETCHING_PATIENCE_ROW,
	{0},
};

struct work {
	struct cli *c;
	struct answer *a;
};

static void tell(void *arg, const struct mirror_tip *tip)
{
	static const char *const how[MIRROR_HOWS] = {"same", "new", "forward", "moved"};
	struct work *w = arg;
	struct json_out *j = &w->a->json;

	json_open(j, '{');
	json_text(j, "name", tip->name);
	json_text(j, "how", how[tip->how]);
	json_text(j, "was", tip->was[0] ? tip->was : NULL);
	json_text(j, "is", tip->is);
	json_close(j, '}');
	buf_fmt(&w->c->text, "%-7s  ", how[tip->how]);
	text_tame(&w->c->text, bytes_str(tip->name));
	buf_fmt(&w->c->text, "  %s%s%s\n", tip->was, tip->was[0] ? " -> " : "", tip->is);
}

static bool git_run(struct cli *c, struct answer *a, struct err *e)
{
	struct work w = {c, a};
	struct mirror m = {
		.watch = cli_watch(c), .patience = HTTP_PATIENCE, .tell = tell, .arg = &w};
	bool ok;

	if (c->args.n_operands != 2)
		return err_set(e, REASON_USAGE, "an address and a folder are needed, %zu are given",
			       c->args.n_operands);
	m.url = c->args.operands[0];
	m.path = c->args.operands[1];
	m.moved = args_has(&c->args, O_MOVED);
	if (!fetching_number(c, O_PATIENCE, FETCHING_PATIENCE_MAX, &m.patience, e) ||
	    !http_address(m.url, "URL", e))
		return false;
	json_key(&a->json, "tips");
	json_open(&a->json, '[');
	ok = mirror_fetch(&m, e);
	json_close(&a->json, ']');
	json_count(&a->json, "same", m.n[MIRROR_SAME]);
	if (ok && c->text.n == 0)
		buf_fmt(&c->text, "nothing new: %zu branches and tags\n", m.n[MIRROR_SAME]);
	/* Which they are is told also when they are refused. */
	if (!ok && e->reason == REASON_MOVED && !c->json)
		buf_put(&a->verbatim, buf_bytes(&c->text));
	return ok;
}

const struct verb verb_git = {
	.name = "git",
	.summary = "a repository of git, for those who have no git",
	.group = GROUP_BUILD,
	.usage = "URL DIR [--moved]",
	.opts = opts,
	.network = true,
	.run = git_run,
};
