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
const struct trust_key *ledger_key(const struct ledger *l, const struct statement *st)
{
	enum trust_role role = statement_rows[st->kind].role;
	const struct trust *t = ledger_trust(l);
	const struct trust_key *k;

	if (role != TRUST_ROOT)
		return trust_key_by_id(t, role, st->s.header.kid);
	k = trust_key_by_id(l->keys.trust ? l->keys.trust : l->file, role, st->s.header.kid);
	return k ? k : trust_key_by_id(st->keys.trust, role, st->s.header.kid);
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

/* How many root keys of t have signed this payload? */
static uint64_t signed_by(const struct ledger *l, const struct trust *t, const uint8_t payload[32])
{
	uint64_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct digest *id = pubkey_id(t->key[i].key);
		bool found = false;

		for (uint32_t r = l->keys_first; r != LEDGER_NONE; r = l->record[r].next)
			found = found || (memcmp(l->record[r].payload, payload, 32) == 0 &&
					  memcmp(l->record[r].signer, id->v, 32) == 0);
		n += found && (t->key[i].roles >> TRUST_ROOT & 1);
	}
	return n;
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

static bool take_force(struct ledger *l, struct statement *st, struct err *e)
{
	buf_reset(&l->keys_bytes);
	buf_put(&l->keys_bytes, st->s.message.payload);
	keys_free(&l->keys);
	l->keys = take(st->keys);
	l->keys_payload = st->payload;
	return buf_done(&l->keys_bytes, "the keys in force", e) && ledger_keys_join(l, e);
}

bool ledger_keys_signed(struct ledger *l, struct statement *st, struct ledger_record *r,
			struct err *e)
{
	const struct trust *old = l->keys.trust ? l->keys.trust : l->file;
	const struct trust *new = st->keys.trust;
	const char *why = out_of_turn(l, st);
	uint32_t me = (uint32_t)(r - l->record);

	if (why) {
		r->worth = LEDGER_CONTRADICTS;
		return ledger_text(l, bytes_str(why), &r->why, e);
	}
	if (l->keys_first == LEDGER_NONE)
		l->keys_first = me;
	else
		l->record[l->keys_last].next = me;
	l->keys_last = me;
	if (old->rule[TRUST_ROOT].threshold == 0 ||
	    signed_by(l, old, r->payload) < old->rule[TRUST_ROOT].threshold ||
	    signed_by(l, new, r->payload) < new->rule[TRUST_ROOT].threshold)
		return true;
	return take_force(l, st, e);
}
