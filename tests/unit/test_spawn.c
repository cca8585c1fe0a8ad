#include "measure/base/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/support_check.h"

#define LIMIT 65536

static const char *const none[] = {NULL};

static bool run(const char *command, struct bytes input, struct buf *out, struct err *e)
{
	struct spawn s = {
		.command = command, .input = input, .extra = none, .reason = REASON_SIGN_WITH};

	return spawn_run(&s, out, e);
}

static void check_output(const char *command, const char *input, const char *output)
{
	owned(buf_free) struct buf out = BUF(LIMIT);
	struct err e = {0};

	if (!run(command, bytes_str(input), &out, &e))
		fail_msg("%s: %s", command, e.text);
	assert_string_equal(buf_cstr(&out), output);
}

static void what_goes_in_reaches_the_command_and_what_it_writes_comes_back(void **state)
{
	(void)state;
	check_output("cat", "some bytes", "some bytes");
	check_output("tr a-z A-Z | tr -d E", "some bytes", "SOM BYTS");
	check_output("cat; printf '%s' end", "", "end");
	check_output("exec 2>/dev/null; echo out; echo err >&2", "unread", "out\n");
}

/* More than a pipe holds, both ways, before the command reads and after it began to write. */
static void neither_side_waits_for_the_other(void **state)
{
	enum { SIZE = 1 << 20 };
	static const char *const command[] = {"cat", "sleep 0.1; cat",
					      "head -c 60000 /dev/zero; cat | tail -c +60001",
					      "x=$(cat; echo .); printf %s \"${x%.}\""};
	owned(own_free) char *in = malloc(SIZE);

	(void)state;
	assert_non_null(in);
	memset(in, 'x', SIZE);
	for (size_t i = 0; i < COUNT(command); i++) {
		owned(buf_free) struct buf out = BUF(SIZE + 60000);
		struct err e = {0};

		assert_true(run(command[i], bytes_of(in, SIZE), &out, &e));
		check_no_err(&e);
		assert_int_equal(out.n, SIZE);
		assert_memory_equal(out.p + 60000, in, SIZE - 60000);
	}
}

static void input_may_be_left_unread(void **state)
{
	enum { SIZE = 1 << 20 };
	owned(own_free) char *in = calloc(1, SIZE);
	static const char *const command[] = {"true", "exec <&-; sleep 0.1; printf done",
					      "head -c 10 >/dev/null"};
	sigset_t pending;

	(void)state;
	assert_non_null(in);
	for (size_t i = 0; i < COUNT(command); i++) {
		owned(buf_free) struct buf out = BUF(LIMIT);
		struct err e = {0};

		assert_true(run(command[i], bytes_of(in, SIZE), &out, &e));
		check_no_err(&e);
	}
	assert_int_equal(sigpending(&pending), 0);
	assert_int_equal(sigismember(&pending, SIGPIPE), 0);
}

static void the_environment_is_the_callers_and_the_extra_variables(void **state)
{
	static const char *const extra[] = {"SPAWN_TEST_A=one", "SPAWN_TEST_B=", NULL};
	struct spawn s = {
		.command = "echo \"$SPAWN_TEST_A,$SPAWN_TEST_B,$SPAWN_TEST_C\"; env | grep -c "
			   "'^SPAWN_TEST_A='",
		.extra = extra,
		.reason = REASON_SIGN_WITH};
	owned(buf_free) struct buf out = BUF(LIMIT);
	struct err e = {0};

	(void)state;
	setenv("SPAWN_TEST_A", "replaced", 1);
	setenv("SPAWN_TEST_B", "replaced", 1);
	setenv("SPAWN_TEST_C", "kept", 1);
	assert_true(spawn_run(&s, &out, &e));
	assert_string_equal(buf_cstr(&out), "one,,kept\n1\n");
}

static void the_command_starts_with_usual_signals_and_no_descriptors_of_ours(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	FILE *plain = popen("ls /proc/self/fd | wc -l", "r");
	char descriptors[16];
	sigset_t before;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	/* a shell ended by SIGPIPE says 141; one that ignores it fails otherwise */
	check_output("{ { yes; echo $? >&3; } | true; } 3>&1 2>/dev/null", "", "141\n");
	signal(SIGPIPE, SIG_DFL);
	assert_non_null(fgets(descriptors, sizeof(descriptors), plain));
	pclose(plain);
	check_output("ls /proc/self/fd | wc -l", "", descriptors);
	sigprocmask(SIG_SETMASK, NULL, &before);
	assert_int_equal(sigismember(&before, SIGPIPE), 0);
	close(fd);
}

/* Descriptors 0 and 1 are free then, and pipes would be opened there. */
static void it_works_when_our_own_input_and_output_are_closed(void **state)
{
	int in = dup(STDIN_FILENO), out_copy = dup(STDOUT_FILENO);
	owned(buf_free) struct buf out = BUF(LIMIT);
	struct err e = {0};
	bool ok;

	(void)state;
	fflush(stdout);
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	ok = run("cat", bytes_str("abc"), &out, &e);
	if (in >= 0)
		dup2(in, STDIN_FILENO);
	dup2(out_copy, STDOUT_FILENO);
	close(in);
	close(out_copy);
	assert_true(ok);
	assert_string_equal(buf_cstr(&out), "abc");
}

/* As an agent does that the command starts; what was written before is all there. */
static void who_keeps_the_output_open_is_not_waited_for(void **state)
{
	(void)state;
	alarm(10);
	check_output("sleep 20 & echo started", "", "started\n");
	check_output("sleep 20 & cat", "some bytes", "some bytes");
	alarm(0);
}

/* A reader that is gone ends them; the shell alone could be killed by us. */
static void too_much_output_ends_whoever_writes_it(void **state)
{
	owned(buf_free) struct buf out = BUF(LIMIT);
	struct err e = {0};

	(void)state;
	alarm(10);
	assert_false(run("yes; echo never", bytes_of(NULL, 0), &out, &e));
	check_err(&e, REASON_SIGN_WITH, "the command wrote more than 65536 bytes");
	alarm(0);
}

struct refusal {
	const char *command, *text;
};

static const struct refusal refusals[] = {
	{"exit 3", "the command ended with exit status 3"},
	{"cat; exit 1", "the command ended with exit status 1"},
	{"exec 2>/dev/null; /nonexistent/program", "the command ended with exit status 127"},
	{"kill -9 $$", "the command was ended by signal 9 (Killed)"},
	{"kill -TERM $$", "the command was ended by signal 15 (Terminated)"},
	{"head -c 65537 /dev/zero", "the command wrote more than 65536 bytes"},
	{"exec 2>/dev/null; while :; do echo and so on; done",
	 "the command wrote more than 65536 bytes"},
	{"trap '' PIPE TERM; exec 2>/dev/null; head -c 70000 /dev/zero; sleep 1",
	 "the command wrote more than 65536 bytes"},
};

static void every_refusal_says_how_the_command_ended(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		owned(buf_free) struct buf out = BUF(LIMIT);
		struct err e = {0};

		assert_false(run(refusals[i].command, bytes_str("input"), &out, &e));
		check_err(&e, REASON_SIGN_WITH, refusals[i].text);
	}
}

static void exactly_as_much_as_allowed_is_taken(void **state)
{
	owned(buf_free) struct buf out = BUF(LIMIT);
	struct err e = {0};

	(void)state;
	assert_true(run("head -c 65536 /dev/zero", bytes_of(NULL, 0), &out, &e));
	assert_int_equal(out.n, LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_in_reaches_the_command_and_what_it_writes_comes_back),
		cmocka_unit_test(neither_side_waits_for_the_other),
		cmocka_unit_test(input_may_be_left_unread),
		cmocka_unit_test(the_environment_is_the_callers_and_the_extra_variables),
		cmocka_unit_test(the_command_starts_with_usual_signals_and_no_descriptors_of_ours),
		cmocka_unit_test(it_works_when_our_own_input_and_output_are_closed),
		cmocka_unit_test(who_keeps_the_output_open_is_not_waited_for),
		cmocka_unit_test(too_much_output_ends_whoever_writes_it),
		cmocka_unit_test(every_refusal_says_how_the_command_ended),
		cmocka_unit_test(exactly_as_much_as_allowed_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
