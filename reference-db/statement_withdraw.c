#include "reference-db/manifest.h"
#include "reference-db/statement.h"
#include "reference-db/statement_field.h"

#define ITEMS 16u

enum { KEY_FORM, KEY_ID, KEY_PAYLOAD, KEY_REASON, KEY_REPLACEMENT, KEYS };

static bool check(const struct withdraw *w, struct err *e)
{
	struct bytes other = w->replacement;
	size_t n = w->id.n;

	if (!field_is_id(w->id))
		return err_set(e, REASON_STATEMENT, "the id is not PRODUCT/VERSION");
	if (!field_is_sha256(&w->payload))
		return err_set(e, REASON_STATEMENT, "a digest is zero, or not SHA-256");
	if (!field_is_text(w->reason, STATEMENT_TEXT))
		return err_set(e, REASON_STATEMENT,
			       "the reason is not one line of 1 to %u bytes that can be shown",
			       STATEMENT_TEXT);
	if (other.n > 0 && !field_is_version(other))
		return err_set(e, REASON_STATEMENT, "the replacement is no version");
	if (other.n > 0 && other.n < n && w->id.p[n - other.n - 1] == '/' &&
	    bytes_equal(other, bytes_of(w->id.p + n - other.n, other.n)))
		return err_set(e, REASON_STATEMENT, "the replacement is what is withdrawn");
	return true;
}

bool withdraw_write(const struct withdraw *w, struct buf *out, struct err *e)
{
	if (!check(w, e))
		return false;
	field_put_form(out, KEYS);
	field_put_text(out, KEY_ID, w->id);
	field_put_digest(out, KEY_PAYLOAD, &w->payload);
	field_put_text(out, KEY_REASON, w->reason);
	field_put_text(out, KEY_REPLACEMENT, w->replacement);
	return buf_done(out, "the statement", e);
}

bool withdraw_read(struct withdraw *w, struct bytes payload, uint64_t base, struct err *e)
{
	struct cur c = cur_new(payload, base, e);

	if (!cbor_scan(payload, base, CBOR_STRICT, ITEMS, e))
		return false;
	*w = (struct withdraw){0};
	field_get_form(&c, KEYS);
	w->id = field_get_text(&c, KEY_ID, STATEMENT_ID, "id");
	field_get_digest(&c, KEY_PAYLOAD, "payload", &w->payload);
	w->reason = field_get_text(&c, KEY_REASON, STATEMENT_TEXT, "reason");
	w->replacement = field_get_text(&c, KEY_REPLACEMENT, MANIFEST_NAME, "replacement");
	return cur_end(&c, "the statement") && check(w, e);
}
