#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure/base/file.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"

static void check_content(const char *path, const char *text)
{
	size_t n;
	char *got = folder_read(path, &n);

	assert_non_null(got);
	assert_int_equal(n, strlen(text));
	assert_memory_equal(got, text, n);
	free(got);
}

static void a_committed_file_stands_alone_in_its_folder(void **state)
{
	const char *path = folder_path(*state, "f");
	struct out o = OUT_NONE;
	struct err e = {0};

	assert_true(out_open(&o, path, &e));
	assert_true(out_write(&o, bytes_str("hello "), &e));
	assert_true(out_write(&o, bytes_str("world"), &e));
	assert_true(out_pwrite(&o, 1, bytes_str("a"), &e));
	assert_int_equal(access(path, F_OK), -1);
	assert_true(out_commit(&o, &e));
	check_content(path, "hallo world");
	out_free(&o);
	check_content(path, "hallo world");
	assert_int_equal(folder_count(*state), 1);
}

static void a_large_file_is_on_its_way_before_it_is_committed(void **state)
{
	const char *path = folder_path(*state, "f");
	const size_t n = (20u << 20) + 5;
	uint8_t *bytes = malloc(n);
	struct out o = OUT_NONE;
	struct err e = {0};
	char *got;
	size_t size;

	assert_non_null(bytes);
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(i % 251);
	assert_true(out_open(&o, path, &e));
	assert_true(out_write(&o, bytes_of(bytes, 9u << 20), &e));
	assert_int_equal(o.sent, 8u << 20);
	assert_true(out_write(&o, bytes_of(bytes + (9u << 20), n - (9u << 20)), &e));
	assert_int_equal(o.sent, 16u << 20);
	assert_true(out_commit(&o, &e));
	out_free(&o);
	got = folder_read(path, &size);
	assert_non_null(got);
	assert_int_equal(size, n);
	assert_memory_equal(got, bytes, n);
	free(got);
	free(bytes);
}

static bool left(const char *path, const char *text, struct err *e)
{
	owned(out_free) struct out o = OUT_NONE;

	return out_open(&o, path, e) && out_write(&o, bytes_str(text), e) && out_leave(&o, e);
}

static void what_can_be_made_again_is_left_under_its_name(void **state)
{
	const char *path = folder_path(*state, "f");
	struct err e = {0};

	assert_true(left(path, "old", &e));
	assert_true(left(path, "new", &e));
	check_content(path, "new");
	assert_int_equal(folder_count(*state), 1);
	assert_false(left("nowhere/f", "x", &e));
	assert_string_equal(e.text, "cannot be created: No such file or directory");
}

static void without_a_commit_nothing_remains_and_the_old_file_stays(void **state)
{
	const char *path = folder_file(*state, "f", "old", 3);

	for (int old = 1; old >= 0; old--) {
		struct out o = OUT_NONE;
		struct err e = {0};

		assert_true(out_open(&o, path, &e));
		assert_true(out_write(&o, bytes_str("new"), &e));
		out_free(&o);
		assert_int_equal(folder_count(*state), old);
		if (old)
			check_content(path, "old");
		unlink(path);
	}
}

static void an_old_file_is_replaced_and_its_readers_keep_it(void **state)
{
	const char *path = folder_file(*state, "f", "old", 3);
	int fd = open(path, O_RDONLY);
	struct err e = {0};
	char got[8];

	assert_true(file_write(path, bytes_str("newer"), &e));
	check_content(path, "newer");
	assert_int_equal(read(fd, got, sizeof(got)), 3);
	assert_memory_equal(got, "old", 3);
	close(fd);
	assert_int_equal(folder_count(*state), 1);
}

static void a_new_file_has_the_mode_that_the_umask_leaves(void **state)
{
	const char *path = folder_path(*state, "f");
	mode_t old = umask(027);
	struct err e = {0};
	struct stat st;

	assert_true(file_write(path, bytes_str("x"), &e));
	umask(old);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
}

static void check_refused(const char *path, enum reason r, const char *text)
{
	struct out o = OUT_NONE;
	struct err e = {0};

	assert_false(out_open(&o, path, &e));
	check_err(&e, r, text);
	assert_string_equal(e.subject, path);
	assert_int_equal(o.fd, -1);
}

static void destinations_that_are_no_regular_files_are_refused(void **state)
{
	static const char device[] = "is a device, so nothing is written there";
	const char *pipe_path = folder_path(*state, "p");

	alarm(10);
	assert_int_equal(mkfifo(pipe_path, 0600), 0);
	check_refused(pipe_path, REASON_NOT_A_FILE, "is a pipe, so nothing is written there");
	check_refused(((struct folder *)*state)->path, REASON_NOT_A_FILE,
		      "is a directory, so nothing is written there");
	check_refused("/dev/null", REASON_NOT_A_FILE, device);
	check_refused("/dev/full", REASON_NOT_A_FILE, device);
	check_refused("/", REASON_USAGE, "names a folder where a file is to be written");
	check_refused(folder_path(*state, "f/"), REASON_USAGE,
		      "names a folder where a file is to be written");
	alarm(0);
}

static void check_nameless(const char *path, const char *text)
{
	struct out o = OUT_NONE;
	struct err e = {0};

	assert_false(out_open(&o, path, &e));
	check_err(&e, REASON_USAGE, text);
	assert_string_equal(e.subject, "");
}

static void nothing_and_a_dash_are_no_names_of_files(void **state)
{
	(void)state;
	check_nameless("", "the name of the file to be written is empty");
	check_nameless("-", "what is written needs a name of its own, not '-'");
}

static void a_link_stays_and_the_file_behind_it_is_replaced(void **state)
{
	char *real = strdup(folder_file(*state, "real", "old", 3));
	char *link = strdup(folder_path(*state, "link")), *chain = NULL;
	struct err e = {0};
	struct stat st;

	assert_true(asprintf(&chain, "%s/chain", ((struct folder *)*state)->path) > 0);
	assert_int_equal(symlink("real", link), 0);
	assert_int_equal(symlink(link, chain), 0);
	assert_true(file_write(chain, bytes_str("new"), &e));
	check_content(real, "new");
	assert_true(lstat(link, &st) == 0 && S_ISLNK(st.st_mode));
	assert_true(lstat(chain, &st) == 0 && S_ISLNK(st.st_mode));
	assert_int_equal(folder_count(*state), 3);
	free(chain);
	free(link);
	free(real);
}

static void links_to_nothing_or_to_no_regular_file_are_refused(void **state)
{
	const char *link = folder_path(*state, "link");
	char name[32];
	int fd;

	assert_int_equal(symlink("none", link), 0);
	check_refused(link, REASON_NOT_A_FILE,
		      "is a symbolic link to nothing, so nothing is written there");
	unlink(link);
	assert_int_equal(symlink("/dev/null", link), 0);
	check_refused(link, REASON_NOT_A_FILE, "is a device, so nothing is written there");
	unlink(link);
	assert_int_equal(symlink("link", link), 0);
	check_refused(link, REASON_IO, "cannot be followed: Too many levels of symbolic links");
	unlink(link);
	fd = open(((struct folder *)*state)->path, O_TMPFILE | O_RDWR, 0600);
	assert_true(fd >= 0);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	check_refused(name, REASON_NO_SUCH_FILE, "cannot be followed: No such file or directory");
	close(fd);
}

/* The owner as well where the caller may give it. */
static void the_new_file_has_the_mode_and_owner_of_the_old_one(void **state)
{
	static const mode_t modes[] = {0600, 0640, 0755, 0666};
	bool root = geteuid() == 0;

	for (size_t i = 0; i < COUNT(modes); i++) {
		const char *path = folder_file(*state, "f", "old", 3);
		struct err e = {0};
		struct stat st;

		assert_int_equal(chmod(path, modes[i]), 0);
		assert_int_equal(root ? chown(path, 1234, 4321) : 0, 0);
		assert_true(file_write(path, bytes_str("new"), &e));
		check_content(path, "new");
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, modes[i]);
		assert_int_equal(st.st_uid, root ? 1234 : geteuid());
		assert_true(!root || st.st_gid == 4321);
	}
}

/* Runs as somebody who is not root; ends with 0 when the writing went as it should. */
static int as_nobody(const char *path, enum reason r, const char *text)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		struct err e = {0};
		bool done;

		if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
			_exit(99);
		done = file_write(path, bytes_str("new"), &e);
		_exit(done == (r == REASON_NONE) && e.reason == r && strcmp(e.text, text) == 0 ? 0
											       : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void a_file_that_may_not_be_written_is_not_replaced(void **state)
{
	const char *path = folder_file(*state, "f", "old", 3);

	assert_int_equal(chmod(((struct folder *)*state)->path, 0777), 0);
	assert_int_equal(chmod(path, 0444), 0);
	assert_int_equal(as_nobody(path, REASON_PERMISSION,
				   "exists and may not be written: Permission denied"),
			 0);
	check_content(path, "old");
}

/* It could not be said after the rename that the folder cannot be made durable. */
static void a_folder_that_may_be_written_and_not_read_is_enough(void **state)
{
	const char *path = folder_path(*state, "f");

	assert_int_equal(chmod(((struct folder *)*state)->path, 0333), 0);
	assert_int_equal(as_nobody(path, REASON_NONE, ""), 0);
	assert_int_equal(chmod(((struct folder *)*state)->path, 0755), 0);
	check_content(path, "new");
	assert_int_equal(folder_count(*state), 1);
}

static void an_output_that_is_an_input_is_refused(void **state)
{
	char *in = strdup(folder_file(*state, "in", "x", 1));
	const char *out = folder_path(*state, "out");
	char text[512];
	struct err e = {0};

	assert_true(out_distinct(out, in, &e));
	assert_true(out_distinct(in, "/no/such/file", &e));
	check_no_err(&e);
	assert_int_equal(link(in, out), 0);
	assert_false(out_distinct(out, in, &e));
	snprintf(text, sizeof(text), "would be replaced, and it is the input '%s'", in);
	check_err(&e, REASON_USAGE, text);
	assert_string_equal(e.subject, out);
	free(in);
}

static void a_missing_folder_is_no_such_file(void **state)
{
	check_refused(folder_path(*state, "none/f"), REASON_NO_SUCH_FILE,
		      "cannot be created: No such file or directory");
	assert_int_equal(folder_count(*state), 0);
}

static void names_of_any_legal_length_can_be_written(void **state)
{
	char name[257];

	memset(name, 'n', sizeof(name));
	for (size_t n = 1; n <= 256; n += n == 1 ? 99 : n < 250 ? 50 : 1) {
		struct err e = {0};
		bool fits = n <= 255;

		name[n] = '\0';
		assert_int_equal(file_write(folder_path(*state, name), bytes_str("x"), &e), fits);
		assert_int_equal(e.reason, fits ? REASON_NONE : REASON_IO);
		name[n] = 'n';
	}
}

/* What happens to the place between opening and committing, and what is said of it. */
static void check_not_committed(struct folder *f, const char *folder, bool taken, const char *text)
{
	char *path = strdup(folder_path(f, folder)), *name = NULL;
	struct out o = OUT_NONE;
	struct err e = {0};

	assert_true(asprintf(&name, "%s/f", path) > 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_true(out_open(&o, name, &e));
	assert_true(out_write(&o, bytes_str("x"), &e));
	assert_int_equal(taken ? mkdir(name, 0700) : rmdir(path), 0);
	assert_false(out_commit(&o, &e));
	assert_string_equal(e.text, text);
	assert_string_equal(e.subject, name);
	out_free(&o);
	if (taken)
		assert_int_equal(rmdir(name), 0);
	/* no temporary name is left, or this would not be empty */
	assert_int_equal(taken ? rmdir(path) : 0, 0);
	free(name);
	free(path);
}

static void a_place_that_is_lost_meanwhile_is_told_and_nothing_is_left(void **state)
{
	check_not_committed(*state, "a", true, "cannot be renamed into place: Is a directory");
	check_not_committed(*state, "b", false,
			    "cannot be given its name: No such file or directory");
}

/* A relative name without a slash, where the folder is ".". */
static void a_bare_name_is_written_where_the_process_stands(void **state)
{
	struct folder *f = *state;
	int back = open(".", O_RDONLY);
	struct err e = {0};

	assert_int_equal(chdir(f->path), 0);
	assert_true(file_write("bare", bytes_str("x"), &e));
	assert_int_equal(fchdir(back), 0);
	close(back);
	check_content(folder_path(f, "bare"), "x");
	assert_int_equal(folder_count(f), 1);
}

static void limit_file_size(rlim_t n)
{
	struct rlimit r = {n, RLIM_INFINITY};

	signal(SIGXFSZ, n == RLIM_INFINITY ? SIG_DFL : SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

static void a_file_that_may_not_grow_is_no_space_and_leaves_the_old_one(void **state)
{
	const char *path = folder_file(*state, "f", "old", 3);
	struct err e = {0}, e2 = {0};
	struct out o = OUT_NONE;

	limit_file_size(4);
	assert_false(file_write(path, bytes_str("0123456789"), &e));
	assert_true(out_open(&o, path, &e2));
	assert_false(out_pwrite(&o, 3, bytes_str("01"), &e2));
	limit_file_size(RLIM_INFINITY);
	out_free(&o);
	check_err(&e, REASON_NO_SPACE, "cannot be written: File too large");
	assert_string_equal(e.subject, path);
	check_err(&e2, REASON_NO_SPACE, "cannot be written: File too large");
	check_content(path, "old");
	assert_int_equal(folder_count(*state), 1);
}

/* Writes the file over and over until it is killed. */
static void write_for_ever(const char *path, const char *text, size_t n)
{
	for (;;) {
		struct err e = {0};

		if (!file_write(path, bytes_of(text, n), &e))
			_exit(1);
	}
}

static void check_one_of(const char *path, size_t size)
{
	size_t n;
	char *got = folder_read(path, &n);

	assert_non_null(got);
	assert_true(n == 3 || n == size);
	assert_true(got[0] == (n == 3 ? 'o' : 'n') && got[n - 1] == (n == 3 ? 'd' : 'n'));
	free(got);
}

static void a_killed_writer_leaves_the_old_file_or_the_new_one(void **state)
{
	enum { SIZE = 300000 };
	char *big = malloc(SIZE);

	memset(big, 'n', SIZE);
	for (useconds_t delay = 0; delay < 12000; delay += 400) {
		const char *path = folder_file(*state, "f", "old", 3);
		pid_t child = fork();

		if (child == 0)
			write_for_ever(path, big, SIZE);
		usleep(delay);
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, NULL, 0), child);
		check_one_of(path, SIZE);
		/* between linkat and rename it has two names for an instant */
		assert_true(folder_count(*state) <= 2);
		folder_free(*state);
		folder_new(*state);
	}
	free(big);
}

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct folder));
	folder_new(*state);
	return 0;
}

static int teardown(void **state)
{
	folder_free(*state);
	free(*state);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_committed_file_stands_alone_in_its_folder),
		TEST(a_large_file_is_on_its_way_before_it_is_committed),
		TEST(what_can_be_made_again_is_left_under_its_name),
		TEST(without_a_commit_nothing_remains_and_the_old_file_stays),
		TEST(an_old_file_is_replaced_and_its_readers_keep_it),
		TEST(a_new_file_has_the_mode_that_the_umask_leaves),
		TEST(destinations_that_are_no_regular_files_are_refused),
		TEST(nothing_and_a_dash_are_no_names_of_files),
		TEST(a_link_stays_and_the_file_behind_it_is_replaced),
		TEST(links_to_nothing_or_to_no_regular_file_are_refused),
		TEST(the_new_file_has_the_mode_and_owner_of_the_old_one),
		TEST(a_file_that_may_not_be_written_is_not_replaced),
		TEST(a_folder_that_may_be_written_and_not_read_is_enough),
		TEST(an_output_that_is_an_input_is_refused),
		TEST(a_missing_folder_is_no_such_file),
		TEST(names_of_any_legal_length_can_be_written),
		TEST(a_place_that_is_lost_meanwhile_is_told_and_nothing_is_left),
		TEST(a_bare_name_is_written_where_the_process_stands),
		TEST(a_file_that_may_not_grow_is_no_space_and_leaves_the_old_one),
		TEST(a_killed_writer_leaves_the_old_file_or_the_new_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
