/*
 * IGVM files: what is read is written again, and whatever two loaders could take differently is
 * refused, by the text that is expected.
 */
#include "ovmf-snp/igvm.h"

#include <stdio.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_igvm.h"

static void refused(const struct buf *file, enum reason r, const char *text)
{
	owned(igvm_free) struct igvm g = {0};
	struct err e = {0};

	assert_false(igvm_read(&g, buf_bytes(file), &e));
	check_err(&e, r, text);
}

static void what_is_read_is_written_again(void **state)
{
	(void)state;
	for (unsigned version = 1; version <= 2; version++) {
		owned(buf_free) struct buf file = BUF(FORGE_IGVM_MAX), again = BUF(FORGE_IGVM_MAX);
		owned(igvm_free) struct igvm g = {0};
		struct err e = {0};

		forge_igvm_base(&file, version);
		assert_true(igvm_read(&g, buf_bytes(&file), &e));
		assert_int_equal(g.version, version);
		assert_int_equal(g.n_headers, 10);
		assert_int_equal(igvm_mask(&g, IGVM_SNP), 1);
		assert_int_equal(igvm_mask(&g, IGVM_TDX), 2);
		assert_int_equal(igvm_mask(&g, IGVM_SEV_ES), 0);
		assert_true(igvm_write(&g, &again, &e));
		assert_int_equal(again.n, file.n);
		assert_memory_equal(again.p, file.p, file.n);
	}
}

static void fields_are_found_by_their_meaning(void **state)
{
	owned(buf_free) struct buf file = BUF(FORGE_IGVM_MAX);
	owned(igvm_free) struct igvm g = {0};
	struct err e = {0};

	(void)state;
	forge_igvm_base(&file, 1);
	assert_true(igvm_read(&g, buf_bytes(&file), &e));
	assert_int_equal(igvm_get(&g.header[2], IGVM_VALUE), 0x30000);
	assert_int_equal(igvm_type(&g.header[3]), IGVM_PAGE_DATA);
	assert_int_equal(igvm_get(&g.header[3], IGVM_GPA), 0x1000);
	assert_int_equal(igvm_data(&g, &g.header[3]).n, 4096);
	assert_int_equal(igvm_data(&g, &g.header[3]).p[4095], 0x11);
	assert_int_equal(igvm_data(&g, &g.header[4]).n, 0);
	assert_int_equal(igvm_extent(&g, &g.header[7]), 0x2000);
	assert_int_equal(igvm_data(&g, &g.header[8]).p[0], 0x22);
	assert_int_equal(igvm_platform_of(&g, &g.header[8]), IGVM_SNP);
	assert_int_equal(igvm_platform_of(&g, &g.header[3]), IGVM_PLATFORMS);
	assert_string_equal(igvm_platform_name(IGVM_PLATFORMS), "no");
	assert_false(igvm_has(&g.header[8], IGVM_KIND));
	assert_int_equal(igvm_get(&g.header[8], IGVM_KIND), 0);
}

/* A number over some bytes of the base file, its checksum mended. */
struct change {
	size_t at;
	uint64_t x;
	unsigned width;
	enum reason reason;
	const char *text;
};

static const struct change changes[] = {
	/* the fixed header */
	{0, 'X', 1, REASON_IGVM, "the file does not begin with \"IGVM\""},
	{4, 3, 4, REASON_IGVM, "the version is 3 and must be 1 or 2"},
	{4, 0, 4, REASON_IGVM, "the version is 0 and must be 1 or 2"},
	{8, 32, 4, REASON_IGVM, "the headers begin at 32 and must begin at 24, behind the first"},
	{12, 0xfffffff8, 4, REASON_IGVM,
	 "the headers have 4294967288 bytes; a multiple of 8 up to 8456 fits"},
	{12, 260, 4, REASON_IGVM, "the headers have 260 bytes; a multiple of 8 up to 8456 fits"},
	{16, 8479, 4, REASON_IGVM, "the file says that it has 8479 bytes, and has 8480"},
	/* headers */
	{BASE_PAGE, 0x306, 4, REASON_IGVM, "the header's type 0x306 is none of the format"},
	{BASE_PAGE, 0x80000302, 4, REASON_IGVM,
	 "the header of type 0x80000302 may be passed over by loaders that do not know it, so that "
	 "they differ"},
	{BASE_PAGE + 4, 16, 4, REASON_IGVM, "page data: the header has 16 bytes, its type has 24"},
	{BASE_MEMORY + 4, 0xffffffff, 4, REASON_TRUNCATED,
	 "header needs 4294967295 bytes, 24 are left"},
	{BASE_CONTEXT + 28, 1, 1, REASON_IGVM, "processor context: the padding is not zero"},
	{BASE_PAGE + 30, 1, 1, REASON_IGVM, "page data: reserved bytes are not zero"},
	{BASE_POLICY + 20, 1, 4, REASON_IGVM, "guest policy: reserved bytes are not zero"},
	/* platforms */
	{BASE_PLATFORM + 8, 0, 4, REASON_IGVM,
	 "platform: its compatibility mask 0x0 must have one bit"},
	{BASE_PLATFORM + 8, 5, 4, REASON_IGVM,
	 "platform: its compatibility mask 0x5 must have one bit"},
	{BASE_PLATFORM + 12, 1, 1, REASON_IGVM,
	 "platform: its highest VTL is 1 and must be 0 or 2"},
	{BASE_PLATFORM + 13, 7, 1, REASON_IGVM, "platform: its type is 7, 0 to 6 are known"},
	{BASE_PLATFORM + 13, 6, 1, REASON_IGVM, "platform: cca is not of the file's architecture"},
	{BASE_PLATFORM + 14, 2, 2, REASON_IGVM, "platform: its version is 2 and must be 1"},
	{BASE_PLATFORM_2 + 8, 1, 4, REASON_IGVM,
	 "platform: its type or its compatibility mask stands there twice"},
	{BASE_PLATFORM_2 + 13, 2, 1, REASON_IGVM,
	 "platform: its type or its compatibility mask stands there twice"},
	/* pages */
	{BASE_PAGE + 8, 0x1008, 8, REASON_IGVM,
	 "page data: its address 0x1008 is no multiple of 0x1000"},
	{BASE_PAGE + 8, 0x2000, 8, REASON_IGVM,
	 "page data: it lies at 0x2000, and the page data at offset 96 of the file reaches to 0x3000"},
	{BASE_PAGE + 8, 0xfffffffffffff000, 8, REASON_IGVM,
	 "page data: 0x1000 bytes at 0xfffffffffffff000 go beyond the last address, "
	 "0xfffffffffffff"},
	{BASE_PAGE + 8, 0x10000000000000, 8, REASON_IGVM,
	 "page data: 0x1000 bytes at 0x10000000000000 go beyond the last address, 0xfffffffffffff"},
	{BASE_PAGE + 8, 0xfffffffff000, 8, REASON_IGVM,
	 "processor context: it lies at 0xfffffffff000, and the page data at offset 96 of the file "
	 "reaches to 0x1000000000000"},
	{BASE_INSERT + 8, 0xffffffffe000, 8, REASON_IGVM,
	 "processor context: it lies at 0xfffffffff000, and the parameter insert at offset 200 of the "
	 "file reaches to 0x1000000000000"},
	{BASE_PAGE_2 + 8, 0x11000, 8, REASON_IGVM,
	 "page data: it lies at 0x11000, and the parameter insert at offset 200 of the file reaches "
	 "to 0x12000"},
	{BASE_PAGE + 20, 287, 4, REASON_IGVM,
	 "page data: its data are 4096 bytes at offset 287, and the file's data are those from 288 to "
	 "8480"},
	{BASE_PAGE + 20, 4385, 4, REASON_IGVM,
	 "page data: its data are 4096 bytes at offset 4385, and the file's data are those from 288 to "
	 "8480"},
	{BASE_PAGE + 20, 0xffffffff, 4, REASON_IGVM,
	 "page data: its data are 4096 bytes at offset 4294967295, and the file's data are those from "
	 "288 to 8480"},
	{BASE_PAGE + 20, 0, 4, REASON_TRAILING, "no header refers to the bytes from here on"},
	{BASE_CONTEXT + 20, 288, 4, REASON_TRAILING, "no header refers to the bytes from here on"},
	{BASE_PAGE + 24, 8, 4, REASON_IGVM, "page data: its flags 0x8 are not all known"},
	{BASE_PAGE + 24, 1, 4, REASON_IGVM,
	 "page data: a page of 2 MiB has data, whose length readers differ on"},
	{BASE_PAGE_2 + 24, 1, 4, REASON_IGVM,
	 "page data: its address 0x2000 is no multiple of 0x200000"},
	{BASE_PAGE + 28, 4, 2, REASON_IGVM, "page data: its data are of type 4, 0 to 3 are known"},
	/* parameter areas */
	{BASE_AREA + 8, 0, 8, REASON_IGVM, "parameter area: it has no bytes"},
	{BASE_AREA + 8, 0x800, 8, REASON_IGVM,
	 "parameter area: its size 0x800 is no multiple of 0x1000"},
	{BASE_AREA + 8, 0x100001000, 8, REASON_LIMIT, "more than 1048576 pages are launched"},
	{BASE_AREA + 16, 1, 4, REASON_IGVM,
	 "processor count: no parameter area 0 stands before it"},
	{BASE_COUNT + 12, 0x2000, 4, REASON_IGVM,
	 "processor count: byte 8192 is outside the parameter area, which has 8192"},
	{BASE_INSERT + 8, 0x10001, 8, REASON_IGVM,
	 "parameter insert: its address 0x10001 is no multiple of 0x1000"},
	{BASE_INSERT + 20, 9, 4, REASON_IGVM,
	 "parameter insert: no parameter area 9 stands before it"},
	/* contexts and memory */
	{BASE_CONTEXT + 16, 3, 4, REASON_IGVM,
	 "processor context: its compatibility mask 0x3 is that of no platform"},
	{BASE_CONTEXT + 20, 0, 4, REASON_IGVM, "processor context: it has no data"},
	{BASE_CONTEXT + 8, 8, 8, REASON_IGVM,
	 "processor context: its address 0x8 is no multiple of 0x1000"},
	{BASE_MEMORY + 8, 0x10, 8, REASON_IGVM,
	 "required memory: its address 0x10 is no multiple of 0x1000"},
	{BASE_MEMORY + 20, 0x10, 4, REASON_IGVM,
	 "required memory: its size 0x10 is no multiple of 0x1000"},
	{BASE_MEMORY + 24, 2, 4, REASON_IGVM, "required memory: its flags 0x2 are not all known"},
};

static void each_defect_is_refused_by_its_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(changes); i++) {
		const struct change *c = &changes[i];
		owned(buf_free) struct buf file = BUF(FORGE_IGVM_MAX);

		forge_igvm_base(&file, 1);
		forge_igvm_put(&file, c->at, c->x, c->width);
		forge_igvm_crc(&file);
		refused(&file, c->reason, c->text);
	}
}

static void version_2_has_an_architecture_and_a_page_size(void **state)
{
	owned(buf_free) struct buf file = BUF(FORGE_IGVM_MAX);

	(void)state;
	forge_igvm_base(&file, 2);
	forge_igvm_put(&file, 24, 2, 4);
	forge_igvm_crc(&file);
	refused(&file, REASON_IGVM, "the architecture is 2 and must be 0 (x64) or 1 (aarch64)");
	forge_igvm_put(&file, 24, 1, 4);
	forge_igvm_crc(&file);
	refused(&file, REASON_IGVM, "platform: snp is not of the file's architecture");
	forge_igvm_put(&file, 24, 0, 4);
	forge_igvm_put(&file, 28, 65536, 4);
	forge_igvm_crc(&file);
	refused(&file, REASON_IGVM, "pages have 65536 bytes and must have 4096");
}

static void a_wrong_checksum_is_refused(void **state)
{
	owned(buf_free) struct buf file = BUF(FORGE_IGVM_MAX);
	char text[128];

	(void)state;
	forge_igvm_base(&file, 1);
	snprintf(text, sizeof(text), "the checksum is 0x%02x%02x%02x%02x, that of the headers is ",
		 (uint8_t)~file.p[23], file.p[22], file.p[21], file.p[20]);
	file.p[23] = (uint8_t)~file.p[23];
	{
		owned(igvm_free) struct igvm g = {0};
		struct err e = {0};

		assert_false(igvm_read(&g, buf_bytes(&file), &e));
		assert_string_equal(reason_slug(e.reason), "crc");
		assert_int_equal(strncmp(e.text, text, strlen(text)), 0);
	}
}

static void a_file_that_ends_early_is_refused_at_every_length(void **state)
{
	owned(buf_free) struct buf file = BUF(FORGE_IGVM_MAX);

	(void)state;
	forge_igvm_base(&file, 1);
	for (size_t n = 0; n < file.n; n++) {
		owned(igvm_free) struct igvm g = {0};
		struct err e = {0};

		assert_false(igvm_read(&g, bytes_of(file.p, n), &e));
		assert_true(e.reason == REASON_TRUNCATED || e.reason == REASON_IGVM);
	}
	file.n = 3;
	refused(&file, REASON_TRUNCATED, "magic needs 4 bytes, 3 are left");
}

/* Files that are not the base with a number changed. */
static void made(unsigned which, struct buf *out)
{
	struct forge_igvm f = FORGE_IGVM(1);
	const struct forge_page page = {0x1000, 1, 0, 0, 0x11}, again = {0x1000, 2, 0, 0, -1};

	if (which != 0)
		forge_igvm_platform(&f, 1, 2);
	if (which == 1)
		forge_igvm_header(&f, 0x302, 0ull, 8u, 1ull, 4u, 0ull, 4u, 0ull, 4u, 0ull, 2u, 0ull,
				  2u, 0ull, 0u);
	if (which == 1)
		forge_igvm_header(&f, 0x101, 0ull, 8u, 1ull, 4u, 0ull, 4u, 0ull, 0u);
	if (which == 2 || which == 3)
		forge_igvm_header(&f, 0x301, 0x1000ull, 8u, 7ull, 4u, 0ull, 4u, 0ull, 0u);
	if (which == 2)
		forge_igvm_header(&f, 0x301, 0x1000ull, 8u, 7ull, 4u, 0ull, 4u, 0ull, 0u);
	for (unsigned i = 0; i < 2 && which == 3; i++)
		forge_igvm_header(&f, 0x303, 0x8000ull + 0x1000 * i, 8u, 1ull, 4u, 7ull, 4u, 0ull,
				  0u);
	if (which == 4)
		forge_igvm_header(&f, 0x102, 1ull, 4u, 0ull, 4u, 0x800ull, 8u, 0ull, 8u, 0ull, 8u,
				  0ull, 8u, 0ull, 8u, 0ull, 0u);
	if (which == 5)
		forge_igvm_header(&f, 0x103, 1ull, 4u, 0ull, 4u, 0x10ull, 8u, 0ull, 8u, 0ull, 8u,
				  0ull, 0u);
	if (which == 6) {
		forge_igvm_platform(&f, 2, 3);
		forge_igvm_page(&f, &page);
		forge_igvm_page(&f, &again);
	}
	for (unsigned i = 0; i < 257 && which == 7; i++)
		forge_igvm_header(&f, 0x301, 0x1000ull, 8u, (unsigned long long)i, 4u, 0ull, 4u,
				  0ull, 0u);
	forge_igvm_finish(&f, out);
}

static void what_headers_demand_of_each_other(void **state)
{
	static const char *const texts[] = {
		"the file names no platform that it is for",
		"guest policy: it stands behind a header of type \"page data\"",
		"parameter area: the index 7 stands there twice",
		"parameter insert: the parameter area 7 was inserted before it",
		"relocatable region: its alignment 0x800 is no multiple of 0x1000",
		"page table region: its address 0x10 is no multiple of 0x1000",
		NULL, /* one address for two platforms is no overlap */
		"there are more than 256 parameter areas",
	};

	(void)state;
	for (unsigned i = 0; i < COUNT(texts); i++) {
		owned(buf_free) struct buf file = BUF(FORGE_IGVM_MAX);
		owned(igvm_free) struct igvm g = {0};
		struct err e = {0};

		made(i, &file);
		assert_true(igvm_read(&g, buf_bytes(&file), &e) == (texts[i] == NULL));
		if (texts[i])
			assert_string_equal(e.text, texts[i]);
	}
}

/* Nothing but the data, which no checksum covers, can change and be read all the same. */
static void no_changed_bit_of_the_headers_is_read(void **state)
{
	owned(buf_free) struct buf file = BUF(FORGE_IGVM_MAX);

	(void)state;
	forge_igvm_base(&file, 1);
	for (size_t bit = 0; bit < 8u * BASE_DATA; bit++) {
		owned(igvm_free) struct igvm g = {0};
		struct err e = {0};

		file.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(igvm_read(&g, buf_bytes(&file), &e));
		file.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_read_is_written_again),
		cmocka_unit_test(fields_are_found_by_their_meaning),
		cmocka_unit_test(each_defect_is_refused_by_its_name),
		cmocka_unit_test(version_2_has_an_architecture_and_a_page_size),
		cmocka_unit_test(a_wrong_checksum_is_refused),
		cmocka_unit_test(a_file_that_ends_early_is_refused_at_every_length),
		cmocka_unit_test(what_headers_demand_of_each_other),
		cmocka_unit_test(no_changed_bit_of_the_headers_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
