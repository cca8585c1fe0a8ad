#include "reference-db/signing.h"

#define HEADER_MAX 2048u

void signing_free(struct signing *s)
{
	buf_free(&s->protected_header);
	buf_free(&s->tbs);
}

bool signing_prepare(struct signing *s, struct bytes payload, const struct pubkey *key,
		     const struct signing_terms *t, struct err *e)
{
	struct signed_header h = {
		.alg = pubkey_alg(key),
		.content_type = bytes_str(t->content_type),
		.kid = digest_bytes(pubkey_id(key)),
		.signer = bytes_str(t->signer),
		.has_not_before = t->has_not_before,
		.has_expires = t->has_expires,
		.not_before = t->not_before,
		.expires = t->expires,
	};

	*s = (struct signing){
		.protected_header = BUF(HEADER_MAX),
		.tbs = BUF(SIGNED_MAX + HEADER_MAX),
		.payload = payload,
		.key = key,
	};
	if (!signed_header_write(&s->protected_header, &h, e))
		return false;
	cose_message_tbs(&s->tbs, buf_bytes(&s->protected_header), payload);
	return buf_done(&s->tbs, "the bytes to sign", e);
}

bool signing_attach(const struct signing *s, struct bytes signature, struct buf *out, struct err *e)
{
	struct cose_message m = {
		.tagged = true,
		.protected_header = buf_bytes(&s->protected_header),
		.payload = s->payload,
		.signature = signature,
	};

	if (!pubkey_verify(s->key, buf_bytes(&s->tbs), signature, e))
		return err_in(e, "nothing is written");
	cose_message_write(out, &m);
	return buf_done(out, "the signed statement", e);
}
