/* What of an executable image tells where it was built. */
#include "tests/unit/support_check.h"
#include "tests/unit/support_pe.h"

#include "ovmf-snp/image_map.h"

static void named(const struct forge_image *x, const char *want)
{
	owned(buf_free) struct buf b = BUF(1u << 16);
	struct image_map map;

	forge_image(&b, x);
	assert_true(image_map_read(buf_bytes(&b), &map));
	assert_true(bytes_equal(image_debug_file(&map), bytes_str(want)));
}

static void the_file_that_debugging_data_names(void **state)
{
	static const char *const signs[] = {"RSDS", "NB10", "MTOC"};

	(void)state;
	for (unsigned kind = 0; kind < FORGE_KINDS; kind++) {
		struct forge_image x = {.kind = (enum forge_kind)kind, .code = "code"};

		named(&x, "");
		x.file = "/b/one/Module.dll";
		for (size_t i = 0; i < 3; i++) {
			x.sign = signs[i];
			named(&x, "/b/one/Module.dll");
		}
		x.sign = "RSDT";
		named(&x, "");
	}
}

static void words_are_whole_and_of_data(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < FORGE_KINDS; kind++) {
		owned(buf_free) struct buf b = BUF(1u << 16);
		struct forge_image x = {.kind = (enum forge_kind)kind, .code = "code"};
		size_t data = forge_image(&b, &x);
		size_t word = kind == FORGE_PE64 || kind == FORGE_TE64 ? 8 : 4;
		struct image_map map;

		assert_true(image_map_read(buf_bytes(&b), &map));
		assert_int_equal(image_word(&map, data + FORGE_WORD), word);
		assert_int_equal(image_word(&map, data + FORGE_WORD + 1), 0);
		assert_int_equal(image_word(&map, data - word), 0); /* code */
		assert_int_equal(image_word(&map, 0), 0);
		assert_int_equal(image_word(&map, b.n - word), word);
		assert_int_equal(image_word(&map, b.n), 0);
		assert_int_equal(image_word(&map, SIZE_MAX), 0);
	}
}

/* Cut anywhere, and with any byte of its head turned, nothing is read outside of it. */
static void hostile_images_tell_nothing_from_outside(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < FORGE_KINDS; kind++) {
		owned(buf_free) struct buf b = BUF(1u << 16);
		struct forge_image x = {
			.kind = (enum forge_kind)kind, .code = "", .sign = "RSDS", .file = "/b"};
		struct image_map map;
		struct bytes name;

		forge_image(&b, &x);
		for (size_t i = 0; i < b.n; i++) {
			owned(own_free) uint8_t *cut = malloc(i + 1);

			assert_non_null(cut);
			memcpy(cut, b.p, i);
			if (image_map_read(bytes_of(cut, i), &map))
				assert_int_equal(image_debug_file(&map).n, 0);
			b.p[i] ^= 0xff;
			if (image_map_read(buf_bytes(&b), &map)) {
				name = image_debug_file(&map);
				assert_true(name.n == 0 ||
					    (name.p >= b.p && name.n <= b.n &&
					     (size_t)(name.p - b.p) <= b.n - name.n));
			}
			b.p[i] ^= 0xff;
		}
		assert_false(image_map_read(bytes_str("ELF"), &map));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_file_that_debugging_data_names),
		cmocka_unit_test(words_are_whole_and_of_data),
		cmocka_unit_test(hostile_images_tell_nothing_from_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
