#include <stdlib.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_eif_sign.h"
#include "tests/unit/support_image.h"

/* By what is left of the image, which refusal is right. */
static void check_cut(const struct forged *x, size_t n, bool repaired)
{
	uint8_t *p = malloc(n ? n : 1);
	struct image_read r;

	/* exactly so many bytes, so that a sanitizer sees one read too many */
	memcpy(p, x->p, n);
	if (repaired)
		forge_repair(p, n);
	image_read(&r, p, n);
	assert_false(r.done);
	assert_string_equal(reason_slug(r.e.reason), "truncated");
	assert_true(r.e.at && r.e.offset <= n);
	image_free(&r);
	image_stream(&r, p, n);
	assert_false(r.done);
	assert_string_equal(reason_slug(r.e.reason), "truncated");
	assert_true(r.e.at && r.e.offset <= n);
	image_free(&r);
	free(p);
}

static void check_all_cuts(const struct forge *f)
{
	struct forged x = forge_write(f);

	image_accepted(x.p, x.n);
	for (size_t n = 0; n < x.n; n++) {
		check_cut(&x, n, false);
		check_cut(&x, n, true);
	}
	free(x.p);
}

static void every_truncation_of_a_signed_image_is_truncated(void **state)
{
	struct forge f = forge_base();
	uint8_t *signature = forge_sign(&f, 384, NULL);

	(void)state;
	check_all_cuts(&f);
	free(signature);
}

static void every_truncation_of_an_unsigned_image_is_truncated(void **state)
{
	struct forge f = forge_base();

	(void)state;
	check_all_cuts(&f);
}

/* The tables and headers say so many bytes less: the cut is in the data alone. */
static void every_shortening_of_the_signature_section_is_refused(void **state)
{
	struct forge f = forge_base();
	uint8_t *signature = forge_sign(&f, 384, NULL);
	size_t whole = f.section[5].n;

	(void)state;
	for (size_t n = 0; n < whole; n++) {
		struct forged x;
		struct image_read r;

		f.section[5].n = n;
		x = forge_write(&f);
		image_read(&r, x.p, x.n);
		assert_false(r.done);
		assert_int_equal(reason_class(r.e.reason), EXIT_CLASS_MALFORMED);
		image_free(&r);
		free(x.p);
	}
	free(signature);
}

static void every_shortening_of_the_metadata_is_refused(void **state)
{
	struct forge f = forge_base();
	size_t whole = f.section[2].n;

	(void)state;
	for (size_t n = 0; n < whole; n++) {
		f.section[2].n = n;
		struct forged x = forge_write(&f);
		struct image_read r;

		image_read(&r, x.p, x.n);
		assert_false(r.done);
		assert_string_equal(reason_slug(r.e.reason), n ? "json" : "section-empty");
		image_free(&r);
		free(x.p);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_truncation_of_a_signed_image_is_truncated),
		cmocka_unit_test(every_truncation_of_an_unsigned_image_is_truncated),
		cmocka_unit_test(every_shortening_of_the_signature_section_is_refused),
		cmocka_unit_test(every_shortening_of_the_metadata_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
