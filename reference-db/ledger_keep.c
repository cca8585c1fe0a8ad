#include <stdlib.h>

#include "measure/base/cur.h"
#include "measure/core/hash.h"
#include "reference-db/ledger_parts.h"

/* Changes with what is kept, and with what the replay makes of a log. */
#define FORM "measure-ledger-3"
#define FORM_SIZE (sizeof(FORM) - 1)

/* ---- written */

static void put_n(struct buf *out, size_t n)
{
	buf_le(out, n, 4);
}

static void put_raw(struct buf *out, const void *p, size_t n)
{
	buf_put(out, bytes_of(p, n));
}

static void put_record(struct buf *out, const struct ledger_record *r)
{
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

static void put_item(struct buf *out, const struct ledger_item *x)
{
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

static void put_small(const struct ledger *l, struct buf *out)
{
	put_n(out, l->n_channels);
	for (size_t i = 0; i < l->n_channels; i++) {
		const struct ledger_channel *c = &l->channel[i];

		put_n(out, c->product);
		put_n(out, c->channel);
		put_n(out, c->latest);
		put_n(out, c->minimum);
		put_n(out, c->force);
	}
	put_n(out, l->n_turns);
	for (size_t i = 0; i < l->n_turns; i++) {
		put_n(out, l->turn[i].channel);
		put_n(out, l->turn[i].version);
		buf_u8(out, l->turn[i].superseded);
	}
	put_n(out, l->n_folders);
	for (size_t i = 0; i < l->n_folders; i++) {
		put_n(out, l->folder[i].nth);
		put_n(out, l->folder[i].folders);
		put_n(out, l->folder[i].files);
	}
}

static void put_found(const struct ledger *l, struct buf *out)
{
	put_n(out, l->n_digests);
	for (size_t i = 0; i < l->n_digests; i++) {
		const struct ledger_digest *d = &l->digest[i];

		buf_u8(out, d->n);
		put_raw(out, d->v, d->n);
		put_n(out, d->release);
		put_n(out, d->what);
	}
	put_n(out, l->n_slots);
	for (size_t i = 0; i < l->cap_slots; i++) {
		if (l->slot[i].value == LEDGER_NONE)
			continue;
		put_raw(out, l->slot[i].key, 32);
		put_n(out, l->slot[i].value);
	}
}

bool ledger_write(const struct ledger *l, struct buf *out, struct err *e)
{
	struct digest sum;

	put_raw(out, FORM, FORM_SIZE);
	put_raw(out, l->trust_digest.v, 32);
	put_n(out, l->n);
	put_raw(out, l->state, (l->n + 1) * 32);
	put_n(out, l->texts.n);
	buf_put(out, buf_bytes(&l->texts));
	for (size_t i = 0; i < l->n; i++)
		put_record(out, &l->record[i]);
	put_n(out, l->n_items);
	for (size_t i = 0; i < l->n_items; i++)
		put_item(out, &l->item[i]);
	put_small(l, out);
	put_found(l, out);
	put_n(out, l->keys_bytes.n);
	buf_put(out, buf_bytes(&l->keys_bytes));
	if (!buf_done(out, "a kept ledger", e) || !hash_of(DIGEST_SHA256, buf_bytes(out), &sum, e))
		return false;
	buf_put(out, digest_bytes(&sum));
	return buf_done(out, "a kept ledger", e);
}

/* ---- read: every number that names something else is compared with what there is of it */

struct reader {
	struct ledger *l;
	struct cur c;
	size_t n, n_texts; /* statements; bytes of texts */
};

static bool bad(struct reader *r, const char *what)
{
	return cur_fail(&r->c, REASON_DATABASE, cur_at(&r->c), "%s is out of its bounds", what);
}

/* Below the limit, or LEDGER_NONE where that is allowed. */
static uint32_t get_n(struct reader *r, size_t limit, bool none, const char *what)
{
	uint32_t x = cur_le32(&r->c, what);

	if (cur_ok(&r->c) && x >= limit && !(none && x == LEDGER_NONE)) {
		bad(r, what);
		return 0;
	}
	return x;
}

static uint32_t get_text(struct reader *r, const char *what)
{
	return get_n(r, r->n_texts, false, what);
}

static void get_raw(struct reader *r, void *to, size_t n, const char *what)
{
	struct bytes x = cur_take(&r->c, n, what);

	if (x.n == n && n > 0)
		memcpy(to, x.p, n);
}

/* Memory for n things, each of which takes so many bytes here at least; NULL when there are none
 * or it failed. */
static void *get_array(struct reader *r, size_t *n, size_t least, size_t size, const char *what)
{
	size_t cap = 16;
	void *p;

	*n = 0;
	if (!cur_ok(&r->c))
		return NULL;
	*n = cur_le32(&r->c, what);
	if (!cur_ok(&r->c) || *n > cur_left(&r->c) / least) {
		*n = 0;
		bad(r, what);
		return NULL;
	}
	while (cap < *n)
		cap *= 2;
	p = calloc(cap, size);
	if (!p) {
		*n = 0;
		cur_fail(&r->c, REASON_OUT_OF_MEMORY, cur_at(&r->c), "no memory for %s", what);
	}
	return p;
}

static void get_record(struct reader *r, struct ledger_record *x, size_t n_items)
{
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
	x->release = get_n(r, n_items, true, "release");
	x->next = get_n(r, r->n, true, "next");
	if (cur_ok(c) && (x->kind > STATEMENT_KINDS || x->worth > LEDGER_CONTRADICTS ||
			  x->outcome >= REBUILT_OUTCOMES))
		bad(r, "a statement");
}

/* Chains go forwards, so that they end. */
static void check_chains(struct reader *r)
{
	const struct ledger *l = r->l;

	for (size_t i = 0; i < r->n && cur_ok(&r->c); i++)
		if (l->record[i].next != LEDGER_NONE && l->record[i].next <= i)
			bad(r, "a chain");
}

static void get_records(struct reader *r)
{
	struct ledger *l = r->l;
	size_t least = 4 * 32 + 12 + 4 + 4 + 24 + 8, cap = 16;

	if (!cur_ok(&r->c))
		return;
	if (r->n > cur_left(&r->c) / least) {
		bad(r, "statements");
		return;
	}
	while (cap < r->n)
		cap *= 2;
	l->record = calloc(cap, sizeof(*l->record));
	if (!l->record) {
		cur_fail(&r->c, REASON_OUT_OF_MEMORY, cur_at(&r->c), "no memory for statements");
		return;
	}
	for (size_t i = 0; i < r->n && cur_ok(&r->c); i++)
		get_record(r, &l->record[i], r->n);
	check_chains(r);
}

static void get_items(struct reader *r)
{
	struct ledger *l = r->l;

	l->item = get_array(r, &l->n_items, 58, sizeof(*l->item), "releases");
	for (size_t i = 0; i < l->n_items && cur_ok(&r->c); i++) {
		struct ledger_item *x = &l->item[i];

		x->product = get_text(r, "product");
		x->version = get_text(r, "version");
		get_raw(r, x->payload, 32, "payload");
		x->first = get_n(r, r->n, false, "first");
		x->last = get_n(r, r->n, false, "last");
		x->why = get_text(r, "why");
		x->replacement = get_text(r, "replacement");
		x->contradicted = cur_u8(&r->c, "contradicted") != 0;
		x->withdrawn = cur_u8(&r->c, "withdrawn") != 0;
		if (cur_ok(&r->c) && (x->product == 0 || x->version == 0))
			bad(r, "a release");
	}
	for (size_t i = 0; i < r->n && cur_ok(&r->c); i++)
		if (l->record[i].release != LEDGER_NONE && l->record[i].release >= l->n_items)
			bad(r, "release");
}

static void get_small(struct reader *r)
{
	struct ledger *l = r->l;

	l->channel = get_array(r, &l->n_channels, 20, sizeof(*l->channel), "channels");
	for (size_t i = 0; i < l->n_channels && cur_ok(&r->c); i++) {
		struct ledger_channel *c = &l->channel[i];

		c->product = get_text(r, "product");
		c->channel = get_text(r, "channel");
		c->latest = get_text(r, "latest");
		c->minimum = get_text(r, "minimum");
		c->force = get_n(r, r->n + 1, false, "force");
		if (cur_ok(&r->c) && (c->product == 0 || c->channel == 0))
			bad(r, "a channel");
	}
	l->turn = get_array(r, &l->n_turns, 9, sizeof(*l->turn), "turns");
	for (size_t i = 0; i < l->n_turns && cur_ok(&r->c); i++) {
		l->turn[i].channel = get_n(r, l->n_channels, false, "channel");
		l->turn[i].version = get_text(r, "version");
		l->turn[i].superseded = cur_u8(&r->c, "superseded") != 0;
		if (cur_ok(&r->c) && l->turn[i].version == 0)
			bad(r, "a turn");
	}
	l->folder = get_array(r, &l->n_folders, 12, sizeof(*l->folder), "folders");
	for (size_t i = 0; i < l->n_folders && cur_ok(&r->c); i++) {
		l->folder[i].nth = cur_le32(&r->c, "nth");
		l->folder[i].folders = cur_le32(&r->c, "folders");
		l->folder[i].files = cur_le32(&r->c, "files");
	}
}

static void get_digests(struct reader *r)
{
	struct ledger *l = r->l;

	l->digest = get_array(r, &l->n_digests, 9, sizeof(*l->digest), "digests");
	for (size_t i = 0; i < l->n_digests && cur_ok(&r->c); i++) {
		struct ledger_digest *d = &l->digest[i];

		d->n = cur_u8(&r->c, "length");
		if (cur_ok(&r->c) && d->n > DIGEST_MAX) {
			bad(r, "length");
			return;
		}
		get_raw(r, d->v, d->n, "digest");
		d->release = get_n(r, l->n_items, false, "release");
		d->what = get_text(r, "what");
	}
	l->n_sorted = l->n_digests;
}

/* What a value may be its key alone tells, so that ledger_get() compares it. */
static void get_slots(struct reader *r)
{
	size_t n = cur_le32(&r->c, "slots");
	struct ledger_slot s;

	for (size_t i = 0; i < n && cur_ok(&r->c); i++) {
		get_raw(r, s.key, 32, "slot");
		s.value = cur_le32(&r->c, "slot");
		if (cur_ok(&r->c) && s.value != LEDGER_NONE && !ledger_put(r->l, &s, r->c.e))
			r->c.failed = true;
	}
}

static void get_keys(struct reader *r)
{
	struct ledger *l = r->l;
	struct bytes payload;

	payload = cur_take(&r->c, cur_le32(&r->c, "keys"), "keys");
	if (!cur_ok(&r->c) || payload.n == 0)
		return;
	buf_put(&l->keys_bytes, payload);
	if (!buf_done(&l->keys_bytes, "keys", r->c.e) || !keys_read(&l->keys, payload, 0, r->c.e) ||
	    !hash_of(DIGEST_SHA256, payload, &l->keys_payload, r->c.e) ||
	    !ledger_keys_join(l, r->c.e))
		r->c.failed = true;
}

static void get_head(struct reader *r)
{
	struct ledger *l = r->l;
	struct bytes trust, x;

	cur_take(&r->c, FORM_SIZE, "form");
	trust = cur_take(&r->c, 32, "trust");
	if (cur_ok(&r->c) && !bytes_equal(trust, digest_bytes(&l->trust_digest)))
		bad(r, "the trust file");
	r->n = cur_le32(&r->c, "height");
	x = cur_take(&r->c, ((uint64_t)r->n + 1) * 32, "states");
	if (cur_ok(&r->c) && memcmp(x.p, l->state[0], 32) != 0)
		bad(r, "state 0");
	if (cur_ok(&r->c)) {
		size_t cap = 16;

		while (cap < r->n + 1)
			cap *= 2;
		free(l->state);
		l->state = malloc(cap * sizeof(*l->state));
		if (l->state)
			memcpy(l->state, x.p, x.n);
		else
			cur_fail(&r->c, REASON_OUT_OF_MEMORY, 0, "no memory for states");
	}
	r->n_texts = cur_le32(&r->c, "texts");
	x = cur_take(&r->c, r->n_texts, "texts");
	buf_reset(&l->texts);
	buf_put(&l->texts, x);
	if (cur_ok(&r->c) && (x.n == 0 || x.p[0] != 0 || x.p[x.n - 1] != 0))
		bad(r, "texts");
	if (cur_ok(&r->c) && !buf_done(&l->texts, "texts", r->c.e))
		r->c.failed = true;
}

bool ledger_read(struct ledger *l, struct bytes in, struct err *e)
{
	struct reader r = {.l = l};
	struct digest sum;
	size_t n = in.n < 32 ? 0 : in.n - 32;

	if (!bytes_start(in, bytes_of(FORM, FORM_SIZE)) ||
	    !hash_of(DIGEST_SHA256, bytes_of(in.p, n), &sum, e) ||
	    !bytes_equal(bytes_of(in.p + n, in.n - n), digest_bytes(&sum)))
		return err_set(e, REASON_DATABASE, "what was kept is of another form, or damaged");
	r.c = cur_new(bytes_of(in.p, n), 0, e);
	get_head(&r);
	get_records(&r);
	get_items(&r);
	get_small(&r);
	get_digests(&r);
	get_slots(&r);
	get_keys(&r);
	if (!cur_end(&r.c, "what was kept"))
		return false;
	l->n = l->n_kept = r.n;
	return true;
}
