#include "measure/base/when.h"
#include "measure/cli/db.h"
#include "measure/cli/verbs.h"

enum { O_DB, O_NAME, O_BARE };

static const struct opt opts[] = {
	[O_DB] = {"db", 0, OPT_VALUE, "DIR", NULL, "the repository to make"},
	[O_NAME] = {"name", 0, OPT_VALUE, "NAME", NULL,
		    "what the database is called (the folder's name without `.git`)"},
	[O_BARE] = {"bare", 0, OPT_FLAG, NULL, NULL,
		    "a repository without a work tree, as hosts keep it (so is DIR.git)"},
	{0},
};

/* srv/releases.git is the database `releases`. */
static void put_name(struct buf *out, const char *path)
{
	size_t n = strlen(path), begin;

	while (n > 1 && path[n - 1] == '/')
		n--;
	begin = n;
	while (begin > 0 && path[begin - 1] != '/')
		begin--;
	if (n - begin > 4 && memcmp(path + n - 4, ".git", 4) == 0)
		n -= 4;
	buf_put(out, bytes_of(path + begin, n - begin));
}

static bool ends_bare(const char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	return n > 4 && memcmp(path + n - 4, ".git", 4) == 0;
}

static bool init_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(buf_free) struct buf name = BUF(TRUST_PATH_MAX);
	const char *given = args_value(&c->args, O_NAME), *path;
	bool bare;

	if (!cli_no_operand(c, e) || !cli_needs(c, O_DB, &path, e))
		return false;
	if (given)
		buf_str(&name, given);
	else
		put_name(&name, path);
	bare = args_has(&c->args, O_BARE) || ends_bare(path);
	if (!buf_done(&name, "a name", e) ||
	    !database_init(path, buf_cstr(&name), bare, when_now(), e))
		return false;
	buf_fmt(&c->text, "%s\n", buf_cstr(&name));
	json_text(&a->json, "name", buf_cstr(&name));
	talk_note(&c->talk, "first its keys: `measure db keys --from TRUST --key ROOT --db %s`",
		  path);
	return true;
}

const struct verb verb_db_init = {
	.name = "db init",
	.summary = "a new, empty database",
	.usage = "--db DIR [--name NAME] [--bare]",
	.opts = opts,
	.run = init_run,
};
