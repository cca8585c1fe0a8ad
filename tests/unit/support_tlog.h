/*
 * A log's tree for tests, as RFC 6962 §2.1 defines it: by recursion, from all entries, each of
 * which is the decimal text of its index. What cannot be done ends the test program.
 */
#ifndef TESTS_UNIT_SUPPORT_TLOG_H
#define TESTS_UNIT_SUPPORT_TLOG_H

#include "reference-db/tlog_tree.h"

/* Of the first size entries; entry `at` is `special` where that is not NULL. */
struct tlog_made {
	uint64_t size, at;
	const struct bytes *special;
	uint64_t offset; /* that entry 0 has instead of 0 */
};

struct tlog_head tlog_made_head(const struct tlog_made *t);

/* Paths, each up to TLOG_PATH hashes long, in room of the caller's. */
struct bytes tlog_made_path(const struct tlog_made *t, uint64_t index,
			    uint8_t room[TLOG_PATH * TLOG_HASH]);
struct bytes tlog_made_growth(const struct tlog_made *t, uint64_t older,
			      uint8_t room[TLOG_PATH * TLOG_HASH]);

#endif
