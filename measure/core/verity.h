/*
 * The hash tree of dm-verity (Linux, Documentation/admin-guide/device-mapper/verity.rst; on-disk
 * superblock of cryptsetup, version 1, hash type 1): a digest of every 4096-byte block, of every
 * block of digests, and so on up to the root hash, which binds all of it. SHA-256, little endian
 * superblock. Written as the data comes, in memory of one block for each level.
 *
 * A hash area is the superblock's block, then the levels, the topmost first.
 */
#ifndef MEASURE_CORE_VERITY_H
#define MEASURE_CORE_VERITY_H

#include "measure/core/hash.h"

#define VERITY_BLOCK 4096u
#define VERITY_SALT_MAX 256u
#define VERITY_LEVELS_MAX 9u /* 128 digests in a block, 2^52 blocks */

struct verity_rule {
	uint64_t blocks; /* of data; 1 or more, and below 2^52 */
	struct bytes salt; /* at most VERITY_SALT_MAX bytes, may be empty */
	uint8_t uuid[16];
};

/* Where the hash area goes: `at` counts from its start. */
struct verity_sink {
	bool (*put)(void *arg, uint64_t at, struct bytes x, struct err *e);
	void *arg;
};

struct verity;

/* Bytes of the hash area for that many blocks of data; 0 where there can be none. */
uint64_t verity_size(uint64_t blocks);

/* usage: no blocks or too many, a salt too long. Released by verity_free(). */
must struct verity *verity_new(const struct verity_rule *rule, const struct verity_sink *to,
			       struct err *e);
void verity_free(struct verity **v);

/* The data in pieces of any size, exactly as many bytes as the blocks hold (limit otherwise). */
must bool verity_add(struct verity *v, struct bytes x, struct err *e);

/* The root hash, when all data were added (truncated otherwise). */
must bool verity_end(struct verity *v, struct digest *root, struct err *e);

#endif
