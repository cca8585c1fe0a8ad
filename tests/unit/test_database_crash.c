#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_database.h"
#include "tests/unit/support_git.h"

#define WRITERS 8u

/* Publishes until it is one more; false when that cannot be. */
static bool publish(const char *path, const char *by, uint64_t *height)
{
	struct err e = {0};
	bool moved = false;

	while (!moved) {
		struct database *d = database_open(path, &e);
		bool ok = d && database_grow(d, 1, by, &moved, &e);

		if (ok)
			*height = database_head(d).height;
		else
			fprintf(stderr, "%s: %s\n", e.subject, e.text);
		database_free(&d);
		if (!ok)
			return false;
	}
	return true;
}

/* Tells each height that it has reached, until it is killed. */
static _Noreturn void publish_on(const char *path, int to)
{
	uint64_t height;

	while (publish(path, NULL, &height))
		if (write(to, &height, sizeof(height)) != sizeof(height))
			break;
	_exit(1);
}

/* What was told last; the child is killed after so many microseconds. */
static uint64_t killed(const char *path, unsigned after)
{
	uint64_t told = 0, one;
	int ends[2], status;
	pid_t child;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	child = fork();
	if (child == 0)
		publish_on(path, ends[1]);
	assert_true(child > 0);
	close(ends[1]);
	nanosleep(&(struct timespec){.tv_nsec = (long)after * 1000}, NULL);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	while (read(ends[0], &one, sizeof(one)) == sizeof(one))
		told = one;
	close(ends[0]);
	return told;
}

static void whoever_is_killed_leaves_the_old_state_or_the_new_one(void **state)
{
	unsigned kills = check_soak() ? 200 : 40, random = 1, hits = 0;
	uint64_t height = 0;
	struct folder f;
	struct database *d;
	struct err e = {0};

	(void)state;
	folder_new(&f);
	d = database_made(folder_path(&f, "db"), true);
	database_free(&d);
	for (unsigned i = 0; i < kills; i++) {
		uint64_t told, now;

		random = random * 1103515245u + 12345u;
		told = killed(folder_path(&f, "db"), (random >> 8) % 60000);
		d = database_open(folder_path(&f, "db"), &e);
		check_no_err(&e);
		now = database_head(d).height;
		database_check(d, now);
		database_free(&d);
		assert_true(now >= height && now >= told && now <= (told ? told : height) + 1);
		hits += now > (told ? told : height);
		height = now;
	}
	print_message("%u kills, %u behind the last instant, %u entries\n", kills, hits,
		      (unsigned)height);
	if (git_here())
		git_run(&f, "git -C db fsck --strict --full >fsck 2>&1; ! grep -v ^dangling fsck");
	folder_free(&f);
}

static void of_publishers_at_once_each_gets_its_place(void **state)
{
	unsigned writers = check_soak() ? 100 : WRITERS, each = check_soak() ? 1 : 4;
	struct buf texts = BUF(SIGNED_MAX);
	struct folder f;
	struct database *d;
	struct err e = {0};

	(void)state;
	folder_new(&f);
	d = database_made(folder_path(&f, "db"), true);
	database_free(&d);
	for (unsigned i = 0; i < writers; i++) {
		pid_t child = fork();
		uint64_t height;
		char by[16];

		assert_true(child >= 0);
		if (child > 0)
			continue;
		snprintf(by, sizeof(by), "w%u.", i);
		for (unsigned n = 0; n < each; n++)
			if (!publish(folder_path(&f, "db"), by, &height))
				_exit(1);
		_exit(0);
	}
	for (unsigned i = 0; i < writers; i++) {
		int status;

		assert_true(wait(&status) > 0);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	d = database_open(folder_path(&f, "db"), &e);
	assert_non_null(d);
	assert_int_equal(database_head(d).height, writers * each);
	assert_true(database_all(d, &texts, &e));
	for (unsigned i = 0; i < writers; i++) {
		const char *at = buf_cstr(&texts);
		unsigned n = 0;
		char by[16];

		snprintf(by, sizeof(by), " w%u.\n", i);
		for (; (at = strstr(at, by)); at++)
			n++;
		assert_int_equal(n, each);
	}
	if (git_here())
		git_run(&f, "git -C db fsck --strict --full >fsck 2>&1; test ! -s fsck");
	database_free(&d);
	buf_free(&texts);
	folder_free(&f);
}

/* ---- no room */

static int child_status(void (*run)(struct folder *), struct folder *f)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		run(f);
		_exit(0);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void grow_without_room(struct folder *f)
{
	struct err e = {0};
	struct database *d = database_open(folder_path(f, "db"), &e);
	bool moved;

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){100, 100});
	if (!d || database_grow(d, 1, NULL, &moved, &e))
		_exit(1);
	_exit(e.reason == REASON_NO_SPACE &&
			      strcmp(e.text, "cannot be written: File too large") == 0
		      ? 7
		      : 2);
}

static void a_file_that_may_not_grow_leaves_the_old_state(void **state)
{
	struct folder f;
	struct database *d;
	struct err e = {0};
	bool moved;

	(void)state;
	folder_new(&f);
	d = database_made(folder_path(&f, "db"), true);
	assert_true(database_grow(d, 2, NULL, &moved, &e) && moved);
	assert_int_equal(child_status(grow_without_room, &f), 7);
	database_free(&d);
	d = database_open(folder_path(&f, "db"), &e);
	database_check(d, 2);
	assert_true(database_grow(d, 1, NULL, &moved, &e) && moved);
	database_free(&d);
	folder_free(&f);
}

static bool mount_small(const char *path)
{
	return (unshare(CLONE_NEWNS) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) &&
	       mount("small", path, "tmpfs", 0, "size=512k") == 0;
}

static void fill_the_disk(struct folder *f)
{
	struct err e = {0};
	struct database *d;
	uint64_t height = 0;
	bool moved = true;

	if (mkdir(folder_path(f, "small"), 0777) != 0 || !mount_small(folder_path(f, "small")))
		_exit(77);
	d = database_made(folder_path(f, "small/db"), true);
	while (moved && database_grow(d, 50, NULL, &moved, &e))
		height += 50;
	if (e.reason != REASON_NO_SPACE || height == 0)
		_exit(1);
	database_free(&d);
	e = (struct err){0};
	d = database_open(folder_path(f, "small/db"), &e);
	if (!d || database_head(d).height != height)
		_exit(2);
	database_check(d, height);
	database_free(&d);
	_exit(7);
}

static void a_full_disk_is_told_and_leaves_the_old_state(void **state)
{
	struct folder f;
	int status;

	(void)state;
	folder_new(&f);
	status = child_status(fill_the_disk, &f);
	folder_free(&f);
	if (status == 77)
		skip();
	assert_int_equal(status, 7);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(whoever_is_killed_leaves_the_old_state_or_the_new_one),
		cmocka_unit_test(of_publishers_at_once_each_gets_its_place),
		cmocka_unit_test(a_file_that_may_not_grow_leaves_the_old_state),
		cmocka_unit_test(a_full_disk_is_told_and_leaves_the_old_state),
	};

	/* What a process leaves is the same there, and nobody waits for a disk. */
	if (access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
