#include "eif/header.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_eif.h"
#include "tests/unit/support_folder.h"

static uint32_t random_state = 1;

static uint8_t random_byte(void)
{
	random_state = random_state * 1664525 + 1013904223;
	return (uint8_t)(random_state >> 24);
}

static void check_round_trip(const uint8_t *raw)
{
	struct buf again = BUF(EIF_HEADER_SIZE);
	struct eif_header h;
	struct err e = {0};

	assert_true(eif_header_read(&h, bytes_of(raw, EIF_HEADER_SIZE), &e));
	eif_header_write(&again, &h);
	assert_true(buf_done(&again, "header", &e));
	assert_int_equal(again.n, EIF_HEADER_SIZE);
	assert_memory_equal(again.p, raw, EIF_HEADER_SIZE);
	buf_free(&again);
}

static void any_header_is_written_as_it_was_read(void **state)
{
	(void)state;
	for (int round = 0; round < 200; round++) {
		uint8_t raw[EIF_HEADER_SIZE];

		for (size_t i = 0; i < sizeof(raw); i++)
			raw[i] = random_byte();
		memcpy(raw, ".eif", 4);
		check_round_trip(raw);
	}
}

static void any_section_header_is_written_as_it_was_read(void **state)
{
	(void)state;
	for (int round = 0; round < 200; round++) {
		struct buf again = BUF(EIF_SECTION_HEADER_SIZE);
		uint8_t raw[EIF_SECTION_HEADER_SIZE];
		struct eif_section_header s;
		struct err e = {0};

		for (size_t i = 0; i < sizeof(raw); i++)
			raw[i] = random_byte();
		assert_true(eif_section_header_read(&s, bytes_of(raw, sizeof(raw)), 0, &e));
		assert_true(s.section_type == forge_get(raw, 2) &&
			    s.flags == forge_get(raw + 2, 2));
		assert_true(s.section_size == forge_get(raw + 4, 8));
		eif_section_header_write(&again, &s);
		assert_int_equal(again.n, sizeof(raw));
		assert_memory_equal(again.p, raw, sizeof(raw));
		buf_free(&again);
	}
}

/* Images made by others, where they are at hand. */
static void the_headers_of_the_vectors_are_written_as_they_were_read(void **state)
{
	const char *shared = getenv("SHARED");
	char folder[512], path[1024];
	struct dirent *entry;
	size_t seen = 0;
	DIR *d;

	(void)state;
	snprintf(folder, sizeof(folder), "%s/vectors/eif", shared ? shared : "../shared");
	d = opendir(folder);
	while (d && (entry = readdir(d))) {
		size_t n;
		uint8_t *p;

		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		p = folder_read(path, &n);
		if (p && n >= EIF_HEADER_SIZE && memcmp(p, ".eif", 4) == 0) {
			check_round_trip(p);
			seen++;
		}
		free(p);
	}
	if (!d)
		skip();
	closedir(d);
	assert_true(seen > 30);
}

static void every_field_stands_where_the_specification_has_it(void **state)
{
	uint8_t raw[EIF_HEADER_SIZE] = ".eif";
	struct eif_header h;
	struct err e = {0};

	(void)state;
	forge_put(raw + 0x04, 2, 0x0102);
	forge_put(raw + 0x06, 2, 0x0304);
	forge_put(raw + 0x08, 8, UINT64_C(0x0506070809101112));
	forge_put(raw + 0x10, 8, UINT64_C(0x1314151617181920));
	forge_put(raw + 0x18, 2, 0x2122);
	forge_put(raw + 0x1a, 2, 0x2324);
	forge_put(raw + 0x1c + 8 * 31, 8, UINT64_C(0x2526272829303132));
	forge_put(raw + 0x11c + 8 * 31, 8, UINT64_C(0x3334353637383940));
	forge_put(raw + 0x21c, 4, 0x41424344);
	forge_put(raw + 0x220, 4, 0x45464748);
	assert_true(eif_header_read(&h, bytes_of(raw, sizeof(raw)), &e));
	assert_true(h.version == 0x0102 && h.flags == 0x0304);
	assert_true(h.default_mem == UINT64_C(0x0506070809101112));
	assert_true(h.default_cpus == UINT64_C(0x1314151617181920));
	assert_true(h.reserved == 0x2122 && h.num_sections == 0x2324);
	assert_true(h.section_offsets[31] == UINT64_C(0x2526272829303132));
	assert_true(h.section_sizes[31] == UINT64_C(0x3334353637383940));
	assert_true(h.section_offsets[0] == 0 && h.section_sizes[0] == 0);
	assert_true(h.unused == 0x41424344 && h.eif_crc32 == 0x45464748);
}

static void a_header_cut_anywhere_is_truncated(void **state)
{
	(void)state;
	for (size_t n = 0; n < EIF_HEADER_SIZE; n++) {
		uint8_t *raw = calloc(1, n ? n : 1);
		struct eif_header h;
		struct err e = {0};

		memcpy(raw, ".eif", n < 4 ? n : 4);
		assert_false(eif_header_read(&h, bytes_of(raw, n), &e));
		assert_string_equal(reason_slug(e.reason), "truncated");
		assert_true(e.at && e.offset <= n);
		free(raw);
	}
}

static void another_magic_is_refused_with_what_was_found(void **state)
{
	struct eif_header h;

	(void)state;
	for (size_t at = 0; at < 4; at++) {
		uint8_t raw[EIF_HEADER_SIZE] = ".eif";
		struct err e = {0};
		char text[100];

		raw[at] = 0xff;
		snprintf(text, sizeof(text),
			 "the magic is %02x %02x %02x %02x and must be 2e 65 69 66 (\".eif\")",
			 raw[0], raw[1], raw[2], raw[3]);
		assert_false(eif_header_read(&h, bytes_of(raw, sizeof(raw)), &e));
		check_err(&e, REASON_MAGIC, text);
	}
}

static void sections_are_added_one_behind_the_other_up_to_32(void **state)
{
	struct eif_header h = {.version = 4};
	uint64_t at = EIF_HEADER_SIZE;
	struct err e = {0};

	(void)state;
	for (unsigned i = 0; i < EIF_MAX_SECTIONS; i++) {
		assert_true(eif_header_add(&h, UINT64_C(1) << i, &e));
		assert_int_equal(h.num_sections, i + 1);
		assert_true(h.section_offsets[i] == at && h.section_sizes[i] == UINT64_C(1) << i);
		at += EIF_SECTION_HEADER_SIZE + (UINT64_C(1) << i);
	}
	assert_false(eif_header_add(&h, 1, &e));
	check_err(&e, REASON_LIMIT, "an image has room for 32 sections and no more");
	assert_int_equal(h.num_sections, EIF_MAX_SECTIONS);
}

static void a_section_that_no_file_can_hold_is_not_added(void **state)
{
	static const uint64_t sizes[] = {UINT64_MAX, UINT64_C(1) << 63, INT64_MAX, INT64_MAX - 559};

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct eif_header h = {.version = 4};
		struct err e = {0};
		char text[128];

		snprintf(text, sizeof(text), "section 0 of %llu bytes is more than a file can hold",
			 (unsigned long long)sizes[i]);
		assert_false(eif_header_add(&h, sizes[i], &e));
		check_err(&e, REASON_LIMIT, text);
		assert_int_equal(h.num_sections, 0);
	}
	struct eif_header h = {.version = 4};
	struct err e = {0};

	assert_true(eif_header_add(&h, INT64_MAX - 560, &e));
	assert_false(eif_header_add(&h, 0, &e));
}

static void types_have_the_names_of_the_specification(void **state)
{
	static const char *const names[] = {"invalid",	 "kernel",   "cmdline", "ramdisk",
					    "signature", "metadata", "unknown"};

	(void)state;
	for (unsigned i = 0; i < COUNT(names); i++)
		assert_string_equal(eif_section_name(i), names[i]);
	assert_string_equal(eif_section_name(65535), "unknown");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_header_is_written_as_it_was_read),
		cmocka_unit_test(any_section_header_is_written_as_it_was_read),
		cmocka_unit_test(the_headers_of_the_vectors_are_written_as_they_were_read),
		cmocka_unit_test(every_field_stands_where_the_specification_has_it),
		cmocka_unit_test(a_header_cut_anywhere_is_truncated),
		cmocka_unit_test(another_magic_is_refused_with_what_was_found),
		cmocka_unit_test(sections_are_added_one_behind_the_other_up_to_32),
		cmocka_unit_test(a_section_that_no_file_can_hold_is_not_added),
		cmocka_unit_test(types_have_the_names_of_the_specification),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
