#include "ovmf-snp/igvm_measure.h"
#include "ovmf-snp/igvm_parts.h"
#include "tests/alloc/fail.h"
#include "tests/unit/support_check.h"
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
