/*
 * Launch digests of a small IGVM file by each profile, against values that were computed from the
 * descriptions of the three measurers, by a program that shares nothing with ours.
 */
#include "tests/unit/support_check.h"
#include "tests/unit/support_hex.h"
#include "tests/unit/support_igvm.h"

#include "ovmf-snp/gctx.h"
#include "ovmf-snp/igvm_file.h"

struct one {
	struct buf file;
	struct igvm g;
	struct igvm_guest guest;
};

static void start(struct one *o, const char *profile, enum igvm_platform platform)
{
	struct err e = {0};

	*o = (struct one){.file = BUF(FORGE_IGVM_MAX)};
	forge_igvm_base(&o->file, 1);
	assert_true(igvm_read(&o->g, buf_bytes(&o->file), &e));
	o->guest = (struct igvm_guest){&o->g, platform, igvm_profile_find(profile), false};
	assert_non_null(o->guest.profile);
}

static void finish(struct one *o)
{
	igvm_free(&o->g);
	buf_free(&o->file);
}

static void digest_is(const struct one *o, const char *want)
{
	struct bytes w = hexed(want);
	struct err e = {0};
	struct digest d;

	assert_true(igvm_measure(&o->guest, &d, &e));
	assert_int_equal(d.len, w.n);
	assert_memory_equal(d.v, w.p, w.n);
	hexed_free(&w);
}

static void refused(const struct one *o, enum reason r, const char *text)
{
	struct err e = {0};
	struct digest d;

	assert_false(igvm_measure(&o->guest, &d, &e));
	check_err(&e, r, text);
}

static void an_area_is_one_page_for_igvmmeasure(void **state)
{
	struct one o;

	(void)state;
	start(&o, "igvmmeasure", IGVM_SNP);
	digest_is(&o, "c940fa7d1a41dcd4b8e90b1279b73f43e917992f61b0f3c0a612c040e56ad658"
		      "65a4234c23d34be9780de3c31905bf1c");
	o.guest.native_zero = true;
	digest_is(&o, "fc885b315b8112ae9e6bd17b45335a44a7180f9e922777d37627cd1c48e3f56a"
		      "2c102115242ef4ef1f461966fd0e2549");
	finish(&o);
}

static void and_all_its_pages_for_the_crate(void **state)
{
	struct one o;

	(void)state;
	start(&o, "igvm-crate", IGVM_SNP);
	digest_is(&o, "236f2389ea286e41805dbd1f4e9c8c795554cad1fe38bca51268513fd11c6bb0"
		      "bbd4addeedb994d7d5666da75b360395");
	finish(&o);
	start(&o, "igvm-crate", IGVM_TDX);
	digest_is(&o, "2bf2572172bc90dd78f7b17f3f8291806e03e31c3b059a24b35f4283ecaa3370"
		      "20187bb5c429c030cec10fd20f94b656");
	finish(&o);
}

static void under_qemu_an_area_overtakes_pages_and_processors_come_last(void **state)
{
	struct one o;

	(void)state;
	start(&o, "qemu", IGVM_SNP);
	digest_is(&o, "338ecf8c38bca8756fc57eca0e0b8bbbee6769739ef86bacbb18cc818fc53f7c"
		      "17575561765e09659de67950bd72f3ea");
	finish(&o);
}

static void each_platform_has_a_profile_or_none(void **state)
{
	(void)state;
	assert_string_equal(igvm_profile_for(IGVM_SNP)->name, "igvmmeasure");
	assert_string_equal(igvm_profile_for(IGVM_SEV)->name, "igvmmeasure");
	assert_string_equal(igvm_profile_for(IGVM_TDX)->name, "igvm-crate");
	assert_null(igvm_profile_for(IGVM_CCA));
	assert_null(igvm_profile_find("hyper-v"));
}

static void guests_that_nobody_starts_have_no_digest(void **state)
{
	struct one o;

	(void)state;
	start(&o, "igvmmeasure", IGVM_SEV_ES);
	refused(&o, REASON_IGVM, "the file is not for the platform 'seves'");
	o.guest.platform = IGVM_TDX;
	refused(&o, REASON_USAGE, "the profile 'igvmmeasure' does not measure 'tdx'");
	finish(&o);
}

static void change(struct one *o, size_t at, uint64_t x, unsigned width)
{
	struct err e = {0};

	igvm_free(&o->g);
	forge_igvm_put(&o->file, at, x, width);
	forge_igvm_crc(&o->file);
	assert_true(igvm_read(&o->g, buf_bytes(&o->file), &e));
}

static void what_the_profiles_demand(void **state)
{
	struct one o;

	(void)state;
	start(&o, "igvm-crate", IGVM_SNP);
	change(&o, BASE_POLICY + 16, 2, 4);
	refused(&o, REASON_IGVM, "the file has no guest policy, which 'igvm-crate' demands");
	finish(&o);
	start(&o, "qemu", IGVM_SNP);
	change(&o, BASE_CONTEXT + 24, 1, 2);
	refused(&o, REASON_IGVM,
		"the context of processor 1 follows 0 others; KVM launches processors in the order "
		"of their numbers");
	change(&o, BASE_CONTEXT + 16, 2, 4);
	refused(&o, REASON_IGVM,
		"the file has no processor context, and QEMU would launch one that it does not "
		"tell");
	change(&o, BASE_CONTEXT + 8, 0x100000, 8);
	change(&o, BASE_PAGE + 8, GCTX_VMSA_GPA, 8);
	refused(&o, REASON_IGVM,
		"the page at 0xfffffffff000 lies where KVM has those of the processors, "
		"0xfffffffff000");
	change(&o, BASE_PAGE + 8, 0x1000, 8);
	change(&o, BASE_COUNT, 0x30e, 4);
	refused(&o, REASON_IGVM, "QEMU does not load files with a header of type \"command line\"");
	finish(&o);
}

static void large_pages_are_told(void **state)
{
	struct one o;

	(void)state;
	start(&o, "qemu", IGVM_SNP);
	assert_false(igvm_is_large(&o.g, IGVM_SNP));
	change(&o, BASE_PAGE_2 + 8, 0x200000, 8);
	change(&o, BASE_PAGE_2 + 24, IGVM_IS_2M, 4);
	assert_true(igvm_is_large(&o.g, IGVM_SNP));
	assert_false(igvm_is_large(&o.g, IGVM_TDX));
	finish(&o);
}

/* ---- the ways of one file */

static void every_way_that_gives_a_digest_is_there_with_its_name(void **state)
{
	static const char *const names[] = {"IGVM, igvmmeasure", "IGVM, igvmmeasure, native zero",
					    "IGVM, igvm-crate", "IGVM, qemu"};
	struct igvm_ways w;
	struct err e = {0};
	struct one o;

	(void)state;
	start(&o, "qemu", IGVM_SNP);
	assert_true(igvm_ways(&w, &o.g, &e));
	assert_int_equal(w.n, 4);
	for (size_t i = 0; i < w.n; i++) {
		owned(buf_free) struct buf name = BUF(128);
		struct digest d;

		igvm_guest_put(&name, &w.way[i].guest);
		assert_string_equal(buf_cstr(&name), names[i]);
		assert_true(igvm_measure(&w.way[i].guest, &d, &e));
		assert_true(digest_equal(&d, &w.way[i].digest));
	}
	finish(&o);
}

static void a_profile_that_gives_no_digest_is_no_way(void **state)
{
	struct igvm_ways w;
	struct err e = {0};
	struct one o;

	(void)state;
	start(&o, "qemu", IGVM_SNP);
	o.g.n_headers -= 2; /* without the context there is nothing that KVM could launch */
	assert_true(igvm_ways(&w, &o.g, &e));
	assert_int_equal(w.n, 3);
	o.g.n_platforms = 0;
	assert_false(igvm_ways(&w, &o.g, &e));
	check_err(&e, REASON_IGVM, "the file is not for the platform 'snp'");
	finish(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_area_is_one_page_for_igvmmeasure),
		cmocka_unit_test(and_all_its_pages_for_the_crate),
		cmocka_unit_test(under_qemu_an_area_overtakes_pages_and_processors_come_last),
		cmocka_unit_test(each_platform_has_a_profile_or_none),
		cmocka_unit_test(guests_that_nobody_starts_have_no_digest),
		cmocka_unit_test(what_the_profiles_demand),
		cmocka_unit_test(large_pages_are_told),
		cmocka_unit_test(every_way_that_gives_a_digest_is_there_with_its_name),
		cmocka_unit_test(a_profile_that_gives_no_digest_is_no_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
