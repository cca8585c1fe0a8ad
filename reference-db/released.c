#include "reference-db/released.h"

#include "reference-db/later.h"
#include "reference-db/log_judge.h"

void released_free(struct released *r)
{
	trust_free(&r->trust);
	published_free(&r->published);
	manifest_free(&r->manifest);
}

bool released_add(struct released *r, const char *path, struct err *e)
{
	return published_add(&r->published, path, e);
}

bool released_add_proof(struct released *r, const char *path, struct err *e)
{
	r->asked_proof = true;
	return published_add_proof(&r->published, path, e);
}

bool released_read(struct released *r, const char *name, struct err *e)
{
	struct lint l = {.allow_debug = r->allow_debug};

	return corim_read(&r->manifest, r->published.payload, r->published.payload_at, &l, e) ||
	       err_subject(e, name);
}

bool released_trust(struct released *r, const char *given, struct err *e)
{
	owned(buf_free) struct buf path = BUF(TRUST_PATH_MAX);

	return trust_path(given, &path, e) && trust_read(&r->trust, buf_cstr(&path), e) &&
	       trust_needs(r->trust, TRUST_PUBLISHER, buf_cstr(&path), e);
}

/* Ours name none: ours end with their signatures. Those of others may, and the draft demands it. */
static void judge_validity(const struct released *r, struct verdict *v)
{
	const struct manifest *m = &r->manifest;
	bool late = m->has_validity && r->when.at > m->not_after;
	bool early = m->has_validity && m->has_begin && r->when.at < m->not_before;
	owned(buf_free) struct buf bound = BUF(64), now = BUF(64);
	struct check *c;

	if (!m->has_validity || !when_judged(&r->when))
		return;
	c = verdict_add(v, "validity", late || early ? CHECK_FAIL : CHECK_PASS,
			late	? REASON_EXPIRED
			: early ? REASON_NOT_YET_VALID
				: REASON_NONE);
	when_put(&bound, early && !late ? m->not_before : m->not_after, "Z");
	when_put(&now, r->when.at, "Z");
	verdict_expected(c, "%s", buf_cstr(&bound));
	verdict_actual(c, "%s", buf_cstr(&now));
	verdict_detail(c, "the manifest is valid %s %s", early && !late ? "only from" : "until",
		       buf_cstr(&bound));
}

/* Who signs for one product must not be taken to have released another. */
static void judge_name(struct verdict *v, const char *what, const char *wanted, const char *found)
{
	bool same = !wanted || (found && strcmp(wanted, found) == 0);
	struct check *c;

	if (!wanted)
		return;
	c = verdict_add(v, "release", same ? CHECK_PASS : CHECK_FAIL,
			same ? REASON_NONE : REASON_OTHER_RELEASE);
	verdict_expected(c, "%s", wanted);
	verdict_actual(c, "%s", found ? found : "none");
	if (same)
		verdict_detail(c, "the manifest is of %s %s", what, wanted);
	else
		verdict_detail(c, "the manifest is of %s %s, and %s was asked for", what,
			       found ? found : "unknown", wanted);
}

bool released_judge(struct released *r, struct verdict *v, struct err *e)
{
	struct judge j = {
		.trust = r->trust,
		.role = TRUST_PUBLISHER,
		.when = r->when,
		.verdict = v,
		.judged = &r->judged,
	};
	owned(later_free) struct later later = {0};

	if ((!r->listed && !later_judge(&later, &j, &r->published, e)) ||
	    !judge_signatures(&j, &r->published, e) ||
	    !log_judge(&j, &r->published, r->asked_proof, e))
		return false;
	later_judge_rebuilt(&later, v);
	judge_validity(r, v);
	judge_name(v, "product", r->product, r->manifest.product);
	judge_name(v, "version", r->version, r->manifest.version);
	return true;
}
