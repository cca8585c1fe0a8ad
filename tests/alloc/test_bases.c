#include "measure/fetch/bases.h"

#include <sys/stat.h>

#include "tests/alloc/fail.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"

static const char file[] = "bases:\n  debian: https://one.example/debian\n";
static const char list[] = "deb https://two.example/debian trixie main\n";
static const char sources[] = "# told\nTypes: deb\nURIs: https://three.example/debian-security/\n"
			      "Suites: trixie-security\n";

static bool gather(void *arg, struct err *e)
{
	owned(bases_free) struct bases b = BASES;
	owned(buf_free) struct buf url = BUF(1024);
	struct folder *f = arg;

	return bases_add_option(&b, "crates=file:///crates", e) &&
	       bases_add_file(&b, folder_path(f, "bases.yml"), e) &&
	       bases_add_apt(&b, f->path, e) && bases_url(&b, "debian:pool/x", 0, &url, e) &&
	       bases_url(&b, "debian-security:pool/x", 0, &url, e) && b.n == 4;
}

static void what_says_where_archives_are_survives_the_lack_of_memory(void **state)
{
	struct folder f;
	struct err e = {0};

	(void)state;
	folder_new(&f);
	folder_file(&f, "bases.yml", file, sizeof(file) - 1);
	folder_file(&f, "sources.list", list, sizeof(list) - 1);
	assert_int_equal(mkdir(folder_path(&f, "sources.list.d"), 0777), 0);
	folder_file(&f, "sources.list.d/a.sources", sources, sizeof(sources) - 1);
	assert_true(gather(&f, &e));
	check_no_err(&e);
	assert_true(fail_each(gather, &f) > 10);
	folder_free(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_says_where_archives_are_survives_the_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
