/* Folders that appear as a whole, on file systems that know nameless files and on others. */
#include "measure/base/outdir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"

static bool only_named; /* every file system is one that knows no nameless files */

/* In place of the library's, since few systems have such a file system at hand. */
int openat(int folder, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	va_start(args, flags);
	if (flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)))
		mode = va_arg(args, mode_t);
	va_end(args);
	if (only_named && (flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return (int)syscall(SYS_openat, folder, path, flags, mode);
}

static bool copy(struct outdir *o, const char *name, const char *from, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;
	const char *path;

	return file_open(&f, from, e) && outdir_copy(o, name, &f, &path, e) &&
	       access(path, R_OK) == 0;
}

static void check_file(const char *folder, const char *name, const char *text)
{
	char path[512];
	size_t n;
	char *got;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	got = folder_read(path, &n);
	assert_non_null(got);
	assert_int_equal(n, strlen(text));
	assert_memory_equal(got, text, n);
	free(got);
}

static void fill(struct folder *f, struct outdir *o)
{
	const char *from = folder_file(f, "from", "copied", 6);
	struct err e = {0};

	assert_true(outdir_open(o, folder_path(f, "new/"), &e));
	assert_int_equal(o->named, only_named);
	assert_true(outdir_write(o, "a", bytes_str("written"), &e));
	assert_true(copy(o, "b", from, &e));
	assert_int_equal(folder_count(f), only_named ? 2 : 1);
}

static void a_committed_folder_stands_there_with_all_its_files(void **state)
{
	struct folder *f = *state;

	for (int named = 0; named < 2; named++) {
		struct outdir o = OUTDIR_NONE;
		struct err e = {0};
		struct stat st;

		only_named = named;
		fill(f, &o);
		assert_true(outdir_commit(&o, &e));
		outdir_free(&o);
		assert_int_equal(folder_count(f), 2);
		check_file(folder_path(f, "new"), "a", "written");
		check_file(folder_path(f, "new"), "b", "copied");
		assert_int_equal(stat(folder_path(f, "new/a"), &st), 0);
		assert_int_equal(st.st_nlink, 1);
		unlink(folder_path(f, "new/a"));
		unlink(folder_path(f, "new/b"));
		assert_int_equal(rmdir(folder_path(f, "new")), 0);
	}
}

static void without_a_commit_nothing_remains(void **state)
{
	struct folder *f = *state;

	for (int named = 0; named < 2; named++) {
		struct outdir o = OUTDIR_NONE;

		only_named = named;
		fill(f, &o);
		outdir_free(&o);
		assert_int_equal(folder_count(f), 1);
	}
}

/* A folder that came meanwhile, with something in it, stays as it is. */
static void what_came_meanwhile_is_not_replaced(void **state)
{
	struct folder *f = *state;

	for (int named = 0; named < 2; named++) {
		struct outdir o = OUTDIR_NONE;
		struct err e = {0};

		only_named = named;
		fill(f, &o);
		assert_int_equal(mkdir(folder_path(f, "new"), 0700), 0);
		folder_file(f, "new/x", "x", 1);
		assert_false(outdir_commit(&o, &e));
		assert_non_null(strstr(e.text, "cannot be put in its place: "));
		outdir_free(&o);
		assert_int_equal(folder_count(f), 2);
		unlink(folder_path(f, "new/x"));
		rmdir(folder_path(f, "new"));
	}
}

/* In a process of its own: what a signal does between two files. Its end, as wait() has it. */
static int ended_by(struct folder *f, int sig)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		struct outdir o = OUTDIR_NONE;
		struct err e = {0};

		fill(f, &o);
		raise(sig);
		if (copy(&o, "c", folder_path(f, "from"), &e))
			_exit(1);
		if (strcmp(e.text, "a signal ended the writing") != 0)
			_exit(2);
		outdir_free(&o);
		_exit(3); /* the signal was waiting */
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void a_signal_ends_the_process_and_leaves_nothing(void **state)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGTERM};
	struct folder *f = *state;

	folder_file(f, "from", "copied", 6);
	for (int named = 0; named < 2; named++)
		for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
			int status;

			only_named = named;
			status = ended_by(f, signals[i]);
			assert_true(WIFSIGNALED(status));
			assert_int_equal(WTERMSIG(status), signals[i]);
			assert_int_equal(folder_count(f), 1);
		}
	only_named = false;
	assert_int_equal(WTERMSIG(ended_by(f, SIGKILL)), SIGKILL);
	assert_int_equal(folder_count(f), 1);
}

static void more_files_than_there_is_room_for_are_refused(void **state)
{
	struct folder *f = *state;
	struct outdir o = OUTDIR_NONE;
	struct err e = {0};
	char name[OUTDIR_FILES + 1][4];

	only_named = false;
	assert_true(outdir_open(&o, folder_path(f, "new"), &e));
	for (unsigned i = 0; i <= OUTDIR_FILES; i++) {
		snprintf(name[i], sizeof(name[i]), "%u", i);
		assert_int_equal(outdir_write(&o, name[i], bytes_str("x"), &e), i < OUTDIR_FILES);
	}
	check_err(&e, REASON_LIMIT, "more than 16 files");
	outdir_free(&o);
	assert_int_equal(folder_count(f), 0);
}

static int setup(void **state)
{
	struct folder *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	folder_new(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	folder_free(*state);
	free(*state);
	return 0;
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_committed_folder_stands_there_with_all_its_files),
		TEST(without_a_commit_nothing_remains),
		TEST(what_came_meanwhile_is_not_replaced),
		TEST(a_signal_ends_the_process_and_leaves_nothing),
		TEST(more_files_than_there_is_room_for_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
