#include "measure/cli/reproduce.h"

#define NAMES_ROOM 512u

static void begins(void *arg, uint32_t set)
{
	struct cli *c = arg;
	owned(buf_free) struct buf names = BUF(NAMES_ROOM);

	vary_names(set, &names);
	talk_say(&c->talk, "building again, varied: %s", buf_cstr(&names));
}

/* ---- JSON */

static void put_names(struct json_out *w, const char *key, uint32_t set)
{
	json_key(w, key);
	json_open(w, '[');
	for (unsigned i = 0; i < VARY_NAMES; i++)
		if (set & VARY_BIT(i))
			json_str(w, vary_rows[i].name);
	json_close(w, ']');
}

static void put_skipped(const struct varied *v, struct json_out *w)
{
	json_key(w, "skipped");
	json_open(w, '{');
	for (unsigned i = 0; i < VARY_NAMES; i++)
		if ((v->asked & ~v->effect.set & VARY_BIT(i)) && v->effect.why_not[i])
			json_text(w, vary_rows[i].name, v->effect.why_not[i]);
	json_close(w, '}');
}

/* ---- causes */

static bool put_result(struct reproduction *r, const char *base, const struct varied_other *o,
		       struct err *e)
{
	const char *const folder[2] = {base, o->folder};

	if (o->folder)
		return reproduce_difference(r, folder, e);
	json_text(&r->a->json, "failure", o->failure);
	buf_fmt(&r->c->text, "%s\n", o->failure);
	return true;
}

static bool put_cause(struct reproduction *r, const char *base, uint32_t set, struct err *e)
{
	const struct varied_other *o = varied_other(&r->varied, set);
	struct json_out *w = &r->a->json;

	json_open(w, '{');
	put_names(w, "variations", set);
	if (set)
		vary_names(set, &r->c->text);
	else
		buf_str(&r->c->text, "nothing varied");
	buf_str(&r->c->text, ": ");
	if (o && !put_result(r, base, o, e))
		return false;
	json_close(w, '}');
	return true;
}

static bool put_causes(struct reproduction *r, const char *base, struct err *e)
{
	const struct vary_causes *causes = &r->varied.causes;
	struct json_out *w = &r->a->json;

	json_key(w, "causes");
	json_open(w, '[');
	for (size_t i = 0; i < causes->n; i++)
		if (!put_cause(r, base, causes->set[i], e))
			return false;
	if (causes->unsteady && !put_cause(r, base, 0, e))
		return false;
	json_close(w, ']');
	return true;
}

bool reproduce_varied(struct reproduction *r, const char *folder, struct verdict *v, struct err *e)
{
	struct varied *x = &r->varied;
	struct json_out *w = &r->a->json;

	x->fresh = &r->fresh;
	x->request = &r->build;
	x->answer = r->a;
	x->begins = begins;
	x->arg = r->c;
	if (!varied_run(x, folder, e))
		return false;
	json_key(w, "vary");
	json_open(w, '{');
	put_names(w, "varied", x->effect.set);
	put_skipped(x, w);
	if (!x->equal && !put_causes(r, folder, e))
		return false;
	json_close(w, '}');
	varied_judge(x, v);
	return true;
}
