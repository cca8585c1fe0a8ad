#include "tests/unit/support_appraise.h"

#include "tests/unit/support_check.h"
#include "tests/unit/support_evidence.h"
#include "tests/unit/support_manifest.h"

void bench_free(struct bench *b)
{
	manifest_free(&b->manifest);
	claims_free(&b->claims);
}

void bench_init(struct bench *b)
{
	*b = (struct bench){.policy = policy_strict()};
	b->x.policy = &b->policy;
	b->x.when.clock = CLOCK_AT;
}

void with_manifest(struct bench *b)
{
	struct err e = {0};

	assert_true(sample_manifest(&b->manifest, &e));
	b->x.manifest = &b->manifest;
}

void give(struct bench *b, const char *name, uint8_t byte)
{
	struct digest d = {.alg = DIGEST_SHA384, .len = 48};
	struct err e = {0};

	memset(d.v, byte, d.len);
	assert_true(mset_put(&b->given, name, &d, &e));
	b->x.registers = &b->given;
}

void judge(struct bench *b, const char *evidence)
{
	struct err e = {0};

	b->v = (struct verdict){0};
	claims_free(&b->claims);
	assert_true(fake_authenticate(evidence, &b->claims, &b->v, &e));
	assert_true(appraise(b->claims, &b->x, &b->out, &b->v, &e));
	check_no_err(&e);
}

void check_reason(const struct bench *b, const char *slug)
{
	struct err e = {0};
	bool yes = verdict_decide(&b->v, &e);

	assert_string_equal(yes ? "none" : reason_slug(e.reason), slug);
}

void check_said(const struct bench *b, const char *id, const char *expected)
{
	owned(buf_free) struct buf out = BUF(8192);

	for (size_t i = 0; i < b->v.n; i++) {
		const struct check *c = &b->v.check[i];

		if (strcmp(c->id, id) == 0)
			buf_fmt(&out, "%s%s %s: %s", out.n ? "\n" : "",
				check_result_name(c->result), reason_slug(c->reason), c->detail);
	}
	assert_string_equal(buf_cstr(&out), expected);
}
