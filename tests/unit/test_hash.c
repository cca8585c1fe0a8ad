#include "measure/core/hash.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_eif.h"

#define ALGS 4

/* The same by OpenSSL's one-shot call, and by the tests' own CRC. */
static void expected(enum digest_alg alg, const uint8_t *p, size_t n, uint8_t out[64])
{
	const EVP_MD *md[] = {EVP_sha256(), EVP_sha384(), EVP_sha512()};

	if (alg == DIGEST_CRC32)
		forge_put(out, 4, forge_crc(0, p, n));
	else
		assert_int_equal(EVP_Digest(p, n, out, NULL, md[alg], NULL), 1);
}

static void check_digest(const struct digest *d, enum digest_alg alg, const uint8_t *p, size_t n)
{
	uint8_t right[64] = {0};

	expected(alg, p, n, right);
	assert_int_equal(d->alg, alg);
	assert_int_equal(d->len, digest_len(alg));
	assert_memory_equal(d->v, right, DIGEST_MAX);
}

static void fill(uint8_t *p, size_t n)
{
	uint32_t x = 1;

	for (size_t i = 0; i < n; i++) {
		x = x * 1664525 + 1013904223;
		p[i] = (uint8_t)(x >> 24);
	}
}

/* SHA-2 of "abc": FIPS 180-4; CRC-32 of "123456789": its catalogue's check value. */
static void published_values_come_out(void **state)
{
	struct digest d;
	struct err e = {0};

	(void)state;
	assert_true(hash_of(DIGEST_SHA256, bytes_str("abc"), &d, &e));
	assert_memory_equal(d.v, "\xba\x78\x16\xbf\x8f\x01\xcf\xea", 8);
	assert_true(hash_of(DIGEST_SHA384, bytes_str("abc"), &d, &e));
	assert_memory_equal(d.v, "\xcb\x00\x75\x3f\x45\xa3\x5e\x8b", 8);
	assert_true(hash_of(DIGEST_SHA512, bytes_str("abc"), &d, &e));
	assert_memory_equal(d.v, "\xdd\xaf\x35\xa1\x93\x61\x7a\xba", 8);
	assert_true(hash_of(DIGEST_CRC32, bytes_str("123456789"), &d, &e));
	assert_memory_equal(d.v, "\xcb\xf4\x39\x26", 4);
}

static void names_and_lengths_are_those_of_the_algorithms(void **state)
{
	static const char *const names[ALGS] = {"sha256", "sha384", "sha512", "crc32"};
	static const size_t lens[ALGS] = {32, 48, 64, 4};

	(void)state;
	for (unsigned a = 0; a < ALGS; a++) {
		assert_string_equal(digest_name(a), names[a]);
		assert_int_equal(digest_len(a), lens[a]);
	}
}

static void check_pieces(enum digest_alg alg, const uint8_t *p, size_t n, size_t piece)
{
	struct err e = {0};
	struct hash *h = hash_new(alg, &e);
	struct digest d;

	assert_non_null(h);
	for (size_t at = 0; at < n; at += piece)
		assert_true(hash_add(h, bytes_of(p + at, n - at < piece ? n - at : piece), &e));
	assert_true(hash_peek(h, &d, &e));
	check_digest(&d, alg, p, n);
	hash_free(&h);
	assert_null(h);
}

static void every_length_in_pieces_of_any_size_gives_the_same(void **state)
{
	uint8_t p[300];

	(void)state;
	fill(p, sizeof(p));
	for (unsigned a = 0; a < ALGS; a++)
		for (size_t n = 0; n <= 300; n++)
			for (size_t piece = 1; piece <= 301; piece += 1 + piece / 2)
				check_pieces(a, p, n, piece);
}

static void peeking_does_not_disturb_and_restarting_forgets(void **state)
{
	uint8_t p[200];

	(void)state;
	fill(p, sizeof(p));
	for (unsigned a = 0; a < ALGS; a++) {
		struct err e = {0};
		struct hash *h = hash_new(a, &e);
		struct digest d;

		for (size_t round = 0; round < 3; round++) {
			for (size_t i = 0; i < sizeof(p); i++) {
				assert_true(hash_peek(h, &d, &e));
				check_digest(&d, a, p, i);
				assert_true(hash_add(h, bytes_of(p + i, 1), &e));
			}
			assert_true(hash_restart(h, &e));
		}
		hash_free(&h);
	}
}

static void nothing_may_be_added(void **state)
{
	(void)state;
	for (unsigned a = 0; a < ALGS; a++) {
		struct err e = {0};
		struct digest d;

		assert_true(hash_of(a, bytes_of(NULL, 0), &d, &e));
		check_digest(&d, a, (const uint8_t *)"", 0);
		assert_true(hash_of_two(a, bytes_str("ab"), bytes_str("c"), &d, &e));
		check_digest(&d, a, (const uint8_t *)"abc", 3);
	}
}

static void digests_are_equal_in_algorithm_and_every_byte(void **state)
{
	struct digest a, b;
	struct err e = {0};

	(void)state;
	assert_true(hash_of(DIGEST_SHA384, bytes_str("a"), &a, &e));
	b = a;
	assert_true(digest_equal(&a, &b));
	for (size_t i = 0; i < a.len; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			b = a;
			b.v[i] ^= (uint8_t)(1u << bit);
			assert_false(digest_equal(&a, &b));
		}
	}
	b = a;
	b.alg = DIGEST_SHA512;
	assert_false(digest_equal(&a, &b));
	b = a;
	b.len--;
	assert_false(digest_equal(&a, &b));
}

static void one_digest_follows_another_and_goes_on_alone(void **state)
{
	(void)state;
	for (unsigned alg = DIGEST_SHA256; alg <= DIGEST_CRC32; alg++) {
		owned(hash_free) struct hash *a = NULL;
		owned(hash_free) struct hash *b = NULL;
		struct digest got, want;
		struct err e = {0};

		a = hash_new((enum digest_alg)alg, &e);
		b = hash_new((enum digest_alg)alg, &e);
		assert_true(a && b && hash_add(a, bytes_str("ab"), &e));
		assert_true(hash_add(b, bytes_str("x"), &e) && hash_follow(b, a, &e));
		assert_true(hash_add(b, bytes_str("c"), &e) && hash_finish(b, &got, &e));
		assert_true(hash_of((enum digest_alg)alg, bytes_str("abc"), &want, &e));
		assert_true(digest_equal(&got, &want));
		assert_true(hash_finish(a, &got, &e));
		assert_true(hash_of((enum digest_alg)alg, bytes_str("ab"), &want, &e));
		assert_true(digest_equal(&got, &want));
	}
}

static void what_is_finished_takes_no_more_until_it_begins_anew(void **state)
{
	struct err e = {0};
	struct hash *h = hash_new(DIGEST_SHA256, &e);
	struct digest got, want;

	(void)state;
	assert_true(hash_finish(h, &got, &e));
	assert_false(hash_add(h, bytes_str("abc"), &e));
	check_err(&e, REASON_LIBRARY, "a digest that is finished takes no more");
	e = (struct err){0};
	assert_true(hash_restart(h, &e) && hash_add(h, bytes_str("abc"), &e));
	assert_true(hash_finish(h, &got, &e));
	assert_true(hash_of(DIGEST_SHA256, bytes_str("abc"), &want, &e));
	assert_true(digest_equal(&got, &want));
	hash_free(&h);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_finished_takes_no_more_until_it_begins_anew),
		cmocka_unit_test(published_values_come_out),
		cmocka_unit_test(names_and_lengths_are_those_of_the_algorithms),
		cmocka_unit_test(every_length_in_pieces_of_any_size_gives_the_same),
		cmocka_unit_test(peeking_does_not_disturb_and_restarting_forgets),
		cmocka_unit_test(nothing_may_be_added),
		cmocka_unit_test(digests_are_equal_in_algorithm_and_every_byte),
		cmocka_unit_test(one_digest_follows_another_and_goes_on_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
