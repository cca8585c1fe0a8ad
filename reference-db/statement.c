#include "reference-db/statement.h"

#include "measure/core/hash.h"
#include "reference-db/corim.h"
#include "reference-db/statement_field.h"

const struct statement_row statement_rows[STATEMENT_KINDS] = {
	[STATEMENT_MANIFEST] = {"manifest", CONTENT_MANIFEST, "corim", TRUST_PUBLISHER},
	[STATEMENT_REBUILT] = {"rebuilt", CONTENT_REBUILT, "cose", TRUST_REBUILDER},
	[STATEMENT_WITHDRAW] = {"withdraw", CONTENT_WITHDRAW, "cose", TRUST_WITHDRAWER},
	[STATEMENT_KEYS] = {"keys", CONTENT_KEYS, "cose", TRUST_ROOT},
	[STATEMENT_RELEASE] = {"release", CONTENT_RELEASE, "cose", TRUST_PUBLISHER},
};

static bool find_kind(struct statement *st, struct err *e)
{
	struct bytes type = st->s.header.content_type;

	for (unsigned i = 0; i < STATEMENT_KINDS; i++) {
		st->kind = (enum statement_kind)i;
		if (bytes_equal(type, bytes_str(statement_rows[i].content_type)))
			return true;
	}
	return err_at(e, REASON_CONTENT_TYPE, st->s.message.protected_at,
		      "the content type is \"%.*s\", which no kind of statement has", (int)type.n,
		      (const char *)type.p);
}

/* A manifest of a database is of one version of one product, by name. */
static bool open_manifest(struct statement *st, struct bytes payload, uint64_t base, struct err *e)
{
	struct lint l = {0};
	const struct manifest *m = &st->manifest;
	owned(buf_free) struct buf id = BUF(STATEMENT_ID + 1);

	if (!corim_read(&st->manifest, payload, base, &l, e))
		return false;
	buf_fmt(&id, "%s/%s", m->product ? m->product : "", m->version ? m->version : "");
	if (!buf_done(&id, "the id", e))
		return false;
	if (!m->id || strcmp(m->id, buf_cstr(&id)) != 0 || !field_is_id(bytes_str(m->id)))
		return err_set(e, REASON_STATEMENT,
			       "the manifest does not say of which version of which product it is");
	st->id = bytes_str(m->id);
	return true;
}

static bool open_payload(struct statement *st, struct bytes payload, uint64_t base, struct err *e)
{
	switch (st->kind) {
	case STATEMENT_REBUILT:
		if (!rebuilt_read(&st->rebuilt, payload, base, e))
			return false;
		st->id = st->rebuilt.id;
		return true;
	case STATEMENT_WITHDRAW:
		if (!withdraw_read(&st->withdraw, payload, base, e))
			return false;
		st->id = st->withdraw.id;
		return true;
	case STATEMENT_RELEASE:
		return release_read(&st->release, payload, base, e);
	case STATEMENT_KEYS:
		return keys_read(&st->keys, payload, base, e);
	case STATEMENT_MANIFEST:
	case STATEMENT_KINDS:
		break;
	}
	return open_manifest(st, payload, base, e);
}

bool statement_open(struct statement *st, struct bytes file, struct err *e)
{
	const struct cose_message *m = &st->s.message;

	*st = (struct statement){0};
	if (!signed_read(file, 0, NULL, &st->s, e) || !find_kind(st, e))
		return false;
	if (m->detached)
		return err_set(e, REASON_STATEMENT, "the statement is without its payload");
	if (hash_of(DIGEST_SHA256, file, &st->sha256, e) &&
	    hash_of(DIGEST_SHA256, m->payload, &st->payload, e) &&
	    open_payload(st, m->payload, (uint64_t)(m->payload.p - file.p), e))
		return true;
	statement_free(st);
	return false;
}

void statement_free(struct statement *st)
{
	if (st->kind == STATEMENT_MANIFEST)
		manifest_free(&st->manifest);
	else if (st->kind == STATEMENT_KEYS)
		keys_free(&st->keys);
	*st = (struct statement){0};
}
