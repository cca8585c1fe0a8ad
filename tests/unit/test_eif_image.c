#include "eif/image.h"

#include <stdio.h>
#include <stdlib.h>

#include "measure/core/hash.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_eif_sign.h"
#include "tests/unit/support_image.h"

static void the_reference_builders_order_is_accepted(void **state)
{
	struct forge f = forge_base();

	(void)state;
	image_forged(&f, REASON_NONE, NULL);
}

static void any_number_of_ramdisks_up_to_29_is_accepted(void **state)
{
	static const char data[] = "a ramdisk";

	(void)state;
	for (size_t n = 1; n <= 29; n++) {
		struct forge f = forge_base();

		forge_remove(&f, 4);
		for (size_t i = 1; i < n; i++)
			forge_append(&f, FORGE_RAMDISK, data, 1 + i % sizeof(data));
		assert_int_equal(f.n, n + 3);
		image_forged(&f, REASON_NONE, NULL);
	}
}

static void versions_2_and_3_are_accepted_without_metadata(void **state)
{
	(void)state;
	for (uint16_t version = 2; version <= 3; version++) {
		struct forge f = forge_base();

		f.version = version;
		forge_remove(&f, 2);
		image_forged(&f, REASON_NONE, NULL);
	}
}

static void both_architectures_are_accepted(void **state)
{
	struct forge f = forge_base();

	(void)state;
	f.flags = 1;
	image_forged(&f, REASON_NONE, NULL);
}

static void an_empty_command_line_is_accepted(void **state)
{
	struct forge f = forge_base();

	(void)state;
	forge_find(&f, FORGE_CMDLINE)->n = 0;
	image_forged(&f, REASON_NONE, NULL);
}

static void memory_and_cpus_may_be_anything(void **state)
{
	struct forge f = forge_base();

	(void)state;
	f.default_mem = UINT64_MAX;
	f.default_cpus = 0;
	image_forged(&f, REASON_NONE, NULL);
}

/* Metadata at every place, and a signature at every place beside it. */
static void metadata_and_signature_may_stand_anywhere(void **state)
{
	struct forge f = forge_base();
	uint8_t *signature = forge_sign(&f, 384, NULL);
	struct forge_section metadata = *forge_find(&f, FORGE_METADATA);
	struct forge_section sign = *forge_find(&f, FORGE_SIGNATURE);

	(void)state;
	forge_remove(&f, 5);
	forge_remove(&f, 2);
	for (size_t i = 0; i <= 4; i++) {
		struct forge with = f;

		forge_insert(&with, i, FORGE_METADATA, metadata.data, metadata.n);
		for (size_t k = 0; k <= 5; k++) {
			struct forge both = with;

			forge_insert(&both, k, FORGE_SIGNATURE, sign.data, sign.n);
			image_forged(&both, REASON_NONE, NULL);
		}
	}
	free(signature);
}

static void signatures_on_all_three_curves_are_accepted(void **state)
{
	static const unsigned bits[] = {256, 384, 521};

	(void)state;
	for (size_t i = 0; i < COUNT(bits); i++) {
		for (uint16_t version = 3; version <= 4; version++) {
			struct forge f = forge_base();
			uint8_t *signature;

			f.version = version;
			if (version == 3)
				forge_remove(&f, 2);
			signature = forge_sign(&f, bits[i], NULL);
			image_forged(&f, REASON_NONE, NULL);
			free(signature);
		}
	}
}

static void check_digest(const struct digest *d, enum digest_alg alg, const void *p, size_t n)
{
	struct digest right;
	struct err e = {0};

	assert_true(hash_of(alg, bytes_of(p, n), &right, &e));
	assert_true(digest_equal(d, &right));
}

static void every_section_has_its_own_digests_in_any_order(void **state)
{
	(void)state;
	for (size_t place = 0; place <= 5; place++) {
		struct forge f = forge_base();
		struct forge_section metadata = f.section[2];
		struct forged x;
		struct image_read r;

		forge_append(&f, FORGE_RAMDISK, "third", 5);
		forge_remove(&f, 2);
		forge_insert(&f, place, FORGE_METADATA, metadata.data, metadata.n);
		x = forge_write(&f);
		image_read(&r, x.p, x.n);
		assert_true(r.done);
		for (size_t i = 0; i < f.n; i++) {
			const struct forge_section *s = &f.section[i];

			assert_int_equal(r.img.section[i].type, s->type);
			assert_true(r.img.section[i].size == s->n);
			check_digest(&r.img.section[i].sha256, DIGEST_SHA256, s->data, s->n);
			check_digest(&r.img.section[i].sha384, DIGEST_SHA384, s->data, s->n);
		}
		check_digest(&r.img.sha256, DIGEST_SHA256, x.p, x.n);
		image_free(&r);
		free(x.p);
	}
}

/* A section of any size around the windows of the pass, so that they all end everywhere. */
static void sections_larger_than_the_readers_windows_are_measured_right(void **state)
{
	static const size_t sizes[] = {524288 - 600, 524288 - 548 - 12, 524288, 1048576 + 1,
				       7000001};
	uint8_t *big = malloc(7000001);

	(void)state;
	for (size_t i = 0; i < 7000001; i++)
		big[i] = (uint8_t)(i * i >> 7);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct forge f = forge_base();

		f.section[0].data = big;
		f.section[0].n = sizes[i];
		f.section[4].data = big;
		f.section[4].n = sizes[COUNT(sizes) - 1 - i];
		image_forged(&f, REASON_NONE, NULL);
	}
	free(big);
}

static void roles_name_sections_as_people_do(void **state)
{
	static const char *const roles[] = {"kernel", "cmdline", "metadata", "ramdisk0",
					    "ramdisk1"};
	struct forge f = forge_base();
	struct forged x = forge_write(&f);
	struct image_read r;

	(void)state;
	image_read(&r, x.p, x.n);
	for (size_t i = 0; i < COUNT(roles); i++) {
		char role[EIF_ROLE_MAX];

		eif_image_role(&r.img, i, role);
		assert_string_equal(role, roles[i]);
	}
	assert_int_equal(eif_image_find(&r.img, EIF_SECTION_METADATA), 2);
	assert_int_equal(eif_image_find(&r.img, EIF_SECTION_SIGNATURE), 5);
	assert_true(eif_section_data(&r.img.section[0]) == 560);
	image_free(&r);
	free(x.p);
}

static void trailing_bytes_of_any_number_and_value_are_refused(void **state)
{
	struct forge f = forge_base();
	struct forged x = forge_write(&f);

	(void)state;
	for (size_t more = 1; more <= 32; more++) {
		for (int byte = 0; byte < 256; byte += 51) {
			uint8_t *p = malloc(x.n + more);

			memcpy(p, x.p, x.n);
			memset(p + x.n, byte, more);
			forge_repair(p, x.n + more);
			image_refused(
				p, x.n + more, REASON_TRAILING,
				"bytes stand behind the last of 5 sections; a reader that walks "
				"the file takes them for one more");
			free(p);
		}
	}
	free(x.p);
}

/* The tables have room for 32 of them. */
static void more_sections_than_32_are_refused(void **state)
{
	struct forge f = forge_base();

	(void)state;
	while (f.n < 32)
		forge_append(&f, FORGE_RAMDISK, "r", 1);
	image_forged(&f, REASON_NONE, NULL);
	forge_append(&f, FORGE_RAMDISK, "r", 1);
	image_forged(&f, REASON_SECTION_COUNT, "num_sections is 33 and must be 3 to 32");
	f.num_sections = (struct forge_field){true, 32};
	image_forged(
		&f, REASON_TRAILING,
		"bytes stand behind the last of 32 sections; a reader that walks the file takes "
		"them for one more");
}

/* Sizes that overflow one thing or another, in table, section header, or both. */
static void hostile_sizes_are_refused_wherever_they_stand(void **state)
{
	static const uint64_t sizes[] = {
		UINT64_C(1) << 31,
		UINT64_C(1) << 32,
		(UINT64_C(1) << 32) + 36,
		INT64_MAX,
		UINT64_C(1) << 63,
		UINT64_MAX,
		UINT64_MAX - 11,
		UINT64_MAX - 1445,
		0,
		1,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		for (size_t section = 0; section < 5; section++) {
			for (unsigned where = 1; where < 4; where++) {
				struct forge f = forge_base();
				struct forged x;
				struct image_read r;

				if (where & 1)
					f.section[section].size =
						(struct forge_field){true, sizes[i]};
				if (where & 2)
					f.section[section].table_size =
						(struct forge_field){true, sizes[i]};
				x = forge_write(&f);
				image_read(&r, x.p, x.n);
				assert_false(r.done);
				assert_int_equal(reason_class(r.e.reason), EXIT_CLASS_MALFORMED);
				image_free(&r);
				image_stream(&r, x.p, x.n);
				assert_false(r.done);
				assert_int_equal(reason_class(r.e.reason), EXIT_CLASS_MALFORMED);
				image_free(&r);
				free(x.p);
			}
		}
	}
}

static void hostile_offsets_are_refused(void **state)
{
	static const uint64_t offsets[] = {
		0, 1, 547, 549, 1446, UINT64_C(1) << 32, INT64_MAX, UINT64_C(1) << 63, UINT64_MAX};

	(void)state;
	for (size_t i = 0; i < COUNT(offsets); i++) {
		for (size_t section = 0; section < 5; section++) {
			struct forge f = forge_base();
			struct forged x;
			struct image_read r;

			f.section[section].table_offset = (struct forge_field){true, offsets[i]};
			x = forge_write(&f);
			image_read(&r, x.p, x.n);
			assert_false(r.done);
			assert_string_equal(reason_slug(r.e.reason), "section-table");
			image_free(&r);
			free(x.p);
		}
	}
}

/* Kernel, cmdline, ramdisks are types 1, 2, 3; the others may stand anywhere. */
static bool in_order(const struct forge *f)
{
	unsigned last = 0;

	for (size_t i = 0; i < f->n; i++) {
		if (f->section[i].type > FORGE_RAMDISK)
			continue;
		if (f->section[i].type < last)
			return false;
		last = f->section[i].type;
	}
	return true;
}

static void every_exchange_of_two_sections_is_judged_by_the_order_of_what_is_measured(void **state)
{
	(void)state;
	for (size_t i = 0; i < 5; i++) {
		for (size_t k = i + 1; k < 5; k++) {
			struct forge f = forge_base();
			struct forged x;
			struct image_read r;

			forge_swap(&f, i, k);
			x = forge_write(&f);
			image_read(&r, x.p, x.n);
			assert_int_equal(r.done, in_order(&f));
			if (!r.done)
				assert_string_equal(reason_slug(r.e.reason), "section-order");
			image_free(&r);
			free(x.p);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reference_builders_order_is_accepted),
		cmocka_unit_test(any_number_of_ramdisks_up_to_29_is_accepted),
		cmocka_unit_test(versions_2_and_3_are_accepted_without_metadata),
		cmocka_unit_test(both_architectures_are_accepted),
		cmocka_unit_test(an_empty_command_line_is_accepted),
		cmocka_unit_test(memory_and_cpus_may_be_anything),
		cmocka_unit_test(metadata_and_signature_may_stand_anywhere),
		cmocka_unit_test(signatures_on_all_three_curves_are_accepted),
		cmocka_unit_test(every_section_has_its_own_digests_in_any_order),
		cmocka_unit_test(sections_larger_than_the_readers_windows_are_measured_right),
		cmocka_unit_test(roles_name_sections_as_people_do),
		cmocka_unit_test(trailing_bytes_of_any_number_and_value_are_refused),
		cmocka_unit_test(more_sections_than_32_are_refused),
		cmocka_unit_test(hostile_sizes_are_refused_wherever_they_stand),
		cmocka_unit_test(hostile_offsets_are_refused),
		cmocka_unit_test(
			every_exchange_of_two_sections_is_judged_by_the_order_of_what_is_measured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
