#include "reference-db/appraise.h"

#include "measure/base/hex.h"
#include "tests/unit/support_appraise.h"
#include "tests/unit/support_check.h"

static void the_released_registers_are_a_yes(void **state)
{
	owned(bench_free) struct bench b;

	(void)state;
	bench_init(&b);
	with_manifest(&b);
	judge(&b, NITRO PCRS);
	check_reason(&b, "none");
	check_said(&b, "code",
		   "pass none: PCR0, PCR1, PCR2, PCR8 are those of example.org/blindbox/1.2.3");
	assert_ptr_equal(b.out.row, &b.manifest.row[0]);
	assert_true(appraise_is_authentic(&b.v));
}

static void another_register_or_one_that_is_missing_is_a_no(void **state)
{
	static const struct {
		const char *evidence, *said;
	} rows[] = {
		{NITRO "PCR0 " D("11") "\nPCR1 " D("11") "\nPCR2 " D("12") "\nPCR8 " D("18"),
		 "fail measurement: PCR0: not as in example.org/blindbox/1.2.3"},
		{NITRO "PCR0 " D("10") "\nPCR1 " D("11") "\nPCR2 " D("12"),
		 "fail measurement: PCR8: not as in example.org/blindbox/1.2.3"},
		{NITRO "PCR0 " D("00") "\nPCR1 " D("00") "\nPCR2 " D("00") "\nPCR8 " D("18"),
		 "fail measurement: PCR0, PCR1, PCR2: not as in example.org/blindbox/1.2.3"},
		{NITRO "PCR8 " D("18"), "fail measurement: example.org/blindbox/1.2.3 has no "
					"reference values for such evidence (nitro)"},
		{SNP MEASUREMENT, "fail measurement: example.org/blindbox/1.2.3 has no reference "
				  "values for such evidence (snp)"},
		{SNP PCRS, "fail measurement: example.org/blindbox/1.2.3 has no reference values "
			   "for such evidence (snp)"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		owned(bench_free) struct bench b;

		bench_init(&b);
		with_manifest(&b);
		judge(&b, rows[i].evidence);
		check_reason(&b, "measurement");
		check_said(&b, "code", rows[i].said);
	}
}

static void nothing_expected_is_undecided(void **state)
{
	owned(bench_free) struct bench b;

	(void)state;
	bench_init(&b);
	judge(&b, NITRO PCRS);
	check_reason(&b, "no-expectation");
	check_said(&b, "code",
		   "skip no-expectation: nothing was given that the measurements could be compared "
		   "with");
}

static void an_empty_manifest_matches_nothing(void **state)
{
	owned(bench_free) struct bench b;

	(void)state;
	bench_init(&b);
	b.x.manifest = &b.manifest;
	judge(&b, NITRO PCRS);
	check_reason(&b, "measurement");
	check_said(&b, "code",
		   "fail measurement: the manifest has no reference values for such "
		   "evidence (nitro)");
}

static void a_manifest_that_nobody_stands_behind_does_not_count(void **state)
{
	static const struct {
		enum reason fault;
		const char *decides, *said;
	} rows[] = {
		{REASON_THRESHOLD, "threshold", "skip threshold: the manifest does not count: why"},
		{REASON_SIGNATURE, "signature", "fail signature: the manifest does not count: why"},
		{REASON_EXPIRED, "expired", "fail expired: the manifest does not count: why"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		owned(bench_free) struct bench b;
		struct err fault = {.reason = rows[i].fault, .text = "why"};

		bench_init(&b);
		with_manifest(&b);
		b.x.manifest_fault = &fault;
		judge(&b, NITRO PCRS);
		check_reason(&b, rows[i].decides);
		check_said(&b, "code", rows[i].said);
	}
}

static void values_that_are_given_are_all_compared(void **state)
{
	owned(bench_free) struct bench b;
	char left[APPRAISE_NAMES];

	(void)state;
	bench_init(&b);
	give(&b, "PCR0", 0x10);
	judge(&b, NITRO PCRS);
	check_reason(&b, "none");
	check_said(&b, "code", "pass none: PCR0 is the one that was given");
	appraise_uncompared(b.claims, &b.x, &b.out, left);
	assert_string_equal(left, "PCR1, PCR2");
	give(&b, "PCR3", 0x13);
	give(&b, "PCR2", 0x13);
	judge(&b, NITRO PCRS);
	check_reason(&b, "measurement");
	check_said(&b, "code",
		   "fail measurement: PCR3 is not the one that was given; PCR2 is not the one that "
		   "was given");
}

static void an_expectation_of_zeros_matches_nothing(void **state)
{
	owned(bench_free) struct bench b;

	(void)state;
	bench_init(&b);
	give(&b, "PCR0", 0);
	judge(&b, NITRO "PCR0 " D("00") "\n");
	check_reason(&b, "measurement");
}

static void host_data_alone_is_an_expectation_and_may_be_zero(void **state)
{
	owned(bench_free) struct bench b;
	static const uint8_t zeros[32];

	(void)state;
	bench_init(&b);
	b.x.host_data = (struct claim){true, bytes_of(zeros, 32)};
	judge(&b, SNP MEASUREMENT "host_data " ZEROS32 "\n");
	check_reason(&b, "none");
	judge(&b, SNP MEASUREMENT "host_data " B16("00") B16("01") "\n");
	check_reason(&b, "measurement");
	judge(&b, NITRO PCRS);
	check_reason(&b, "measurement");
	check_said(&b, "code", "fail measurement: HOST_DATA is not the one that was given");
}

/* ---- rows of a manifest for reports */

static void put_value(struct manifest *m, const char *key, enum value_kind kind, const char *hex)
{
	owned(buf_free) struct buf bytes = BUF(256);
	struct err e = {0};
	struct value *v = manifest_value(m, key, kind, &e);

	assert_non_null(v);
	assert_true(hex_read(hex, key, &bytes, &e));
	v->alg = 7;
	v->bytes = bytes_of(manifest_text(m, buf_bytes(&bytes)), bytes.n);
}

static struct value *put_number(struct manifest *m, const char *key, enum value_kind kind,
				uint64_t low)
{
	struct err e = {0};
	struct value *v = manifest_value(m, key, kind, &e);

	assert_non_null(v);
	v->low = v->high = low;
	return v;
}

static void with_rows(struct bench *b)
{
	struct err e = {0};
	struct manifest *m = &b->manifest;

	assert_true(manifest_init(m, 4096, &e));
	m->id = "example.org/vm/1";
	assert_non_null(manifest_row(m, ROW_REFERENCE, &e));
	m->row[0].label = "EPYC-v4 x1";
	put_value(m, "MEASUREMENT", VALUE_DIGEST, D("a1"));
	assert_non_null(manifest_row(m, ROW_REFERENCE, &e));
	m->row[1].label = "EPYC-v4 x2";
	put_value(m, "MEASUREMENT", VALUE_DIGEST, D("aa"));
	b->x.manifest = m;
}

static void one_of_several_rows_matches_and_is_named(void **state)
{
	owned(bench_free) struct bench b;

	(void)state;
	bench_init(&b);
	with_rows(&b);
	judge(&b, SNP MEASUREMENT);
	check_reason(&b, "none");
	check_said(&b, "code", "pass none: MEASUREMENT is that of example.org/vm/1: EPYC-v4 x2");
	judge(&b, SNP "MEASUREMENT " D("ab") "\n");
	check_reason(&b, "measurement");
	check_said(&b, "code",
		   "fail measurement: no one of the 2 states of example.org/vm/1 is this");
	judge(&b, NITRO PCRS);
	check_reason(&b, "measurement");
}

static void each_value_of_a_row_must_hold(void **state)
{
	static const char evidence[] = SNP MEASUREMENT "host_data " B16("0c")
		B16("0c") "\n.POLICY 1f00030000000000\n"
			  ".GUEST_SVN 04000000\n.VMPL 00000000\n.REPORTED_TCB 0300000000000873\n"
			  ".FAMILY_ID " B16("0f") "\n";
	static const struct {
		const char *key;
		enum value_kind kind;
		const char *hex, *mask;
		uint64_t number;
		bool holds;
	} rows[] = {
		{"POLICY", VALUE_RAW, "1f00030000000000", NULL, 0, true},
		{"POLICY", VALUE_RAW, "1f00010000000000", NULL, 0, false},
		{"POLICY", VALUE_RAW, "0000010000000000", "0000010000000000", 0, true},
		{"POLICY", VALUE_RAW, "0000080000000000", "0000080000000000", 0, false},
		{"POLICY", VALUE_RAW, "0000010000000000", "00000100", 0, false},
		{"FAMILY_ID", VALUE_RAW, B16("0f"), NULL, 0, true},
		{"FAMILY_ID", VALUE_RAW, "0f", NULL, 0, false},
		{"HOST_DATA", VALUE_DIGEST, B16("0c") B16("0c"), NULL, 0, true},
		{"HOST_DATA", VALUE_DIGEST, B16("0c") B16("0c") B16("00"), NULL, 0, true},
		{"HOST_DATA", VALUE_DIGEST, B16("0c") B16("0c") B16("01"), NULL, 0, false},
		{"HOST_DATA", VALUE_DIGEST, B16("0c"), NULL, 0, false},
		{"GUEST_SVN", VALUE_SVN, "", NULL, 4, true},
		{"GUEST_SVN", VALUE_SVN, "", NULL, 3, false},
		{"GUEST_SVN", VALUE_MIN_SVN, "", NULL, 3, true},
		{"GUEST_SVN", VALUE_MIN_SVN, "", NULL, 5, false},
		{"VMPL", VALUE_RANGE, "", NULL, 0, true},
		{"VMPL", VALUE_RANGE, "", NULL, 1, false},
		{"REPORTED_TCB", VALUE_MIN_SVN, "", NULL, 0x7308000000000003, true},
		{"REPORTED_TCB", VALUE_MIN_SVN, "", NULL, 0x7307000000000003, true},
		{"REPORTED_TCB", VALUE_MIN_SVN, "", NULL, 0x0109000000000000, false},
		{"REPORTED_TCB", VALUE_SVN, "", NULL, 0x7308000000000003, true},
		{"CURRENT_VERSION", VALUE_VERSION, "312e32", NULL, 0, false},
		{"", VALUE_FLAGS, "", NULL, 0, false},
		{"ID_KEY_DIGEST", VALUE_DIGEST, D("01"), NULL, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		owned(bench_free) struct bench b;
		struct value *v;

		bench_init(&b);
		with_rows(&b);
		if (rows[i].hex[0])
			put_value(&b.manifest, rows[i].key, rows[i].kind, rows[i].hex);
		else
			put_number(&b.manifest, rows[i].key, rows[i].kind, rows[i].number);
		v = &b.manifest.value[b.manifest.n_values - 1];
		if (rows[i].mask) {
			owned(buf_free) struct buf mask = BUF(64);
			struct err e = {0};

			assert_true(hex_read(rows[i].mask, "mask", &mask, &e));
			v->mask = bytes_of(manifest_text(&b.manifest, buf_bytes(&mask)), mask.n);
		}
		judge(&b, evidence);
		check_reason(&b, rows[i].holds ? "none" : "measurement");
	}
}

static void a_register_by_several_algorithms_is_compared_by_its_own(void **state)
{
	owned(bench_free) struct bench b;
	struct manifest *m;

	(void)state;
	bench_init(&b);
	with_rows(&b);
	m = &b.manifest;
	put_value(m, "MEASUREMENT", VALUE_DIGEST, B16("bb") B16("bb"));
	m->value[m->n_values - 1].alg = 1;
	judge(&b, SNP MEASUREMENT);
	check_reason(&b, "none");
	m->value[1].bytes = m->value[0].bytes;
	judge(&b, SNP MEASUREMENT);
	check_reason(&b, "measurement");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_released_registers_are_a_yes),
		cmocka_unit_test(another_register_or_one_that_is_missing_is_a_no),
		cmocka_unit_test(nothing_expected_is_undecided),
		cmocka_unit_test(an_empty_manifest_matches_nothing),
		cmocka_unit_test(a_manifest_that_nobody_stands_behind_does_not_count),
		cmocka_unit_test(values_that_are_given_are_all_compared),
		cmocka_unit_test(an_expectation_of_zeros_matches_nothing),
		cmocka_unit_test(host_data_alone_is_an_expectation_and_may_be_zero),
		cmocka_unit_test(one_of_several_rows_matches_and_is_named),
		cmocka_unit_test(each_value_of_a_row_must_hold),
		cmocka_unit_test(a_register_by_several_algorithms_is_compared_by_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
