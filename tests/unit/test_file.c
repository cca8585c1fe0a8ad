#include "measure/base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"

#define GIB (UINT64_C(1) << 30)

static void check_refused(const char *path, enum reason r, const char *text)
{
	struct file f = FILE_NONE;
	struct err e = {0};

	assert_false(file_open(&f, path, &e));
	check_err(&e, r, text);
	assert_string_equal(e.subject, path);
	assert_int_equal(f.fd, -1);
}

static void a_file_is_read_in_pieces_of_any_size(void **state)
{
	char in[100], got[128];
	const char *path;

	memset(in, 'a', sizeof(in));
	in[99] = 'z';
	path = folder_file(*state, "f", in, sizeof(in));
	for (size_t piece = 1; piece <= 101; piece++) {
		struct file f = FILE_NONE;
		struct err e = {0};
		size_t n = 0, total = 0;

		assert_true(file_open(&f, path, &e));
		assert_int_equal(f.size, 100);
		assert_false(f.stream);
		do {
			assert_true(file_read(&f, (struct span){(uint8_t *)got, piece}, &n, &e));
			assert_memory_equal(got, in + total, n);
			total += n;
			assert_int_equal(f.pos, total);
		} while (n == piece);
		assert_int_equal(total, 100);
		assert_true(file_read(&f, (struct span){(uint8_t *)got, 1}, &n, &e));
		assert_int_equal(n, 0);
		file_close(&f);
		assert_int_equal(f.fd, -1);
	}
}

static void an_empty_file_ends_at_once(void **state)
{
	const char *path = folder_file(*state, "f", "", 0);
	struct file f = FILE_NONE;
	struct err e = {0};
	uint8_t byte;
	size_t n = 1;

	assert_true(file_open(&f, path, &e));
	assert_true(file_read(&f, (struct span){&byte, 1}, &n, &e));
	assert_int_equal(n, 0);
	file_close(&f);
}

static void what_is_no_regular_file_is_refused_without_blocking(void **state)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "s"};
	const char *path = folder_path(*state, "p");
	int s = socket(AF_UNIX, SOCK_STREAM, 0), back = open(".", O_RDONLY);

	alarm(10);
	assert_int_equal(mkfifo(path, 0600), 0);
	check_refused(path, REASON_NOT_A_FILE, "is a pipe, not a regular file");
	path = ((struct folder *)*state)->path;
	check_refused(path, REASON_NOT_A_FILE, "is a directory, not a regular file");
	check_refused("/dev/null", REASON_NOT_A_FILE, "is a device, not a regular file");
	assert_int_equal(chdir(path), 0);
	assert_int_equal(bind(s, (struct sockaddr *)&a, sizeof(a)), 0);
	check_refused("s", REASON_NOT_A_FILE, "is a socket or a device, not a regular file");
	assert_int_equal(fchdir(back), 0);
	close(s);
	close(back);
	alarm(0);
}

static void a_pipe_hints_at_standard_input(void **state)
{
	const char *path = folder_path(*state, "p");
	struct file f = FILE_NONE;
	struct err e = {0};

	assert_int_equal(mkfifo(path, 0600), 0);
	assert_false(file_open(&f, path, &e));
	assert_string_equal(e.hint, "a stream is read from standard input, as -");
}

static void a_missing_file_and_a_missing_folder_are_no_such_file(void **state)
{
	static const char text[] = "cannot be opened: No such file or directory";

	check_refused(folder_path(*state, "none"), REASON_NO_SUCH_FILE, text);
	check_refused(folder_path(*state, "none/f"), REASON_NO_SUCH_FILE, text);
	check_refused("", REASON_USAGE, "the name of a file to be read is empty");
	folder_file(*state, "f", "x", 1);
	check_refused(folder_path(*state, "f/g"), REASON_NO_SUCH_FILE,
		      "cannot be opened: Not a directory");
}

/* Root reads everything: such a test goes on in a child without privileges. */
static bool as_ordinary_user(bool (*holds)(const char *path), const char *path)
{
	pid_t child = fork();
	int status = 0;

	assert_true(child >= 0);
	if (child == 0) {
		if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
			_exit(2);
		_exit(holds(path) ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool opening_is_permission(const char *path)
{
	struct file f = FILE_NONE;
	struct err e = {0};

	return !file_open(&f, path, &e) && e.reason == REASON_PERMISSION &&
	       strcmp(e.text, "cannot be opened: Permission denied") == 0;
}

static bool writing_is_permission(const char *path)
{
	struct err e = {0};

	return !file_write(path, bytes_str("x"), &e) && e.reason == REASON_PERMISSION &&
	       strcmp(e.text, "cannot be created: Permission denied") == 0 &&
	       strcmp(e.subject, path) == 0;
}

static void an_unreadable_file_and_an_unwritable_folder_are_permission(void **state)
{
	const char *path = folder_file(*state, "f", "x", 1);
	struct folder *f = *state;

	assert_int_equal(chmod(path, 0), 0);
	assert_int_equal(chmod(f->path, 0555), 0);
	assert_true(as_ordinary_user(opening_is_permission, path));
	assert_true(as_ordinary_user(writing_is_permission, folder_path(f, "new")));
	assert_int_equal(chmod(f->path, 0700), 0);
}

static void a_file_that_shrinks_is_file_changed(void **state)
{
	const char *path = folder_file(*state, "f", "0123456789", 10);
	struct file f = FILE_NONE;
	struct err e = {0};
	uint8_t got[16];
	size_t n;

	assert_true(file_open(&f, path, &e));
	assert_true(file_read(&f, (struct span){got, 4}, &n, &e));
	assert_int_equal(truncate(path, 6), 0);
	assert_false(file_read(&f, (struct span){got, 4}, &n, &e));
	check_err(&e, REASON_FILE_CHANGED,
		  "the file ended while it was being read; it had 10 bytes when it was opened");
	assert_true(e.at && e.offset == 6);
	assert_string_equal(e.subject, path);
	file_close(&f);
}

static void offsets_beyond_4_gib_are_read_and_hostile_ones_refused(void **state)
{
	static const uint64_t hostile[] = {UINT64_C(1) << 63, INT64_MAX, UINT64_MAX};
	const char *path = folder_file(*state, "f", "", 0);
	struct file f = FILE_NONE;
	uint8_t got[8];
	size_t n = 0;

	assert_int_equal(truncate(path, (off_t)(5 * GIB)), 0);
	for (size_t i = 0; i < COUNT(hostile); i++) {
		struct err e = {0};

		assert_true(file_open(&f, path, &e));
		assert_true(file_pread(&f, 5 * GIB - 3, (struct span){got, 8}, &n, &e));
		assert_int_equal(n, 3);
		assert_true(file_pread(&f, 6 * GIB, (struct span){got, 8}, &n, &e));
		assert_int_equal(n, 0);
		assert_true(f.pos == 0 && f.size == 5 * GIB);
		assert_false(file_pread(&f, hostile[i], (struct span){got, 8}, &n, &e));
		check_err(&e, REASON_TRUNCATED, "an offset beyond what a file can have");
		file_close(&f);
	}
}

/* Standard input is a pipe that gets the text in single bytes. */
static void feed_stdin(const char *text)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	for (; *text; text++)
		assert_int_equal(write(ends[1], text, 1), 1);
	close(ends[1]);
	assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	close(ends[0]);
}

static void a_stream_is_read_to_its_end_and_has_no_offsets(void **state)
{
	struct file f = FILE_NONE;
	struct err e = {0};
	uint8_t got[16];
	size_t n = 0;

	(void)state;
	feed_stdin("0123456789");
	assert_true(file_open(&f, "-", &e));
	assert_true(f.stream);
	assert_true(file_read(&f, (struct span){got, 4}, &n, &e));
	assert_int_equal(n, 4);
	assert_true(file_read(&f, (struct span){got, 16}, &n, &e));
	assert_int_equal(n, 6);
	assert_memory_equal(got, "456789", 6);
	assert_true(file_read(&f, (struct span){got, 16}, &n, &e));
	assert_int_equal(n, 0);
	assert_false(file_pread(&f, 0, (struct span){got, 4}, &n, &e));
	check_err(&e, REASON_NOT_A_FILE, "is a stream, which cannot be read at an offset");
	file_close(&f);
}

static void slurping_takes_all_or_names_the_limit(void **state)
{
	const char *path = folder_file(*state, "f", "0123456789", 10);

	for (size_t max = 0; max <= 12; max++) {
		struct buf b = BUF(64);
		struct err e = {0};
		char text[80];

		assert_int_equal(file_slurp(path, max, &b, &e), max >= 10);
		snprintf(text, sizeof(text), "is larger than the limit of %zu bytes", max);
		check_err(&e, max < 10 ? REASON_LIMIT : REASON_NONE, max < 10 ? text : "");
		assert_string_equal(e.subject, max < 10 ? path : "");
		if (max >= 10)
			assert_string_equal(buf_cstr(&b), "0123456789");
		buf_free(&b);
	}
}

static void slurping_works_at_the_sizes_of_its_own_pieces(void **state)
{
	static const char zeros[8200];

	for (size_t n = 4094; n <= 8200; n += n == 4098 ? 4090 : 1) {
		const char *path = folder_file(*state, "f", zeros, n);
		struct buf b = BUF(8200);
		struct err e = {0};

		assert_true(file_slurp(path, n, &b, &e));
		assert_int_equal(b.n, n);
		buf_reset(&b);
		assert_false(file_slurp(path, n - 1, &b, &e));
		assert_int_equal(e.reason, REASON_LIMIT);
		buf_free(&b);
	}
}

static void slurping_reads_standard_input(void **state)
{
	struct buf b = BUF(64);
	struct err e = {0};

	(void)state;
	feed_stdin("abc");
	assert_true(file_slurp("-", 3, &b, &e));
	assert_string_equal(buf_cstr(&b), "abc");
	buf_free(&b);
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
		TEST(a_file_is_read_in_pieces_of_any_size),
		TEST(an_empty_file_ends_at_once),
		TEST(what_is_no_regular_file_is_refused_without_blocking),
		TEST(a_pipe_hints_at_standard_input),
		TEST(a_missing_file_and_a_missing_folder_are_no_such_file),
		TEST(an_unreadable_file_and_an_unwritable_folder_are_permission),
		TEST(a_file_that_shrinks_is_file_changed),
		TEST(offsets_beyond_4_gib_are_read_and_hostile_ones_refused),
		TEST(a_stream_is_read_to_its_end_and_has_no_offsets),
		TEST(slurping_takes_all_or_names_the_limit),
		TEST(slurping_works_at_the_sizes_of_its_own_pieces),
		TEST(slurping_reads_standard_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
