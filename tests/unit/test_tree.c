#include "measure/core/tree.h"

#include <stdio.h>
#include <sys/stat.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_tree.h"

#define FILE_MODE (S_IFREG | 0644)
#define FOLDER_MODE (S_IFDIR | 0700)

static struct tree *new_tree(size_t max)
{
	struct err e = {0};
	struct tree *t = tree_new(max, &e);

	assert_non_null(t);
	return t;
}

static void check_list(const struct tree *t, const char *expected)
{
	owned(buf_free) struct buf out = BUF(1u << 20);
	struct err e = {0};

	assert_null(tree_fault(t));
	assert_true(tree_list(t, &out, &e));
	assert_string_equal(buf_cstr(&out), expected);
}

static void link_to(struct tree *t, const char *path, const char *target)
{
	const struct tree_inode inode = {.mode = S_IFLNK | 0777, .target = target};
	struct err e = {0};
	struct bytes name;
	struct tree_node *folder = tree_parent(t, bytes_str(path), true, &name, &e);

	assert_non_null(folder);
	assert_non_null(tree_add(t, folder, name, &inode, &e));
}

/* Where a path leads, as "FOLDER|NAME". */
static void check_parent(struct tree *t, const char *path, bool make, const char *expected)
{
	owned(buf_free) struct buf out = BUF(5000);
	struct err e = {0};
	struct bytes name;
	struct tree_node *n = tree_parent(t, bytes_str(path), make, &name, &e);

	check_no_err(&e);
	assert_true(tree_path(n, &out, &e));
	buf_str(&out, "|");
	buf_put(&out, name);
	assert_string_equal(buf_cstr(&out), expected);
}

static void check_no_parent(struct tree *t, const char *path, enum reason r, const char *text)
{
	struct err e = {0};
	struct bytes name;

	assert_null(tree_parent(t, bytes_str(path), false, &name, &e));
	check_err(&e, r, text);
}

static void a_new_tree_is_its_root(void **state)
{
	owned(tree_free) struct tree *t = new_tree(0);

	(void)state;
	check_list(t, "/ 040755 0:0 0 implied\n");
	assert_int_equal(tree_count(t), 1);
	assert_null(tree_next(tree_root(t)));
}

static void names_come_as_they_were_added_until_they_are_sorted(void **state)
{
	owned(tree_free) struct tree *t = new_tree(100);

	(void)state;
	tree_put(t, "b", FILE_MODE);
	tree_put(t, "a-b", FILE_MODE);
	tree_put(t, "a/z", FILE_MODE);
	tree_put(t, "a/\xff", FILE_MODE);
	tree_put(t, "a/A", FILE_MODE);
	tree_put(t, "ab", FOLDER_MODE);
	check_list(t, "/ 040755 0:0 0 implied\n"
		      "/b 100644 0:0 0 0@0+0\n"
		      "/a-b 100644 0:0 0 0@0+0\n"
		      "/a 040755 0:0 0 implied\n"
		      "/a/z 100644 0:0 0 0@0+0\n"
		      "/a/\xff 100644 0:0 0 0@0+0\n"
		      "/a/A 100644 0:0 0 0@0+0\n"
		      "/ab 040700 0:0 0\n");
	tree_sort(t);
	check_list(t, "/ 040755 0:0 0 implied\n"
		      "/a 040755 0:0 0 implied\n"
		      "/a/A 100644 0:0 0 0@0+0\n"
		      "/a/z 100644 0:0 0 0@0+0\n"
		      "/a/\xff 100644 0:0 0 0@0+0\n"
		      "/a-b 100644 0:0 0 0@0+0\n"
		      "/ab 040700 0:0 0\n"
		      "/b 100644 0:0 0 0@0+0\n");
	assert_int_equal(tree_get(t, "b")->order, 1);
	tree_renumber(t);
	assert_int_equal(tree_get(t, "b")->order, 7);
}

static void names_of_one_inode_share_it_until_one_is_replaced(void **state)
{
	owned(tree_free) struct tree *t = new_tree(100);
	struct tree_inode other = {.mode = FILE_MODE, .size = 5, .at = 7, .source = 3};
	struct tree_node *a = tree_put(t, "a", FILE_MODE);
	struct err e = {0};

	(void)state;
	assert_non_null(tree_link(t, tree_root(t), bytes_str("b"), a->inode, &e));
	assert_non_null(tree_link(t, tree_root(t), bytes_str("c"), a->inode, &e));
	a->inode->uid = 4;
	check_list(t, "/ 040755 0:0 0 implied\n/a 100644 4:0 0 0@0+0 #3\n"
		      "/b 100644 4:0 0 0@0+0 #3\n/c 100644 4:0 0 0@0+0 #3\n");
	tree_layer(t, 2);
	assert_true(tree_replace(t, a, &other, &e));
	assert_int_equal(a->layer, 2);
	check_list(t, "/ 040755 0:0 0 implied\n/a 100644 0:0 0 5@3+7\n"
		      "/b 100644 4:0 0 0@0+0 #2\n/c 100644 4:0 0 0@0+0 #2\n");
	tree_remove(t, tree_get(t, "b"));
	check_list(t, "/ 040755 0:0 0 implied\n/a 100644 0:0 0 5@3+7\n"
		      "/c 100644 4:0 0 0@0+0\n");
}

static void removal_takes_all_that_is_below(void **state)
{
	owned(tree_free) struct tree *t = new_tree(100);

	(void)state;
	tree_put(t, "a/b/c/d", FILE_MODE);
	tree_put(t, "a/b/e", FILE_MODE);
	tree_put(t, "a/f", FILE_MODE);
	tree_put(t, "g", FILE_MODE);
	tree_remove(t, tree_get(t, "a/b"));
	check_list(t, "/ 040755 0:0 0 implied\n/a 040755 0:0 0 implied\n"
		      "/a/f 100644 0:0 0 0@0+0\n/g 100644 0:0 0 0@0+0\n");
	assert_ptr_equal(tree_next_outside(tree_get(t, "a")), tree_get(t, "g"));
	assert_null(tree_next_outside(tree_get(t, "g")));
	tree_remove(t, tree_get(t, "a"));
	tree_remove(t, tree_get(t, "g"));
	check_list(t, "/ 040755 0:0 0 implied\n");
}

static void links_on_the_way_are_resolved_inside_the_root(void **state)
{
	owned(tree_free) struct tree *t = new_tree(100);

	(void)state;
	tree_put(t, "usr/bin/x", FILE_MODE);
	link_to(t, "bin", "usr/bin");
	link_to(t, "absolute", "/usr//./bin/");
	link_to(t, "outside", "../../../usr/../../etc");
	link_to(t, "usr/up", "../bin/../bin");
	link_to(t, "usr/bin/root", "/");
	check_parent(t, "bin/x", false, "usr/bin|x");
	check_parent(t, "/bin/./x/", false, "usr/bin|x");
	check_parent(t, "absolute/y", false, "usr/bin|y");
	check_parent(t, "usr/up/z", false, "usr/bin|z");
	check_parent(t, "bin/root/usr/up/root/q", false, "|q");
	check_parent(t, "outside/passwd", true, "etc|passwd");
	check_parent(t, "bin", false, "|bin"); /* the last one is not followed */
	check_parent(t, "", false, "|");
	check_parent(t, "//", false, "|");
	check_parent(t, "usr/bin/..", false, "usr/bin|..");
	assert_true(tree_get(t, "etc")->inode->implied);
}

static void ways_that_lead_nowhere_are_refused(void **state)
{
	owned(tree_free) struct tree *t = new_tree(100);
	char path[5000] = "";
	struct err e = {0};
	struct bytes name;

	(void)state;
	tree_put(t, "file", FILE_MODE);
	link_to(t, "loop", "loop");
	link_to(t, "ping", "pong/x");
	link_to(t, "pong", "ping");
	link_to(t, "back", "none/../usr");
	check_no_parent(t, "file/x", REASON_ROOTFS,
			"\"file\" is no folder, and something is to be in it");
	check_no_parent(t, "none/x", REASON_ROOTFS, "\"none\" is not there");
	check_no_parent(t, "loop/x", REASON_AMBIGUOUS, "leads through more than 40 symbolic links");
	check_no_parent(t, "ping/x", REASON_AMBIGUOUS, "leads through more than 40 symbolic links");
	assert_null(tree_parent(t, bytes_str("back/x"), true, &name, &e));
	check_err(&e, REASON_AMBIGUOUS, "leads back out of a folder that is not there");
	memset(path, 'a', 4096);
	e = (struct err){0};
	assert_null(tree_parent(t, bytes_str(path), true, &name, &e));
	check_err(&e, REASON_LIMIT, "a path has 4096 bytes, 4095 is the limit");
}

static void forty_links_are_not_too_many(void **state)
{
	owned(tree_free) struct tree *t = new_tree(100);
	char name[8], target[8];

	(void)state;
	tree_put(t, "l0", FOLDER_MODE);
	for (int i = 1; i <= 41; i++) {
		snprintf(name, sizeof(name), "l%d", i);
		snprintf(target, sizeof(target), "l%d", i - 1);
		link_to(t, name, target);
	}
	check_parent(t, "l40/x", false, "l0|x");
	check_no_parent(t, "l41/x", REASON_AMBIGUOUS, "leads through more than 40 symbolic links");
}

static void long_ways_through_links_are_refused(void **state)
{
	owned(tree_free) struct tree *t = new_tree(100);
	char target[2048] = "";

	(void)state;
	for (size_t i = 0; i < 2040; i += 2)
		memcpy(target + i, "./", 2);
	tree_put(t, "a", FOLDER_MODE);
	memcpy(target + 2040, "a", 2);
	link_to(t, "one", target);
	memcpy(target + 2040, "one", 4);
	link_to(t, "two", target);
	memcpy(target + 2040, "two", 4);
	link_to(t, "three", target);
	check_parent(t, "one/x", false, "a|x");
	check_parent(t, "two/x", false, "a|x");
	check_no_parent(t, "three/x", REASON_LIMIT,
			"symbolic links on the way have 6127 bytes, 4095 is the limit");
}

static void what_is_no_name_is_refused(void **state)
{
	static const struct {
		struct bytes name;
		enum reason reason;
		const char *text;
	} wrong[] = {
		{{(const uint8_t *)"", 0}, REASON_ROOTFS, "\"\" is no name of a file"},
		{{(const uint8_t *)".", 1}, REASON_ROOTFS, "\".\" is no name of a file"},
		{{(const uint8_t *)"..", 2}, REASON_ROOTFS, "\"..\" is no name of a file"},
		{{(const uint8_t *)"a/b", 3},
		 REASON_ROOTFS,
		 "a name of a file holds a slash or a NUL"},
		{{(const uint8_t *)"a\0b", 3},
		 REASON_ROOTFS,
		 "a name of a file holds a slash or a NUL"},
	};
	owned(tree_free) struct tree *t = new_tree(100);
	const struct tree_inode file = {.mode = FILE_MODE};
	char name[257];
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		e = (struct err){0};
		assert_null(tree_add(t, tree_root(t), wrong[i].name, &file, &e));
		check_err(&e, wrong[i].reason, wrong[i].text);
	}
	memset(name, 'n', 256);
	e = (struct err){0};
	assert_non_null(tree_add(t, tree_root(t), bytes_of(name, 255), &file, &e));
	assert_null(tree_add(t, tree_root(t), bytes_of(name, 256), &file, &e));
	check_err(&e, REASON_LIMIT,
		  "the name \"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn...\" "
		  "has 256 bytes, 255 is the limit");
}

static void links_lead_somewhere_and_their_targets_fit(void **state)
{
	owned(tree_free) struct tree *t = new_tree(100);
	struct tree_inode link = {.mode = S_IFLNK | 0777, .target = ""};
	char target[4097] = "";
	struct err e = {0};

	(void)state;
	assert_null(tree_add(t, tree_root(t), bytes_str("a"), &link, &e));
	check_err(&e, REASON_ROOTFS, "a symbolic link leads nowhere: its target is empty");
	memset(target, 't', 4096);
	link.target = target;
	e = (struct err){0};
	assert_null(tree_add(t, tree_root(t), bytes_str("a"), &link, &e));
	check_err(&e, REASON_LIMIT, "a symbolic link's target has 4096 bytes, 4095 is the limit");
	target[4095] = '\0';
	e = (struct err){0};
	assert_non_null(tree_add(t, tree_root(t), bytes_str("a"), &link, &e));
	assert_string_equal(tree_get(t, "a")->inode->target, target);
}

static void names_and_their_text_are_limited(void **state)
{
	owned(tree_free) struct tree *t = new_tree(3);
	const struct tree_inode file = {.mode = FILE_MODE};
	struct tree_inode link = {.mode = S_IFLNK | 0777};
	char target[4096] = "";
	struct err e = {0};
	size_t n;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_non_null(tree_add(t, tree_root(t), bytes_str("a"), &file, &e));
		tree_remove(t, tree_get(t, "a"));
	}
	assert_null(tree_add(t, tree_root(t), bytes_str("a"), &file, &e));
	check_err(&e, REASON_LIMIT, "more than 3 names");
	tree_free(&t);
	t = new_tree(3);
	memset(target, 't', 4095);
	link.target = target;
	e = (struct err){0};
	assert_non_null(tree_add(t, tree_root(t), bytes_str("a"), &link, &e));
	for (n = 0; tree_replace(t, tree_get(t, "a"), &link, &e);)
		n++;
	assert_int_equal(n, 255);
	check_err(&e, REASON_LIMIT, "names and targets: over the limit of 1049344 bytes");
}

/* As many names in one folder as an image has: made, found, sorted and removed in a moment. */
static void two_hundred_thousand_names_fit_in_a_folder(void **state)
{
	owned(tree_free) struct tree *t = new_tree(200000);
	const struct tree_inode file = {.mode = FILE_MODE};
	struct err e = {0};
	char name[16];

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		snprintf(name, sizeof(name), "%06u", i * 7919 % 200000);
		assert_non_null(tree_add(t, tree_root(t), bytes_str(name), &file, &e));
	}
	tree_sort(t);
	assert_string_equal(tree_root(t)->child->name, "000000");
	assert_string_equal(tree_root(t)->child->prev->name, "199999");
	tree_reverse(t);
	assert_string_equal(tree_root(t)->child->name, "199999");
	assert_string_equal(tree_root(t)->child->prev->name, "000000");
	for (unsigned i = 0; i < 200000; i++) {
		snprintf(name, sizeof(name), "%06u", i * 7927 % 200000);
		tree_remove(t, tree_find(t, tree_root(t), bytes_str(name)));
	}
	assert_int_equal(tree_count(t), 1);
	assert_null(tree_fault(t));
}

static void any_order_of_changes_keeps_the_tree_whole(void **state)
{
	owned(tree_free) struct tree *t = new_tree(40000);
	struct tree_node *folder, *n;
	struct err e = {0};
	uint32_t seed = 1;
	char name[2] = "a";

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		seed = seed * 1664525 + 1013904223;
		name[0] = (char)('a' + (seed >> 28));
		folder = tree_root(t);
		for (unsigned depth = seed >> 20 & 3; depth > 0 && folder->child; depth--)
			if (S_ISDIR(folder->child->prev->inode->mode))
				folder = folder->child->prev;
		n = tree_find(t, folder, bytes_str(name));
		if (n)
			tree_remove(t, n);
		else if (seed >> 16 & 1)
			assert_non_null(
				tree_add(t, folder, bytes_str(name),
					 &(struct tree_inode){.mode = seed >> 17 & 1 ? FILE_MODE
										     : FOLDER_MODE},
					 &e));
		else if (folder->child && S_ISREG(folder->child->inode->mode))
			assert_non_null(
				tree_link(t, folder, bytes_str(name), folder->child->inode, &e));
		if (i % 64 == 0)
			tree_sort(t);
		if (i % 64 == 40)
			tree_reverse(t);
		assert_null(tree_fault(t));
	}
}

static void a_tree_can_become_a_folder_of_one(void **state)
{
	owned(tree_free) struct tree *t = new_tree(10);
	struct tree_node *root = tree_root(t);
	struct err e = {0}, wrong = {0};

	(void)state;
	tree_put(t, "etc/x", FILE_MODE);
	assert_true(tree_lower(t, bytes_str("/a/b/"), &e));
	check_list(t, "/ 040755 0:0 0 implied\n"
		      "/a 040755 0:0 0 implied\n"
		      "/a/b 040755 0:0 0 implied\n"
		      "/a/b/etc 040755 0:0 0 implied\n"
		      "/a/b/etc/x 100644 0:0 0 0@0+0\n");
	assert_ptr_equal(tree_get(t, "a/b"), root);
	assert_int_equal(root->order, 0);
	assert_false(tree_lower(t, bytes_str("a/.."), &wrong));
	check_err(&wrong, REASON_ROOTFS, "\"..\" is no name of a file");
}

static void a_folder_can_become_the_tree(void **state)
{
	owned(tree_free) struct tree *t = new_tree(10);
	struct tree_node *file;
	struct err e = {0};

	(void)state;
	file = tree_put(t, "a/b/x", FILE_MODE);
	tree_put(t, "a/c/y", FILE_MODE);
	tree_put(t, "z", FILE_MODE);
	assert_non_null(tree_link(t, tree_get(t, "a/c"), bytes_str("x"), file->inode, &e));
	tree_raise(t, tree_get(t, "a/b"));
	check_list(t, "/ 040755 0:0 0 implied\n"
		      "/x 100644 0:0 0 0@0+0\n");
	assert_null(tree_fault(t));
	assert_ptr_equal(tree_get(t, "x"), file);
	assert_null(tree_find(t, tree_root(t), bytes_str("c")));
	tree_raise(t, tree_root(t));
	assert_int_equal(tree_count(t), 2);
	tree_put(t, "d/e", FILE_MODE);
	assert_null(tree_fault(t));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_tree_is_its_root),
		cmocka_unit_test(a_folder_can_become_the_tree),
		cmocka_unit_test(names_come_as_they_were_added_until_they_are_sorted),
		cmocka_unit_test(names_of_one_inode_share_it_until_one_is_replaced),
		cmocka_unit_test(removal_takes_all_that_is_below),
		cmocka_unit_test(links_on_the_way_are_resolved_inside_the_root),
		cmocka_unit_test(ways_that_lead_nowhere_are_refused),
		cmocka_unit_test(forty_links_are_not_too_many),
		cmocka_unit_test(long_ways_through_links_are_refused),
		cmocka_unit_test(what_is_no_name_is_refused),
		cmocka_unit_test(links_lead_somewhere_and_their_targets_fit),
		cmocka_unit_test(names_and_their_text_are_limited),
		cmocka_unit_test(two_hundred_thousand_names_fit_in_a_folder),
		cmocka_unit_test(any_order_of_changes_keeps_the_tree_whole),
		cmocka_unit_test(a_tree_can_become_a_folder_of_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
