#include "reference-db/ledger.h"

#include <stdio.h>
#include <stdlib.h>

#include "measure/core/hash.h"
#include "reference-db/ledger_parts.h"

#define TEXTS_MAX (1u << 31)
#define LEAST 16u
#define TABLE_MOST 65536u /* slots */

void *ledger_room(void *p, size_t n, size_t size, struct err *e)
{
	size_t cap = n == 0 ? LEAST : 2 * n;
	void *more = p;

	if (n == 0 || (n >= LEAST && (n & (n - 1)) == 0))
		more = realloc(p, cap * size);
	if (!more)
		err_set(e, REASON_OUT_OF_MEMORY, "no memory for %zu more of a ledger", n);
	return more;
}

bool ledger_text(struct ledger *l, struct bytes text, uint32_t *at, struct err *e)
{
	size_t start = l->texts.n;

	buf_put(&l->texts, text);
	buf_u8(&l->texts, 0);
	*at = (uint32_t)start;
	return buf_done(&l->texts, "the texts of a ledger", e);
}

const char *ledger_string(const struct ledger *l, uint32_t at)
{
	struct err no = {0};

	for (size_t i = at; l->kept && i < l->texts.n; i++) {
		ledger_touch(l, LEDGER_TEXTS, i);
		if (!ledger_sound(l, &no))
			return "";
		if (l->texts.p[i] == 0)
			break;
	}
	return at == 0 ? NULL : (const char *)l->texts.p + at;
}

/* ---- the table */

static size_t slot_of(const struct ledger *l, const uint8_t key[32])
{
	size_t at = 0;

	for (size_t i = 0; i < sizeof(at); i++)
		at = at << 8 | key[i];
	at &= l->cap_slots - 1;
	while (l->slot[at].value != LEDGER_NONE && memcmp(l->slot[at].key, key, 32) != 0)
		at = (at + 1) & (l->cap_slots - 1);
	return at;
}

/* How many there are of what a letter stands for: what was kept may name more. */
static size_t limit_of(const struct ledger *l, char what)
{
	switch (what) {
	case LEDGER_RELEASE:
		return l->n_items;
	case LEDGER_SIGNED:
		return l->n;
	case LEDGER_PROPOSAL: /* of the entry at hand too */
		return l->n + 1;
	case LEDGER_CHANNEL:
		return l->n_channels;
	case LEDGER_TURN:
		return l->n_turns;
	case LEDGER_FOLDER:
		return l->n_folders;
	default:
		return l->texts.n;
	}
}

static uint32_t find_old(const struct ledger *l, const uint8_t key[32])
{
	size_t low = 0, high = l->n_old;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order;

		ledger_touch(l, LEDGER_SLOTS, middle);
		order = memcmp(l->old[middle].key, key, 32);
		if (order == 0)
			return l->old[middle].value;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return LEDGER_NONE;
}

bool ledger_get(const struct ledger *l, char what, struct bytes key, struct ledger_slot *slot,
		struct err *e)
{
	struct digest d;

	if (!hash_of_two(DIGEST_SHA256, bytes_of(&what, 1), key, &d, e))
		return false;
	memcpy(slot->key, d.v, 32);
	slot->value = l->cap_slots > 0 ? l->slot[slot_of(l, d.v)].value : LEDGER_NONE;
	if (slot->value == LEDGER_NONE)
		slot->value = find_old(l, d.v);
	if (slot->value != LEDGER_NONE && slot->value >= limit_of(l, what))
		return err_set(e, REASON_DATABASE, "what was kept is damaged");
	return true;
}

static bool make_slots(struct ledger *l, size_t cap, struct err *e)
{
	struct ledger_slot *old = l->slot, *new = malloc(cap * sizeof(*new));
	size_t n = l->cap_slots;

	if (!new)
		return err_set(e, REASON_OUT_OF_MEMORY, "no memory for %zu slots", cap);
	l->slot = new;
	l->cap_slots = cap;
	for (size_t i = 0; i < cap; i++)
		new[i].value = LEDGER_NONE;
	for (size_t i = 0; i < n; i++)
		if (old[i].value != LEDGER_NONE)
			new[slot_of(l, old[i].key)] = old[i];
	free(old);
	return true;
}

static int by_key(const void *a, const void *b)
{
	const struct ledger_slot *x = a, *y = b;

	return memcmp(x->key, y->key, 32);
}

/* Those that are taken, sorted, to the beginning of the table, which is none any more. */
static size_t sort_slots(struct ledger *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->cap_slots; i++)
		if (l->slot[i].value != LEDGER_NONE)
			l->slot[n++] = l->slot[i];
	if (n > 0)
		qsort(l->slot, n, sizeof(*l->slot), by_key);
	return n;
}

bool ledger_fold(struct ledger *l, struct err *e)
{
	size_t k = l->n_old + l->n_slots, old = l->n_old, new;
	struct ledger_slot *all;

	if (l->n_slots == 0)
		return true;
	all = realloc(l->old, k * sizeof(*all));
	if (!all)
		return err_set(e, REASON_OUT_OF_MEMORY, "no memory for %zu sorted slots", k);
	l->old = all;
	new = sort_slots(l);
	l->n_old = k;
	while (new > 0) {
		bool is_old = old > 0 && by_key(&all[old - 1], &l->slot[new - 1]) > 0;

		all[--k] = is_old ? all[--old] : l->slot[--new];
	}
	free(take(l->slot));
	l->n_slots = l->cap_slots = 0;
	return true;
}

/* A large table is mostly room: it is sorted away, when what is sorted is here. */
bool ledger_put(struct ledger *l, const struct ledger_slot *slot, struct err *e)
{
	size_t at;

	if (l->n_slots == TABLE_MOST && !l->kept && !ledger_fold(l, e))
		return false;
	if (2 * l->n_slots >= l->cap_slots &&
	    !make_slots(l, l->cap_slots == 0 ? 64 : 2 * l->cap_slots, e))
		return false;
	at = slot_of(l, slot->key);
	l->n_slots += l->slot[at].value == LEDGER_NONE;
	l->slot[at] = *slot;
	return true;
}

bool ledger_text_once(struct ledger *l, const char *text, uint32_t *at, struct err *e)
{
	struct ledger_slot slot;

	if (!ledger_get(l, LEDGER_TEXT, bytes_str(text), &slot, e))
		return false;
	*at = slot.value;
	if (slot.value != LEDGER_NONE)
		return true;
	if (!ledger_text(l, bytes_str(text), at, e))
		return false;
	slot.value = *at;
	return ledger_put(l, &slot, e);
}

/* ---- the whole */

struct ledger *ledger_new(const struct trust *trust, const struct digest *trust_digest,
			  const struct digest *first, struct err *e)
{
	struct ledger *l = own_new(sizeof(*l), e);
	uint32_t none;

	if (!l)
		return NULL;
	*l = (struct ledger){.file = trust,
			     .trust_digest = *trust_digest,
			     .texts = BUF(TEXTS_MAX),
			     .keys_bytes = BUF(STATEMENT_MAX)};
	l->state = ledger_room(NULL, 0, sizeof(*l->state), e);
	if (l->state && ledger_text(l, bytes_of(NULL, 0), &none, e)) {
		memcpy(l->state[0], first->v, 32);
		return l;
	}
	ledger_free(&l);
	return NULL;
}

struct ledger *ledger_apart(const struct trust *trust, struct err *e)
{
	const struct digest none = {.alg = DIGEST_SHA256, .len = 32};
	struct ledger *l = ledger_new(trust, &none, &none, e);

	if (l)
		l->apart = true;
	return l;
}

void ledger_free(struct ledger **l)
{
	if (!*l)
		return;
	keys_free(&(*l)->keys);
	trust_free(&(*l)->both);
	free((*l)->state);
	free((*l)->record);
	free((*l)->item);
	free((*l)->channel);
	free((*l)->turn);
	free((*l)->folder);
	free((*l)->digest);
	free((*l)->slot);
	free((*l)->old);
	ledger_kept_free(&(*l)->kept);
	buf_free(&(*l)->texts);
	buf_free(&(*l)->keys_bytes);
	free(*l);
	*l = NULL;
}

static struct digest sha256_of(const uint8_t v[32])
{
	struct digest d = {.alg = DIGEST_SHA256, .len = 32};

	memcpy(d.v, v, 32);
	return d;
}

struct signed_upon ledger_head(const struct ledger *l)
{
	return (struct signed_upon){l->n, sha256_of(ledger_state_at(l, l->n))};
}

bool ledger_state(const struct ledger *l, uint64_t height, struct digest *state, struct err *e)
{
	if (height > l->n)
		return err_set(e, REASON_DATABASE, "state %llu is asked for, %zu is the last",
			       (unsigned long long)height, l->n);
	*state = sha256_of(ledger_state_at(l, height));
	return ledger_sound(l, e);
}

/* ---- what it says */

uint64_t ledger_statements(const struct ledger *l)
{
	return l->n;
}

void ledger_statement(const struct ledger *l, uint64_t i, struct ledger_statement *out)
{
	const struct ledger_record *r = ledger_record_at(l, i);

	*out = (struct ledger_statement){
		.entry = i,
		.kind = (enum statement_kind)r->kind,
		.worth = (enum ledger_worth)r->worth,
		.sha256 = sha256_of(r->sha256),
		.payload = sha256_of(r->payload),
		.signer = sha256_of(r->signer),
		.signer_name = ledger_string(l, r->signer_name),
		.path = ledger_string(l, r->path),
		.why = ledger_string(l, r->why),
		.has_upon = r->has & LEDGER_HAS_UPON,
		.has_issued = r->has & LEDGER_HAS_ISSUED,
		.has_not_before = r->has & LEDGER_HAS_NOT_BEFORE,
		.has_expires = r->has & LEDGER_HAS_EXPIRES,
		.upon = r->upon,
		.issued = r->issued,
		.not_before = r->not_before,
		.expires = r->expires,
		.release = r->release == LEDGER_NONE ? -1 : (int64_t)r->release,
		.outcome = (enum rebuilt_outcome)r->outcome,
	};
}

enum reason ledger_reason(enum ledger_worth worth)
{
	static const enum reason reasons[] = {
		[LEDGER_COUNTS] = REASON_NONE,
		[LEDGER_UNKNOWN_KEY] = REASON_ROLE,
		[LEDGER_BAD_SIGNATURE] = REASON_SIGNATURE,
		[LEDGER_MALFORMED] = REASON_STATEMENT,
		[LEDGER_FORKED] = REASON_FORK,
		[LEDGER_NO_RELEASE] = REASON_NOT_LISTED,
		[LEDGER_CONTRADICTS] = REASON_CONTRADICTION,
	};

	return reasons[worth];
}

bool ledger_file(const struct ledger *l, const struct database *d, uint64_t i, struct buf *out,
		 struct err *e)
{
	const struct ledger_record *r = &l->record[i];
	struct database_entry x = {.sha256 = sha256_of(r->sha256)};

	snprintf(x.path, sizeof(x.path), "%s", ledger_string(l, r->path));
	return database_statement(d, &x, out, e);
}

bool ledger_said(const struct ledger *l, uint64_t release, uint64_t *at,
		 struct ledger_statement *out)
{
	uint32_t i =
		*at == 0 ? ledger_item_at(l, release)->first : ledger_next(l, (uint32_t)(*at - 1));

	while (i != LEDGER_NONE && ledger_record_at(l, i)->worth != LEDGER_COUNTS)
		i = ledger_next(l, i);
	if (i == LEDGER_NONE)
		return false;
	*at = (uint64_t)i + 1;
	ledger_statement(l, i, out);
	return true;
}

struct signer_is ledger_signer(const struct ledger_record *r)
{
	return (struct signer_is){r->signer, r->subject};
}

/* Signed by whoever may say that the database is alive: who proposes keys with himself as their
 * root may not. */
static bool is_alive(const struct ledger *l, const struct ledger_record *r)
{
	if (r->worth != LEDGER_COUNTS || !(r->has & LEDGER_HAS_ISSUED))
		return false;
	if (r->kind == STATEMENT_KEYS)
		return trust_key_by_id(l->keys.trust ? l->keys.trust : l->file, TRUST_ROOT,
				       bytes_of(r->signer, 32)) != NULL;
	return r->kind == STATEMENT_MANIFEST || r->kind == STATEMENT_RELEASE;
}

bool ledger_newest(const struct ledger *l, int64_t now, int64_t *issued)
{
	bool any = false;

	for (size_t i = 0; i < l->n; i++) {
		const struct ledger_record *r = &l->record[i];

		if (!is_alive(l, r) || r->issued > now + LEDGER_FUTURE ||
		    (any && r->issued <= *issued))
			continue;
		*issued = r->issued;
		any = true;
	}
	return any;
}

bool ledger_future(const struct ledger *l, int64_t now, uint64_t *statement)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct ledger_record *r = &l->record[i];

		*statement = i;
		if (r->worth == LEDGER_COUNTS && (r->has & LEDGER_HAS_ISSUED) &&
		    r->issued > now + LEDGER_FUTURE)
			return true;
	}
	return false;
}

uint32_t ledger_refresh_days(const struct ledger *l)
{
	return l->keys.trust ? l->keys.refresh_days : 0;
}

const struct trust *ledger_trust(const struct ledger *l)
{
	return l->both ? l->both : l->file;
}

bool ledger_keys(const struct ledger *l, uint64_t *serial, struct digest *payload)
{
	if (!l->keys.trust)
		return false;
	*serial = l->keys.serial;
	*payload = l->keys_payload;
	return true;
}
