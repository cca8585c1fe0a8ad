#include "measure/core/rootimage.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"

#define BIG (600u * 1024)

static const struct rootimage_rule rule = {.time = CPIO_TIME_CLAMP, .clamp = 1000};

static void put(struct rootfs *r, const char *name, size_t n)
{
	struct tree_inode inode = {.mode = S_IFREG | 0644, .mtime = 5000, .size = n};
	uint8_t *p = malloc(n + 1);
	struct err e = {0};

	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 7 + i / 4096);
	assert_true(rootfs_bytes(r, bytes_of(p, n), &inode.source, &e));
	assert_non_null(tree_add(r->tree, tree_root(r->tree), bytes_str(name), &inode, &e));
	free(p);
}

/* Of two files. */
static void make(struct folder *d, const char *name, size_t size, struct rootimage *made)
{
	owned(rootfs_free) struct rootfs r = {0};
	owned(out_free) struct out to = OUT_NONE;
	struct err e = {0};

	assert_true(rootfs_empty(&r, &e));
	put(&r, "b", size);
	put(&r, "a", 10);
	assert_true(out_open(&to, folder_path(d, name), &e));
	assert_true(rootimage_write(&r, &rule, &to, made, &e) && out_commit(&to, &e));
	check_no_err(&e);
}

static void look(const char *path, struct rootimage *found, struct err *fault)
{
	owned(file_close) struct file f = FILE_NONE;
	struct err e = {0};

	*fault = (struct err){0};
	assert_true(file_open(&f, path, &e) && rootimage_look(&f, found, fault, &e));
	check_no_err(&e);
}

static void what_is_written_is_read(void **state)
{
	static const size_t sizes[] = {0, 5000, BIG};
	struct rootimage made, found;
	struct folder d;
	struct err fault;

	(void)state;
	folder_new(&d);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		make(&d, "image", sizes[i], &made);
		look(folder_path(&d, "image"), &found, &fault);
		assert_false(err_is(&fault));
		assert_true(found.blocks > 0 && found.blocks == made.blocks);
		assert_int_equal(found.size, made.size);
		assert_int_equal(found.size,
				 made.blocks * ROOTIMAGE_BLOCK + verity_size(made.blocks));
		assert_true(digest_equal(&found.root, &made.root));
		assert_true(digest_equal(&found.sha256, &made.sha256));
	}
	folder_free(&d);
}

static void equal_trees_give_equal_bytes(void **state)
{
	struct rootimage one, two;
	struct folder d;
	size_t n, m;
	void *p, *q;

	(void)state;
	folder_new(&d);
	make(&d, "one", BIG, &one);
	make(&d, "two", BIG, &two);
	p = folder_read(folder_path(&d, "one"), &n);
	q = folder_read(folder_path(&d, "two"), &m);
	assert_true(n == m && p && q && memcmp(p, q, n) == 0);
	assert_true(digest_equal(&one.root, &two.root));
	free(p);
	free(q);
	folder_free(&d);
}

/* What a changed byte can be: of the data, or of the area alone. */
static void flip(struct folder *d, const struct rootimage *was, uint8_t *p, size_t n, size_t at)
{
	struct rootimage found;
	struct err fault;

	p[at] ^= 0x10;
	look(folder_file(d, "changed", p, n), &found, &fault);
	p[at] ^= 0x10;
	assert_int_equal(fault.reason, REASON_ROOT_IMAGE);
	assert_false(digest_equal(&found.sha256, &was->sha256));
	if (at >= was->blocks * ROOTIMAGE_BLOCK)
		assert_true(digest_equal(&found.root, &was->root));
	else
		assert_false(found.blocks > 0 && digest_equal(&found.root, &was->root));
}

static void each_changed_byte_is_found(void **state)
{
	struct rootimage made;
	struct folder d;
	uint8_t *p;
	size_t n;

	(void)state;
	folder_new(&d);
	make(&d, "image", 5000, &made);
	p = folder_read(folder_path(&d, "image"), &n);
	assert_non_null(p);
	for (size_t at = 0; at < n; at += 37)
		flip(&d, &made, p, n, at);
	for (size_t at = 1024; at < 1024 + 64; at++)
		flip(&d, &made, p, n, at);
	free(p);
	folder_free(&d);
}

static const char *refusal(struct folder *d, const uint8_t *p, size_t n)
{
	static struct err e;
	owned(file_close) struct file f = FILE_NONE;
	struct rootimage found;

	e = (struct err){0};
	assert_true(file_open(&f, folder_file(d, "changed", p, n), &e));
	assert_false(rootimage_read(&f, &found, &e));
	assert_int_equal(e.reason, REASON_ROOT_IMAGE);
	assert_string_equal(e.subject, f.name);
	return e.text;
}

static void what_is_no_image_is_refused(void **state)
{
	struct rootimage made;
	struct folder d;
	uint8_t *p;
	size_t n;

	(void)state;
	folder_new(&d);
	make(&d, "image", 5000, &made);
	p = folder_read(folder_path(&d, "image"), &n);
	assert_non_null(p);
	assert_int_equal(n, 20480);
	for (size_t short_by = n; short_by > n - 1064; short_by -= 53)
		assert_string_equal(refusal(&d, p, n - short_by),
				    "no file system EROFS with blocks of 4096 bytes stands here");
	assert_string_equal(refusal(&d, p, n - 1),
			    "3 blocks of data with their hashes are 20480 bytes, and the file has "
			    "20479");
	p = realloc(p, n + 1);
	assert_non_null(p);
	p[n] = 0;
	assert_string_equal(refusal(&d, p, n + 1),
			    "3 blocks of data with their hashes are 20480 bytes, and the file has "
			    "20481");
	p[n - 1] ^= 1;
	assert_string_equal(refusal(&d, p, n), "the hash area is not that of the data");
	memset(p + 1024 + 36, 0xff, 4);
	assert_string_equal(refusal(&d, p, n),
			    "4294967295 blocks of data with their hashes are 17730707197952 bytes, "
			    "and the file has 20480");
	memset(p + 1024 + 36, 0, 4);
	assert_string_equal(
		refusal(&d, p, n),
		"0 blocks of data with their hashes are 0 bytes, and the file has 20480");
	p[1024 + 12] = 9;
	assert_string_equal(refusal(&d, p, n),
			    "no file system EROFS with blocks of 4096 bytes stands here");
	free(p);
	folder_free(&d);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(equal_trees_give_equal_bytes),
		cmocka_unit_test(each_changed_byte_is_found),
		cmocka_unit_test(what_is_no_image_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
