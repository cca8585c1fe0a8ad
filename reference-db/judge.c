#include "reference-db/judge.h"

#include <stdio.h>

#include "measure/base/hex.h"

#define KID_SHOWN 16u /* hex digits of a key's identity in texts */

static void kid_text(struct bytes kid, char text[KID_SHOWN + 1])
{
	owned(buf_free) struct buf hex = BUF(128);

	hex_put(&hex, kid);
	memset(text, 0, KID_SHOWN + 1);
	memcpy(text, buf_cstr(&hex), hex.n < KID_SHOWN ? hex.n : KID_SHOWN);
}

static bool counted(const struct judged *out, const struct trust_key *key)
{
	for (size_t i = 0; i < out->n; i++)
		if (out->signer[i].key == key)
			return true;
	return false;
}

/* REASON_NONE, or why it does not count at this time. */
static enum reason out_of_time(const struct signed_header *h, const struct trust_key *k,
			       const struct when *when)
{
	if (!when_judged(when))
		return REASON_NONE;
	if ((h->has_expires && when->at > h->expires) ||
	    (k->has_not_after && when->at > k->not_after))
		return REASON_EXPIRED;
	if ((h->has_not_before && when->at < h->not_before) ||
	    (k->has_not_before && when->at < k->not_before))
		return REASON_NOT_YET_VALID;
	return REASON_NONE;
}

static void add(struct verdict *v, enum check_result result, enum reason r, const char *name,
		const char *text)
{
	verdict_detail(verdict_add(v, "signature", result, r), "%.64s: %s", name, text);
}

/* Does the signature hold? Not holding is no err but `*holds`. */
static bool verify(const struct trust_key *key, const struct signed_statement *s, bool *holds,
		   struct err *e)
{
	owned(buf_free) struct buf tbs = BUF(SIGNED_MAX + 4096);
	struct err why = {0};

	cose_message_tbs(&tbs, s->message.protected_header, s->message.payload);
	if (!buf_done(&tbs, "the signed bytes", e))
		return false;
	*holds = s->header.alg == pubkey_alg(key->key) &&
		 pubkey_verify(key->key, buf_bytes(&tbs), s->message.signature, &why);
	if (*holds || !err_is(&why) || reason_class(why.reason) == EXIT_CLASS_NO)
		return true;
	*e = why;
	return false;
}

static bool judge_one(const struct judge *j, const struct signed_statement *s,
		      const struct trust_key *key, struct err *e)
{
	enum reason late = out_of_time(&s->header, key, &j->when);
	struct judged *out = j->judged;
	bool holds = false;
	char text[64];

	if (!verify(key, s, &holds, e))
		return false;
	if (s->header.alg != pubkey_alg(key->key)) {
		snprintf(text, sizeof(text), "alg is %s, and this key makes %s",
			 cose_alg_name(s->header.alg), cose_alg_name(pubkey_alg(key->key)));
		add(j->verdict, CHECK_FAIL, REASON_SIGNATURE, key->name, text);
	} else if (!holds) {
		add(j->verdict, CHECK_FAIL, REASON_SIGNATURE, key->name,
		    "the signature in the name of this key does not hold");
	} else if (late != REASON_NONE) {
		/* Whether that decides is seen when all are counted. */
		add(j->verdict, CHECK_WARN, late, key->name, reason_meaning(late));
	} else {
		add(j->verdict, CHECK_PASS, REASON_NONE, key->name, "holds");
		if (!counted(out, key)) {
			out->signer[out->n].key = key;
			out->signer[out->n++].statement = s;
		}
	}
	return true;
}

/* Short of the threshold, a signature out of time is the cause to name, before the number. */
static void decide(const struct trust_rule *rule, size_t n, struct verdict *v)
{
	struct check *c;
	bool enough = rule->threshold > 0 && n >= rule->threshold;

	for (size_t i = 0; !enough && i < v->n; i++)
		if (v->check[i].result == CHECK_WARN &&
		    (v->check[i].reason == REASON_EXPIRED ||
		     v->check[i].reason == REASON_NOT_YET_VALID))
			v->check[i].result = CHECK_FAIL;
	c = verdict_add(v, "threshold", enough ? CHECK_PASS : CHECK_SKIP,
			enough ? REASON_NONE : REASON_THRESHOLD);
	verdict_expected(c, "%llu", (unsigned long long)rule->threshold);
	verdict_actual(c, "%zu", n);
	verdict_detail(c, "%zu trusted key%s signed, %llu must", n, n == 1 ? "" : "s",
		       (unsigned long long)rule->threshold);
}

bool judge_signatures(const struct judge *j, const struct published *p, struct err *e)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct signed_statement *s = &p->statement[i];
		const struct trust_key *key = trust_key_by_id(j->trust, j->role, s->header.kid);
		char kid[KID_SHOWN + 1];

		if (key) {
			if (!judge_one(j, s, key, e))
				return false;
			continue;
		}
		kid_text(s->header.kid, kid);
		add(j->verdict, CHECK_WARN, REASON_UNKNOWN_KEY, kid[0] ? kid : "no key id",
		    "a key that the trust file does not name for this role; it counts for nothing");
	}
	decide(&j->trust->rule[j->role], j->judged->n, j->verdict);
	return true;
}
