#include "ovmf-snp/launch_step.h"

#include <stdlib.h>

struct step {
	enum gctx_type type;
	uint64_t gpa;
	const char *owner;
	uint8_t ld[GCTX_LD];
};

/* The steps of one launch; a lack of memory is told when all is done. */
struct steps {
	struct step *step;
	size_t n, room;
	bool full;
};

static void steps_free(struct steps *s)
{
	free(s->step);
}

static void add(void *arg, const struct gctx_step *from)
{
	struct steps *s = arg;
	struct step *more;

	if (s->n == s->room && !s->full) {
		size_t room = s->room ? 2 * s->room : 1024;

		more = room <= LAUNCH_STEPS_MAX ? realloc(s->step, room * sizeof(*more)) : NULL;
		s->full = !more;
		s->step = more ? more : s->step;
		s->room = more ? room : s->room;
	}
	if (s->full)
		return;
	s->step[s->n] = (struct step){from->type, from->gpa, from->owner, {0}};
	memcpy(s->step[s->n++].ld, from->ld, GCTX_LD);
}

static void chain_free(struct gctx *g)
{
	gctx_free(g);
}

static bool follow(struct steps *s, struct guest *g, const struct launch_row *row, struct err *e)
{
	owned(chain_free) struct gctx chain = {0};
	const struct launch_count count = {.n = row->vcpus};
	struct launch_vmsas vmsas;

	g->launch.profile = row->profile;
	if (!gctx_init(&chain, e))
		return false;
	chain.trace = add;
	chain.arg = s;
	if (!launch_base(&chain, &g->launch, e) ||
	    !launch_vmsas(&vmsas, &g->launch, row->signature, row->features, e) ||
	    !launch_vcpus(&chain, &g->launch, &vmsas, &count, e))
		return false;
	return !s->full ||
	       err_set(e, REASON_OUT_OF_MEMORY, "no memory for more than %zu steps", s->n);
}

static void put(struct buf *out, const struct steps *s, size_t i)
{
	if (i >= s->n)
		buf_str(out, "none");
	else
		buf_fmt(out, "%s: %s page at 0x%llx", s->step[i].owner,
			gctx_type_name(s->step[i].type), (unsigned long long)s->step[i].gpa);
}

static bool same_page(const struct step *a, const struct step *b)
{
	return a->type == b->type && a->gpa == b->gpa && strcmp(a->owner, b->owner) == 0;
}

bool launch_step_differs(struct guest *const g[2], const struct launch_row *const row[2],
			 struct buf *out, struct err *e)
{
	owned(steps_free) struct steps a = {0}, b = {0};
	size_t i = 0;

	if (!follow(&a, g[0], row[0], e) || !follow(&b, g[1], row[1], e))
		return false;
	while (i < a.n && i < b.n && memcmp(a.step[i].ld, b.step[i].ld, GCTX_LD) == 0)
		i++;
	if (i == a.n && i == b.n)
		return true;
	buf_fmt(out, "step %zu, ", i + 1);
	put(out, &a, i);
	if (i < a.n && i < b.n && same_page(&a.step[i], &b.step[i]))
		return true;
	buf_str(out, " and ");
	put(out, &b, i);
	return true;
}
