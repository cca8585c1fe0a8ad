#include "ovmf-snp/igvm_measure.h"
#include "ovmf-snp/igvm_parts.h"
#include "reference-db/compare.h"
#include "reference-db/identify.h"
#include "reference-db/make.h"
#include "tests/alloc/fail.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_igvm.h"

static bool read_and_write(void *arg, struct err *e)
{
	const struct buf *file = arg;
	owned(buf_free) struct buf again = BUF(FORGE_IGVM_MAX);
	owned(igvm_free) struct igvm g = {0};

	return igvm_read(&g, buf_bytes(file), e) && igvm_write(&g, &again, e);
}

static bool read_and_measure(void *arg, struct err *e)
{
	const struct buf *file = arg;
	owned(igvm_free) struct igvm g = {0};
	struct igvm_guest snp = {&g, IGVM_SNP, igvm_profile_find("qemu"), false};
	struct igvm_guest tdx = {&g, IGVM_TDX, igvm_profile_find("igvm-crate"), false};
	struct digest d;

	return igvm_read(&g, buf_bytes(file), e) && igvm_measure(&snp, &d, e) &&
	       igvm_measure(&tdx, &d, e);
}

static bool read_and_describe(void *arg, struct err *e)
{
	const struct buf *file = arg;
	owned(igvm_free) struct igvm g = {0};
	owned(part_free) struct part *root = NULL;

	return igvm_read(&g, buf_bytes(file), e) && igvm_describe(&g, &root, e);
}

/* A file, and the manifest that is made of it. */
struct released {
	const char *path;
	struct manifest *m;
};

static bool make(struct manifest *m, const char *path, struct err *e)
{
	const struct make_request q = {
		.image = path,
		.product = "example.org/vm",
		.version = "1",
		.profile_uri = MANIFEST_SNP_2025,
		.policy_mask = UINT64_MAX,
		.igvm_profile = "qemu",
	};

	return manifest_make(m, &q, e);
}

static bool make_again(void *arg, struct err *e)
{
	const struct released *r = arg;
	owned(manifest_free) struct manifest m = {0};

	return make(&m, r->path, e);
}

static bool compare(void *arg, struct err *e)
{
	const struct released *r = arg;
	owned(file_close) struct file f = FILE_NONE;
	struct verdict v = {0};

	return file_open(&f, r->path, e) && compare_igvm(r->m, &f, &v, e) && verdict_decide(&v, e);
}

static bool name(void *arg, struct err *e)
{
	const struct released *r = arg;
	struct identified x = {.n = 0};

	return identify(r->path, (struct watch){0}, &x, e) && x.n > 0;
}

static void a_manifest_of_it_may_lack_memory(void **state)
{
	owned(folder_free) struct folder folder = {0};
	owned(buf_free) struct buf file = BUF(FORGE_IGVM_MAX);
	owned(manifest_free) struct manifest m = {0};
	struct released r = {.m = &m};
	struct err e = {0};

	(void)state;
	folder_new(&folder);
	forge_igvm_base(&file, 1);
	r.path = folder_file(&folder, "guest.igvm", file.p, file.n);
	assert_true(make(&m, r.path, &e));
	assert_true(fail_each(make_again, &r) >= 10);
	assert_true(fail_each(compare, &r) >= 4);
	assert_true(fail_each(name, &r) >= 4);
}

static void any_allocation_may_fail(void **state)
{
	owned(buf_free) struct buf file = BUF(FORGE_IGVM_MAX);

	(void)state;
	forge_igvm_base(&file, 1);
	assert_true(fail_each(read_and_write, &file) >= 4);
	assert_true(fail_each(read_and_measure, &file) >= 4);
	assert_true(fail_each(read_and_describe, &file) >= 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_allocation_may_fail),
		cmocka_unit_test(a_manifest_of_it_may_lack_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
