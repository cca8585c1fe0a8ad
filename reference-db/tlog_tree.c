#include "reference-db/tlog_tree.h"

#include "measure/core/hash.h"

#define LEAF 0x00u
#define NODE 0x01u

bool tlog_leaf(struct bytes entry, struct digest *out, struct err *e)
{
	static const uint8_t leaf = LEAF;

	return hash_of_two(DIGEST_SHA256, bytes_of(&leaf, 1), entry, out, e);
}

bool tlog_empty(struct digest *root, struct err *e)
{
	return hash_of(DIGEST_SHA256, (struct bytes){0}, root, e);
}

static bool node(const uint8_t left[TLOG_HASH], const uint8_t right[TLOG_HASH], struct digest *out,
		 struct err *e)
{
	uint8_t both[1 + 2 * TLOG_HASH] = {NODE};

	memcpy(both + 1, left, TLOG_HASH);
	memcpy(both + 1 + TLOG_HASH, right, TLOG_HASH);
	return hash_of(DIGEST_SHA256, bytes_of(both, sizeof(both)), out, e);
}

static bool is_length(struct bytes path, size_t wanted, struct err *e)
{
	return path.n == wanted * TLOG_HASH ||
	       err_set(e, REASON_LOG_PROOF, "the path has %zu hashes and must have %zu",
		       path.n / TLOG_HASH, wanted);
}

/* ---- inclusion */

static unsigned bit_length(uint64_t x)
{
	return x == 0 ? 0 : 64 - (unsigned)__builtin_clzll(x);
}

/* Up to where the way of the last leaf is met there is a neighbour at every step. */
static unsigned inner_length(uint64_t index, uint64_t size)
{
	return bit_length(index ^ (size - 1));
}

size_t tlog_path_length(uint64_t index, uint64_t size)
{
	unsigned inner = inner_length(index, size);

	return inner + (inner < 64 ? (size_t)__builtin_popcountll(index >> inner) : 0);
}

bool tlog_included(const struct tlog_head *head, uint64_t index, const struct digest *leaf,
		   struct bytes path, struct err *e)
{
	struct digest at = *leaf;
	unsigned inner;

	if (index >= head->size)
		return err_set(e, REASON_LOG_PROOF, "there is no entry %llu in a tree of %llu",
			       (unsigned long long)index, (unsigned long long)head->size);
	if (!is_length(path, tlog_path_length(index, head->size), e))
		return false;
	inner = inner_length(index, head->size);
	for (unsigned i = 0; i < path.n / TLOG_HASH; i++) {
		const uint8_t *beside = path.p + i * TLOG_HASH;
		bool right = i >= inner || (index >> i & 1);

		if (!node(right ? beside : at.v, right ? at.v : beside, &at, e))
			return false;
	}
	return digest_equal(&at, &head->root) ||
	       err_set(e, REASON_LOG_PROOF, "its path leads to another root than the tree has");
}

/* ---- consistency */

/* Both ways at once, as RFC 9162 §2.1.4.2 goes them: where the older tree ends, and the newer. */
struct climb {
	uint64_t older, newer; /* the last leaf's place on this level */
	struct digest older_at, newer_at;
};

static void up(struct climb *c)
{
	c->older >>= 1;
	c->newer >>= 1;
}

static bool step(struct climb *c, const uint8_t *beside, struct err *e)
{
	if ((c->older & 1) || c->older == c->newer) {
		if (!node(beside, c->older_at.v, &c->older_at, e) ||
		    !node(beside, c->newer_at.v, &c->newer_at, e))
			return false;
		while (!(c->older & 1) && c->older != 0)
			up(c);
	} else if (!node(c->newer_at.v, beside, &c->newer_at, e)) {
		return false;
	}
	up(c);
	return true;
}

static bool climb(const struct tlog_head *older, const struct tlog_head *newer, struct bytes path,
		  struct err *e)
{
	struct climb c = {.older = older->size - 1, .newer = newer->size - 1};
	bool whole = (older->size & (older->size - 1)) == 0;

	while (c.older & 1)
		up(&c);
	c.older_at = older->root;
	if (!whole) {
		if (path.n == 0)
			return err_set(e, REASON_LOG_PROOF, "the path ends too early");
		memcpy(c.older_at.v, path.p, TLOG_HASH);
		path = bytes_of(path.p + TLOG_HASH, path.n - TLOG_HASH);
	}
	c.newer_at = c.older_at;
	for (; path.n > 0; path = bytes_of(path.p + TLOG_HASH, path.n - TLOG_HASH)) {
		if (c.newer == 0)
			return err_set(e, REASON_LOG_PROOF, "the path goes on behind the root");
		if (!step(&c, path.p, e))
			return false;
	}
	if (c.newer != 0)
		return err_set(e, REASON_LOG_PROOF, "the path ends too early");
	return (digest_equal(&c.older_at, &older->root) &&
		digest_equal(&c.newer_at, &newer->root)) ||
	       err_set(e, REASON_LOG_PROOF, "the path leads to other roots than the trees have");
}

bool tlog_consistent(const struct tlog_head *older, const struct tlog_head *newer,
		     struct bytes path, struct err *e)
{
	if (older->size > newer->size)
		return err_set(e, REASON_LOG_PROOF, "the tree shrank from %llu entries to %llu",
			       (unsigned long long)older->size, (unsigned long long)newer->size);
	if (path.n % TLOG_HASH != 0)
		return err_set(e, REASON_LOG_PROOF, "the path ends inside a hash");
	if (older->size > 0 && older->size < newer->size)
		return climb(older, newer, path, e);
	if (!is_length(path, 0, e))
		return false;
	return older->size < newer->size || digest_equal(&older->root, &newer->root) ||
	       err_set(e, REASON_LOG_PROOF, "two trees of %llu entries have different roots",
		       (unsigned long long)newer->size);
}
