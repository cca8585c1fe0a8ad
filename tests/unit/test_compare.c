#include "reference-db/compare.h"

#include <stdio.h>
#include <stdlib.h>

#include "reference-db/make.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_eif_sign.h"
#include "tests/unit/support_folder.h"

/* A manifest of an image, and what came of comparing one with it. */
struct work {
	struct folder folder;
	struct manifest manifest;
	struct verdict verdict;
	struct err e;
};

static void work_free(struct work *w)
{
	manifest_free(&w->manifest);
	folder_free(&w->folder);
}

static const char *put_image(struct work *w, const char *name, const struct forge *f)
{
	struct forged x = forge_write(f);
	const char *path = folder_file(&w->folder, name, x.p, x.n);

	free(x.p);
	return path;
}

/* The manifest of the base image, by hand. */
static void begin(struct work *w)
{
	struct forge f = forge_base();
	struct make_request q = {.product = "example.org/blindbox", .version = "1.2.3"};

	*w = (struct work){0};
	folder_new(&w->folder);
	q.image = put_image(w, "base.eif", &f);
	assert_true(manifest_make(&w->manifest, &q, &w->e));
}

static bool compare(struct work *w, const struct forge *f)
{
	owned(file_close) struct file image = FILE_NONE;

	assert_true(file_open(&image, put_image(w, "image.eif", f), &w->e));
	return compare_image(&w->manifest, &image, &w->verdict, &w->e);
}

static bool compare_base(struct work *w)
{
	struct forge f = forge_base();

	return compare(w, &f);
}

static void check_line(const struct work *w, size_t i, const char *id, enum check_result result,
		       const char *detail)
{
	const struct check *c = &w->verdict.check[i];
	enum reason failed = result == CHECK_WARN ? REASON_FILE_DIFFERS : REASON_MEASUREMENT;

	assert_true(i < w->verdict.n);
	assert_string_equal(c->detail, detail);
	assert_string_equal(c->id, id);
	assert_string_equal(check_result_name(c->result), check_result_name(result));
	assert_string_equal(reason_slug(c->reason),
			    reason_slug(result == CHECK_PASS ? REASON_NONE : failed));
}

static void check_no(struct work *w, const char *text)
{
	assert_false(verdict_decide(&w->verdict, &w->e));
	check_err(&w->e, REASON_MEASUREMENT, text);
}

static void the_released_image_agrees_in_all(void **state)
{
	owned(work_free) struct work w;
	struct err e = {0};

	(void)state;
	begin(&w);
	assert_true(compare_base(&w));
	check_line(&w, 0, "code", CHECK_PASS, "PCR0 is that of the manifest");
	check_line(&w, 1, "code", CHECK_PASS, "PCR1 is that of the manifest");
	check_line(&w, 2, "code", CHECK_PASS, "PCR2 is that of the manifest");
	check_line(&w, 3, "section", CHECK_PASS, "all 4 parts are those of the manifest");
	check_line(&w, 4, "file", CHECK_PASS,
		   "the unsigned image as a file is the one that the manifest names");
	assert_int_equal(w.verdict.n, 5);
	assert_true(verdict_decide(&w.verdict, &e));
}

static void a_register_that_differs_shows_both_values(void **state)
{
	owned(work_free) struct work w;
	struct forge f = forge_base();
	uint8_t pcr[3][48];
	char hex[97];

	(void)state;
	begin(&w);
	forge_find(&f, FORGE_CMDLINE)->n--;
	assert_true(compare(&w, &f));
	forge_registers(&f, pcr);
	for (size_t i = 0; i < 48; i++)
		snprintf(hex + 2 * i, 3, "%02x", pcr[0][i]);
	check_line(&w, 0, "code", CHECK_FAIL, "PCR0 is another one than the manifest's");
	assert_string_equal(w.verdict.check[0].actual, hex);
	assert_string_not_equal(w.verdict.check[0].expected, hex);
	assert_int_equal(strlen(w.verdict.check[0].expected), 96);
	check_line(&w, 2, "code", CHECK_PASS, "PCR2 is that of the manifest");
	check_line(&w, 3, "section", CHECK_FAIL, "cmdline differs from the manifest's");
	check_line(&w, 4, "file", CHECK_WARN,
		   "the unsigned image as a file is another one than the manifest names");
	check_no(&w, "code: PCR0 is another one than the manifest's");
}

/* Nobody signs the name of an image, so a difference there is told and decides nothing. */
static void what_is_not_measured_may_differ(void **state)
{
	owned(work_free) struct work w;
	struct forge f = forge_base();
	struct err e = {0};

	(void)state;
	begin(&w);
	f.default_mem++;
	assert_true(compare(&w, &f));
	check_line(&w, 3, "section", CHECK_PASS, "all 4 parts are those of the manifest");
	check_line(&w, 4, "file", CHECK_WARN,
		   "the unsigned image as a file is another one than the manifest names");
	assert_true(verdict_decide(&w.verdict, &e));
}

static void a_register_that_either_has_not_is_no_match(void **state)
{
	owned(work_free) struct work w;

	(void)state;
	begin(&w);
	w.manifest.value[1].key = "PCR8";
	assert_true(compare_base(&w));
	check_line(&w, 0, "code", CHECK_FAIL, "PCR1 is not in the manifest");
	check_line(&w, 1, "code", CHECK_PASS, "PCR0 is that of the manifest");
	check_line(&w, 2, "code", CHECK_FAIL, "PCR8 is in the manifest, and the image has none");
	assert_string_equal(w.verdict.check[2].actual, "");
	check_no(&w, "code: PCR1 is not in the manifest");
}

/* The same bytes cut elsewhere have the same PCR0. */
static void parts_are_those_of_the_manifest_each_under_its_name(void **state)
{
	owned(work_free) struct work w;

	(void)state;
	begin(&w);
	w.manifest.component[1].name = "cmdlines";
	w.manifest.component[2].size++;
	w.manifest.component[3].digest.alg = DIGEST_SHA384;
	assert_true(compare_base(&w));
	check_line(&w, 3, "section", CHECK_FAIL, "cmdlines is not in the image");
	check_line(&w, 4, "section", CHECK_FAIL, "ramdisk0 differs from the manifest's");
	check_line(&w, 5, "section", CHECK_FAIL, "ramdisk1 differs from the manifest's");
	check_line(&w, 6, "section", CHECK_FAIL, "cmdline is not in the manifest");
	check_no(&w, "section: cmdlines is not in the image");
}

/* Of two that have one name, in manifests of others, both must be the image's. */
static void a_part_that_stands_twice_is_compared_twice(void **state)
{
	owned(work_free) struct work w;
	struct component *last;

	(void)state;
	begin(&w);
	last = &w.manifest.component[w.manifest.n_components++];
	*last = w.manifest.component[0];
	last->digest.v[0] ^= 1;
	assert_true(compare_base(&w));
	check_line(&w, 3, "section", CHECK_FAIL, "kernel differs from the manifest's");
}

static void a_manifest_of_something_else_is_the_wrong_one(void **state)
{
	owned(work_free) struct work w;

	(void)state;
	begin(&w);
	w.manifest.row[0].vendor = "AMD";
	assert_false(compare_base(&w));
	check_err(&w.e, REASON_WRONG_MANIFEST,
		  "the manifest has no reference values of a Nitro enclave");
	assert_int_equal(w.verdict.n, 0);
}

static void a_digest_of_another_length_is_no_register(void **state)
{
	owned(work_free) struct work w;

	(void)state;
	begin(&w);
	w.manifest.value[1].bytes.n--;
	assert_false(compare_base(&w));
	check_err(&w.e, REASON_LIMIT, "PCR1 has 47 bytes and needs 48");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_released_image_agrees_in_all),
		cmocka_unit_test(a_register_that_differs_shows_both_values),
		cmocka_unit_test(what_is_not_measured_may_differ),
		cmocka_unit_test(a_register_that_either_has_not_is_no_match),
		cmocka_unit_test(parts_are_those_of_the_manifest_each_under_its_name),
		cmocka_unit_test(a_part_that_stands_twice_is_compared_twice),
		cmocka_unit_test(a_manifest_of_something_else_is_the_wrong_one),
		cmocka_unit_test(a_digest_of_another_length_is_no_register),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
