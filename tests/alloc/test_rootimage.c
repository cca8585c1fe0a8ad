#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "measure/core/rootimage.h"
#include "tests/alloc/fail.h"
#include "tests/unit/support_folder.h"

static bool fill(struct rootfs *r, struct err *e)
{
	struct tree_inode file = {.mode = S_IFREG | 0644, .size = 5};

	return rootfs_empty(r, e) && rootfs_bytes(r, bytes_str("bytes"), &file.source, e) &&
	       tree_add(r->tree, tree_root(r->tree), bytes_str("f"), &file, e);
}

static bool write_image(void *arg, struct err *e)
{
	const struct rootimage_rule rule = {.time = CPIO_TIME_ZERO};
	owned(rootfs_free) struct rootfs r = {0};
	owned(out_free) struct out to = OUT_NONE;
	struct rootimage made;

	return out_open(&to, arg, e) && fill(&r, e) && rootimage_write(&r, &rule, &to, &made, e) &&
	       out_commit(&to, e);
}

static bool read_image(void *arg, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;
	struct rootimage found;

	return file_open(&f, arg, e) && rootimage_read(&f, &found, e);
}

static void memory_may_run_out_at_any_place(void **state)
{
	struct folder d;
	char *path;

	(void)state;
	folder_new(&d);
	path = strdup(folder_path(&d, "image"));
	assert_non_null(path);
	assert_true(fail_each(write_image, path) >= 6);
	assert_true(fail_each(read_image, path) >= 3);
	free(path);
	folder_free(&d);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_may_run_out_at_any_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
