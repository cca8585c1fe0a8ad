#include "reference-db/appraise.h"

#include "measure/base/hex.h"
#include "measure/core/hash.h"
#include "tests/unit/support_appraise.h"
#include "tests/unit/support_check.h"

/* ---- fresh */

static void live_evidence_needs_its_nonce(void **state)
{
	static const struct {
		const char *evidence, *nonce, *reason, *said;
		enum when_clock clock;
		bool insecure;
		enum demand demand;
	} rows[] = {
		{NITRO PCRS "nonce 0102030405060708\n", "0102030405060708", "none",
		 "pass none: the nonce is the one that was sent", CLOCK_NOW, false, DEMAND_REQUIRE},
		{NITRO PCRS "nonce 01\n", "01", "none",
		 "pass none: the nonce is the one that was sent, short enough to be guessed",
		 CLOCK_NOW, false, DEMAND_REQUIRE},
		{NITRO PCRS "nonce 0102\n", "0103", "nonce",
		 "fail nonce: the evidence was not made for this nonce", CLOCK_NOW, true,
		 DEMAND_NONE},
		{NITRO PCRS "nonce 0102\n", "01", "nonce",
		 "fail nonce: the evidence was not made for this nonce", CLOCK_AT, false,
		 DEMAND_REQUIRE},
		{NITRO PCRS, "01", "nonce", "fail nonce: the evidence was not made for this nonce",
		 CLOCK_NONE, false, DEMAND_REQUIRE},
		{NITRO PCRS, NULL, "no-nonce",
		 "skip no-nonce: no nonce was compared: this may be a copy of old evidence",
		 CLOCK_NOW, false, DEMAND_REQUIRE},
		{NITRO PCRS, NULL, "none",
		 "warn no-nonce: no nonce was compared: this may be a copy of old evidence",
		 CLOCK_NOW, true, DEMAND_REQUIRE},
		{NITRO PCRS, NULL, "none",
		 "warn no-nonce: no nonce was compared: this may be a copy of old evidence",
		 CLOCK_NOW, false, DEMAND_WARN},
		{NITRO PCRS, NULL, "none", "skip archive: the policy does not ask for it",
		 CLOCK_NOW, false, DEMAND_NONE},
		{NITRO PCRS, NULL, "none",
		 "skip archive: judged as of another time than now, so not asked for", CLOCK_AT,
		 false, DEMAND_REQUIRE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		owned(bench_free) struct bench b;
		owned(buf_free) struct buf nonce = BUF(64);
		struct err e = {0};

		bench_init(&b);
		with_manifest(&b);
		b.x.when.clock = rows[i].clock;
		b.x.insecure_no_nonce = rows[i].insecure;
		b.policy.fresh = rows[i].demand;
		if (rows[i].nonce) {
			assert_true(hex_read(rows[i].nonce, "nonce", &nonce, &e));
			b.x.nonce = (struct claim){true, buf_bytes(&nonce)};
		}
		judge(&b, rows[i].evidence);
		check_reason(&b, rows[i].reason);
		check_said(&b, "fresh", rows[i].said);
	}
}

static void evidence_may_not_be_older_than_the_policy_says(void **state)
{
	static const uint8_t one[] = {1, 2, 3, 4, 5, 6, 7, 8};
	static const struct {
		const char *evidence, *reason;
		enum when_clock clock;
		bool nonce;
	} rows[] = {
		{NITRO PCRS "time 1000\njudged 1060\n", "none", CLOCK_AT, false},
		{NITRO PCRS "time 1000\njudged 1061\n", "stale", CLOCK_AT, false},
		{NITRO PCRS "time 1000\njudged 1061\n", "none", CLOCK_NONE, false},
		{NITRO PCRS "time 1000\njudged 900\n", "none", CLOCK_AT, false},
		{NITRO PCRS "judged 1061\n", "stale", CLOCK_AT, false},
		{NITRO PCRS "judged 1061\nnonce 0102030405060708\n", "none", CLOCK_NOW, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		owned(bench_free) struct bench b;

		bench_init(&b);
		with_manifest(&b);
		b.policy.has_max_age = true;
		b.policy.max_age = 60;
		b.x.when.clock = rows[i].clock;
		if (rows[i].nonce)
			b.x.nonce = (struct claim){true, bytes_of(one, sizeof(one))};
		judge(&b, rows[i].evidence);
		check_reason(&b, rows[i].reason);
	}
}

static void the_report_data_that_was_asked_for_is_compared(void **state)
{
	owned(bench_free) struct bench b;
	uint8_t data[64];

	(void)state;
	memset(data, 0xab, sizeof(data));
	bench_init(&b);
	give(&b, "MEASUREMENT", 0xaa);
	b.x.report_data = (struct claim){true, bytes_of(data, sizeof(data))};
	judge(&b, SNP MEASUREMENT "report_data " B16("ab") B16("ab") B16("ab") B16("ab") "\n");
	check_reason(&b, "none");
	judge(&b, SNP MEASUREMENT "report_data " B16("ab") B16("ab") B16("ab") B16("ac") "\n");
	check_reason(&b, "nonce");
	check_said(&b, "fresh",
		   "fail nonce: the report data is another one\n"
		   "skip archive: judged as of another time than now, so not asked for");
}

/* ---- channel */

static const uint8_t spki[] = {0x30, 0x03, 0x02, 0x01, 0x05};
static const uint8_t nonce8[] = {1, 2, 3, 4, 5, 6, 7, 8};

/* "FIELD HEX\n" with digest(spki, behind), then more. */
static void put_bound(struct buf *out, const char *field, enum digest_alg alg, struct bytes behind,
		      const char *more)
{
	struct digest d;
	struct err e = {0};

	assert_true(hash_of_two(alg, bytes_of(spki, sizeof(spki)), behind, &d, &e));
	buf_fmt(out, "%s ", field);
	hex_put(out, digest_bytes(&d));
	buf_fmt(out, "%s\n", more);
}

static void the_key_of_the_connection_is_the_one_that_is_named(void **state)
{
	static const struct {
		enum binding binding;
		const char *kind, *field;
		enum digest_alg alg;
		bool nonce, nonce_hashed;
		const char *more, *reason;
	} rows[] = {
		{BINDING_USER_DATA_SHA256, NITRO PCRS, "user_data", DIGEST_SHA256, false, false, "",
		 "none"},
		{BINDING_USER_DATA_SHA256, NITRO PCRS, "user_data", DIGEST_SHA256, false, false,
		 "00", "channel"},
		{BINDING_DEFAULT, NITRO PCRS, "user_data", DIGEST_SHA256, false, false, "",
		 "channel"},
		{BINDING_DEFAULT, SNP MEASUREMENT, "report_data", DIGEST_SHA256, false, false,
		 ZEROS32, "none"},
		{BINDING_REPORT_DATA_SHA256, SNP MEASUREMENT, "report_data", DIGEST_SHA256, true,
		 false, "0102030405060708" B16("00") "0000000000000000", "none"},
		{BINDING_REPORT_DATA_SHA256, SNP MEASUREMENT, "report_data", DIGEST_SHA256, true,
		 false, ZEROS32, "nonce"},
		{BINDING_REPORT_DATA_SHA256, SNP MEASUREMENT, "report_data", DIGEST_SHA256, false,
		 true, ZEROS32, "channel"},
		{BINDING_REPORT_DATA_SHA512, SNP MEASUREMENT, "report_data", DIGEST_SHA512, false,
		 false, "", "none"},
		{BINDING_REPORT_DATA_SHA512, SNP MEASUREMENT, "report_data", DIGEST_SHA512, true,
		 true, "", "none"},
		{BINDING_REPORT_DATA_SHA512, SNP MEASUREMENT, "report_data", DIGEST_SHA512, true,
		 false, "", "nonce"},
		{BINDING_PUBLIC_KEY, SNP MEASUREMENT, "report_data", DIGEST_SHA256, false, false,
		 ZEROS32, "channel"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		owned(bench_free) struct bench b;
		owned(buf_free) struct buf text = BUF(4096);
		struct bytes behind = bytes_of(nonce8, rows[i].nonce_hashed ? 8 : 0);

		bench_init(&b);
		give(&b, strstr(rows[i].kind, "snp") ? "MEASUREMENT" : "PCR0",
		     strstr(rows[i].kind, "snp") ? 0xaa : 0x10);
		b.x.key = (struct claim){true, bytes_of(spki, sizeof(spki))};
		b.x.binding = rows[i].binding;
		if (rows[i].nonce)
			b.x.nonce = (struct claim){true, bytes_of(nonce8, sizeof(nonce8))};
		buf_str(&text, rows[i].kind);
		put_bound(&text, rows[i].field, rows[i].alg, behind, rows[i].more);
		judge(&b, buf_cstr(&text));
		check_reason(&b, rows[i].reason);
	}
}

static void a_public_key_is_compared_byte_for_byte(void **state)
{
	owned(bench_free) struct bench b;

	(void)state;
	bench_init(&b);
	with_manifest(&b);
	b.x.key = (struct claim){true, bytes_of(spki, sizeof(spki))};
	judge(&b, NITRO PCRS "public_key 3003020105\n");
	check_reason(&b, "none");
	check_said(&b, "channel",
		   "pass none: the public_key names no other key than the connection's");
	judge(&b, NITRO PCRS "public_key 3003020106\n");
	check_reason(&b, "channel");
	check_said(&b, "channel",
		   "fail channel: the public_key names another key than the connection's");
	judge(&b, NITRO PCRS);
	check_reason(&b, "channel");
}

static void without_a_key_a_relay_is_told_of_and_may_be_refused(void **state)
{
	owned(bench_free) struct bench b;

	(void)state;
	bench_init(&b);
	with_manifest(&b);
	judge(&b, NITRO PCRS);
	check_reason(&b, "none");
	check_said(&b, "channel",
		   "skip relay: no key of the connection was compared: a relay could "
		   "answer in the enclave's place");
	b.policy.channel = DEMAND_REQUIRE;
	judge(&b, NITRO PCRS);
	check_reason(&b, "no-channel");
}

/* ---- policy */

static void the_policy_narrows_what_is_accepted(void **state)
{
	static const struct {
		size_t list;
		const char *accepted, *said;
	} rows[] = {
		{offsetof(struct policy, kinds), "snp",
		 "fail policy: the kind nitro is not one of those that are accepted"},
		{offsetof(struct policy, kinds), "nitro", "pass none: met"},
		{offsetof(struct policy, regions), "eu-west-1",
		 "fail policy: the region us-east-1 is not one of those that are accepted"},
		{offsetof(struct policy, regions), "us-east-1", "pass none: met"},
		{offsetof(struct policy, products), "Genoa",
		 "fail policy: the product (none) is not one of those that are accepted"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		owned(bench_free) struct bench b;
		struct policy_list list = {1, {rows[i].accepted}};

		bench_init(&b);
		with_manifest(&b);
		memcpy((char *)&b.policy + rows[i].list, &list, sizeof(list));
		judge(&b, NITRO PCRS "region us-east-1\n");
		check_reason(&b, rows[i].said[0] == 'p' ? "none" : "policy");
		check_said(&b, "policy", rows[i].said);
	}
}

static void components_have_a_status_that_is_accepted(void **state)
{
	owned(bench_free) struct bench b;

	(void)state;
	bench_init(&b);
	with_manifest(&b);
	b.policy.statuses = (struct policy_list){2, {"source", "pinned"}};
	judge(&b, NITRO PCRS);
	check_reason(&b, "policy");
	check_said(&b, "policy", "fail policy: ramdisk0 is endorsed, which is not accepted");
}

static void several_failures_of_the_policy_are_one_entry(void **state)
{
	static const uint8_t data[] = {1};
	owned(bench_free) struct bench b;

	(void)state;
	bench_init(&b);
	with_manifest(&b);
	b.x.user_data = (struct claim){true, bytes_of(data, 1)};
	b.policy.has_vmpl = true;
	b.policy.vmpl = 2;
	judge(&b, NITRO PCRS);
	check_said(&b, "policy", "fail policy: the user data is another one; VMPL 0 is not 2");
}

/* ---- all together */

/* Each check good or bad, in all combinations: the first bad one of the worst class decides. */
static void every_combination_of_checks_is_decided_by_the_first_of_the_worst(void **state)
{
	static const struct {
		const char *good, *bad, *reason;
	} part[] = {
		{"", "genuine fail expired\n", "expired"},
		{"", "vendor-signature fail signature\n", "signature"},
		{"", "production fail debug-mode\n", "debug-mode"},
		{PCRS, "PCR0 " D("10") "\nPCR1 " D("10") "\nPCR2 " D("12") "\nPCR8 " D("18") "\n",
		 "measurement"},
		{"nonce 0102030405060708\n", "nonce 01\n", "nonce"},
		{"public_key 3003020105\n", "public_key 30\n", "channel"},
		{"region here\n", "region there\n", "policy"},
	};

	(void)state;
	for (unsigned bad = 0; bad < 1u << COUNT(part); bad++) {
		owned(bench_free) struct bench b;
		owned(buf_free) struct buf text = BUF(4096);
		const char *reason = "none";

		bench_init(&b);
		with_manifest(&b);
		b.x.when.clock = CLOCK_NOW;
		b.x.nonce = (struct claim){true, bytes_of(nonce8, sizeof(nonce8))};
		b.x.key = (struct claim){true, bytes_of(spki, sizeof(spki))};
		b.policy.regions = (struct policy_list){1, {"here"}};
		buf_str(&text, NITRO);
		for (size_t i = COUNT(part); i > 0; i--) {
			bool is_bad = bad >> (i - 1) & 1;

			buf_str(&text, is_bad ? part[i - 1].bad : part[i - 1].good);
			reason = is_bad ? part[i - 1].reason : reason;
		}
		judge(&b, buf_cstr(&text));
		check_reason(&b, reason);
		assert_int_equal(b.v.n, COUNT(part));
		for (size_t i = 0; i < b.v.n; i++) {
			assert_string_equal(b.v.check[i].id, appraise_checks[i]);
			assert_int_equal(b.v.check[i].result,
					 bad >> i & 1 ? CHECK_FAIL : CHECK_PASS);
		}
		assert_int_equal(appraise_is_authentic(&b.v), (bad & 3) == 0);
	}
}

static void what_is_malformed_has_all_checks_and_one_reason(void **state)
{
	owned(bench_free) struct bench b;

	(void)state;
	bench_init(&b);
	with_manifest(&b);
	judge(&b, "nothing");
	assert_null(b.claims);
	check_reason(&b, "format");
	assert_int_equal(b.v.n, 7);
	check_said(&b, "genuine", "fail format: no kind");
	check_said(&b, "code", "skip format: there is nothing that it could be made of");
	assert_false(appraise_is_authentic(&b.v));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(live_evidence_needs_its_nonce),
		cmocka_unit_test(evidence_may_not_be_older_than_the_policy_says),
		cmocka_unit_test(the_report_data_that_was_asked_for_is_compared),
		cmocka_unit_test(the_key_of_the_connection_is_the_one_that_is_named),
		cmocka_unit_test(a_public_key_is_compared_byte_for_byte),
		cmocka_unit_test(without_a_key_a_relay_is_told_of_and_may_be_refused),
		cmocka_unit_test(the_policy_narrows_what_is_accepted),
		cmocka_unit_test(components_have_a_status_that_is_accepted),
		cmocka_unit_test(several_failures_of_the_policy_are_one_entry),
		cmocka_unit_test(every_combination_of_checks_is_decided_by_the_first_of_the_worst),
		cmocka_unit_test(what_is_malformed_has_all_checks_and_one_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
