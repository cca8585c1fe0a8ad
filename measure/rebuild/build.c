#include "measure/rebuild/build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/rebuild/assemble.h"
#include "measure/rebuild/image_cache.h"
#include "measure/rebuild/publish.h"
#include "measure/rebuild/stage_vary.h"

#define SCRATCH "work"
#define PATH_ROOM 8192u

struct building {
	const struct build_request *q;
	struct plan plan;
	struct works works;
	struct publish to;
	uint64_t needed; /* a bit for each stage */
};

static void building_free(struct building *b)
{
	for (size_t i = 0; i < RECIPE_STAGES_MAX; i++)
		made_free(&b->works.made[i]);
	rootfs_free(&b->works.kept);
	publish_free(&b->to);
	scratch_free(&b->works.scratch);
	cache_close(&b->works.cache);
	plan_free(&b->plan);
}

/* ---- which stages */

static void need(struct building *b, const char *ref)
{
	const struct recipe_stage *s = ref ? recipe_ref(&b->plan.recipe, ref).stage : NULL;

	if (s)
		b->needed |= UINT64_C(1) << (s - b->plan.recipe.stages);
}

static void need_all(struct building *b, const struct recipe_texts *list)
{
	for (size_t i = 0; i < list->n; i++)
		need(b, list->item[i]);
}

static void need_image(struct building *b)
{
	const struct recipe *r = &b->plan.recipe;

	need(b, r->kernel);
	need(b, r->application.rootfs);
	need(b, r->application.init);
	need(b, r->application.modules_from);
	need(b, r->kernel_config);
	need(b, r->eif.certificate);
	need_all(b, &r->eif.ramdisks);
	need(b, r->snp.ovmf);
	need(b, r->snp.initrd);
	for (size_t i = 0; i < r->files.n; i++)
		need(b, r->files.item[i].value);
	for (size_t i = 0; i < r->expect.n; i++)
		need(b, r->expect.item[i].name);
}

/* They stand behind what they use: from the last to the first, each brings what it needs. */
static bool choose_stages(struct building *b, struct err *e)
{
	const struct recipe *r = &b->plan.recipe;
	const struct recipe_stage *only = b->q->stage ? recipe_stage(r, b->q->stage) : NULL;

	if (b->q->stage && !only)
		return err_set(e, REASON_USAGE, "--stage: the recipe has no stage '%s'",
			       b->q->stage);
	if (only)
		b->needed = UINT64_C(1) << (only - r->stages);
	else
		need_image(b);
	for (size_t i = r->n_stages; i-- > 0;)
		for (size_t k = 0; (b->needed >> i & 1) && k < r->stages[i].use.n; k++)
			need(b, r->stages[i].use.item[k].value);
	return true;
}

static bool make_stages(struct building *b, struct build_report *report, struct err *e)
{
	const struct recipe *r = &b->plan.recipe;

	for (size_t i = 0; i < r->n_stages; i++) {
		bool cached = false;

		if (!(b->needed >> i & 1))
			continue;
		if (!stage_make(&b->works, &r->stages[i], &cached, e))
			return false;
		report->stages++;
		report->cached += cached;
	}
	return true;
}

/* ---- the image */

static bool make_image(struct building *b, const char *key, struct answer *a, struct err *e)
{
	owned(buf_free) struct buf path = BUF(PATH_ROOM);
	owned(own_close) int folder = scratch_folder(&b->works.scratch, IMAGE_FOLDER, e);
	const char *to =
		folder < 0 ? NULL : scratch_path(&b->works.scratch, IMAGE_FOLDER, &path, e);

	return to && assemble(&b->works, to, a, e) &&
	       image_cache_keep(&b->works.cache, &b->works.scratch, key, e);
}

static bool publish_image(struct building *b, struct build_report *report, struct answer *a,
			  struct err *e)
{
	owned(buf_free) struct buf path = BUF(PATH_ROOM);
	char key[CACHE_KEY];

	if (!image_cache_key(&b->works, key, e))
		return false;
	report->image_cached = image_cache_find(&b->works.cache, key, &path);
	if (!report->image_cached) {
		if (!make_image(b, key, a, e))
			return false;
		if (!image_cache_find(&b->works.cache, key, &path))
			return err_set(e, REASON_IO, "the image is not in the cache");
	}
	return publish_folder(&b->to, buf_cstr(&path), b->plan.lock.epoch, e);
}

static bool publish_stage(struct building *b, struct err *e)
{
	const struct made *m = works_made(&b->works, recipe_stage(&b->plan.recipe, b->q->stage));

	for (size_t i = 0; i < m->n; i++)
		if (!publish_output(&b->to, m, &m->output[i], b->plan.lock.epoch, e))
			return false;
	return true;
}

static bool publish_logs(struct building *b, struct err *e)
{
	const struct recipe *r = &b->plan.recipe;

	for (size_t i = 0; b->q->logs && i < r->n_stages; i++)
		if ((b->needed >> i & 1) && !publish_log(&b->to, &b->works.made[i],
							 r->stages[i].name, b->plan.lock.epoch, e))
			return false;
	return true;
}

static bool make(struct building *b, struct build_report *report, struct answer *a, struct err *e)
{
	bool output = b->q->output != NULL;

	if (!make_stages(b, report, e))
		return false;
	if (!output)
		return true;
	return (b->q->stage ? publish_stage(b, e) : publish_image(b, report, a, e)) &&
	       publish_logs(b, e) && publish_commit(&b->to, b->plan.lock.epoch, e);
}

static void note_tool(const struct building *b, struct answer *a)
{
	if (strcmp(b->plan.lock.tool, b->q->tool) != 0)
		answer_note(a, REASON_TOOL_VERSION,
			    "the lock was written by version %.60s of this program, and this is "
			    "%.60s: what is built decides",
			    b->plan.lock.tool, b->q->tool);
}

static void note_source(const struct building *b, struct answer *a)
{
	const struct lock_input *x = b->plan.uncompared;

	if (x)
		answer_note(a, REASON_SOURCE_UNCOMPARED,
			    "input '%s': that it is the tree of commit %s was not compared: its "
			    "repository is not here",
			    x->input, x->commit);
}

/* A stage then sees those that there are. */
static void note_jobs(const struct building *b, struct answer *a)
{
	const struct recipe *r = &b->plan.recipe;
	unsigned has = sandbox_processors();

	for (size_t i = 0; i < r->n_stages; i++)
		if ((b->needed >> i & 1) && r->stages[i].jobs > has)
			answer_note(a, REASON_FEWER_PROCESSORS,
				    "stage '%s': the recipe says %llu processors, and this machine "
				    "has %u",
				    r->stages[i].name, (unsigned long long)r->stages[i].jobs, has);
}

static bool vary(struct building *b, struct err *e)
{
	struct vary_effect *x = &b->works.vary;

	if (b->q->vary == 0)
		return true;
	if (!stage_vary_begin(&b->works, b->q->vary, e))
		return false;
	for (unsigned i = 0; b->needed == 0 && i < VARY_NAMES; i++)
		x->why_not[i] = "nothing is run: it has no stage";
	x->set = b->needed == 0 ? 0 : x->set;
	return true;
}

bool build(const struct build_request *q, struct build_report *report, struct answer *a,
	   struct err *e)
{
	owned(building_free) struct building b = {
		.q = q,
		.plan = PLAN_NONE,
		.works = {.cache = CACHE_NONE,
			  .scratch = SCRATCH_NONE,
			  .failed = q->failed,
			  .watch = &q->watch,
			  .loose = q->loose},
		.to = PUBLISH_NONE,
	};
	struct build_report made = {0};
	bool done;

	*report = made;
	b.works.plan = &b.plan;
	if (q->output && !publish_open(&b.to, q->output, e))
		return false;
	if (!plan_read(&b.plan, &q->plan, e) || !choose_stages(&b, e) ||
	    (q->planned && !q->planned(q->planned_arg, &b.plan, e)) ||
	    !cache_open(&b.works.cache, q->cache, e) ||
	    !scratch_make(&b.works.scratch, b.works.cache.path, SCRATCH, e))
		return false;
	note_tool(&b, a);
	note_source(&b, a);
	note_jobs(&b, a);
	made.recipe = b.plan.recipe_digest;
	made.inputs = b.plan.inputs_digest;
	if (!vary(&b, e))
		return false;
	done = make(&b, &made, a, e);
	made.begun = true;
	made.vary = b.works.vary;
	*report = made;
	return done;
}
