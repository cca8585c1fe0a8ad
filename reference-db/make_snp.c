#include "ovmf-snp/bundle.h"
#include "reference-db/make_parts.h"

/* ---- rows */

/* Published values, of which there may be many: not in constant time. */
static bool same_digest(const struct launch_row *a, const struct launch_row *b)
{
	return bytes_equal(digest_bytes(&a->digest), digest_bytes(&b->digest));
}

static bool was_before(const struct launch_record *r, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (same_digest(&r->row[j], &r->row[i]))
			return true;
	return false;
}

/* "EPYC-Milan/EPYC-Milan-v1 x4, qemu": types of one signature have one digest. */
static bool label_of(struct buf *out, const struct launch_record *r, size_t i, struct err *e)
{
	owned(buf_free) struct buf types = BUF(MANIFEST_NAME + 1);
	const struct launch_row *row = &r->row[i];

	for (size_t j = i; row->type && j < r->n; j++)
		if ((j == i || (r->row[j].type && r->row[j].type != row->type)) &&
		    same_digest(&r->row[j], row))
			buf_fmt(&types, "%s%s", types.n ? "/" : "", r->row[j].type);
	if (!buf_done(&types, "the types of processors", e))
		return false;
	launch_row_put_as(out, types.n ? buf_cstr(&types) : NULL, row);
	return buf_done(out, "the label of a row", e);
}

static bool put_row(struct manifest *m, const struct launch_record *r, size_t i,
		    const struct make_identity *id, struct err *e)
{
	owned(buf_free) struct buf label = BUF(2 * MANIFEST_NAME);
	struct make_guest g = {.digest = r->row[i].digest, .policy = r->policy};

	if (!label_of(&label, r, i, e))
		return false;
	g.label = buf_bytes(&label);
	return make_guest(m, &g, id, e);
}

static bool put_rows(struct manifest *m, const struct launch_record *r,
		     const struct make_identity *id, struct err *e)
{
	for (size_t i = 0; i < r->n; i++)
		if (!was_before(r, i) && !put_row(m, r, i, id, e))
			return false;
	return true;
}

/* An ID block has room for one digest: a guest of another row would not be started with it. */
static bool check_identity(const struct manifest *m, const struct launch_record *r,
			   const struct make_request *q, const struct make_identity *id,
			   struct err *e)
{
	if (!id->given)
		return true;
	if (m->n_rows != 1)
		return err_set(e, REASON_USAGE,
			       "an ID block is for one launch digest, and the bundle has %zu",
			       m->n_rows);
	return idblock_is_for(&id->block, &r->row[0].digest, &r->policy, e) ||
	       err_subject(e, q->id_block);
}

/* The page of hashes is a function of the others. */
static bool put_components(struct manifest *m, const struct launch_record *found,
			   const struct make_identity *id, const struct record *r, struct err *e)
{
	for (enum launch_part p = LAUNCH_FIRMWARE; p < LAUNCH_HASHES; p++) {
		const struct launch_file *f = &found->file[p];
		const struct component c = {
			.name = launch_part_name(p), .size = f->size, .digest = f->sha256};

		if (f->present && !make_component(m, &c, r, e))
			return false;
	}
	return make_block_component(m, id, r, e) && make_all_named(m, r, e);
}

/* ---- all */

static bool check_options(const struct make_request *q, struct err *e)
{
	if (q->artefact || q->certificate || q->igvm_profile || q->native_zero)
		return err_set(e, REASON_USAGE, "--%s means nothing for a bundle",
			       q->artefact	 ? "artefact"
			       : q->certificate	 ? "certificate"
			       : q->igvm_profile ? "profile"
						 : "native-zero");
	return true;
}

bool make_bundle(struct manifest *m, const struct make_request *q, const struct record *r,
		 struct err *e)
{
	owned(snp_bundle_free) struct snp_bundle b = {0};
	struct make_identity id = {.policy_mask = q->policy_mask};

	if (!check_options(q, e) || !make_identity_read(&id, q, e) ||
	    !snp_bundle_read(&b, q->image, q->watch, e) || !snp_bundle_agrees(&b, e) ||
	    !make_snp_words(m, q, r, b.found.n, e))
		return false;
	return put_rows(m, &b.found, &id, e) && check_identity(m, &b.found, q, &id, e) &&
	       put_components(m, &b.found, &id, r, e);
}
