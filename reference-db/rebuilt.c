#include "reference-db/rebuilt.h"

#include "measure/base/text.h"
#include "measure/core/cbor.h"

#define FORM 1u
#define ITEMS 64u

enum {
	KEY_FORM,
	KEY_ID,
	KEY_PAYLOAD,
	KEY_EQUAL,
	KEY_INPUTS,
	KEY_TOOL,
	KEY_PROGRAM,
	KEY_VARIED,
	KEYS
};

/* What shows as it is, in one line. */
static bool is_text(struct bytes x)
{
	uint32_t c = 0;

	for (size_t at = 0, n; at < x.n; at += n) {
		n = text_utf8(bytes_of(x.p + at, x.n - at), &c);
		if (n == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0) || text_hidden(c))
			return false;
	}
	return x.n > 0 && x.n <= REBUILT_TEXT;
}

static bool is_word(struct bytes x)
{
	for (size_t i = 0; i < x.n; i++)
		if (!((x.p[i] >= 'a' && x.p[i] <= 'z') || x.p[i] == '_'))
			return false;
	return x.n > 0 && x.n <= 32;
}

static bool is_sha256(const struct digest *d)
{
	return d->alg == DIGEST_SHA256 && d->len == 32 && !bytes_zero(digest_bytes(d));
}

static bool check(const struct rebuilt *r, struct err *e)
{
	if (!is_text(r->id) || !memchr(r->id.p, '/', r->id.n))
		return err_set(e, REASON_STATEMENT, "the id is not PRODUCT/VERSION");
	if (!is_text(r->tool))
		return err_set(e, REASON_STATEMENT, "the version of the program is no text");
	if (!is_sha256(&r->payload) || !is_sha256(&r->inputs) || !is_sha256(&r->program))
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
	return true;
}

static void put_text(struct buf *out, struct bytes x)
{
	char text[REBUILT_TEXT + 1];

	memcpy(text, x.p, x.n);
	text[x.n] = '\0';
	cbor_put_text(out, text);
}

bool rebuilt_write(const struct rebuilt *r, struct buf *out, struct err *e)
{
	if (!check(r, e))
		return false;
	cbor_put_map(out, KEYS);
	cbor_put_uint(out, KEY_FORM);
	cbor_put_uint(out, FORM);
	cbor_put_uint(out, KEY_ID);
	put_text(out, r->id);
	cbor_put_uint(out, KEY_PAYLOAD);
	cbor_put_bytes(out, digest_bytes(&r->payload));
	cbor_put_uint(out, KEY_EQUAL);
	cbor_put_uint(out, r->equal);
	cbor_put_uint(out, KEY_INPUTS);
	cbor_put_bytes(out, digest_bytes(&r->inputs));
	cbor_put_uint(out, KEY_TOOL);
	put_text(out, r->tool);
	cbor_put_uint(out, KEY_PROGRAM);
	cbor_put_bytes(out, digest_bytes(&r->program));
	cbor_put_uint(out, KEY_VARIED);
	cbor_put_array(out, r->n);
	for (size_t i = 0; i < r->n; i++)
		put_text(out, r->variation[i]);
	return buf_done(out, "the statement", e);
}

/* ---- read */

static void key(struct cur *c, unsigned want, const char *field)
{
	uint64_t at = cur_at(c), found = cbor_get_uint(c, UINT64_MAX, field);

	if (cur_ok(c) && found != want)
		cur_fail(c, REASON_STATEMENT, at, "%s needs key %u, found %llu", field, want,
			 (unsigned long long)found);
}

static void get_digest(struct cur *c, unsigned number, const char *field, struct digest *out)
{
	struct bytes x;

	key(c, number, field);
	x = cbor_get_bytes(c, 32, field);
	*out = (struct digest){.alg = DIGEST_SHA256, .len = x.n};
	if (x.n > 0)
		memcpy(out->v, x.p, x.n);
}

static struct bytes get_text(struct cur *c, unsigned number, const char *field)
{
	key(c, number, field);
	return cbor_get_text(c, REBUILT_TEXT, field);
}

static void get_form(struct cur *c)
{
	uint64_t at = cur_at(c), keys = cbor_get_map(c, KEYS, "the statement"), form;

	if (cur_ok(c) && keys != KEYS)
		cur_fail(c, REASON_STATEMENT, at, "the statement needs %d members, found %llu",
			 KEYS, (unsigned long long)keys);
	key(c, KEY_FORM, "form");
	at = cur_at(c);
	form = cbor_get_uint(c, UINT64_MAX, "form");
	if (cur_ok(c) && form != FORM)
		cur_fail(c, REASON_STATEMENT, at, "form %llu is unknown, %u is known",
			 (unsigned long long)form, FORM);
}

bool rebuilt_read(struct rebuilt *r, struct bytes payload, uint64_t base, struct err *e)
{
	struct cur c = cur_new(payload, base, e);

	if (!cbor_scan(payload, base, CBOR_STRICT, ITEMS, e))
		return false;
	*r = (struct rebuilt){0};
	get_form(&c);
	r->id = get_text(&c, KEY_ID, "id");
	get_digest(&c, KEY_PAYLOAD, "payload", &r->payload);
	key(&c, KEY_EQUAL, "outcome");
	r->equal = cbor_get_uint(&c, 1, "outcome") == 1;
	get_digest(&c, KEY_INPUTS, "inputs", &r->inputs);
	r->tool = get_text(&c, KEY_TOOL, "tool");
	get_digest(&c, KEY_PROGRAM, "program", &r->program);
	key(&c, KEY_VARIED, "variations");
	r->n = cbor_get_array(&c, REBUILT_VARIATIONS, "variations");
	for (size_t i = 0; i < r->n; i++)
		r->variation[i] = cbor_get_text(&c, REBUILT_TEXT, "variation");
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
