#include <stdio.h>
#include <stdlib.h>

#include "measure/core/hash.h"
#include "ovmf-snp/claims.h"
#include "ovmf-snp/tcb.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_report.h"

/* ---- products and their keys */

static void what_is_built_in_is_what_is_pinned(void **state)
{
	(void)state;
	for (unsigned p = 0; p < SNP_PRODUCTS; p++)
		for (unsigned a = 0; a < SNP_AUTHORITIES; a++) {
			const struct snp_product *product = snp_product((enum snp_product_id)p);
			struct digest d;
			struct err e = {0};

			assert_true(hash_of(DIGEST_SHA256, snp_authorities[p][a], &d, &e));
			assert_true(snp_pinned(product, (enum snp_authority)a, digest_bytes(&d)));
			assert_ptr_equal(snp_product_by_ark(digest_bytes(&d)),
					 a == SNP_ARK ? product : NULL);
		}
}

static void products_are_told_by_cpuid_and_by_name(void **state)
{
	static const struct {
		uint8_t family, model;
		const char *name;
	} rows[] = {
		{0x19, 0x00, "Milan"}, {0x19, 0x0f, "Milan"}, {0x19, 0x10, "Genoa"},
		{0x19, 0x1f, "Genoa"}, {0x19, 0x20, NULL},    {0x19, 0x9f, NULL},
		{0x19, 0xa0, "Genoa"}, {0x19, 0xaf, "Genoa"}, {0x19, 0xb0, NULL},
		{0x1a, 0x00, "Turin"}, {0x1a, 0x11, "Turin"}, {0x1a, 0x12, NULL},
		{0x17, 0x01, NULL},    {0x00, 0x00, NULL},
	};
	static const char *const names[][2] = {{"Milan", "Milan"},    {"Milan-B0", "Milan"},
					       {"Genoa-B1", "Genoa"}, {"Turin", "Turin"},
					       {"Mila", NULL},	      {"Milano", NULL},
					       {"milan", NULL},	      {"", NULL}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct snp_product *p = snp_product_by_cpuid(rows[i].family, rows[i].model);

		assert_true(!p == !rows[i].name && (!p || strcmp(p->name, rows[i].name) == 0));
	}
	for (size_t i = 0; i < COUNT(names); i++) {
		const struct snp_product *p = snp_product_by_name(bytes_str(names[i][0]));

		assert_true(!p == !names[i][1] && (!p || strcmp(p->name, names[i][1]) == 0));
	}
}

static void a_tcb_is_taken_apart_by_its_product(void **state)
{
	owned(buf_free) struct buf text = BUF(256);
	struct tcb t;

	(void)state;
	assert_true(snp_tcb_decode(snp_product(SNP_MILAN), 0xdb18000000000304, &t));
	assert_int_equal(t.fmc, -1);
	snp_tcb_text(&t, &text);
	assert_string_equal(buf_cstr(&text), "bl 4, tee 3, snp 24, ucode 219");
	assert_true(snp_tcb_encode(snp_product(SNP_MILAN), &t) == 0xdb18000000000304);
	assert_true(snp_tcb_decode(snp_product(SNP_TURIN), 0x5100000004030201, &t));
	buf_reset(&text);
	snp_tcb_text(&t, &text);
	assert_string_equal(buf_cstr(&text), "fmc 1, bl 2, tee 3, snp 4, ucode 81");
	assert_true(snp_tcb_encode(snp_product(SNP_TURIN), &t) == 0x5100000004030201);
	for (unsigned byte = 2; byte <= 5; byte++)
		assert_false(snp_tcb_decode(NULL, 1ull << 8 * byte, &t));
	for (unsigned byte = 4; byte <= 6; byte++)
		assert_false(snp_tcb_decode(snp_product(SNP_TURIN), 1ull << 8 * byte, &t));
}

static void floors_are_of_products_that_the_cpuid_names(void **state)
{
	unsigned n = 0;

	(void)state;
	for (unsigned family = 0x19; family <= 0x1a; family++)
		for (unsigned model = 0; model < 256; model++)
			for (unsigned step = 0; step < 16; step++) {
				const uint8_t cpuid[] = {(uint8_t)family, (uint8_t)model,
							 (uint8_t)step};
				const struct snp_floor *f;
				size_t i = 0;

				while ((f = snp_floor_next(cpuid, &i)) != NULL) {
					assert_ptr_equal(snp_product(f->product),
							 snp_product_by_cpuid(cpuid[0], cpuid[1]));
					assert_true(f->tcb.snp > 0 && f->source[0]);
					n++;
				}
			}
	assert_true(n > 0);
}

/* ---- policy */

struct bench {
	struct snp_claims own;
	struct claims claims;
	struct policy policy;
};

/* Claims of a sound report, as if authenticated. */
static void bench_of(struct bench *b, const char *product, unsigned version)
{
	struct forge_spec s = forge_spec(product, version, false);
	const struct snp_product *p = snp_product_by_name(bytes_str(product));

	*b = (struct bench){.own = {.report = s.r, .product = p, .signed_by_key = true}};
	b->claims.own = &b->own;
	snp_tcb_decode(p, s.r.current_tcb, &b->own.current);
	b->own.reported = b->own.committed = b->own.launch = b->own.current;
	b->own.vek.tcb = b->own.current;
	b->policy.launch = TCB_NONE;
	b->policy.firmware_major = b->policy.firmware_minor = b->policy.firmware_build = -1;
}

static void says(struct bench *b, enum check_result result, const char *slug, const char *text)
{
	struct verdict v = {0};
	struct err e = {0};

	assert_true(snp_policy(&b->claims, &b->policy, &v, &e));
	for (size_t i = 0; i < v.n; i++)
		if (v.check[i].result == result && strcmp(v.check[i].detail, text) == 0 &&
		    strcmp(reason_slug(v.check[i].reason), slug) == 0)
			return;
	for (size_t i = 0; i < v.n; i++)
		print_message("  %s %s: %s\n", check_result_name(v.check[i].result),
			      reason_slug(v.check[i].reason), v.check[i].detail);
	fail_msg("nothing says: %s", text);
}

static void passes(struct bench *b)
{
	says(b, CHECK_PASS, "none", "");
}

static void a_policy_that_demands_nothing_is_met(void **state)
{
	struct bench b;

	(void)state;
	bench_of(&b, "Milan", 3);
	passes(&b);
	b.policy = policy_strict();
	passes(&b);
}

static void the_guest_is_as_demanded(void **state)
{
	struct bench b;

	(void)state;
	bench_of(&b, "Milan", 3);
	b.own.report.vmpl = 2;
	says(&b, CHECK_WARN, "policy",
	     "the report was asked for at VMPL 2: what runs at a lower number can read and change "
	     "this guest");
	b.policy.has_vmpl = true;
	b.policy.vmpl = 1;
	says(&b, CHECK_FAIL, "policy", "the report was asked for at VMPL 2, and 1 is demanded");
	b.policy.vmpl = 2;
	passes(&b);
	b.policy.guest_forbidden = SNP_POLICY_SMT;
	b.own.report.policy |= SNP_POLICY_SMT;
	says(&b, CHECK_FAIL, "policy", "bit 16 (SMT) of POLICY is set and must not be");
	b.policy.guest_forbidden = 0;
	b.policy.guest_required = 1u << 25;
	says(&b, CHECK_FAIL, "policy",
	     "bit 25 (PAGE_SWAP_DISABLE) of POLICY is not set and must be");
	b.policy.guest_required = 0;
	b.own.report.policy |= SNP_POLICY_MIGRATE_MA;
	says(&b, CHECK_WARN, "policy",
	     "a migration agent may move the guest: bit 18 (MIGRATE_MA) of POLICY is set");
	b.policy.guest_forbidden = SNP_POLICY_MIGRATE_MA;
	says(&b, CHECK_FAIL, "policy", "bit 18 (MIGRATE_MA) of POLICY is set and must not be");
	b.policy.guest_forbidden = 0;
	b.policy.abi_major = 1;
	b.policy.abi_minor = 51;
	b.own.report.policy |= 0x132;
	says(&b, CHECK_FAIL, "policy", "the guest demands ABI 1.50, and must demand 1.51 at least");
	b.policy.abi_minor = 50;
	passes(&b);
	b.policy.has_guest_svn = true;
	b.policy.guest_svn = 4;
	says(&b, CHECK_FAIL, "policy", "GUEST_SVN is 0 and must be 4 at least");
}

#define Z16 "00000000000000000000000000000000"
#define A16 "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"

static void identities_are_among_those_listed(void **state)
{
	struct bench b;

	(void)state;
	bench_of(&b, "Milan", 3);
	b.policy.id_block = true;
	says(&b, CHECK_FAIL, "policy", "ID_KEY_DIGEST is zero, and an ID block is demanded");
	b.policy.id_block = false;
	b.policy.id_keys = (struct policy_list){1, {"0000" Z16 Z16 "0000000000000000000000000000"}};
	says(&b, CHECK_FAIL, "policy", "ID_KEY_DIGEST is zero, and an ID block is demanded");
	b.policy.id_keys.n = 0;
	b.policy.id_block = true;
	memset(b.own.report.id_key_digest, 0x0a, 48);
	passes(&b);
	b.policy.author_key = true;
	says(&b, CHECK_FAIL, "policy", "AUTHOR_KEY_EN is 0, and an author key is demanded");
	b.own.report.author_key_en = true;
	passes(&b);
	b.policy.id_keys = (struct policy_list){1, {A16}};
	says(&b, CHECK_FAIL, "policy",
	     "ID_KEY_DIGEST is " A16 A16 A16 ", which is not among those accepted");
	b.policy.id_keys =
		(struct policy_list){2, {A16, "0A0A" A16 A16 "0a0a0a0a0a0a0a0a0a0a0a0a0a0a"}};
	passes(&b);
	b.policy.image_ids = (struct policy_list){1, {A16}};
	says(&b, CHECK_FAIL, "policy",
	     "IMAGE_ID is 00000000000000000000000000000000, which is not among those accepted");
	memset(b.own.report.image_id, 0x0a, 16);
	passes(&b);
}

static void the_platform_is_as_demanded(void **state)
{
	struct bench b;

	(void)state;
	bench_of(&b, "Turin", 5);
	b.own.report.platform_info = 0x65;
	says(&b, CHECK_WARN, "policy",
	     "PLATFORM_INFO has bits set whose meaning is not known here: 0x40");
	b.policy.has_platform = true;
	b.policy.platform_allowed = 0x25;
	says(&b, CHECK_FAIL, "policy",
	     "bit 6 (no known name) of PLATFORM_INFO is set and not among those accepted");
	b.policy.platform_allowed = 0x65;
	b.policy.platform_required = 0x10;
	says(&b, CHECK_FAIL, "policy",
	     "bit 4 (CIPHERTEXT_HIDING_DRAM_EN) of PLATFORM_INFO is not set and must be");
	b.policy.platform_required = 0x20;
	passes(&b);
	b.policy.has_mitigations = true;
	b.policy.mitigations = 0x41;
	says(&b, CHECK_FAIL, "policy",
	     "bit 6 (no known name) of CURRENT_MIT_VECTOR is not set and must be");
	b.policy.mitigations = 1;
	b.policy.launch_mitigations = 0x80;
	says(&b, CHECK_FAIL, "policy",
	     "bit 7 (no known name) of LAUNCH_MIT_VECTOR is not set and must be");
	b.own.report.version = 4;
	says(&b, CHECK_FAIL, "policy",
	     "a report of version 4 names no mitigations, and some are demanded");
}

static void firmware_is_new_enough_and_stays(void **state)
{
	struct bench b;

	(void)state;
	bench_of(&b, "Milan", 3);
	b.policy.firmware_major = 1;
	b.policy.firmware_minor = 55;
	b.policy.firmware_build = 50;
	says(&b, CHECK_FAIL, "policy", "the firmware is 1.55.49, older than is demanded");
	b.policy.firmware_minor = 54;
	passes(&b);
	b.policy.provisional = DEMAND_REQUIRE;
	passes(&b);
	b.own.report.committed.build = 12;
	says(&b, CHECK_FAIL, "policy",
	     "the firmware is provisional: 1.55.49 runs, and the machine can go back to 1.55.12");
	b.policy.provisional = DEMAND_WARN;
	says(&b, CHECK_WARN, "policy",
	     "the firmware is provisional: 1.55.49 runs, and the machine can go back to 1.55.12");
	b.own.report.committed.build = 49;
	b.own.report.committed_tcb -= 1;
	says(&b, CHECK_WARN, "policy",
	     "the firmware is provisional: COMMITTED_TCB, to which the machine can go back, is not "
	     "CURRENT_TCB");
}

static void a_tcb_is_above_every_floor(void **state)
{
	struct bench b;

	(void)state;
	bench_of(&b, "Milan", 3);
	b.policy.n_floors = 2;
	b.policy.floor[0].product = "Genoa";
	b.policy.floor[0].tcb = (struct tcb){99, 99, 99, 99, -1};
	b.policy.floor[1].tcb = (struct tcb){4, 0, 25, 219, -1};
	says(&b, CHECK_FAIL, "tcb", "snp of REPORTED_TCB is 24 and must be 25 at least");
	b.policy.floor[1].tcb.snp = 24;
	passes(&b);
	b.policy.floor[1].tcb.fmc = 1;
	says(&b, CHECK_FAIL, "tcb",
	     "fmc of REPORTED_TCB must be 1 at least, and this product has none");
	b.policy.n_floors = 0;
	b.policy.launch.ucode = 220;
	says(&b, CHECK_FAIL, "tcb", "ucode of LAUNCH_TCB is 219 and must be 220 at least");
}

static void bulletins_are_told_of(void **state)
{
	struct bench b;

	(void)state;
	bench_of(&b, "Milan", 3);
	b.policy.known_floors = DEMAND_WARN;
	passes(&b);
	b.own.reported.snp = 23;
	says(&b, CHECK_WARN, "tcb", "snp is 23, and AMD-SB-3019 of 2025-02 demands 24");
	b.policy.known_floors = DEMAND_REQUIRE;
	says(&b, CHECK_FAIL, "tcb", "snp is 23, and AMD-SB-3019 of 2025-02 demands 24");
	b.policy.known_floors = DEMAND_WARN;
	b.own.report.cpuid_step = 0;
	says(&b, CHECK_WARN, "tcb", "no floor known: no bulletin for this stepping is at hand");
	bench_of(&b, "Milan", 2);
	b.policy.known_floors = DEMAND_WARN;
	says(&b, CHECK_WARN, "tcb",
	     "no floor known: no bulletin for a report that does not name its processor is at "
	     "hand");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_built_in_is_what_is_pinned),
		cmocka_unit_test(products_are_told_by_cpuid_and_by_name),
		cmocka_unit_test(a_tcb_is_taken_apart_by_its_product),
		cmocka_unit_test(floors_are_of_products_that_the_cpuid_names),
		cmocka_unit_test(a_policy_that_demands_nothing_is_met),
		cmocka_unit_test(the_guest_is_as_demanded),
		cmocka_unit_test(identities_are_among_those_listed),
		cmocka_unit_test(the_platform_is_as_demanded),
		cmocka_unit_test(firmware_is_new_enough_and_stays),
		cmocka_unit_test(a_tcb_is_above_every_floor),
		cmocka_unit_test(bulletins_are_told_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
