#include "measure/base/hex.h"
#include "measure/core/hash.h"
#include "reference-db/make_parts.h"

#define TEXT_ROOM (64u * 1024)
#define TEXT_OF_ROW 1024u

/* ---- the ID block */

static bool slurp(const char *path, size_t size, struct buf *out, struct err *e)
{
	*out = BUF(size);
	return file_slurp(path, size, out, e);
}

bool make_identity_check(struct make_identity *id, struct err *e)
{
	return idblock_verify(&id->block, &id->auth, e) &&
	       idblock_key_digest(id->auth.id_key, &id->id_key, e) &&
	       (!id->auth.has_author ||
		idblock_key_digest(id->auth.author_key, &id->author_key, e));
}

bool make_identity_read(struct make_identity *id, const struct make_request *q, struct err *e)
{
	owned(buf_free) struct buf block = BUF(0), auth = BUF(0);

	if (!q->id_block != !q->id_auth)
		return err_set(e, REASON_USAGE, "--id-block and --id-auth belong together");
	if (!q->id_block)
		return true;
	id->given = id->separate = true;
	if (!slurp(q->id_block, IDBLOCK_SIZE, &block, e) ||
	    !slurp(q->id_auth, IDBLOCK_AUTH_SIZE, &auth, e))
		return false;
	if (!idblock_read(&id->block, buf_bytes(&block), e))
		return err_subject(e, q->id_block);
	if (!idblock_auth_read(&id->auth, buf_bytes(&auth), e) || !make_identity_check(id, e))
		return err_subject(e, q->id_auth);
	return hash_of(DIGEST_SHA256, buf_bytes(&block), &id->file, e);
}

/* ---- rows */

bool make_snp_words(struct manifest *m, const struct make_request *q, const struct record *r,
		    size_t rows, struct err *e)
{
	if (!manifest_init(m, TEXT_ROOM + TEXT_OF_ROW * rows, e) || !make_words(m, q, r, e))
		return false;
	m->arch = "x86_64";
	m->profile = q->profile_uri;
	m->allow_debug = q->allow_debug;
	return true;
}

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

static bool put_svn(struct manifest *m, const struct make_identity *id, struct err *e)
{
	struct value *v;

	if (!id->given)
		return true;
	v = manifest_value(m, "GUEST_SVN", VALUE_MIN_SVN, e);
	if (v)
		v->low = id->block.guest_svn;
	return v != NULL;
}

static bool put_names(struct manifest *m, const struct make_identity *id, struct err *e)
{
	return !id->given ||
	       (put_raw(m, "FAMILY_ID", bytes_of(id->block.family_id, IDBLOCK_NAME), e) &&
		put_raw(m, "IMAGE_ID", bytes_of(id->block.image_id, IDBLOCK_NAME), e));
}

static bool put_keys(struct manifest *m, const struct make_identity *id, struct err *e)
{
	return !id->given ||
	       (make_digest(m, "ID_KEY_DIGEST", &id->id_key, e) &&
		(!id->auth.has_author || make_digest(m, "AUTHOR_KEY_DIGEST", &id->author_key, e)));
}

static bool put_instance(struct manifest *m, const struct digest *d, struct err *e)
{
	owned(buf_free) struct buf hex = BUF(2 * DIGEST_MAX);

	hex_put(&hex, digest_bytes(d));
	m->row[m->n_rows - 1].instance = manifest_text(m, buf_bytes(&hex));
	return buf_done(&hex, "a digest", e);
}

bool make_guest(struct manifest *m, const struct make_guest *g, const struct make_identity *id,
		struct err *e)
{
	struct manifest_row *row = manifest_row(m, ROW_REFERENCE, e);

	if (!row)
		return false;
	row->class_id = MANIFEST_SNP_CLASS;
	row->label = manifest_text(m, g->label);
	return put_instance(m, &g->digest, e) && put_svn(m, id, e) &&
	       put_policy(m, g->policy, id->policy_mask, e) && put_names(m, id, e) &&
	       make_digest(m, "MEASUREMENT", &g->digest, e) && put_keys(m, id, e);
}

bool make_component(struct manifest *m, const struct component *c, const struct record *r,
		    struct err *e)
{
	struct component *to = &m->component[m->n_components++];

	*to = *c;
	to->sized = true;
	return make_origin(r, c->name, &to->origin, e);
}

bool make_block_component(struct manifest *m, const struct make_identity *id,
			  const struct record *r, struct err *e)
{
	const struct component c = {
		.name = MANIFEST_ID_BLOCK, .size = IDBLOCK_SIZE, .digest = id->file};

	return !id->separate || make_component(m, &c, r, e);
}
