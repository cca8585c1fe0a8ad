#include "measure/core/verity.h"

#include <stdlib.h>

#define DIGEST_BYTES 32u
#define PER_BLOCK (VERITY_BLOCK / DIGEST_BYTES)
#define BLOCKS_MAX (UINT64_C(1) << 52)
#define SALT_FIELD 256u

/* A level's block that is being filled, and where it goes. */
struct level {
	uint8_t block[VERITY_BLOCK];
	size_t n;
	uint64_t at;
};

struct verity {
	struct verity_sink to;
	uint64_t blocks, added;
	struct hash *hash;
	struct buf salt;
	unsigned levels;
	struct level level[VERITY_LEVELS_MAX]; /* 0: digests of the data */
	uint8_t part[VERITY_BLOCK]; /* of a block of data */
	size_t n;
	struct digest root;
};

/* Blocks of digests of that many blocks. */
static uint64_t digests_of(uint64_t blocks)
{
	return (blocks + PER_BLOCK - 1) / PER_BLOCK;
}

uint64_t verity_size(uint64_t blocks)
{
	uint64_t size = VERITY_BLOCK;

	if (blocks == 0 || blocks >= BLOCKS_MAX)
		return 0;
	while (blocks > 1) {
		blocks = digests_of(blocks);
		size += blocks * VERITY_BLOCK;
	}
	return size;
}

/* The topmost level stands first, so each ends where the one below it begins. */
static void lay_out(struct verity *v)
{
	uint64_t end = verity_size(v->blocks), blocks = v->blocks;

	while (blocks > 1) {
		blocks = digests_of(blocks);
		end -= blocks * VERITY_BLOCK;
		v->level[v->levels++].at = end;
	}
}

static bool put_superblock(const struct verity *v, const struct verity_rule *r, struct err *e)
{
	owned(buf_free) struct buf b = BUF(VERITY_BLOCK);

	buf_put(&b, bytes_of("verity\0\0", 8));
	buf_le(&b, 1, 4); /* version */
	buf_le(&b, 1, 4); /* hash type: salt in front */
	buf_put(&b, bytes_of(r->uuid, sizeof(r->uuid)));
	buf_put(&b, bytes_of("sha256", 6));
	buf_zero(&b, 32 - 6);
	buf_le(&b, VERITY_BLOCK, 4); /* of data */
	buf_le(&b, VERITY_BLOCK, 4); /* of digests */
	buf_le(&b, v->blocks, 8);
	buf_le(&b, r->salt.n, 2);
	buf_zero(&b, 6);
	buf_put(&b, r->salt);
	buf_zero(&b, SALT_FIELD - r->salt.n);
	buf_zero(&b, VERITY_BLOCK - b.n);
	return buf_done(&b, "the superblock", e) && v->to.put(v->to.arg, 0, buf_bytes(&b), e);
}

static bool checked(const struct verity_rule *r, struct err *e)
{
	if (r->blocks == 0 || r->blocks >= BLOCKS_MAX)
		return err_set(e, REASON_USAGE,
			       "a hash tree of %llu blocks, 1 to 2^52 are possible",
			       (unsigned long long)r->blocks);
	return r->salt.n <= VERITY_SALT_MAX ||
	       err_set(e, REASON_USAGE, "a salt of %zu bytes, at most %u are possible", r->salt.n,
		       VERITY_SALT_MAX);
}

struct verity *verity_new(const struct verity_rule *rule, const struct verity_sink *to,
			  struct err *e)
{
	owned(verity_free) struct verity *v = NULL;
	struct verity *made;

	if (!checked(rule, e))
		return NULL;
	v = calloc(1, sizeof(*v));
	if (!v) {
		err_set(e, REASON_OUT_OF_MEMORY, "no memory for a hash tree");
		return NULL;
	}
	v->to = *to;
	v->blocks = rule->blocks;
	v->salt = BUF(VERITY_SALT_MAX);
	buf_put(&v->salt, rule->salt);
	lay_out(v);
	v->hash = hash_new(DIGEST_SHA256, e);
	if (!v->hash || !buf_done(&v->salt, "the salt", e) || !put_superblock(v, rule, e))
		return NULL;
	made = v;
	v = NULL;
	return made;
}

void verity_free(struct verity **v)
{
	if (!*v)
		return;
	hash_free(&(*v)->hash);
	buf_free(&(*v)->salt);
	free(*v);
	*v = NULL;
}

static bool digest_block(struct verity *v, struct bytes block, struct digest *out, struct err *e)
{
	return hash_restart(v->hash, e) && hash_add(v->hash, buf_bytes(&v->salt), e) &&
	       hash_add(v->hash, block, e) && hash_finish(v->hash, out, e);
}

/* The block of a level goes out, zeros behind its digests; its own digest to *out. */
static bool close_block(struct verity *v, struct level *l, struct digest *out, struct err *e)
{
	struct bytes block = bytes_of(l->block, VERITY_BLOCK);

	memset(l->block + l->n, 0, VERITY_BLOCK - l->n);
	if (!v->to.put(v->to.arg, l->at, block, e) || !digest_block(v, block, out, e))
		return false;
	l->at += VERITY_BLOCK;
	l->n = 0;
	return true;
}

/* A digest enters level `from`; full blocks carry theirs upward. */
static bool carry(struct verity *v, unsigned from, struct digest d, struct err *e)
{
	for (unsigned i = from; i < v->levels; i++) {
		struct level *l = &v->level[i];

		memcpy(l->block + l->n, d.v, DIGEST_BYTES);
		l->n += DIGEST_BYTES;
		if (l->n < VERITY_BLOCK)
			return true;
		if (!close_block(v, l, &d, e))
			return false;
	}
	v->root = d;
	return true;
}

static bool add_block(struct verity *v, struct bytes block, struct err *e)
{
	struct digest d;

	if (v->added == v->blocks)
		return err_set(e, REASON_LIMIT, "more data than the hash tree has blocks, %llu",
			       (unsigned long long)v->blocks);
	v->added++;
	return digest_block(v, block, &d, e) && carry(v, 0, d, e);
}

bool verity_add(struct verity *v, struct bytes x, struct err *e)
{
	size_t n;

	while (x.n > 0) {
		if (v->n == 0 && x.n >= VERITY_BLOCK) {
			if (!add_block(v, bytes_of(x.p, VERITY_BLOCK), e))
				return false;
			x = bytes_of(x.p + VERITY_BLOCK, x.n - VERITY_BLOCK);
			continue;
		}
		n = VERITY_BLOCK - v->n < x.n ? VERITY_BLOCK - v->n : x.n;
		memcpy(v->part + v->n, x.p, n);
		v->n += n;
		x = bytes_of(x.p + n, x.n - n);
		if (v->n < VERITY_BLOCK)
			continue;
		v->n = 0;
		if (!add_block(v, bytes_of(v->part, VERITY_BLOCK), e))
			return false;
	}
	return true;
}

bool verity_end(struct verity *v, struct digest *root, struct err *e)
{
	struct digest d;

	if (v->n > 0 || v->added < v->blocks)
		return err_set(e, REASON_TRUNCATED,
			       "%llu of %llu blocks and %zu bytes of data came",
			       (unsigned long long)v->added, (unsigned long long)v->blocks, v->n);
	for (unsigned i = 0; i < v->levels; i++)
		if (v->level[i].n > 0 &&
		    (!close_block(v, &v->level[i], &d, e) || !carry(v, i + 1, d, e)))
			return false;
	*root = v->root;
	return true;
}
