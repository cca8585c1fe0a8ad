#include "reference-db/published.h"

#include "measure/base/file.h"
#include "measure/core/cbor_head.h"
#include "measure/core/hash.h"
#include "reference-db/collateral.h"
#include "reference-db/later.h"
#include "reference-db/log_proofs.h"

#define HEAD_TAGGED_SIGN1 0xd2u /* tag 18 */
#define HEAD_TAG_16 0xd9u /* a tag of two bytes: 501, the bare payload */

bool published_begins(struct bytes file, struct err *e)
{
	if (file.n == 0)
		return err_set(e, REASON_CORIM, "the file is empty, so it is no manifest");
	if (file.p[0] >> 5 == CBOR_TAG || file.p[0] >> 5 == CBOR_MAP)
		return true;
	return err_at(e, REASON_CORIM, 0,
		      "the first byte is 0x%02x, which begins neither a manifest nor a bundle",
		      file.p[0]);
}

void published_free(struct published *p)
{
	for (size_t i = 0; i < p->n_files; i++)
		buf_free(&p->file[i]);
	p->n_files = p->n = p->proofs.n = p->later.n = p->collateral.n = 0;
}

static bool add_payload(struct published *p, struct bytes payload, uint64_t at, struct err *e)
{
	if (p->has_payload && !bytes_equal(p->payload, payload))
		return err_at(e, REASON_MANIFESTS_DIFFER, at,
			      "the payload is another one than that of the file before");
	if (!p->has_payload) {
		p->has_payload = true;
		p->payload = payload;
		p->payload_at = at;
	}
	return true;
}

static bool add_statement(struct published *p, struct signed_statement s, struct err *e)
{
	if (p->n == BUNDLE_SIGNATURES)
		return err_set(e, REASON_LIMIT, "more than %u signatures", BUNDLE_SIGNATURES);
	s.message.payload = p->payload;
	p->statement[p->n++] = s;
	return true;
}

static bool add_signed(struct published *p, struct bytes in, struct err *e)
{
	struct signed_statement s;

	if (!signed_read(in, 0, CONTENT_MANIFEST, &s, e))
		return false;
	if (s.message.detached && !p->has_payload)
		return err_set(e, REASON_STATEMENT,
			       "the signature has no payload inside, and none was given before");
	if (!s.message.detached && !add_payload(p, s.message.payload, s.message.payload_at, e))
		return false;
	return add_statement(p, s, e);
}

bool published_member(const struct bundle *b, size_t i, struct signed_statement *s, struct err *e)
{
	const struct bundle_member *m = &b->signatures.member[i];

	if (!signed_read(m->bytes, m->at, CONTENT_MANIFEST, s, e))
		return err_in(e, "signature/%03zu", i);
	return s->message.detached ||
	       err_at(e, REASON_BUNDLE, m->at, "signature/%03zu has a payload of its own", i);
}

static bool add_proofs(struct published *p, const struct bundle_set *s, struct err *e)
{
	for (size_t i = 0; i < s->n; i++)
		if (!log_proofs_check(s, i, e) ||
		    !log_proofs_add(&p->proofs, s->member[i].bytes, s->member[i].at, e))
			return false;
	return true;
}

static bool add_later(struct published *p, const struct bundle_set *s, struct err *e)
{
	struct digest payload;

	if (s->n == 0)
		return true;
	if (!hash_of(DIGEST_SHA256, p->payload, &payload, e))
		return false;
	for (size_t i = 0; i < s->n; i++)
		if (!later_check(s, i, &payload, e) ||
		    !later_add(&p->later, s->member[i].bytes, s->member[i].at, &payload, e))
			return false;
	return true;
}

static bool add_bundle(struct published *p, struct bytes in, struct err *e)
{
	struct signed_statement s;
	struct bundle b;

	if (!bundle_read(in, 0, &b, e) || !add_payload(p, b.payload, b.payload_at, e))
		return false;
	for (size_t i = 0; i < b.signatures.n; i++)
		if (!published_member(&b, i, &s, e) || !add_statement(p, s, e))
			return false;
	if (!add_proofs(p, &b.proofs, e) || !add_later(p, &b.statements, e))
		return false;
	for (size_t i = 0; i < b.collateral.n; i++)
		if (!collateral_check(&b.collateral, i, e) ||
		    !collateral_add(&p->collateral, &b.collateral.member[i], e))
			return false;
	return true;
}

/* The file is moved to where it stays. */
static bool own_file(struct published *p, struct buf *file, struct bytes *in, struct err *e)
{
	if (p->n_files == PUBLISHED_FILES)
		return err_set(e, REASON_LIMIT, "more than %u files", PUBLISHED_FILES);
	p->file[p->n_files] = take(*file);
	*in = buf_bytes(&p->file[p->n_files++]);
	return true;
}

bool published_add_bytes(struct published *p, struct buf *file, struct err *e)
{
	struct bytes in;

	if (!own_file(p, file, &in, e) || !published_begins(in, e))
		return false;
	if (in.p[0] == HEAD_TAGGED_SIGN1)
		return add_signed(p, in, e);
	if (in.p[0] == HEAD_TAG_16)
		return add_payload(p, in, 0, e);
	return add_bundle(p, in, e);
}

bool published_add(struct published *p, const char *path, struct err *e)
{
	owned(buf_free) struct buf file = BUF(BUNDLE_MAX);

	if (!file_slurp(path, BUNDLE_MAX, &file, e))
		return false;
	return published_add_bytes(p, &file, e) || err_subject(e, path);
}

bool published_add_later_bytes(struct published *p, struct buf *file, struct err *e)
{
	struct digest payload;
	struct bytes in;

	return hash_of(DIGEST_SHA256, p->payload, &payload, e) && own_file(p, file, &in, e) &&
	       later_add(&p->later, in, 0, &payload, e);
}

bool published_add_later(struct published *p, const char *path, struct err *e)
{
	owned(buf_free) struct buf file = BUF(BUNDLE_STATEMENT_MAX);

	return file_slurp(path, BUNDLE_STATEMENT_MAX, &file, e) &&
	       (published_add_later_bytes(p, &file, e) || err_subject(e, path));
}

bool published_add_collateral(struct published *p, const char *path, struct err *e)
{
	owned(buf_free) struct buf file = BUF(COLLATERAL_FILE_MAX), der = BUF(COLLATERAL_FILE_MAX);
	struct bundle_set all = p->collateral;
	struct bytes unused;

	if (!file_slurp(path, COLLATERAL_FILE_MAX, &file, e))
		return false;
	if (!collateral_read(&all, buf_bytes(&file), &der, e) || !own_file(p, &der, &unused, e))
		return err_subject(e, path);
	p->collateral = all;
	return true;
}

bool published_add_proof_bytes(struct published *p, struct buf *file, struct err *e)
{
	struct bytes in;

	return own_file(p, file, &in, e) && log_proofs_add(&p->proofs, in, 0, e);
}

bool published_add_proof(struct published *p, const char *path, struct err *e)
{
	owned(buf_free) struct buf file = BUF(BUNDLE_PROOF_MAX);

	return file_slurp(path, BUNDLE_PROOF_MAX, &file, e) &&
	       (published_add_proof_bytes(p, &file, e) || err_subject(e, path));
}

bool published_bundle(const struct published *p, struct buf *out, struct err *e)
{
	owned(buf_free) struct buf all = BUF(BUNDLE_MAX);
	struct bundle b = {.payload = p->payload,
			   .proofs = p->proofs,
			   .statements = p->later,
			   .collateral = p->collateral};
	size_t end[BUNDLE_SIGNATURES], at = 0;

	for (size_t i = 0; i < p->n; i++) {
		struct cose_message m = p->statement[i].message;

		m.detached = true;
		cose_message_write(&all, &m);
		end[i] = all.n;
	}
	if (!buf_done(&all, "the bundle", e))
		return false;
	for (size_t i = 0; i < p->n; at = end[i++])
		b.signatures.member[b.signatures.n++].bytes = bytes_of(all.p + at, end[i] - at);
	return bundle_write(out, &b, e);
}
