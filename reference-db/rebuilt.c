#include "reference-db/rebuilt.h"

#include "measure/core/cbor.h"
#include "reference-db/statement_field.h"

#define FORM 1u
#define FORM_WITNESSED 2u
#define ITEMS 160u

enum {
	KEY_FORM,
	KEY_ID,
	KEY_PAYLOAD,
	KEY_OUTCOME,
	KEY_INPUTS,
	KEY_TOOL,
	KEY_PROGRAM,
	KEY_VARIED,
	KEY_WITNESSES,
	KEYS
};

static bool is_word(struct bytes x)
{
	for (size_t i = 0; i < x.n; i++)
		if (!((x.p[i] >= 'a' && x.p[i] <= 'z') || x.p[i] == '_'))
			return false;
	return x.n > 0 && x.n <= 32;
}

static bool is_part(struct bytes x)
{
	for (size_t i = 0; i < x.n; i++)
		if (!((x.p[i] >= 'a' && x.p[i] <= 'z') || (x.p[i] >= '0' && x.p[i] <= '9')))
			return false;
	return x.n > 0 && x.n <= 32;
}

/* In the order of the keys of a map: RFC 8949 §4.2.1. */
static bool in_order(struct bytes a, struct bytes b)
{
	return a.n < b.n || (a.n == b.n && bytes_order(a, b) < 0);
}

static bool check_witnesses(const struct rebuilt *r, struct err *e)
{
	if ((r->outcome == REBUILT_WITNESSED) != (r->n_witnesses > 0))
		return err_set(e, REASON_STATEMENT, "the outcome is %d, with %zu witnesses",
			       (int)r->outcome, r->n_witnesses);
	if (r->n_witnesses > REBUILT_WITNESSES)
		return err_set(e, REASON_STATEMENT, "%zu witnesses, %u are the most",
			       r->n_witnesses, REBUILT_WITNESSES);
	for (size_t i = 0; i < r->n_witnesses; i++) {
		const struct rebuilt_witness *w = &r->witness[i];

		if (!is_part(w->part) || !field_is_sha256(&w->content))
			return err_set(e, REASON_STATEMENT,
				       "a witness without the name of a part, or its digest");
		if (i > 0 && !in_order(w[-1].part, w->part))
			return err_set(e, REASON_STATEMENT,
				       "a witness stands twice, or not in its order");
	}
	return true;
}

static bool check(const struct rebuilt *r, struct err *e)
{
	if (!field_is_text(r->id, REBUILT_TEXT) || !memchr(r->id.p, '/', r->id.n))
		return err_set(e, REASON_STATEMENT, "the id is not PRODUCT/VERSION");
	if (!field_is_text(r->tool, REBUILT_TEXT))
		return err_set(e, REASON_STATEMENT, "the version of the program is no text");
	if (!field_is_sha256(&r->payload) || !field_is_sha256(&r->inputs) ||
	    !field_is_sha256(&r->program))
		return err_set(e, REASON_STATEMENT, "a digest is zero, or not SHA-256");
	if (r->n > REBUILT_VARIATIONS)
		return err_set(e, REASON_STATEMENT, "%zu variations, %u are the most", r->n,
			       REBUILT_VARIATIONS);
	for (size_t i = 0; i < r->n; i++) {
		if (!is_word(r->variation[i]))
			return err_set(e, REASON_STATEMENT, "the name of a variation is none");
		if (i > 0 && bytes_order(r->variation[i - 1], r->variation[i]) >= 0)
			return err_set(e, REASON_STATEMENT,
				       "a variation stands twice, or not in its order");
	}
	return check_witnesses(r, e);
}

static void put_witnesses(struct buf *out, const struct rebuilt *r)
{
	cbor_put_uint(out, KEY_WITNESSES);
	cbor_put_map(out, r->n_witnesses);
	for (size_t i = 0; i < r->n_witnesses; i++) {
		field_put_bare_text(out, r->witness[i].part);
		cbor_put_bytes(out, digest_bytes(&r->witness[i].content));
	}
}

bool rebuilt_write(const struct rebuilt *r, struct buf *out, struct err *e)
{
	bool witnessed = r->outcome == REBUILT_WITNESSED;

	if (!check(r, e))
		return false;
	cbor_put_map(out, witnessed ? KEYS : KEY_WITNESSES);
	cbor_put_uint(out, KEY_FORM);
	cbor_put_uint(out, witnessed ? FORM_WITNESSED : FORM);
	field_put_text(out, KEY_ID, r->id);
	field_put_digest(out, KEY_PAYLOAD, &r->payload);
	cbor_put_uint(out, KEY_OUTCOME);
	cbor_put_uint(out, (uint64_t)r->outcome);
	field_put_digest(out, KEY_INPUTS, &r->inputs);
	field_put_text(out, KEY_TOOL, r->tool);
	field_put_digest(out, KEY_PROGRAM, &r->program);
	cbor_put_uint(out, KEY_VARIED);
	cbor_put_array(out, r->n);
	for (size_t i = 0; i < r->n; i++)
		field_put_bare_text(out, r->variation[i]);
	if (witnessed)
		put_witnesses(out, r);
	return buf_done(out, "the statement", e);
}

/* ---- read */

/* Is it the second one? */
static bool get_form(struct cur *c)
{
	uint64_t begin = cur_at(c), keys = cbor_get_map(c, KEYS, "the statement"), at, form;
	uint64_t needs;

	field_get_key(c, KEY_FORM, "form");
	at = cur_at(c);
	form = cbor_get_uint(c, UINT64_MAX, "form");
	if (cur_ok(c) && form != FORM && form != FORM_WITNESSED)
		cur_fail(c, REASON_STATEMENT, at, "form %llu is unknown, %u and %u are known",
			 (unsigned long long)form, FORM, FORM_WITNESSED);
	needs = form == FORM_WITNESSED ? KEYS : KEY_WITNESSES;
	if (cur_ok(c) && keys != needs)
		cur_fail(c, REASON_STATEMENT, begin, "form %llu needs %llu members, found %llu",
			 (unsigned long long)form, (unsigned long long)needs,
			 (unsigned long long)keys);
	return form == FORM_WITNESSED;
}

/* Each form has outcomes of its own. */
static enum rebuilt_outcome get_outcome(struct cur *c, bool witnessed)
{
	uint64_t at, outcome;

	field_get_key(c, KEY_OUTCOME, "outcome");
	at = cur_at(c);
	outcome = cbor_get_uint(c, REBUILT_WITNESSED, "outcome");
	if (cur_ok(c) && witnessed != (outcome == REBUILT_WITNESSED))
		cur_fail(c, REASON_STATEMENT, at, "outcome %llu is none of form %u",
			 (unsigned long long)outcome, witnessed ? FORM_WITNESSED : FORM);
	return (enum rebuilt_outcome)outcome;
}

static void get_witnesses(struct cur *c, struct rebuilt *r)
{
	field_get_key(c, KEY_WITNESSES, "witnesses");
	r->n_witnesses = cbor_get_map(c, REBUILT_WITNESSES, "witnesses");
	for (size_t i = 0; i < r->n_witnesses; i++) {
		r->witness[i].part = cbor_get_text(c, REBUILT_TEXT, "witness");
		r->witness[i].content = field_get_bare_digest(c, "content of the witness");
	}
}

bool rebuilt_read(struct rebuilt *r, struct bytes payload, uint64_t base, struct err *e)
{
	struct cur c = cur_new(payload, base, e);
	bool witnessed;

	if (!cbor_scan(payload, base, CBOR_STRICT, ITEMS, e))
		return false;
	*r = (struct rebuilt){0};
	witnessed = get_form(&c);
	r->id = field_get_text(&c, KEY_ID, REBUILT_TEXT, "id");
	field_get_digest(&c, KEY_PAYLOAD, "payload", &r->payload);
	r->outcome = get_outcome(&c, witnessed);
	field_get_digest(&c, KEY_INPUTS, "inputs", &r->inputs);
	r->tool = field_get_text(&c, KEY_TOOL, REBUILT_TEXT, "tool");
	field_get_digest(&c, KEY_PROGRAM, "program", &r->program);
	field_get_key(&c, KEY_VARIED, "variations");
	r->n = cbor_get_array(&c, REBUILT_VARIATIONS, "variations");
	for (size_t i = 0; i < r->n; i++)
		r->variation[i] = cbor_get_text(&c, REBUILT_TEXT, "variation");
	if (witnessed)
		get_witnesses(&c, r);
	return cur_end(&c, "the statement") && check(r, e);
}

bool rebuilt_open(struct rebuilt *r, struct bytes file, struct signed_statement *s, struct err *e)
{
	if (!signed_read(file, 0, CONTENT_REBUILT, s, e))
		return false;
	if (s->message.detached)
		return err_set(e, REASON_STATEMENT, "the statement is without its payload");
	return rebuilt_read(r, s->message.payload, 0, e);
}
