#include "reference-db/judge.h"

#include <stdarg.h>
#include <stdio.h>

#include "reference-db/certified.h"
#include "reference-db/signers.h"
#include "reference-db/signing.h"

#define KID_SHOWN 8u /* bytes of a key's identity in texts */

/* What one signature is worth, and whose it is. */
struct opinion {
	enum reason reason; /* REASON_NONE: it counts */
	struct judge_signer by;
	char text[CERTIFIED_TEXT_MAX + 1];
};

static void say(struct opinion *o, enum reason r, const char *format, ...) ERR_FORMAT(3, 4);

static void say(struct opinion *o, enum reason r, const char *format, ...)
{
	va_list args;

	o->reason = r;
	va_start(args, format);
	vsnprintf(o->text, sizeof(o->text), format, args);
	va_end(args);
}

/* REASON_NONE, or why it does not count at this time. k: NULL when the key has no dates. */
static enum reason out_of_time(const struct signed_header *h, const struct trust_key *k,
			       const struct when *when)
{
	if (!when_judged(when))
		return REASON_NONE;
	if ((h->has_expires && when->at > h->expires) ||
	    (k && k->has_not_after && when->at > k->not_after))
		return REASON_EXPIRED;
	if ((h->has_not_before && when->at < h->not_before) ||
	    (k && k->has_not_before && when->at < k->not_before))
		return REASON_NOT_YET_VALID;
	return REASON_NONE;
}

/* By a key that is trusted for the role; its entry in the trust file, or NULL. */
static bool judge_key(const struct judge *j, const struct pubkey *key, const struct trust_key *k,
		      struct opinion *o, struct err *e)
{
	enum reason late = out_of_time(&o->by.statement->header, k, &j->when);
	bool holds = false;

	if (!signing_holds(key, o->by.statement, &holds, e))
		return false;
	o->by.id = *pubkey_id(key);
	if (o->by.statement->header.alg != pubkey_alg(key))
		say(o, REASON_SIGNATURE, "alg is %s, and this key makes %s",
		    cose_alg_name(o->by.statement->header.alg), cose_alg_name(pubkey_alg(key)));
	else if (!holds)
		say(o, REASON_SIGNATURE, "the signature in the name of this key does not hold");
	else if (late != REASON_NONE)
		say(o, late, "%s", reason_meaning(late));
	else
		say(o, REASON_NONE, "holds");
	return true;
}

/* ---- keys that the trust file does not name */

static void name_by_kid(struct opinion *o)
{
	struct bytes kid = o->by.statement->header.kid;

	snprintf(o->by.name, sizeof(o->by.name), "no key id");
	for (size_t i = 0; i < kid.n && i < KID_SHOWN; i++)
		snprintf(o->by.name + 2 * i, 3, "%02x", kid.p[i]);
}

static bool name_by_subject(struct opinion *o, const struct x509 *leaf, struct err *e)
{
	owned(buf_free) struct buf subject = BUF(SIGNED_MAX);

	x509_subject(leaf, &subject);
	if (!buf_done(&subject, "the subject of a certificate", e))
		return false;
	snprintf(o->by.name, sizeof(o->by.name), "%s", buf_cstr(&subject));
	return true;
}

static bool judge_stranger(const struct judge *j, struct opinion *o, struct err *e)
{
	owned(certified_free) struct certified c = {0};
	const struct signed_header *h = &o->by.statement->header;
	const struct trust_rule *rule = &j->trust->rule[j->role];

	name_by_kid(o);
	if (!certified_judge(&c, h, rule, &j->when, e) ||
	    (c.ca && !name_by_subject(o, c.cert[0], e)))
		return false;
	o->by.ca = c.ca;
	if (c.fault != REASON_NONE)
		say(o, c.fault, "%s", c.text);
	else if (c.ca)
		return certified_subject(&c, o->by.subject, e) &&
		       judge_key(j, x509_pubkey(c.cert[0]), NULL, o, e);
	else
		say(o, REASON_UNKNOWN_KEY, "%s for this role; it counts for nothing",
		    h->n_chain > 0 && rule->n_ca > 0
			    ? "certificates that lead to no CA that the trust file names"
			    : "a key that the trust file does not name");
	return true;
}

static bool judge_one(const struct judge *j, struct opinion *o, struct err *e)
{
	const struct trust_key *k = trust_key_by_id(j->trust, j->role, o->by.statement->header.kid);

	if (!k)
		return judge_stranger(j, o, e);
	snprintf(o->by.name, sizeof(o->by.name), "%s", k->name);
	return judge_key(j, k->key, k, o, e);
}

/* ---- all of them */

/* Each signer by the first of his signatures. */
static void count(struct judged *out, const struct opinion *o, size_t n)
{
	const struct signers_pair *p;
	struct signers s = {.n = 0};

	for (size_t i = 0; i < n; i++) {
		const struct signer_is is = {o[i].by.id.v, o[i].by.subject};

		if (out->counts[i])
			signers_add(&s, &is, i);
	}
	for (size_t i = 0; (p = signers_next(&s, &i));)
		out->signer[out->n++] = o[p->first].by;
}

static enum check_result result_of(enum reason r, bool enough)
{
	if (r == REASON_NONE)
		return CHECK_PASS;
	if (r == REASON_SIGNATURE)
		return CHECK_FAIL;
	return r == REASON_UNKNOWN_KEY || enough ? CHECK_WARN : CHECK_FAIL;
}

/* Each signature in its order, then their number: what is worthless is the cause to name first. */
static void report(const struct judge *j, const struct opinion *o, size_t n)
{
	unsigned long long must_sign = j->trust->rule[j->role].threshold;
	size_t signed_by = j->judged->n;
	bool enough = must_sign > 0 && signed_by >= must_sign;
	struct check *c;

	for (size_t i = 0; i < n; i++) {
		enum check_result result = result_of(o[i].reason, enough);

		verdict_detail(verdict_add(j->verdict, "signature", result, o[i].reason),
			       "%.64s: %s", o[i].by.name, o[i].text);
	}
	c = verdict_add(j->verdict, "threshold", enough ? CHECK_PASS : CHECK_SKIP,
			enough ? REASON_NONE : REASON_THRESHOLD);
	verdict_expected(c, "%llu", must_sign);
	verdict_actual(c, "%zu", signed_by);
	verdict_detail(c, "%zu trusted key%s signed, %llu must", signed_by,
		       signed_by == 1 ? "" : "s", must_sign);
}

bool judge_signatures(const struct judge *j, const struct published *p, struct err *e)
{
	struct opinion o[BUNDLE_SIGNATURES] = {0};

	for (size_t i = 0; i < p->n; i++) {
		o[i].by.statement = &p->statement[i];
		if (!judge_one(j, &o[i], e))
			return false;
		j->judged->counts[i] = o[i].reason == REASON_NONE;
	}
	count(j->judged, o, p->n);
	report(j, o, p->n);
	return true;
}
