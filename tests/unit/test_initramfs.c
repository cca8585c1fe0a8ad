#include "measure/core/initramfs.h"

#include <sys/stat.h>

#include "measure/base/hex.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_memory.h"
#include "tests/unit/support_ramdisk.h"

/* What the kernel makes of entries that were forged. */
static bool make_of(struct initramfs *r, const struct forged *x, size_t n, struct err *e)
{
	if (!initramfs_new(r, e))
		return false;
	for (size_t i = 0; i < n && x[i].name; i++) {
		struct cpio_entry entry = {.fields = x[i].fields, .name = bytes_str(x[i].name)};
		struct bytes text = bytes_str(x[i].body ? x[i].body : "");
		struct initramfs_body body = {.target = text};
		struct tree_node *node;
		struct digest d;

		entry.fields.size = (uint32_t)text.n;
		entry.header = 1000 + i;
		if (!hash_of(DIGEST_SHA256, text, &d, e))
			return false;
		body.sha256 = &d;
		if (!initramfs_put(r, &entry, &body, &node, e))
			return false;
	}
	return true;
}

#define ENTRIES 5
#define D(path)                                                                \
	{                                                                      \
		.fields = {.mode = S_IFDIR | 0755, .nlink = 2}, .name = (path) \
	}
#define F(path, text)                                                                          \
	{                                                                                      \
		.fields = {.mode = S_IFREG | 0644, .nlink = 1}, .name = (path), .body = (text) \
	}
#define L(path, to)                                                                          \
	{                                                                                    \
		.fields = {.mode = S_IFLNK | 0777, .nlink = 1}, .name = (path), .body = (to) \
	}
#define HARD(path, text, ...)                                                          \
	{                                                                              \
		.fields = {.mode = S_IFREG | 0644, .nlink = 2, .ino = 7, __VA_ARGS__}, \
		.name = (path), .body = (text)                                         \
	}
#define H(path, text) HARD(path, text, .mtime = 0)
#define C(path, minor, ...)                                                             \
	{                                                                               \
		.fields = {.mode = S_IFCHR | 0644, .rdev_minor = (minor), __VA_ARGS__}, \
		.name = (path)                                                          \
	}
#define TRAILER                      \
	{                            \
		.name = CPIO_TRAILER \
	}

static const struct {
	struct forged x[ENTRIES];
	const char *text;
} refused[] = {
	{{L("l", "a\0b"), L("m", "")}, "'m': a symbolic link without a target"},
	{{D("usr"), L("lib", "usr"), F("lib/x", "")},
	 "'lib/x': it leads through the symbolic link 'lib', which not all follow"},
	{{F("x/", "")}, "'x/': a name that ends in a slash, and no folder"},
	{{F(".", "")}, "'.': the root, and no folder"},
	{{F("x", ""), D("x")}, "'x': another type of file stands there already"},
	{{D("x"), F("x", "")}, "'x': another type of file stands there already"},
	{{H("x", ""), H("y", "1"), F("x", "2")},
	 "'x': a file with several names stands there already"},
	{{C("c", 3, .nlink = 1), C("c", 4, .nlink = 1)},
	 "'c': a device of other numbers stands there already"},
	{{H("x", "1"), H("y", "2")}, "'y': another name of the same file has other bytes"},
	{{H("x", "1"), H("y", "22")}, "'y': another name of the same file has other bytes"},
	{{H("x", ""), F("y", ""), H("y", "1")}, "'y': a hard link where something stands already"},
	{{H("x", ""), H("x", "1")}, "'x': a hard link where something stands already"},
	{{H("x", ""), HARD("y", "1", .uid = 1)},
	 "'y': another name of the same inode has another mode or owner"},
	{{C("c", 3, .nlink = 2), C("d", 4, .nlink = 2)},
	 "'d': another name of the same device has other numbers"},
	{{H("no/x", "")}, "'no/x': a hard link whose folder is not there"},
};

static void what_the_kernel_and_others_end_with_differently_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		owned(initramfs_free) struct initramfs r = {0};
		struct err e = {0};

		assert_false(make_of(&r, refused[i].x, ENTRIES, &e));
		check_err(&e, REASON_AMBIGUOUS, refused[i].text);
		assert_true(e.offset >= 1000);
	}
}

static void a_target_is_a_string(void **state)
{
	static const struct {
		const char *raw;
		size_t n;
		const char *text;
	} targets[] = {
		{"a\0b", 3, "'l': a symbolic link's target with a NUL inside"},
		{"\0\0", 2, "'l': a symbolic link without a target"},
		{"abc\0\0", 5, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(targets); i++) {
		const struct cpio_entry x = {.fields = {.mode = S_IFLNK}, .name = bytes_str("l")};
		const struct initramfs_body body = {.target =
							    bytes_of(targets[i].raw, targets[i].n)};
		owned(initramfs_free) struct initramfs r = {0};
		struct tree_node *node;
		struct err e = {0};

		assert_true(initramfs_new(&r, &e));
		if (initramfs_put(&r, &x, &body, &node, &e))
			assert_string_equal(node->inode->target, "abc");
		check_err(&e, targets[i].text ? REASON_AMBIGUOUS : REASON_NONE,
			  targets[i].text ? targets[i].text : "");
	}
}

static void what_has_no_folder_is_passed_over_and_counted(void **state)
{
	static const struct forged x[] = {F("no/where", "1"), D("no"), F("no/here", "2"),
					  F("no/here/below", "3")};
	owned(initramfs_free) struct initramfs r = {0};
	struct err e = {0};

	(void)state;
	assert_true(make_of(&r, x, COUNT(x), &e));
	assert_int_equal(r.entries, 4);
	assert_int_equal(r.dropped, 2);
	assert_string_equal(r.first_dropped, "no/where");
	assert_int_equal(tree_count(r.tree), 3);
}

static void later_entries_replace_earlier_ones(void **state)
{
	static const struct forged x[] = {
		D("d"),		F("f", "1"),
		L("l", "1"),	{.fields = {.mode = S_IFDIR | 0700, .uid = 5}, .name = "d/"},
		F("./f", "22"), L("//l", "2")};
	owned(initramfs_free) struct initramfs r = {0};
	struct tree_node *root;
	struct err e = {0};

	(void)state;
	assert_true(make_of(&r, x, COUNT(x), &e));
	root = tree_root(r.tree);
	assert_int_equal(r.repeated, 2);
	assert_string_equal(r.first_repeated, "./f");
	assert_int_equal(r.absolute, 1);
	assert_string_equal(r.first_absolute, "//l");
	assert_int_equal(tree_find(r.tree, root, bytes_str("d"))->inode->uid, 5);
	assert_int_equal(tree_find(r.tree, root, bytes_str("f"))->inode->size, 2);
	assert_int_equal(tree_find(r.tree, root, bytes_str("f"))->inode->at, 4);
	assert_string_equal(tree_find(r.tree, root, bytes_str("l"))->inode->target, "2");
}

/* An inode's number means something up to the trailer, and of one type and device. */
static void names_are_of_one_inode_by_number_device_and_type(void **state)
{
	static const struct forged x[] = {H("a", ""),
					  H("b", "1"),
					  C("c", 0, .nlink = 2, .ino = 7),
					  HARD("d", "2", .dev_minor = 1),
					  TRAILER,
					  H("e", "3"),
					  F("f", "4")};
	owned(initramfs_free) struct initramfs r = {0};
	struct tree_node *a, *root;
	struct err e = {0};

	(void)state;
	assert_true(make_of(&r, x, COUNT(x), &e));
	root = tree_root(r.tree);
	a = tree_find(r.tree, root, bytes_str("a"));
	assert_ptr_equal(a->inode, tree_find(r.tree, root, bytes_str("b"))->inode);
	assert_int_equal(a->inode->links, 2);
	assert_int_equal(a->inode->size, 1);
	assert_int_equal(a->inode->at, 1);
	for (const char *const *name = (const char *const[]){"c", "d", "e", "f", NULL}; *name;
	     name++)
		assert_int_equal(tree_find(r.tree, root, bytes_str(*name))->inode->links, 1);
}

/* ---- the content digest */

static void check_content(const struct digest *d, const char *right)
{
	char hex[2 * DIGEST_MAX + 1];

	hex_string(hex, digest_bytes(d));
	assert_string_equal(hex, right);
}

static void content_of_archive(struct bytes x, struct digest *out)
{
	owned(initramfs_free) struct initramfs r = {0};
	struct memory in = memory_stream(x, 1000);
	struct err e = {0};
	owned(cpio_free) struct cpio *c = cpio_new(&in.stream, false, &e);
	const struct cpio_entry *entry;

	assert_true(initramfs_new(&r, &e));
	while (cpio_next(c, &entry, &e) && entry) {
		uint8_t bytes[8192];
		size_t n = 0, got;
		struct tree_node *node;
		struct digest d;
		struct initramfs_body body = {.sha256 = &d};

		do {
			assert_true(cpio_read(c, (struct span){bytes + n, sizeof(bytes) - n}, &got,
					      &e));
			n += got;
		} while (got > 0);
		assert_true(hash_of(DIGEST_SHA256, bytes_of(bytes, n), &d, &e));
		body.target = bytes_of(bytes, n);
		assert_true(initramfs_put(&r, entry, &body, &node, &e));
	}
	check_no_err(&e);
	assert_true(initramfs_content(&r, out, &e));
}

static void writer_and_reader_agree_on_the_content(void **state)
{
	(void)state;
	for (const struct cpio_profile *p = cpio_profiles; p->name; p++) {
		struct cpio_rule rule = {.profile = p, .time = CPIO_TIME_KEEP};
		owned(disk_free) struct disk s;
		struct digest written, read;
		struct tree_node *sh;
		struct err e = {0};

		disk_new(&s);
		rule.image = disk_add(&s, "root", S_IFDIR | 0755, NULL);
		sh = disk_add(&s, "root/sh", S_IFREG | 04755, "#!ab");
		disk_link(&s, "root/ash", sh);
		disk_add(&s, "root/etc", S_IFDIR | 0755, NULL);
		disk_add(&s, "root/etc/hosts", S_IFREG | 0755, "other");
		disk_device(&s, "root/null", S_IFCHR | 0666, 1, 3);
		disk_link(&s, "root/zero", tree_find(s.tree, rule.image, bytes_str("null")));
		assert_true(disk_write(&s, &rule, &written, &e));
		content_of_archive(buf_bytes(&s.out), &read);
		assert_true(digest_equal(&written, &read));
	}
}

/* By ten lines of Python that follow content.h. */
static void the_content_digest_is_that_of_its_definition(void **state)
{
	struct cpio_rule rule = {.profile = cpio_profile("native")};
	owned(disk_free) struct disk s;
	struct tree_node *sh;
	struct digest d;
	struct err e = {0};

	(void)state;
	disk_new(&s);
	disk_add(&s, "pipe", S_IFIFO | 0644, NULL);
	disk_add(&s, "bin", S_IFDIR | 0755, NULL);
	sh = disk_add(&s, "bin/sh", S_IFREG | 04755, "#!ab");
	sh->inode->uid = 1000;
	disk_link(&s, "bin/ash", sh);
	disk_add(&s, "a.b", S_IFREG | 0600, "");
	disk_add(&s, "a", S_IFDIR | 01777, NULL);
	disk_add(&s, "a/link", S_IFLNK | 0700, "../bin/sh");
	disk_device(&s, "a/tty", S_IFCHR | 0620, 5, 255)->inode->gid = 5;
	assert_true(disk_write(&s, &rule, &d, &e));
	check_content(&d, "ec0f8e936abd5253ddcf41a207060005dd5b542ca3ad1afa27b3beedd9f71376");
	rule.time = CPIO_TIME_KEEP;
	rule.profile = cpio_profile("gen_init_cpio");
	assert_true(disk_write(&s, &rule, &d, &e));
	check_content(&d, "ec0f8e936abd5253ddcf41a207060005dd5b542ca3ad1afa27b3beedd9f71376");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_kernel_and_others_end_with_differently_is_refused),
		cmocka_unit_test(a_target_is_a_string),
		cmocka_unit_test(what_has_no_folder_is_passed_over_and_counted),
		cmocka_unit_test(later_entries_replace_earlier_ones),
		cmocka_unit_test(names_are_of_one_inode_by_number_device_and_type),
		cmocka_unit_test(writer_and_reader_agree_on_the_content),
		cmocka_unit_test(the_content_digest_is_that_of_its_definition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
