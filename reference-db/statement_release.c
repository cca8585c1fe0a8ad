#include "reference-db/manifest.h"
#include "reference-db/statement.h"
#include "reference-db/statement_field.h"

#define ITEMS 96u

enum { KEY_FORM, KEY_PRODUCT, KEY_CHANNEL, KEY_LATEST, KEY_MINIMUM, KEY_SUPERSEDED, KEYS };

bool release_is_channel(struct bytes x)
{
	for (size_t i = 0; i < x.n; i++) {
		bool letter = (x.p[i] >= 'a' && x.p[i] <= 'z') || (x.p[i] >= '0' && x.p[i] <= '9');

		if (!letter && (i == 0 || (x.p[i] != '-' && x.p[i] != '.')))
			return false;
	}
	return x.n > 0 && x.n <= STATEMENT_CHANNEL;
}

static bool check_superseded(const struct release *r, struct err *e)
{
	if (r->n > STATEMENT_SUPERSEDED)
		return err_set(e, REASON_STATEMENT, "%zu superseded versions, %u are the most",
			       r->n, STATEMENT_SUPERSEDED);
	for (size_t i = 0; i < r->n; i++) {
		if (!field_is_version(r->superseded[i]))
			return err_set(e, REASON_STATEMENT, "what is superseded is no version");
		if (bytes_equal(r->superseded[i], r->latest))
			return err_set(e, REASON_STATEMENT, "the latest version is superseded");
		if (i > 0 && bytes_order(r->superseded[i - 1], r->superseded[i]) >= 0)
			return err_set(e, REASON_STATEMENT,
				       "a superseded version stands twice, or not in its order");
	}
	return true;
}

static bool check(const struct release *r, struct err *e)
{
	if (!field_is_product(r->product))
		return err_set(e, REASON_STATEMENT, "the product is none");
	if (!release_is_channel(r->channel))
		return err_set(e, REASON_STATEMENT,
			       "a channel is 1 to %u lower-case letters, digits, hyphens and dots",
			       STATEMENT_CHANNEL);
	if (!field_is_version(r->latest))
		return err_set(e, REASON_STATEMENT, "the latest version is none");
	if (r->minimum.n > 0 && !field_is_version(r->minimum))
		return err_set(e, REASON_STATEMENT, "the minimum version is none");
	return check_superseded(r, e);
}

bool release_write(const struct release *r, struct buf *out, struct err *e)
{
	if (!check(r, e))
		return false;
	field_put_form(out, KEYS);
	field_put_text(out, KEY_PRODUCT, r->product);
	field_put_text(out, KEY_CHANNEL, r->channel);
	field_put_text(out, KEY_LATEST, r->latest);
	field_put_text(out, KEY_MINIMUM, r->minimum);
	cbor_put_uint(out, KEY_SUPERSEDED);
	cbor_put_array(out, r->n);
	for (size_t i = 0; i < r->n; i++)
		field_put_bare_text(out, r->superseded[i]);
	return buf_done(out, "the statement", e);
}

bool release_read(struct release *r, struct bytes payload, uint64_t base, struct err *e)
{
	struct cur c = cur_new(payload, base, e);

	if (!cbor_scan(payload, base, CBOR_STRICT, ITEMS, e))
		return false;
	*r = (struct release){0};
	field_get_form(&c, KEYS);
	r->product = field_get_text(&c, KEY_PRODUCT, MANIFEST_NAME, "product");
	r->channel = field_get_text(&c, KEY_CHANNEL, STATEMENT_CHANNEL, "channel");
	r->latest = field_get_text(&c, KEY_LATEST, MANIFEST_NAME, "latest");
	r->minimum = field_get_text(&c, KEY_MINIMUM, MANIFEST_NAME, "minimum");
	field_get_key(&c, KEY_SUPERSEDED, "superseded");
	r->n = cbor_get_array(&c, STATEMENT_SUPERSEDED, "superseded");
	for (size_t i = 0; i < r->n; i++)
		r->superseded[i] = cbor_get_text(&c, MANIFEST_NAME, "superseded");
	return cur_end(&c, "the statement") && check(r, e);
}
