#include "measure/core/cpio.h"

#include <sys/stat.h>

#include "measure/base/hex.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_ramdisk.h"

struct line {
	const char *fields, *name, *body;
	size_t n;
};
#define BODY(text) text, sizeof(text) - 1
#define NOTHING "", 0

static void compare(const struct disk *s, const struct line *lines, size_t n, size_t unit)
{
	owned(buf_free) struct buf right = BUF(1u << 16);

	for (size_t i = 0; i < n; i++)
		archive_put(&right, lines[i].fields, lines[i].name, lines[i].body, lines[i].n);
	while (right.n % unit != 0)
		buf_u8(&right, 0);
	for (size_t i = 0; i < right.n && i < s->out.n; i++)
		if (right.p[i] != s->out.p[i])
			fail_msg("byte %zu: '%.60s' should be '%.60s'", i,
				 (const char *)s->out.p + (i > 30 ? i - 30 : 0),
				 (const char *)right.p + (i > 30 ? i - 30 : 0));
	assert_int_equal(s->out.n, right.n);
}

/* Added in an order that is not the one by path. */
static void small_scene(struct disk *s)
{
	struct tree_node *sh;

	disk_new(s);
	disk_add(s, "bin", S_IFDIR | 0755, NULL);
	sh = disk_add(s, "bin/sh", S_IFREG | 04755, "#!ab");
	disk_add(s, "a.b", S_IFREG | 0600, "");
	disk_add(s, "a", S_IFDIR | 01777, NULL);
	disk_add(s, "a/link", S_IFLNK | 0777, "../bin/sh");
	disk_link(s, "bin/ash", sh);
	disk_add(s, "pipe", S_IFIFO | 0644, NULL);
	disk_device(s, "a/tty", S_IFCHR | 0620, 5, 255)->inode->gid = 5;
	sh->inode->uid = 1000;
	sh->inode->mtime = 1500000000;
}

static void the_native_profile_goes_by_path_and_numbers_from_one(void **state)
{
	static const struct line right[] = {
		{"00000001 000043ff 00000000 00000000 00000002 00000000 00000000 00000000 00000000 "
		 "00000000 00000000 00000002 00000000",
		 "a", NOTHING},
		{"00000002 0000a1ff 00000000 00000000 00000001 00000000 00000009 00000000 00000000 "
		 "00000000 00000000 00000007 00000000",
		 "a/link", BODY("../bin/sh")},
		{"00000003 00002190 00000000 00000005 00000001 00000000 00000000 00000000 00000000 "
		 "00000005 000000ff 00000006 00000000",
		 "a/tty", NOTHING},
		{"00000004 00008180 00000000 00000000 00000001 00000000 00000000 00000000 00000000 "
		 "00000000 00000000 00000004 00000000",
		 "a.b", NOTHING},
		{"00000005 000041ed 00000000 00000000 00000002 00000000 00000000 00000000 00000000 "
		 "00000000 00000000 00000004 00000000",
		 "bin", NOTHING},
		{"00000006 000089ed 000003e8 00000000 00000002 00000000 00000000 00000000 00000000 "
		 "00000000 00000000 00000008 00000000",
		 "bin/ash", NOTHING},
		{"00000006 000089ed 000003e8 00000000 00000002 00000000 00000004 00000000 00000000 "
		 "00000000 00000000 00000007 00000000",
		 "bin/sh", BODY("#!ab")},
		{"00000007 000011a4 00000000 00000000 00000001 00000000 00000000 00000000 00000000 "
		 "00000000 00000000 00000005 00000000",
		 "pipe", NOTHING},
		{"00000000 00000000 00000000 00000000 00000001 00000000 00000000 00000000 00000000 "
		 "00000000 00000000 0000000b 00000000",
		 "TRAILER!!!", NOTHING},
	};
	struct cpio_rule rule = {.profile = cpio_profile("native")};
	owned(disk_free) struct disk s;
	struct err e = {0};

	(void)state;
	small_scene(&s);
	assert_true(disk_write(&s, &rule, NULL, &e));
	compare(&s, right, COUNT(right), 4);
}

/* By Linux, usr/gen_init_cpio.c, field by field: a list of the same files, and -t 0. */
static void the_kernels_own_tool_brings_the_names_of_a_file_together(void **state)
{
	static const struct line right[] = {
		{"000002D1 000043FF 00000000 00000000 00000002 00000000 00000000 00000003 00000001 "
		 "00000000 00000000 00000002 00000000",
		 "a", NOTHING},
		{"000002D2 0000A1FF 00000000 00000000 00000001 00000000 0000000A 00000003 00000001 "
		 "00000000 00000000 00000007 00000000",
		 "a/link", BODY("../bin/sh\0")},
		{"000002D3 00002190 00000000 00000005 00000001 00000000 00000000 00000003 00000001 "
		 "00000005 000000FF 00000006 00000000",
		 "a/tty", NOTHING},
		{"000002D4 00008180 00000000 00000000 00000001 00000000 00000000 00000003 00000001 "
		 "00000000 00000000 00000004 00000000",
		 "a.b", NOTHING},
		{"000002D5 000041ED 00000000 00000000 00000002 00000000 00000000 00000003 00000001 "
		 "00000000 00000000 00000004 00000000",
		 "bin", NOTHING},
		{"000002D6 00002180 00000000 00000000 00000001 00000000 00000000 00000003 00000001 "
		 "00000001 00000003 00000008 00000000",
		 "bin/nul", NOTHING},
		{"000002D7 000089ED 000003E8 00000000 00000003 00000000 00000000 00000003 00000001 "
		 "00000000 00000000 00000008 00000000",
		 "bin/ash", NOTHING},
		{"000002D7 000089ED 000003E8 00000000 00000003 00000000 00000000 00000003 00000001 "
		 "00000000 00000000 00000007 00000000",
		 "bin/sh", NOTHING},
		{"000002D7 000089ED 000003E8 00000000 00000003 00000000 00000004 00000003 00000001 "
		 "00000000 00000000 00000006 00000000",
		 "bin/z", BODY("#!ab")},
		{"000002D8 00002180 00000000 00000000 00000001 00000000 00000000 00000003 00000001 "
		 "00000001 00000003 00000004 00000000",
		 "nul", NOTHING},
		{"000002D9 000011A4 00000000 00000000 00000002 00000000 00000000 00000003 00000001 "
		 "00000000 00000000 00000005 00000000",
		 "pipe", NOTHING},
		{"00000000 00000000 00000000 00000000 00000001 00000000 00000000 00000000 00000000 "
		 "00000000 00000000 0000000B 00000000",
		 "TRAILER!!!", NOTHING},
	};
	struct cpio_rule rule = {.profile = cpio_profile("gen_init_cpio")};
	owned(disk_free) struct disk s;
	struct tree_node *nul;
	struct err e = {0};

	(void)state;
	small_scene(&s);
	nul = disk_device(&s, "nul", S_IFCHR | 0600, 1, 3);
	disk_link(&s, "bin/nul", nul);
	disk_link(&s, "bin/z",
		  tree_find(s.tree, tree_find(s.tree, tree_root(s.tree), bytes_str("bin")),
			    bytes_str("sh")));
	assert_true(disk_write(&s, &rule, NULL, &e));
	compare(&s, right, COUNT(right), 512);
}

/* linuxkit without an image: in the order they came, with their times, links as symbolic ones. */
static void without_an_image_the_nitro_profile_keeps_order_and_times(void **state)
{
	static const struct line right[] = {
		{"000002d1 000041ed 00000000 00000000 00000002 3b9aca00 00000000 00000003 00000001 "
		 "00000000 00000000 00000004 00000000",
		 "bin", NOTHING},
		{"000002d2 000089ed 000003e8 00000000 00000001 59682f00 00000004 00000003 00000001 "
		 "00000000 00000000 00000007 00000000",
		 "bin/sh", BODY("#!ab")},
		{"000002d3 00008180 00000000 00000000 00000001 3b9aca00 00000000 00000003 00000001 "
		 "00000000 00000000 00000004 00000000",
		 "a.b", NOTHING},
		{"000002d4 000043ff 00000000 00000000 00000002 3b9aca00 00000000 00000003 00000001 "
		 "00000000 00000000 00000002 00000000",
		 "a", NOTHING},
		{"000002d5 0000a1ff 00000000 00000000 00000001 3b9aca00 00000009 00000003 00000001 "
		 "00000000 00000000 00000007 00000000",
		 "a/link", BODY("../bin/sh")},
		{"000002d6 0000a9ed 000003e8 00000000 00000001 59682f00 00000002 00000003 00000001 "
		 "00000000 00000000 00000008 00000000",
		 "bin/ash", BODY("sh")},
		{"000002d7 000011a4 00000000 00000000 00000001 3b9aca00 00000000 00000003 00000001 "
		 "00000000 00000000 00000005 00000000",
		 "pipe", NOTHING},
		{"000002d8 00002190 00000000 00000005 00000001 00000000 00000000 00000003 00000001 "
		 "00000005 000000ff 00000006 00000000",
		 "a/tty", NOTHING},
		{"000002d9 0000a9ed 000003e8 00000000 00000001 59682f00 00000009 00000003 00000001 "
		 "00000000 00000000 00000004 00000000",
		 "a/z", BODY("../bin/sh")},
		{"000002da 00000000 00000000 00000000 00000001 00000000 00000000 00000003 00000001 "
		 "00000000 00000000 0000000b 00000000",
		 "TRAILER!!!", NOTHING},
	};
	struct cpio_rule rule = {.profile = cpio_profile("nitro-cli"), .time = CPIO_TIME_KEEP};
	owned(disk_free) struct disk s;
	struct err e = {0};

	(void)state;
	small_scene(&s);
	disk_link(&s, "a/z",
		  tree_find(s.tree, tree_find(s.tree, tree_root(s.tree), bytes_str("bin")),
			    bytes_str("sh")));
	assert_true(disk_write(&s, &rule, NULL, &e));
	compare(&s, right, COUNT(right), 512);
}

#define LINUXKIT "58f63f08" /* 2017-04-18T16:30:00Z */
#define MADE(ino, mode, links, size, namesize)                                  \
	"000002" ino " " mode " 00000000 00000000 " links " " LINUXKIT " " size \
	" 00000003 00000001 00000000 00000000 " namesize " 00000000"
#define MADE_FOLDER(ino, namesize) MADE(ino, "000041ed", "00000002", "00000000", namesize)

static const char hosts[] = "127.0.0.1       localhost\n::1     localhost ip6-localhost "
			    "ip6-loopback\nfe00::0 ip6-localnet\nff00::0 ip6-mcastprefix\n"
			    "ff02::1 ip6-allnodes\nff02::2 ip6-allrouters\n";

/* An export as a container engine makes it, below the prefix; beside it what an enclave's init
 * reads. By linuxkit's image.go and build.go of version 1.5.2, line by line. */
static void an_image_is_filtered_as_linuxkit_does(void **state)
{
	static const struct line right[] = {
		{MADE_FOLDER("d1", "00000007"), "rootfs", NOTHING},
		{"000002d2 000041ed 00000000 00000000 00000002 3b9aca00 00000000 00000003 00000001 "
		 "00000000 00000000 0000000c 00000000",
		 "rootfs/bin/", NOTHING},
		{"000002d3 000081ed 00000007 00000000 00000001 3b9aca00 00000004 00000003 00000001 "
		 "00000000 00000000 0000000e 00000000",
		 "rootfs/bin/sh", BODY("#!ab")},
		{MADE_FOLDER("d4", "0000000c"), "rootfs/dev/", NOTHING},
		{MADE_FOLDER("d5", "00000010"), "rootfs/dev/pts/", NOTHING},
		{MADE_FOLDER("d6", "0000000c"), "rootfs/etc/", NOTHING},
		{MADE("d7", "000081a0", "00000001", "000000a0", "00000011"), "rootfs/etc/hosts",
		 BODY(hosts)},
		{MADE("d8", "0000a1a4", "00000001", "0000001b", "00000017"),
		 "rootfs/etc/resolv.conf", BODY("/run/resolvconf/resolv.conf")},
		{"000002d9 0000a1ff 00000000 00000000 00000001 3b9aca00 00000003 00000003 00000001 "
		 "00000000 00000000 0000000c 00000000",
		 "rootfs/proc", BODY("dev")},
		{MADE_FOLDER("da", "0000000f"), "rootfs/dev/shm", NOTHING},
		{MADE("db", "000081a4", "00000001", "000000a0", "00000011"), "rootfs/etc/hosts",
		 BODY(hosts)},
		{MADE("dc", "0000a1ed", "00000001", "0000000c", "00000010"), "rootfs/etc/mtab",
		 BODY("/proc/mounts")},
		{MADE("dd", "0000a1a4", "00000001", "0000001b", "00000017"),
		 "rootfs/etc/resolv.conf", BODY("/run/resolvconf/resolv.conf")},
		{MADE_FOLDER("de", "0000000c"), "rootfs/proc", NOTHING},
		{MADE_FOLDER("df", "0000000b"), "rootfs/sys", NOTHING},
		{MADE_FOLDER("e0", "00000007"), "rootfs", NOTHING},
		{MADE_FOLDER("e1", "0000000b"), "rootfs/dev", NOTHING},
		{MADE_FOLDER("e2", "0000000b"), "rootfs/run", NOTHING},
		{MADE_FOLDER("e3", "0000000b"), "rootfs/sys", NOTHING},
		{MADE_FOLDER("e4", "0000000b"), "rootfs/var", NOTHING},
		{MADE_FOLDER("e5", "0000000c"), "rootfs/proc", NOTHING},
		{MADE_FOLDER("e6", "0000000b"), "rootfs/tmp", NOTHING},
		{MADE("e7", "000081a4", "00000001", "00000003", "00000004"), "cmd", BODY("run")},
		{MADE("e8", "000081a4", "00000001", "00000004", "00000004"), "env", BODY("A=1\n")},
		{"000002e9 00000000 00000000 00000000 00000001 00000000 00000000 00000003 00000001 "
		 "00000000 00000000 0000000b 00000000",
		 "TRAILER!!!", NOTHING},
	};
	struct cpio_rule rule = {.profile = cpio_profile("nitro-cli"), .time = CPIO_TIME_KEEP};
	owned(disk_free) struct disk s;
	struct err e = {0};

	(void)state;
	disk_new(&s);
	disk_add(&s, "cmd", S_IFREG | 0644, "run");
	disk_add(&s, "env", S_IFREG | 0644, "A=1\n");
	rule.image = disk_add(&s, "rootfs", S_IFDIR | 0700, NULL);
	disk_add(&s, "rootfs/.dockerenv", S_IFREG | 0755, "");
	disk_add(&s, "rootfs/bin", S_IFDIR | 0755, NULL);
	disk_add(&s, "rootfs/bin/sh", S_IFREG | 0755, "#!ab")->inode->uid = 7;
	disk_add(&s, "rootfs/dev", S_IFDIR | 0755, NULL);
	disk_add(&s, "rootfs/dev/console", S_IFREG | 0755, "");
	disk_add(&s, "rootfs/dev/pts", S_IFDIR | 0755, NULL);
	disk_add(&s, "rootfs/dev/shm", S_IFREG | 0755, "no folder");
	disk_add(&s, "rootfs/etc", S_IFDIR | 0755, NULL);
	disk_add(&s, "rootfs/etc/hostname", S_IFREG | 0644, "x\n");
	disk_add(&s, "rootfs/etc/hosts", S_IFREG | 0640, "other");
	disk_add(&s, "rootfs/etc/resolv.conf", S_IFREG | 0644, "other");
	disk_add(&s, "rootfs/proc", S_IFLNK | 0777, "dev");
	assert_true(disk_write(&s, &rule, NULL, &e));
	compare(&s, right, COUNT(right), 512);
}

/* ---- what is not written */

static void check_refusal(struct disk *s, const struct cpio_rule *rule, const char *text)
{
	struct err e = {0};

	assert_false(disk_write(s, rule, NULL, &e));
	check_err(&e, REASON_NEWC, text);
}

static const struct refusal {
	const char *path;
	struct tree_inode inode;
	enum cpio_time time;
	const char *text;
} refusals[] = {
	{"a/s",
	 {.mode = S_IFSOCK | 0644},
	 CPIO_TIME_ZERO,
	 "'a/s': a socket has no place in a ramdisk"},
	{"a/old",
	 {.mode = S_IFREG, .mtime = -1},
	 CPIO_TIME_KEEP,
	 "'a/old': its time is -1; a ramdisk carries 0 to 4294967295 seconds of 1970"},
	{"a/old",
	 {.mode = S_IFREG, .mtime = -1},
	 CPIO_TIME_CLAMP,
	 "'a/old': its time is -1; a ramdisk carries 0 to 4294967295 seconds of 1970"},
	{"a/new",
	 {.mode = S_IFREG, .mtime = 0x100000000},
	 CPIO_TIME_KEEP,
	 "'a/new': its time is 4294967296; a ramdisk carries 0 to 4294967295 seconds of 1970"},
	{"a/big",
	 {.mode = S_IFREG, .size = 0x100000000},
	 CPIO_TIME_ZERO,
	 "'a/big': the size of a file is 4294967296; a ramdisk carries at most 4294967295"},
	{"a/c",
	 {.mode = S_IFCHR, .major = 4096},
	 CPIO_TIME_ZERO,
	 "'a/c': a device's major number is 4096; a ramdisk carries at most 4095"},
	{"a/b",
	 {.mode = S_IFBLK, .minor = 1048576},
	 CPIO_TIME_ZERO,
	 "'a/b': a device's minor number is 1048576; a ramdisk carries at most 1048575"},
	{"a/u",
	 {.mode = S_IFREG, .uid = UINT32_MAX},
	 CPIO_TIME_ZERO,
	 "'a/u': the owner is 4294967295; a ramdisk carries at most 4294967294"},
	{"a/g",
	 {.mode = S_IFREG, .gid = UINT32_MAX},
	 CPIO_TIME_ZERO,
	 "'a/g': the group is 4294967295; a ramdisk carries at most 4294967294"},
	{"TRAILER!!!",
	 {.mode = S_IFREG},
	 CPIO_TIME_ZERO,
	 "'TRAILER!!!': a file of this name would end the archive it stands in"},
};

static void add_inode(struct disk *s, const char *path, const struct tree_inode *inode)
{
	struct bytes name = {0};
	struct err e = {0};
	struct tree_node *n = tree_parent(s->tree, bytes_str(path), false, &name, &e);

	n = tree_add(s->tree, n, name, inode, &e);
	assert_non_null(n);
}

static void what_a_header_cannot_say_is_refused_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		const struct refusal *r = &refusals[i];
		struct cpio_rule rule = {cpio_profile("native"), r->time, 5, NULL};
		owned(disk_free) struct disk s;

		disk_new(&s);
		disk_add(&s, "a", S_IFDIR | 0755, NULL)->inode->mtime = 0;
		add_inode(&s, r->path, &r->inode);
		check_refusal(&s, &rule, r->text);
	}
}

/* Folders below each other, until the path of the last is as long. */
static struct tree_node *deepen(struct disk *s, size_t length, size_t width)
{
	struct tree_inode inode = {.mode = S_IFDIR | 0755};
	struct tree_node *n = tree_root(s->tree);
	struct err e = {0};
	char name[201];

	memset(name, 'd', sizeof(name));
	for (size_t at = 0; at < length; at++) {
		size_t part = length - at > width + 1 ? width : length - at;

		n = tree_add(s->tree, n, bytes_of(name, part), &inode, &e);
		check_no_err(&e);
		at += part;
	}
	return n;
}

static void the_longest_path_is_that_of_the_kernel(void **state)
{
	struct cpio_rule rule = {.profile = cpio_profile("native")};
	owned(disk_free) struct disk most, more;
	struct err e = {0};

	(void)state;
	disk_new(&most);
	deepen(&most, CPIO_NAME_MAX, 200);
	disk_new(&more);
	deepen(&more, CPIO_NAME_MAX + 1, 200);
	assert_true(disk_write(&most, &rule, NULL, &e));
	assert_false(disk_write(&more, &rule, NULL, &e));
	assert_int_equal(e.reason, REASON_NEWC);
	assert_non_null(
		strstr(e.text, "': the length of a path is 4096; a ramdisk carries at most 4095"));
}

/* Up from 1500 folders, which takes three characters each. */
static void the_longest_target_is_that_of_the_kernel(void **state)
{
	struct cpio_rule rule = {.profile = cpio_profile("nitro-cli")};
	owned(disk_free) struct disk s;
	struct tree_node *file, *folder;
	struct err e = {0};

	(void)state;
	disk_new(&s);
	file = disk_add(&s, "file", S_IFREG | 0644, "");
	folder = deepen(&s, 2 * 1500 - 1, 1);
	assert_non_null(tree_link(s.tree, folder, bytes_str("f"), file->inode, &e));
	assert_false(disk_write(&s, &rule, NULL, &e));
	assert_int_equal(e.reason, REASON_NEWC);
	assert_non_null(strstr(e.text, "': the length of a link's target is 4504; "
				       "a ramdisk carries at most 4095"));
}

static void linuxkit_fails_where_a_name_it_replaces_is_no_file(void **state)
{
	struct cpio_rule rule = {.profile = cpio_profile("nitro-cli"), .time = CPIO_TIME_KEEP};
	owned(disk_free) struct disk s;

	(void)state;
	disk_new(&s);
	rule.image = disk_add(&s, "rootfs", S_IFDIR | 0755, NULL);
	disk_add(&s, "rootfs/etc", S_IFDIR | 0755, NULL);
	disk_add(&s, "rootfs/etc/hosts", S_IFLNK | 0777, "/x");
	check_refusal(&s, &rule, "'etc/hosts' is no file of its own; linuxkit fails at it");
}

static void a_file_that_shrank_is_told(void **state)
{
	struct cpio_rule rule = {.profile = cpio_profile("native")};
	owned(disk_free) struct disk s;
	struct err e = {0};

	(void)state;
	disk_new(&s);
	disk_add(&s, "f", S_IFREG | 0644, "1234")->inode->size = 5;
	assert_false(disk_write(&s, &rule, NULL, &e));
	check_err(&e, REASON_FILE_CHANGED, "'f': the file should have 5 bytes, and ends after 4");
}

static void what_cannot_be_put_ends_the_writing(void **state)
{
	struct cpio_rule rule = {.profile = cpio_profile("native")};
	owned(disk_free) struct disk s;
	struct err e = {0};

	(void)state;
	small_scene(&s);
	s.refuse = true;
	assert_false(disk_write(&s, &rule, NULL, &e));
	check_err(&e, REASON_NO_SPACE, "nothing more fits");
}

static void times_are_zero_clamped_or_kept(void **state)
{
	static const char *const times[] = {"00000000", "00000007", "3b9aca00"};
	owned(disk_free) struct disk s;

	(void)state;
	disk_new(&s);
	disk_add(&s, "f", S_IFREG | 0644, "");
	for (unsigned i = 0; i < COUNT(times); i++) {
		struct cpio_rule rule = {cpio_profile("native"), (enum cpio_time)i, 7, NULL};
		struct err e = {0};

		assert_true(disk_write(&s, &rule, NULL, &e));
		assert_memory_equal(s.out.p + 6 + 5 * 8, times[i], 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_native_profile_goes_by_path_and_numbers_from_one),
		cmocka_unit_test(the_kernels_own_tool_brings_the_names_of_a_file_together),
		cmocka_unit_test(without_an_image_the_nitro_profile_keeps_order_and_times),
		cmocka_unit_test(an_image_is_filtered_as_linuxkit_does),
		cmocka_unit_test(what_a_header_cannot_say_is_refused_by_name),
		cmocka_unit_test(the_longest_path_is_that_of_the_kernel),
		cmocka_unit_test(the_longest_target_is_that_of_the_kernel),
		cmocka_unit_test(linuxkit_fails_where_a_name_it_replaces_is_no_file),
		cmocka_unit_test(a_file_that_shrank_is_told),
		cmocka_unit_test(what_cannot_be_put_ends_the_writing),
		cmocka_unit_test(times_are_zero_clamped_or_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
