#include "measure/rebuild/vary.h"

#include <sys/personality.h>
#include <sys/stat.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"

static uint32_t parsed(const char *list)
{
	struct err e = {0};
	uint32_t set = 0;

	assert_true(vary_parse(list, &set, &e));
	return set;
}

static void names(uint32_t set, const char *text)
{
	struct buf out = BUF(1000);

	vary_names(set, &out);
	assert_string_equal(buf_cstr(&out), text);
	buf_free(&out);
}

static void variations_are_named_as_reprotest_does(void **state)
{
	(void)state;
	names(parsed("all"),
	      "build_path,path_length,time,locales,umask,user_group,fileordering,num_cpus,"
	      "domain_host,home,environment,kernel,aslr,timezone");
	names(parsed("umask,time"), "time,umask");
	names(parsed("all,-fileordering,-time,-build_path,-path_length"),
	      "locales,umask,user_group,num_cpus,domain_host,home,environment,kernel,aslr,"
	      "timezone");
	names(parsed("umask,-all"), "none");
}

static void other_names_are_refused(void **state)
{
	static const char *const lists[] = {"", "umask,", "Umask", "-", "+umask", "umask time"};
	static const char *const texts[] = {
		"there is no variation ''",	  "there is no variation ''",
		"there is no variation 'Umask'",  "there is no variation ''",
		"there is no variation '+umask'", "there is no variation 'umask time'"};

	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++) {
		struct err e = {0};
		uint32_t set;

		assert_false(vary_parse(lists[i], &set, &e));
		check_err(&e, REASON_USAGE, texts[i]);
		assert_string_equal(
			e.hint,
			"all, build_path, path_length, time, locales, umask, user_group, "
			"fileordering, num_cpus, domain_host, home, environment, kernel, aslr, "
			"timezone");
	}
}

static void what_cannot_be_varied_does_not_count(void **state)
{
	const struct vary_means none = {.path = "/build/x", .processors = 1};
	const struct vary_means more = {
		.path = "/build/x", .processors = 2, .faketime = "/usr/lib/f.so"};
	struct vary_means other = more;
	struct arena a = ARENA(10000);
	struct sandbox s = {0};
	struct err e = {0};

	(void)state;
	names(VARY_ALL & ~vary_possible(VARY_ALL, &none), "time,fileordering,num_cpus");
	names(VARY_ALL & ~vary_possible(VARY_ALL, &more), "fileordering");
	assert_string_equal(vary_why_not(VARY_TIME, &none),
			    "its root has no libfaketime, which is a package that it can hold");
	assert_string_equal(vary_why_not(VARY_NUM_CPUS, &none), "this machine has one processor");
	assert_string_equal(vary_why_not(VARY_FILEORDERING, &more),
			    "the file system of the cache lists names in an order of its own: one "
			    "in memory does not");
	other.own_clock = other.as_made = true;
	names(VARY_ALL & ~vary_possible(VARY_ALL, &other), "time");
	assert_string_equal(vary_why_not(VARY_TIME, &other),
			    "its programs cannot be run by the clock of libfaketime, as static "
			    "ones and Python");
	assert_null(vary_why_not(VARY_KERNEL, &none));
	assert_false(vary_sandbox(VARY_ALL, &more, &a, &s, &e));
	check_err(&e, REASON_USAGE, "a variation that is not possible was asked for");
	arena_free(&a);
}

static void each_part_is_varied_in_what_it_can_be(void **state)
{
	const struct vary_means parts[] = {
		{.path = "/x", .processors = 2, .faketime = "/f.so"},
		{.path = "/x", .processors = 1, .faketime = "/f.so"},
		{.path = "/x", .processors = 2},
	};
	const uint32_t asked = parsed("time,umask,num_cpus");
	struct vary_effect x = {.asked = asked, .set = asked};

	(void)state;
	names(vary_part(&x, &parts[0]), "time,umask,num_cpus");
	names(vary_part(&x, &parts[1]), "time,umask");
	names(vary_part(&x, &parts[2]), "umask,num_cpus");
	names(x.set, "umask");
	names(x.some, "time,umask,num_cpus");
	assert_string_equal(x.why_not[VARY_NUM_CPUS], "this machine has one processor");
	assert_string_equal(x.why_not[VARY_TIME],
			    "its root has no libfaketime, which is a package that it can hold");
	assert_null(x.why_not[VARY_UMASK]);
}

/* Whatever it is called, and never one that the root has. */
static void any_path_is_varied(void **state)
{
	static const char *const paths[][2] = {
		{"/build/zoo", "/build/app"},	     {"/build/X1", "/build/Y2"},
		{"/build/Z9z", "/build/A0a"},	     {"/build/1.2-3", "/build/2.3-4"},
		{"/build/._-", "/build/b_-"},	     {"/_", "/b"},
		{"/build/\xc3\xa9", "/build/b\xa9"}, {"/ahm", "/cjo"},
	};
	struct folder root;
	struct arena a = ARENA(10000);
	struct err e = {0};

	(void)state;
	folder_new(&root);
	assert_int_equal(mkdir(folder_path(&root, "bin"), 0755), 0);
	for (size_t i = 0; i < COUNT(paths); i++) {
		const struct vary_means m = {.path = paths[i][0], .root = root.path};
		uint32_t both = VARY_BIT(VARY_BUILD_PATH) | VARY_BIT(VARY_PATH_LENGTH);
		const char *to = vary_path(VARY_BIT(VARY_BUILD_PATH), &m, &a, &e);

		assert_string_equal(to, paths[i][1]);
		assert_int_equal(strlen(to), strlen(m.path));
		to = vary_path(both, &m, &a, &e);
		assert_int_equal(strlen(to), strlen(m.path) + strlen("/longer/than/it/was/before"));
		assert_int_equal(strncmp(to, paths[i][1], strlen(m.path)), 0);
	}
	folder_free(&root);
	arena_free(&a);
}

static void a_sandbox_is_varied(void **state)
{
	static const struct sandbox_mount mounts[] = {{"/a", "/build/zoo", true},
						      {"/b", "/build/zoo/in", false},
						      {"/c", "/build/zoo2", false}};
	static const char *const environment[] = {"HOME=/nonexistent", "LC_ALL=C.UTF-8", "TZ=UTC",
						  NULL};
	static const char *const after[] = {"HOME=/nonexistent/second",
					    "LC_ALL=POSIX",
					    "TZ=XXX-14",
					    "LD_PRELOAD=/usr/lib/f.so",
					    "FAKETIME=+32252400",
					    "NO_FAKE_STAT=1",
					    "FAKETIME_DONT_FAKE_MONOTONIC=1",
					    "LANGUAGE=fr_CH:fr",
					    "CAPTURE_ENVIRONMENT=i_capture_the_environment"};
	const struct vary_means m = {
		.path = "/build/zoo", .processors = 2, .faketime = "/usr/lib/f.so"};
	struct sandbox s = {.mounts = mounts,
			    .n_mounts = COUNT(mounts),
			    .folder = "/build/zoo",
			    .environment = environment,
			    .umask = 022,
			    .processors = 1};
	struct arena a = ARENA(10000);
	struct err e = {0};
	const char *path;

	(void)state;
	assert_true(vary_sandbox(vary_possible(VARY_ALL, &m), &m, &a, &s, &e));
	path = vary_path(VARY_ALL, &m, &a, &e);
	assert_string_equal(path, "/build/app/longer/than/it/was/before");
	assert_string_equal(s.folder, path);
	assert_string_equal(s.mounts[0].at, path);
	assert_string_equal(s.mounts[1].at, "/build/app/longer/than/it/was/before/in");
	assert_string_equal(s.mounts[2].at, "/build/zoo2");
	assert_int_equal(s.umask, 077);
	assert_int_equal(s.id, 1234);
	assert_int_equal(s.processors, 2);
	assert_int_equal(s.personality, UNAME26 | ADDR_NO_RANDOMIZE);
	assert_string_equal(s.host, "i-capture-the-hostname");
	for (size_t i = 0; i < COUNT(after); i++)
		assert_string_equal(s.environment[i], after[i]);
	assert_null(s.environment[COUNT(after)]);
	arena_free(&a);
}

/* ---- which one it was */

/* A build that differs when it is varied in all of one of the sets, and may fail once. */
struct maker {
	uint32_t cause[3];
	bool unsteady;
	unsigned builds, fails_at;
};

static bool make(void *arg, uint32_t set, struct digest *out, struct err *e)
{
	struct maker *m = arg;

	*out = (struct digest){.alg = DIGEST_SHA256, .len = 32};
	m->builds++;
	if (m->builds == m->fails_at)
		return err_set(e, REASON_IO, "the build failed");
	out->v[0] = m->unsteady;
	for (size_t i = 0; i < COUNT(m->cause); i++)
		if (m->cause[i] != 0 && (set & m->cause[i]) == m->cause[i])
			out->v[1] |= (uint8_t)(1u << i);
	return true;
}

static struct vary_causes found(struct maker *m, uint32_t set)
{
	const struct digest base = {.alg = DIGEST_SHA256, .len = 32};
	const struct vary_builder b = {make, m};
	struct vary_causes c;
	struct err e = {0};

	assert_true(vary_find(set, &base, &b, &c, &e));
	assert_int_equal(c.builds, m->builds);
	return c;
}

static void each_single_variation_is_found(void **state)
{
	(void)state;
	for (unsigned i = 0; i < VARY_NAMES; i++) {
		struct maker m = {.cause = {VARY_BIT(i)}};
		struct vary_causes c = found(&m, VARY_ALL);

		assert_false(c.unsteady);
		assert_int_equal(c.n, 1);
		assert_int_equal(c.set[0], VARY_BIT(i));
		assert_true(c.builds <= 7);
	}
}

static void several_causes_are_told_apart(void **state)
{
	struct maker m = {.cause = {VARY_BIT(VARY_TIME), VARY_BIT(VARY_UMASK) | VARY_BIT(VARY_HOME),
				    VARY_BIT(VARY_TIMEZONE)}};
	struct vary_causes c = found(&m, VARY_ALL);

	(void)state;
	assert_int_equal(c.n, 3);
	assert_int_equal(c.set[0], m.cause[0]);
	assert_int_equal(c.set[1], m.cause[1]);
	assert_int_equal(c.set[2], m.cause[2]);
	m = (struct maker){.cause = {VARY_BIT(VARY_UMASK)}};
	c = found(&m, VARY_BIT(VARY_UMASK));
	assert_int_equal(c.n, 1);
	assert_int_equal(c.builds, 1);
}

static void a_build_that_never_is_the_same_has_no_cause_among_them(void **state)
{
	struct maker m = {.unsteady = true};
	struct vary_causes c = found(&m, VARY_ALL);

	(void)state;
	assert_true(c.unsteady);
	assert_int_equal(c.n, 0);
	assert_int_equal(c.builds, 1);
}

static void a_build_that_fails_ends_the_search(void **state)
{
	const struct digest base = {.alg = DIGEST_SHA256, .len = 32};

	(void)state;
	for (unsigned i = 1; i <= 5; i++) {
		struct maker m = {.cause = {VARY_BIT(VARY_HOME)}, .fails_at = i};
		const struct vary_builder b = {make, &m};
		struct vary_causes c;
		struct err e = {0};

		assert_false(vary_find(VARY_ALL, &base, &b, &c, &e));
		check_err(&e, REASON_IO, "the build failed");
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(variations_are_named_as_reprotest_does),
		cmocka_unit_test(other_names_are_refused),
		cmocka_unit_test(what_cannot_be_varied_does_not_count),
		cmocka_unit_test(each_part_is_varied_in_what_it_can_be),
		cmocka_unit_test(any_path_is_varied),
		cmocka_unit_test(a_sandbox_is_varied),
		cmocka_unit_test(each_single_variation_is_found),
		cmocka_unit_test(several_causes_are_told_apart),
		cmocka_unit_test(a_build_that_never_is_the_same_has_no_cause_among_them),
		cmocka_unit_test(a_build_that_fails_ends_the_search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
