#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "measure/rebuild/configure_order.h"
#include "measure/rebuild/configure_scrub.h"
#include "tests/alloc/fail.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_layer.h"
#include "tests/unit/support_tree.h"

static bool order(void *arg, struct err *e)
{
	char dpkg[] = "dpkg", tool[] = "tool", of[] = "dpkg", none[] = "";
	struct deb deb[] = {
		{.name = dpkg,
		 .version = none,
		 .depends = none,
		 .pre_depends = none,
		 .provides = none},
		{.name = tool,
		 .version = none,
		 .depends = none,
		 .pre_depends = of,
		 .provides = none},
	};
	unsigned level[2];

	(void)arg;
	return configure_order(deb, 2, level, e) && level[0] == 0 && level[1] == 1;
}

static void an_order_survives_the_lack_of_memory(void **state)
{
	(void)state;
	assert_int_equal(fail_each(order, NULL), 1);
}

static bool scrub(void *arg, struct err *e)
{
	const struct rootfs_options options = {0};
	owned(rootfs_free) struct rootfs r = {0};

	return rootfs_open(&r, arg, &options, e) && configure_scrub(&r, 0, e) &&
	       tree_get(r.tree, "etc/shadow")->inode->size == strlen("a:b:0:c\n");
}

static void a_root_that_is_scrubbed_survives_the_lack_of_memory(void **state)
{
	owned(buf_free) struct buf tar = BUF(1u << 16);
	struct folder f;

	(void)state;
	folder_new(&f);
	layer_tar(&tar, "d etc\nf etc/shadow a:b:7:c\nd run\nf run/x 1\n");
	assert_in_range(fail_each(scrub, (void *)(uintptr_t)folder_file(&f, "tar", tar.p, tar.n)),
			10, 100);
	folder_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_order_survives_the_lack_of_memory),
		cmocka_unit_test(a_root_that_is_scrubbed_survives_the_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
