#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "measure/rebuild/buildinfo.h"
#include "measure/rebuild/debian_root.h"
#include "tests/alloc/fail.h"
#include "tests/unit/support_deb.h"
#include "tests/unit/support_folder.h"

struct set {
	struct folder folder;
	struct objects store;
	struct lock_input in[2];
};

/* On one processor, so that the order of allocations is one. */
static void stay(void)
{
	cpu_set_t set;
	int cpu = sched_getcpu();

	CPU_ZERO(&set);
	CPU_SET((unsigned)(cpu < 0 ? 0 : cpu), &set);
	assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
}

static bool root(void *arg, struct err *e)
{
	struct set *s = arg;
	owned(rootfs_free) struct rootfs r = {0};
	const struct rootfs_options o = {.spool = s->folder.path};

	return debian_root(&r, &(struct debian_locked){&s->store, s->in, 2}, &o, e);
}

static void a_root_of_packages_survives_the_lack_of_memory(void **state)
{
	struct set s = {.store = OBJECTS_NONE};
	struct err e = {0};

	(void)state;
	stay();
	folder_new(&s.folder);
	assert_true(objects_open(&s.store, folder_path(&s.folder, "store"), true, &e));
	s.in[0] = deb_put(&s.store, "aa", "1", "", "d e\nf e/f 1\nl g usr/share/x\n");
	s.in[1] = deb_put(&s.store, "bb", "1", "Replaces: aa\n", "d e\nf e/f 2\nd g\n");
	assert_false(root(&s, &e));
	s.in[1] = deb_put(&s.store, "bb", "1", "Replaces: aa\n", "d e\nf e/f 2\n");
	assert_in_range(fail_each(root, &s), 40, 200);
	objects_close(&s.store);
	folder_free(&s.folder);
}

static bool buildinfo(void *arg, struct err *e)
{
	owned(buildinfo_free) struct buildinfo b;

	return buildinfo_read(&b, bytes_str(arg), e);
}

static void a_buildinfo_survives_the_lack_of_memory(void **state)
{
	static char text[] =
		"-----BEGIN PGP SIGNED MESSAGE-----\n\nFormat: 1.0\nSource: box\nVersion: 1\n"
		"Build-Architecture: amd64\nInstalled-Build-Depends: gcc (= 1), make (= 2)\n"
		"Environment:\n A=\"b\"\n-----BEGIN PGP SIGNATURE-----\n"
		"-----END PGP SIGNATURE-----\n";

	(void)state;
	assert_in_range(fail_each(buildinfo, text), 4, 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_root_of_packages_survives_the_lack_of_memory),
		cmocka_unit_test(a_buildinfo_survives_the_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
