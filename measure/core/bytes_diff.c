#include "measure/core/bytes_diff.h"

#include <stdio.h>

#define CONDITION 256u

bool bytes_tell(const struct bytes_pair *p, struct err *e)
{
	owned(own_free) struct meaning *m = own_new(sizeof(*m), e);
	const struct remarks r = {p->f, true};
	char condition[CONDITION];
	bool same;

	if (!m || !meaning_same(&p->x[0], &p->x[1], &same, &m->first, e) ||
	    !meaning_find(p->x, bytes_str(p->name), m, e))
		return false;
	remark(&r, &(struct difference){.name = "content", .text = m->text, .cause = m->cause});
	if (!remarks_tell(p->x, &r, e))
		return false;
	if (m->n > 0 && !p->whole)
		snprintf(condition, sizeof(condition), "%s in %s", cause_what(m->cause), p->name);
	else
		snprintf(condition, sizeof(condition), "the bytes of %s", p->name);
	series_add(p->conditions, condition);
	return meaning_patch(p->x, m, &p->sink, e);
}

/* ---- kernels */

static bool drop(void *arg, struct bytes x, struct err *e)
{
	(void)arg;
	(void)x;
	(void)e;
	return true;
}

static bool tell(const struct bytes_pair *p, struct err *e)
{
	owned(headline_free) struct headline line = HEADLINE("part");
	const struct difference_part part = {.name = p->name, .size = {p->x[0].size, p->x[1].size}};

	line.sentence = "the kernels differ";
	differences_begin(p->f, &line);
	differences_part(p->f, &part);
	if (!bytes_tell(p, e))
		return false;
	differences_part_end(p->f);
	return true;
}

bool kernel_diff(struct file *a, struct file *b, struct differences *f, struct err *e)
{
	owned(headline_free) struct headline none = HEADLINE("part");
	struct series conditions = SERIES; /* nothing is measured here */
	const struct bytes_pair p = {.x = {{a, 0, a->size}, {b, 0, b->size}},
				     .name = "kernel",
				     .f = f,
				     .conditions = &conditions,
				     .sink = {drop, NULL}};
	uint64_t first;
	bool same, done;

	if (!meaning_same(&p.x[0], &p.x[1], &same, &first, e))
		return false;
	if (same)
		differences_begin(f, &none);
	done = same || (tell(&p, e) && buf_done(&conditions.text, "the differences", e));
	buf_free(&conditions.text);
	if (done)
		differences_end(f);
	return done;
}
