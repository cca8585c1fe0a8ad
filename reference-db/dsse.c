#include "reference-db/dsse.h"

#include "measure/base/base64.h"

#define SIGNATURE_ROOM 256u

static const char *const envelope_keys[] = {"payload", "payloadType", "signatures", NULL};
static const char *const signature_keys[] = {"keyid", "sig", NULL};

void dsse_free(struct dsse *d)
{
	buf_free(&d->strings);
	*d = (struct dsse){0};
}

/* ---- reading */

struct reader {
	const struct json *json;
	struct dsse *d;
	struct err *e;
};

static bool known_keys(struct reader *r, const struct json_node *object, const char *const *keys)
{
	const struct json_node *n = json_first(r->json, object);

	for (; n; n = json_after(r->json, object, n)) {
		const char *const *k = keys;

		while (*k && !bytes_equal(n->key, bytes_str(*k)))
			k++;
		if (!*k)
			return err_at(r->e, REASON_DSSE, n->offset,
				      "\"%.*s\" is no member that it has",
				      n->key.n < 60 ? (int)n->key.n : 60, (const char *)n->key.p);
	}
	return true;
}

static const struct json_node *member(struct reader *r, const struct json_node *object,
				      const char *key, enum json_type type)
{
	const struct json_node *n = json_member(r->json, object, key);

	if (!n)
		err_at(r->e, REASON_DSSE, object->offset, "%s is missing", key);
	else if (n->type != type)
		err_at(r->e, REASON_DSSE, n->offset, "%s is %s and must be %s", key,
		       json_type_name(n->type), json_type_name(type));
	else
		return n;
	return NULL;
}

/* Kept behind what was kept before; the room was made for all of it. */
static bool kept(struct reader *r, size_t from, struct bytes *to)
{
	*to = bytes_of(r->d->strings.p + from, r->d->strings.n - from);
	return buf_done(&r->d->strings, "the content of an envelope", r->e);
}

static bool take_text(struct reader *r, const struct json_node *n, struct bytes *to)
{
	size_t from = r->d->strings.n;

	buf_put(&r->d->strings, n->text);
	return kept(r, from, to);
}

static bool take_base64(struct reader *r, const struct json_node *n, const char *key,
			struct bytes *to)
{
	size_t from = r->d->strings.n, bad = 0;

	if (n->text.n % 4 != 0)
		return err_at(r->e, REASON_DSSE, n->offset,
			      "%s is no base64: its length is %zu, no multiple of 4", key,
			      n->text.n);
	if (!base64_read(n->text, &r->d->strings, &bad))
		return err_at(r->e, REASON_DSSE, n->offset, "%s is no base64: character %zu of %zu",
			      key, bad + 1, n->text.n);
	return kept(r, from, to);
}

static bool take_signature(struct reader *r, const struct json_node *n)
{
	const struct json_node *sig, *keyid;

	if (n->type != JSON_OBJECT)
		return err_at(r->e, REASON_DSSE, n->offset, "is %s and must be an object",
			      json_type_name(n->type));
	if (!known_keys(r, n, signature_keys))
		return false;
	sig = member(r, n, "sig", JSON_STRING);
	if (!sig || !take_base64(r, sig, "sig", &r->d->signature[r->d->n].sig))
		return false;
	if (sig->text.n == 0)
		return err_at(r->e, REASON_DSSE, sig->offset, "sig is empty");
	keyid = json_member(r->json, n, "keyid");
	if (keyid)
		keyid = member(r, n, "keyid", JSON_STRING);
	else
		return true;
	return keyid && take_text(r, keyid, &r->d->signature[r->d->n].keyid);
}

static bool take_signatures(struct reader *r, const struct json_node *list)
{
	const struct json_node *n = json_first(r->json, list);

	if (list->count > DSSE_SIGNATURES)
		return err_at(r->e, REASON_DSSE, list->offset, "%u signatures, %u are the limit",
			      list->count, DSSE_SIGNATURES);
	for (; n; n = json_after(r->json, list, n)) {
		if (!take_signature(r, n))
			return err_in(r->e, "signature %zu", r->d->n);
		r->d->n++;
	}
	return true;
}

static bool take_envelope(struct reader *r)
{
	const struct json_node *root = &r->json->nodes[0], *type, *payload, *signatures;

	if (root->type != JSON_OBJECT)
		return err_at(r->e, REASON_DSSE, root->offset,
			      "an envelope is an object and this is %s",
			      json_type_name(root->type));
	if (!known_keys(r, root, envelope_keys))
		return false;
	type = member(r, root, "payloadType", JSON_STRING);
	payload = type ? member(r, root, "payload", JSON_STRING) : NULL;
	signatures = payload ? member(r, root, "signatures", JSON_ARRAY) : NULL;
	if (!signatures)
		return false;
	if (type->text.n == 0)
		return err_at(r->e, REASON_DSSE, type->offset, "payloadType is empty");
	return take_text(r, type, &r->d->type) &&
	       take_base64(r, payload, "payload", &r->d->payload) && take_signatures(r, signatures);
}

bool dsse_read(struct dsse *d, struct bytes in, uint64_t base, struct err *e)
{
	owned(json_free) struct json j = {0};
	struct reader r = {.json = &j, .d = d, .e = e};

	/* all that is kept is shorter than its JSON, so none of it moves */
	*d = (struct dsse){.strings = BUF(in.n + 1)};
	if (in.n > DSSE_MAX)
		return err_set(e, REASON_LIMIT, "%zu bytes, %u are the limit of an envelope", in.n,
			       DSSE_MAX);
	if (buf_room(&d->strings, in.n + 1))
		d->strings.n = 0;
	return buf_done(&d->strings, "the content of an envelope", e) &&
	       json_read(&j, in, base, e) && take_envelope(&r);
}

/* ---- signing */

void dsse_pae(struct buf *out, struct bytes type, struct bytes payload)
{
	buf_fmt(out, "DSSEv1 %zu ", type.n);
	buf_put(out, type);
	buf_fmt(out, " %zu ", payload.n);
	buf_put(out, payload);
}

bool dsse_attach(struct dsse *d, const struct pubkey *key, struct bytes raw, struct err *e)
{
	owned(buf_free) struct buf tbs = BUF(2 * DSSE_MAX);

	dsse_pae(&tbs, d->type, d->payload);
	if (!buf_done(&tbs, "the bytes to sign", e))
		return false;
	if (!pubkey_verify(key, buf_bytes(&tbs), raw, e))
		return err_in(e, "nothing is written");
	d->strings = BUF(SIGNATURE_ROOM);
	if (!key_signature_der(raw, pubkey_alg(key), &d->strings, e))
		return false;
	d->signature[0].keyid = bytes_of(NULL, 0);
	d->signature[0].sig = buf_bytes(&d->strings);
	d->n = 1;
	return true;
}

/* ---- writing */

void dsse_put(const struct dsse *d, struct json_out *w)
{
	json_open(w, '{');
	json_key(w, "payload");
	json_base64(w, d->payload);
	json_key(w, "payloadType");
	json_string(w, d->type);
	json_key(w, "signatures");
	json_open(w, '[');
	for (size_t i = 0; i < d->n; i++) {
		json_open(w, '{');
		if (d->signature[i].keyid.n > 0) {
			json_key(w, "keyid");
			json_string(w, d->signature[i].keyid);
		}
		json_key(w, "sig");
		json_base64(w, d->signature[i].sig);
		json_close(w, '}');
	}
	json_close(w, ']');
	json_close(w, '}');
}

void dsse_write(const struct dsse *d, struct buf *out)
{
	struct json_out w = json_out(out, false);

	dsse_put(d, &w);
	buf_str(out, "\n");
}
