#include "reference-db/signing.h"

#include "reference-db/certified.h"

#define HEADER_MAX (1u << 20)

void signing_free(struct signing *s)
{
	buf_free(&s->protected_header);
	buf_free(&s->tbs);
}

/* A chain speaks of the key that signs, and of no other. */
static bool is_certified(const struct pubkey *key, const struct signing_terms *t, struct err *e)
{
	const struct pubkey *leaf = t->n_chain > 0 ? x509_pubkey(t->chain[0]) : key;

	if (leaf && digest_equal(pubkey_id(leaf), pubkey_id(key)))
		return t->n_chain == 0 || certified_presentable(t->chain, t->n_chain, e);
	return err_set(e, REASON_KEY_MISMATCH,
		       "the first certificate is not of the key that signs");
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
		.has_issued = t->has_issued,
		.has_upon = t->has_upon,
		.issued = t->issued,
		.upon = t->upon,
		.n_chain = t->n_chain,
	};

	for (size_t i = 0; i < t->n_chain; i++)
		h.chain[i] = x509_der(t->chain[i]);

	*s = (struct signing){
		.protected_header = BUF(HEADER_MAX),
		.tbs = BUF(SIGNED_MAX + HEADER_MAX),
		.payload = payload,
		.key = key,
	};
	if (!is_certified(key, t, e) || !signed_header_write(&s->protected_header, &h, e))
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

bool signing_holds(const struct pubkey *key, const struct signed_statement *s, bool *holds,
		   struct err *e)
{
	owned(buf_free) struct buf tbs = BUF(2 * SIGNED_MAX);
	struct err why = {0};

	cose_message_tbs(&tbs, s->message.protected_header, s->message.payload);
	if (!buf_done(&tbs, "the signed bytes", e))
		return false;
	*holds = s->header.alg == pubkey_alg(key) &&
		 pubkey_verify(key, buf_bytes(&tbs), s->message.signature, &why);
	if (*holds || !err_is(&why) || reason_class(why.reason) == EXIT_CLASS_NO)
		return true;
	*e = why;
	return false;
}
