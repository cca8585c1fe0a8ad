#include <stdio.h>

#include "reference-db/later.h"
#include "reference-db/listed.h"

#define TOLD 8u /* statements that count for nothing */

void later_free(struct later *x)
{
	ledger_free(&x->ledger);
}

/* Each signature as the statement that a database would hold. Of a manifest that no database would
 * take nothing can be said; where something is said of it all the same, that is not passed over. */
static bool feed_manifest(struct ledger *l, const struct signed_statement *s, bool said,
			  struct err *e)
{
	owned(buf_free) struct buf file = BUF(SIGNED_MAX);
	struct cose_message m = s->message;
	struct ledger_fed fed;

	m.detached = false;
	cose_message_write(&file, &m);
	if (!buf_done(&file, "a statement", e))
		return false;
	if (ledger_feed(l, buf_bytes(&file), &fed, e))
		return true;
	if (said || reason_class(e->reason) != EXIT_CLASS_MALFORMED)
		return false;
	*e = (struct err){0};
	return true;
}

static void tell(struct verdict *v, const struct ledger_statement *s)
{
	char key[17];

	for (size_t i = 0; i < 8; i++)
		snprintf(key + 2 * i, 3, "%02x", s->signer.v[i]);
	verdict_detail(verdict_add(v, "release", CHECK_WARN, ledger_reason(s->worth)),
		       "the %s statement by key %s counts for nothing: %s",
		       statement_rows[s->kind].name, key, s->why);
}

static bool feed_later(const struct later *x, const struct judge *j, const struct bundle_set *s,
		       struct err *e)
{
	int64_t now = j->when.clock == CLOCK_NOW ? j->when.at : WHEN_LAST;
	size_t order[BUNDLE_STATEMENTS], worthless = 0;

	if (!later_order(s, now, order, e))
		return false;
	for (size_t i = 0; i < s->n; i++) {
		struct ledger_fed fed;

		if (!ledger_feed(x->ledger, s->member[order[i]].bytes, &fed, e))
			return false;
		if (fed.statement.worth != LEDGER_COUNTS && worthless++ < TOLD)
			tell(j->verdict, &fed.statement);
	}
	if (worthless > TOLD)
		verdict_detail(verdict_add(j->verdict, "release", CHECK_WARN, REASON_ROLE),
			       "%zu more statements count for nothing", worthless - TOLD);
	return true;
}

void later_rebuilders(const struct ledger *l, uint64_t release, const struct when *when,
		      struct judged *out)
{
	struct ledger_statement s[JUDGE_REBUILDERS];
	size_t n = ledger_rebuilders(l, release, when, s, JUDGE_REBUILDERS);

	for (out->n_rebuilders = 0; out->n_rebuilders < n; out->n_rebuilders++) {
		struct judge_rebuilder *r = &out->rebuilder[out->n_rebuilders];

		snprintf(r->name, sizeof(r->name), "%s",
			 s[out->n_rebuilders].signer_name ? s[out->n_rebuilders].signer_name
							  : "a certified key");
		r->id = s[out->n_rebuilders].signer;
	}
}

bool later_judge(struct later *x, const struct judge *j, const struct published *p, struct err *e)
{
	const struct ledger_when as_of = {.when = j->when};

	x->needed = j->trust->rule[TRUST_REBUILDER].threshold;
	if (p->later.n == 0 && x->needed == 0)
		return true;
	if (!(x->ledger = ledger_apart(j->trust, e)))
		return false;
	for (size_t i = 0; i < p->n; i++)
		if (!feed_manifest(x->ledger, &p->statement[i], p->later.n > 0, e))
			return false;
	if (!feed_later(x, j, &p->later, e))
		return false;
	if (ledger_releases(x->ledger) == 0)
		return true;
	ledger_release(x->ledger, 0, &as_of, &x->release);
	listed_withdrawn(&x->release, j->verdict);
	later_rebuilders(x->ledger, 0, &j->when, j->judged);
	return true;
}

void later_judge_rebuilt(const struct later *x, struct verdict *v)
{
	if (x->ledger)
		listed_rebuilt(&x->release, x->needed, v);
}
