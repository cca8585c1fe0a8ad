#include "measure/core/part.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/support_check.h"

static void a_tree_is_walked_in_file_order_with_its_depths(void **state)
{
	static const struct {
		const char *name;
		unsigned depth;
	} walk[] = {
		{"image", 0},	  {"header", 1}, {"magic", 2}, {"crc", 2}, {"kernel", 1},
		{"ramdisk 0", 1}, {"init", 2},	 {"inode", 3}, {"end", 1},
	};
	struct err e = {0};
	struct part *parent[4] = {NULL}, *root = NULL;
	unsigned depth = 0;
	size_t i = 0;

	(void)state;
	for (size_t k = 0; k < COUNT(walk); k++) {
		struct part *above = walk[k].depth ? parent[walk[k].depth - 1] : NULL;
		struct part *p = part_new(above, walk[k].name, k, 1, &e);

		assert_non_null(p);
		assert_ptr_equal(p->parent, above);
		parent[walk[k].depth] = p;
		if (!root)
			root = p;
	}
	for (const struct part *p = root; p; p = part_walk(p, &depth), i++) {
		assert_true(i < COUNT(walk));
		assert_string_equal(p->name, walk[i].name);
		assert_int_equal(depth, walk[i].depth);
		assert_true(p->offset == i && p->size == 1);
	}
	assert_int_equal(i, COUNT(walk));
	part_free(&root);
	assert_null(root);
}

static void a_root_alone_is_a_tree(void **state)
{
	struct err e = {0};
	struct part *root = part_new(NULL, "image", 0, UINT64_MAX, &e);
	unsigned depth = 0;

	(void)state;
	assert_null(part_walk(root, &depth));
	assert_int_equal(depth, 0);
	assert_true(root->size == UINT64_MAX);
	part_free(&root);
	part_free(&root);
}

/* As deep and as broad as no stack would bear. */
static void a_tree_of_any_shape_is_walked_and_released_without_recursion(void **state)
{
	enum { DEEP = 100000 };
	struct err e = {0};
	struct part *root = part_new(NULL, "0", 0, 0, &e), *p = root;
	unsigned depth = 0, seen = 0, deepest = 0;

	(void)state;
	for (unsigned i = 1; i < DEEP; i++) {
		assert_non_null(part_new(p, "leaf", i, 0, &e));
		p = part_new(p, "inner", i, 0, &e);
		assert_non_null(p);
	}
	for (const struct part *w = root; w; w = part_walk(w, &depth)) {
		seen++;
		deepest = depth > deepest ? depth : deepest;
	}
	assert_int_equal(seen, 2 * DEEP - 1);
	assert_int_equal(deepest, DEEP - 1);
	part_free(&root);
}

static void detail_is_replaced_and_cut(void **state)
{
	struct err e = {0};
	struct part *root = part_new(NULL, "image", 0, 0, &e);
	char big[2000];

	(void)state;
	assert_null(root->detail);
	assert_true(part_detail(root, &e, "version %d", 4));
	assert_string_equal(root->detail, "version 4");
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	assert_true(part_detail(root, &e, "%s", big));
	assert_true(strlen(root->detail) < 1000);
	part_free(&root);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tree_is_walked_in_file_order_with_its_depths),
		cmocka_unit_test(a_root_alone_is_a_tree),
		cmocka_unit_test(a_tree_of_any_shape_is_walked_and_released_without_recursion),
		cmocka_unit_test(detail_is_replaced_and_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
