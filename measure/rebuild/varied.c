#include "measure/rebuild/varied.h"

#include <stdlib.h>

#include "measure/rebuild/image_cache.h"

#define PATH_ROOM 8192u
#define NAMES_ROOM 512u
#define ID "vary"

void varied_free(struct varied *v)
{
	while (v->others) {
		struct varied_other *o = v->others;

		v->others = o->next;
		free(o->folder);
		free(o->failure);
		free(o);
	}
}

/* ---- builds */

static bool keep_other(struct varied *v, uint32_t set, const char *folder, const char *failure,
		       struct err *e)
{
	struct varied_other *o = own_new(sizeof(*o), e);

	if (!o)
		return false;
	*o = (struct varied_other){.set = set, .next = v->others};
	v->others = o;
	o->folder = folder ? own_string(folder, e) : NULL;
	o->failure = failure ? own_string(failure, e) : NULL;
	return o->folder || o->failure;
}

/* The fault of what its stages do and make: the same things were built before. */
static bool is_result(const struct build_report *r, const struct err *e)
{
	enum exit_class class = reason_class(e->reason);

	return r->begun && (class == EXIT_CLASS_NO || class == EXIT_CLASS_MALFORMED);
}

/* A build that failed may have ended before a stage that cannot do what those before it can. */
static void learn(struct varied *v)
{
	const struct vary_effect *x = &v->fresh->report.vary;

	for (unsigned i = 0; i < VARY_NAMES; i++)
		if (v->effect.set & x->asked & ~x->set & VARY_BIT(i)) {
			v->effect.set &= ~VARY_BIT(i);
			v->effect.why_not[i] = x->why_not[i];
		}
}

struct comparing {
	struct varied *v;
	const struct digest *base;
};

/* Zeros where nothing is made: no image has that digest. */
static bool build_under(void *arg, uint32_t set, struct digest *out, struct err *e)
{
	const struct comparing *c = arg;
	struct varied *v = c->v;
	owned(buf_free) struct buf folder = BUF(PATH_ROOM);
	struct build_request q = *v->request;
	struct err why = {0};
	bool built;

	q.vary = set;
	q.loose = true;
	q.output = NULL;
	if (v->begins)
		v->begins(v->arg, set);
	*out = (struct digest){.alg = DIGEST_SHA256, .len = 32};
	built = fresh_build(v->fresh, &q, &folder, v->answer, &why);
	learn(v);
	set = v->fresh->report.vary.some;
	if (!built && is_result(&v->fresh->report, &why))
		return keep_other(v, set, NULL, why.text, e);
	if (!built) {
		*e = why;
		return false;
	}
	if (!image_cache_digest(buf_cstr(&folder), out, e))
		return false;
	return digest_equal(out, c->base) ? fresh_drop(v->fresh, buf_cstr(&folder), e)
					  : keep_other(v, set, buf_cstr(&folder), NULL, e);
}

bool varied_run(struct varied *v, const char *folder, struct err *e)
{
	struct digest base, got;
	struct comparing c = {v, &base};
	const struct vary_builder b = {build_under, &c};

	if (!image_cache_digest(folder, &base, e) || !build_under(&c, v->asked, &got, e))
		return false;
	v->effect = v->fresh->report.vary;
	v->equal = digest_equal(&got, &base);
	if (v->equal)
		return true;
	if (v->effect.some == 0) {
		v->causes.unsteady = true;
		return true;
	}
	return vary_find(v->effect.some, &base, &b, &v->causes, e);
}

const struct varied_other *varied_other(const struct varied *v, uint32_t set)
{
	const struct varied_other *o = v->others;

	while (o && o->set != set)
		o = o->next;
	return o;
}

/* ---- what is said of them */

static struct check *say(struct verdict *out, enum check_result result, enum reason reason,
			 uint32_t set)
{
	owned(buf_free) struct buf names = BUF(NAMES_ROOM);
	struct check *c = verdict_add(out, ID, result, reason);

	vary_names(set, &names);
	verdict_part(c, buf_cstr(&names));
	return c;
}

static void judge_cause(const struct varied *v, uint32_t set, struct verdict *out)
{
	const struct varied_other *o = varied_other(v, set);
	struct check *c = say(out, CHECK_FAIL, REASON_NOT_REPRODUCED, set);
	owned(buf_free) struct buf names = BUF(NAMES_ROOM);

	vary_names(set, &names);
	verdict_detail(c, "%s: %s with %s", buf_cstr(&names),
		       o && o->failure ? "nothing is built" : "another output",
		       set & (set - 1) ? "all of them together"
				       : vary_rows[__builtin_ctz(set)].what);
}

static uint32_t judge_causes(const struct varied *v, struct verdict *out)
{
	uint32_t set = 0;

	for (size_t i = 0; i < v->causes.n; i++) {
		judge_cause(v, v->causes.set[i], out);
		set |= v->causes.set[i];
	}
	if (v->causes.unsteady)
		verdict_detail(say(out, CHECK_FAIL, REASON_NOT_REPRODUCED, 0),
			       "nothing was varied, and two builds of it are not equal");
	return set;
}

static void judge_one(const struct varied *v, enum vary_name name, struct verdict *out)
{
	const struct vary_row *row = &vary_rows[name];
	struct check *c;

	if (v->causes.unsteady)
		return;
	if (v->effect.set & VARY_BIT(name)) {
		c = say(out, CHECK_PASS, REASON_NONE, VARY_BIT(name));
		verdict_detail(c, "%s: %s", row->name, row->what);
		return;
	}
	c = say(out, CHECK_SKIP, REASON_NOT_VARIED, VARY_BIT(name));
	verdict_detail(c, "%s: %s", row->name,
		       v->effect.why_not[name] ? v->effect.why_not[name] : "it was not tried");
}

void varied_judge(const struct varied *v, struct verdict *out)
{
	uint32_t rest = v->asked & ~judge_causes(v, out);

	for (unsigned i = 0; i < VARY_NAMES; i++)
		if (rest & VARY_BIT(i))
			judge_one(v, i, out);
	if (v->effect.set == 0 && v->equal)
		verdict_detail(say(out, CHECK_SKIP, REASON_NOTHING_VARIED, 0),
			       "nothing of what was asked for could be varied");
}
