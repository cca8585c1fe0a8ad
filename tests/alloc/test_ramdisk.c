#include <sys/stat.h>

#include "measure/core/ramdisk_extract.h"
#include "measure/core/ramdisk_parts.h"
#include "tests/alloc/fail.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_ramdisk.h"

struct job {
	struct disk scene;
	struct cpio_rule rule;
	struct folder folder;
	const char *path, *into;
};

static bool write_it(void *arg, struct err *e)
{
	struct job *j = arg;
	struct digest content;

	return disk_write(&j->scene, &j->rule, &content, e);
}

static bool describe_it(void *arg, struct err *e)
{
	const struct job *j = arg;
	owned(file_close) struct file f = FILE_NONE;
	owned(part_free) struct part *top = part_new(NULL, "initrd", 0, 0, e);
	struct stream_range where;

	if (!top || !file_open(&f, j->path, e))
		return false;
	where = stream_range(&f, 0, f.size);
	return ramdisk_describe(&where, top, e);
}

static bool read_it(void *arg, struct err *e)
{
	const struct job *j = arg;
	owned(file_close) struct file f = FILE_NONE;
	owned(ramdisk_free) struct ramdisk r = {0};
	struct stream_range where;
	struct digest content;

	if (!file_open(&f, j->path, e))
		return false;
	where = stream_range(&f, 0, f.size);
	return ramdisk_read(&r, &where, NULL, e) && initramfs_content(&r.made, &content, e);
}

/* What a run that fails leaves would be in the next one's way. */
static bool extract_it(void *arg, struct err *e)
{
	const struct job *j = arg;
	owned(file_close) struct file f = FILE_NONE;
	struct stream_range where;

	if (!file_open(&f, j->path, e))
		return false;
	where = stream_range(&f, 0, f.size);
	return ramdisk_extract(&where, j->into, e);
}

static void make_scene(struct job *j)
{
	struct tree_node *file;

	disk_new(&j->scene);
	j->rule.image = disk_add(&j->scene, "root", S_IFDIR | 0755, NULL);
	file = disk_add(&j->scene, "root/file", S_IFREG | 0644, "text");
	disk_link(&j->scene, "root/again", file);
	disk_add(&j->scene, "root/empty", S_IFREG | 0644, "");
	disk_add(&j->scene, "root/link", S_IFLNK | 0777, "file");
	disk_device(&j->scene, "root/null", S_IFCHR | 0666, 1, 3);
}

static bool put(void *arg, struct bytes x, struct err *e)
{
	(void)e;
	buf_put(arg, x);
	return true;
}

/* The archive, and behind it others that are packed. */
static void make_parts(struct job *j)
{
	static const enum packing packings[] = {PACKING_GZIP, PACKING_ZSTD};
	const struct forged file = {.fields = {.ino = 1, .mode = S_IFREG | 0644, .nlink = 1},
				    .name = "file",
				    .body = "text"};
	struct buf parts = BUF(1u << 20), more = BUF(1u << 20);
	const struct pack_sink sink = {put, &parts};
	struct err e = {0};

	buf_put(&parts, buf_bytes(&j->scene.out));
	archive_forge(&more, &file);
	archive_trailer(&more);
	for (size_t i = 0; i < COUNT(packings); i++) {
		struct pack *p = pack_new(packings[i], &sink, &e);

		assert_true(p && pack_add(p, buf_bytes(&more), &e) && pack_end(p, &e));
		pack_free(&p);
	}
	j->path = folder_file(&j->folder, "parts", parts.p, parts.n);
	j->into = folder_path(&j->folder, "others");
	assert_int_equal(mkdir(j->into, 0755), 0);
	buf_free(&more);
	buf_free(&parts);
}

static void any_allocation_may_fail(void **state)
{
	struct job j = {.rule = {.time = CPIO_TIME_KEEP}};
	struct err e = {0};

	(void)state;
	make_scene(&j);
	folder_new(&j.folder);
	for (const struct cpio_profile *p = cpio_profiles; p->name; p++) {
		j.rule.profile = p;
		assert_true(write_it(&j, &e)); /* so that the scene's own room is there */
		assert_true(fail_each(write_it, &j) >= 8);
	}
	j.rule.profile = cpio_profile("native");
	assert_true(fail_each(write_it, &j) >= 8);
	j.path = folder_file(&j.folder, "ramdisk", j.scene.out.p, j.scene.out.n);
	j.into = folder_path(&j.folder, "into");
	assert_int_equal(mkdir(j.into, 0755), 0);
	assert_true(fail_each(read_it, &j) >= 10);
	assert_true(fail_each(describe_it, &j) >= 20);
	assert_true(fail_each(extract_it, &j) >= 10);
	make_parts(&j);
	assert_true(fail_each(read_it, &j) >= 20);
	assert_true(fail_each(describe_it, &j) >= 40);
	assert_true(fail_each(extract_it, &j) >= 20);
	folder_free(&j.folder);
	disk_free(&j.scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
