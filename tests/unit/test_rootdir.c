#include "measure/core/rootdir.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_tree.h"

static int setup(void **state)
{
	static struct folder scratch;

	folder_new(&scratch);
	*state = &scratch;
	return 0;
}

static int teardown(void **state)
{
	folder_free(*state);
	return 0;
}

static void make_folder(struct folder *f, const char *name)
{
	assert_int_equal(mkdir(folder_path(f, name), 0755), 0);
}

/* The listing without what is another one each time: state and time. */
static void check_tree(struct tree *t, const char *expected)
{
	owned(buf_free) struct buf out = BUF(1u << 16);
	struct err e = {0};

	assert_null(tree_fault(t));
	for (struct tree_node *n = tree_root(t); n; n = tree_next(n)) {
		n->inode->mtime = 0;
		n->inode->at = 0;
	}
	assert_true(tree_list(t, &out, &e));
	assert_string_equal(buf_cstr(&out), expected);
}

struct told {
	struct buf text;
};

static bool tell(void *arg, struct bytes path, struct bytes name, struct err *e)
{
	struct told *told = arg;

	buf_put(&told->text, path);
	buf_str(&told->text, ": ");
	buf_put(&told->text, name);
	buf_str(&told->text, "\n");
	return buf_done(&told->text, "told", e);
}

static void check_refused(const char *path, enum reason r, const char *text, const char *subject)
{
	owned(rootdir_close) struct rootdir d = ROOTDIR_NONE;
	struct rootdir_rule rule = {0};
	struct err e = {0};
	owned(tree_free) struct tree *t = tree_new(100, &e);

	assert_true(rootdir_open(&d, path, &e));
	assert_false(rootdir_read(&d, t, tree_root(t), &rule, &e));
	check_err(&e, r, text);
	assert_string_equal(e.subject, subject);
}

static void a_directory_is_what_is_below_it_in_order_of_names(void **state)
{
	owned(rootdir_close) struct rootdir d = ROOTDIR_NONE;
	struct rootdir_rule rule = {.source = 2};
	struct folder *f = *state;
	struct err e = {0};
	owned(tree_free) struct tree *t = tree_new(100, &e);

	make_folder(f, "b");
	make_folder(f, "b/c");
	folder_file(f, "b/c/\xffname", "four", 4);
	folder_file(f, "b-", "", 0);
	folder_file(f, "a", "suid", 4);
	assert_int_equal(chmod(folder_path(f, "a"), 04711), 0);
	assert_int_equal(chmod(folder_path(f, "b"), 01777), 0);
	assert_int_equal(symlink("/nowhere/../x", folder_path(f, "b/link")), 0);
	assert_int_equal(link(folder_path(f, "a"), folder_path(f, "b/c/same")), 0);
	assert_int_equal(link(folder_path(f, "b/link"), folder_path(f, "z")), 0);
	assert_int_equal(mkfifo(folder_path(f, "fifo"), 0600), 0);
	assert_int_equal(chmod(folder_path(f, ""), 0700), 0);
	assert_true(rootdir_open(&d, folder_path(f, "//"), &e));
	assert_true(rootdir_read(&d, t, tree_root(t), &rule, &e));
	assert_int_equal(tree_get(t, "b/c/same")->order, 4);
	check_tree(t, "/ 040755 0:0 0 implied\n"
		      "/a 104711 0:0 0 4@2+0 #2\n"
		      "/b 041777 0:0 0\n"
		      "/b/c 040755 0:0 0\n"
		      "/b/c/same 104711 0:0 0 4@2+0 #2\n"
		      "/b/c/\xffname 100644 0:0 0 4@2+0\n"
		      "/b/link 120777 0:0 0 -> /nowhere/../x #2\n"
		      "/b- 100644 0:0 0 0@2+0\n"
		      "/fifo 010600 0:0 0\n"
		      "/z 120777 0:0 0 -> /nowhere/../x #2\n");
}

static void it_may_become_any_empty_folder_of_a_tree(void **state)
{
	owned(rootdir_close) struct rootdir d = ROOTDIR_NONE;
	struct rootdir_rule rule = {0};
	struct folder *f = *state;
	struct err e = {0};
	owned(tree_free) struct tree *t = tree_new(100, &e);
	uint8_t bytes[8];
	size_t got;

	make_folder(f, "deep");
	folder_file(f, "deep/file", "abc", 3);
	folder_file(f, "other", "12345", 5);
	tree_put(t, "opt/rootfs", S_IFDIR | 0711);
	tree_put(t, "zz", S_IFREG | 0644);
	assert_true(rootdir_open(&d, f->path, &e));
	assert_true(rootdir_read(&d, t, tree_get(t, "opt/rootfs"), &rule, &e));
	for (int i = 0; i < 2; i++) {
		assert_true(rootdir_file(&d, tree_get(t, "opt/rootfs/deep/file"), &e));
		assert_true(rootdir_bytes(&d, (struct span){bytes, 2}, &got, &e));
		assert_int_equal(got, 2);
		assert_true(rootdir_bytes(&d, (struct span){bytes + 2, 6}, &got, &e));
		assert_int_equal(got, 1);
		assert_memory_equal(bytes, "abc", 3);
		assert_true(rootdir_bytes(&d, (struct span){bytes, 8}, &got, &e));
		assert_int_equal(got, 0);
		assert_true(rootdir_file(&d, tree_get(t, "opt/rootfs/other"), &e));
		assert_true(rootdir_bytes(&d, (struct span){bytes, 8}, &got, &e));
		assert_int_equal(got, 5);
	}
	check_tree(t, "/ 040755 0:0 0 implied\n"
		      "/opt 040755 0:0 0 implied\n"
		      "/opt/rootfs 040711 0:0 0\n"
		      "/opt/rootfs/deep 040755 0:0 0\n"
		      "/opt/rootfs/deep/file 100644 0:0 0 3@0+0\n"
		      "/opt/rootfs/other 100644 0:0 0 5@0+0\n"
		      "/zz 100644 0:0 0 0@0+0\n");
}

static void owners_and_devices_are_those_of_the_disk(void **state)
{
	owned(rootdir_close) struct rootdir d = ROOTDIR_NONE;
	struct rootdir_rule rule = {.owners = true};
	struct folder *f = *state;
	struct err e = {0};
	owned(tree_free) struct tree *t = tree_new(100, &e);

	if (geteuid() != 0)
		skip();
	folder_file(f, "file", "", 0);
	assert_int_equal(chown(folder_path(f, "file"), 70000, 12), 0);
	assert_int_equal(symlink("x", folder_path(f, "link")), 0);
	assert_int_equal(lchown(folder_path(f, "link"), 5, 6), 0);
	if (mknod(folder_path(f, "null"), S_IFCHR | 0666, makedev(1, 3)) != 0 ||
	    mknod(folder_path(f, "disk"), S_IFBLK | 0640, makedev(259, 65537)) != 0)
		skip();
	assert_true(rootdir_open(&d, f->path, &e));
	assert_true(rootdir_read(&d, t, tree_root(t), &rule, &e));
	assert_int_equal(tree_get(t, "file")->inode->uid, 70000);
	assert_int_equal(tree_get(t, "file")->inode->gid, 12);
	assert_int_equal(tree_get(t, "link")->inode->uid, 5);
	assert_int_equal(tree_get(t, "null")->inode->major, 1);
	assert_int_equal(tree_get(t, "null")->inode->minor, 3);
	assert_true(S_ISBLK(tree_get(t, "disk")->inode->mode));
	assert_int_equal(tree_get(t, "disk")->inode->major, 259);
	assert_int_equal(tree_get(t, "disk")->inode->minor, 65537);
}

static void sockets_are_refused(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct folder *f = *state;
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	make_folder(f, "run");
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", folder_path(f, "run/socket"));
	assert_int_equal(bind(s, (struct sockaddr *)&address, sizeof(address)), 0);
	check_refused(f->path, REASON_ROOTFS, "is a socket, which has no place in a ramdisk",
		      folder_path(f, "run/socket"));
	close(s);
}

static void attributes_are_refused_or_named(void **state)
{
	owned(rootdir_close) struct rootdir d = ROOTDIR_NONE;
	struct told told = {BUF(4096)};
	struct rootdir_rule rule = {.left_out = {true, tell, &told}};
	struct folder *f = *state;
	struct err e = {0};
	owned(tree_free) struct tree *t = tree_new(100, &e);
	char *path;

	make_folder(f, "b");
	folder_file(f, "b/file", "", 0);
	folder_file(f, "a", "", 0);
	if (setxattr(folder_path(f, "b/file"), "user.two", "v", 1, 0) != 0 ||
	    setxattr(folder_path(f, "b/file"), "user.one", "v", 1, 0) != 0 ||
	    setxattr(folder_path(f, "b"), "user.folder", "v", 1, 0) != 0)
		skip();
	assert_true(rootdir_open(&d, f->path, &e));
	assert_true(rootdir_read(&d, t, tree_root(t), &rule, &e));
	assert_string_equal(buf_cstr(&told.text),
			    "b: user.folder\nb/file: user.one\nb/file: user.two\n");
	buf_free(&told.text);
	check_refused(f->path, REASON_XATTR,
		      "its attribute \"user.folder\" has no place in a ramdisk",
		      folder_path(f, "b"));
	assert_int_equal(removexattr(folder_path(f, "b"), "user.folder"), 0);
	check_refused(f->path, REASON_XATTR, "its attribute \"user.one\" has no place in a ramdisk",
		      folder_path(f, "b/file"));
	path = strdup(folder_path(f, "link"));
	if (symlink("x", path) == 0 && lsetxattr(path, "trusted.x", "v", 1, 0) == 0) {
		assert_int_equal(removexattr(folder_path(f, "b/file"), "user.one"), 0);
		assert_int_equal(removexattr(folder_path(f, "b/file"), "user.two"), 0);
		check_refused(f->path, REASON_XATTR,
			      "its attribute \"trusted.x\" has no place in a ramdisk", path);
	}
	free(path);
}

static void files_that_cannot_be_read_are_named(void **state)
{
	struct folder *f = *state;
	bool root = geteuid() == 0;

	make_folder(f, "b");
	folder_file(f, "b/secret", "", 0);
	assert_int_equal(chmod(folder_path(f, "b/secret"), 0), 0);
	assert_int_equal(chmod(f->path, 0755), 0);
	if (root)
		assert_int_equal(seteuid(65534), 0);
	check_refused(f->path, REASON_PERMISSION, "cannot be read: Permission denied",
		      folder_path(f, "b/secret"));
	if (root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod(folder_path(f, "b"), 0), 0);
	if (root)
		assert_int_equal(seteuid(65534), 0);
	check_refused(f->path, REASON_PERMISSION, "cannot be read: Permission denied",
		      folder_path(f, "b"));
	if (root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod(folder_path(f, "b"), 0755), 0);
}

/* Rewrites the file so that its time, at least, is another one. */
static void change(struct folder *f, const char *name, const char *content)
{
	const struct timespec times[2] = {{.tv_sec = 5}, {.tv_sec = 6, .tv_nsec = 7}};

	folder_file(f, name, content, strlen(content));
	assert_int_equal(utimensat(AT_FDCWD, folder_path(f, name), times, 0), 0);
}

static void a_file_that_changed_is_refused(void **state)
{
	owned(rootdir_close) struct rootdir d = ROOTDIR_NONE;
	static const char text[] = "changed while the directory was being read";
	struct rootdir_rule rule = {0};
	struct folder *f = *state;
	struct err e = {0};
	owned(tree_free) struct tree *t = tree_new(100, &e);
	uint8_t bytes[8];
	size_t got;

	make_folder(f, "b");
	folder_file(f, "b/file", "1234", 4);
	folder_file(f, "b/gone", "1234", 4);
	folder_file(f, "b/half", "1234", 4);
	folder_file(f, "b/none", "", 0);
	folder_file(f, "b/turned", "1234", 4);
	assert_true(rootdir_open(&d, f->path, &e));
	assert_true(rootdir_read(&d, t, tree_root(t), &rule, &e));
	change(f, "b/file", "4321");
	change(f, "b/none", "");
	assert_int_equal(remove(folder_path(f, "b/turned")), 0);
	assert_int_equal(mkdir(folder_path(f, "b/turned"), 0755), 0);
	assert_int_equal(remove(folder_path(f, "b/gone")), 0);
	assert_true(rootdir_file(&d, tree_get(t, "b/file"), &e));
	assert_true(rootdir_bytes(&d, (struct span){bytes, 2}, &got, &e));
	assert_false(rootdir_bytes(&d, (struct span){bytes, 2}, &got, &e));
	check_err(&e, REASON_FILE_CHANGED, text);
	assert_string_equal(e.subject, folder_path(f, "b/file"));
	e = (struct err){0};
	assert_false(rootdir_file(&d, tree_get(t, "b/gone"), &e));
	check_err(&e, REASON_FILE_CHANGED, text);
	e = (struct err){0};
	assert_false(rootdir_file(&d, tree_get(t, "b/none"), &e));
	check_err(&e, REASON_FILE_CHANGED, text);
	e = (struct err){0};
	assert_true(rootdir_file(&d, tree_get(t, "b/turned"), &e));
	assert_false(rootdir_bytes(&d, (struct span){bytes, 2}, &got, &e));
	check_err(&e, REASON_FILE_CHANGED, text);
	e = (struct err){0};
	assert_true(rootdir_file(&d, tree_get(t, "b/half"), &e));
	assert_true(rootdir_bytes(&d, (struct span){bytes, 2}, &got, &e));
	change(f, "b/half", "4321");
	assert_false(rootdir_bytes(&d, (struct span){bytes, 8}, &got, &e));
	check_err(&e, REASON_FILE_CHANGED, text);
	e = (struct err){0};
	assert_int_equal(rename(folder_path(f, "b"), folder_path(f, "c")), 0);
	assert_int_equal(symlink("c", folder_path(f, "b")), 0);
	rootdir_close(&d);
	assert_true(rootdir_open(&d, f->path, &e));
	d.top = tree_root(t);
	assert_false(rootdir_file(&d, tree_get(t, "b/half"), &e));
	check_err(&e, REASON_FILE_CHANGED, text);
}

/* Of a directory that is longer than any path may be. */
static void paths_are_limited(void **state)
{
	owned(rootdir_close) struct rootdir d = ROOTDIR_NONE;
	struct rootdir_rule rule = {0};
	struct folder *f = *state;
	struct err e = {0};
	owned(tree_free) struct tree *t = tree_new(100, &e);
	int at = open(f->path, O_RDONLY | O_DIRECTORY), below;
	char name[201] = "";

	memset(name, 'n', 200);
	for (int depth = 0; depth < 20; depth++) {
		assert_int_equal(mkdirat(at, name, 0755), 0);
		below = openat(at, name, O_RDONLY | O_DIRECTORY);
		close(at);
		at = below;
	}
	assert_true(rootdir_open(&d, f->path, &e));
	assert_true(rootdir_read(&d, t, tree_root(t), &rule, &e));
	assert_int_equal(tree_count(t), 21);
	assert_int_equal(mkdirat(at, name, 0755), 0);
	tree_free(&t);
	t = tree_new(100, &e);
	assert_false(rootdir_read(&d, t, tree_root(t), &rule, &e));
	for (int depth = 0; depth <= 20; depth++) {
		assert_int_equal(unlinkat(at, name, AT_REMOVEDIR), 0);
		below = openat(at, "..", O_RDONLY | O_DIRECTORY);
		close(at);
		at = below;
	}
	close(at);
	check_err(&e, REASON_LIMIT, "a path is over its limit of 4095 bytes");
}

static void what_is_no_directory_is_refused(void **state)
{
	owned(rootdir_close) struct rootdir d = ROOTDIR_NONE;
	struct folder *f = *state;
	struct err e = {0};

	assert_false(rootdir_open(&d, folder_path(f, "none"), &e));
	check_err(&e, REASON_NO_SUCH_FILE, "cannot be opened: No such file or directory");
	assert_string_equal(e.subject, folder_path(f, "none"));
}

/* /proc holds other file systems, or is no directory that can be read as one. */
static void a_mounted_file_system_is_refused(void **state)
{
	owned(rootdir_close) struct rootdir d = ROOTDIR_NONE;
	struct rootdir_rule rule = {0};
	struct err e = {0};
	owned(tree_free) struct tree *t = tree_new(100000, &e);
	struct stat root, proc;

	(void)state;
	if (stat("/", &root) != 0 || stat("/proc", &proc) != 0 || root.st_dev == proc.st_dev)
		skip();
	assert_true(rootdir_open(&d, "/", &e));
	assert_false(rootdir_read(&d, t, tree_root(t), &rule, &e));
	if (strcmp(e.subject, "/dev") == 0 || strcmp(e.subject, "/proc") == 0)
		check_err(&e, REASON_ROOTFS, "another file system is mounted there");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_directory_is_what_is_below_it_in_order_of_names,
						setup, teardown),
		cmocka_unit_test_setup_teardown(it_may_become_any_empty_folder_of_a_tree, setup,
						teardown),
		cmocka_unit_test_setup_teardown(owners_and_devices_are_those_of_the_disk, setup,
						teardown),
		cmocka_unit_test_setup_teardown(sockets_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(attributes_are_refused_or_named, setup, teardown),
		cmocka_unit_test_setup_teardown(files_that_cannot_be_read_are_named, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_file_that_changed_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(paths_are_limited, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_directory_is_refused, setup, teardown),
		cmocka_unit_test(a_mounted_file_system_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
