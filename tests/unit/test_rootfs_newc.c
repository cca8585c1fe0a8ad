#include "measure/core/rootfs_newc.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_layer.h"
#include "tests/unit/support_tree.h"

#define ARCHIVE_MAX (1u << 20)

static bool open_file(void *arg, const struct tree_node *n, struct err *e)
{
	return rootfs_file(((struct rootfs **)arg)[0], n, e);
}

static bool read_file(void *arg, struct span to, size_t *got, struct err *e)
{
	return rootfs_read(((struct rootfs **)arg)[0], to, got, e);
}

static bool put(void *arg, struct bytes x, struct err *e)
{
	struct buf *out = ((void **)arg)[1];

	buf_put(out, x);
	return buf_done(out, "archive", e);
}

/* The archive of a tree, and what it hashes to. */
static void pack(struct rootfs *r, struct buf *out, struct digest *content)
{
	void *arg[] = {r, out};
	const struct cpio_io io = {open_file, read_file, put, arg};
	const struct cpio_rule rule = {.profile = cpio_profile("native")};
	struct err e = {0};

	buf_reset(out);
	assert_true(cpio_write(r->tree, &rule, &io, content, &e));
	check_no_err(&e);
}

static void item_of(struct folder *f, struct bytes archive, struct store_item *out)
{
	const char *path =
		folder_file(f, "archive", archive.n ? archive.p : (const uint8_t *)"", archive.n);
	struct err e = {0};

	*out = (struct store_item){.file = FILE_NONE};
	assert_true(file_open(&out->file, path, &e));
	out->size = out->file.size;
	out->name = own_string(path, &e);
	out->file.name = out->name;
}

static void a_tree_that_was_packed_is_the_same(void **state)
{
	owned(buf_free) struct buf tar = BUF(ARCHIVE_MAX), one = BUF(ARCHIVE_MAX);
	owned(buf_free) struct buf two = BUF(ARCHIVE_MAX);
	owned(rootfs_free) struct rootfs before = {0}, after = {0};
	const struct rootfs_options options = {0};
	struct digest a, b;
	struct store_item item;
	struct err e = {0};

	layer_tar(&tar, "d a\nf a/one CONTENT\nh a/two a/one\nf0755 run #!/bin/sh\nl link a/one\n"
			"d empty\nf a/empty\nh z a/one\nh q a/empty\n");
	assert_true(rootfs_open(&before, folder_file(*state, "tar", tar.p, tar.n), &options, &e));
	pack(&before, &one, &a);
	item_of(*state, buf_bytes(&one), &item);
	assert_true(rootfs_newc(&after, &item, &e));
	check_no_err(&e);
	assert_null(tree_fault(after.tree));
	assert_int_equal(tree_get(after.tree, "a/one")->inode->links, 3);
	pack(&after, &two, &b);
	assert_true(digest_equal(&a, &b));
	assert_true(bytes_equal(buf_bytes(&one), buf_bytes(&two)));
}

/* name, mode, nlink, ino, body */
struct entry {
	const char *name;
	uint32_t mode, nlink, ino;
	const char *body;
};

static void put_entry(struct buf *out, const struct entry *x)
{
	uint8_t raw[CPIO_HEADER];
	size_t n = x->body ? strlen(x->body) + S_ISLNK(x->mode) : 0; /* a link's NUL is there */
	const struct cpio_fields f = {
		.ino = x->ino,
		.mode = x->mode,
		.nlink = x->nlink,
		.size = (uint32_t)n,
		.name_size = (uint32_t)strlen(x->name) + 1,
	};

	cpio_fields_write(raw, &f, false);
	buf_put(out, bytes_of(raw, sizeof(raw)));
	buf_put(out, bytes_of(x->name, f.name_size));
	buf_zero(out, (4 - out->n % 4) % 4);
	if (n > 0)
		buf_put(out, bytes_of(x->body, n));
	buf_zero(out, (4 - out->n % 4) % 4);
}

static void check_refused(struct folder *f, const struct entry *list, size_t n, const char *said)
{
	owned(buf_free) struct buf archive = BUF(ARCHIVE_MAX);
	owned(rootfs_free) struct rootfs r = {0};
	struct store_item item;
	struct err e = {0};

	for (size_t i = 0; i < n; i++)
		put_entry(&archive, &list[i]);
	item_of(f, buf_bytes(&archive), &item);
	assert_false(rootfs_newc(&r, &item, &e));
	assert_string_equal(e.text, said);
	assert_null(r.tree);
}

#define TRAILER                             \
	{                                   \
		CPIO_TRAILER, 0, 1, 0, NULL \
	}
#define REFUSED(said, ...)                                      \
	do {                                                    \
		const struct entry list[] = {__VA_ARGS__};      \
		check_refused(*state, list, COUNT(list), said); \
	} while (0)

static void what_is_no_tree_is_refused(void **state)
{
	check_refused(*state, NULL, 0, "the archive has no end");
	REFUSED("the archive that begins at 0 has no trailer", {"a", S_IFREG | 0644, 1, 1, "x"});
	REFUSED("'a' stands there twice", {"a", S_IFREG | 0644, 1, 1, "x"},
		{"a", S_IFREG | 0644, 1, 2, "x"}, TRAILER);
	REFUSED("'b' stands behind the end of the archive", {"a", S_IFREG | 0644, 1, 1, "x"},
		TRAILER, {"b", S_IFREG | 0644, 1, 1, "x"}, TRAILER);
	REFUSED("'a' has a NUL in its target", {"a", S_IFLNK | 0777, 1, 1, "xy"}, TRAILER);
	REFUSED("\"no\" is not there", {"no/a", S_IFREG | 0644, 1, 1, "x"}, TRAILER);
}

static int new_folder(void **state)
{
	static struct folder f;

	folder_new(&f);
	*state = &f;
	return 0;
}

static int drop_folder(void **state)
{
	folder_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_tree_that_was_packed_is_the_same, new_folder,
						drop_folder),
		cmocka_unit_test_setup_teardown(what_is_no_tree_is_refused, new_folder,
						drop_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
