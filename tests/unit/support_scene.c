#include "tests/unit/support_scene.h"

#include "tests/unit/support_check.h"

void scene_free(struct scene *s)
{
	trust_free(&s->trust);
	published_free(&s->published);
}

void scene_trust(struct scene *s, struct buf *text)
{
	struct err e = {0};

	if (!trust_parse(&s->trust, buf_bytes(text), &e))
		fail_msg("%s\n%s", e.text, buf_cstr(text));
	buf_free(text);
}

void scene_sign(struct scene *s, const struct signature_spec *spec)
{
	struct buf file = signature_make(spec);
	struct err e = {0};

	if (!published_add_bytes(&s->published, &file, &e))
		fail_msg("%s", e.text);
}

static const struct when now = {CLOCK_AT, SCENE_NOW};

void scene_judge(struct scene *s, const struct when *when)
{
	struct judge j = {
		.trust = s->trust,
		.role = TRUST_PUBLISHER,
		.when = when ? *when : now,
		.verdict = &s->verdict,
		.judged = &s->judged,
	};
	struct err e = {0};

	s->verdict.n = s->judged.n = 0;
	assert_true(judge_signatures(&j, &s->published, &e));
	check_no_err(&e);
}

void scene_check(const struct scene *s, size_t i, enum check_result result, enum reason r,
		 const char *detail)
{
	const struct check *c = &s->verdict.check[i];

	assert_true(i < s->verdict.n);
	assert_string_equal(c->detail, detail);
	assert_string_equal(check_result_name(c->result), check_result_name(result));
	assert_string_equal(reason_slug(c->reason), reason_slug(r));
	assert_string_equal(c->id, i + 1 < s->verdict.n ? "signature" : "threshold");
}

void scene_yes(const struct scene *s, bool yes, enum reason r)
{
	struct err e = {0};

	assert_int_equal(verdict_decide(&s->verdict, &e), yes);
	assert_string_equal(reason_slug(e.reason), reason_slug(r));
}
