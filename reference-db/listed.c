#include "reference-db/listed.h"

#include <string.h>

#define DAY INT64_C(86400)
#define AT_ONCE 256u /* hits */

static bool is_measurement(const char *what)
{
	return strcmp(what, "PCR0") == 0 || strncmp(what, "launch digest", 13) == 0 ||
	       strncmp(what, "released file ", 14) == 0;
}

static bool is_asked(const struct listed *x, const struct ledger_release *r)
{
	return (!x->product || strcmp(x->product, r->product) == 0) &&
	       (!x->version || strcmp(x->version, r->version) == 0);
}

/* What decides between releases of one measurement; later ones win among equals. */
static unsigned rank(const struct ledger_release *r)
{
	return r->contradicted ? 3 : r->withdrawn ? 2 : r->published ? 1 : 0;
}

struct finding {
	bool any;
	unsigned rank;
	uint64_t release;
};

static void consider(const struct listed *x, uint64_t release, struct finding *f)
{
	struct ledger_release r;
	unsigned is;

	ledger_release(x->ledger, release, &x->as_of, &r);
	if (!is_asked(x, &r))
		return;
	is = rank(&r);
	if (f->any && (is < f->rank || (is == f->rank && release < f->release)))
		return;
	*f = (struct finding){true, is, release};
}

static void consider_all(const struct listed *x, struct bytes digest, struct finding *f)
{
	struct ledger_hit hit[AT_ONCE];
	size_t n = 1;

	for (size_t at = 0; at < n; at += AT_ONCE) {
		n = ledger_who(x->ledger, digest, at, hit, AT_ONCE);
		for (size_t i = 0; i < AT_ONCE && at + i < n; i++)
			if (is_measurement(hit[i].what))
				consider(x, hit[i].release, f);
	}
}

bool listed_find(const struct listed *x, const struct digest *d, size_t n, uint64_t *release)
{
	struct finding f = {0};

	for (size_t i = 0; i < n; i++)
		consider_all(x, digest_bytes(&d[i]), &f);
	*release = f.release;
	return f.any;
}

/* ---- checks */

static void add(struct verdict *v, bool good, enum check_result otherwise, enum reason reason,
		const char *detail)
{
	struct check *c;

	if (good)
		return;
	c = verdict_add(v, "release", otherwise, reason);
	verdict_detail(c, "%s", detail);
}

void listed_withdrawn(const struct ledger_release *r, struct verdict *v)
{
	struct check *c;

	if (!r->withdrawn && r->withdrawers > 0)
		verdict_detail(
			verdict_add(v, "release", CHECK_WARN, REASON_WITHDRAWN),
			"%zu of the %llu withdrawers that are needed say that it is withdrawn",
			r->withdrawers, (unsigned long long)r->must_withdraw);
	if (!r->withdrawn)
		return;
	c = verdict_add(v, "release", CHECK_FAIL, REASON_WITHDRAWN);
	verdict_detail(c, "%.60s was withdrawn: %.120s%s%.40s", r->version,
		       r->withdrawn_why ? r->withdrawn_why : "",
		       r->replacement ? "; use instead " : "",
		       r->replacement ? r->replacement : "");
}

/* Who says that so many must have rebuilt it takes nothing else. */
void listed_rebuilt(const struct ledger_release *r, uint64_t needed, struct verdict *v)
{
	bool enough = r->rebuilders >= needed;
	struct check *c;

	if (r->differing > 0)
		verdict_detail(verdict_add(v, "release", CHECK_WARN, REASON_DIFFERS),
			       "%zu rebuilders got something else than was published",
			       r->differing);
	if (needed == 0)
		return;
	c = verdict_add(v, "release", enough ? CHECK_PASS : CHECK_FAIL,
			enough ? REASON_NONE : REASON_REBUILDERS);
	verdict_part(c, "rebuilt");
	verdict_detail(c, "rebuilt with equal bytes by %zu, and %llu are needed", r->rebuilders,
		       (unsigned long long)needed);
}

void listed_judge(const struct listed *x, uint64_t release, struct verdict *v)
{
	enum check_result unless = x->latest ? CHECK_FAIL : CHECK_WARN;
	struct ledger_release r;
	size_t before = v->n;

	ledger_release(x->ledger, release, &x->as_of, &r);
	listed_withdrawn(&r, v);
	add(v, !r.contradicted, CHECK_FAIL, REASON_CONTRADICTION,
	    "two manifests of this version both count");
	add(v, r.published, CHECK_FAIL, REASON_THRESHOLD,
	    "too few publishers have signed it, as of that time");
	listed_rebuilt(&r, ledger_trust(x->ledger)->rule[TRUST_REBUILDER].threshold, v);
	add(v, !r.below_minimum, CHECK_FAIL, REASON_MINIMUM,
	    "it is older than the oldest version that is accepted");
	add(v, !r.superseded, unless, REASON_SUPERSEDED, "a later version supersedes it");
	if (x->as_of.channel && !r.released)
		add(v, false, CHECK_FAIL, REASON_LATEST,
		    "no statement says that it ever was the latest of that channel");
	else
		add(v, r.latest || (!r.released && !x->latest), unless, REASON_LATEST,
		    r.released ? "it is not the latest version"
			       : "no statement says that it is the latest");
	if (v->n == before)
		verdict_detail(verdict_add(v, "release", CHECK_PASS, REASON_NONE),
			       "%.100s %.60s is listed%s", r.product, r.version,
			       r.latest ? ", and the latest" : "");
}

void listed_unknown(const struct listed *x, struct verdict *v)
{
	struct signed_upon head = ledger_head(x->ledger);

	verdict_detail(verdict_add(v, "release", CHECK_FAIL, REASON_NOT_LISTED),
		       "nothing that counts in the %llu statements speaks of it%s%.80s",
		       (unsigned long long)head.height, x->product ? " as of " : "",
		       x->product ? x->product : "");
}

/* A clock that runs ahead, by mistake or not, makes nothing newer; whose it is people can ask. */
static void judge_clocks(const struct listed *x, struct verdict *v)
{
	struct ledger_statement s;
	uint64_t i;

	if (!ledger_future(x->ledger, x->as_of.when.at, &i))
		return;
	ledger_statement(x->ledger, i, &s);
	verdict_detail(verdict_add(v, "database", CHECK_WARN, REASON_NOT_YET_VALID),
		       "statement %llu, by %.64s, says that it was made later than now",
		       (unsigned long long)s.entry, s.signer_name ? s.signer_name : "a CA's key");
}

void listed_age(const struct listed *x, struct verdict *v)
{
	uint32_t promised = ledger_refresh_days(x->ledger);
	int64_t newest = 0, days;
	struct check *c;
	bool any;

	if (x->as_of.when.clock != CLOCK_NOW)
		return;
	judge_clocks(x, v);
	any = ledger_newest(x->ledger, x->as_of.when.at, &newest);
	days = any ? (x->as_of.when.at - newest) / DAY : 0;
	if (any && days <= (int64_t)(promised ? promised : LISTED_DAYS))
		return;
	c = verdict_add(v, "database", promised ? CHECK_FAIL : CHECK_WARN, REASON_STALE);
	if (!any)
		verdict_detail(c, "no statement that counts says when it was made");
	else
		verdict_detail(c,
			       "the newest statement is %lld days old, and one every %u days is %s",
			       (long long)days, promised ? promised : LISTED_DAYS,
			       promised ? "promised" : "usual");
}
