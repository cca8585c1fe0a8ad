#include "ovmf-snp/idblock.h"

#include "measure/base/cur.h"
#include "measure/core/hash.h"
#include "ovmf-snp/report.h"

#define NUMBER 48u /* bytes of a number on P-384 */
#define NUMBER_ROOM 72u
#define RS_ROOM 512u
#define ALGORITHM 1u /* ECDSA on P-384 with SHA-384 */
#define CURVE 2u /* P-384 */

/* Where the parts of ID_AUTH begin. */
#define AUTH_BLOCK_RS 0x40u
#define AUTH_ID_KEY 0x240u
#define AUTH_ID_KEY_RS 0x680u
#define AUTH_AUTHOR_KEY 0x880u

/* ---- numbers */

static void number_read(struct cur *c, uint8_t to[NUMBER], const char *field)
{
	uint64_t at = cur_at(c);
	struct bytes x = cur_take(c, NUMBER_ROOM, field);

	if (!cur_ok(c))
		return;
	if (!bytes_zero(bytes_of(x.p + NUMBER, NUMBER_ROOM - NUMBER)))
		cur_fail(c, REASON_ID_BLOCK_FORM, at, "%s has more than %u bytes", field, NUMBER);
	for (unsigned i = 0; i < NUMBER; i++)
		to[i] = x.p[NUMBER - 1 - i];
}

static void number_write(struct buf *out, const uint8_t from[NUMBER])
{
	for (unsigned i = NUMBER; i > 0; i--)
		buf_u8(out, from[i - 1]);
	buf_zero(out, NUMBER_ROOM - NUMBER);
}

static void pair_read(struct cur *c, uint8_t to[IDBLOCK_PAIR], const char *first,
		      const char *second)
{
	number_read(c, to, first);
	number_read(c, to + NUMBER, second);
}

static void pair_write(struct buf *out, const uint8_t from[IDBLOCK_PAIR])
{
	number_write(out, from);
	number_write(out, from + NUMBER);
}

static void is(struct cur *c, uint32_t value, uint32_t needed, const char *field)
{
	if (cur_ok(c) && value != needed)
		cur_fail(c, REASON_ID_BLOCK_FORM, cur_at(c) - 4, "%s is %u and must be %u", field,
			 value, needed);
}

static void zeros(struct cur *c, size_t n, const char *behind)
{
	uint64_t at = cur_at(c);

	if (!bytes_zero(cur_take(c, n, "reserved bytes")) && cur_ok(c))
		cur_fail(c, REASON_ID_BLOCK_FORM, at, "reserved bytes behind %s are not zero",
			 behind);
}

/* ---- the block */

static void copy(struct cur *c, uint8_t *to, size_t n, const char *field)
{
	struct bytes x = cur_take(c, n, field);

	if (cur_ok(c))
		memcpy(to, x.p, n);
}

static void policy_check(struct cur *c, uint64_t policy)
{
	if (!cur_ok(c))
		return;
	if (!(policy & SNP_POLICY_ONE))
		cur_fail(c, REASON_ID_BLOCK_FORM, cur_at(c) - 8,
			 "POLICY is 0x%llx, and bit 17 must be one", (unsigned long long)policy);
	else if (policy & ~SNP_POLICY_KNOWN)
		cur_fail(c, REASON_ID_BLOCK_FORM, cur_at(c) - 8,
			 "POLICY is 0x%llx, with reserved bits", (unsigned long long)policy);
}

static bool length(struct bytes x, size_t needed, const char *what, struct err *e)
{
	return x.n == needed || err_set(e, REASON_ID_BLOCK_FORM, "%s has %zu bytes, %zu are given",
					what, needed, x.n);
}

bool idblock_read(struct idblock *b, struct bytes x, struct err *e)
{
	struct cur c = cur_new(x, 0, e);
	struct idblock new = {0};

	if (!length(x, IDBLOCK_SIZE, "an ID block", e))
		return false;
	copy(&c, new.ld, sizeof(new.ld), "LD");
	copy(&c, new.family_id, sizeof(new.family_id), "FAMILY_ID");
	copy(&c, new.image_id, sizeof(new.image_id), "IMAGE_ID");
	new.version = cur_le32(&c, "VERSION");
	is(&c, new.version, IDBLOCK_VERSION, "VERSION");
	new.guest_svn = cur_le32(&c, "GUEST_SVN");
	new.policy = cur_le64(&c, "POLICY");
	policy_check(&c, new.policy);
	if (!cur_end(&c, "the ID block"))
		return false;
	*b = new;
	return true;
}

void idblock_write(struct buf *out, const struct idblock *b)
{
	buf_put(out, bytes_of(b->ld, sizeof(b->ld)));
	buf_put(out, bytes_of(b->family_id, sizeof(b->family_id)));
	buf_put(out, bytes_of(b->image_id, sizeof(b->image_id)));
	buf_le(out, b->version, 4);
	buf_le(out, b->guest_svn, 4);
	buf_le(out, b->policy, 8);
}

/* ---- what authenticates it */

void idblock_key_write(struct buf *out, const uint8_t xy[IDBLOCK_PAIR])
{
	size_t end = out->n + IDBLOCK_KEY_SIZE;

	buf_le(out, CURVE, 4);
	pair_write(out, xy);
	buf_zero(out, end - out->n);
}

bool idblock_key_digest(const uint8_t xy[IDBLOCK_PAIR], struct digest *out, struct err *e)
{
	owned(buf_free) struct buf key = BUF(IDBLOCK_KEY_SIZE);

	idblock_key_write(&key, xy);
	return buf_done(&key, "the key", e) && hash_of(DIGEST_SHA384, buf_bytes(&key), out, e);
}

static void signature_read(struct cur *c, uint8_t rs[IDBLOCK_PAIR], const char *r, const char *s)
{
	pair_read(c, rs, r, s);
	zeros(c, RS_ROOM - 2 * NUMBER_ROOM, s);
}

static void signature_write(struct buf *out, const uint8_t rs[IDBLOCK_PAIR])
{
	pair_write(out, rs);
	buf_zero(out, RS_ROOM - 2 * NUMBER_ROOM);
}

static void key_read_from(struct cur *c, uint8_t xy[IDBLOCK_PAIR], const char *curve)
{
	is(c, cur_le32(c, curve), CURVE, curve);
	pair_read(c, xy, "QX", "QY");
	zeros(c, IDBLOCK_KEY_SIZE - 4 - 2 * NUMBER_ROOM, "QY");
}

/* Both of the author's parts, or none. */
static bool author_read(struct cur *c, struct idblock_auth *a, struct bytes x)
{
	bool key = !bytes_zero(bytes_of(x.p + AUTH_AUTHOR_KEY, IDBLOCK_KEY_SIZE));
	bool rs = !bytes_zero(bytes_of(x.p + AUTH_ID_KEY_RS, RS_ROOM));

	if (cur_ok(c) && key != rs)
		return cur_fail(c, REASON_ID_BLOCK_FORM, key ? AUTH_ID_KEY_RS : AUTH_AUTHOR_KEY,
				"there is %s",
				key ? "an author's key and no signature by it"
				    : "a signature by an author and no key");
	a->has_author = key;
	if (!key) {
		zeros(c, x.n - AUTH_ID_KEY_RS, "the ID key");
		return cur_ok(c);
	}
	signature_read(c, a->id_key_rs, "ID_KEY_SIG.R", "ID_KEY_SIG.S");
	key_read_from(c, a->author_key, "AUTHOR_KEY.CURVE");
	zeros(c, x.n - AUTH_AUTHOR_KEY - IDBLOCK_KEY_SIZE, "the author's key");
	return cur_ok(c);
}

bool idblock_auth_read(struct idblock_auth *a, struct bytes x, struct err *e)
{
	struct cur c = cur_new(x, 0, e);
	struct idblock_auth new = {0};

	if (!length(x, IDBLOCK_AUTH_SIZE, "an ID authentication", e))
		return false;
	is(&c, cur_le32(&c, "ID_KEY_ALGO"), ALGORITHM, "ID_KEY_ALGO");
	is(&c, cur_le32(&c, "AUTHOR_KEY_ALGO"), ALGORITHM, "AUTHOR_KEY_ALGO");
	zeros(&c, AUTH_BLOCK_RS - 8, "AUTHOR_KEY_ALGO");
	signature_read(&c, new.block_rs, "ID_BLOCK_SIG.R", "ID_BLOCK_SIG.S");
	key_read_from(&c, new.id_key, "ID_KEY.CURVE");
	zeros(&c, AUTH_ID_KEY_RS - AUTH_ID_KEY - IDBLOCK_KEY_SIZE, "the ID key");
	if (!author_read(&c, &new, x) || !cur_end(&c, "the ID authentication"))
		return false;
	*a = new;
	return true;
}

void idblock_auth_write(struct buf *out, const struct idblock_auth *a)
{
	size_t begin = out->n;

	buf_le(out, ALGORITHM, 4);
	buf_le(out, ALGORITHM, 4);
	buf_zero(out, AUTH_BLOCK_RS - 8);
	signature_write(out, a->block_rs);
	idblock_key_write(out, a->id_key);
	if (a->has_author) {
		buf_zero(out, AUTH_ID_KEY_RS - AUTH_ID_KEY - IDBLOCK_KEY_SIZE);
		signature_write(out, a->id_key_rs);
		idblock_key_write(out, a->author_key);
	}
	buf_zero(out, begin + IDBLOCK_AUTH_SIZE - out->n);
}

/* ---- judging */

static bool holds(const uint8_t xy[IDBLOCK_PAIR], struct bytes of, const uint8_t rs[IDBLOCK_PAIR],
		  struct err *e)
{
	owned(pubkey_free) struct pubkey *key = NULL;

	return pubkey_of_point(&key, COSE_ES384, bytes_of(xy, IDBLOCK_PAIR), e) &&
	       pubkey_verify(key, of, bytes_of(rs, IDBLOCK_PAIR), e);
}

bool idblock_verify(const struct idblock *b, const struct idblock_auth *a, struct err *e)
{
	owned(buf_free) struct buf block = BUF(IDBLOCK_SIZE), key = BUF(IDBLOCK_KEY_SIZE);

	idblock_write(&block, b);
	idblock_key_write(&key, a->id_key);
	if (!buf_done(&block, "the ID block", e) || !buf_done(&key, "the ID key", e))
		return false;
	if (!holds(a->id_key, buf_bytes(&block), a->block_rs, e))
		return err_in(e, "the ID block");
	return !a->has_author || holds(a->author_key, buf_bytes(&key), a->id_key_rs, e) ||
	       err_in(e, "the ID key");
}

bool idblock_is_for(const struct idblock *b, const struct digest *ld, const uint64_t *policy,
		    struct err *e)
{
	struct digest own = {.alg = DIGEST_SHA384, .len = IDBLOCK_LD};

	memcpy(own.v, b->ld, IDBLOCK_LD);
	if (ld && !digest_equal(&own, ld))
		return err_set(e, REASON_ID_BLOCK,
			       "the ID block is for another launch digest, which begins with "
			       "%02x%02x%02x%02x instead of %02x%02x%02x%02x",
			       b->ld[0], b->ld[1], b->ld[2], b->ld[3], ld->v[0], ld->v[1], ld->v[2],
			       ld->v[3]);
	if (policy && b->policy != *policy)
		return err_set(e, REASON_ID_BLOCK,
			       "the ID block is for the policy 0x%llx, and the guest's is 0x%llx",
			       (unsigned long long)b->policy, (unsigned long long)*policy);
	return true;
}

/* ---- in IGVM files */

const struct igvm_header *idblock_igvm_find(const struct igvm *g)
{
	for (size_t i = 0; i < g->n_headers; i++)
		if (igvm_type(&g->header[i]) == IGVM_SNP_ID_BLOCK)
			return &g->header[i];
	return NULL;
}

/* Here a key has four bytes more behind the curve. */
static void igvm_key_read(struct cur *c, uint8_t xy[IDBLOCK_PAIR], const char *curve)
{
	is(c, cur_le32(c, curve), CURVE, curve);
	zeros(c, 4, curve);
	pair_read(c, xy, "qx", "qy");
}

static void igvm_key_write(struct buf *out, const uint8_t xy[IDBLOCK_PAIR])
{
	buf_le(out, CURVE, 4);
	buf_zero(out, 4);
	pair_write(out, xy);
}

static void igvm_author_read(struct cur *c, struct idblock_auth *a)
{
	if (!a->has_author) {
		zeros(c, cur_left(c), "id_public_key");
		return;
	}
	pair_read(c, a->id_key_rs, "author_key_signature.r_comp", "author_key_signature.s_comp");
	igvm_key_read(c, a->author_key, "author_public_key.curve");
}

bool idblock_igvm_read(const struct igvm *g, const struct igvm_header *h, struct idblock *b,
		       struct idblock_auth *a, struct err *e)
{
	struct cur c = cur_new(igvm_rest(h), h->at + 12, e);
	struct idblock block = {0};
	struct idblock_auth auth = {0};
	uint8_t enabled = cur_u8(&c, "author_key_enabled");

	if (!igvm_policy(g, IGVM_SNP, &block.policy))
		return err_at(e, REASON_ID_BLOCK_FORM, h->at,
			      "there is an ID block, and no guest policy that it could be for");
	if (enabled > 1)
		return err_at(e, REASON_ID_BLOCK_FORM, h->at + 12,
			      "author_key_enabled is %u and must be 0 or 1", enabled);
	auth.has_author = enabled;
	zeros(&c, 3, "author_key_enabled");
	copy(&c, block.ld, sizeof(block.ld), "ld");
	copy(&c, block.family_id, sizeof(block.family_id), "family_id");
	copy(&c, block.image_id, sizeof(block.image_id), "image_id");
	block.version = cur_le32(&c, "version");
	is(&c, block.version, IDBLOCK_VERSION, "version");
	block.guest_svn = cur_le32(&c, "guest_svn");
	is(&c, cur_le32(&c, "id_key_algorithm"), ALGORITHM, "id_key_algorithm");
	is(&c, cur_le32(&c, "author_key_algorithm"), ALGORITHM, "author_key_algorithm");
	pair_read(&c, auth.block_rs, "id_key_signature.r_comp", "id_key_signature.s_comp");
	igvm_key_read(&c, auth.id_key, "id_public_key.curve");
	igvm_author_read(&c, &auth);
	if (!cur_end(&c, "the ID block"))
		return false;
	*b = block;
	*a = auth;
	return true;
}

void idblock_igvm_write(struct buf *out, uint32_t mask, const struct idblock *b,
			const struct idblock_auth *a)
{
	size_t end = out->n + IDBLOCK_IGVM_SIZE;

	buf_le(out, mask, 4);
	buf_le(out, a->has_author, 4);
	buf_put(out, bytes_of(b->ld, sizeof(b->ld)));
	buf_put(out, bytes_of(b->family_id, sizeof(b->family_id)));
	buf_put(out, bytes_of(b->image_id, sizeof(b->image_id)));
	buf_le(out, b->version, 4);
	buf_le(out, b->guest_svn, 4);
	buf_le(out, ALGORITHM, 4);
	buf_le(out, ALGORITHM, 4);
	pair_write(out, a->block_rs);
	igvm_key_write(out, a->id_key);
	if (a->has_author) {
		pair_write(out, a->id_key_rs);
		igvm_key_write(out, a->author_key);
	}
	buf_zero(out, end - out->n);
}
