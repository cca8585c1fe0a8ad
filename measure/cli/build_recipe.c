#include <stdlib.h>

#include "measure/base/hex.h"
#include "measure/base/json.h"
#include "measure/cli/build_recipe.h"
#include "measure/cli/verbs.h"
#include "measure/cli/version.h"
#include "measure/rebuild/buildinfo_write.h"
#include "ovmf-snp/launch_record.h"

#define TAIL_LINES 20u
#define MEASUREMENTS_MAX (16u << 20)

enum { O_OUTPUT, O_LOCK, O_STORE, O_SOURCE, O_CACHE, O_STAGE, O_LOGS, O_BUILDINFO, O_TEMPLATE };

static const char *const templates[] = {"eif", "snp", NULL};

static const struct opt opts[] = {
	[O_OUTPUT] = {"output", 'o', OPT_VALUE, "DIR", NULL, "the folder to write"},
	[O_LOCK] = {"lock", 0, OPT_VALUE, "FILE", NULL,
		    "the lock (instead of measure.lock beside the recipe)"},
	[O_STORE] = {"store", 0, OPT_VALUE, "DIR", NULL,
		     "the store of inputs (instead of the one in the user's cache)"},
	[O_SOURCE] = {"source", 0, OPT_VALUE, "DIR", NULL,
		      "the repository of the source (instead of the recipe's)"},
	[O_CACHE] = {"cache", 0, OPT_VALUE, "DIR", NULL,
		     "where what was built is kept (instead of the user's cache)"},
	[O_STAGE] = {"stage", 0, OPT_VALUE, "NAME", NULL,
		     "this stage alone; its outputs are what is written"},
	[O_LOGS] = {"logs", 0, OPT_FLAG, NULL, NULL, "write what the stages printed, too"},
	[O_BUILDINFO] = {"buildinfo", 0, OPT_VALUE, "FILE", NULL,
			 "write what was built as a Debian .buildinfo, of --stage or the last one"},
	[O_TEMPLATE] = {"template", 0, OPT_VALUE, "KIND", templates,
			"print a recipe to begin with, and build nothing"},
	{0},
};

/* ---- what is told on the way */

static void begins(void *arg, const struct recipe_stage *s, bool cached)
{
	struct cli *c = arg;

	if (cached)
		talk_note(&c->talk, "stage '%s': as it was built before", s->name);
	else
		talk_say(&c->talk, "stage '%s': building", s->name);
}

static void configures(void *arg, const char *input)
{
	struct cli *c = arg;

	talk_say(&c->talk, "input '%s': running its packages' scripts", input);
}

/* The last lines of a text. */
static struct bytes last_lines(struct bytes text)
{
	size_t at = text.n, lines = 0;

	if (at > 0 && text.p[at - 1] == '\n')
		text.n = --at;
	while (at > 0 && !(text.p[at - 1] == '\n' && ++lines == TAIL_LINES))
		at--;
	return bytes_of(text.p + at, text.n - at);
}

static void failed(void *arg, const struct recipe_stage *s, struct bytes tail, const char *log)
{
	struct cli *c = arg;
	struct bytes left = last_lines(tail);

	(void)log;
	while (left.n > 0) {
		struct bytes line = bytes_line(&left);

		talk_say(&c->talk, "%s: %.*s", s->name, (int)line.n, (const char *)line.p);
	}
}

struct stage_watch build_recipe_watch(struct cli *c)
{
	return (struct stage_watch){
		.begins = begins, .failed = failed, .configures = configures, .arg = c};
}

/* ---- what was built */

static bool print_template(struct cli *c, const char *kind)
{
	const struct recipe_template *t = recipe_templates;

	while (strcmp(t->name, kind) != 0)
		t++;
	buf_put(&c->text, t->text);
	return true;
}

static bool read_measurements(const char *folder, struct buf *text, struct json *j, struct err *e)
{
	owned(buf_free) struct buf path = BUF(8192);

	buf_fmt(&path, "%s/measurements.json", folder);
	return buf_done(&path, "a path", e) &&
	       file_slurp(buf_cstr(&path), MEASUREMENTS_MAX, text, e) &&
	       json_read(j, buf_bytes(text), 0, e);
}

static void put_rows(struct buf *out, const struct json *j, const struct json_node *object)
{
	for (const struct json_node *n = json_first(j, object); n; n = json_after(j, object, n)) {
		buf_put(out, n->key);
		buf_str(out, "  ");
		buf_put(out, n->text);
		buf_str(out, "\n");
	}
}

/* One line for each launch: its row, and its digest. */
static bool put_launch(struct buf *out, const struct json *j, const struct json_node *launch,
		       struct err *e)
{
	owned(launch_record_free) struct launch_record r = {0};
	owned(buf_free) struct buf text = BUF(LAUNCH_RECORD_MAX);
	struct json_out w = json_out(&text, true);

	json_node_out(&w, j, launch);
	buf_str(&text, "\n");
	if (!buf_done(&text, "a launch", e) || !launch_record_read(&r, buf_bytes(&text), e))
		return false;
	for (size_t i = 0; i < r.n; i++) {
		launch_row_put(out, &r.row[i]);
		buf_str(out, "  ");
		hex_put(out, digest_bytes(&r.row[i].digest));
		buf_str(out, "\n");
	}
	return true;
}

static void put_digest(struct json_out *w, const char *key, const struct digest *d)
{
	json_key(w, key);
	json_hex(w, digest_bytes(d));
}

bool build_recipe_report(struct cli *c, const struct build_request *q,
			 const struct build_report *made, struct answer *a, struct err *e)
{
	owned(buf_free) struct buf text = BUF(MEASUREMENTS_MAX);
	owned(json_free) struct json j = {0};
	const struct json_node *node;

	a->registers.n = 0; /* they stand in what was written, whether it was built now or before */
	put_digest(&a->json, "recipe", &made->recipe);
	put_digest(&a->json, "inputs", &made->inputs);
	json_key(&a->json, "stages");
	json_u64(&a->json, made->stages);
	json_key(&a->json, "cached");
	json_u64(&a->json, made->cached);
	if (q->stage || !q->output)
		return true;
	if (!read_measurements(q->output, &text, &j, e))
		return false;
	json_key(&a->json, "built");
	json_node_out(&a->json, &j, &j.nodes[0]);
	node = json_member(&j, &j.nodes[0], "files");
	if (node)
		put_rows(&c->text, &j, node);
	node = json_member(&j, &j.nodes[0], "registers");
	if (node)
		put_rows(&c->text, &j, node);
	node = json_member(&j, &j.nodes[0], "launch");
	return !node || put_launch(&c->text, &j, node, e);
}

/* ---- as a .buildinfo */

/* Told before anything is built, and written when all is. */
struct told {
	const char *path, *stage; /* path NULL: not asked for */
	struct buildinfo_text text;
};

static void told_free(struct told *t)
{
	buildinfo_text_free(&t->text);
}

static bool planned(void *arg, const struct plan *p, struct err *e)
{
	struct told *t = arg;

	return !t->path || buildinfo_tell(&t->text, &p->recipe, &p->lock, t->stage, e);
}

static bool write_told(const struct told *t, const char *folder, struct err *e)
{
	owned(buf_free) struct buf text = BUF(8u << 20);

	return !t->path || (buildinfo_write(&t->text, folder, &text, e) &&
			    file_write(t->path, buf_bytes(&text), e));
}

static bool recipe_run(struct cli *c, struct answer *a, struct err *e)
{
	const char *template = args_value(&c->args, O_TEMPLATE);
	owned(told_free) struct told told = {.path = args_value(&c->args, O_BUILDINFO),
					     .stage = args_value(&c->args, O_STAGE),
					     .text = BUILDINFO_TEXT};
	struct build_report made;
	struct build_request q = {
		.plan = {.recipe = RECIPE_FILE,
			 .lock = args_value(&c->args, O_LOCK),
			 .store = args_value(&c->args, O_STORE),
			 .source = args_value(&c->args, O_SOURCE),
			 .watch = cli_watch(c)},
		.cache = args_value(&c->args, O_CACHE),
		.stage = args_value(&c->args, O_STAGE),
		.output = args_value(&c->args, O_OUTPUT),
		.logs = args_has(&c->args, O_LOGS),
		.tool = version_text(),
		.watch = build_recipe_watch(c),
		.planned = planned,
		.planned_arg = &told,
	};

	if (template)
		return cli_no_operand(c, e) && print_template(c, template);
	if (c->args.n_operands > 0 && !cli_operand(c, "FILE", &q.plan.recipe, e))
		return false;
	if (!q.output && (!q.stage || q.logs || told.path))
		return cli_needs(c, O_OUTPUT, &q.output, e);
	return build(&q, &made, a, e) && write_told(&told, q.output, e) &&
	       build_recipe_report(c, &q, &made, a, e);
}

const struct verb verb_build_recipe = {
	.name = "build recipe",
	.summary = "an image from its recipe and lock: the verb where no second word stands",
	.usage = "[FILE] -o DIR [--stage NAME] [--buildinfo FILE]\n"
		 "--template eif|snp",
	.opts = opts,
	.programs = true,
	.run = recipe_run,
};
