#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/core/hash.h"
#include "reference-db/ledger_kept.h"

#define FORM_SIZE (sizeof(LEDGER_FORM) - 1)
#define FIXED (FORM_SIZE + 32 + 4 * (LEDGER_PARTS + 1))

static size_t rows_of(unsigned part)
{
	return LEDGER_BLOCK / ledger_forms[part].size;
}

static size_t blocks_of(unsigned part, size_t n)
{
	return (n + rows_of(part) - 1) / rows_of(part);
}

static bool damaged(struct err *e)
{
	return err_set(e, REASON_DATABASE, "what was kept is of another form, or damaged");
}

/* ---- the head: how many there are of everything */

struct head {
	struct bytes trust;
	size_t n[LEDGER_PARTS], keys;
	uint64_t parts, sums, end; /* where they begin */
	size_t blocks;
};

static bool read_head(struct bytes in, struct head *h, struct err *e)
{
	struct cur c = cur_new(in, 0, e);
	struct bytes form = cur_take(&c, FORM_SIZE, "form");

	*h = (struct head){.trust = cur_take(&c, 32, "trust")};
	for (unsigned p = 0; p < LEDGER_PARTS; p++)
		h->n[p] = cur_le32(&c, "rows");
	h->keys = cur_le32(&c, "keys");
	if (!cur_ok(&c))
		return false;
	h->parts = h->sums = FIXED + h->keys;
	for (unsigned p = 0; p < LEDGER_PARTS; p++) {
		h->sums += h->n[p] * (uint64_t)ledger_forms[p].size;
		h->blocks += blocks_of(p, h->n[p]);
	}
	h->end = h->sums + 32 * ((uint64_t)h->blocks + 1);
	return (bytes_equal(form, bytes_of(LEDGER_FORM, FORM_SIZE)) && h->n[LEDGER_TEXTS] > 0 &&
		h->n[LEDGER_STATES] == h->n[LEDGER_RECORDS] + 1) ||
	       damaged(e);
}

/* What all sums are of: head, keys and the sums of the blocks. */
static bool sum_up(struct bytes head, struct bytes sums, struct digest *out, struct err *e)
{
	return hash_of_two(DIGEST_SHA256, head, sums, out, e);
}

/* ---- written: a block and its sum at a time, so that no second copy of all is in memory */

#define AT_ONCE (256u << 10) /* bytes */

struct writer {
	struct out *file; /* NULL: all stays in rows */
	struct buf *rows, head, sums;
	size_t n[LEDGER_PARTS];
};

static bool pass_on(struct writer *w, size_t least, struct err *e)
{
	if (!buf_done(w->rows, "a kept ledger", e))
		return false;
	if (!w->file || w->rows->n < least)
		return true;
	if (!out_write(w->file, buf_bytes(w->rows), e))
		return false;
	buf_reset(w->rows);
	return true;
}

static bool put_sum(struct bytes block, struct buf *sums, struct err *e)
{
	struct digest sum;

	if (!hash_of(DIGEST_SHA256, block, &sum, e))
		return false;
	buf_put(sums, digest_bytes(&sum));
	return buf_done(sums, "the sums of a kept ledger", e);
}

static bool put_block(const struct ledger *l, unsigned part, size_t from, struct writer *w,
		      struct err *e)
{
	const struct ledger_form *f = &ledger_forms[part];
	size_t start = w->rows->n, left = w->n[part] - from;
	size_t end = from + (left < rows_of(part) ? left : rows_of(part));

	if (!f->put)
		buf_put(w->rows, bytes_of(l->texts.p + from, end - from));
	for (size_t i = from; i < end && f->put; i++)
		f->put(l, i, w->rows);
	return buf_done(w->rows, "a kept ledger", e) &&
	       put_sum(bytes_of(w->rows->p + start, w->rows->n - start), &w->sums, e) &&
	       pass_on(w, AT_ONCE, e);
}

static bool put_parts(const struct ledger *l, struct writer *w, struct err *e)
{
	const size_t n[LEDGER_PARTS] = {
		[LEDGER_STATES] = l->n + 1,	   [LEDGER_TEXTS] = l->texts.n,
		[LEDGER_RECORDS] = l->n,	   [LEDGER_ITEMS] = l->n_items,
		[LEDGER_CHANNELS] = l->n_channels, [LEDGER_TURNS] = l->n_turns,
		[LEDGER_FOLDERS] = l->n_folders,   [LEDGER_DIGESTS] = l->n_digests,
		[LEDGER_SLOTS] = l->n_old,
	};

	buf_put(&w->head, bytes_of(LEDGER_FORM, FORM_SIZE));
	buf_put(&w->head, bytes_of(l->trust_digest.v, 32));
	for (unsigned p = 0; p < LEDGER_PARTS; p++)
		buf_le(&w->head, n[p], 4);
	buf_le(&w->head, l->keys_bytes.n, 4);
	buf_put(&w->head, buf_bytes(&l->keys_bytes));
	buf_put(w->rows, buf_bytes(&w->head));
	if (!buf_done(&w->head, "a kept ledger", e))
		return false;
	memcpy(w->n, n, sizeof(n));
	for (unsigned p = 0; p < LEDGER_PARTS; p++)
		for (size_t i = 0; i < n[p]; i += rows_of(p))
			if (!put_block(l, p, i, w, e))
				return false;
	return true;
}

static bool put_sums(struct bytes head, const struct buf *sums, struct buf *out, struct err *e)
{
	struct digest sum;

	if (!sum_up(head, buf_bytes(sums), &sum, e))
		return false;
	buf_put(out, buf_bytes(sums));
	buf_put(out, digest_bytes(&sum));
	return buf_done(out, "a kept ledger", e);
}

static bool write_all(struct ledger *l, struct out *file, struct buf *rows, struct err *e)
{
	struct writer w = {file, rows, BUF(LEDGER_KEPT_MAX), BUF(LEDGER_KEPT_MAX), {0}};
	bool done = ledger_fold(l, e) && put_parts(l, &w, e) &&
		    put_sums(buf_bytes(&w.head), &w.sums, rows, e) && pass_on(&w, 0, e);

	buf_free(&w.head);
	buf_free(&w.sums);
	return done;
}

bool ledger_write(struct ledger *l, struct buf *out, struct err *e)
{
	return write_all(l, NULL, out, e);
}

bool ledger_leave(struct ledger *l, const char *path, struct err *e)
{
	owned(buf_free) struct buf rows = BUF(LEDGER_KEPT_MAX);
	owned(out_free) struct out o = OUT_NONE;

	return out_open(&o, path, e) && write_all(l, &o, &rows, e) && out_leave(&o, e);
}

bool ledger_seal(struct buf *file, struct err *e)
{
	owned(buf_free) struct buf sums = BUF(LEDGER_KEPT_MAX);
	struct bytes in = buf_bytes(file);
	struct head h;
	uint64_t at;

	if (!read_head(in, &h, e))
		return false;
	if (in.n != h.sums)
		return err_set(e, REASON_DATABASE, "a kept ledger of %zu bytes, %llu are named",
			       in.n, (unsigned long long)h.sums);
	at = h.parts;
	for (unsigned p = 0; p < LEDGER_PARTS; p++)
		for (size_t i = 0; i < h.n[p]; i += rows_of(p)) {
			size_t n = h.n[p] - i < rows_of(p) ? h.n[p] - i : rows_of(p);

			n *= ledger_forms[p].size;
			if (!put_sum(bytes_of(in.p + at, n), &sums, e))
				return false;
			at += n;
		}
	return put_sums(bytes_of(in.p, h.parts), &sums, file, e);
}

/* ---- read */

static bool take_bytes(const struct ledger_kept *k, uint64_t at, size_t n, struct buf *out,
		       struct err *e)
{
	uint8_t *to;
	size_t got = 0;

	if (k->in.p) {
		buf_put(out, bytes_of(k->in.p + at, n));
		return buf_done(out, "what was kept", e);
	}
	to = buf_room(out, n);
	if (!buf_done(out, "what was kept", e) ||
	    !file_pread(&k->file, at, (struct span){to, n}, &got, e))
		return false;
	return got == n || damaged(e);
}

/* Capacities are powers of two: ledger_room(). */
static void *room_for(size_t n, size_t size, struct err *e)
{
	size_t cap = 16;
	void *p;

	while (cap < n)
		cap *= 2;
	p = calloc(cap, size);
	if (!p)
		err_set(e, REASON_OUT_OF_MEMORY, "no memory for %zu rows", n);
	return p;
}

static bool make_room(struct ledger *l, const struct head *h, struct err *e)
{
	void *p[LEDGER_PARTS] = {NULL};
	bool ok = true;

	for (unsigned i = 0; i < LEDGER_PARTS && ok; i++)
		ok = i == LEDGER_TEXTS ||
		     (p[i] = room_for(h->n[i], ledger_forms[i].memory, e)) != NULL;
	if (ok)
		own_free(&l->state);
	l->state = ok ? p[LEDGER_STATES] : l->state;
	if (!ok)
		free(p[LEDGER_STATES]);
	l->record = p[LEDGER_RECORDS];
	l->item = p[LEDGER_ITEMS];
	l->channel = p[LEDGER_CHANNELS];
	l->turn = p[LEDGER_TURNS];
	l->folder = p[LEDGER_FOLDERS];
	l->digest = p[LEDGER_DIGESTS];
	l->old = p[LEDGER_SLOTS];
	buf_reset(&l->texts);
	if (ok)
		(void)!buf_room(&l->texts, h->n[LEDGER_TEXTS]);
	return ok && buf_done(&l->texts, "the texts of a ledger", e);
}

static bool read_keys(struct ledger *l, struct bytes payload, struct err *e)
{
	if (payload.n == 0)
		return true;
	buf_put(&l->keys_bytes, payload);
	return buf_done(&l->keys_bytes, "keys", e) && keys_read(&l->keys, payload, 0, e) &&
	       hash_of(DIGEST_SHA256, payload, &l->keys_payload, e) && ledger_keys_join(l, e);
}

/* Nothing is made room for before the file was found to have as many bytes. */
static bool read_frame(struct ledger_kept *k, uint64_t size, struct head *h, struct buf *head,
		       struct err *e)
{
	owned(buf_free) struct buf fixed = BUF(FIXED), sums = BUF(LEDGER_KEPT_MAX);
	struct digest sum;
	size_t n;

	if (size < FIXED || size > LEDGER_KEPT_MAX || !take_bytes(k, 0, FIXED, &fixed, e) ||
	    !read_head(buf_bytes(&fixed), h, e) || size != h->end ||
	    !take_bytes(k, 0, (size_t)h->parts, head, e) ||
	    !take_bytes(k, h->sums, (size_t)(h->end - h->sums), &sums, e))
		return false;
	n = sums.n - 32;
	k->sum = own_new(sums.n, e);
	k->loaded = k->sum ? own_new(h->blocks + 1, e) : NULL;
	if (!k->loaded || !sum_up(buf_bytes(head), bytes_of(sums.p, n), &sum, e))
		return false;
	memcpy(k->sum, sums.p, n);
	return bytes_equal(digest_bytes(&sum), bytes_of(sums.p + n, 32));
}

static void lay_out(struct ledger_kept *k, const struct head *h)
{
	uint64_t at = h->parts;

	for (unsigned p = 0; p < LEDGER_PARTS; p++) {
		k->n[p] = h->n[p];
		k->at[p] = at;
		k->first[p] = k->blocks;
		k->blocks += blocks_of(p, h->n[p]);
		at += h->n[p] * (uint64_t)ledger_forms[p].size;
	}
}

static bool attach(struct ledger *l, struct ledger_kept *k, uint64_t size, struct err *e)
{
	owned(buf_free) struct buf head = BUF(LEDGER_KEPT_MAX);
	struct head h;
	uint8_t first[32];

	memcpy(first, l->state[0], 32);
	if (!read_frame(k, size, &h, &head, e) ||
	    memcmp(head.p + FORM_SIZE, l->trust_digest.v, 32) != 0)
		return err_is(e) ? false : damaged(e);
	lay_out(k, &h);
	if (!make_room(l, &h, e) || !read_keys(l, bytes_of(head.p + FIXED, head.n - FIXED), e))
		return false;
	l->n = l->n_kept = h.n[LEDGER_RECORDS];
	l->n_items = h.n[LEDGER_ITEMS];
	l->n_channels = h.n[LEDGER_CHANNELS];
	l->n_turns = h.n[LEDGER_TURNS];
	l->n_folders = h.n[LEDGER_FOLDERS];
	l->n_digests = l->n_sorted = h.n[LEDGER_DIGESTS];
	l->n_old = h.n[LEDGER_SLOTS];
	ledger_touch(l, LEDGER_TEXTS, 0);
	ledger_touch(l, LEDGER_TEXTS, l->texts.n - 1);
	if (memcmp(ledger_state_at(l, 0), first, 32) != 0 || l->texts.p[0] != 0 ||
	    l->texts.p[l->texts.n - 1] != 0)
		return ledger_sound(l, e) && damaged(e);
	return ledger_sound(l, e);
}

void ledger_kept_free(struct ledger_kept **k)
{
	if (!*k)
		return;
	file_close(&(*k)->file);
	free((*k)->sum);
	free((*k)->loaded);
	free(*k);
	*k = NULL;
}

/* Whoever can write what is kept can make it say anything: that is for the user, and for root. What
 * others can write goes away, so that the next one does not take its owner and mode. */
static bool is_ours(const struct file *f, struct err *e)
{
	struct stat st;

	if (fstat(f->fd, &st) == 0 && (st.st_uid == geteuid() || st.st_uid == 0) &&
	    !(st.st_mode & S_IWOTH))
		return true;
	(void)unlink(f->name);
	return err_set(e, REASON_PERMISSION, "what was kept can be written by others");
}

bool ledger_attach(struct ledger *l, const char *path, struct err *e)
{
	struct ledger_kept *k = l->kept = own_new(sizeof(*k), e);

	if (!k)
		return false;
	k->file = FILE_NONE;
	return file_open(&k->file, path, e) && is_ours(&k->file, e) &&
	       attach(l, k, k->file.size, e);
}

bool ledger_read(struct ledger *l, struct bytes in, struct err *e)
{
	struct ledger_kept *k = l->kept = own_new(sizeof(*k), e);

	if (!k)
		return false;
	k->file = FILE_NONE;
	k->in = in;
	return attach(l, k, in.n, e);
}

bool ledger_load(struct ledger *l, struct err *e)
{
	for (unsigned p = 0; p < LEDGER_PARTS && l->kept; p++)
		for (size_t i = 0; i < l->kept->n[p]; i += rows_of(p))
			ledger_touch_kept(l, p, i);
	if (!ledger_sound(l, e))
		return false;
	ledger_kept_free(&l->kept);
	return true;
}

bool ledger_sound(const struct ledger *l, struct err *e)
{
	if (!l->kept || !err_is(&l->kept->fault))
		return true;
	*e = l->kept->fault;
	return false;
}

/* ---- a block at a time */

static void *rows_here(const struct ledger *l, unsigned part)
{
	void *const rows[LEDGER_PARTS] = {
		[LEDGER_STATES] = l->state,	[LEDGER_TEXTS] = l->texts.p,
		[LEDGER_RECORDS] = l->record,	[LEDGER_ITEMS] = l->item,
		[LEDGER_CHANNELS] = l->channel, [LEDGER_TURNS] = l->turn,
		[LEDGER_FOLDERS] = l->folder,	[LEDGER_DIGESTS] = l->digest,
		[LEDGER_SLOTS] = l->old,
	};

	return rows[part];
}

static bool read_block(const struct ledger *l, struct ledger_kept *k, unsigned part, size_t b)
{
	const struct ledger_form *f = &ledger_forms[part];
	owned(buf_free) struct buf block = BUF(LEDGER_BLOCK);
	size_t from = b * rows_of(part), left = k->n[part] - from;
	size_t n = left < rows_of(part) ? left : rows_of(part);
	struct ledger_reader r = {.n = k->n};
	struct digest sum;

	if (!take_bytes(k, k->at[part] + from * (uint64_t)f->size, n * f->size, &block,
			&k->fault) ||
	    !hash_of(DIGEST_SHA256, buf_bytes(&block), &sum, &k->fault))
		return false;
	if (memcmp(sum.v, k->sum[k->first[part] + b], 32) != 0)
		return damaged(&k->fault);
	r.c = cur_new(buf_bytes(&block), k->at[part] + from * (uint64_t)f->size, &k->fault);
	for (size_t i = from; i < from + n && f->get && cur_ok(&r.c); i++)
		f->get(&r, l, i);
	if (!f->get)
		memcpy(l->texts.p + from, cur_take(&r.c, n, "texts").p, n);
	if (!cur_end(&r.c, "a block"))
		memset((uint8_t *)rows_here(l, part) + from * f->memory, 0, n * f->memory);
	return !err_is(&k->fault);
}

void ledger_touch_kept(const struct ledger *l, unsigned part, size_t row)
{
	struct ledger_kept *k = l->kept;
	size_t b = row / rows_of(part);

	if (row >= k->n[part] || k->loaded[k->first[part] + b] || err_is(&k->fault))
		return;
	k->loaded[k->first[part] + b] = true;
	(void)!read_block(l, k, part, b);
}
