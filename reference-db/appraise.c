#include "reference-db/appraise.h"

#include <stdio.h>

#include "measure/base/hex.h"
#include "measure/core/hash.h"
#include "reference-db/appraise_code.h"

#define REPORT_DATA 64u
#define HEX_SHOWN 70u /* bytes of a value in a check */
#define NONCE_SHORT 8u /* bytes: fewer are worth a word */

const char *const appraise_checks[] = {"genuine", "vendor-signature", "production", "code",
				       "fresh",	  "channel",	      "policy",	    NULL};

static struct check *pass(struct verdict *v, const char *id)
{
	return verdict_add(v, id, CHECK_PASS, REASON_NONE);
}

static struct check *fail(struct verdict *v, const char *id, enum reason r)
{
	return verdict_add(v, id, CHECK_FAIL, r);
}

static void put_bytes(void (*put)(struct check *c, const char *format, ...), struct check *c,
		      struct bytes x)
{
	size_t shown = x.n <= HEX_SHOWN ? x.n : HEX_SHOWN;
	char hex[2 * HEX_SHOWN + 1];

	hex_string(hex, bytes_of(x.p, shown));
	put(c, "%s%s", hex, shown < x.n ? "..." : "");
}

static void put_pair(struct check *c, struct bytes expected, const struct claim *found)
{
	put_bytes(verdict_expected, c, expected);
	if (found->present)
		put_bytes(verdict_actual, c, found->v);
	else
		verdict_actual(c, "none");
}

static bool is_same(const struct claim *found, struct bytes expected)
{
	return found->present && bytes_equal(found->v, expected);
}

/* ---- what a report's 64 bytes must be */

static enum binding binding_of(const struct claims *c, const struct expectation *x)
{
	if (x->binding != BINDING_DEFAULT)
		return x->binding;
	return c->report_data.present ? BINDING_REPORT_DATA_SHA256 : BINDING_PUBLIC_KEY;
}

static bool put_digest(enum digest_alg alg, struct bytes a, struct bytes b, struct buf *out,
		       struct err *e)
{
	struct digest d;

	if (!hash_of_two(alg, a, b, &d, e))
		return false;
	buf_put(out, digest_bytes(&d));
	return buf_done(out, "a digest", e);
}

/* The report data by this nonce and, where there is one, this key. */
static bool report_data(const struct claims *c, const struct expectation *x, struct bytes nonce,
			struct buf *out, struct err *e)
{
	enum binding b = x->key.present ? binding_of(c, x) : BINDING_DEFAULT;

	if (b == BINDING_REPORT_DATA_SHA512)
		return put_digest(DIGEST_SHA512, x->key.v, nonce, out, e);
	if (b == BINDING_REPORT_DATA_SHA256 &&
	    !put_digest(DIGEST_SHA256, x->key.v, (struct bytes){0}, out, e))
		return false;
	buf_put(out, nonce);
	if (out->n < REPORT_DATA)
		buf_zero(out, REPORT_DATA - out->n);
	return buf_done(out, "report data", e);
}

/* ---- fresh */

/* Zeros are what a report holds that was asked for without any: now they say nothing. */
static bool says_nothing(const struct claims *c, const struct expectation *x)
{
	return x->when.clock == CLOCK_NOW && c->report_data.present && bytes_zero(x->nonce.v);
}

static bool check_nonce(const struct claims *c, const struct expectation *x, struct verdict *v,
			struct err *e)
{
	owned(buf_free) struct buf expected = BUF(4096);
	const struct claim *found = &c->nonce;
	struct check *made;
	bool same, empty;

	if (c->report_data.present) {
		found = &c->report_data;
		if (!report_data(c, x, x->nonce.v, &expected, e))
			return false;
	} else {
		buf_put(&expected, x->nonce.v);
	}
	if (!buf_done(&expected, "the nonce", e))
		return false;
	empty = says_nothing(c, x);
	same = !empty && is_same(found, buf_bytes(&expected));
	made = same ? pass(v, "fresh") : fail(v, "fresh", REASON_NONCE);
	put_pair(made, buf_bytes(&expected), found);
	verdict_detail(made, "%s%s",
		       same    ? "the nonce is the one that was sent"
		       : empty ? "a nonce of zeros is none: reports hold zeros without one"
			       : "the evidence was not made for this nonce",
		       same && x->nonce.v.n < NONCE_SHORT ? ", short enough to be guessed" : "");
	return true;
}

static void check_report_data(const struct claims *c, const struct expectation *x,
			      struct verdict *v)
{
	struct check *made;

	if (!x->report_data.present || is_same(&c->report_data, x->report_data.v))
		return;
	made = fail(v, "fresh", REASON_NONCE);
	put_pair(made, x->report_data.v, &c->report_data);
	verdict_detail(made, "the report data is another one");
}

static void without_nonce(const struct expectation *x, struct verdict *v)
{
	enum demand demand = x->policy->fresh;
	const char *copy = "no nonce was compared: this may be a copy of old evidence";

	if (x->when.clock != CLOCK_NOW)
		verdict_detail(verdict_add(v, "fresh", CHECK_SKIP, REASON_ARCHIVE),
			       "judged as of another time than now, so not asked for");
	else if (x->insecure_no_nonce || demand == DEMAND_WARN)
		verdict_detail(verdict_add(v, "fresh", CHECK_WARN, REASON_NO_NONCE), "%s", copy);
	else if (demand == DEMAND_NONE)
		verdict_detail(verdict_add(v, "fresh", CHECK_SKIP, REASON_ARCHIVE),
			       "the policy does not ask for it");
	else
		verdict_detail(verdict_add(v, "fresh", CHECK_SKIP, REASON_NO_NONCE), "%s", copy);
}

/* Of evidence that holds no time, a nonce alone can tell. */
static void check_age(const struct claims *c, const struct expectation *x, struct verdict *v)
{
	uint64_t most = x->policy->max_age;
	struct check *made;

	if (!x->policy->has_max_age || x->when.clock == CLOCK_NONE)
		return;
	if (!c->has_time) {
		if (!x->nonce.present)
			verdict_detail(verdict_add(v, "fresh", CHECK_SKIP, REASON_STALE),
				       "the evidence holds no time, so its age is not known");
		return;
	}
	if (c->judged_at <= c->time || (uint64_t)(c->judged_at - c->time) <= most)
		return;
	made = fail(v, "fresh", REASON_STALE);
	verdict_expected(made, "at most %llu seconds", (unsigned long long)most);
	verdict_actual(made, "%llu seconds", (unsigned long long)(c->judged_at - c->time));
	verdict_detail(made, "the evidence is older than the policy accepts");
}

static bool check_fresh(const struct claims *c, const struct expectation *x, struct verdict *v,
			struct err *e)
{
	if (!x->nonce.present)
		without_nonce(x, v);
	else if (!check_nonce(c, x, v, e))
		return false;
	check_report_data(c, x, v);
	check_age(c, x, v);
	return true;
}

/* ---- channel */

static void without_key(const struct expectation *x, struct verdict *v)
{
	bool needed = x->policy->channel == DEMAND_REQUIRE;

	verdict_detail(
		verdict_add(v, "channel", CHECK_SKIP, needed ? REASON_NO_CHANNEL : REASON_RELAY),
		"no key of the connection was compared: a relay could answer in the "
		"enclave's place");
}

/* What the evidence must hold, and where. */
static bool bound(const struct claims *c, const struct expectation *x, struct buf *expected,
		  const struct claim **found, struct err *e)
{
	switch (binding_of(c, x)) {
	case BINDING_PUBLIC_KEY:
		*found = &c->public_key;
		buf_put(expected, x->key.v);
		return buf_done(expected, "the key", e);
	case BINDING_USER_DATA_SHA256:
		*found = &c->user_data;
		return put_digest(DIGEST_SHA256, x->key.v, (struct bytes){0}, expected, e);
	case BINDING_REPORT_DATA_SHA256:
		*found = &c->report_data;
		return put_digest(DIGEST_SHA256, x->key.v, (struct bytes){0}, expected, e);
	case BINDING_REPORT_DATA_SHA512:
	case BINDING_DEFAULT:
		break;
	}
	*found = &c->report_data;
	return put_digest(DIGEST_SHA512, x->key.v,
			  x->nonce.present ? x->nonce.v : (struct bytes){0}, expected, e);
}

static const char *binding_field(enum binding b)
{
	static const char *const fields[] = {
		[BINDING_DEFAULT] = "",
		[BINDING_PUBLIC_KEY] = "public_key",
		[BINDING_USER_DATA_SHA256] = "user_data",
		[BINDING_REPORT_DATA_SHA256] = "report data",
		[BINDING_REPORT_DATA_SHA512] = "report data",
	};

	return fields[b];
}

static bool check_channel(const struct claims *c, const struct expectation *x, struct verdict *v,
			  struct err *e)
{
	owned(buf_free) struct buf expected = BUF(1u << 16);
	const struct claim *whole = NULL;
	enum binding b = binding_of(c, x);
	struct claim found;
	struct check *made;
	bool same;

	if (!x->key.present) {
		without_key(x, v);
		return true;
	}
	if (!bound(c, x, &expected, &whole, e))
		return false;
	found = *whole;
	/* Behind the digest stands the nonce, which is judged as such. */
	if (b == BINDING_REPORT_DATA_SHA256 && found.v.n > expected.n)
		found.v.n = expected.n;
	same = is_same(&found, buf_bytes(&expected));
	made = same ? pass(v, "channel") : fail(v, "channel", REASON_CHANNEL);
	put_pair(made, buf_bytes(&expected), &found);
	verdict_detail(made, "the %s names %s key than the connection's", binding_field(b),
		       same ? "no other" : "another");
	return true;
}

/* ---- policy */

static bool is_listed(const struct policy_list *l, const char *text)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->text[i], text) == 0)
			return true;
	return l->n == 0;
}

static void put_list(struct check *c, const struct policy_list *l)
{
	char list[sizeof(c->expected)] = "";
	size_t n = 0;

	for (size_t i = 0; i < l->n && n < sizeof(list); i++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%.40s", i ? ", " : "",
				      l->text[i]);
	verdict_expected(c, "%s", list);
}

static void check_list(struct verdict *v, const char *what, const struct policy_list *l,
		       const char *text)
{
	struct check *made;

	if (is_listed(l, text))
		return;
	made = fail(v, "policy", REASON_POLICY);
	put_list(made, l);
	verdict_actual(made, "%.60s", text[0] ? text : "none");
	verdict_detail(made, "the %s %.60s is not one of those that are accepted", what,
		       text[0] ? text : "(none)");
}

static void check_statuses(const struct expectation *x, struct verdict *v)
{
	const struct manifest *m = x->manifest;

	for (size_t i = 0; m && i < m->n_components; i++) {
		const struct component *p = &m->component[i];
		const char *status = origin_name(p->origin);

		status = status ? status : "unknown";
		if (!is_listed(&x->policy->statuses, status))
			verdict_detail(fail(v, "policy", REASON_POLICY),
				       "%.60s is %s, which is not accepted", p->name, status);
	}
}

static void check_user_data(const struct claims *c, const struct expectation *x, struct verdict *v)
{
	struct check *made;

	if (!x->user_data.present || is_same(&c->user_data, x->user_data.v))
		return;
	made = fail(v, "policy", REASON_POLICY);
	put_pair(made, x->user_data.v, &c->user_data);
	verdict_detail(made, "the user data is another one");
}

static bool check_policy(const struct claims *c, const struct expectation *x, struct verdict *v,
			 struct err *e)
{
	const struct policy *p = x->policy;

	check_list(v, "kind", &p->kinds, c->format->kind);
	check_list(v, "product", &p->products, c->product);
	check_list(v, "region", &p->regions, c->region);
	check_statuses(x, v);
	check_user_data(c, x, v);
	return c->format->policy(c, p, v, e);
}

/* ---- all */

bool appraise(const struct claims *c, const struct expectation *x, struct appraisal *out,
	      struct verdict *v, struct err *e)
{
	*out = (struct appraisal){0};
	if (c) {
		appraise_code(c, x, out, v);
		if (!check_fresh(c, x, v, e) || !check_channel(c, x, v, e) ||
		    !check_policy(c, x, v, e))
			return false;
	}
	verdict_settle(v, appraise_checks);
	return true;
}

bool appraise_is_authentic(const struct verdict *v)
{
	bool any = false;

	for (size_t i = 0; i < v->n; i++) {
		const struct check *c = &v->check[i];

		if (strcmp(c->id, "genuine") != 0 && strcmp(c->id, "vendor-signature") != 0)
			continue;
		if (c->result == CHECK_FAIL || c->result == CHECK_SKIP)
			return false;
		any = true;
	}
	return any;
}
