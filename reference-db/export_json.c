#include "measure/core/hash.h"
#include "reference-db/export.h"
#include "reference-db/show.h"

static bool put_payload(struct json_out *w, struct bytes payload, struct err *e)
{
	struct digest d;

	if (!hash_of(DIGEST_SHA256, payload, &d, e))
		return false;
	json_key(w, "payload");
	json_open(w, '{');
	json_key(w, "sha256");
	json_hex(w, digest_bytes(&d));
	json_key(w, "size");
	json_u64(w, payload.n);
	json_close(w, '}');
	return true;
}

bool export_json(const struct export_source *s, struct buf *out, struct err *e)
{
	struct json_out w = json_out(out, true);

	w.tame = true;
	json_open(&w, '{');
	json_key(&w, "schema");
	json_str(&w, EXPORT_SCHEMA);
	if (!put_payload(&w, s->payload, e))
		return false;
	show_json(s->manifest, NULL, &w);
	json_close(&w, '}');
	buf_str(out, "\n");
	return true;
}
