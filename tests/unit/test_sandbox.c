#include "measure/rebuild/sandbox.h"

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "measure/rebuild/place.h"
#include "measure/rebuild/vary.h"
#include "tests/unit/support_box.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_probe.h"

static int setup(void **state)
{
	struct box *b = calloc(1, sizeof(*b));

	if (!box_new(b))
		return -1;
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	box_free(*state);
	free(*state);
	return 0;
}

static void ran(struct box *b, const char *script)
{
	assert_true(box_run(b, script) || !b->err.text[0]);
	check_no_err(&b->err);
}

static void says(struct box *b, const char *script, const char *text)
{
	ran(b, script);
	assert_string_equal(box_text(b), text);
	assert_int_equal(b->result.how, SANDBOX_EXIT);
	assert_int_equal(b->result.status, 0);
}

static void it_sees_nobody_and_nothing_of_the_machine(void **state)
{
	struct box *b = *state;

	says(b, "id -u; id -g; id -G; hostname; umask; pwd; date +%Z%z; env",
	     "1000\n1000\n1000\nbuild\n0022\n/build/here\nUTC+0000\nPATH=/usr/bin:/bin\n"
	     "PWD=/build/here\nTZ=UTC\n");
	says(b, "tail -n +3 /proc/net/dev | cut -d: -f1", "    lo\n");
	says(b, "echo /proc/[0-9]*; ls -1 /proc/self/fd | wc -l", "/proc/1 /proc/2\n4\n");
	says(b, "stat -c '%a %U %n' /tmp /dev/shm; ls /tmp /dev/shm",
	     "1777 UNKNOWN /tmp\n1777 UNKNOWN /dev/shm\n/dev/shm:\n\n/tmp:\n");
	says(b, "cd /dev; echo *",
	     "core fd full null ptmx pts random shm stderr stdin stdout tty urandom zero\n");
	says(b, "cd /; echo *", "bin build dev etc lib lib64 probe proc sbin sys tmp usr\n");
	says(b, "grep -E '^(CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp):' /proc/self/status",
	     "CapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nCapAmb:\t0000000000000000\n"
	     "NoNewPrivs:\t1\nSeccomp:\t2\n");
}

static void it_can_be_told_otherwise(void **state)
{
	static const char *const environment[] = {"A=b=c", "EMPTY=", NULL};
	struct box *b = *state;

	b->sandbox.host = "other";
	b->sandbox.umask = 077;
	b->sandbox.id = 1234;
	b->sandbox.environment = environment;
	b->sandbox.folder = "/";
	b->sandbox.personality = ADDR_NO_RANDOMIZE | UNAME26;
	says(b,
	     "/usr/bin/id -u; /bin/hostname; umask; /usr/bin/env; /usr/bin/uname -r | "
	     "/usr/bin/cut -c1-4; /usr/bin/cat /proc/self/personality",
	     "1234\nother\n0077\nA=b=c\nEMPTY=\nPWD=/\n2.6.\n00060000\n");
}

static void processors_are_as_many_as_asked_for(void **state)
{
	struct box *b = *state;

	b->sandbox.processors = 1;
	says(b,
	     "nproc; grep -c ^processor /proc/cpuinfo; cat /sys/devices/system/cpu/online; "
	     "getconf _NPROCESSORS_ONLN; getconf _NPROCESSORS_CONF",
	     "1\n1\n0\n1\n1\n");
	assert_int_equal(b->result.processors, 1);
	b->sandbox.processors = 1000000;
	ran(b, "nproc");
	assert_int_equal(b->result.processors, sysconf(_SC_NPROCESSORS_ONLN));
}

static void input_and_output_pass(void **state)
{
	struct box *b = *state;
	static uint8_t much[300000];
	char text[8] = "";
	int log = open(folder_path(&b->folder, "log"), O_RDWR | O_CREAT, 0600);

	says(b, "cat", "");
	b->sandbox.input = bytes_str("in\n");
	b->sandbox.log = log;
	says(b, "cat; echo err >&2", "in\nerr\n");
	assert_int_equal(pread(log, text, sizeof(text), 0), 7);
	assert_memory_equal(text, "in\nerr\n", 7);
	b->sandbox.log = -1;
	memset(much, 'x', sizeof(much));
	b->sandbox.input = bytes_of(much, sizeof(much));
	says(b, "wc -c", "300000\n");
	says(b, "exec <&-; true", "");
	close(log);
}

/* The end of a long log, whole lines of it; all of it elsewhere. */
static void of_a_long_log_the_last_lines_are_told(void **state)
{
	struct box *b = *state;
	struct stat st;
	int log = open(folder_path(&b->folder, "log"), O_RDWR | O_CREAT, 0600);

	b->sandbox.log = log;
	ran(b, "seq 1 100000");
	assert_int_equal(fstat(log, &st), 0);
	assert_int_equal(st.st_size, 588895);
	assert_true(b->result.tail.n > 4000 && b->result.tail.n <= 4096);
	assert_memory_equal(box_text(b), "99", 2);
	assert_string_equal(box_text(b) + b->result.tail.n - 7, "100000\n");
	close(log);
}

static void how_it_ended_is_told(void **state)
{
	struct box *b = *state;

	ran(b, "exit 7");
	assert_int_equal(b->result.how, SANDBOX_EXIT);
	assert_int_equal(b->result.status, 7);
	ran(b, "kill -SEGV $$");
	assert_int_equal(b->result.how, SANDBOX_SIGNAL);
	assert_int_equal(b->result.status, 11);
}

static void what_it_writes_is_there_and_nothing_else(void **state)
{
	struct box *b = *state;
	struct stat st;

	says(b, "echo out >out; touch /etc/x 2>/dev/null || echo refused", "refused\n");
	assert_int_equal(stat(folder_path(&b->folder, "work/out"), &st), 0);
	assert_int_equal(st.st_size, 4);
	assert_int_equal(st.st_uid, sandbox_owner() ? sandbox_owner() : geteuid());
	b->sandbox.root_writable = true;
	says(b, "echo x >/x", "");
	assert_int_equal(stat(folder_path(&b->folder, "root/x"), &st), 0);
}

static void the_forbidden_is_refused(void **state)
{
	struct box *b = *state;

	/* For sanitizers, whose own memory is huge, and whose search for leaks traces. */
	b->sandbox.limits.memory = UINT64_C(1) << 50;
	says(b, "ASAN_OPTIONS=detect_leaks=0 exec /probe --probe",
	     "socket-inet EAFNOSUPPORT\nsocket-inet6 EAFNOSUPPORT\n"
	     "socket-netlink EAFNOSUPPORT\nsocket-packet EAFNOSUPPORT\n"
	     "socket-vsock EAFNOSUPPORT\nsocket-alg EAFNOSUPPORT\nsocket-unix done\n"
	     "socketpair-unix done\n"
	     "unshare-user EPERM\nunshare-mount EPERM\nunshare-net EPERM\n"
	     "unshare-time EPERM\nunshare-files done\nclone-user EPERM\nclone3 ENOSYS\n"
	     "setns EPERM\n"
	     "mount EPERM\numount EPERM\npivot-root EPERM\nfsopen EPERM\nopen-tree EPERM\n"
	     "mount-setattr EPERM\nchroot EPERM\n"
	     "keyctl ENOSYS\nadd-key ENOSYS\nrequest-key ENOSYS\nptrace EPERM\n"
	     "process-vm-readv EPERM\nbpf EPERM\nio-uring ENOSYS\nuserfaultfd EPERM\n"
	     "perf EPERM\ninit-module EPERM\nfinit-module EPERM\nkexec EPERM\nsettime EPERM\n"
	     "syslog EPERM\nxattr EOPNOTSUPP\nxattr-link EOPNOTSUPP\nxattr-open EOPNOTSUPP\n"
	     "xattr-at EOPNOTSUPP\ntiocsti EPERM\ntiocsti-high EPERM\nno-new-privs done\n"
	     "foreign-call SYS\n"
	     "write-root EROFS\nwrite-usr EROFS\nwrite-dev EROFS\nwrite-sys EROFS\n"
	     "write-sysctl EACCES\nwrite-tmp done\nwrite-shm done\nkill-first done\n"
	     "kill-parent done\nkill-all ESRCH\nsetuid EINVAL\n");
}

/* As scripts of packages need it; for who is not root, by a file of the system that grants it. */
static void several_ids_can_be_had(void **state)
{
	struct box *b = *state;
	struct stat st;

	b->sandbox.map_ids = true;
	if (!box_run(b, "true") && sandbox_owner() == 0) {
		if (!strstr(b->err.text, "there is no newuidmap, which maps several ids"))
			assert_non_null(
				strstr(b->err.text, " does not give 65535 ids to the user '"));
		skip();
	}
	says(b,
	     "id -u; id -g; mkdir d; touch d/f; ln -s f d/l; chown -hR 33:65534 d; chmod 700 d; "
	     "stat -c '%u:%g' d d/f d/l; setpriv --reuid 44 --regid 44 --clear-groups id -u; "
	     "mount -t tmpfs x /tmp 2>/dev/null || echo no mount",
	     "0\n0\n33:65534\n33:65534\n33:65534\n44\nno mount\n");
	assert_int_equal(stat(folder_path(&b->folder, "work/d/f"), &st), 0);
	assert_int_equal(st.st_uid, sandbox_owner() ? sandbox_owner() : geteuid());
}

/* A clock that is ahead, a name that is another one, ...: each can be seen. */
static void a_varied_sandbox_is_another_one(void **state)
{
	struct vary_means m = {.path = "/build/here", .processors = 1};
	struct arena a = ARENA(10000);
	struct box *b = *state;
	struct err e = {0};
	glob_t found = {0};

	if (glob("/usr/lib/*/faketime/libfaketime.so.1", 0, NULL, &found) == 0)
		m.faketime = found.gl_pathv[0];
	assert_true(vary_sandbox(vary_possible(VARY_ALL, &m), &m, &a, &b->sandbox, &e));
	says(b, "pwd; umask; id -u; hostname; uname -r | cut -c1-4; date +%z; echo $HOME",
	     "/build/ifsf/longer/than/it/was/before\n0077\n1234\ni-capture-the-hostname\n2.6.\n"
	     "+1400\n/nonexistent/second\n");
	if (m.faketime) {
		ran(b, "date +%s");
		assert_true(strtoll(box_text(b), NULL, 10) > (long long)time(NULL) + 32252300);
	}
	globfree(&found);
	arena_free(&a);
}

/* ---- limits */

static void ends(struct box *b, const char *script, enum sandbox_end how)
{
	ran(b, script);
	assert_int_equal(b->result.how, how);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void what_hangs_is_ended(void **state)
{
	struct box *b = *state;
	double since = seconds();

	b->sandbox.limits.seconds = 1;
	ends(b, "trap '' TERM INT HUP; sleep 100 & sleep 100 & wait", SANDBOX_TIME);
	assert_true(seconds() - since < 5);
}

/* A process that is its own session, with no stream of ours, long after the command has ended. */
static void what_it_leaves_behind_is_ended(void **state)
{
	struct box *b = *state;
	struct stat before, after;
	const char *path;

	says(b,
	     "(setsid sh -c 'while :; do echo x >>beat; sleep 0.01; done' </dev/null >/dev/null "
	     "2>&1 &); sleep 0.1",
	     "");
	path = folder_path(&b->folder, "work/beat");
	assert_int_equal(stat(path, &before), 0);
	usleep(100000);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_size, after.st_size);
}

static void what_forks_for_ever_is_held(void **state)
{
	struct box *b = *state;

	b->sandbox.limits.seconds = 1;
	b->sandbox.limits.processes = 50;
	ends(b, "f() { f & f & wait; }; f 2>/dev/null & while :; do :; done", SANDBOX_TIME);
	ran(b, "i=0; while [ $i -lt 60 ]; do sleep 5 & i=$((i + 1)); done 2>&1; true");
	assert_non_null(strstr(box_text(b), "Cannot fork"));
}

static void what_takes_memory_is_ended(void **state)
{
	struct box *b = *state;

	b->sandbox.limits.memory = 64 << 20;
	ran(b, "head -c 100000000 /dev/zero | tail -c 90000000 | wc -c 2>&1");
	assert_non_null(strstr(box_text(b), "memory exhausted"));
	ends(b,
	     "t() { head -c 50000000 /dev/zero | tail -c 40000000 | sleep 9; }; t & t & t & wait",
	     SANDBOX_MEMORY_FULL);
	assert_true(b->result.summed);
	ran(b, "head -c 30000000 /dev/zero >/tmp/x; head -c 30000000 /dev/zero >/dev/shm/x; "
	       "stat -c %s /tmp/x /dev/shm/x");
	assert_non_null(strstr(box_text(b), "16777216\n16777216\n"));
}

/* On a file system in memory, to which others do not write meanwhile. */
static void what_fills_the_disk_is_ended(void **state)
{
	struct box *b = *state;
	char folder[] = "/dev/shm/measure-test.XXXXXX";
	struct err e = {0};

	if (!mkdtemp(folder))
		skip();
	assert_true(sandbox_owner() == 0 || chown(folder, sandbox_owner(), sandbox_owner()) == 0);
	b->mount[3] = (struct sandbox_mount){folder, "/build/here", true};
	b->sandbox.n_mounts = 4;
	b->sandbox.limits.disk = 32 << 20;
	ran(b, "head -c 30000000 /dev/zero >x; head -c 40000000 /dev/zero >/tmp/x; "
	       "stat -c %s x /tmp/x");
	assert_non_null(strstr(box_text(b), "30000000\n33554432\n"));
	ends(b, "i=0; while :; do head -c 8000000 /dev/zero >y$i; i=$((i + 1)); done",
	     SANDBOX_DISK_FULL);
	ends(b, "seq -f 'd%g' 1 20000 | xargs mkdir; sleep 9", SANDBOX_DISK_FULL);
	ends(b,
	     "exec 3>z; rm z; head -c 30000000 /dev/zero >&3; head -c 9000000 /dev/zero >zz; "
	     "sleep 9",
	     SANDBOX_DISK_FULL);
	assert_true(place_remove(AT_FDCWD, folder, &e));
}

static void what_prints_for_ever_is_ended(void **state)
{
	struct box *b = *state;
	struct stat st;
	int log = open(folder_path(&b->folder, "log"), O_RDWR | O_CREAT, 0600);

	b->sandbox.limits.log = 100000;
	b->sandbox.log = log;
	ends(b, "yes", SANDBOX_LOG_FULL);
	assert_int_equal(fstat(log, &st), 0);
	assert_int_equal(st.st_size, 100000);
	close(log);
}

/* ---- refused */

static void refused(struct box *b, enum reason r, const char *text)
{
	assert_false(box_run(b, "true"));
	check_err(&b->err, r, text);
}

static void places_are_looked_at(void **state)
{
	struct box *b = *state;

	b->mount[2].at = "/a/../b";
	refused(b, REASON_USAGE, "'/a/../b' cannot be a place in the sandbox");
	b->mount[2].at = "a";
	refused(b, REASON_USAGE, "'a' cannot be a place in the sandbox");
	b->mount[2].at = "/";
	refused(b, REASON_USAGE, "'/' cannot be a place in the sandbox");
	b->mount[2].at = "/proc/x";
	refused(b, REASON_USAGE, "'/proc/x' is in /proc, which is the sandbox's own");
	b->mount[2].at = "/dev";
	refused(b, REASON_USAGE, "'/dev' is in /dev, which is the sandbox's own");
	b->mount[2].at = "/bin/x";
	refused(b, REASON_SANDBOX,
		"'/bin/x' cannot be a place in the sandbox's root: Not a directory");
	b->mount[2].at = "/bin";
	refused(b, REASON_SANDBOX,
		"'/bin' cannot be a place in the sandbox's root: Too many levels of symbolic "
		"links");
	b->mount[2] = (struct sandbox_mount){"/nothing at all", "/x", false};
	refused(b, REASON_NO_SUCH_FILE, "cannot be mounted: No such file or directory");
}

/* Where bubblewrap would follow it. */
static void a_root_cannot_lead_out(void **state)
{
	struct box *b = *state;
	struct folder other;

	folder_new(&other);
	rmdir(folder_path(&b->folder, "root/tmp"));
	assert_int_equal(symlink(other.path, folder_path(&b->folder, "root/tmp")), 0);
	refused(b, REASON_SANDBOX,
		"'/tmp' cannot be a place in the sandbox's root: Not a directory");
	assert_int_equal(folder_count(&other), 0);
	folder_free(&other);
}

static void mount_points_leave_no_trace_in_times(void **state)
{
	static const struct timespec then[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	struct box *b = *state;
	struct stat st;

	assert_int_equal(utimensat(AT_FDCWD, b->root, then, 0), 0);
	says(b, "stat -c %Y / /build /proc/1/root/build/../etc | head -n 2", "1000\n1000\n");
	assert_int_equal(stat(b->root, &st), 0);
	assert_int_equal(st.st_mtim.tv_sec, 1000);
}

static void a_mount_may_lie_in_another(void **state)
{
	struct box *b = *state;

	b->mount[2].at = "/build/here/in/probe";
	b->mount[3] = (struct sandbox_mount){b->mount[1].from, "/tmp/again", false};
	b->sandbox.n_mounts = 4;
	says(b, "test -x in/probe && ls /tmp/again", "in\n");
}

static void what_is_not_there_cannot_be_run(void **state)
{
	struct box *b = *state;

	b->sandbox.folder = "/nowhere";
	refused(b, REASON_SANDBOX,
		"the sandbox cannot be set up: Can't chdir to /nowhere: No such file or "
		"directory");
	b->sandbox.folder = "/";
	b->mount[0].at = "/usr2";
	refused(b, REASON_SANDBOX,
		"the sandbox cannot be set up: execvp /bin/sh: No such file or directory");
}

static void without_bubblewrap_nothing_is_run(void **state)
{
	struct box *b = *state;
	char *path = strdup(getenv("PATH"));

	setenv("PATH", "/nothing:", 1);
	assert_false(box_run(b, "true"));
	setenv("PATH", path, 1);
	free(path);
	check_err(&b->err, REASON_MISSING_TOOL, "there is no bwrap, in which recipes are run");
	assert_string_equal(b->err.hint, "install the Debian package bubblewrap");
}

static void its_version_is_told(void **state)
{
	char room[32];

	(void)state;
	assert_non_null(sandbox_version(room));
	assert_true(room[0] >= '0' && room[0] <= '9');
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(it_sees_nobody_and_nothing_of_the_machine),
		TEST(it_can_be_told_otherwise),
		TEST(processors_are_as_many_as_asked_for),
		TEST(input_and_output_pass),
		TEST(of_a_long_log_the_last_lines_are_told),
		TEST(how_it_ended_is_told),
		TEST(what_it_writes_is_there_and_nothing_else),
		TEST(the_forbidden_is_refused),
		TEST(several_ids_can_be_had),
		TEST(a_varied_sandbox_is_another_one),
		TEST(what_hangs_is_ended),
		TEST(what_it_leaves_behind_is_ended),
		TEST(what_forks_for_ever_is_held),
		TEST(what_takes_memory_is_ended),
		TEST(what_fills_the_disk_is_ended),
		TEST(what_prints_for_ever_is_ended),
		TEST(places_are_looked_at),
		TEST(a_root_cannot_lead_out),
		TEST(mount_points_leave_no_trace_in_times),
		TEST(a_mount_may_lie_in_another),
		TEST(what_is_not_there_cannot_be_run),
		TEST(without_bubblewrap_nothing_is_run),
		TEST(its_version_is_told),
	};
	struct err e = {0};

	if (argc > 1 && strcmp(argv[1], "--probe") == 0)
		return probe_all();
	if (!sandbox_can(&e)) {
		printf("1..0 # SKIP no sandbox here: %s; %s\n", e.text, e.hint);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
