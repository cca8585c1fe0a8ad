#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "measure/core/rootdir.h"
#include "tests/alloc/fail.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_layer.h"

static bool apply(void *arg, struct err *e)
{
	owned(buf_free) struct buf spool = BUF(4096);
	owned(tree_free) struct tree *t = tree_new(20, e);
	struct layer_rule rule = {.number = 1};

	(void)arg;
	if (!t || !layer_put(t, "d d\nf d/a 1\nl l d\nh b l/a\nc c 1,3\n", rule, &spool, e))
		return false;
	rule.number = 2;
	return layer_put(t, "f .wh.d\nf e/a 2\nh c e/a\nf a\nf a\n", rule, &spool, e);
}

static bool tell(void *arg, struct bytes path, struct bytes name, struct err *e)
{
	(void)arg;
	(void)path;
	(void)name;
	(void)e;
	return true;
}

static bool read_folder(void *arg, struct err *e)
{
	const struct rootdir_rule rule = {.left_out = {true, tell, NULL}};
	owned(rootdir_close) struct rootdir d = ROOTDIR_NONE;
	owned(tree_free) struct tree *t = tree_new(20, e);
	uint8_t bytes[8];
	size_t got;

	return t && rootdir_open(&d, arg, e) && rootdir_read(&d, t, tree_root(t), &rule, e) &&
	       rootdir_file(&d, tree_root(t)->child, e) &&
	       rootdir_bytes(&d, (struct span){bytes, sizeof(bytes)}, &got, e);
}

static void layers_survive_the_lack_of_memory(void **state)
{
	(void)state;
	assert_in_range(fail_each(apply, NULL), 12, 60);
}

static void directories_survive_the_lack_of_memory(void **state)
{
	struct folder f;

	(void)state;
	folder_new(&f);
	folder_file(&f, "a", "text", 4);
	folder_file(&f, "b", "text", 4);
	assert_int_equal(link(folder_path(&f, "a"), folder_path(&f, "c")), 0);
	assert_int_equal(symlink("a", folder_path(&f, "d")), 0);
	assert_int_equal(mkdir(folder_path(&f, "e"), 0755), 0);
	setxattr(folder_path(&f, "b"), "user.x", "v", 1, 0);
	assert_in_range(fail_each(read_folder, f.path), 12, 60);
	folder_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layers_survive_the_lack_of_memory),
		cmocka_unit_test(directories_survive_the_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
