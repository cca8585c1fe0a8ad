#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "measure/rebuild/place.h"
#include "tests/alloc/fail.h"
#include "tests/unit/support_folder.h"

static bool open_file(void *arg, const struct tree_node *n, struct err *e)
{
	(void)arg;
	(void)n;
	(void)e;
	return true;
}

static bool read_file(void *arg, struct span to, size_t *got, struct err *e)
{
	(void)arg;
	(void)e;
	memset(to.p, 'x', to.n);
	*got = to.n;
	return true;
}

static bool fill(struct tree *t, struct err *e)
{
	const struct tree_inode folder = {.mode = S_IFDIR | 0755};
	const struct tree_inode file = {.mode = S_IFREG | 0644, .size = 5000};
	struct tree_node *d = tree_add(t, tree_root(t), bytes_str("d"), &folder, e);
	struct tree_node *f = d ? tree_add(t, d, bytes_str("f"), &file, e) : NULL;

	return f && tree_link(t, tree_root(t), bytes_str("g"), f->inode, e);
}

/* A tree with two names of one file, laid out and removed. */
static bool place_and_remove(void *arg, struct err *e)
{
	const struct folder *folder = arg;
	const struct cpio_io io = {open_file, read_file, NULL, NULL};
	const struct place_rule rule = {.max = 5000};
	owned(own_close) int fd = open(folder->path, O_RDONLY | O_DIRECTORY);
	owned(tree_free) struct tree *t = tree_new(100, e);
	struct err ignored = {0};
	bool ok = t && fill(t, e) && place_tree(fd, t, &rule, &io, e);

	return place_remove(fd, "d", ok ? e : &ignored) &&
	       place_remove(fd, "g", ok ? e : &ignored) && ok;
}

static void memory_may_run_out_at_any_place(void **state)
{
	struct folder folder;

	(void)state;
	folder_new(&folder);
	assert_true(fail_each(place_and_remove, &folder) >= 4);
	folder_free(&folder);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_may_run_out_at_any_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
