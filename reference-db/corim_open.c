#include <stdio.h>

#include "measure/core/cbor_walk.h"
#include "measure/core/hash.h"
#include "reference-db/collateral.h"
#include "reference-db/corim.h"
#include "reference-db/later.h"
#include "reference-db/log_proofs.h"
#include "reference-db/published.h"

enum { TAG_SIGN1 = 18, TAG_OLD = 500, TAG_CORIM = 501, TAG_OLD_SIGNED = 502 };

static bool no_corim(struct lint *l, struct err *e)
{
	struct finding f = {.error = true, .rule = LINT_FORM};

	snprintf(f.text, sizeof(f.text), "%.190s", e->text);
	return lint_add(l, &f);
}

/* COSE_Sign1: the payload as it stands. */
static void sign1(struct cur *c, struct corim_file *f)
{
	uint64_t at = cur_at(c);
	struct cbor_run run = cbor_walk_array(c, "COSE_Sign1");

	if (cur_ok(c) && (run.endless || run.left != 4)) {
		cur_fail(c, REASON_CORIM, at, "COSE_Sign1 has not four items");
		return;
	}
	cbor_walk_bytes(c, "protected header");
	cbor_walk_skip(c, "unprotected header");
	if (cur_ok(c) && cbor_walk_null(c)) {
		cur_fail(c, REASON_CORIM, cur_at(c) - 1,
			 "the payload is detached, so there is nothing to read");
		return;
	}
	f->payload = cbor_walk_bytes(c, "payload");
	f->base = cur_at(c) - f->payload.n;
	f->is_signed = true;
	cbor_walk_bytes(c, "signature");
}

/* Why a signature could count nowhere, as a finding; false only without memory. */
static bool refuse_envelope(const struct err *why, struct lint *l, struct err *e)
{
	struct finding f = {.rule = LINT_ENVELOPE};

	if (why->reason == REASON_OUT_OF_MEMORY) {
		*e = *why;
		return no_corim(l, e);
	}
	snprintf(f.text, sizeof(f.text), "%.150s, at offset %llu", why->text,
		 (unsigned long long)why->offset);
	lint_add(l, &f);
	return true;
}

/* The tags in front; what stands behind them is left to be read. */
static uint64_t outer_tag(struct cur *c, struct lint *l)
{
	static const struct finding old = {
		.rule = LINT_PREFIX,
		.text = "begins with tag 500 or 502, which the draft no longer has"};
	struct cur at = *c;
	uint64_t tag = cbor_walk_tag(c, "the file");
	bool met = false;

	while (cur_ok(c) && (tag == TAG_OLD || tag == TAG_OLD_SIGNED)) {
		met = true;
		at = *c;
		tag = cbor_walk_tag(c, "the file");
	}
	if (met && cur_ok(c))
		lint_add(l, &old);
	if (cur_ok(c))
		*c = at;
	return tag;
}

/* What stands beside the signatures reads as what its type says. */
static bool check_members(const struct bundle *b, struct err *e)
{
	struct digest payload;

	if (b->statements.n > 0 && !hash_of(DIGEST_SHA256, b->payload, &payload, e))
		return false;
	for (size_t i = 0; i < b->proofs.n; i++)
		if (!log_proofs_check(&b->proofs, i, e))
			return false;
	for (size_t i = 0; i < b->statements.n; i++)
		if (!later_check(&b->statements, i, &payload, e))
			return false;
	for (size_t i = 0; i < b->collateral.n; i++)
		if (!collateral_check(&b->collateral, i, e))
			return false;
	return true;
}

/* Of a bundle the payload. */
static bool open_bundle(struct corim_file *f, struct bytes file, struct lint *l, struct err *e)
{
	struct bundle b;

	if (!bundle_read(file, 0, &b, e))
		return no_corim(l, e);
	*f = (struct corim_file){.is_signed = b.signatures.n > 0,
				 .payload = b.payload,
				 .base = b.payload_at,
				 .proofs = b.proofs,
				 .later = b.statements,
				 .collateral = b.collateral};
	if (!check_members(&b, e))
		return no_corim(l, e);
	for (size_t i = 0; i < b.signatures.n; i++) {
		struct signed_statement s;
		struct err why = {0};

		if (published_member(&b, i, &s, &why))
			f->claim[f->n_claims++] = s.header;
		else if (!refuse_envelope(&why, l, e))
			return false;
	}
	return true;
}

static bool open_signed(struct corim_file *f, struct bytes in, struct lint *l, struct err *e)
{
	struct cur c = cur_new(in, f->base, e);
	struct signed_statement s;
	struct err why = {0};

	if (!cbor_scan(in, f->base, CBOR_FOREIGN, CORIM_ITEMS, e))
		return no_corim(l, e);
	cbor_walk_tag(&c, "COSE_Sign1");
	sign1(&c, f);
	if (!cur_ok(&c))
		return no_corim(l, e);
	if (!signed_read(in, c.base, CONTENT_MANIFEST, &s, &why))
		return refuse_envelope(&why, l, e);
	f->claim[f->n_claims++] = s.header;
	return true;
}

bool corim_open(struct corim_file *f, struct bytes file, struct lint *l, struct err *e)
{
	struct cur c = cur_new(file, 0, e);
	uint64_t tag;

	*f = (struct corim_file){0};
	if (!published_begins(file, e))
		return no_corim(l, e);
	if (file.p[0] >> 5 == CBOR_MAP)
		return open_bundle(f, file, l, e);
	tag = outer_tag(&c, l);
	if (!cur_ok(&c))
		return no_corim(l, e);
	f->payload = bytes_of(file.p + c.pos, cur_left(&c));
	f->base = cur_at(&c);
	if (tag == TAG_CORIM)
		return true;
	if (tag == TAG_SIGN1)
		return open_signed(f, f->payload, l, e);
	err_at(e, REASON_CORIM, cur_at(&c),
	       "tag %llu is neither 501, a CoRIM, nor 18, a signed one", (unsigned long long)tag);
	return no_corim(l, e);
}
