#include "reference-db/released.h"

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

bool released_read(struct released *r, const char *name, struct err *e)
{
	struct lint l = {0};

	r->corim = (struct corim_file){true, r->published.payload, r->published.payload_at};
	return corim_read(&r->manifest, r->corim.payload, r->corim.base, &l, e) ||
	       err_subject(e, name);
}

bool released_trust(struct released *r, const char *given, struct err *e)
{
	owned(buf_free) struct buf path = BUF(TRUST_PATH_MAX);

	return trust_path(given, &path, e) && trust_read(&r->trust, buf_cstr(&path), e) &&
	       trust_needs(r->trust, TRUST_PUBLISHER, buf_cstr(&path), e);
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

	return judge_signatures(&j, &r->published, e);
}
