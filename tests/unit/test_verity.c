#include "measure/core/verity.h"

#include "tests/unit/support_check.h"
#include "tests/unit/support_hex.h"

#define BLOCKS 300u /* three blocks of digests, and one above them */

/* The hash area in memory. */
struct area {
	uint8_t *p;
	size_t n;
};

static bool put(void *arg, uint64_t at, struct bytes x, struct err *e)
{
	struct area *a = arg;

	if (at + x.n > a->n)
		return err_set(e, REASON_IO, "behind the end of the area");
	memcpy(a->p + at, x.p, x.n);
	return true;
}

static uint8_t *data_new(size_t n)
{
	uint8_t *p = malloc(n);

	assert_non_null(p);
	for (size_t i = 0; i < n; i += 4) {
		uint32_t x = (uint32_t)(i / 4) * 2654435761u;

		for (unsigned k = 0; k < 4; k++)
			p[i + k] = (uint8_t)(x >> (8 * k));
	}
	return p;
}

static const struct verity_rule *rule(struct verity_rule *r, uint64_t blocks, const char *salt)
{
	*r = (struct verity_rule){.blocks = blocks, .salt = bytes_of(salt, salt ? 4 : 0)};
	for (unsigned i = 0; i < sizeof(r->uuid); i++)
		r->uuid[i] = (uint8_t)(i + 1);
	return r;
}

struct made {
	struct area area;
	struct digest root, sum;
};

/* In pieces of `step` bytes. */
static void make(struct made *m, uint64_t blocks, const char *salt, size_t step)
{
	size_t size = (size_t)blocks * VERITY_BLOCK;
	uint8_t *data = data_new(size);
	struct verity_rule r;
	struct err e = {0};
	struct verity *v;

	m->area.n = (size_t)verity_size(blocks);
	m->area.p = calloc(1, m->area.n);
	assert_non_null(m->area.p);
	v = verity_new(rule(&r, blocks, salt), &(struct verity_sink){put, &m->area}, &e);
	check_no_err(&e);
	for (size_t at = 0; at < size; at += step)
		assert_true(verity_add(v, bytes_of(data + at, size - at < step ? size - at : step),
				       &e));
	assert_true(verity_end(v, &m->root, &e));
	assert_true(hash_of(DIGEST_SHA256, bytes_of(m->area.p, m->area.n), &m->sum, &e));
	verity_free(&v);
	free(m->area.p);
	free(data);
}

static void check_hex(struct bytes got, const char *hex)
{
	struct bytes want = hexed(hex);

	assert_int_equal(got.n, want.n);
	assert_memory_equal(got.p, want.p, want.n);
	hexed_free(&want);
}

/* The constants are what veritysetup 2.6.1 made of the same data. */
static void trees_are_those_of_veritysetup(void **state)
{
	static const size_t steps[] = {1000, 4096, 4097, 1 << 20};
	struct made m;

	(void)state;
	for (size_t i = 0; i < COUNT(steps); i++) {
		make(&m, BLOCKS, "\x00\x11\x22\x33", steps[i]);
		check_hex(digest_bytes(&m.root),
			  "d8d2ebfb3b6a7303fb08333530aefd76d4b9bb8b3c7981f7d5e150518114cfe0");
		check_hex(digest_bytes(&m.sum),
			  "e3b118e08c64ca7213f8e03bac8bdbcc3df8326bfd464727288dc2f7cb4ae4c7");
	}
	make(&m, 1, NULL, 4096);
	check_hex(digest_bytes(&m.root),
		  "1fb2cb018b3ced755124cd48ab945b5746353cd060e813ed8919bb5bb7b3e42a");
	check_hex(digest_bytes(&m.sum),
		  "ad663fd31f16978fd27b8ca723427cadd74c1afc71bfc3eaf1b6d2934b812f3b");
}

static void the_area_has_the_superblock_and_all_levels(void **state)
{
	(void)state;
	assert_true(verity_size(0) == 0);
	assert_true(verity_size(1) == 4096);
	assert_true(verity_size(2) == UINT64_C(2) * 4096);
	assert_true(verity_size(128) == UINT64_C(2) * 4096);
	assert_true(verity_size(129) == UINT64_C(4) * 4096);
	assert_true(verity_size(UINT64_C(1) << 52) == 0);
	assert_true(verity_size((UINT64_C(1) << 52) - 1) > UINT64_C(1) << 57);
}

/* What the tree is told is wrong; nothing is made. */
static void what_has_no_tree_is_refused(void **state)
{
	static const char salt[VERITY_SALT_MAX + 1];
	struct area a = {0};
	struct verity_sink to = {put, &a};
	struct verity_rule r;
	struct err e = {0};

	(void)state;
	assert_null(verity_new(rule(&r, 0, NULL), &to, &e));
	check_err(&e, REASON_USAGE, "a hash tree of 0 blocks, 1 to 2^52 are possible");
	e = (struct err){0};
	r = (struct verity_rule){.blocks = 1, .salt = bytes_of(salt, sizeof(salt))};
	assert_null(verity_new(&r, &to, &e));
	check_err(&e, REASON_USAGE, "a salt of 257 bytes, at most 256 are possible");
	e = (struct err){0};
	assert_null(verity_new(rule(&r, 1, NULL), &to, &e));
	check_err(&e, REASON_IO, "behind the end of the area");
}

static void more_or_less_data_than_said_is_refused(void **state)
{
	static const uint8_t data[2 * VERITY_BLOCK];
	uint8_t bytes[VERITY_BLOCK];
	struct area a = {bytes, sizeof(bytes)};
	struct verity_rule r;
	struct digest root;
	struct err e = {0};
	struct verity *v = verity_new(rule(&r, 1, NULL), &(struct verity_sink){put, &a}, &e);

	(void)state;
	assert_false(verity_end(v, &root, &e));
	check_err(&e, REASON_TRUNCATED, "0 of 1 blocks and 0 bytes of data came");
	e = (struct err){0};
	assert_false(verity_add(v, bytes_of(data, sizeof(data)), &e));
	check_err(&e, REASON_LIMIT, "more data than the hash tree has blocks, 1");
	verity_free(&v);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees_are_those_of_veritysetup),
		cmocka_unit_test(the_area_has_the_superblock_and_all_levels),
		cmocka_unit_test(what_has_no_tree_is_refused),
		cmocka_unit_test(more_or_less_data_than_said_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
