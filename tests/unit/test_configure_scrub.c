#include "measure/rebuild/configure_scrub.h"

#include <stdio.h>
#include <unistd.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_layer.h"
#include "tests/unit/support_tree.h"

#define DAY 86400

static void open_root(struct folder *f, const char *lines, struct rootfs *r)
{
	owned(buf_free) struct buf tar = BUF(1u << 20);
	const struct rootfs_options options = {0};
	struct err e = {0};

	layer_tar(&tar, lines);
	assert_true(rootfs_open(r, folder_file(f, "tar", tar.p, tar.n), &options, &e));
	check_no_err(&e);
}

static void scrub(struct rootfs *r, int64_t epoch)
{
	struct err e = {0};

	assert_true(configure_scrub(r, epoch, &e));
	check_no_err(&e);
	assert_null(tree_fault(r->tree));
}

static void check_names(struct rootfs *r, const char *expected)
{
	owned(buf_free) struct buf out = BUF(1u << 16);
	struct err e = {0};

	tree_sort(r->tree);
	for (struct tree_node *n = tree_next(tree_root(r->tree)); n; n = tree_next(n)) {
		assert_true(tree_path(n, &out, &e));
		buf_str(&out, "\n");
	}
	assert_string_equal(buf_cstr(&out), expected);
}

static void check_file(struct rootfs *r, const char *path, const char *expected)
{
	uint8_t bytes[512];
	struct err e = {0};
	size_t got;

	assert_true(rootfs_file(r, tree_get(r->tree, path), &e));
	assert_true(rootfs_read(r, (struct span){bytes, sizeof(bytes)}, &got, &e));
	assert_int_equal(got, strlen(expected));
	assert_memory_equal(bytes, expected, got);
}

static void what_is_of_the_moment_is_left_out(void **state)
{
	owned(rootfs_free) struct rootfs r = {0};

	open_root(*state,
		  "d run\nd run/lock\nf run/lock/x 1\nl tmp var/tmp\nd var\nd var/tmp\n"
		  "f var/tmp/x 1\nd var/log\nf var/log/dpkg.log 1\nf var/log/mine.log 1\n"
		  "d var/log/bootstrap.log\nd var/lib\nd var/lib/dpkg\nf var/lib/dpkg/status 1\n"
		  "f var/lib/dpkg/status-old 1\nf var/lib/dpkg/lock 1\n"
		  "f var/lib/dpkg/-old 1\n",
		  &r);
	scrub(&r, 0);
	check_names(&r, "run\ntmp\nvar\nvar/lib\nvar/lib/dpkg\nvar/lib/dpkg/-old\n"
			"var/lib/dpkg/status\nvar/log\nvar/log/bootstrap.log\nvar/log/mine.log\n"
			"var/tmp\n");
}

static void links_lead_nowhere_else(void **state)
{
	owned(rootfs_free) struct rootfs r = {0};

	open_root(*state, "d data\nd data/log\nf data/log/dpkg.log 1\nl var data\nl run data\n",
		  &r);
	scrub(&r, 0);
	check_names(&r, "data\ndata/log\ndata/log/dpkg.log\nrun\nvar\n");
}

static void the_machine_has_no_identity(void **state)
{
	owned(rootfs_free) struct rootfs r = {0};

	open_root(*state, "d etc\nf etc/machine-id 0123456789abcdef\n", &r);
	scrub(&r, 0);
	assert_int_equal(tree_get(r.tree, "etc/machine-id")->inode->size, 0);
}

/* Lines of a file with line ends: by a folder, since a layer's text has none. */
static void days_of_passwords_are_that_of_the_epoch(void **state)
{
	static const char text[] = "root:*:20000:0:99999:7:::\nnone:!::0:99999:7:::\n"
				   "must:x:0:0:99999:7:::\nshort:x\nlast:x:20000:";
	owned(rootfs_free) struct rootfs r = {0};
	uint32_t source;
	struct err e = {0};
	struct tree_node *n;

	open_root(*state, "d etc\nf etc/shadow x\nf etc/shadow- \n", &r);
	n = tree_get(r.tree, "etc/shadow");
	assert_true(rootfs_bytes(&r, bytes_str(text), &source, &e));
	n->inode->source = source;
	n->inode->size = strlen(text);
	n->inode->at = 0;
	scrub(&r, INT64_C(20455) * DAY + DAY - 1);
	check_file(&r, "etc/shadow",
		   "root:*:20455:0:99999:7:::\nnone:!::0:99999:7:::\n"
		   "must:x:0:0:99999:7:::\nshort:x\nlast:x:20455:\n");
	assert_int_equal(tree_get(r.tree, "etc/shadow-")->inode->size, 0);
}

static int setup(void **state)
{
	static struct folder f;

	folder_new(&f);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	folder_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_of_the_moment_is_left_out),
		cmocka_unit_test(links_lead_nowhere_else),
		cmocka_unit_test(the_machine_has_no_identity),
		cmocka_unit_test(days_of_passwords_are_that_of_the_epoch),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
