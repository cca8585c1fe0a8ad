#include "reference-db/ledger_parts.h"

/* ---- who stands behind it */

static bool in_time(const struct ledger_record *r, const struct when *when)
{
	return !when_judged(when) ||
	       (!((r->has & LEDGER_HAS_NOT_BEFORE) && when->at < r->not_before) &&
		!((r->has & LEDGER_HAS_EXPIRES) && when->at > r->expires));
}

static bool share_ca(const struct trust_rule *a, const struct trust_rule *b)
{
	for (size_t i = 0; i < a->n_ca; i++)
		for (size_t k = 0; k < b->n_ca; k++)
			if (bytes_equal(x509_der(a->ca[i]), x509_der(b->ca[k])))
				return true;
	return false;
}

/* Of no log nobody can tell who has not signed it: a signature can have been left out. */
static bool may_have_signed(const struct ledger *l, const struct ledger_record *r)
{
	static const uint8_t none[sizeof(r->subject)];
	const struct trust *t = ledger_trust(l);

	if (!l->apart || r->kind != STATEMENT_REBUILT)
		return false;
	return trust_key_by_id(t, TRUST_PUBLISHER, bytes_of(r->signer, 32)) ||
	       (memcmp(r->subject, none, sizeof(none)) != 0 &&
		share_ca(&t->rule[TRUST_PUBLISHER], &t->rule[TRUST_REBUILDER]));
}

/* Who stands behind a release as of a time. */
struct people {
	struct signers publishers, rebuilt;
	struct signers ever; /* whoever signed it, at whatever time, or may have */
};

static void find_people(const struct ledger *l, const struct ledger_item *it,
			const struct when *when, struct people *p)
{
	*p = (struct people){.publishers = {.n = 0}};
	for (uint32_t i = it->first; i != LEDGER_NONE; i = l->record[i].next) {
		const struct ledger_record *r = &l->record[i];
		const struct signer_is is = ledger_signer(r);

		if (r->kind == STATEMENT_MANIFEST || may_have_signed(l, r))
			signers_add(&p->ever, &is, i);
		if (r->worth != LEDGER_COUNTS || !in_time(r, when))
			continue;
		if (r->kind == STATEMENT_MANIFEST)
			signers_add(&p->publishers, &is, i);
		else if (r->kind == STATEMENT_REBUILT)
			signers_add(&p->rebuilt, &is, i);
	}
}

/* Who signed the manifest is no independent rebuilder, whenever he signed; but if it came out
 * otherwise for him, he is heard. */
static bool is_heard(const struct people *p, const struct signers_pair *who, unsigned outcome)
{
	return outcome == REBUILT_DIFFERS || !signers_among(&p->rebuilt, who, &p->ever);
}

static void count_all(const struct ledger *l, const struct ledger_item *it, const struct when *when,
		      struct ledger_release *out)
{
	const struct signers_pair *who;
	struct people p;

	find_people(l, it, when, &p);
	out->publishers = p.publishers.n;
	for (size_t i = 0; (who = signers_next(&p.rebuilt, &i));) {
		unsigned outcome = l->record[who->last].outcome;
		bool heard = is_heard(&p, who, outcome);

		out->rebuilders += heard && outcome == REBUILT_EQUAL;
		out->witnessed += heard && outcome == REBUILT_WITNESSED;
		out->differing += heard && outcome == REBUILT_DIFFERS;
	}
}

size_t ledger_rebuilders(const struct ledger *l, uint64_t release, const struct when *when,
			 struct ledger_statement *out, size_t max)
{
	const struct signers_pair *who;
	struct people p;
	size_t n = 0;

	find_people(l, &l->item[release], when, &p);
	for (size_t i = 0; n < max && (who = signers_next(&p.rebuilt, &i));)
		if (l->record[who->last].outcome == REBUILT_EQUAL &&
		    is_heard(&p, who, REBUILT_EQUAL))
			ledger_statement(l, who->last, &out[n++]);
	return n;
}

/* ---- its place in the channels */

static bool same(const struct ledger *l, uint32_t a, uint32_t b)
{
	return a != 0 && b != 0 && strcmp(ledger_string(l, a), ledger_string(l, b)) == 0;
}

/* The last turn at which the version became the latest of the channel, and 1; 0: never. */
static size_t turn_of(const struct ledger *l, uint32_t channel, uint32_t version)
{
	for (size_t i = l->n_turns; i > 0; i--)
		if (l->turn[i - 1].channel == channel && !l->turn[i - 1].superseded &&
		    same(l, l->turn[i - 1].version, version))
			return i;
	return 0;
}

static bool is_superseded(const struct ledger *l, uint32_t channel, uint32_t version)
{
	for (size_t i = 0; i < l->n_turns; i++)
		if (l->turn[i].channel == channel && l->turn[i].superseded &&
		    same(l, l->turn[i].version, version))
			return true;
	return false;
}

static void look_at(const struct ledger *l, uint32_t channel, const struct ledger_item *it,
		    struct ledger_release *out)
{
	const struct ledger_channel *c = &l->channel[channel];
	size_t turn = turn_of(l, channel, it->version);
	bool latest = same(l, c->latest, it->version);

	out->released = out->released || turn > 0;
	out->latest = out->latest || latest;
	out->superseded = out->superseded || (!latest && is_superseded(l, channel, it->version));
	if (c->minimum == 0 || turn >= turn_of(l, channel, c->minimum))
		out->below_minimum = false;
}

static void look_at_channels(const struct ledger *l, const struct ledger_item *it, const char *name,
			     struct ledger_release *out)
{
	bool any = false;

	out->below_minimum = true;
	for (uint32_t i = 0; i < l->n_channels; i++) {
		const struct ledger_channel *c = &l->channel[i];

		if (c->force == 0 || !same(l, c->product, it->product) ||
		    (name && strcmp(name, ledger_string(l, c->channel)) != 0))
			continue;
		any = true;
		look_at(l, i, it, out);
	}
	out->below_minimum = out->below_minimum && any;
}

/* ---- the whole */

uint64_t ledger_releases(const struct ledger *l)
{
	return l->n_items;
}

void ledger_release(const struct ledger *l, uint64_t i, const struct ledger_when *as_of,
		    struct ledger_release *out)
{
	const struct ledger_item *it = &l->item[i];

	*out = (struct ledger_release){
		.product = ledger_string(l, it->product),
		.version = ledger_string(l, it->version),
		.payload = {.alg = DIGEST_SHA256, .len = 32},
		.contradicted = it->contradicted,
		.first = it->first,
		.withdrawers = ledger_signers(l, (uint32_t)i, STATEMENT_WITHDRAW, NULL, 0),
		.must_withdraw = ledger_threshold(l, TRUST_WITHDRAWER),
		.withdrawn = it->withdrawn,
		.withdrawn_why = ledger_string(l, it->why),
		.replacement = ledger_string(l, it->replacement),
	};
	memcpy(out->payload.v, it->payload, 32);
	count_all(l, it, &as_of->when, out);
	out->published = out->publishers >= ledger_threshold(l, TRUST_PUBLISHER);
	out->reproduced = out->rebuilders >= ledger_threshold(l, TRUST_REBUILDER);
	look_at_channels(l, it, as_of->channel, out);
}

bool ledger_find(const struct ledger *l, const char *product, const char *version,
		 uint64_t *release)
{
	for (size_t i = 0; i < l->n_items; i++) {
		if (strcmp(ledger_string(l, l->item[i].product), product) != 0 ||
		    strcmp(ledger_string(l, l->item[i].version), version) != 0)
			continue;
		*release = i;
		return true;
	}
	return false;
}

bool ledger_has_product(const struct ledger *l, const char *product)
{
	for (size_t i = 0; i < l->n_items; i++)
		if (strcmp(ledger_string(l, l->item[i].product), product) == 0)
			return true;
	return false;
}
