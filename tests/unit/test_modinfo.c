#include "measure/guest/modinfo.h"

#include "tests/unit/support_check.h"
#include "tests/unit/support_module.h"

static const char info[] =
	"license=GPL\0depends=virtio,virtio_ring\0name=x\0vermagic=6.1.0-9 SMP \0"
	"depends=later";

static void make(struct buf *out)
{
	*out = BUF(4096);
	module_make(out, bytes_of(info, sizeof(info) - 1));
	assert_int_equal(out->failed, REASON_NONE);
}

static bool equals(struct bytes a, const char *s)
{
	return bytes_equal(a, bytes_str(s));
}

static void a_module_says_what_it_depends_on_and_for_which_kernel(void **state)
{
	struct err e = {0};
	struct modinfo m;
	struct buf file;

	(void)state;
	make(&file);
	assert_true(modinfo_read(buf_bytes(&file), &m, &e));
	assert_true(equals(m.depends, "virtio,virtio_ring"));
	assert_true(equals(m.vermagic, "6.1.0-9 SMP "));
	buf_free(&file);
}

static void every_shortening_is_refused(void **state)
{
	struct modinfo m;
	struct buf file;

	(void)state;
	make(&file);
	for (size_t n = 0; n < file.n; n++) {
		struct err e = {0};

		assert_false(modinfo_read(bytes_of(file.p, n), &m, &e));
		assert_true(err_is(&e));
	}
	buf_free(&file);
}

static void what_is_no_module_is_refused(void **state)
{
	struct err e = {0}, none = {0}, far = {0};
	struct modinfo m;
	struct buf file;

	(void)state;
	assert_false(modinfo_read(bytes_str("\177ELF\1\1\1"), &m, &e));
	check_err(&e, REASON_MODULE, "is no ELF file of 64 bits, least byte first, as modules are");
	make(&file);
	memcpy(strstr((char *)file.p + MODULE_INFO_AT + sizeof(info), ".modinfo"), ".nothing", 8);
	assert_false(modinfo_read(buf_bytes(&file), &m, &none));
	check_err(&none, REASON_MODULE, "has no section .modinfo");
	memset(file.p + MODULE_SECTIONS_AT, 0xff, 8);
	assert_false(modinfo_read(buf_bytes(&file), &m, &far));
	assert_int_equal(far.reason, REASON_TRUNCATED);
	buf_free(&file);
}

static void a_module_is_known_by_one_name(void **state)
{
	static const char *const cases[][2] = {
		{"kernel/drivers/virtio/virtio_mmio.ko", "virtio_mmio"},
		{"snd-hda-intel.ko.xz", "snd_hda_intel"},
		{"nsm", "nsm"},
		{"/a/b-c.ko.zst", "b_c"},
	};
	char name[MODINFO_NAME_MAX], longer[MODINFO_NAME_MAX + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_true(modinfo_name(bytes_str(cases[i][0]), name));
		assert_string_equal(name, cases[i][1]);
	}
	memset(longer, 'x', sizeof(longer));
	assert_false(modinfo_name(bytes_of(longer, MODINFO_NAME_MAX), name));
	assert_true(modinfo_name(bytes_of(longer, MODINFO_NAME_MAX - 1), name));
	assert_false(modinfo_name(bytes_str(""), name));
	assert_false(modinfo_name(bytes_str("a/.ko"), name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_module_says_what_it_depends_on_and_for_which_kernel),
		cmocka_unit_test(every_shortening_is_refused),
		cmocka_unit_test(what_is_no_module_is_refused),
		cmocka_unit_test(a_module_is_known_by_one_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
