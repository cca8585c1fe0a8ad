#include "eif/lenient.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_eif_sign.h"

enum { WALK, TABLES };

static void read_views(const uint8_t *p, size_t n, struct eif_view views[2])
{
	struct file f = {.fd = memfd_create("image", MFD_CLOEXEC), .size = n, .name = "image"};
	struct err e = {0};

	assert_true(f.fd >= 0);
	assert_int_equal(write(f.fd, p, n), n);
	memset(views, 0, 2 * sizeof(*views));
	assert_true(eif_lenient(&f, views, &e));
	check_no_err(&e);
	close(f.fd);
}

static void forged_views(const struct forge *f, struct eif_view views[2])
{
	struct forged x = forge_write(f);

	read_views(x.p, x.n, views);
	free(x.p);
}

/* The tables lead to a stop there, for that reason; the walk does not. */
static void check_tables_stop(const struct forge *f, enum reason r, const char *text)
{
	struct eif_view views[2];

	forged_views(f, views);
	check_err(&views[TABLES].refusal, r, text);
	assert_false(views[TABLES].measured);
	check_no_err(&views[WALK].refusal);
	assert_true(views[WALK].measured);
}

/*
 * The walk stops; the tables are followed to the end, and the checksum of all bytes is not theirs.
 */
static void check_walk_stops(const struct forge *f, enum reason r, const char *text)
{
	struct forged x = forge_write(f);
	struct eif_view views[2];
	char crc[64];

	read_views(x.p, x.n, views);
	snprintf(crc, sizeof(crc), "the CRC is %08x by the header, %08x by the bytes",
		 (unsigned)forge_get(x.p + FORGE_CRC_AT, 4), eif_crc32_of(&views[TABLES].crc));
	check_err(&views[WALK].refusal, r, text);
	assert_false(views[WALK].measured);
	check_err(&views[TABLES].refusal, REASON_CRC, crc);
	assert_true(views[TABLES].measured);
	free(x.p);
}

static void check_registers(const struct eif_view *v, const struct forge *f)
{
	uint8_t pcr[3][48];

	forge_registers(f, pcr);
	assert_true(v->measured);
	for (size_t i = 0; i < 3; i++)
		assert_memory_equal(v->pcr[i].v, pcr[i], 48);
}

static void a_good_image_is_read_alike_by_all(void **state)
{
	struct forge f = forge_base();
	struct eif_view views[2];

	(void)state;
	forged_views(&f, views);
	for (size_t v = 0; v < 2; v++) {
		check_no_err(&views[v].refusal);
		check_registers(&views[v], &f);
		assert_true(eif_view_crc_agrees(&views[v]));
		assert_int_equal(views[v].n, 5);
		for (size_t i = 0; i < 5; i++) {
			assert_int_equal(views[v].section[i].type, f.section[i].type);
			assert_true(views[v].section[i].size == f.section[i].n);
		}
	}
}

static void a_hidden_section_is_seen_by_the_walk_alone(void **state)
{
	struct forge f = forge_base(), seen;
	struct eif_view views[2];

	(void)state;
	seen = f;
	forge_append(&f, FORGE_RAMDISK, "hidden", 6)->hidden = true;
	forge_append(&seen, FORGE_RAMDISK, "hidden", 6);
	forged_views(&f, views);
	assert_int_equal(views[WALK].n, 6);
	assert_int_equal(views[TABLES].n, 5);
	check_registers(&views[WALK], &seen);
	seen.n--;
	check_registers(&views[TABLES], &seen);
}

static void a_reordered_table_has_its_own_order_measured(void **state)
{
	struct forge f = forge_base(), turned = f;
	struct forged x = forge_write(&f);
	struct eif_view views[2];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		f.section[3 + i].table_offset =
			(struct forge_field){true, forge_get(x.p + 0x1c + 8 * (4 - i), 8)};
		f.section[3 + i].table_size = (struct forge_field){true, f.section[4 - i].n};
	}
	forged_views(&f, views);
	check_registers(&views[WALK], &turned);
	forge_swap(&turned, 3, 4);
	check_registers(&views[TABLES], &turned);
	assert_true(eif_view_crc_agrees(&views[WALK]));
	assert_false(eif_view_crc_agrees(&views[TABLES]));
	free(x.p);
}

static void a_gap_stops_the_walk_and_not_the_tables(void **state)
{
	struct forge f = forge_base();

	(void)state;
	f.section[3].gap = 24;
	check_walk_stops(&f, REASON_SECTION_TYPE, "a section of type 0");
}

static void other_types_stop_the_walk(void **state)
{
	struct forge f = forge_base();

	(void)state;
	forge_append(&f, 6, "x", 1)->hidden = true;
	check_walk_stops(&f, REASON_SECTION_TYPE, "a section of type 6");
}

static void a_size_that_runs_out_of_the_file_stops_both(void **state)
{
	struct forge f = forge_base();
	struct eif_view views[2];

	(void)state;
	f.section[4].size = f.section[4].table_size = (struct forge_field){true, UINT64_MAX};
	forged_views(&f, views);
	for (size_t v = 0; v < 2; v++)
		check_err(&views[v].refusal, REASON_TRUNCATED,
			  "a section of 18446744073709551615 bytes runs out of the file");
}

static void qemu_wants_version_4_no_flags_and_1_to_32_sections(void **state)
{
	struct forge f = forge_base();

	(void)state;
	f.version = 3;
	check_tables_stop(&f, REASON_VERSION, "version 3 is below 4");
	f.version = 5;
	f.flags = 0x241;
	check_tables_stop(&f, REASON_FLAGS_MEASURED, "flags 0x241 are not 0");
	f.flags = 0;
	f.num_sections = (struct forge_field){true, 0};
	check_tables_stop(&f, REASON_SECTION_COUNT, "0 sections");
	f.num_sections.value = 33;
	check_tables_stop(&f, REASON_SECTION_COUNT, "33 sections");
}

static void qemu_wants_sections_without_flags_of_the_size_in_the_table(void **state)
{
	struct forge f = forge_base();

	(void)state;
	f.section[3].flags = 7;
	check_tables_stop(&f, REASON_SECTION_FLAGS, "section flags 0x7");
	f.section[3].flags = 0;
	f.section[3].table_size = (struct forge_field){true, 1};
	check_tables_stop(&f, REASON_SECTION_TABLE, "section 3: 40 bytes, 1 by the table");
	f.section[3].table_size.set = false;
	f.section[4].n = 0;
	check_tables_stop(&f, REASON_SECTION_EMPTY, "section 4 is empty");
}

static void qemu_wants_one_kernel_one_cmdline_and_a_ramdisk(void **state)
{
	static const char *const without[] = {"no kernel section", "no cmdline section", NULL,
					      "no ramdisk section"};

	(void)state;
	for (size_t i = 0; i < 4; i += i == 1 ? 2 : 1) {
		struct forge f = forge_base();

		forge_remove(&f, i);
		if (i == 3)
			forge_remove(&f, i);
		check_tables_stop(&f, REASON_SECTION_SET, without[i]);
	}
	for (size_t i = 0; i < 2; i++) {
		struct forge f = forge_base();
		struct forge_section s = f.section[i];

		forge_insert(&f, i, s.type, s.data, s.n);
		check_tables_stop(&f, REASON_SECTION_SET,
				  i ? "a second cmdline section" : "a second kernel section");
	}
}

static void an_offset_outside_the_file_stops_the_tables(void **state)
{
	static const uint64_t offsets[] = {4096, UINT64_C(1) << 40, INT64_MAX, UINT64_MAX};
	struct forge f = forge_base();

	(void)state;
	for (size_t i = 0; i < COUNT(offsets); i++) {
		struct eif_view views[2];

		f.section[4].table_offset = (struct forge_field){true, offsets[i]};
		forged_views(&f, views);
		assert_string_equal(reason_slug(views[TABLES].refusal.reason), "truncated");
		check_no_err(&views[WALK].refusal);
	}
}

/* Sections without data are 12 bytes each, so a small file can have very many. */
static void very_many_sections_are_counted_and_not_all_shown(void **state)
{
	struct forge f = forge_base();
	struct forged x;
	struct eif_view views[2];
	uint8_t *p;
	size_t n;

	(void)state;
	x = forge_write(&f);
	n = x.n + 100 * FORGE_SECTION_HEADER;
	p = forge_memory(n);
	memcpy(p, x.p, x.n);
	for (size_t at = x.n; at < n; at += FORGE_SECTION_HEADER)
		forge_put(p + at, 2, FORGE_RAMDISK);
	read_views(p, n, views);
	check_err(&views[WALK].refusal, REASON_LIMIT, "more than 64 sections, not all are shown");
	assert_int_equal(views[WALK].n, EIF_VIEW_SECTIONS);
	free(p);
	free(x.p);
}

static void check_pcr8(const struct eif_view *v, const char *const pems[], size_t n)
{
	struct forged all = {0};
	uint8_t pcr8[48];

	for (size_t i = 0; i < n; i++) {
		struct forged der = forge_certificate_der(pems[i]);

		all.p = realloc(all.p, all.n + der.n);
		assert_non_null(all.p);
		memcpy(all.p + all.n, der.p, der.n);
		all.n += der.n;
		free(der.p);
	}
	forge_pcr(all.p, all.n, pcr8);
	assert_true(v->is_signed);
	check_no_err(&v->unread);
	assert_memory_equal(v->pcr8.v, pcr8, 48);
	free(all.p);
}

/* The vendor's reader takes both certificates into one register, QEMU the last. */
static void two_signatures_give_two_registers(void **state)
{
	const char *const pems[] = {forge_certificate(256), forge_certificate(384)};
	struct forge f = forge_base();
	uint8_t *first = forge_sign(&f, 256, NULL), *second;
	struct eif_view views[2];

	(void)state;
	forged_views(&f, views);
	check_pcr8(&views[WALK], pems, 1);
	check_pcr8(&views[TABLES], pems, 1);
	second = forge_sign(&f, 384, NULL);
	forged_views(&f, views);
	check_pcr8(&views[WALK], pems, 2);
	check_pcr8(&views[TABLES], pems + 1, 1);
	check_no_err(&views[WALK].fails);
	free(first);
	free(second);
}

static void check_signed(const char *twist, const char *unread, const char *fails)
{
	struct forge f = forge_base();
	uint8_t *section = forge_sign(&f, 256, twist);
	struct eif_view views[2];

	forged_views(&f, views);
	assert_string_equal(views[WALK].unread.text, unread);
	assert_string_equal(views[TABLES].unread.text, unread);
	assert_string_equal(views[WALK].fails.text, fails);
	check_no_err(&views[TABLES].fails);
	free(section);
}

static void what_the_vendors_reader_fails_on_is_named(void **state)
{
	struct forge f = forge_base();
	struct eif_view views[2];

	(void)state;
	check_signed("rs-wrong", "", "it does not verify under the certificate");
	check_signed("another-pcr0", "", "");
	check_signed("empty-array", "an empty array, which must have one entry",
		     "an empty array, which must have one entry");
	check_signed("keys-swapped",
		     "the first key is \"signature\" and must be \"signing_certificate\"", "");
	f.section[2].data = (const uint8_t *)"[]";
	f.section[2].n = 2;
	forged_views(&f, views);
	check_err(&views[WALK].fails, REASON_METADATA, "needs an object, found an array");
	f.section[2].data = (const uint8_t *)"null";
	f.section[2].n = 4;
	forged_views(&f, views);
	check_no_err(&views[WALK].fails);
}

static void any_cut_of_an_image_is_read_as_far_as_it_goes(void **state)
{
	struct forge f = forge_base();
	struct forged x = forge_write(&f);

	(void)state;
	for (size_t n = FORGE_HEADER; n < x.n; n++) {
		uint8_t *p = forge_memory(n);
		struct eif_view views[2];

		memcpy(p, x.p, n);
		read_views(p, n, views);
		assert_string_equal(reason_slug(views[TABLES].refusal.reason), "truncated");
		assert_false(views[TABLES].measured);
		free(p);
	}
	free(x.p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_image_is_read_alike_by_all),
		cmocka_unit_test(a_hidden_section_is_seen_by_the_walk_alone),
		cmocka_unit_test(a_reordered_table_has_its_own_order_measured),
		cmocka_unit_test(a_gap_stops_the_walk_and_not_the_tables),
		cmocka_unit_test(other_types_stop_the_walk),
		cmocka_unit_test(a_size_that_runs_out_of_the_file_stops_both),
		cmocka_unit_test(qemu_wants_version_4_no_flags_and_1_to_32_sections),
		cmocka_unit_test(qemu_wants_sections_without_flags_of_the_size_in_the_table),
		cmocka_unit_test(qemu_wants_one_kernel_one_cmdline_and_a_ramdisk),
		cmocka_unit_test(an_offset_outside_the_file_stops_the_tables),
		cmocka_unit_test(very_many_sections_are_counted_and_not_all_shown),
		cmocka_unit_test(two_signatures_give_two_registers),
		cmocka_unit_test(what_the_vendors_reader_fails_on_is_named),
		cmocka_unit_test(any_cut_of_an_image_is_read_as_far_as_it_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
