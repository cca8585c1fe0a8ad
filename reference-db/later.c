#include "reference-db/later.h"

#include "measure/base/hex.h"
#include "measure/base/text.h"
#include "measure/base/when.h"

#define SHOWN 8u /* bytes of a digest in messages */

static const char *const outcomes[REBUILT_OUTCOMES] = {
	[REBUILT_DIFFERS] = "differs",
	[REBUILT_EQUAL] = "equal",
	[REBUILT_WITNESSED] = "witnessed",
};

/* Offsets are the statement's own up to here. */
static bool open_at(struct statement *st, struct bytes in, uint64_t at, struct err *e)
{
	if (in.n > BUNDLE_STATEMENT_MAX)
		return err_set(e, REASON_LIMIT,
			       "%zu bytes are over the limit of %u for a statement", in.n,
			       BUNDLE_STATEMENT_MAX);
	if (statement_open(st, in, e))
		return true;
	e->offset += e->at ? at : 0;
	return false;
}

static bool is_kept(const struct statement *st, struct err *e)
{
	return st->kind == STATEMENT_REBUILT || st->kind == STATEMENT_WITHDRAW ||
	       err_set(e, REASON_BUNDLE,
		       "a bundle holds rebuilt statements and withdrawals, and this is of "
		       "the kind %s",
		       statement_rows[st->kind].name);
}

static enum bundle_type type_of(const struct statement *st)
{
	return st->kind == STATEMENT_REBUILT ? BUNDLE_REBUILT : BUNDLE_WITHDRAW;
}

static bool speaks_of(const struct statement *st, const struct digest *payload, struct err *e)
{
	const struct digest *d =
		st->kind == STATEMENT_REBUILT ? &st->rebuilt.payload : &st->withdraw.payload;
	owned(buf_free) struct buf found = BUF(64), wanted = BUF(64);

	if (digest_equal(d, payload))
		return true;
	hex_put(&found, bytes_of(d->v, SHOWN));
	hex_put(&wanted, bytes_of(payload->v, SHOWN));
	if (!buf_done(&found, "a digest", e) || !buf_done(&wanted, "a digest", e))
		return false;
	return err_set(e, REASON_BUNDLE, "speaks of the payload %s..., and the manifest's is %s...",
		       buf_cstr(&found), buf_cstr(&wanted));
}

bool later_check(const struct bundle_set *s, size_t i, const struct digest *payload, struct err *e)
{
	owned(statement_free) struct statement st = {0};
	const struct bundle_member *m = &s->member[i];

	if (!open_at(&st, m->bytes, m->at, e) || !is_kept(&st, e) || !speaks_of(&st, payload, e))
		return err_in(e, "statement/%03zu", i);
	return type_of(&st) == m->type ||
	       err_at(e, REASON_BUNDLE, m->at,
		      "statement/%03zu is of another kind than its type says", i);
}

bool later_add(struct bundle_set *s, struct bytes in, uint64_t at, const struct digest *payload,
	       struct err *e)
{
	owned(statement_free) struct statement st = {0};

	if (!open_at(&st, in, at, e) || !is_kept(&st, e) || !speaks_of(&st, payload, e))
		return false;
	for (size_t i = 0; i < s->n; i++)
		if (bytes_equal(s->member[i].bytes, in))
			return true;
	if (s->n == BUNDLE_STATEMENTS)
		return err_set(e, REASON_LIMIT, "more than %u statements of a release",
			       BUNDLE_STATEMENTS);
	s->member[s->n++] = (struct bundle_member){type_of(&st), in, at};
	return true;
}

/* ---- in the order in which they were said */

struct turn {
	int64_t at;
	unsigned news; /* 0: it was rebuilt equal; the worse the more */
};

static bool read_turn(const struct bundle_member *m, int64_t now, struct turn *t, struct err *e)
{
	static const unsigned news[REBUILT_OUTCOMES] = {
		[REBUILT_EQUAL] = 0, [REBUILT_WITNESSED] = 1, [REBUILT_DIFFERS] = 2};
	owned(statement_free) struct statement st = {0};

	if (!statement_open(&st, m->bytes, e))
		return false;
	t->news = st.kind == STATEMENT_REBUILT ? news[st.rebuilt.outcome] : 0;
	t->at = st.s.header.issued;
	if (!st.s.header.has_issued || t->at > now)
		t->at = t->news == 0 ? INT64_MIN : INT64_MAX;
	return true;
}

static bool is_before(const struct turn *a, const struct turn *b)
{
	return a->at != b->at ? a->at < b->at : a->news < b->news;
}

bool later_order(const struct bundle_set *s, int64_t now, size_t order[BUNDLE_STATEMENTS],
		 struct err *e)
{
	struct turn turn[BUNDLE_STATEMENTS] = {0};

	for (size_t i = 0; i < s->n; i++) {
		size_t at = i;

		if (!read_turn(&s->member[i], now, &turn[i], e))
			return false;
		for (; at > 0 && is_before(&turn[i], &turn[order[at - 1]]); at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
	return true;
}

/* ---- shown */

static void put_one(const struct statement *st, struct buf *out)
{
	const struct signed_header *h = &st->s.header;

	buf_fmt(out, "Statement   %s", statement_rows[st->kind].name);
	if (st->kind == STATEMENT_REBUILT)
		buf_fmt(out, ", %s", outcomes[st->rebuilt.outcome]);
	if (h->has_issued) {
		buf_str(out, ", ");
		when_put(out, h->issued, "Z");
	}
	buf_str(out, ", by ");
	text_tame(out, h->signer);
	if (st->kind == STATEMENT_WITHDRAW) {
		buf_str(out, "\n            ");
		text_tame(out, st->withdraw.reason);
	}
	buf_str(out, "\n");
}

void later_text(const struct bundle_set *s, struct buf *out)
{
	for (size_t i = 0; i < s->n; i++) {
		owned(statement_free) struct statement st = {0};
		struct err e = {0};

		if (!statement_open(&st, s->member[i].bytes, &e)) {
			buf_fail(out, e.reason);
			return;
		}
		put_one(&st, out);
	}
}

static void json_part(struct json_out *w, const char *key, const struct buf *text)
{
	json_key(w, key);
	json_string(w, buf_bytes(text));
	if (text->failed != REASON_NONE)
		buf_fail(w->out, text->failed);
}

static void json_tamed(struct json_out *w, const char *key, struct bytes text)
{
	owned(buf_free) struct buf tamed = BUF(8 * STATEMENT_TEXT);

	text_tame(&tamed, text);
	json_part(w, key, &tamed);
}

static void json_one(const struct statement *st, struct json_out *w)
{
	const struct signed_header *h = &st->s.header;
	owned(buf_free) struct buf issued = BUF(64);

	json_open(w, '{');
	json_key(w, "kind");
	json_str(w, statement_rows[st->kind].name);
	json_tamed(w, "signer", h->signer);
	json_key(w, "key_id");
	json_hex(w, h->kid);
	if (h->has_issued) {
		when_put(&issued, h->issued, "Z");
		json_part(w, "issued", &issued);
	}
	if (st->kind == STATEMENT_REBUILT) {
		json_key(w, "outcome");
		json_str(w, outcomes[st->rebuilt.outcome]);
	} else {
		json_tamed(w, "because", st->withdraw.reason);
		if (st->withdraw.replacement.n > 0)
			json_tamed(w, "replacement", st->withdraw.replacement);
	}
	json_close(w, '}');
}

void later_json(const struct bundle_set *s, struct json_out *w)
{
	if (s->n == 0)
		return;
	json_key(w, "statements");
	json_open(w, '[');
	for (size_t i = 0; i < s->n; i++) {
		owned(statement_free) struct statement st = {0};
		struct err e = {0};

		if (!statement_open(&st, s->member[i].bytes, &e)) {
			buf_fail(w->out, e.reason);
			return;
		}
		json_one(&st, w);
	}
	json_close(w, ']');
}
