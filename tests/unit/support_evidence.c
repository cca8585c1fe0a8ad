#include "tests/unit/support_evidence.h"

#include <stdio.h>
#include <stdlib.h>

#include "measure/base/hex.h"

#define FIELDS 16u

struct fake {
	size_t n;
	struct {
		char name[24];
		struct bytes v;
	} field[FIELDS];
};

static int bid(struct bytes whole)
{
	return bytes_start(whole, bytes_str("kind ")) ? 100 : 0;
}

static bool field(const struct claims *c, const char *name, struct bytes *v)
{
	const struct fake *f = c->own;

	for (size_t i = 0; i < f->n; i++) {
		if (strcmp(f->field[i].name, name) != 0)
			continue;
		*v = f->field[i].v;
		return true;
	}
	return false;
}

static bool policy(const struct claims *c, const struct policy *p, struct verdict *v, struct err *e)
{
	(void)c;
	(void)e;
	if (p->has_vmpl && p->vmpl != 0)
		verdict_detail(verdict_add(v, "policy", CHECK_FAIL, REASON_POLICY),
			       "VMPL 0 is not %u", p->vmpl);
	else
		verdict_detail(verdict_add(v, "policy", CHECK_PASS, REASON_NONE), "met");
	return true;
}

static void text(const struct claims *c, struct buf *out)
{
	buf_fmt(out, "kind        %s\n", c->format->kind);
}

static void json(const struct claims *c, struct json_out *w)
{
	json_key(w, "kind");
	json_str(w, c->format->kind);
}

static void free_own(void *own)
{
	free(own);
}

/* "pass", "warn SLUG", "fail SLUG" */
static void say(struct verdict *v, const char *id, const char *word)
{
	bool failed = strncmp(word, "fail ", 5) == 0, warned = strncmp(word, "warn ", 5) == 0;
	enum reason r = failed || warned ? reason_find(word + 5) : REASON_NONE;

	verdict_detail(verdict_add(v, id,
				   failed   ? CHECK_FAIL
				   : warned ? CHECK_WARN
					    : CHECK_PASS,
				   r),
		       "so it says");
}

static bool take_claim(struct claims *c, const char *key, struct bytes v, struct err *e)
{
	const struct {
		const char *name;
		struct claim *to;
	} rows[] = {
		{"nonce", &c->nonce},		{"user_data", &c->user_data},
		{"public_key", &c->public_key}, {"report_data", &c->report_data},
		{"host_data", &c->host_data},
	};
	struct digest d = {.alg = DIGEST_SHA384, .len = v.n};
	struct fake *f = c->own;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].name, key) != 0)
			continue;
		*rows[i].to = (struct claim){true, claims_copy(c, v)};
		return true;
	}
	if (key[0] == '.') {
		snprintf(f->field[f->n].name, sizeof(f->field[0].name), "%s", key + 1);
		f->field[f->n++].v = claims_copy(c, v);
		return true;
	}
	memcpy(d.v, v.p, v.n);
	return mset_put(&c->registers, key, &d, e);
}

static bool take_line(struct claims *c, struct verdict *v, char *line, struct err *e)
{
	owned(buf_free) struct buf bytes = BUF(4096);
	char *value = strchr(line, ' ');

	if (!value)
		return true;
	*value++ = '\0';
	if (strcmp(line, "kind") == 0)
		return true;
	if (strcmp(line, "genuine") == 0 || strcmp(line, "vendor-signature") == 0 ||
	    strcmp(line, "production") == 0) {
		say(v,
		    strcmp(line, "genuine") == 0      ? "genuine"
		    : strcmp(line, "production") == 0 ? "production"
						      : "vendor-signature",
		    value);
		return true;
	}
	if (strcmp(line, "time") == 0) {
		c->has_time = true;
		c->time = strtoll(value, NULL, 10);
		return true;
	}
	if (strcmp(line, "judged") == 0) {
		c->judged_at = strtoll(value, NULL, 10);
		return true;
	}
	if (strcmp(line, "product") == 0 || strcmp(line, "region") == 0) {
		snprintf(line[0] == 'p' ? c->product : c->region, sizeof(c->product), "%s", value);
		return true;
	}
	return hex_read(value, line, &bytes, e) && take_claim(c, line, buf_bytes(&bytes), e);
}

static bool says(struct bytes text, const char *what)
{
	return memmem(text.p, text.n, what, strlen(what)) != NULL;
}

static bool authenticate(const struct evidence_request *q, struct claims **c, struct verdict *v,
			 struct err *e)
{
	owned(claims_free) struct claims *made = NULL;
	owned(own_free) char *copy = NULL;
	char *rest = NULL;

	if (!bid(q->evidence)) {
		verdict_detail(verdict_add(v, "genuine", CHECK_FAIL, REASON_FORMAT), "no kind");
		return true;
	}
	copy = own_new(q->evidence.n + 1, e);
	if (!copy)
		return false;
	memcpy(copy, q->evidence.p, q->evidence.n);
	if (!claims_new(&made, says(q->evidence, "kind snp") ? &fake_snp : &fake_nitro,
			q->evidence.n, e))
		return false;
	made->own = own_new(sizeof(struct fake), e);
	if (!made->own)
		return false;
	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (!take_line(made, v, line, e))
			return false;
	if (!says(q->evidence, "\ngenuine "))
		say(v, "genuine", "pass");
	if (!says(q->evidence, "\nvendor-signature "))
		say(v, "vendor-signature", "pass");
	if (!says(q->evidence, "\nproduction "))
		say(v, "production", "pass");
	*c = take(made);
	return true;
}

bool fake_authenticate(const char *evidence, struct claims **c, struct verdict *v, struct err *e)
{
	struct evidence_request q = {.evidence = bytes_str(evidence)};

	return authenticate(&q, c, v, e);
}

const struct evidence_format fake_nitro = {
	.kind = "nitro",
	.summary = "evidence of no hardware",
	.bid = bid,
	.authenticate = authenticate,
	.policy = policy,
	.text = text,
	.json = json,
	.free_own = free_own,
};

const struct evidence_format fake_snp = {
	.kind = "snp",
	.summary = "evidence of no hardware",
	.bid = bid,
	.authenticate = authenticate,
	.policy = policy,
	.text = text,
	.json = json,
	.field = field,
	.free_own = free_own,
};
