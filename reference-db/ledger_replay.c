#include <stdlib.h>

#include "measure/core/hash.h"
#include "reference-db/certified.h"
#include "reference-db/ledger_parts.h"

static bool refuse(struct ledger *l, struct ledger_record *r, enum ledger_worth worth,
		   const char *why, struct err *e)
{
	r->worth = (uint8_t)worth;
	return ledger_text_once(l, why, &r->why, e);
}

static void chain(struct ledger *l, uint32_t release, struct ledger_record *r)
{
	struct ledger_item *it = ledger_item_at(l, release);
	uint32_t me = (uint32_t)(r - l->record);

	r->release = release;
	if (it->last != LEDGER_NONE)
		ledger_record_at(l, it->last)->next = me;
	it->last = me;
}

uint64_t ledger_signers(const struct ledger *l, uint32_t release, enum statement_kind kind,
			const uint8_t *payload, uint32_t upon)
{
	struct signers s = {.n = 0};

	for (uint32_t i = ledger_item_at(l, release)->first; i != LEDGER_NONE;
	     i = ledger_next(l, i)) {
		const struct ledger_record *r = ledger_record_at(l, i);
		const struct signer_is is = ledger_signer(r);

		if (r->kind == kind && r->worth == LEDGER_COUNTS && r->upon >= upon &&
		    (!payload || memcmp(r->payload, payload, 32) == 0))
			signers_add(&s, &is, i);
	}
	return s.n;
}

/* ---- manifests */

static bool new_release(struct ledger *l, const struct statement *st, struct ledger_slot *slot,
			struct ledger_record *r, struct err *e)
{
	const struct manifest *m = &st->manifest;
	struct ledger_item *more = ledger_room(l->item, l->n_items, sizeof(*more), e), *it;

	if (!more)
		return false;
	l->item = more;
	it = &more[l->n_items];
	*it = (struct ledger_item){.first = (uint32_t)(r - l->record), .last = LEDGER_NONE};
	memcpy(it->payload, r->payload, 32);
	if (!ledger_text(l, bytes_str(m->product), &it->product, e) ||
	    !ledger_text(l, bytes_str(m->version), &it->version, e))
		return false;
	slot->value = (uint32_t)l->n_items++;
	return ledger_put(l, slot, e);
}

static bool apply_manifest(struct ledger *l, const struct statement *st, struct ledger_record *r,
			   struct err *e)
{
	struct ledger_slot slot;

	if (!ledger_get(l, LEDGER_RELEASE, st->id, &slot, e))
		return false;
	if (slot.value == LEDGER_NONE) {
		if (!new_release(l, st, &slot, r, e) || !ledger_index(l, st, slot.value, e))
			return false;
	} else if (memcmp(ledger_item_at(l, slot.value)->payload, r->payload, 32) != 0) {
		ledger_item_at(l, slot.value)->contradicted = true;
		if (!ledger_index(l, st, slot.value, e) ||
		    !refuse(l, r, LEDGER_CONTRADICTS,
			    "another payload of that version counts already", e))
			return false;
	}
	chain(l, slot.value, r);
	return true;
}

/* ---- what is said of a manifest */

/* Of that payload, into the chain of its release; if it is of none, r says why it counts for
 * nothing. */
static bool chain_to(struct ledger *l, const struct statement *st, const struct digest *payload,
		     struct ledger_record *r, struct err *e)
{
	struct ledger_slot slot;

	if (!ledger_get(l, LEDGER_RELEASE, st->id, &slot, e))
		return false;
	if (slot.value == LEDGER_NONE)
		return refuse(l, r, LEDGER_NO_RELEASE,
			      "no manifest of that release counts before it", e);
	if (memcmp(ledger_item_at(l, slot.value)->payload, payload->v, 32) != 0)
		return refuse(l, r, LEDGER_CONTRADICTS, "speaks of another payload of that version",
			      e);
	chain(l, slot.value, r);
	return true;
}

static bool apply_rebuilt(struct ledger *l, const struct statement *st, struct ledger_record *r,
			  struct err *e)
{
	r->outcome = (uint8_t)st->rebuilt.outcome;
	return chain_to(l, st, &st->rebuilt.payload, r, e);
}

static bool apply_withdraw(struct ledger *l, const struct statement *st, struct ledger_record *r,
			   struct err *e)
{
	const struct withdraw *w = &st->withdraw;
	struct ledger_item *it;

	if (!chain_to(l, st, &w->payload, r, e))
		return false;
	if (r->release == LEDGER_NONE)
		return true;
	it = ledger_item_at(l, r->release);
	if (it->withdrawn || ledger_signers(l, r->release, STATEMENT_WITHDRAW, NULL, 0) <
				     ledger_threshold(l, TRUST_WITHDRAWER))
		return true;
	it->withdrawn = true;
	return ledger_text(l, w->reason, &it->why, e) &&
	       (w->replacement.n == 0 || ledger_text(l, w->replacement, &it->replacement, e));
}

/* ---- which version is to be used */

static bool channel_of(struct ledger *l, const struct release *s, uint32_t *channel, struct err *e)
{
	owned(buf_free) struct buf name = BUF(4096);
	struct ledger_channel *more, *c;
	struct ledger_slot slot;

	buf_put(&name, s->product);
	buf_u8(&name, '\0');
	buf_put(&name, s->channel);
	if (!buf_done(&name, "the name of a channel", e) ||
	    !ledger_get(l, LEDGER_CHANNEL, buf_bytes(&name), &slot, e))
		return false;
	*channel = slot.value;
	if (slot.value != LEDGER_NONE)
		return true;
	more = ledger_room(l->channel, l->n_channels, sizeof(*more), e);
	if (!more)
		return false;
	l->channel = more;
	c = &more[l->n_channels];
	*c = (struct ledger_channel){0};
	if (!ledger_text(l, s->product, &c->product, e) ||
	    !ledger_text(l, s->channel, &c->channel, e))
		return false;
	*channel = slot.value = (uint32_t)l->n_channels++;
	return ledger_put(l, &slot, e);
}

/* Was it ever the latest of the channel? */
static bool find_turn(const struct ledger *l, uint32_t channel, struct bytes version,
		      struct ledger_slot *slot, struct err *e)
{
	owned(buf_free) struct buf key = BUF(2 * STATEMENT_ID);

	buf_be32(&key, channel);
	buf_put(&key, version);
	return buf_done(&key, "a version of a channel", e) &&
	       ledger_get(l, LEDGER_TURN, buf_bytes(&key), slot, e);
}

static bool add_turn(struct ledger *l, uint32_t channel, struct bytes version, bool superseded,
		     struct err *e)
{
	struct ledger_turn *more = ledger_room(l->turn, l->n_turns, sizeof(*more), e), *t;
	struct ledger_slot slot;

	if (!more)
		return false;
	l->turn = more;
	t = &more[l->n_turns];
	*t = (struct ledger_turn){.channel = channel, .superseded = superseded};
	if (!ledger_text(l, version, &t->version, e) ||
	    (!superseded && !find_turn(l, channel, version, &slot, e)))
		return false;
	l->n_turns++;
	if (superseded || slot.value != LEDGER_NONE)
		return true;
	slot.value = (uint32_t)l->n_turns - 1;
	return ledger_put(l, &slot, e);
}

static bool take_force(struct ledger *l, const struct release *s, uint32_t channel, struct err *e)
{
	struct ledger_channel *c = ledger_channel_at(l, channel);

	c->force = (uint32_t)l->n + 1;
	c->minimum = 0;
	if (!ledger_text(l, s->latest, &c->latest, e) ||
	    (s->minimum.n > 0 && !ledger_text(l, s->minimum, &c->minimum, e)))
		return false;
	for (size_t i = 0; i < s->n; i++)
		if (!add_turn(l, channel, s->superseded[i], true, e))
			return false;
	return add_turn(l, channel, s->latest, false, e);
}

static bool find_latest(struct ledger *l, const struct release *s, struct ledger_slot *slot,
			struct err *e)
{
	owned(buf_free) struct buf id = BUF(2 * STATEMENT_ID);

	buf_put(&id, s->product);
	buf_u8(&id, '/');
	buf_put(&id, s->latest);
	return buf_done(&id, "the id", e) && ledger_get(l, LEDGER_RELEASE, buf_bytes(&id), slot, e);
}

static bool apply_release(struct ledger *l, const struct statement *st, struct ledger_record *r,
			  struct err *e)
{
	const struct release *s = &st->release;
	struct ledger_slot latest;
	struct ledger_slot minimum = {.value = LEDGER_NONE};
	uint32_t channel, force;

	if (!find_latest(l, s, &latest, e))
		return false;
	if (latest.value == LEDGER_NONE)
		return refuse(l, r, LEDGER_NO_RELEASE,
			      "no manifest of its latest version counts before it", e);
	if (!channel_of(l, s, &channel, e))
		return false;
	force = ledger_channel_at(l, channel)->force;
	if (r->upon < force)
		return refuse(l, r, LEDGER_CONTRADICTS,
			      "was made before the release statement of that channel that is in "
			      "force",
			      e);
	if (!find_turn(l, channel, s->minimum, &minimum, e))
		return false;
	if (s->minimum.n > 0 && !bytes_equal(s->minimum, s->latest) && minimum.value == LEDGER_NONE)
		return refuse(l, r, LEDGER_CONTRADICTS,
			      "its minimum was never the latest of that channel", e);
	chain(l, latest.value, r);
	if (ledger_signers(l, latest.value, STATEMENT_RELEASE, r->payload, force) <
	    ledger_threshold(l, TRUST_PUBLISHER))
		return true;
	return take_force(l, s, channel, e);
}

static bool apply_kind(struct ledger *l, struct ledger_work *w, struct ledger_record *r,
		       struct err *e)
{
	const struct statement *st = &w->st;

	switch (st->kind) {
	case STATEMENT_MANIFEST:
		return apply_manifest(l, st, r, e);
	case STATEMENT_REBUILT:
		return apply_rebuilt(l, st, r, e);
	case STATEMENT_WITHDRAW:
		return apply_withdraw(l, st, r, e);
	case STATEMENT_RELEASE:
		return apply_release(l, st, r, e);
	case STATEMENT_KEYS:
		return ledger_keys_signed(l, w, r, e);
	case STATEMENT_KINDS:
		break;
	}
	return err_set(e, REASON_CONTENT_TYPE, "a statement of no kind");
}

/* ---- may it count at all? */

bool ledger_signed(const struct ledger *l, const struct statement *st, struct ledger_slot *slot,
		   struct err *e)
{
	struct digest d;

	return hash_of_two(DIGEST_SHA256, st->s.message.protected_header, st->s.message.payload, &d,
			   e) &&
	       ledger_get(l, LEDGER_SIGNED, digest_bytes(&d), slot, e);
}

static bool is_forked(const struct ledger *l, const struct signed_header *h)
{
	return !l->apart && h->has_upon &&
	       (h->upon.height > l->n ||
		memcmp(ledger_state_at(l, h->upon.height), h->upon.state.v, 32) != 0);
}

static void narrow(struct ledger_record *r, const struct trust_key *k)
{
	if (k->has_not_before &&
	    (!(r->has & LEDGER_HAS_NOT_BEFORE) || k->not_before > r->not_before)) {
		r->has |= LEDGER_HAS_NOT_BEFORE;
		r->not_before = k->not_before;
	}
	if (k->has_not_after && (!(r->has & LEDGER_HAS_EXPIRES) || k->not_after < r->expires)) {
		r->has |= LEDGER_HAS_EXPIRES;
		r->expires = k->not_after;
	}
}

/* A certificate's own time, as if it were a key's of the trust file. */
static bool narrow_to(struct ledger_record *r, const struct x509 *x, struct err *e)
{
	struct trust_key k = {.has_not_before = true, .has_not_after = true};

	if (!x509_validity(x, &k.not_before, &k.not_after, e))
		return false;
	narrow(r, &k);
	return true;
}

/* By a key that a CA of the trust file certifies for the role. */
static bool by_certificate(const struct ledger *l, struct ledger_work *w, struct ledger_record *r,
			   bool *known, struct err *e)
{
	const struct trust_rule *rule = &l->file->rule[statement_rows[w->st.kind].role];
	owned(certified_free) struct certified c = {0};
	const struct when never = {.clock = CLOCK_NONE};
	bool holds;

	*known = false;
	if (rule->n_ca == 0 || w->st.s.header.n_chain == 0 ||
	    (w->st.kind == STATEMENT_KEYS && l->keys.trust))
		return true;
	if (!certified_judge(&c, &w->st.s.header, rule, &never, e))
		return false;
	*known = c.ca && c.fault == REASON_NONE;
	for (size_t i = 0; i < c.n && *known; i++)
		if (!narrow_to(r, c.cert[i], e))
			return false;
	return !*known || (certified_subject(&c, r->subject, e) &&
			   ledger_holds(w, x509_pubkey(c.cert[0]), &holds, e));
}

/* *k: its entry, which of keys may be one of their own; NULL when a CA certified it. */
static bool find_signer(struct ledger *l, struct ledger_work *w, struct ledger_record *r,
			const struct trust_key **k, struct err *e)
{
	bool known, holds = false;

	*k = ledger_key(l, &w->st);
	known = *k != NULL;
	if (!known && !by_certificate(l, w, r, &known, e))
		return false;
	if (!known)
		*k = ledger_own_root(&w->st);
	w->own_root = !known && *k;
	if (!known && !*k)
		return refuse(l, r, LEDGER_UNKNOWN_KEY,
			      "was signed by a key that has not the role in force", e);
	return !*k || ledger_holds(w, (*k)->key, &holds, e);
}

/* The name that a stranger gives to himself is not told. */
static bool check_signer(struct ledger *l, struct ledger_work *w, struct ledger_record *r,
			 struct err *e)
{
	const struct trust_key *k;

	if (!find_signer(l, w, r, &k, e) || r->worth != LEDGER_COUNTS)
		return !err_is(e);
	memcpy(r->signer, w->key.v, 32);
	if (!w->holds && !refuse(l, r, LEDGER_BAD_SIGNATURE, "its signature does not hold", e))
		return false;
	if (w->holds && w->own_root && !ledger_keys_proposed(l, &w->st, r, e))
		return false;
	if (!k || (w->own_root && r->worth != LEDGER_COUNTS))
		return true;
	narrow(r, k);
	return ledger_text_once(l, k->name, &r->signer_name, e);
}

static bool check(struct ledger *l, struct ledger_work *w, struct ledger_record *r,
		  struct ledger_slot *slot, struct err *e)
{
	const struct signed_header *h = &w->st.s.header;
	bool right = false;

	if (!ledger_stands_right(&w->st, l->n, w->entry.path, &right, e))
		return false;
	if (!right)
		return refuse(l, r, LEDGER_MALFORMED, "does not stand where its kind and name say",
			      e);
	if (!ledger_placed(l, &w->st, e))
		return false;
	if (!h->has_upon && w->st.kind >= STATEMENT_WITHDRAW)
		return refuse(l, r, LEDGER_MALFORMED, "does not say upon which state it was made",
			      e);
	if (is_forked(l, h))
		return refuse(l, r, LEDGER_FORKED, "was made upon a state that is none of this log",
			      e);
	if (!check_signer(l, w, r, e) || r->worth != LEDGER_COUNTS)
		return !err_is(e);
	if (!ledger_signed(l, &w->st, slot, e))
		return false;
	if (slot->value != LEDGER_NONE)
		return refuse(l, r, LEDGER_MALFORMED, "stands in the log already", e);
	slot->value = (uint32_t)l->n;
	return ledger_put(l, slot, e);
}

/* ---- one entry */

static void fill(struct ledger_record *r, const struct ledger_work *w)
{
	const struct signed_header *h = &w->st.s.header;

	memcpy(r->sha256, w->entry.sha256.v, 32);
	r->kind = STATEMENT_KINDS;
	r->release = r->next = LEDGER_NONE;
	if (!w->opened)
		return;
	r->kind = (uint8_t)w->st.kind;
	memcpy(r->payload, w->st.payload.v, 32);
	if (h->kid.n == 32)
		memcpy(r->signer, h->kid.p, 32);
	r->has = (uint8_t)((h->has_upon ? LEDGER_HAS_UPON : 0) |
			   (h->has_issued ? LEDGER_HAS_ISSUED : 0) |
			   (h->has_not_before ? LEDGER_HAS_NOT_BEFORE : 0) |
			   (h->has_expires ? LEDGER_HAS_EXPIRES : 0));
	r->upon = (uint32_t)h->upon.height;
	r->issued = h->issued;
	r->not_before = h->not_before;
	r->expires = h->expires;
}

static bool make_room(struct ledger *l, struct err *e)
{
	struct ledger_record *more = ledger_room(l->record, l->n, sizeof(*more), e);
	uint8_t(*state)[32];

	if (more)
		l->record = more;
	state = more ? ledger_room(l->state, l->n + 1, sizeof(*state), e) : NULL;
	if (state)
		l->state = state;
	return state != NULL;
}

bool ledger_apply(struct ledger *l, struct ledger_work *w, struct err *e)
{
	struct ledger_slot slot = {.value = LEDGER_NONE};
	struct ledger_record *r;

	if (!w->opened && reason_class(w->fault.reason) == EXIT_CLASS_ENVIRONMENT) {
		*e = w->fault;
		return false;
	}
	if (!make_room(l, e))
		return false;
	r = &l->record[l->n];
	*r = (struct ledger_record){.worth = LEDGER_COUNTS};
	fill(r, w);
	if (!ledger_text(l, bytes_str(w->entry.path), &r->path, e))
		return false;
	if (!w->opened) {
		if (!refuse(l, r, LEDGER_MALFORMED, w->fault.text, e))
			return false;
	} else if (!check(l, w, r, &slot, e) ||
		   (r->worth == LEDGER_COUNTS && !apply_kind(l, w, r, e))) {
		return false;
	}
	l->n++;
	memcpy(l->state[l->n], w->state.v, 32);
	return true;
}
