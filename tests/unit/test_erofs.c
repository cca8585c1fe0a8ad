#include "measure/core/erofs.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"

#define MANY 500u /* names in one folder: several blocks of them */
#define ROOM ((size_t)8 << 20)

/* Files whose bytes follow from their place in the source; the image in memory. */
struct scene {
	uint8_t *image;
	size_t n;
	const struct tree_inode *open;
	uint64_t pos;
	uint64_t short_by; /* the bytes that a file lacks */
};

static bool open_file(void *arg, const struct tree_node *n, struct err *e)
{
	struct scene *s = arg;

	(void)e;
	s->open = n->inode;
	s->pos = 0;
	return true;
}

static uint8_t byte_at(uint64_t at)
{
	return (uint8_t)(at * 131 + (at >> 9));
}

static bool read_file(void *arg, struct span to, size_t *got, struct err *e)
{
	struct scene *s = arg;
	uint64_t left = s->open->size - s->short_by - s->pos;

	(void)e;
	*got = left < to.n ? (size_t)left : to.n;
	for (size_t i = 0; i < *got; i++)
		to.p[i] = byte_at(s->open->at + s->pos++);
	return true;
}

static bool put(void *arg, struct bytes x, struct err *e)
{
	struct scene *s = arg;

	if (s->n + x.n > ROOM)
		return err_set(e, REASON_NO_SPACE, "the image is full");
	memcpy(s->image + s->n, x.p, x.n);
	s->n += x.n;
	return true;
}

static struct tree_node *add(struct tree *t, struct tree_node *folder, const char *name,
			     const struct tree_inode *inode)
{
	struct err e = {0};
	struct tree_node *n = tree_add(t, folder, bytes_str(name), inode, &e);

	check_no_err(&e);
	return n;
}

static struct tree_inode regular(uint64_t at, uint64_t size)
{
	return (struct tree_inode){.mode = S_IFREG | 0640,
				   .uid = 70000,
				   .gid = 5,
				   .at = at,
				   .size = size,
				   .mtime = 1700000000};
}

/* Sizes at every edge: of what stands behind an inode, of a block, of a step. */
static void fill(struct tree *t)
{
	static const uint64_t sizes[] = {0, 1, 1983, 1984, 1985, 4095, 4096, 4097, 700000};
	static char target[4001];
	struct tree_node *root = tree_root(t);
	struct tree_node *bin = add(t, root, "bin", &(struct tree_inode){.mode = S_IFDIR | 01777});
	struct tree_node *many = add(t, root, "many", &(struct tree_inode){.mode = S_IFDIR | 0700});
	struct tree_node *file = NULL;
	struct err e = {0};
	char name[300];
	struct tree_inode i;

	for (size_t k = 0; k < COUNT(sizes); k++) {
		snprintf(name, sizeof(name), "size %zu", k);
		i = regular(1000 * k, sizes[k]);
		file = add(t, bin, name, &i);
	}
	assert_non_null(tree_link(t, root, bytes_str("-linked"), file->inode, &e));
	for (unsigned k = 0; k < MANY; k++) {
		snprintf(name, sizeof(name), "%s%0*u", k % 2 ? "." : "+", (int)(k % 240) + 1, k);
		i = regular(k, k % 3);
		add(t, many, name, &i);
	}
	memset(target, 'x', sizeof(target) - 1);
	add(t, root, "short", &(struct tree_inode){.mode = S_IFLNK | 0777, .target = "bin/size 1"});
	add(t, root, "long", &(struct tree_inode){.mode = S_IFLNK | 0777, .target = target});
	add(t, root, "null",
	    &(struct tree_inode){.mode = S_IFCHR | 0666, .major = 259, .minor = 70000});
	add(t, root, "disk", &(struct tree_inode){.mode = S_IFBLK | 0600, .major = 8, .minor = 1});
	add(t, root, "pipe", &(struct tree_inode){.mode = S_IFIFO | 0600});
}

static const struct erofs_rule plain = {.time = CPIO_TIME_KEEP, .uuid = {1, 2, 3}};

static bool write_tree(struct scene *s, struct tree *t, const struct erofs_rule *r, struct err *e)
{
	struct cpio_io io = {open_file, read_file, put, s};
	uint64_t size = 0;

	s->n = 0;
	if (!erofs_write(t, r, &io, &size, e))
		return false;
	assert_true(size == s->n);
	assert_true(size % EROFS_BLOCK == 0);
	return true;
}

struct world {
	struct scene scene;
	struct tree *tree;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct err e = {0};

	w->scene.image = calloc(1, ROOM);
	w->tree = tree_new(10000, &e);
	assert_non_null(w->tree);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	tree_free(&w->tree);
	free(w->scene.image);
	free(w);
	return 0;
}

static void the_same_tree_gives_the_same_image(void **state)
{
	struct world *w = *state;
	struct digest d[2];
	struct err e = {0};

	fill(w->tree);
	for (unsigned k = 0; k < 2; k++) {
		assert_true(write_tree(&w->scene, w->tree, &plain, &e));
		assert_true(
			hash_of(DIGEST_SHA256, bytes_of(w->scene.image, w->scene.n), &d[k], &e));
	}
	assert_true(digest_equal(&d[0], &d[1]));
}

static const char *path_of(const struct tree_node *n, struct buf *path)
{
	struct err e = {0};

	buf_reset(path);
	assert_true(tree_path(n, path, &e));
	return buf_cstr(path);
}

static void compare_bytes(const char *name, const struct tree_inode *i)
{
	size_t size;
	uint8_t *got = folder_read(name, &size);

	assert_non_null(got);
	assert_int_equal(size, i->size);
	for (size_t k = 0; k < size; k++)
		assert_int_equal(got[k], byte_at(i->at + k));
	free(got);
}

static void compare(const char *name, const struct tree_inode *i)
{
	char target[8192] = "";
	struct stat st;

	assert_int_equal(lstat(name, &st), 0);
	assert_int_equal(st.st_mode, i->mode);
	assert_int_equal(st.st_uid, i->uid);
	assert_int_equal(st.st_gid, i->gid);
	assert_int_equal(st.st_mtime, i->mtime);
	if (S_ISCHR(i->mode) || S_ISBLK(i->mode))
		assert_int_equal(st.st_rdev, makedev(i->major, i->minor));
	if (S_ISLNK(i->mode)) {
		assert_true(readlink(name, target, sizeof(target) - 1) > 0);
		assert_string_equal(target, i->target);
	}
	if (S_ISREG(i->mode))
		compare_bytes(name, i);
}

/* fsck.erofs walks all of it and unpacks it: nothing else, and nothing less. */
static void the_tools_of_the_file_system_read_it(void **state)
{
	struct world *w = *state;
	struct buf path = BUF(8192);
	struct folder f;
	struct err e = {0};
	char text[8192];

	if (system("command -v fsck.erofs >/dev/null") != 0 || geteuid() != 0) {
		skip();
		return;
	}
	fill(w->tree);
	folder_new(&f);
	assert_true(write_tree(&w->scene, w->tree, &plain, &e));
	assert_non_null(folder_file(&f, "image", w->scene.image, w->scene.n));
	snprintf(
		text, sizeof(text),
		"cd '%s' && umask 000 && fsck.erofs --extract=out image >log 2>&1 || { cat log; exit 1; }\n"
		"test $(find out | wc -l) -eq %zu",
		f.path, tree_count(w->tree));
	assert_int_equal(system(text), 0);
	for (const struct tree_node *n = tree_next(tree_root(w->tree)); n; n = tree_next(n)) {
		snprintf(text, sizeof(text), "%s/out/%s", f.path, path_of(n, &path));
		compare(text, n->inode);
	}
	buf_free(&path);
	folder_free(&f);
}

static void times_follow_the_rule(void **state)
{
	struct world *w = *state;
	struct err e = {0};
	struct erofs_rule r = plain;
	struct tree_inode i = regular(0, 0);

	add(w->tree, tree_root(w->tree), "f", &i);
	assert_true(write_tree(&w->scene, w->tree, &r, &e));
	assert_int_equal(w->scene.image[1024 + 128 + 64 + 64 + 32 + 3], 1700000000 >> 24);
	r.time = CPIO_TIME_CLAMP;
	r.clamp = 258;
	assert_true(write_tree(&w->scene, w->tree, &r, &e));
	assert_memory_equal(w->scene.image + 1024 + 128 + 64 + 64 + 32, "\2\1\0\0\0\0\0\0", 8);
	r.time = CPIO_TIME_ZERO;
	assert_true(write_tree(&w->scene, w->tree, &r, &e));
	assert_memory_equal(w->scene.image + 1024 + 128 + 64 + 64 + 32, "\0\0\0\0\0\0\0\0", 8);
}

static void what_the_format_cannot_hold_is_refused(void **state)
{
	struct world *w = *state;
	struct tree_inode device = {.mode = S_IFCHR | 0600, .major = 4096};
	struct tree_inode huge = regular(0, UINT64_C(1) << 45);
	struct tree_node *n;
	struct err e = {0};

	n = add(w->tree, tree_root(w->tree), "d", &device);
	assert_false(write_tree(&w->scene, w->tree, &plain, &e));
	check_err(&e, REASON_LIMIT, "the device 4096:0, at most 4095:1048575 is possible");
	tree_remove(w->tree, n);
	n = add(w->tree, tree_root(w->tree), "h", &huge);
	e = (struct err){0};
	assert_false(write_tree(&w->scene, w->tree, &plain, &e));
	check_err(&e, REASON_LIMIT, "more than 4294967295 blocks of 4096 bytes");
	tree_remove(w->tree, n);
}

static void a_file_that_ends_too_early_is_refused(void **state)
{
	struct world *w = *state;
	struct tree_inode i = regular(0, 5000);
	struct err e = {0};

	add(w->tree, tree_root(w->tree), "f", &i);
	w->scene.short_by = 7;
	assert_false(write_tree(&w->scene, w->tree, &plain, &e));
	check_err(&e, REASON_FILE_CHANGED, "'f' ends 7 bytes too early");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(the_same_tree_gives_the_same_image),
		TEST(the_tools_of_the_file_system_read_it),
		TEST(times_follow_the_rule),
		TEST(what_the_format_cannot_hold_is_refused),
		TEST(a_file_that_ends_too_early_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
