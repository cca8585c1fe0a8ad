#include "reference-db/statement_field.h"

#include "measure/base/text.h"
#include "reference-db/manifest.h"
#include "reference-db/names.h"

void field_get_form(struct cur *c, unsigned members)
{
	uint64_t at = cur_at(c), found = cbor_get_map(c, members, "the statement"), form;

	if (cur_ok(c) && found != members)
		cur_fail(c, REASON_STATEMENT, at, "the statement needs %u members, found %llu",
			 members, (unsigned long long)found);
	field_get_key(c, 0, "form");
	at = cur_at(c);
	form = cbor_get_uint(c, UINT64_MAX, "form");
	if (cur_ok(c) && form != FIELD_FORM)
		cur_fail(c, REASON_STATEMENT, at, "form %llu is unknown, %u is known",
			 (unsigned long long)form, FIELD_FORM);
}

void field_get_key(struct cur *c, unsigned number, const char *field)
{
	uint64_t at = cur_at(c), found = cbor_get_uint(c, UINT64_MAX, field);

	if (cur_ok(c) && found != number)
		cur_fail(c, REASON_STATEMENT, at, "%s needs key %u, found %llu", field, number,
			 (unsigned long long)found);
}

struct digest field_get_bare_digest(struct cur *c, const char *field)
{
	struct bytes x = cbor_get_bytes(c, 32, field);
	struct digest d = {.alg = DIGEST_SHA256, .len = x.n};

	if (x.n > 0)
		memcpy(d.v, x.p, x.n);
	return d;
}

void field_get_digest(struct cur *c, unsigned number, const char *field, struct digest *out)
{
	field_get_key(c, number, field);
	*out = field_get_bare_digest(c, field);
}

struct bytes field_get_text(struct cur *c, unsigned number, size_t max, const char *field)
{
	field_get_key(c, number, field);
	return cbor_get_text(c, max, field);
}

void field_put_form(struct buf *out, unsigned members)
{
	cbor_put_map(out, members);
	cbor_put_uint(out, 0);
	cbor_put_uint(out, FIELD_FORM);
}

void field_put_digest(struct buf *out, unsigned number, const struct digest *d)
{
	cbor_put_uint(out, number);
	cbor_put_bytes(out, digest_bytes(d));
}

void field_put_bare_text(struct buf *out, struct bytes x)
{
	char text[FIELD_TEXT + 1] = "";

	if (x.n > FIELD_TEXT) {
		buf_fail(out, REASON_LIMIT);
		return;
	}
	if (x.n > 0)
		memcpy(text, x.p, x.n);
	cbor_put_text(out, text);
}

void field_put_text(struct buf *out, unsigned number, struct bytes x)
{
	cbor_put_uint(out, number);
	field_put_bare_text(out, x);
}

bool field_is_text(struct bytes x, size_t max)
{
	uint32_t c = 0;

	for (size_t at = 0, n; at < x.n; at += n) {
		n = text_utf8(bytes_of(x.p + at, x.n - at), &c);
		if (n == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0) || text_hidden(c))
			return false;
	}
	return x.n > 0 && x.n <= max;
}

bool field_is_sha256(const struct digest *d)
{
	return d->alg == DIGEST_SHA256 && d->len == 32 && !bytes_zero(digest_bytes(d));
}

static bool is_name(struct bytes x, bool (*check)(const char *name, struct err *e))
{
	char name[2 * MANIFEST_NAME + 1];
	struct err no = {0};

	if (x.n >= sizeof(name) || (x.n > 0 && memchr(x.p, '\0', x.n)))
		return false;
	if (x.n > 0)
		memcpy(name, x.p, x.n);
	name[x.n] = '\0';
	return check(name, &no);
}

static bool check_version(const char *name, struct err *e)
{
	return name_check(name, "version", e);
}

bool field_is_product(struct bytes x)
{
	return is_name(x, name_check_product);
}

bool field_is_version(struct bytes x)
{
	return is_name(x, check_version);
}

bool field_is_id(struct bytes x)
{
	const uint8_t *slash = x.n > 0 ? memrchr(x.p, '/', x.n) : NULL;
	size_t n = slash ? (size_t)(slash - x.p) : 0;

	return slash && field_is_product(bytes_of(x.p, n)) &&
	       field_is_version(bytes_of(slash + 1, x.n - n - 1));
}
