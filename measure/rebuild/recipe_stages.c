#include "measure/rebuild/recipe_read.h"

static bool check_stage(const struct recipe_reader *r, const struct recipe_stage *s)
{
	const struct recipe_input *root = recipe_input(r->r, s->root);

	if (!root)
		return recipe_ref_check(r, s->line, s->root, WANT_TREE) &&
		       recipe_wrong(r, s->line, "the root of '%s' is '%.200s', which is no input",
				    s->name, s->root);
	if (root->kind == INPUT_GIT || root->import || !recipe_is_tree(root))
		return recipe_wrong(r, s->line,
				    "the root of '%s' is '%s', which is neither packages nor an "
				    "image nor an archive that is unpacked",
				    s->name, s->root);
	for (size_t i = 0; i < s->use.n; i++) {
		const struct recipe_pair *u = &s->use.item[i];
		bool whole = strcmp(u->name, ".") == 0;

		if (!recipe_ref_check(r, u->line, u->value, whole ? WANT_TREE : WANT_ANY))
			return false;
	}
	return true;
}

/* A bit for each stage whose outputs one takes. */
_Static_assert(RECIPE_STAGES_MAX == 64, "a bit for each stage");

struct order {
	uint64_t needs[RECIPE_STAGES_MAX];
	uint64_t placed;
	size_t n;
	size_t at[RECIPE_STAGES_MAX]; /* in the order of running */
};

static uint64_t needs_of(const struct recipe *r, const struct recipe_stage *s)
{
	uint64_t needs = 0;

	for (size_t i = 0; i < s->use.n; i++) {
		struct recipe_ref ref = recipe_ref(r, s->use.item[i].value);

		if (ref.stage)
			needs |= UINT64_C(1) << (ref.stage - r->stages);
	}
	return needs;
}

static size_t first_of(uint64_t set)
{
	size_t i = 0;

	while (!(set >> i & 1))
		i++;
	return i;
}

/* Each that is left waits for one that is left: going from one to the next ends in a circle. */
static bool cycle(const struct recipe_reader *r, const struct order *o)
{
	const struct recipe_stage *stages = r->r->stages;
	owned(buf_free) struct buf text = BUF(16384);
	size_t at = 0, first;

	while (o->placed >> at & 1)
		at++;
	for (size_t step = 0; step < r->r->n_stages; step++)
		at = first_of(o->needs[at] & ~o->placed);
	first = at;
	buf_fmt(&text, "'%s'", stages[first].name);
	do {
		at = first_of(o->needs[at] & ~o->placed);
		buf_fmt(&text, " waits for '%s'", stages[at].name);
	} while (at != first);
	if (!buf_done(&text, "a cycle", r->e))
		return false;
	return recipe_wrong(r, stages[first].line, "a cycle of stages: %.400s", buf_cstr(&text));
}

/* As they stand there, but each behind what it waits for. */
static void arrange(const struct recipe *r, struct order *o)
{
	size_t before;

	do {
		before = o->n;
		for (size_t i = 0; i < r->n_stages; i++)
			if (!(o->placed >> i & 1) && !(o->needs[i] & ~o->placed)) {
				o->at[o->n++] = i;
				o->placed |= UINT64_C(1) << i;
			}
	} while (o->n > before);
}

bool recipe_stages_check(const struct recipe_reader *r)
{
	struct recipe_stage *sorted;
	struct order o = {0};

	for (size_t i = 0; i < r->r->n_stages; i++) {
		if (!check_stage(r, &r->r->stages[i]))
			return false;
		o.needs[i] = needs_of(r->r, &r->r->stages[i]);
	}
	arrange(r->r, &o);
	if (o.n < r->r->n_stages)
		return cycle(r, &o);
	sorted = arena_new(&r->r->arena, (o.n + 1) * sizeof(*sorted), "a recipe", r->e);
	if (!sorted)
		return false;
	for (size_t i = 0; i < o.n; i++)
		sorted[i] = r->r->stages[o.at[i]];
	r->r->stages = sorted;
	return true;
}
