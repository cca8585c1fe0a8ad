#include "measure/core/rootfs.h"

#include <fcntl.h>
#include <unistd.h>

#include "measure/core/store.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_layer.h"

static void change(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	usleep(20000); /* longer than the grain of a file system's clock */
	assert_int_equal(pwrite(fd, text, strlen(text), 512), strlen(text));
	close(fd);
}

static const char *archive(struct folder *f)
{
	owned(buf_free) struct buf tar = BUF(1u << 20);

	layer_tar(&tar, "f a CONTENT\n");
	return folder_file(f, "tar", tar.p, tar.n);
}

static void an_archive_that_changes_between_two_passes_is_refused(void **state)
{
	const char *path = archive(*state);
	const struct rootfs_options options = {0};
	owned(rootfs_free) struct rootfs r = {0};
	const struct tree_node *n;
	struct err e = {0};
	uint8_t got[16];
	size_t size;

	assert_true(rootfs_open(&r, path, &options, &e));
	n = tree_next(tree_root(r.tree));
	assert_true(rootfs_file(&r, n, &e));
	assert_true(rootfs_read(&r, (struct span){got, sizeof(got)}, &size, &e));
	assert_memory_equal(got, "CONTENT", size);
	change(path, "ANOTHER");
	assert_true(rootfs_file(&r, n, &e));
	assert_false(rootfs_read(&r, (struct span){got, sizeof(got)}, &size, &e));
	check_err(&e, REASON_FILE_CHANGED, "changed while it was being read");
	assert_string_equal(e.subject, path);
}

static void a_blob_that_changes_after_it_was_opened_is_known(void **state)
{
	struct folder *f = *state;
	const char *path = archive(f);
	owned(store_item_free) struct store_item item = {.file = FILE_NONE};
	struct err e = {0};
	owned(store_free) struct store *s = store_folder(f->path, &e);

	assert_true(s && store_open(s, "tar", &item, &e));
	assert_true(file_unchanged(&item.file, &e));
	change(path, "ANOTHER");
	assert_false(file_unchanged(&item.file, &e));
	check_err(&e, REASON_FILE_CHANGED, "changed while it was being read");
	assert_string_equal(e.subject, path);
}

static int setup(void **state)
{
	static struct folder folder;

	folder_new(&folder);
	*state = &folder;
	return 0;
}

static int teardown(void **state)
{
	folder_free(*state);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_archive_that_changes_between_two_passes_is_refused),
		TEST(a_blob_that_changes_after_it_was_opened_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
