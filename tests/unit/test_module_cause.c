/* Why the modules of two firmware images differ. */
#include "tests/unit/support_check.h"
#include "tests/unit/support_pe.h"

#include "measure/core/hash.h"
#include "ovmf-snp/module_cause.h"

#define IMAGES 3u

/* Modules as of one volume, which the root holds. */
static struct part *firmware(const struct forge_image *x, size_t n)
{
	struct err e = {0};
	struct part *root = part_new(NULL, "firmware", 0, 0, &e);

	root->held = BUF(1u << 20);
	for (size_t i = 0; i < n; i++) {
		owned(buf_free) struct buf b = BUF(1u << 16);
		struct part *file = part_new(root, "M", 0, 0, &e), *p;

		forge_image(&b, &x[i]);
		p = part_new(file, x[i].kind >= FORGE_TE64 ? "TE" : "PE32", root->held.n, b.n + 4,
			     &e);
		buf_le(&root->held, b.n + 4, 4);
		buf_put(&root->held, buf_bytes(&b));
		p->n_digests = 1;
		assert_true(hash_of(DIGEST_SHA256, buf_bytes(&b), &p->digest[0], &e));
	}
	return root;
}

static void two(const struct forge_image *a, const struct forge_image *b, enum cause cause,
		const char *want)
{
	struct part *x = firmware(a, IMAGES), *y = firmware(b, IMAGES);
	owned(buf_free) struct buf text = BUF(4096);

	assert_int_equal(module_cause(x, y, &text), cause);
	assert_string_equal(buf_cstr(&text), want);
	part_free(&x);
	part_free(&y);
}

static const struct forge_image base[IMAGES] = {
	{FORGE_PE64, "a", 0x1122334455667788, "RSDS", "/b/one/Build/A.dll"},
	{FORGE_TE64, "b", 0x99aabbccddeeff01, "NB10", "/b/one/Build/B.dll"},
	{FORGE_PE64, "c", 0x1122334455667788, NULL, NULL},
};

#define COOKIES(n)                                                                              \
	"modules: " n " of 3 images differ, each in one random word of its data alone, as the " \
	"stack cookies do that edk2 draws\n"

static void paths_are_told_of_the_first_that_differs(void **state)
{
	struct forge_image x[IMAGES];

	(void)state;
	memcpy(x, base, sizeof(x));
	x[0].file = "/home/\x1b/Build/A.dll";
	x[1].file = "/home/\x1b/Build/B.dll";
	x[2].code = "another";
	two(base, x, CAUSE_BUILD_PATH,
	    "modules: 2 of 3 images name another file that they were linked as, below '/b/one' in "
	    "the first, '/home/\\x1b' in the second\n");
	x[1].file = base[1].file;
	x[0].file = "Other.dll";
	two(x, base, CAUSE_BUILD_PATH,
	    "modules: 1 of 3 images name another file that they were linked as, below 'Other.dll' "
	    "in the first, '/b/one/Build/A.dll' in the second\n");
}

static void words_that_belong_together_are_cookies(void **state)
{
	struct forge_image x[IMAGES];

	(void)state;
	memcpy(x, base, sizeof(x));
	x[0].word = x[2].word = 0xfedcba9876543210;
	two(base, x, CAUSE_STACK_COOKIE, COOKIES("2"));
	x[1].word = 0x1020304050607080;
	two(base, x, CAUSE_STACK_COOKIE, COOKIES("3"));
	x[0].word = x[2].word = 0xfedcba9876547788; /* two bytes alike, at its beginning */
	two(base, x, CAUSE_STACK_COOKIE, COOKIES("3"));
}

static void of_32_bits_too(void **state)
{
	static const struct forge_image a[IMAGES] = {
		{FORGE_PE32, "a", 0x11223344, NULL, NULL},
		{FORGE_TE32, "b", 0x55667788, NULL, NULL},
		{FORGE_PE32, "c", 0x99aabbcc, NULL, NULL},
	};
	struct forge_image b[IMAGES];

	(void)state;
	memcpy(b, a, sizeof(b));
	b[0].word = 0xa1b2c3d4;
	b[1].word = 0x01f2e3d4;
	two(a, b, CAUSE_STACK_COOKIE, COOKIES("2"));
}

static void of_anything_else_nothing_is_told(void **state)
{
	static const struct forge_image drawn = {FORGE_PE64, "a", 0xfedcba9876543210, "RSDS",
						 "/b/one/Build/A.dll"};
	struct forge_image x[IMAGES];

	(void)state;
	two(base, base, CAUSE_NONE, "");
	memcpy(x, base, sizeof(x));
	x[0] = drawn; /* one alone */
	two(base, x, CAUSE_NONE, "");
	x[2].word = 0x0f1e2d3c4b5a6978; /* one word became two */
	two(base, x, CAUSE_NONE, "");
	two(x, base, CAUSE_NONE, "");
	x[2].word = base[2].word + 1; /* a number that grew */
	two(base, x, CAUSE_NONE, "");
	x[2] = drawn;
	x[2].code = "other"; /* code as well */
	x[2].file = NULL;
	two(base, x, CAUSE_NONE, "");
	x[2] = base[2];
	x[2].kind = FORGE_PE32; /* of another size and kind */
	two(base, x, CAUSE_NONE, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_told_of_the_first_that_differs),
		cmocka_unit_test(words_that_belong_together_are_cookies),
		cmocka_unit_test(of_32_bits_too),
		cmocka_unit_test(of_anything_else_nothing_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
