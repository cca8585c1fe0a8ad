#include "measure/base/hex.h"
#include "ovmf-snp/bundle.h"
#include "ovmf-snp/idblock.h"
#include "reference-db/make_parts.h"

#define TEXT_ROOM (64u * 1024)
#define TEXT_OF_ROW 1024u

/* What rows hold beside their launch digest: an ID block with the digests of its keys. */
struct identity {
	bool given;
	uint64_t policy_mask; /* given or not */
	struct idblock block;
	struct idblock_auth auth;
	struct digest file, id_key, author_key;
};

/* ---- the ID block */

static bool slurp(const char *path, size_t size, struct buf *out, struct err *e)
{
	*out = BUF(size);
	return file_slurp(path, size, out, e);
}

static bool read_identity(struct identity *id, const struct make_request *q, struct err *e)
{
	owned(buf_free) struct buf block = BUF(0), auth = BUF(0);

	if (!q->id_block != !q->id_auth)
		return err_set(e, REASON_USAGE, "--id-block and --id-auth belong together");
	if (!q->id_block)
		return true;
	id->given = true;
	if (!slurp(q->id_block, IDBLOCK_SIZE, &block, e) ||
	    !slurp(q->id_auth, IDBLOCK_AUTH_SIZE, &auth, e))
		return false;
	if (!idblock_read(&id->block, buf_bytes(&block), e))
		return err_subject(e, q->id_block);
	if (!idblock_auth_read(&id->auth, buf_bytes(&auth), e) ||
	    !idblock_verify(&id->block, &id->auth, e))
		return err_subject(e, q->id_auth);
	return hash_of(DIGEST_SHA256, buf_bytes(&block), &id->file, e) &&
	       idblock_key_digest(id->auth.id_key, &id->id_key, e) &&
	       (!id->auth.has_author ||
		idblock_key_digest(id->auth.author_key, &id->author_key, e));
}

/* ---- rows */

static bool put_raw(struct manifest *m, const char *name, struct bytes bytes, struct err *e)
{
	struct value *v = manifest_value(m, name, VALUE_RAW, e);

	if (v)
		v->bytes = bytes_of(manifest_text(m, bytes), bytes.n);
	return v != NULL;
}

static struct bytes word(uint8_t room[8], uint64_t x)
{
	for (size_t i = 0; i < 8; i++)
		room[i] = (uint8_t)(x >> 8 * i);
	return bytes_of(room, 8);
}

static bool put_policy(struct manifest *m, uint64_t policy, uint64_t mask, struct err *e)
{
	uint8_t room[8];

	if (!put_raw(m, "POLICY", word(room, policy), e))
		return false;
	if (strcmp(m->profile, MANIFEST_SNP_2025) == 0)
		m->value[m->n_values - 1].mask =
			bytes_of(manifest_text(m, word(room, mask)), sizeof(room));
	return true;
}

static bool put_svn(struct manifest *m, const struct identity *id, struct err *e)
{
	struct value *v;

	if (!id->given)
		return true;
	v = manifest_value(m, "GUEST_SVN", VALUE_MIN_SVN, e);
	if (v)
		v->low = id->block.guest_svn;
	return v != NULL;
}

static bool put_names(struct manifest *m, const struct identity *id, struct err *e)
{
	return !id->given ||
	       (put_raw(m, "FAMILY_ID", bytes_of(id->block.family_id, IDBLOCK_NAME), e) &&
		put_raw(m, "IMAGE_ID", bytes_of(id->block.image_id, IDBLOCK_NAME), e));
}

static bool put_keys(struct manifest *m, const struct identity *id, struct err *e)
{
	return !id->given ||
	       (make_digest(m, "ID_KEY_DIGEST", &id->id_key, e) &&
		(!id->auth.has_author || make_digest(m, "AUTHOR_KEY_DIGEST", &id->author_key, e)));
}

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
static bool put_label(struct manifest *m, const struct launch_record *r, size_t i, struct err *e)
{
	owned(buf_free) struct buf types = BUF(MANIFEST_NAME + 1), out = BUF(2 * MANIFEST_NAME);
	const struct launch_row *row = &r->row[i];

	for (size_t j = i; row->type && j < r->n; j++)
		if ((j == i || (r->row[j].type && r->row[j].type != row->type)) &&
		    same_digest(&r->row[j], row))
			buf_fmt(&types, "%s%s", types.n ? "/" : "", r->row[j].type);
	if (!buf_done(&types, "the types of processors", e))
		return false;
	launch_row_put_as(&out, types.n ? buf_cstr(&types) : NULL, row);
	m->row[m->n_rows - 1].label = manifest_text(m, buf_bytes(&out));
	return buf_done(&out, "the label of a row", e);
}

static bool put_instance(struct manifest *m, const struct digest *d, struct err *e)
{
	owned(buf_free) struct buf hex = BUF(2 * DIGEST_MAX);

	hex_put(&hex, digest_bytes(d));
	m->row[m->n_rows - 1].instance = manifest_text(m, buf_bytes(&hex));
	return buf_done(&hex, "a digest", e);
}

static bool put_row(struct manifest *m, const struct launch_record *r, size_t i,
		    const struct identity *id, struct err *e)
{
	struct manifest_row *row = manifest_row(m, ROW_REFERENCE, e);
	const struct digest *d = &r->row[i].digest;

	if (!row)
		return false;
	row->class_id = MANIFEST_SNP_CLASS;
	return put_label(m, r, i, e) && put_instance(m, d, e) && put_svn(m, id, e) &&
	       put_policy(m, r->policy, id->policy_mask, e) && put_names(m, id, e) &&
	       make_digest(m, "MEASUREMENT", d, e) && put_keys(m, id, e);
}

static bool put_rows(struct manifest *m, const struct launch_record *r, const struct identity *id,
		     struct err *e)
{
	for (size_t i = 0; i < r->n; i++)
		if (!was_before(r, i) && !put_row(m, r, i, id, e))
			return false;
	return true;
}

/* An ID block has room for one digest: a guest of another row would not be started with it. */
static bool check_identity(const struct manifest *m, const struct launch_record *r,
			   const struct make_request *q, const struct identity *id, struct err *e)
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

/* ---- components */

static bool put_component(struct manifest *m, const char *name, const struct launch_file *f,
			  const struct record *r, struct err *e)
{
	struct component *c = &m->component[m->n_components++];

	*c = (struct component){.name = name, .sized = true, .size = f->size, .digest = f->sha256};
	return make_origin(r, name, &c->origin, e);
}

/* The page of hashes is a function of the others. */
static bool put_components(struct manifest *m, const struct launch_record *found,
			   const struct identity *id, const struct record *r, struct err *e)
{
	const struct launch_file block = {true, IDBLOCK_SIZE, id->file};

	for (enum launch_part p = LAUNCH_FIRMWARE; p < LAUNCH_HASHES; p++)
		if (found->file[p].present &&
		    !put_component(m, launch_part_name(p), &found->file[p], r, e))
			return false;
	return (!id->given || put_component(m, "id-block", &block, r, e)) &&
	       make_all_named(m, r, e);
}

/* ---- all */

static bool check_options(const struct make_request *q, struct err *e)
{
	if (q->artefact || q->certificate)
		return err_set(e, REASON_USAGE, "--%s means nothing for a bundle",
			       q->artefact ? "artefact" : "certificate");
	return true;
}

bool make_snp(struct manifest *m, const struct make_request *q, const struct record *r,
	      struct err *e)
{
	owned(snp_bundle_free) struct snp_bundle b = {0};
	struct identity id = {.policy_mask = q->policy_mask};

	if (!check_options(q, e) || !read_identity(&id, q, e) ||
	    !snp_bundle_read(&b, q->image, q->watch, e) || !snp_bundle_agrees(&b, e) ||
	    !manifest_init(m, TEXT_ROOM + TEXT_OF_ROW * b.found.n, e) || !make_words(m, q, r, e))
		return false;
	m->arch = "x86_64";
	m->profile = q->profile_uri;
	m->allow_debug = q->allow_debug;
	return put_rows(m, &b.found, &id, e) && check_identity(m, &b.found, q, &id, e) &&
	       put_components(m, &b.found, &id, r, e);
}
