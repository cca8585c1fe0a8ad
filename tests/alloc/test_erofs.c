#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "measure/core/erofs.h"
#include "measure/core/verity.h"
#include "tests/alloc/fail.h"

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

static bool put(void *arg, struct bytes x, struct err *e)
{
	return verity_add(arg, x, e);
}

static bool put_hash(void *arg, uint64_t at, struct bytes x, struct err *e)
{
	(void)arg;
	(void)at;
	(void)x;
	(void)e;
	return true;
}

static bool fill(struct tree *t, struct err *e)
{
	const struct tree_inode folder = {.mode = S_IFDIR | 0755};
	const struct tree_inode file = {.mode = S_IFREG | 0644, .size = 5000};
	const struct tree_inode link = {.mode = S_IFLNK | 0777, .target = "d/f"};
	struct tree_node *d = tree_add(t, tree_root(t), bytes_str("d"), &folder, e);

	return d && tree_add(t, d, bytes_str("f"), &file, e) &&
	       tree_add(t, tree_root(t), bytes_str("l"), &link, e);
}

/* An image of three blocks, and the tree of digests over it. */
static bool write_all(void *arg, struct err *e)
{
	const struct verity_rule rule = {.blocks = 3};
	const struct verity_sink sink = {put_hash, NULL};
	owned(tree_free) struct tree *t = tree_new(100, e);
	owned(verity_free) struct verity *v = t ? verity_new(&rule, &sink, e) : NULL;
	const struct cpio_io io = {open_file, read_file, put, v};
	struct digest root;
	uint64_t size;

	(void)arg;
	return v && fill(t, e) &&
	       erofs_write(t, &(struct erofs_rule){.time = CPIO_TIME_ZERO}, &io, &size, e) &&
	       verity_end(v, &root, e);
}

static void memory_may_run_out_at_any_place(void **state)
{
	(void)state;
	assert_true(fail_each(write_all, NULL) >= 6);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_may_run_out_at_any_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
