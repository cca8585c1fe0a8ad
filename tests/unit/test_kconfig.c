#include "eif/needs.h"

#include "tests/unit/support_check.h"

#define GOOD                                                                                 \
	"CONFIG_BLK_DEV_INITRD=y\nCONFIG_BINFMT_ELF=y\nCONFIG_VIRTIO_MMIO=y\nCONFIG_NSM=y\n" \
	"CONFIG_VSOCKETS=y\nCONFIG_VIRTIO_VSOCKETS=y\nCONFIG_DEVTMPFS=y\nCONFIG_PROC_FS=y\n" \
	"CONFIG_SYSFS=y\nCONFIG_TMPFS=y\nCONFIG_UNIX98_PTYS=y\nCONFIG_CGROUPS=y\n"

static const char *const no_modules[] = {NULL};

static void an_option_is_a_whole_line(void **state)
{
	struct bytes config =
		bytes_str("CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_CC=m\n CONFIG_D=y\n"
			  "CONFIG_E=\"text\"\nCONFIG_F=n\nCONFIG_G=m");

	(void)state;
	assert_int_equal(kconfig_get(config, "A"), KCONFIG_YES);
	assert_int_equal(kconfig_get(config, "B"), KCONFIG_NO);
	assert_int_equal(kconfig_get(config, "C"), KCONFIG_NO);
	assert_int_equal(kconfig_get(config, "CC"), KCONFIG_MODULE);
	assert_int_equal(kconfig_get(config, "D"), KCONFIG_NO);
	assert_int_equal(kconfig_get(config, "E"), KCONFIG_YES);
	assert_int_equal(kconfig_get(config, "F"), KCONFIG_NO);
	assert_int_equal(kconfig_get(config, "G"), KCONFIG_MODULE);
	assert_int_equal(kconfig_get((struct bytes){0}, "A"), KCONFIG_NO);
	assert_int_equal(kconfig_get(bytes_str("CONFIG_A="), "A"), KCONFIG_NO);
}

/* The only warning about a configuration; "" when there is none. */
static const char *warning(const char *config, const struct kconfig_use *use)
{
	static char text[256];
	struct answer a;

	answer_init(&a);
	kconfig_check(bytes_str(config), use, &a);
	text[0] = '\0';
	assert_true(a.n_notes <= 1);
	if (a.n_notes > 0) {
		assert_int_equal(a.notes[0].reason, REASON_KERNEL_OPTION);
		memcpy(text, a.notes[0].text, sizeof(text));
	}
	answer_free(&a);
	return text;
}

static void a_kernel_that_lacks_nothing_is_not_warned_about(void **state)
{
	struct kconfig_use x86 = {eif_kernel_needs(false), no_modules, 0},
			   arm = {eif_kernel_needs(true), no_modules, 0};

	(void)state;
	assert_string_equal(warning(GOOD "CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES=y\n", &x86), "");
	assert_string_equal(warning(GOOD "CONFIG_OF=y\n", &arm), "");
	assert_string_equal(warning(GOOD "CONFIG_OF=y\n", &x86),
			    "CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES is not set: no device that the "
			    "command line names is found");
	assert_string_equal(warning(GOOD "CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES=y\n", &arm),
			    "CONFIG_OF is not set: no device that the device tree names is found");
}

static void what_a_module_gives_needs_that_module(void **state)
{
	static const char *const nsm[] = {"nsm", NULL};
	struct kconfig_use without = {eif_kernel_needs(true), no_modules, 0},
			   with = {eif_kernel_needs(true), nsm, 0};
	static const char rest[] = GOOD "CONFIG_OF=y\nCONFIG_MODULES=y\n";
	char config[sizeof(rest) + 1] = "";

	(void)state;
	memcpy(config, rest, sizeof(rest));
	memcpy(strstr(config, "CONFIG_NSM=y"), "CONFIG_NSM=m", 12);
	assert_string_equal(warning(config, &without),
			    "CONFIG_NSM=m, and its module nsm is not in the ramdisk: no security "
			    "module, and so no attestation from inside");
	assert_string_equal(warning(config, &with), "");
	memcpy(strstr(config, "CONFIG_NSM=m"), "#", 1);
	assert_string_equal(warning(config, &without),
			    "CONFIG_NSM is not set: no security module, and so no attestation from "
			    "inside");
	assert_string_equal(warning(config, &with), "");
	memcpy(strstr(config, "CONFIG_MODULES"), "#", 1);
	assert_string_equal(warning(config, &with),
			    "CONFIG_MODULES is not set: no module can be loaded");
}

static void a_compressed_ramdisk_needs_its_reader(void **state)
{
	struct kconfig_use use = {eif_kernel_needs(true), no_modules, 1u << PACKING_ZSTD};

	(void)state;
	assert_string_equal(warning(GOOD "CONFIG_OF=y\nCONFIG_RD_GZIP=y\n", &use),
			    "CONFIG_RD_ZSTD is not set: no ramdisk compressed by zstd can be read");
	assert_string_equal(warning(GOOD "CONFIG_OF=y\nCONFIG_RD_ZSTD=y\n", &use), "");
	use.packings = 1u << PACKING_NONE;
	assert_string_equal(warning(GOOD "CONFIG_OF=y\n", &use), "");
}

static void each_option_is_warned_about_once(void **state)
{
	struct kconfig_use use = {eif_kernel_needs(false), no_modules, 0};
	struct answer a;

	(void)state;
	answer_init(&a);
	kconfig_check((struct bytes){0}, &use, &a);
	assert_int_equal(a.n_notes, 13);
	answer_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_option_is_a_whole_line),
		cmocka_unit_test(a_kernel_that_lacks_nothing_is_not_warned_about),
		cmocka_unit_test(what_a_module_gives_needs_that_module),
		cmocka_unit_test(a_compressed_ramdisk_needs_its_reader),
		cmocka_unit_test(each_option_is_warned_about_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
