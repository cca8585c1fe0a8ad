#include "reference-db/ledger_kept.h"

/* ---- one row each, of as many bytes as ledger_forms says */

static void put_n(struct buf *out, size_t n)
{
	buf_le(out, n, 4);
}

static void put_raw(struct buf *out, const void *p, size_t n)
{
	buf_put(out, bytes_of(p, n));
}

static void put_state(const struct ledger *l, size_t i, struct buf *out)
{
	put_raw(out, l->state[i], 32);
}

static void put_record(const struct ledger *l, size_t i, struct buf *out)
{
	const struct ledger_record *r = &l->record[i];

	put_raw(out, r->sha256, 32);
	put_raw(out, r->payload, 32);
	put_raw(out, r->signer, 32);
	put_raw(out, r->subject, 32);
	put_n(out, r->path);
	put_n(out, r->signer_name);
	put_n(out, r->why);
	buf_u8(out, r->kind);
	buf_u8(out, r->worth);
	buf_u8(out, r->outcome);
	buf_u8(out, r->has);
	put_n(out, r->upon);
	buf_le(out, (uint64_t)r->issued, 8);
	buf_le(out, (uint64_t)r->not_before, 8);
	buf_le(out, (uint64_t)r->expires, 8);
	put_n(out, r->release);
	put_n(out, r->next);
}

static void put_item(const struct ledger *l, size_t i, struct buf *out)
{
	const struct ledger_item *x = &l->item[i];

	put_n(out, x->product);
	put_n(out, x->version);
	put_raw(out, x->payload, 32);
	put_n(out, x->first);
	put_n(out, x->last);
	put_n(out, x->why);
	put_n(out, x->replacement);
	buf_u8(out, x->contradicted);
	buf_u8(out, x->withdrawn);
}

static void put_channel(const struct ledger *l, size_t i, struct buf *out)
{
	const struct ledger_channel *c = &l->channel[i];

	put_n(out, c->product);
	put_n(out, c->channel);
	put_n(out, c->latest);
	put_n(out, c->minimum);
	put_n(out, c->force);
}

static void put_turn(const struct ledger *l, size_t i, struct buf *out)
{
	put_n(out, l->turn[i].channel);
	put_n(out, l->turn[i].version);
	buf_u8(out, l->turn[i].superseded);
}

static void put_folder(const struct ledger *l, size_t i, struct buf *out)
{
	put_n(out, l->folder[i].nth);
	put_n(out, l->folder[i].folders);
	put_n(out, l->folder[i].files);
}

static void put_digest(const struct ledger *l, size_t i, struct buf *out)
{
	const struct ledger_digest *d = &l->digest[i];

	buf_u8(out, d->n);
	put_raw(out, d->v, DIGEST_MAX);
	put_n(out, d->release);
	put_n(out, d->what);
}

static void put_slot(const struct ledger *l, size_t i, struct buf *out)
{
	put_raw(out, l->old[i].key, 32);
	put_n(out, l->old[i].value);
}

/* ---- read: every number that names something else is compared with what there is of it */

static void bad(struct ledger_reader *r, const char *what)
{
	(void)!cur_fail(&r->c, REASON_DATABASE, cur_at(&r->c), "%s is out of its bounds", what);
}

/* Below the limit, or LEDGER_NONE where that is allowed. */
static uint32_t get_n(struct ledger_reader *r, size_t limit, bool none, const char *what)
{
	uint32_t x = cur_le32(&r->c, what);

	if (cur_ok(&r->c) && x >= limit && !(none && x == LEDGER_NONE)) {
		bad(r, what);
		return 0;
	}
	return x;
}

static uint32_t get_text(struct ledger_reader *r, const char *what)
{
	return get_n(r, r->n[LEDGER_TEXTS], false, what);
}

static void get_raw(struct ledger_reader *r, void *to, size_t n, const char *what)
{
	struct bytes x = cur_take(&r->c, n, what);

	if (x.n == n && n > 0)
		memcpy(to, x.p, n);
}

static void get_state(struct ledger_reader *r, const struct ledger *l, size_t i)
{
	get_raw(r, l->state[i], 32, "state");
}

/* Chains go forwards, so that they end. */
static void get_record(struct ledger_reader *r, const struct ledger *l, size_t i)
{
	struct ledger_record *x = &l->record[i];
	struct cur *c = &r->c;

	get_raw(r, x->sha256, 32, "sha256");
	get_raw(r, x->payload, 32, "payload");
	get_raw(r, x->signer, 32, "signer");
	get_raw(r, x->subject, 32, "subject");
	x->path = get_text(r, "path");
	x->signer_name = get_text(r, "signer");
	x->why = get_text(r, "why");
	x->kind = cur_u8(c, "kind");
	x->worth = cur_u8(c, "worth");
	x->outcome = cur_u8(c, "outcome");
	x->has = cur_u8(c, "has");
	x->upon = cur_le32(c, "upon");
	x->issued = (int64_t)cur_le64(c, "issued");
	x->not_before = (int64_t)cur_le64(c, "not-before");
	x->expires = (int64_t)cur_le64(c, "expires");
	x->release = get_n(r, r->n[LEDGER_ITEMS], true, "release");
	x->next = get_n(r, r->n[LEDGER_RECORDS], true, "next");
	if (cur_ok(c) && (x->kind > STATEMENT_KINDS || x->worth > LEDGER_CONTRADICTS ||
			  x->outcome >= REBUILT_OUTCOMES))
		bad(r, "a statement");
	if (cur_ok(c) && x->next <= i)
		bad(r, "a chain");
}

static void get_item(struct ledger_reader *r, const struct ledger *l, size_t i)
{
	struct ledger_item *x = &l->item[i];

	x->product = get_text(r, "product");
	x->version = get_text(r, "version");
	get_raw(r, x->payload, 32, "payload");
	x->first = get_n(r, r->n[LEDGER_RECORDS], false, "first");
	x->last = get_n(r, r->n[LEDGER_RECORDS], false, "last");
	x->why = get_text(r, "why");
	x->replacement = get_text(r, "replacement");
	x->contradicted = cur_u8(&r->c, "contradicted") != 0;
	x->withdrawn = cur_u8(&r->c, "withdrawn") != 0;
	if (cur_ok(&r->c) && (x->product == 0 || x->version == 0))
		bad(r, "a release");
}

static void get_channel(struct ledger_reader *r, const struct ledger *l, size_t i)
{
	struct ledger_channel *c = &l->channel[i];

	c->product = get_text(r, "product");
	c->channel = get_text(r, "channel");
	c->latest = get_text(r, "latest");
	c->minimum = get_text(r, "minimum");
	c->force = get_n(r, r->n[LEDGER_RECORDS] + 1, false, "force");
	if (cur_ok(&r->c) && (c->product == 0 || c->channel == 0))
		bad(r, "a channel");
}

static void get_turn(struct ledger_reader *r, const struct ledger *l, size_t i)
{
	l->turn[i].channel = get_n(r, r->n[LEDGER_CHANNELS], false, "channel");
	l->turn[i].version = get_text(r, "version");
	l->turn[i].superseded = cur_u8(&r->c, "superseded") != 0;
	if (cur_ok(&r->c) && l->turn[i].version == 0)
		bad(r, "a turn");
}

static void get_folder(struct ledger_reader *r, const struct ledger *l, size_t i)
{
	l->folder[i].nth = cur_le32(&r->c, "nth");
	l->folder[i].folders = cur_le32(&r->c, "folders");
	l->folder[i].files = cur_le32(&r->c, "files");
}

static void get_digest(struct ledger_reader *r, const struct ledger *l, size_t i)
{
	struct ledger_digest *d = &l->digest[i];

	d->n = cur_u8(&r->c, "length");
	get_raw(r, d->v, DIGEST_MAX, "digest");
	d->release = get_n(r, r->n[LEDGER_ITEMS], false, "release");
	d->what = get_text(r, "what");
	if (cur_ok(&r->c) && d->n > DIGEST_MAX)
		bad(r, "length");
}

/* What a value may be its key alone tells, so that ledger_get() compares it. */
static void get_slot(struct ledger_reader *r, const struct ledger *l, size_t i)
{
	get_raw(r, l->old[i].key, 32, "slot");
	l->old[i].value = cur_le32(&r->c, "slot");
}

const struct ledger_form ledger_forms[LEDGER_PARTS] = {
	[LEDGER_STATES] = {32, sizeof(((struct ledger *)0)->state[0]), put_state, get_state},
	[LEDGER_TEXTS] = {1, 1, NULL, NULL},
	[LEDGER_RECORDS] = {180, sizeof(struct ledger_record), put_record, get_record},
	[LEDGER_ITEMS] = {58, sizeof(struct ledger_item), put_item, get_item},
	[LEDGER_CHANNELS] = {20, sizeof(struct ledger_channel), put_channel, get_channel},
	[LEDGER_TURNS] = {9, sizeof(struct ledger_turn), put_turn, get_turn},
	[LEDGER_FOLDERS] = {12, sizeof(struct ledger_folder), put_folder, get_folder},
	[LEDGER_DIGESTS] = {DIGEST_MAX + 9, sizeof(struct ledger_digest), put_digest, get_digest},
	[LEDGER_SLOTS] = {36, sizeof(struct ledger_slot), put_slot, get_slot},
};
