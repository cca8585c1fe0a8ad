#include "measure/rebuild/vary.h"

struct search {
	const struct digest *base;
	const struct vary_builder *builder;
	struct vary_causes *causes;
};

static bool differs(struct search *s, uint32_t set, bool *yes, struct err *e)
{
	struct digest got;

	s->causes->builds++;
	if (!s->builder->build(s->builder->arg, set, &got, e))
		return false;
	*yes = !digest_equal(&got, s->base);
	return true;
}

/* The lowest n bits of a set. */
static uint32_t first(uint32_t set, unsigned n)
{
	uint32_t got = 0;

	for (; n > 0; n--) {
		got |= set & ~(set - 1);
		set &= set - 1;
	}
	return got;
}

/*
 * `known` does not differ, with all of `rest` it does: of how many of those, in their order, does
 * it take the last one?
 */
static bool shortest(struct search *s, uint32_t known, uint32_t rest, unsigned *n, struct err *e)
{
	unsigned low = 1, high = (unsigned)__builtin_popcount(rest);
	bool yes;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (!differs(s, known | first(rest, middle), &yes, e))
			return false;
		if (yes)
			high = middle;
		else
			low = middle + 1;
	}
	*n = low;
	return true;
}

/* A part of the set that makes a difference, and no part of which does. */
static bool one_cause(struct search *s, uint32_t set, uint32_t *cause, struct err *e)
{
	uint32_t known = 0, rest = set, last;
	unsigned n;
	bool yes = false;

	while (!yes && rest != 0) {
		if (!shortest(s, known, rest, &n, e))
			return false;
		last = first(rest, n) & ~first(rest, n - 1);
		known |= last;
		rest = first(rest, n) & ~last;
		if (rest == 0)
			break;
		if (!differs(s, known, &yes, e))
			return false;
	}
	*cause = known;
	return true;
}

bool vary_find(uint32_t set, const struct digest *base, const struct vary_builder *b,
	       struct vary_causes *out, struct err *e)
{
	struct search s = {base, b, out};
	bool yes = true;

	*out = (struct vary_causes){0};
	if (!differs(&s, 0, &out->unsteady, e))
		return false;
	while (!out->unsteady && yes && set != 0) {
		if (!one_cause(&s, set, &out->set[out->n], e))
			return false;
		set &= ~out->set[out->n++];
		if (set != 0 && !differs(&s, set, &yes, e))
			return false;
	}
	return true;
}
