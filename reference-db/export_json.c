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

/* Of a Nitro enclave alone, as in the other answers of this program. */
static bool put_registers(struct json_out *w, const struct manifest *m, struct err *e)
{
	const struct manifest_row *row = manifest_nitro(m);
	struct mset all = {0};

	if (!row || export_references(m) != 1)
		return true;
	if (!manifest_registers(m, row, &all, e))
		return false;
	json_key(w, "measurements");
	json_open(w, '{');
	for (size_t i = 0; i < all.n; i++) {
		json_key(w, all.entry[i].name);
		json_hex(w, digest_bytes(&all.entry[i].digest));
	}
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
	if (!put_registers(&w, s->manifest, e))
		return false;
	show_json(s->manifest, NULL, &w);
	json_close(&w, '}');
	buf_str(out, "\n");
	return true;
}
