#include "reference-db/log_judge.h"

#include <stdarg.h>
#include <stdio.h>

#include "measure/base/hex.h"
#include "reference-db/log_proof.h"

#define AHEAD 300 /* seconds by which the clock of a witness may be ahead of ours */
#define TEXT_MAX 200u
#define SHOWN 96 /* bytes of a name in texts */

/* What one proof is worth, and of which tree it is. */
struct opinion {
	enum reason reason; /* REASON_NONE: it counts */
	struct log_proof proof;
	bool signed_tree; /* by the log */
	bool signed_by[LOG_POLICY_NODES];
	char text[TEXT_MAX];
};

struct court {
	const struct judge *j;
	const struct published *published;
	size_t n;
	struct opinion opinion[BUNDLE_PROOFS];
	struct log_entry entry[BUNDLE_SIGNATURES];
};

static void court_free(struct court **c)
{
	for (size_t i = 0; *c && i < (*c)->n; i++)
		log_proof_free(&(*c)->opinion[i].proof);
	own_free(c);
}

static bool say(struct opinion *o, enum reason r, const char *format, ...) ERR_FORMAT(3, 4);

/* Returns true: that something was said is no fault of the machinery. */
static bool say(struct opinion *o, enum reason r, const char *format, ...)
{
	va_list args;

	o->reason = r;
	va_start(args, format);
	vsnprintf(o->text, sizeof(o->text), format, args);
	va_end(args);
	return true;
}

static int shown(struct bytes name)
{
	return name.n < SHOWN ? (int)name.n : SHOWN;
}

/* A proof that does not hold is an opinion; whatever else failed is an err. */
static bool not_held(struct opinion *o, const char *who, const struct err *why, struct err *e)
{
	if (why->reason == REASON_LOG_PROOF)
		return say(o, REASON_LOG_PROOF, "%.80s: %s", who, why->text);
	*e = *why;
	return false;
}

/* ---- signatures under the tree */

/* All marks of the key; *held: how many, of which none fails. */
struct marks {
	const struct note_key *key;
	char who[128];
	size_t held;
};

static bool counts_in_time(const struct court *c, const struct note_key *k, struct bytes signature)
{
	uint64_t time = note_time(k, signature);
	const struct when *when = &c->j->when;

	if (k->type != NOTE_COSIGNATURE)
		return true;
	return time > 0 && time <= (uint64_t)WHEN_LAST &&
	       (!when_judged(when) || (int64_t)time <= when->at + AHEAD);
}

static bool judge_marks(const struct court *c, struct opinion *o, struct marks *m, struct err *e)
{
	for (size_t i = 0; i < o->proof.n; i++) {
		const struct log_proof_mark *mark = &o->proof.mark[i];
		struct err why = {0};
		bool is = false;

		if (!log_proof_by(&o->proof, mark, m->key, &is, e))
			return false;
		if (!is)
			continue;
		if (!note_verify(m->key, o->proof.text, mark->signature, &why))
			return not_held(o, m->who, &why, e);
		m->held += counts_in_time(c, m->key, mark->signature);
	}
	return true;
}

static bool judge_log(const struct court *c, struct opinion *o, struct err *e)
{
	const struct log_policy *p = &c->j->trust->logs.policy;

	for (size_t i = 0; i < p->n_logs && o->reason == REASON_NONE; i++) {
		struct marks m = {.key = &p->log[i].key, .who = "the log"};

		if (!bytes_equal(m.key->name, o->proof.origin))
			continue;
		if (!judge_marks(c, o, &m, e))
			return false;
		o->signed_tree = o->signed_tree || m.held > 0;
	}
	if (o->reason != REASON_NONE || o->signed_tree)
		return true;
	return say(o, REASON_UNKNOWN_LOG,
		   "of a log that the trust file does not name; it counts for nothing");
}

static bool judge_witnesses(const struct court *c, struct opinion *o, struct err *e)
{
	const struct log_policy *p = &c->j->trust->logs.policy;

	for (size_t i = 0; i < p->n && o->reason == REASON_NONE; i++) {
		struct marks m = {.key = &p->node[i].witness.key};

		if (!m.key->key)
			continue;
		snprintf(m.who, sizeof(m.who), "the witness '%.*s'", shown(p->node[i].name),
			 (const char *)p->node[i].name.p);
		if (!judge_marks(c, o, &m, e))
			return false;
		o->signed_by[i] = m.held > 0;
	}
	return true;
}

/* ---- what it finds */

/* Of a Sigsum log: an entry that nobody looks for under a known key was hidden, not published. */
static bool judge_submitter(const struct court *c, struct opinion *o, const struct log_entry *x,
			    struct err *e)
{
	const struct trust_logs *l = &c->j->trust->logs;

	if (o->proof.form != LOG_PROOF_SIGSUM)
		return true;
	for (size_t i = 0; i < l->n; i++) {
		struct err why = {0};
		bool is = false;

		if (!log_proof_key_hash(&l->submitter[i].key, o->proof.submitter, &is, e))
			return false;
		if (is)
			return log_proof_submitted(&o->proof, x, &l->submitter[i].key, &why) ||
			       not_held(o, "the submitter", &why, e);
	}
	return say(o, REASON_UNKNOWN_LOG,
		   "of a submitter that the trust file does not name; it counts for nothing");
}

static bool judge_entry(const struct court *c, struct opinion *o, struct err *e)
{
	for (size_t i = 0; i < c->published->n; i++) {
		struct err why = {0};

		if (!log_proof_finds(&o->proof, &c->entry[i], &why)) {
			if (why.reason == REASON_LOG_PROOF)
				continue;
			*e = why;
			return false;
		}
		if (!judge_submitter(c, o, &c->entry[i], e))
			return false;
		if (o->reason == REASON_NONE && !c->j->judged->counts[i])
			say(o, REASON_UNKNOWN_LOG,
			    "of a signature that does not count; it counts for nothing");
		return true;
	}
	return say(o, REASON_LOG_PROOF, "entry %llu of %llu is none of the signed manifests here",
		   (unsigned long long)o->proof.index, (unsigned long long)o->proof.head.size);
}

static size_t witnesses(const struct opinion *o)
{
	size_t n = 0;

	for (size_t i = 0; i < LOG_POLICY_NODES; i++)
		n += o->signed_by[i];
	return n;
}

static bool judge_one(const struct court *c, struct opinion *o, struct err *e)
{
	const struct trust_logs *l = &c->j->trust->logs;
	unsigned long long index = o->proof.index, size = o->proof.head.size;

	if (!l->named)
		return say(o, REASON_UNKNOWN_LOG,
			   "the trust file names no log; it counts for nothing");
	if (!judge_log(c, o, e) || (o->reason == REASON_NONE && !judge_witnesses(c, o, e)) ||
	    (o->reason == REASON_NONE && !judge_entry(c, o, e)))
		return false;
	if (o->reason != REASON_NONE)
		return true;
	if (!log_policy_enough(&l->policy, o->signed_by))
		return say(o, REASON_LOG_QUORUM,
			   "entry %llu of %llu, but the %zu known witnesses that signed are not "
			   "enough",
			   index, size, witnesses(o));
	return say(o, REASON_NONE, "entry %llu of %llu, in a tree that %zu known witnesses signed",
		   index, size, witnesses(o));
}

/* ---- all of them */

static void report_proof(const struct court *c, const struct opinion *o)
{
	enum check_result result = o->reason == REASON_NONE	   ? CHECK_PASS
				   : o->reason == REASON_LOG_PROOF ? CHECK_FAIL
								   : CHECK_WARN;

	verdict_detail(verdict_add(c->j->verdict, "proof", result, o->reason), "%.*s: %s",
		       shown(o->proof.origin), (const char *)o->proof.origin.p, o->text);
}

/* Signed both by the log, so that it cannot say that it was not its own. */
static void report_split(const struct court *c, const struct opinion *a, const struct opinion *b)
{
	char one[2 * DIGEST_MAX + 1], other[2 * DIGEST_MAX + 1];
	struct check *check;

	if (!a->signed_tree || !b->signed_tree || a->proof.head.size != b->proof.head.size ||
	    !bytes_equal(a->proof.origin, b->proof.origin) ||
	    digest_equal(&a->proof.head.root, &b->proof.head.root))
		return;
	check = verdict_add(c->j->verdict, "proof", CHECK_FAIL, REASON_LOG_SPLIT);
	hex_string(one, digest_bytes(&a->proof.head.root));
	hex_string(other, digest_bytes(&b->proof.head.root));
	verdict_expected(check, "%s", one);
	verdict_actual(check, "%s", other);
	verdict_detail(check, "%.*s: two trees of %llu entries have different roots",
		       shown(a->proof.origin), (const char *)a->proof.origin.p,
		       (unsigned long long)a->proof.head.size);
}

static void note_log(struct judged *out, const struct log_proof *p)
{
	snprintf(out->log, sizeof(out->log), "%.*s", shown(p->origin), (const char *)p->origin.p);
	out->log_index = p->index;
}

static void report(const struct court *c, bool asked)
{
	const struct trust *t = c->j->trust;
	enum demand demand = asked ? DEMAND_REQUIRE : t->logs.named ? t->require.logs : DEMAND_NONE;
	enum reason why = REASON_NO_PROOF;
	const struct opinion *counts = NULL;

	for (size_t i = 0; i < c->n; i++) {
		report_proof(c, &c->opinion[i]);
		for (size_t k = 0; k < i; k++)
			report_split(c, &c->opinion[k], &c->opinion[i]);
		if (c->opinion[i].reason == REASON_NONE && !counts)
			counts = &c->opinion[i];
		if (c->opinion[i].reason == REASON_LOG_QUORUM)
			why = REASON_LOG_QUORUM;
	}
	if (counts) {
		note_log(c->j->judged, &counts->proof);
		verdict_detail(verdict_add(c->j->verdict, "logs", CHECK_PASS, REASON_NONE),
			       "what was signed is published");
	} else if (demand != DEMAND_NONE) {
		verdict_detail(verdict_add(c->j->verdict, "logs",
					   demand == DEMAND_WARN ? CHECK_WARN : CHECK_SKIP, why),
			       "no proof counts that what was signed is published");
	}
}

/* As a file with the payload inside, whichever way the signature came. */
static bool enter(struct court *c, size_t i, struct err *e)
{
	owned(buf_free) struct buf file = BUF(2 * SIGNED_MAX);
	struct cose_message m = c->published->statement[i].message;

	m.detached = false;
	cose_message_write(&file, &m);
	return buf_done(&file, "a signed manifest", e) &&
	       log_entry_of(buf_bytes(&file), &c->entry[i], e);
}

static bool read_proofs(struct court *c, struct err *e)
{
	const struct bundle_set *s = &c->published->proofs;

	for (; c->n < s->n; c->n++)
		if (!log_proof_read(&c->opinion[c->n].proof, s->member[c->n].bytes,
				    s->member[c->n].at, e))
			return false;
	for (size_t i = 0; c->n > 0 && c->j->trust->logs.named && i < c->published->n; i++)
		if (!enter(c, i, e))
			return false;
	return true;
}

bool log_judge(const struct judge *j, const struct published *p, bool asked, struct err *e)
{
	owned(court_free) struct court *c = own_new(sizeof(*c), e);

	if (!c)
		return false;
	c->j = j;
	c->published = p;
	if (!read_proofs(c, e))
		return false;
	for (size_t i = 0; i < c->n; i++)
		if (!judge_one(c, &c->opinion[i], e))
			return false;
	report(c, asked);
	return true;
}
