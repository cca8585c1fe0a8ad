#include <stdio.h>

#include "reference-db/ledger_parts.h"

uint64_t ledger_threshold(const struct ledger *l, enum trust_role role)
{
	uint64_t file = l->file->rule[role].threshold;
	uint64_t keys = l->keys.trust ? l->keys.trust->rule[role].threshold : 0;
	uint64_t most = file > keys ? file : keys;

	return most > 0 ? most : 1;
}

/* Root keys of the log, once it has any, are those of its keys alone: so one can be got rid of. */
static const struct trust *roots(const struct ledger *l)
{
	return l->keys.trust ? l->keys.trust : l->file;
}

const struct trust_key *ledger_key(const struct ledger *l, const struct statement *st)
{
	enum trust_role role = statement_rows[st->kind].role;

	return trust_key_by_id(role == TRUST_ROOT ? roots(l) : ledger_trust(l), role,
			       st->s.header.kid);
}

const struct trust_key *ledger_own_root(const struct statement *st)
{
	return st->kind == STATEMENT_KEYS
		       ? trust_key_by_id(st->keys.trust, TRUST_ROOT, st->s.header.kid)
		       : NULL;
}

/* ---- file and keys as one: CAs, logs and what is required are the file's */

static bool is_taken(const struct trust *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->key[i].name, name) == 0)
			return true;
	return false;
}

/* Another key under a name of the file, as of who has changed his, gets a name of its own. */
static void name_apart(const struct trust *t, const char *name, char out[TRUST_NAME_MAX + 1])
{
	size_t n = strlen(name), most = TRUST_NAME_MAX - sizeof("256.");

	n = n < most ? n : most;
	while (n > 0 && (((uint8_t)name[n] & 0xc0) == 0x80 || name[n - 1] == ' '))
		n--;
	for (unsigned i = 2; is_taken(t, out); i++)
		snprintf(out, TRUST_NAME_MAX + 1, "%u. %.*s", i, (int)n, name);
}

static bool copy_key(struct trust *to, const struct trust_key *k, struct err *e)
{
	struct trust_key *new = &to->key[to->n];

	if (to->n == TRUST_KEYS)
		return err_set(e, REASON_LIMIT, "more than %u keys", TRUST_KEYS);
	*new = *k;
	new->key = NULL;
	name_apart(to, k->name, new->name);
	if (!pubkey_read_spki(&new->key, pubkey_spki(k->key), e))
		return false;
	to->n++;
	return true;
}

/* One key, one entry: the roles of both, in the time that both give it. */
static void narrow(struct trust_key *to, const struct trust_key *k)
{
	to->roles |= k->roles;
	if (k->has_not_before && (!to->has_not_before || k->not_before > to->not_before)) {
		to->has_not_before = true;
		to->not_before = k->not_before;
	}
	if (k->has_not_after && (!to->has_not_after || k->not_after < to->not_after)) {
		to->has_not_after = true;
		to->not_after = k->not_after;
	}
}

static bool add_key(struct trust *to, const struct trust_key *k, struct err *e)
{
	for (size_t i = 0; i < to->n; i++) {
		if (!digest_equal(pubkey_id(to->key[i].key), pubkey_id(k->key)))
			continue;
		narrow(&to->key[i], k);
		return true;
	}
	return copy_key(to, k, e);
}

bool ledger_keys_join(struct ledger *l, struct err *e)
{
	owned(trust_free) struct trust *both = NULL;

	if (!trust_copy(l->file, &both, e))
		return false;
	for (size_t i = 0; i < l->keys.trust->n; i++)
		if (!add_key(both, &l->keys.trust->key[i], e))
			return false;
	for (unsigned r = 0; r < TRUST_ROLES; r++)
		if (trust_count(both, (enum trust_role)r) > 0 || both->rule[r].n_ca > 0)
			both->rule[r].threshold = ledger_threshold(l, (enum trust_role)r);
	trust_free(&l->both);
	l->both = take(both);
	return true;
}

/* ---- keys that take force */

/* The first statement of a payload by a root key in force, or any one of it by this key. */
static bool proposal(const struct ledger *l, const uint8_t payload[32], struct bytes key,
		     struct ledger_slot *slot, struct err *e)
{
	uint8_t both[64];

	memcpy(both, payload, 32);
	if (key.n == 32)
		memcpy(both + 32, key.p, 32);
	return ledger_get(l, LEDGER_PROPOSAL, bytes_of(both, key.n == 32 ? 64 : 32), slot, e);
}

/* How many root keys of its own have signed this payload? */
static bool count_own(const struct ledger *l, const struct trust *t, const uint8_t payload[32],
		      uint64_t *n, struct err *e)
{
	struct ledger_slot slot;

	*n = 0;
	for (size_t i = 0; i < t->n; i++) {
		if (!(t->key[i].roles >> TRUST_ROOT & 1))
			continue;
		if (!proposal(l, payload, digest_bytes(pubkey_id(t->key[i].key)), &slot, e))
			return false;
		*n += slot.value != LEDGER_NONE;
	}
	return true;
}

/* Different root keys in force that have signed it, the first of them at this entry. */
static uint64_t count_old(const struct ledger *l, uint32_t first)
{
	struct signers s = {.n = 0};

	for (uint32_t i = first; i != LEDGER_NONE; i = ledger_next(l, i)) {
		const struct signer_is is = ledger_signer(ledger_record_at(l, i));

		signers_add(&s, &is, i);
	}
	return s.n;
}

/* The text of why keys cannot follow those in force; NULL when they can. */
static const char *out_of_turn(const struct ledger *l, const struct statement *st)
{
	if (!l->keys.trust)
		return NULL;
	if (digest_equal(&l->keys_payload, &st->payload))
		return "signs keys that are in force already";
	if (st->keys.serial != l->keys.serial + 1)
		return "its serial is not one more than that of the keys in force";
	if (!digest_equal(&l->keys_payload, &st->keys.before))
		return "is not made to follow the keys in force";
	return NULL;
}

/* That this key has signed it, for when it is counted. */
static bool remember(struct ledger *l, const struct ledger_record *r, struct err *e)
{
	struct ledger_slot slot;

	if (!proposal(l, r->payload, bytes_of(r->signer, 32), &slot, e))
		return false;
	if (slot.value != LEDGER_NONE)
		return true;
	slot.value = (uint32_t)(r - l->record);
	return ledger_put(l, &slot, e);
}

bool ledger_keys_proposed(struct ledger *l, const struct statement *st, struct ledger_record *r,
			  struct err *e)
{
	struct ledger_slot slot;

	if (!proposal(l, r->payload, bytes_of(NULL, 0), &slot, e))
		return false;
	if (slot.value != LEDGER_NONE)
		return true;
	r->worth = LEDGER_UNKNOWN_KEY;
	return (out_of_turn(l, st) || remember(l, r, e)) &&
	       ledger_text_once(l, "proposes keys that no root key in force has signed", &r->why,
				e);
}

static bool take_force(struct ledger *l, struct statement *st, struct err *e)
{
	buf_reset(&l->keys_bytes);
	buf_put(&l->keys_bytes, st->s.message.payload);
	keys_free(&l->keys);
	l->keys = take(st->keys);
	l->keys_payload = st->payload;
	return buf_done(&l->keys_bytes, "the keys in force", e) && ledger_keys_join(l, e);
}

/* Behind the others of that payload by root keys in force, of whom there are few. */
static bool chain(struct ledger *l, struct ledger_slot *first, struct ledger_record *r,
		  struct err *e)
{
	uint32_t me = (uint32_t)(r - l->record), last = first->value;

	if (last == LEDGER_NONE) {
		first->value = me;
		return ledger_put(l, first, e);
	}
	while (ledger_next(l, last) != LEDGER_NONE)
		last = ledger_next(l, last);
	ledger_record_at(l, last)->next = me;
	return true;
}

bool ledger_keys_signed(struct ledger *l, struct ledger_work *w, struct ledger_record *r,
			struct err *e)
{
	uint64_t old = roots(l)->rule[TRUST_ROOT].threshold, own;
	const struct trust *new = w->st.keys.trust;
	const char *why = out_of_turn(l, &w->st);
	struct ledger_slot first;

	if (why) {
		r->worth = LEDGER_CONTRADICTS;
		return ledger_text_once(l, why, &r->why, e);
	}
	if (!remember(l, r, e) || !proposal(l, r->payload, bytes_of(NULL, 0), &first, e) ||
	    (!w->own_root && !chain(l, &first, r, e)))
		return false;
	if (old == 0 || count_old(l, first.value) < old)
		return true;
	if (!count_own(l, new, r->payload, &own, e))
		return false;
	return own < new->rule[TRUST_ROOT].threshold || take_force(l, &w->st, e);
}
