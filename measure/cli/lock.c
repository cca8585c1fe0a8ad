#include <stdio.h>
#include <stdlib.h>

#include "measure/base/hex.h"
#include "measure/base/text.h"
#include "measure/base/when.h"
#include "measure/cli/cli.h"
#include "measure/cli/print.h"
#include "measure/cli/verbs.h"
#include "measure/cli/version.h"
#include "measure/rebuild/feeds.h"
#include "measure/rebuild/locking.h"

#define PATH_BYTES 4096u

enum { O_OUTPUT, O_STORE, O_UPDATE, O_SOURCE, O_AT, O_BUILDINFO, O_FEEDS };

static const struct opt opts[] = {
	[O_OUTPUT] = {"output", 'o', OPT_VALUE, "FILE", NULL,
		      "the lock (instead of measure.lock beside the recipe)"},
	[O_STORE] = {"store", 0, OPT_VALUE, "DIR", NULL,
		     "the store (instead of the one in the user's cache)"},
	[O_UPDATE] = {"update", 0, OPT_LIST, "INPUT", NULL,
		      "an input that is locked anew, though nothing asks for it"},
	[O_SOURCE] = {"source", 0, OPT_VALUE, "DIR", NULL,
		      "the source's repository (instead of the recipe's own)"},
	[O_AT] = {"at", 0, OPT_VALUE, "TIME", NULL,
		  "when lists of packages must be valid: now, none or RFC 3339"},
	[O_BUILDINFO] = {"buildinfo", 0, OPT_VALUE, "FILE", NULL,
			 "a Debian .buildinfo: packages are locked in the versions that it names"},
	[O_FEEDS] =
		{"feeds", 0, OPT_FLAG, NULL, NULL,
		 "say what can reach each register or file, by the lock as it is; lock nothing"},
	{0},
};

/* What a run owns; texts of the recipe and the old lock stay as long as it. */
struct run {
	struct recipe recipe;
	struct buf text, old_text, new_text, folder, path;
	struct lock old, new;
	struct objects store;
	const char **update;
	struct buildinfo buildinfo;
	bool had; /* there was a lock */
};

static void run_free(struct run *r)
{
	recipe_free(&r->recipe);
	buf_free(&r->text);
	buf_free(&r->old_text);
	buf_free(&r->new_text);
	buf_free(&r->folder);
	buf_free(&r->path);
	lock_free(&r->old);
	lock_free(&r->new);
	objects_close(&r->store);
	buildinfo_free(&r->buildinfo);
	free(r->update);
}

/* The one that is there stays the base of the new one; none is as well. */
static bool read_old(struct run *r, const char *given, const char *recipe, struct err *e)
{
	const char *slash = strrchr(recipe, '/');
	struct err none = {0};

	if (given)
		buf_str(&r->path, given);
	else if (slash)
		buf_put(&r->path, bytes_of(recipe, (size_t)(slash - recipe) + 1));
	if (!given)
		buf_str(&r->path, LOCK_FILE);
	if (!buf_done(&r->path, "a path", e) || !out_distinct(buf_cstr(&r->path), recipe, e))
		return false;
	if (!file_slurp(buf_cstr(&r->path), LOCK_MAX_BYTES, &r->old_text, &none)) {
		if (none.reason == REASON_NO_SUCH_FILE)
			return true;
		*e = none;
		return false;
	}
	r->had = true;
	if (lock_read(&r->old, buf_bytes(&r->old_text), e))
		return true;
	e->hint[0] = '\0'; /* this would write it, from it */
	err_hint(e, "without that file all inputs are locked anew");
	return err_subject(e, buf_cstr(&r->path));
}

static bool read_updates(struct run *r, const struct cli *c, size_t *n, struct err *e)
{
	const char *item;

	r->update = own_new((c->args.n_values + 1) * sizeof(*r->update), e);
	for (*n = 0; r->update && (item = args_item(&c->args, O_UPDATE, *n)); ++*n)
		r->update[*n] = item;
	return r->update != NULL;
}

static bool read_buildinfo(struct run *r, const char *path, struct err *e)
{
	owned(buf_free) struct buf text = BUF(BUILDINFO_MAX);

	return !path ||
	       (file_slurp(path, BUILDINFO_MAX, &text, e) &&
		(buildinfo_read(&r->buildinfo, buf_bytes(&text), e) || err_subject(e, path)));
}

static bool make(struct run *r, struct cli *c, struct answer *a, struct err *e)
{
	const char *buildinfo = args_value(&c->args, O_BUILDINFO);
	struct locking q = {
		.recipe = &r->recipe,
		.text = buf_bytes(&r->text),
		.folder = buf_cstr(&r->folder),
		.source = args_value(&c->args, O_SOURCE),
		.store = &r->store,
		.old = r->had ? &r->old : NULL,
		.tool = version_text(),
		.watch = cli_watch(c),
	};
	struct when when;

	if (!when_choose(args_value(&c->args, O_AT), false, &when, e) ||
	    !read_updates(r, c, &q.n_update, e))
		return false;
	if (!read_buildinfo(r, buildinfo, e))
		return false;
	q.buildinfo = buildinfo ? &r->buildinfo : NULL;
	q.update = r->update;
	q.now = when.clock == CLOCK_NONE ? INT64_MIN : when.at;
	if (!locking_make(&q, &r->new, e))
		return false;
	if (buildinfo && !buildinfo_fits(&r->buildinfo, &r->recipe, &r->new, a, e))
		return err_subject(e, buildinfo);
	return lock_write(&r->new, &r->new_text, e);
}

static void tell_change(struct cli *c, struct answer *a, const struct lock_change *x)
{
	const struct lock_input *is = x->new ? x->new : x->old;
	char one[2 * DIGEST_MAX + 1], two[2 * DIGEST_MAX + 1];
	const char *from = lock_input_version(x->old, one), *to = lock_input_version(x->new, two);

	buf_fmt(&c->text, "%s%s%s: %s -> %s\n", is->input, *is->name ? "/" : "", is->name, from,
		to);
	json_open(&a->json, '{');
	json_text(&a->json, "input", is->input);
	json_text(&a->json, "name", is->name);
	json_text(&a->json, "from", x->old ? from : NULL);
	json_text(&a->json, "to", x->new ? to : NULL);
	json_close(&a->json, '}');
}

static bool tell(struct run *r, struct cli *c, struct answer *a, struct err *e)
{
	struct lock_changes changes = {0};
	char inputs[2 * DIGEST_MAX + 1];

	if (r->had && !lock_compare(&r->old, &r->new, &changes, e))
		return false;
	json_key(&a->json, "changes");
	json_open(&a->json, '[');
	for (size_t i = 0; i < changes.n; i++)
		tell_change(c, a, &changes.item[i]);
	json_close(&a->json, ']');
	lock_changes_free(&changes);
	hex_string(inputs, digest_bytes(&r->new.inputs_digest));
	buf_fmt(&c->text, "inputs  %s\n", inputs);
	json_text(&a->json, "inputs", inputs);
	json_key(&a->json, "objects");
	json_u64(&a->json, r->new.n_inputs);
	print_foreign(&a->json, "path", buf_cstr(&r->path));
	return true;
}

/* What is as it was keeps its time, too. */
static bool write_new(struct run *r, struct err *e)
{
	if (r->had && bytes_equal(buf_bytes(&r->old_text), buf_bytes(&r->new_text)))
		return true;
	return file_write(buf_cstr(&r->path), buf_bytes(&r->new_text), e);
}

/* ---- what feeds what */

static void begin_names(struct cli *c, struct json_out *w, const char *what)
{
	buf_fmt(&c->text, "  %-6s", what);
	json_key(w, what);
	json_open(w, '[');
}

static void put_name(struct cli *c, struct json_out *w, const char *name)
{
	buf_fmt(&c->text, " %s", name);
	json_str(w, name);
}

static void end_names(struct cli *c, struct json_out *w)
{
	buf_str(&c->text, "\n");
	json_close(w, ']');
}

static void tell_feed(const struct recipe *r, const struct feed *f, struct cli *c,
		      struct json_out *w)
{
	char digest[2 * DIGEST_MAX + 1];

	hex_string(digest, digest_bytes(&f->digest));
	buf_fmt(&c->text, "%s  %s\n", f->name, digest);
	json_open(w, '{');
	json_text(w, "register", f->name);
	json_text(w, "sha256", digest);
	begin_names(c, w, "inputs");
	for (size_t i = 0; i < r->n_inputs; i++)
		if (f->input[i])
			put_name(c, w, r->inputs[i].name);
	end_names(c, w);
	begin_names(c, w, "stages");
	for (size_t i = 0; i < r->n_stages; i++)
		if (f->stage[i])
			put_name(c, w, r->stages[i].name);
	end_names(c, w);
	json_close(w, '}');
}

static bool tell_feeds(struct run *r, struct cli *c, struct answer *a, struct err *e)
{
	owned(own_free) struct feeds *f = own_new(sizeof(*f), e);

	if (!f)
		return false;
	if (!r->had)
		return err_set(e, REASON_UNLOCKED,
			       "there is no lock, so nothing says what is read") ||
		       err_subject(e, buf_cstr(&r->path));
	if (!feeds_read(&r->recipe, &r->old, f, e))
		return err_subject(e, buf_cstr(&r->path));
	json_key(&a->json, "feeds");
	json_open(&a->json, '[');
	for (size_t i = 0; i < f->n; i++)
		tell_feed(&r->recipe, &f->feed[i], c, &a->json);
	json_close(&a->json, ']');
	return true;
}

static bool lock_run(struct cli *c, struct answer *a, struct err *e)
{
	owned(run_free) struct run r = {.text = BUF(YAML_MAX_BYTES),
					.old_text = BUF(LOCK_MAX_BYTES),
					.new_text = BUF(LOCK_MAX_BYTES),
					.folder = BUF(PATH_BYTES),
					.path = BUF(PATH_BYTES),
					.store = OBJECTS_NONE};
	const char *recipe = RECIPE_FILE;

	if (c->args.n_operands > 0 && !cli_operand(c, "RECIPE", &recipe, e))
		return false;
	if (!recipe_load(&r.recipe, recipe, &r.folder, &r.text, e) ||
	    !read_old(&r, args_value(&c->args, O_OUTPUT), recipe, e))
		return false;
	if (args_has(&c->args, O_FEEDS))
		return tell_feeds(&r, c, a, e);
	if (!objects_open(&r.store, args_value(&c->args, O_STORE), true, e))
		return false;
	if (!make(&r, c, a, e))
		return err_subject(e, recipe);
	return tell(&r, c, a, e) && write_new(&r, e);
}

const struct verb verb_lock = {
	.name = "lock",
	.summary = "a recipe's inputs, each by its digest, as measure.lock",
	.group = GROUP_BUILD,
	.usage = "[RECIPE] [-o FILE] [--update INPUT ...] [--source DIR] [--store DIR]\n"
		 "[RECIPE] [-o FILE] --buildinfo FILE\n"
		 "[RECIPE] [-o FILE] --feeds",
	.opts = opts,
	.programs = true,
	.run = lock_run,
};
