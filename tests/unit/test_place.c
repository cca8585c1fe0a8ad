#include "measure/rebuild/place.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_tree.h"

#define TIME 1500000000
#define OWNER 2000000000u

/* Files of 'x', which may end too early. */
struct scene {
	uint64_t left;
	uint64_t short_by;
};

static bool open_file(void *arg, const struct tree_node *n, struct err *e)
{
	struct scene *s = arg;

	(void)e;
	s->left = n->inode->size - s->short_by;
	return true;
}

static bool read_file(void *arg, struct span to, size_t *got, struct err *e)
{
	struct scene *s = arg;

	(void)e;
	*got = s->left < to.n ? (size_t)s->left : to.n;
	memset(to.p, 'x', *got);
	s->left -= *got;
	return true;
}

struct world {
	struct folder folder;
	struct tree *tree;
	struct scene scene;
	struct place_rule rule;
	int fd;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct err e = {0};

	folder_new(&w->folder);
	w->tree = tree_new(10000, &e);
	assert_non_null(w->tree);
	w->fd = open(w->folder.path, O_RDONLY | O_DIRECTORY);
	w->rule = (struct place_rule){.time = TIME, .max = 1u << 20};
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	struct err e = {0};

	close(w->fd);
	tree_free(&w->tree);
	assert_true(place_remove(AT_FDCWD, w->folder.path, &e)); /* whatever its modes are */
	mkdir(w->folder.path, 0700);
	folder_free(&w->folder);
	free(w);
	return 0;
}

static struct tree_node *put(struct world *w, const char *path, uint32_t mode, uint64_t size)
{
	struct tree_node *n = tree_put(w->tree, path, mode);

	assert_non_null(n);
	n->inode->size = size;
	return n;
}

static struct tree_node *put_link(struct world *w, const char *path, const char *target)
{
	const struct tree_inode inode = {.mode = S_IFLNK | 0777, .target = target};
	struct err e = {0};
	struct bytes name;
	struct tree_node *in = tree_parent(w->tree, bytes_str(path), true, &name, &e);

	return tree_add(w->tree, in, name, &inode, &e);
}

static bool place(struct world *w, struct err *e)
{
	const struct cpio_io io = {open_file, read_file, NULL, &w->scene};

	return place_tree(w->fd, w->tree, &w->rule, &io, e);
}

static void placed(struct world *w)
{
	struct err e = {0};

	assert_true(place(w, &e));
	check_no_err(&e);
}

static struct stat look(struct world *w, const char *path)
{
	struct stat st;

	assert_int_equal(fstatat(w->fd, path, &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_mtim.tv_sec, TIME);
	assert_int_equal(st.st_mtim.tv_nsec, 0);
	return st;
}

static void modes_are_the_trees_but_for_set_id(void **state)
{
	struct world *w = *state;

	put(w, "bin", S_IFDIR | 02755, 0);
	put(w, "bin/su", S_IFREG | 06755, 7);
	put(w, "bin/secret", S_IFREG | 0400, 0);
	put(w, "tmp", S_IFDIR | 01777, 0);
	put(w, "shut", S_IFDIR | 0555, 0);
	put(w, "shut/in", S_IFREG | 0644, 700000);
	placed(w);
	assert_int_equal(look(w, ".").st_mode, S_IFDIR | 0755);
	assert_int_equal(look(w, "bin").st_mode, S_IFDIR | 0755);
	assert_int_equal(look(w, "bin/su").st_mode, S_IFREG | 0755);
	assert_int_equal(look(w, "bin/su").st_size, 7);
	assert_int_equal(look(w, "bin/secret").st_mode, S_IFREG | 0400);
	assert_int_equal(look(w, "tmp").st_mode, S_IFDIR | 01777);
	assert_int_equal(look(w, "shut").st_mode, S_IFDIR | 0555);
	assert_int_equal(look(w, "shut/in").st_size, 700000);
}

static void devices_and_fifos_are_left_out(void **state)
{
	struct world *w = *state;
	struct stat st;

	put(w, "dev/null", S_IFCHR | 0666, 0);
	put(w, "dev/disk", S_IFBLK | 0660, 0);
	put(w, "dev/pipe", S_IFIFO | 0600, 0);
	placed(w);
	assert_int_equal(look(w, "dev").st_nlink, 2);
	assert_int_not_equal(fstatat(w->fd, "dev/null", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_not_equal(fstatat(w->fd, "dev/disk", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_not_equal(fstatat(w->fd, "dev/pipe", &st, AT_SYMLINK_NOFOLLOW), 0);
}

/* Also of a file whose first name stands where nobody may look, and of symbolic links. */
static void names_of_one_inode_stay_that(void **state)
{
	struct world *w = *state;
	struct err e = {0};
	struct tree_node *file, *link;

	put(w, "a", S_IFDIR, 0);
	file = put(w, "a/b/file", S_IFREG | 0644, 5);
	link = put_link(w, "a/link", "b/file");
	put(w, "z/deep", S_IFDIR | 0755, 0);
	assert_non_null(
		tree_link(w->tree, tree_get(w->tree, "z/deep"), bytes_str("f"), file->inode, &e));
	assert_non_null(
		tree_link(w->tree, tree_get(w->tree, "z"), bytes_str("0"), file->inode, &e));
	assert_non_null(
		tree_link(w->tree, tree_get(w->tree, "z"), bytes_str("l"), link->inode, &e));
	w->rule.max = 5;
	placed(w);
	assert_int_equal(look(w, "z/deep/f").st_nlink, 3);
	assert_int_equal(look(w, "z/deep/f").st_ino, look(w, "z/0").st_ino);
	assert_int_equal(look(w, "z/l").st_nlink, 2);
	assert_true(S_ISLNK(look(w, "z/l").st_mode));
	assert_int_equal(look(w, "a").st_mode, S_IFDIR);
}

/* The same with the last names first, which another inode's first name then is. */
static void the_order_in_which_names_are_made_is_none_of_what_is_there(void **state)
{
	struct world *w = *state;

	w->rule.reversed = true;
	names_of_one_inode_stay_that(state);
	assert_string_equal(tree_root(w->tree)->child->name, "z");
}

static void a_folder_of_the_tree_can_be_the_top(void **state)
{
	struct world *w = *state;
	struct stat st;

	put(w, "image", S_IFDIR | 0750, 0);
	put(w, "image/etc/passwd", S_IFREG | 0644, 9);
	put(w, "other", S_IFREG | 0644, 9);
	w->rule.top = tree_get(w->tree, "image");
	w->rule.max = 9;
	placed(w);
	assert_int_equal(look(w, ".").st_mode, S_IFDIR | 0750);
	assert_int_equal(look(w, "etc/passwd").st_size, 9);
	assert_int_not_equal(fstatat(w->fd, "other", &st, AT_SYMLINK_NOFOLLOW), 0);
}

static void files_can_be_given_to_another_user(void **state)
{
	struct world *w = *state;

	if (geteuid() != 0)
		skip();
	put(w, "d/f", S_IFREG | 04711, 1);
	assert_non_null(put_link(w, "d/l", "f"));
	w->rule.owner = OWNER;
	placed(w);
	assert_int_equal(look(w, "d/f").st_uid, OWNER);
	assert_int_equal(look(w, "d/f").st_gid, OWNER);
	assert_int_equal(look(w, "d/f").st_mode, S_IFREG | 0711);
	assert_int_equal(look(w, "d/l").st_uid, OWNER);
	assert_int_equal(look(w, ".").st_uid, OWNER);
}

static void refused(struct world *w, enum reason r, const char *subject, const char *text)
{
	struct err e = {0};

	assert_false(place(w, &e));
	check_err(&e, r, text);
	assert_string_equal(e.subject, subject);
}

static void links_in_the_way_are_not_followed(void **state)
{
	struct world *w = *state;
	struct folder other;

	folder_new(&other);
	assert_int_equal(symlinkat(other.path, w->fd, "etc"), 0);
	put(w, "etc/passwd", S_IFREG | 0644, 1);
	refused(w, REASON_IO, "etc", "cannot be made: File exists");
	assert_int_equal(folder_count(&other), 0);
	folder_free(&other);
}

static void a_file_there_already_is_not_written_to(void **state)
{
	struct world *w = *state;

	folder_file(&w->folder, "f", "mine", 4);
	put(w, "f", S_IFREG | 0644, 1);
	refused(w, REASON_IO, "f", "cannot be made: File exists");
	assert_int_equal(unlinkat(w->fd, "f", 0), 0);
	folder_file(&w->folder, "l", "mine", 4);
	tree_remove(w->tree, tree_get(w->tree, "f"));
	put_link(w, "l", "x");
	refused(w, REASON_IO, "l", "cannot be made: File exists");
}

static void a_limit_holds_before_anything_is_written(void **state)
{
	struct world *w = *state;

	put(w, "a", S_IFREG | 0644, 6);
	put(w, "b", S_IFREG | 0644, 5);
	w->rule.max = 10;
	refused(w, REASON_LIMIT, "", "the files have 11 bytes, 10 is the limit");
	assert_int_equal(folder_count(&w->folder), 0);
	put(w, "c", S_IFREG | 0644, UINT64_MAX);
	refused(w, REASON_LIMIT, "", "the files have 18446744073709551615 bytes, 10 is the limit");
}

static void a_file_that_ends_early_is_refused(void **state)
{
	struct world *w = *state;

	put(w, "d/f", S_IFREG | 0644, 10);
	w->scene.short_by = 3;
	refused(w, REASON_FILE_CHANGED, "d/f", "the file should have 10 bytes, and ends after 7");
}

static void folders_go_200_deep(void **state)
{
	struct world *w = *state;
	struct tree_node *in = tree_root(w->tree);
	const struct tree_inode folder = {.mode = S_IFDIR | 0755};
	struct err e = {0};

	for (unsigned i = 0; i < PLACE_DEPTH; i++)
		in = tree_add(w->tree, in, bytes_str("d"), &folder, &e);
	placed(w);
	assert_true(place_remove(w->fd, "d", &e));
	check_no_err(&e);
	assert_non_null(tree_add(w->tree, in, bytes_str("d"), &folder, &e));
	refused(w, REASON_LIMIT, "", "more than 200 folders stand in each other");
}

static void watched(void *arg, uint64_t position)
{
	*(uint64_t *)arg = position;
}

static void its_progress_can_be_watched(void **state)
{
	struct world *w = *state;
	uint64_t seen = 0;

	put(w, "a", S_IFREG | 0644, 600000);
	put(w, "b", S_IFREG | 0644, 1);
	w->rule.watch = (struct watch){watched, &seen};
	placed(w);
	assert_int_equal(seen, 600001);
}

static void removed(struct world *w, const char *name)
{
	struct err e = {0};

	assert_true(place_remove(w->fd, name, &e));
	check_no_err(&e);
	assert_int_equal(folder_count(&w->folder), 0);
}

/* Deeper than a path can be, so that only steps lead there. */
static void what_is_removed_may_be_deep(void **state)
{
	struct world *w = *state;
	int at = dup(w->fd);

	for (unsigned i = 0; i < 5000; i++) {
		int below;

		assert_int_equal(mkdirat(at, i ? "1" : "d", 0700), 0);
		below = openat(at, i ? "1" : "d", O_RDONLY | O_DIRECTORY);
		assert_true(below >= 0);
		close(at);
		at = below;
	}
	assert_int_equal(mkdirat(at, "0", 0), 0);
	close(at);
	removed(w, "d");
}

static void what_is_removed_may_be_shut(void **state)
{
	struct world *w = *state;

	mkdirat(w->fd, "d", 0700);
	mkdirat(w->fd, "d/e", 0700);
	mkdirat(w->fd, "d/e/f", 0700);
	mkdirat(w->fd, "d/e/f/g", 0700);
	close(openat(w->fd, "d/e/f/g/h", O_CREAT | O_WRONLY, 0));
	assert_int_equal(fchmodat(w->fd, "d/e/f/g", 0, 0), 0);
	assert_int_equal(fchmodat(w->fd, "d/e/f", 0500, 0), 0);
	assert_int_equal(fchmodat(w->fd, "d/e", 0100, 0), 0);
	assert_int_equal(fchmodat(w->fd, "d", 0, 0), 0);
	removed(w, "d");
}

static void no_link_is_followed_when_removing(void **state)
{
	struct world *w = *state;
	struct folder other;

	folder_new(&other);
	folder_file(&other, "kept", "", 0);
	mkdirat(w->fd, "d", 0700);
	mkdirat(w->fd, "d/e", 0700);
	assert_int_equal(symlinkat(other.path, w->fd, "d/0"), 0);
	assert_int_equal(symlinkat(other.path, w->fd, "d/e/1"), 0);
	removed(w, "d");
	assert_int_equal(symlinkat(other.path, w->fd, "d"), 0);
	removed(w, "d");
	assert_int_equal(folder_count(&other), 1);
	folder_free(&other);
}

static void what_is_not_there_is_gone(void **state)
{
	struct world *w = *state;

	removed(w, "nothing");
	folder_file(&w->folder, "f", "", 0);
	removed(w, "f");
}

static void what_cannot_be_removed_is_told(void **state)
{
	struct err e = {0};

	(void)state;
	assert_false(place_remove(AT_FDCWD, "/proc/self", &e));
	check_err(&e, REASON_PERMISSION,
		  geteuid() == 0 ? "cannot be removed: Operation not permitted"
				 : "cannot be removed: Permission denied");
	assert_string_equal(e.subject, "/proc/self");
}

/* As another user would see it, for which it takes root. */
static void what_belongs_to_others_is_told(void **state)
{
	struct world *w = *state;
	struct err e = {0};
	int status = 0;
	pid_t child;

	if (geteuid() != 0)
		skip();
	mkdirat(w->fd, "d", 0700);
	mkdirat(w->fd, "d/e", 0700);
	assert_int_equal(fchmodat(w->fd, "d", 01777, 0), 0);
	assert_int_equal(fchmod(w->fd, 0777), 0);
	child = fork();
	if (child == 0) {
		bool ok = setuid(OWNER) == 0 && !place_remove(w->fd, "d", &e) &&
			  strcmp(e.text,
				 "what is in it cannot be removed: Operation not permitted") == 0;

		_exit(ok ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(modes_are_the_trees_but_for_set_id),
		TEST(devices_and_fifos_are_left_out),
		TEST(names_of_one_inode_stay_that),
		TEST(the_order_in_which_names_are_made_is_none_of_what_is_there),
		TEST(a_folder_of_the_tree_can_be_the_top),
		TEST(files_can_be_given_to_another_user),
		TEST(links_in_the_way_are_not_followed),
		TEST(a_file_there_already_is_not_written_to),
		TEST(a_limit_holds_before_anything_is_written),
		TEST(a_file_that_ends_early_is_refused),
		TEST(folders_go_200_deep),
		TEST(its_progress_can_be_watched),
		TEST(what_is_removed_may_be_deep),
		TEST(what_is_removed_may_be_shut),
		TEST(no_link_is_followed_when_removing),
		TEST(what_is_not_there_is_gone),
		TEST(what_cannot_be_removed_is_told),
		TEST(what_belongs_to_others_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
