#include <stdio.h>

#include "measure/base/cur.h"
#include "measure/base/hex.h"
#include "measure/core/remark_format.h"

#define SUPERBLOCK 1024u /* where a file system has it */
#define SUPERBLOCK_SIZE 512u
#define ID 16u
#define EROFS_MAGIC 0xe0f5e1e2u
#define EXT4_MAGIC 0xef53u
#define TREE_MAGIC "verity\0" /* with its NUL */
#define TREE_MAGIC_SIZE 8u
#define TREE_SIZE 344u
#define TREE_SALT_AT 88u
#define SALT_MAX 256u
#define BLOCK_BITS_MAX 16u

/*
 * What a tool draws or writes of its own into an image. Sources: Linux, fs/erofs/erofs_fs.h,
 * fs/ext4/ext4.h; cryptsetup, lib/verity/verity.c.
 */
struct root {
	const char *kind;
	int64_t time; /* of making it */
	struct bytes uuid, seed; /* in raw; seed: of hashes, of ext4 alone */
	uint64_t end; /* of the file system: where a hash tree may stand */
	uint8_t raw[SUPERBLOCK_SIZE];
};

/* Of the hash tree behind it. */
struct tree {
	bool is;
	struct bytes uuid, salt;
	uint8_t raw[TREE_SIZE];
};

static uint64_t number(struct bytes x, size_t at, unsigned width)
{
	struct err none = {0};
	struct cur c = cur_new(x, 0, &none);

	cur_take(&c, at, "what is in front");
	return width == 2   ? cur_le16(&c, "a number")
	       : width == 4 ? cur_le32(&c, "a number")
			    : cur_le64(&c, "a number");
}

static bool is_erofs(struct bytes superblock)
{
	return superblock.n >= 128 && number(superblock, 0, 4) == EROFS_MAGIC;
}

static bool is_ext4(struct bytes superblock)
{
	return superblock.n >= 0x110 && number(superblock, 0x38, 2) == EXT4_MAGIC;
}

static bool root_is(struct bytes head)
{
	struct bytes superblock = {NULL, 0};

	if (head.n > SUPERBLOCK)
		superblock = bytes_of(head.p + SUPERBLOCK, head.n - SUPERBLOCK);
	return is_erofs(superblock) || is_ext4(superblock);
}

static void end_at(struct root *r, uint64_t blocks, uint64_t bits)
{
	r->end = bits <= BLOCK_BITS_MAX && blocks <= UINT64_MAX >> BLOCK_BITS_MAX ? blocks << bits
										  : UINT64_MAX;
}

static bool root_read(const struct extent *x, struct root *r, struct err *e)
{
	struct bytes in = {r->raw, 0};

	if (!extent_read(x, SUPERBLOCK, (struct span){r->raw, SUPERBLOCK_SIZE}, &in.n, e))
		return false;
	if (is_erofs(in)) {
		r->kind = "EROFS";
		r->time = (int64_t)number(in, 24, 8);
		r->uuid = bytes_of(r->raw + 48, ID);
		end_at(r, number(in, 36, 4), r->raw[12]);
	} else {
		r->kind = "ext4";
		r->time = (int64_t)number(in, 0x108, 4);
		r->uuid = bytes_of(r->raw + 0x68, ID);
		r->seed = bytes_of(r->raw + 0xec, ID);
		end_at(r, number(in, 4, 4), 10 + number(in, 0x18, 4));
	}
	return true;
}

static bool tree_read(const struct extent *x, uint64_t at, struct tree *t, struct err *e)
{
	struct bytes in = {t->raw, 0};
	uint64_t salt;

	if (!extent_read(x, at, (struct span){t->raw, TREE_SIZE}, &in.n, e))
		return false;
	salt = number(in, 80, 2);
	t->is = in.n == TREE_SIZE && bytes_start(in, bytes_of(TREE_MAGIC, TREE_MAGIC_SIZE)) &&
		salt <= SALT_MAX;
	if (t->is) {
		t->uuid = bytes_of(t->raw + 16, ID);
		t->salt = bytes_of(t->raw + TREE_SALT_AT, (size_t)salt);
	}
	return true;
}

/* ---- told */

static void tell_hex(const struct remarks *r, const char *name, struct bytes a, struct bytes b)
{
	char first[2 * SALT_MAX + 1] = "", second[2 * SALT_MAX + 1] = "";

	if (a.n > 0)
		hex_string(first, a);
	if (b.n > 0)
		hex_string(second, b);
	remark_values(r, name, bytes_str(first), bytes_str(second), CAUSE_RANDOM_ID);
}

static void tell_time(const struct remarks *r, int64_t a, int64_t b)
{
	char first[24], second[24];

	snprintf(first, sizeof(first), "%lld", (long long)a);
	snprintf(second, sizeof(second), "%lld", (long long)b);
	remark_values(r, "time of the file system", bytes_str(first), bytes_str(second),
		      CAUSE_BUILD_TIME);
}

static bool tell(const struct extent x[2], const struct remarks *r, struct err *e)
{
	struct root root[2] = {0};
	struct tree tree[2] = {0};

	for (unsigned s = 0; s < 2; s++)
		if (!root_read(&x[s], &root[s], e) || !tree_read(&x[s], root[s].end, &tree[s], e))
			return false;
	remark_values(r, "file system", bytes_str(root[0].kind), bytes_str(root[1].kind),
		      CAUSE_NONE);
	tell_time(r, root[0].time, root[1].time);
	tell_hex(r, "UUID of the file system", root[0].uuid, root[1].uuid);
	tell_hex(r, "hash seed of the file system", root[0].seed, root[1].seed);
	if (tree[0].is && tree[1].is) {
		tell_hex(r, "UUID of the hash tree", tree[0].uuid, tree[1].uuid);
		tell_hex(r, "salt of the hash tree", tree[0].salt, tree[1].salt);
	}
	return true;
}

const struct remark_format remark_root = {root_is, tell};
