#include "reference-db/tlog_tree.h"

#include <stdio.h>

#include "measure/base/hex.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_hex.h"
#include "tests/unit/support_tlog.h"

#define MOST 40u

static struct digest leaf_of(const char *entry)
{
	struct digest d = {0};
	struct err e = {0};

	assert_true(tlog_leaf(bytes_str(entry), &d, &e));
	return d;
}

static struct digest leaf_at(uint64_t i)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)i);
	return leaf_of(text);
}

static void same(const struct digest *d, const char *hex)
{
	char text[2 * DIGEST_MAX + 1];

	hex_string(text, digest_bytes(d));
	assert_string_equal(text, hex);
}

/* The leaves that Certificate Transparency's implementations are tested with, and their roots. */
static void the_known_tree_of_eight_has_the_known_roots(void **state)
{
	static const char *const entry[] = {
		"",
		"00",
		"10",
		"2021",
		"3031",
		"40414243",
		"5051525354555657",
		"606162636465666768696a6b6c6d6e6f",
	};
	static const char *const path[] = {
		"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
		"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
		"6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
	};
	struct tlog_head head = {.size = 8};
	struct bytes b = hexed("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
	uint8_t room[3 * TLOG_HASH];
	struct err e = {0};
	struct digest d;

	(void)state;
	head.root = (struct digest){.alg = DIGEST_SHA256, .len = TLOG_HASH};
	memcpy(head.root.v, b.p, b.n);
	hexed_free(&b);
	for (size_t i = 0; i < 3; i++) {
		b = hexed(path[i]);
		memcpy(room + i * TLOG_HASH, b.p, b.n);
		hexed_free(&b);
	}
	assert_true(tlog_leaf(bytes_str(entry[0]), &d, &e));
	same(&d, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
	assert_true(tlog_included(&head, 0, &d, bytes_of(room, sizeof(room)), &e));
	check_no_err(&e);
	assert_true(tlog_empty(&d, &e));
	same(&d, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void every_entry_of_every_tree_is_included_at_its_place_alone(void **state)
{
	uint8_t room[TLOG_PATH * TLOG_HASH];

	(void)state;
	for (uint64_t n = 1; n <= MOST; n++) {
		struct tlog_made t = {.size = n};
		struct tlog_head head = tlog_made_head(&t);

		for (uint64_t i = 0; i < n; i++) {
			struct bytes path = tlog_made_path(&t, i, room);
			struct digest leaf = leaf_at(i);

			assert_int_equal(path.n / TLOG_HASH, tlog_path_length(i, n));
			for (uint64_t j = 0; j <= n; j++) {
				struct err e = {0};

				assert_int_equal(tlog_included(&head, j, &leaf, path, &e), i == j);
				assert_int_equal(e.reason, i == j ? REASON_NONE : REASON_LOG_PROOF);
			}
		}
	}
}

static void refuse(const struct tlog_head *head, uint64_t index, const struct digest *leaf,
		   struct bytes path, const char *text)
{
	struct err e = {0};

	assert_false(tlog_included(head, index, leaf, path, &e));
	check_err(&e, REASON_LOG_PROOF, text);
}

#define OTHER_ROOT "its path leads to another root than the tree has"

static void what_is_not_the_entry_its_place_or_its_path_is_refused(void **state)
{
	struct tlog_made t = {.size = 11};
	struct tlog_head head = tlog_made_head(&t);
	uint8_t room[TLOG_PATH * TLOG_HASH];
	struct bytes path = tlog_made_path(&t, 5, room);
	struct digest leaf = leaf_at(5), other = leaf_at(6);
	struct bytes shorter = bytes_of(path.p, path.n - TLOG_HASH);
	struct bytes longer = bytes_of(path.p, path.n + TLOG_HASH);

	(void)state;
	refuse(&head, 11, &leaf, path, "there is no entry 11 in a tree of 11");
	refuse(&head, UINT64_MAX, &leaf, path,
	       "there is no entry 18446744073709551615 in a tree of 11");
	refuse(&head, 5, &leaf, shorter, "the path has 3 hashes and must have 4");
	refuse(&head, 5, &leaf, longer, "the path has 5 hashes and must have 4");
	refuse(&head, 5, &leaf, bytes_of(NULL, 0), "the path has 0 hashes and must have 4");
	refuse(&head, 5, &other, path, OTHER_ROOT);
	refuse(&head, 4, &leaf, path, OTHER_ROOT);
	refuse(&head, 7, &leaf, path, OTHER_ROOT);
	for (size_t i = 0; i < path.n; i++) {
		room[i] ^= 1;
		refuse(&head, 5, &leaf, path, OTHER_ROOT);
		room[i] ^= 1;
	}
	head.root.v[31] ^= 1;
	refuse(&head, 5, &leaf, path, OTHER_ROOT);
}

/* A node's two children as an entry, and a node in the place of a leaf. */
static void a_node_is_no_leaf_and_a_leaf_no_node(void **state)
{
	struct tlog_made t = {.size = 4};
	struct tlog_head head = tlog_made_head(&t);
	struct digest a = leaf_at(0), b = leaf_at(1), leaf;
	uint8_t room[TLOG_PATH * TLOG_HASH], entry[2 * TLOG_HASH];
	struct bytes path = tlog_made_path(&t, 0, room);
	struct bytes upper = bytes_of(path.p + TLOG_HASH, TLOG_HASH);
	struct err e = {0};

	(void)state;
	memcpy(entry, a.v, TLOG_HASH);
	memcpy(entry + TLOG_HASH, b.v, TLOG_HASH);
	assert_true(tlog_leaf(bytes_of(entry, sizeof(entry)), &leaf, &e));
	refuse(&head, 0, &leaf, upper, "the path has 1 hashes and must have 2");
	head.size = 2;
	refuse(&head, 0, &leaf, upper, OTHER_ROOT);
}

static void a_tree_of_one_has_no_path_and_one_of_any_size_a_known_length(void **state)
{
	struct tlog_made t = {.size = 1};
	struct tlog_head head = tlog_made_head(&t);
	struct digest leaf = leaf_at(0);
	struct err e = {0};

	(void)state;
	assert_true(tlog_included(&head, 0, &leaf, bytes_of(NULL, 0), &e));
	check_no_err(&e);
	assert_int_equal(tlog_path_length(0, TLOG_SIZE_MAX), 63);
	assert_int_equal(tlog_path_length(TLOG_SIZE_MAX - 1, TLOG_SIZE_MAX), 62);
	assert_int_equal(tlog_path_length(UINT64_C(1) << 62, (UINT64_C(1) << 62) + 1), 1);
	assert_int_equal(tlog_path_length(0, UINT64_MAX), 64);
}

static void every_tree_grows_out_of_every_smaller_one(void **state)
{
	uint8_t room[TLOG_PATH * TLOG_HASH];

	(void)state;
	for (uint64_t n = 0; n <= MOST; n++) {
		struct tlog_made t = {.size = n};
		struct tlog_head newer = tlog_made_head(&t);

		for (uint64_t m = 0; m <= n; m++) {
			struct tlog_made smaller = {.size = m};
			struct tlog_head older = tlog_made_head(&smaller);
			struct bytes path = tlog_made_growth(&t, m, room);
			struct err e = {0};

			assert_true(tlog_consistent(&older, &newer, path, &e));
			check_no_err(&e);
			for (size_t i = 0; i < path.n; i += 7) {
				room[i] ^= 0x80;
				assert_false(tlog_consistent(&older, &newer, path, &e));
				room[i] ^= 0x80;
			}
		}
	}
}

static void refuse_growth(const struct tlog_head *older, const struct tlog_head *newer,
			  struct bytes path, const char *text)
{
	struct err e = {0};

	assert_false(tlog_consistent(older, newer, path, &e));
	check_err(&e, REASON_LOG_PROOF, text);
}

static void a_tree_that_shrank_or_forgot_an_entry_is_refused(void **state)
{
	struct bytes another = bytes_str("another entry");
	struct tlog_made t = {.size = 11}, before = {.size = 6}, other = before;
	struct tlog_head newer = tlog_made_head(&t), older = tlog_made_head(&before), forked;
	uint8_t room[TLOG_PATH * TLOG_HASH];
	struct bytes path = tlog_made_growth(&t, 6, room);

	(void)state;
	other.special = &another;
	other.at = 3;
	forked = tlog_made_head(&other);
	refuse_growth(&forked, &newer, path, "the path leads to other roots than the trees have");
	refuse_growth(&newer, &older, path, "the tree shrank from 11 entries to 6");
	refuse_growth(&older, &forked, bytes_of(NULL, 0),
		      "two trees of 6 entries have different roots");
	refuse_growth(&older, &older, path, "the path has 4 hashes and must have 0");
	refuse_growth(&older, &newer, bytes_of(NULL, 0), "the path ends too early");
	refuse_growth(&older, &newer, bytes_of(path.p, path.n - TLOG_HASH),
		      "the path ends too early");
	refuse_growth(&older, &newer, bytes_of(path.p, path.n - 1), "the path ends inside a hash");
	refuse_growth(&older, &newer, bytes_of(path.p, path.n + TLOG_HASH),
		      "the path goes on behind the root");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_known_tree_of_eight_has_the_known_roots),
		cmocka_unit_test(every_entry_of_every_tree_is_included_at_its_place_alone),
		cmocka_unit_test(what_is_not_the_entry_its_place_or_its_path_is_refused),
		cmocka_unit_test(a_node_is_no_leaf_and_a_leaf_no_node),
		cmocka_unit_test(a_tree_of_one_has_no_path_and_one_of_any_size_a_known_length),
		cmocka_unit_test(every_tree_grows_out_of_every_smaller_one),
		cmocka_unit_test(a_tree_that_shrank_or_forgot_an_entry_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
