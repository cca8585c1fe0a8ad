#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "measure/core/tree.h"
#include "tests/alloc/fail.h"

static bool grow(void *arg, struct err *e)
{
	const struct tree_inode link = {.mode = S_IFLNK | 0777, .target = "here"};
	owned(tree_free) struct tree *t = tree_new(2000, e);
	struct tree_node *folder;
	struct bytes name;
	char path[32];

	(void)arg;
	for (unsigned i = 0; t && i < 1500; i++) {
		snprintf(path, sizeof(path), "folder/%u/link", i / 2 * 2);
		folder = tree_parent(t, bytes_str(path), true, &name, e);
		if (!folder || (i % 2 == 0 && !tree_add(t, folder, name, &link, e)) ||
		    (i % 2 == 1 && !tree_replace(t, tree_find(t, folder, name), &link, e)))
			return false;
	}
	return t != NULL;
}

static void a_tree_survives_the_lack_of_memory(void **state)
{
	(void)state;
	assert_in_range(fail_each(grow, NULL), 8, 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tree_survives_the_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
