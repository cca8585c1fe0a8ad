#include "ovmf-snp/report.h"

#include <stdio.h>

#include "tests/unit/support_check.h"

/* Every field different, so that two that are exchanged show. */
static struct snp_report filled(uint32_t version)
{
	struct snp_report r = {
		.version = version,
		.guest_svn = 0x01020304,
		.policy = 0x3031f,
		.vmpl = 2,
		.signature_algo = SNP_ECDSA_P384_SHA384,
		.current_tcb = 0xdb18000000000004,
		.platform_info = 0x65,
		.author_key_en = true,
		.signing_key = SNP_KEY_VLEK,
		.reported_tcb = 0xdb17000000000003,
		.committed_tcb = 0xdb16000000000002,
		.current = {29, 55, 1},
		.committed = {28, 54, 2},
		.launch_tcb = 0xdb15000000000001,
	};

	memset(r.family_id, 0x10, sizeof(r.family_id));
	memset(r.image_id, 0x20, sizeof(r.image_id));
	memset(r.report_data, 0x30, sizeof(r.report_data));
	memset(r.measurement, 0x40, sizeof(r.measurement));
	memset(r.host_data, 0x50, sizeof(r.host_data));
	memset(r.id_key_digest, 0x60, sizeof(r.id_key_digest));
	memset(r.author_key_digest, 0x70, sizeof(r.author_key_digest));
	memset(r.report_id, 0x80, sizeof(r.report_id));
	memset(r.report_id_ma, 0x90, sizeof(r.report_id_ma));
	memset(r.chip_id, 0xa0, sizeof(r.chip_id));
	memset(r.signature_r, 0x0b, SNP_COMPONENT);
	memset(r.signature_s, 0x0c, SNP_COMPONENT);
	if (version >= SNP_VERSION_CPUID) {
		r.cpuid_fam_id = 0x19;
		r.cpuid_mod_id = 0x11;
		r.cpuid_step = 2;
	}
	if (version >= SNP_VERSION_MITIGATION) {
		r.launch_mit_vector = 0x3f;
		r.current_mit_vector = 0x7f;
	}
	return r;
}

static struct buf written(uint32_t version)
{
	struct snp_report r = filled(version);
	struct buf out = BUF(4096);

	snp_report_write(&out, &r);
	assert_int_equal(out.n, SNP_REPORT_SIZE);
	return out;
}

static void what_is_written_is_read_and_written_again(void **state)
{
	(void)state;
	for (uint32_t v = SNP_VERSION_MIN; v <= SNP_VERSION_MAX; v++) {
		owned(buf_free) struct buf first = written(v), again = BUF(4096);
		struct snp_report want = filled(v), r;
		struct err e = {0};

		assert_true(snp_report_read(&r, buf_bytes(&first), &e));
		assert_int_equal(r.version, want.version);
		assert_int_equal(r.guest_svn, want.guest_svn);
		assert_int_equal(r.vmpl, want.vmpl);
		assert_int_equal(r.reported_tcb, want.reported_tcb);
		assert_int_equal(r.committed.minor, want.committed.minor);
		assert_int_equal(r.signing_key, want.signing_key);
		assert_int_equal(r.cpuid_mod_id, want.cpuid_mod_id);
		assert_int_equal(r.current_mit_vector, want.current_mit_vector);
		assert_memory_equal(r.chip_id, want.chip_id, sizeof(r.chip_id));
		snp_report_write(&again, &r);
		assert_memory_equal(again.p, first.p, SNP_REPORT_SIZE);
	}
}

static void fields_stand_where_the_specification_has_them(void **state)
{
	static const struct {
		size_t at;
		uint8_t is;
	} rows[] = {
		{0x000, 5},    {0x004, 0x04}, {0x00a, 0x03}, {0x010, 0x10}, {0x020, 0x20},
		{0x030, 2},    {0x034, 1},    {0x03e, 0x18}, {0x040, 0x65}, {0x048, 0x05},
		{0x050, 0x30}, {0x090, 0x40}, {0x0c0, 0x50}, {0x0e0, 0x60}, {0x110, 0x70},
		{0x140, 0x80}, {0x160, 0x90}, {0x186, 0x17}, {0x188, 0x19}, {0x189, 0x11},
		{0x18a, 2},    {0x1a0, 0xa0}, {0x1e6, 0x16}, {0x1e8, 29},   {0x1e9, 55},
		{0x1ea, 1},    {0x1ec, 28},   {0x1ed, 54},   {0x1ee, 2},    {0x1f6, 0x15},
		{0x1f8, 0x3f}, {0x200, 0x7f}, {0x2a0, 0x0b}, {0x2cf, 0x0b}, {0x2e8, 0x0c},
		{0x317, 0x0c},
	};
	owned(buf_free) struct buf b = written(5);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(b.p[rows[i].at], rows[i].is);
}

static void refused(struct buf *b, enum reason r, const char *text)
{
	struct snp_report got;
	struct err e = {0};

	assert_false(snp_report_read(&got, buf_bytes(b), &e));
	check_err(&e, r, text);
}

static void each_byte_that_is_reserved_must_be_zero(void **state)
{
	static const struct {
		uint32_t version;
		size_t from, to;
	} rows[] = {
		{2, 0x04c, 0x050}, {2, 0x188, 0x1a0}, {2, 0x1eb, 0x1ec}, {2, 0x1ef, 0x1f0},
		{2, 0x1f8, 0x2a0}, {2, 0x330, 0x4a0}, {3, 0x18b, 0x1a0}, {3, 0x1f8, 0x2a0},
		{4, 0x18b, 0x1a0}, {4, 0x1f8, 0x2a0}, {5, 0x04c, 0x050}, {5, 0x18b, 0x1a0},
		{5, 0x208, 0x2a0}, {5, 0x330, 0x4a0},
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t at = rows[i].from; at < rows[i].to; at++) {
			owned(buf_free) struct buf b = written(rows[i].version);

			b.p[at] = 0x40;
			snprintf(text, sizeof(text),
				 "reserved byte 0x%03zx is 0x40 and must be zero", at);
			refused(&b, REASON_FORMAT, text);
		}
}

static void words_that_are_reserved_in_part_are_refused(void **state)
{
	static const struct {
		size_t at;
		uint8_t put;
		enum reason reason;
		const char *text;
	} rows[] = {
		{0x000, 0, REASON_VERSION, "the version of the report is 0; known are 2 to 5"},
		{0x000, 1, REASON_VERSION, "the version of the report is 1; known are 2 to 5"},
		{0x000, 6, REASON_VERSION, "the version of the report is 6; known are 2 to 5"},
		{0x002, 1, REASON_VERSION, "the version of the report is 65539; known are 2 to 5"},
		{0x00a, 1, REASON_FORMAT, "bit 17 of POLICY 0x1031f is 0 and must be 1"},
		{0x00b, 4, REASON_FORMAT,
		 "POLICY is 0x403031f, and its bits 63:26 are reserved and must be zero"},
		{0x00f, 0x80, REASON_FORMAT,
		 "POLICY is 0x800000000003031f, and its bits 63:26 are reserved and must be zero"},
		{0x048, 0x20, REASON_FORMAT,
		 "the word at 0x048 is 0x20, and its bits 31:5 are reserved and must be zero"},
		{0x048, 0x08, REASON_FORMAT, "SIGNING_KEY is 2; known are 0, 1 and 7"},
		{0x048, 0x18, REASON_FORMAT, "SIGNING_KEY is 6; known are 0, 1 and 7"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		owned(buf_free) struct buf b = written(3);

		b.p[rows[i].at] = rows[i].put;
		refused(&b, rows[i].reason, rows[i].text);
	}
}

static void a_report_has_its_one_length(void **state)
{
	owned(buf_free) struct buf b = written(3);
	char text[128];

	(void)state;
	for (size_t n = 0; n < SNP_REPORT_SIZE; n++) {
		struct buf part = {.p = b.p, .n = n};

		snprintf(text, sizeof(text), "a report has 1184 bytes, this one has %zu", n);
		refused(&part, REASON_FORMAT, text);
	}
	buf_u8(&b, 0);
	refused(&b, REASON_FORMAT, "a report has 1184 bytes, this one has 1185");
}

static void unknown_bits_of_the_platform_are_read(void **state)
{
	owned(buf_free) struct buf b = written(3);
	struct snp_report r;
	struct err e = {0};

	(void)state;
	memset(b.p + 0x40, 0xff, 8);
	assert_true(snp_report_read(&r, buf_bytes(&b), &e));
	assert_true(r.platform_info == UINT64_MAX);
	assert_int_equal(snp_platform_known(), 0xbf);
}

static void a_signature_is_two_numbers_below_the_order(void **state)
{
	static const uint8_t n[] = {
		0x73, 0x29, 0xc5, 0xcc, 0x6a, 0x19, 0xec, 0xec, 0x7a, 0xa7, 0xb0, 0x48,
		0xb2, 0x0d, 0x1a, 0x58, 0xdf, 0x2d, 0x37, 0xf4, 0x81, 0x4d, 0x63, 0xc7,
	};
	static const char *const too_long = "r of the signature has more than 48 bytes";
	struct snp_report r = filled(3);
	uint8_t rs[96];
	struct err e = {0};

	(void)state;
	r.signature_r[0] = 1;
	r.signature_s[47] = 2;
	assert_true(snp_report_signature(&r, rs, &e));
	assert_int_equal(rs[47], 1);
	assert_int_equal(rs[48], 2);
	memset(r.signature_s, 0, 72);
	assert_false(snp_report_signature(&r, rs, &e));
	check_err(&e, REASON_SIGNATURE, "s of the signature is 0");
	memcpy(r.signature_r, n, sizeof(n));
	memset(r.signature_r + 24, 0xff, 24);
	e = (struct err){0};
	assert_false(snp_report_signature(&r, rs, &e));
	check_err(&e, REASON_SIGNATURE, "r of the signature is not below the order of the curve");
	r.signature_r[0]--;
	r.signature_s[0] = 1;
	e = (struct err){0};
	assert_true(snp_report_signature(&r, rs, &e));
	for (size_t i = 48; i < 72; i++) {
		r.signature_r[i] = 1;
		e = (struct err){0};
		assert_false(snp_report_signature(&r, rs, &e));
		check_err(&e, REASON_SIGNATURE, too_long);
		r.signature_r[i] = 0;
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_and_written_again),
		cmocka_unit_test(fields_stand_where_the_specification_has_them),
		cmocka_unit_test(each_byte_that_is_reserved_must_be_zero),
		cmocka_unit_test(words_that_are_reserved_in_part_are_refused),
		cmocka_unit_test(a_report_has_its_one_length),
		cmocka_unit_test(unknown_bits_of_the_platform_are_read),
		cmocka_unit_test(a_signature_is_two_numbers_below_the_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
