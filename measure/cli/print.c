#include "measure/cli/print.h"

#include "measure/base/hex.h"
#include "measure/base/text.h"
#include "measure/cli/std.h"

#define LEFT_OUT "what else was to be said"
#define PRINT_MAX (CLI_TEXT_MAX + 2u * ANSWER_JSON_MAX)

static struct json_out envelope(struct buf *out, const struct verb *v, bool ok)
{
	owned(buf_free) struct buf kind = BUF(64);
	struct json_out w = json_out(out, true);

	w.tame = true;
	for (const char *p = v->name; *p; p++)
		buf_u8(&kind, *p == ' ' ? '-' : (uint8_t)*p);
	json_open(&w, '{');
	json_key(&w, "schema");
	json_str(&w, "measure/1");
	json_key(&w, "kind");
	json_string(&w, buf_bytes(&kind));
	json_key(&w, "ok");
	json_bool(&w, ok);
	return w;
}

static void put_registers(struct json_out *w, const struct mset *m)
{
	if (m->n == 0)
		return;
	json_key(w, "measurements");
	json_open(w, '{');
	for (size_t i = 0; i < m->n; i++) {
		json_key(w, m->entry[i].name);
		json_hex(w, digest_bytes(&m->entry[i].digest));
	}
	json_close(w, '}');
}

/* The members were written by a writer of their own, at the depth where they go now. */
static void put_members(struct json_out *w, const struct buf *members)
{
	if (members->n == 0)
		return;
	buf_str(w->out, ",");
	buf_put(w->out, buf_bytes(members));
}

void print_foreign(struct json_out *w, const char *key, const char *foreign)
{
	owned(buf_free) struct buf tamed = BUF(TALK_MAX);

	text_tame(&tamed, bytes_str(foreign));
	json_key(w, key);
	json_string(w, buf_bytes(&tamed));
}

size_t print_notes(const struct answer *a)
{
	return a->n_notes < ANSWER_NOTES ? a->n_notes : ANSWER_NOTES;
}

static void put_warnings(struct json_out *w, const struct answer *a)
{
	json_key(w, "warnings");
	json_open(w, '[');
	for (size_t i = 0; i < print_notes(a); i++) {
		json_open(w, '{');
		json_key(w, "reason");
		json_str(w, reason_slug(a->notes[i].reason));
		print_foreign(w, "message", a->notes[i].text);
		json_close(w, '}');
	}
	json_close(w, ']');
}

static void put_json(struct buf *out, struct cli *c, const struct answer *a)
{
	struct json_out w = envelope(out, &c->verb, true);

	put_registers(&w, &a->registers);
	put_members(&w, &a->members);
	if (a->members.n == 0 && c->text.n > 0) {
		json_key(&w, "text");
		json_string(&w, buf_bytes(&c->text));
	}
	put_warnings(&w, a);
	json_close(&w, '}');
	buf_str(out, "\n");
}

static void put_text(struct buf *out, const struct cli *c, const struct answer *a)
{
	for (size_t i = 0; i < a->registers.n; i++) {
		buf_fmt(out, "%s  ", a->registers.entry[i].name);
		hex_put(out, digest_bytes(&a->registers.entry[i].digest));
		buf_str(out, "\n");
	}
	buf_put(out, buf_bytes(&c->text));
}

static bool make(struct buf *out, struct cli *c, const struct answer *a, struct err *e)
{
	if (!buf_done(&a->members, "the answer", e) || !buf_done(&a->verbatim, "the answer", e) ||
	    !buf_done(&c->text, "the answer", e))
		return false;
	if (a->verbatim.n > 0)
		buf_put(out, buf_bytes(&a->verbatim));
	else if (c->json)
		put_json(out, c, a);
	else
		put_text(out, c, a);
	return buf_done(out, "the answer", e);
}

static void put_failure(struct buf *out, const struct verb *v, const struct answer *a,
			const struct err *failure)
{
	owned(buf_free) struct buf message = BUF(TALK_MAX);
	struct json_out w = envelope(out, v, false);

	json_key(&w, "reason");
	json_str(&w, reason_slug(failure->reason));
	talk_message(&message, failure);
	json_key(&w, "message");
	json_string(&w, buf_bytes(&message));
	if (failure->subject[0] != '\0')
		print_foreign(&w, "subject", failure->subject);
	if (failure->at) {
		json_key(&w, "offset");
		json_u64(&w, failure->offset);
	}
	if (failure->hint[0] != '\0')
		print_foreign(&w, "hint", failure->hint);
	if (a && a->json.depth == 1 && a->members.failed == REASON_NONE)
		put_members(&w, &a->members);
	json_close(&w, '}');
	buf_str(out, "\n");
}

bool print_failure(const struct cli *c, const struct answer *a, const struct err *failure,
		   struct err *e)
{
	owned(buf_free) struct buf out = BUF(PRINT_MAX);

	if (c->json && c->json[0] == '\0')
		put_failure(&out, &c->verb, a, failure);
	else if (!c->json && a && a->verbatim.failed == REASON_NONE)
		buf_put(&out, buf_bytes(&a->verbatim));
	return buf_done(&out, "the answer", e) && std_answer(buf_bytes(&out), e) &&
	       (!a || (buf_done(&a->members, LEFT_OUT, e) && buf_done(&a->verbatim, LEFT_OUT, e)));
}

bool print_answer(struct cli *c, const struct answer *a, struct err *e)
{
	owned(buf_free) struct buf out = BUF(PRINT_MAX);
	struct err broken = {0};

	if (make(&out, c, a, e))
		return std_answer(buf_bytes(&out), e);
	if (c->args.n_operands == 1)
		err_subject(e, c->args.operands[0]);
	if (!print_failure(c, NULL, e, &broken))
		err_hint(e, "%s", broken.text);
	return false;
}
