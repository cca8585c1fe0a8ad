#include "measure/cli/reproduce.h"

#include "measure/cli/build_recipe.h"
#include "measure/cli/verbs.h"
#include "measure/cli/version.h"
#include "reference-db/published.h"

#define HEAD 16u

#define VALUE(name, arg, help)                      \
	{                                           \
		name, 0, OPT_VALUE, arg, NULL, help \
	}
#define FLAG(name, help)                            \
	{                                           \
		name, 0, OPT_FLAG, NULL, NULL, help \
	}

static const struct opt opts[] = {
	[REPRODUCE_SOURCE] = VALUE("source", "DIR",
				   "the repository of the source (that which the recipe is in)"),
	[REPRODUCE_RECIPE] = VALUE("recipe", "FILE",
				   "the recipe of the manifest (measure.yml in --source, or here)"),
	[REPRODUCE_LOCK] =
		VALUE("lock", "FILE", "the lock (instead of measure.lock beside the recipe)"),
	[REPRODUCE_STORE] = VALUE("store", "DIR",
				  "the store of inputs (instead of the one in the user's cache)"),
	[REPRODUCE_CACHE] = VALUE("cache", "DIR", "where to work (instead of the user's cache)"),
	[REPRODUCE_CACHED] =
		FLAG("cached", "believe stages that were built there before, which proves less"),
	[REPRODUCE_VARY] = VALUE(
		"vary", "LIST",
		"build it again under other conditions: `all`, or names; -NAME: not this one"),
	[REPRODUCE_KEEP] = VALUE("keep", "DIR", "a folder to leave what was rebuilt in"),
	[REPRODUCE_IMAGE] = VALUE("image", "FILE",
				  "the published image or bundle, to say why another was built"),
	[REPRODUCE_WITNESS] =
		VALUE("witness", "FILE",
		      "the published image or bundle, to take compressed ramdisks from"),
	[REPRODUCE_CERTIFICATE] = VALUE("certificate", "FILE",
					"the signer's certificate (PEM), where a stage makes it"),
	[REPRODUCE_ID_BLOCK] =
		VALUE("id-block", "FILE", "of a guest: the ID block that it is started with"),
	[REPRODUCE_ID_AUTH] = VALUE("id-auth", "FILE", "and its authentication"),
	[REPRODUCE_ALLOW_DEBUG] =
		FLAG("allow-debug", "read a manifest by which the host may debug the guest"),
	SIGNER_OTHER_ROWS(REPRODUCE_WAYS),
	[REPRODUCE_WAYS + SIGNER_KEY] =
		VALUE("statement", "KEY",
		      "sign a statement of what came of it with this private key (PEM)"),
	SIGNER_STATEMENT_ROWS(REPRODUCE_WAYS),
	[REPRODUCE_SIGNER] = VALUE("signer", "NAME",
				   "who signs, for readers of the header (the key's fingerprint)"),
	[REPRODUCE_EXPIRES] =
		VALUE("expires", "TIME", "until when the statement counts: 2027-01-01T00:00:00Z"),
	[REPRODUCE_OUTPUT] = {"output", 'o', OPT_VALUE, "FILE", NULL, "the statement to write"},
	{0},
};

static void close_run(struct reproduction *r)
{
	varied_free(&r->varied);
	fresh_close(&r->fresh);
}

/* A recipe is text; the first byte of a manifest is none. */
static bool is_manifest(const char *path, bool *is, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;
	struct err other = {0};
	uint8_t head[HEAD];
	size_t got;

	*is = true;
	if (strcmp(path, "-") == 0)
		return true;
	if (!file_open(&f, path, e) || !file_pread(&f, 0, (struct span){head, HEAD}, &got, e))
		return false;
	*is = published_begins(bytes_of(head, got), &other);
	return true;
}

/* What only a manifest gives a meaning. */
static bool check_options(const struct cli *c, struct err *e)
{
	static const enum reproduce_opt of_manifests[] = {
		REPRODUCE_RECIPE,   REPRODUCE_IMAGE,   REPRODUCE_WITNESS,     REPRODUCE_CERTIFICATE,
		REPRODUCE_ID_BLOCK, REPRODUCE_ID_AUTH, REPRODUCE_ALLOW_DEBUG, REPRODUCE_SIGNER,
		REPRODUCE_EXPIRES,  REPRODUCE_OUTPUT,
	};
	struct signer by = SIGNER(c, REPRODUCE_WAYS, SIGNER_OPTS);
	int given = signer_given(&by);

	for (size_t i = 0; given < 0 && i < sizeof(of_manifests) / sizeof(of_manifests[0]); i++)
		if (args_has(&c->args, of_manifests[i]))
			given = (int)of_manifests[i];
	return given < 0 || err_set(e, REASON_USAGE,
				    "--%s has no meaning for a recipe: it is compared with itself",
				    opts[given].name);
}

static bool read_vary(struct reproduction *r, struct err *e)
{
	const char *list = args_value(&r->c->args, REPRODUCE_VARY);

	if (!list)
		return true;
	if (!vary_parse(list, &r->varied.asked, e))
		return err_in(e, "--vary");
	return r->varied.asked != 0 ||
	       err_set(e, REASON_USAGE, "--vary: nothing is left that would be varied");
}

static bool reproduce_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(close_run) struct reproduction r = {
		.c = c,
		.a = a,
		.path = RECIPE_FILE,
		.build = {.plan = {.lock = args_value(&c->args, REPRODUCE_LOCK),
				   .store = args_value(&c->args, REPRODUCE_STORE),
				   .source = args_value(&c->args, REPRODUCE_SOURCE),
				   .own = true,
				   .watch = cli_watch(c)},
			  .output = args_value(&c->args, REPRODUCE_KEEP),
			  .tool = version_text(),
			  .watch = build_recipe_watch(c)},
		.fresh = FRESH_NONE,
	};
	bool manifest;

	if (c->args.n_operands > 0 && !cli_operand(c, "MANIFEST or RECIPE", &r.path, e))
		return false;
	r.fresh.cached = args_has(&c->args, REPRODUCE_CACHED);
	a->members.max = CLI_TEXT_MAX;
	if (!read_vary(&r, e) || !is_manifest(r.path, &manifest, e))
		return false;
	if (manifest)
		return reproduce_manifest(&r, e);
	return check_options(c, e) &&
	       fresh_open(&r.fresh, args_value(&c->args, REPRODUCE_CACHE), e) &&
	       reproduce_recipe(&r, e);
}

const struct verb verb_reproduce = {
	.name = "reproduce",
	.summary = "is a release what its source, recipe and inputs give?",
	.group = GROUP_VERIFY,
	.usage = "MANIFEST [--source DIR] [--lock FILE] [--store DIR] [--image FILE]\n"
		 "MANIFEST --witness FILE [OPTIONS]\n"
		 "MANIFEST --statement KEY -o FILE [--expires TIME]\n"
		 "[RECIPE] [--lock FILE] [--store DIR] [--vary LIST]",
	.opts = opts,
	.programs = true,
	.run = reproduce_run,
};
