/*
 * Launch digests of a small firmware image, against what virtee/sev-snp-measure 0.0.13 printed for
 * the same bytes.
 */
#include <stdio.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_hex.h"
#include "tests/unit/support_ovmf.h"

#include "ovmf-snp/launch.h"
#include "ovmf-snp/vcpu.h"

static void check_hex(struct bytes x, const char *want)
{
	struct bytes w = hexed(want);

	assert_int_equal(x.n, w.n);
	assert_memory_equal(x.p, w.p, x.n);
	hexed_free(&w);
}

struct guest {
	struct buf image;
	struct ovmf ovmf;
	struct kernelhash hashes;
	struct launch launch;
	struct gctx gctx;
	struct launch_vmsas vmsas;
};

static void start(struct guest *g, const char *profile, bool place)
{
	struct err e = {0};

	*g = (struct guest){.image = BUF(1u << 20)};
	forge_ovmf(&g->image, place);
	assert_true(ovmf_read(&g->ovmf, buf_bytes(&g->image), OVMF_END, &e));
	g->launch.ovmf = &g->ovmf;
	g->launch.profile = profile_find(profile);
	assert_non_null(g->launch.profile);
	assert_true(gctx_init(&g->gctx, &e));
}

static void finish(struct guest *g)
{
	gctx_free(&g->gctx);
	buf_free(&g->image);
}

static void kernel(struct guest *g, const char *initrd, const char *cmdline)
{
	struct err e = {0};
	struct digest k, i;

	assert_true(hash_of(DIGEST_SHA256, bytes_str("kernel"), &k, &e));
	assert_true(!initrd || hash_of(DIGEST_SHA256, bytes_str(initrd), &i, &e));
	assert_true(kernelhash_make(&g->hashes, &k, initrd ? &i : NULL, bytes_str(cmdline), &e));
	g->launch.kernel = &g->hashes;
}

static void snp(struct guest *g, const char *cpu, uint64_t features, unsigned vcpus,
		const char *want)
{
	const struct launch_count count = {.n = vcpus};
	const struct vcpu_type *type;
	struct err e = {0};

	assert_true(vcpu_find(cpu, &type, &e));
	assert_true(launch_vmsas(&g->vmsas, &g->launch, type->signature, features, &e));
	assert_true(launch_base(&g->gctx, &g->launch, &e));
	assert_true(launch_vcpus(&g->gctx, &g->launch, &g->vmsas, &count, &e));
	check_hex(bytes_of(g->gctx.ld, GCTX_LD), want);
}

static void one_processor_under_qemu(void **state)
{
	struct guest g;

	(void)state;
	start(&g, "qemu", true);
	snp(&g, "EPYC-v4", 1, 1,
	    "465c713d798a62654208467fb9c3b146283a0466aa7be0867829b516817f8bfa"
	    "3156cb1257e413659fda2753176199d2");
	finish(&g);
}

static void a_kernel_with_its_ramdisk_and_command_line(void **state)
{
	struct guest g;

	(void)state;
	start(&g, "qemu", true);
	kernel(&g, "initrd", "console=ttyS0");
	snp(&g, "EPYC-Milan", 1, 4,
	    "46edb749d186c862ba201e0e1eba44e4b546e170aa8c1250be0939a9db328658"
	    "e30fb170bc01721e02f2d927ae064124");
	finish(&g);
}

static void the_monitors_of_ec2_and_gce(void **state)
{
	struct guest g;

	(void)state;
	start(&g, "ec2", true);
	snp(&g, "EPYC-Milan", 1, 4,
	    "0c3f8fb25b9c11150ebbd497f358159fd3e2790fa505aed1766cca5726d075f6"
	    "8e6b7860df2e78dbf39ce67139c68abc");
	finish(&g);
	start(&g, "gce", true);
	snp(&g, "EPYC-Milan", 0x21, 4,
	    "87f3a4f5f955de679e653546ea87f282ec3c67f804b4d0f6cf45ae89ecb0c7db"
	    "1b9a97937caec87012cf827642dc2e38");
	finish(&g);
}

static void firmware_without_a_place_for_kernel_hashes(void **state)
{
	struct guest g;
	struct err e = {0};

	(void)state;
	start(&g, "qemu", false);
	snp(&g, "EPYC-Turin", 1, 3,
	    "e348a8d709db5aabae3f28a6d5bd7fb6dddf0ec3bd699f63faf3e2cdf146351d"
	    "97b64daec82cc329177efbd07e3a5ed3");
	kernel(&g, NULL, "");
	assert_false(launch_base(&g.gctx, &g.launch, &e));
	check_err(&e, REASON_FIRMWARE,
		  "a kernel is given, and the firmware has no place for its hash");
	finish(&g);
}

static void the_firmware_alone_can_be_resumed_from(void **state)
{
	struct guest g;
	struct err e = {0};
	uint8_t ld[GCTX_LD];

	(void)state;
	start(&g, "qemu", true);
	assert_true(launch_firmware(&g.gctx, &g.ovmf, &e));
	check_hex(bytes_of(g.gctx.ld, GCTX_LD),
		  "fa22856b6650b768557a96ad6ad818f626f53f45966ce1daaedd0ac60967b21a"
		  "ab62e1f02725f5d5335b62e5e13691ad");
	memcpy(ld, g.gctx.ld, sizeof(ld));
	g.launch.firmware_ld = ld;
	snp(&g, "EPYC-v4", 1, 1,
	    "465c713d798a62654208467fb9c3b146283a0466aa7be0867829b516817f8bfa"
	    "3156cb1257e413659fda2753176199d2");
	finish(&g);
}

static struct digest sev(struct guest *g, unsigned vcpus)
{
	struct err e = {0};
	owned(hash_free) struct hash *h = launch_sev_base(&g->launch, &e);
	struct digest d = {0};

	assert_non_null(h);
	for (unsigned i = 0; i < vcpus; i++)
		assert_true(launch_sev_vcpu(h, &g->vmsas, i, &e));
	assert_true(hash_finish(h, &d, &e));
	return d;
}

static void guests_of_sev_and_sev_es(void **state)
{
	struct guest g;
	struct err e = {0};
	struct digest d;
	const struct vcpu_type *type;

	(void)state;
	start(&g, "qemu", true);
	kernel(&g, NULL, "");
	assert_true(vcpu_find("epyc-genoa", &type, &e));
	assert_true(launch_vmsas(&g.vmsas, &g.launch, type->signature, 0, &e));
	d = sev(&g, 2);
	check_hex(digest_bytes(&d),
		  "df614539771cc06508b2adfe575a49ba08d63afd68d55faad5a0b00af730398d");
	kernel(&g, NULL, "x");
	d = sev(&g, 0);
	check_hex(digest_bytes(&d),
		  "c2ff847910820039a8ed34c02c5c197124f93d1f7fd68f2c4d0261aaf4bb1266");
	finish(&g);
}

struct told {
	unsigned n;
	uint8_t ld[5][GCTX_LD];
};

static bool tell(void *arg, unsigned vcpus, const uint8_t ld[GCTX_LD], struct err *e)
{
	struct told *t = arg;

	(void)e;
	assert_int_equal(vcpus, t->n);
	memcpy(t->ld[t->n++], ld, GCTX_LD);
	return true;
}

static void the_chain_tells_the_digest_for_each_number_of_processors(void **state)
{
	struct told all = {.n = 1};
	struct launch_count count = {4, tell, &all};
	const struct vcpu_type *type;
	struct err e = {0};
	struct guest g;

	(void)state;
	assert_true(vcpu_find("EPYC-Milan", &type, &e));
	start(&g, "qemu", true);
	assert_true(launch_vmsas(&g.vmsas, &g.launch, type->signature, 1, &e) &&
		    launch_base(&g.gctx, &g.launch, &e) &&
		    launch_vcpus(&g.gctx, &g.launch, &g.vmsas, &count, &e));
	finish(&g);
	for (unsigned n = 1; n <= 4; n++) {
		count = (struct launch_count){.n = n};
		start(&g, "qemu", true);
		assert_true(launch_vmsas(&g.vmsas, &g.launch, type->signature, 1, &e) &&
			    launch_base(&g.gctx, &g.launch, &e) &&
			    launch_vcpus(&g.gctx, &g.launch, &g.vmsas, &count, &e));
		assert_memory_equal(g.gctx.ld, all.ld[n], GCTX_LD);
		finish(&g);
	}
}

/* n bytes of the image, then 0xff up to `whole`. */
static void cut(const struct buf *image, size_t n, size_t whole, const char *text)
{
	owned(buf_free) struct buf copy = BUF(FORGE_OVMF_SIZE);
	struct err e = {0};
	struct ovmf o;

	buf_put(&copy, bytes_of(image->p, n));
	while (copy.n < whole)
		buf_u8(&copy, 0xff);
	assert_false(ovmf_read(&o, buf_bytes(&copy), OVMF_END, &e));
	assert_int_equal(e.reason, REASON_FIRMWARE);
	assert_string_equal(e.text, text);
}

static void firmware_that_is_cut_in_its_last_two_pages(void **state)
{
	static const char none[] =
		"there is no table of GUIDs 32 bytes before the end, so this is no OVMF firmware "
		"(a variable store has none)";
	owned(buf_free) struct buf image = BUF(FORGE_OVMF_SIZE);
	char text[80];

	(void)state;
	forge_ovmf(&image, true);
	for (size_t n = image.n - 2 * OVMF_PAGE; n < image.n; n++) {
		snprintf(text, sizeof(text), "%zu bytes are not a whole number of pages of 4096",
			 n);
		cut(&image, n, n, n % OVMF_PAGE ? text : none);
		if (n < image.n - 32) /* behind it is the reset vector alone */
			cut(&image, n, image.n, none);
	}
}

static void a_type_of_processor_has_a_nearest_name(void **state)
{
	const struct vcpu_type *type;
	struct err e = {0};
	uint32_t signature;

	(void)state;
	assert_false(vcpu_find("EPYC-Millan", &type, &e));
	check_err(&e, REASON_USAGE, "'EPYC-Millan' is no type of processor that is known");
	assert_string_equal(e.hint, "did you mean 'EPYC-Milan'?");
	assert_true(vcpu_signature(25, 1, 1, &signature, &e));
	assert_int_equal(signature, 0xa00f11);
	assert_string_equal(vcpu_name(signature), "EPYC-Milan");
	assert_null(vcpu_name(1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_processor_under_qemu),
		cmocka_unit_test(a_kernel_with_its_ramdisk_and_command_line),
		cmocka_unit_test(the_monitors_of_ec2_and_gce),
		cmocka_unit_test(firmware_without_a_place_for_kernel_hashes),
		cmocka_unit_test(the_firmware_alone_can_be_resumed_from),
		cmocka_unit_test(guests_of_sev_and_sev_es),
		cmocka_unit_test(the_chain_tells_the_digest_for_each_number_of_processors),
		cmocka_unit_test(firmware_that_is_cut_in_its_last_two_pages),
		cmocka_unit_test(a_type_of_processor_has_a_nearest_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
