#include <stdlib.h>
#include <sys/stat.h>

#include "eif/ramdisks.h"
#include "measure/core/archive.h"
#include "tests/alloc/fail.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_module.h"

/* A root file system, a folder of modules and a kernel, as files. */
struct world {
	struct folder folder;
	char *root, *modules, *kernel, *init, *spool;
};

static char *path_of(struct world *w, const char *name)
{
	return strdup(folder_path(&w->folder, name));
}

static void put_module(struct world *w, const char *name, struct bytes info)
{
	struct buf file = BUF(4096);

	module_make(&file, info);
	assert_int_equal(file.failed, REASON_NONE);
	folder_file(&w->folder, name, file.p, file.n);
	buf_free(&file);
}

static bool append(void *arg, struct bytes x, struct err *e)
{
	buf_put(arg, x);
	return buf_done(arg, "packed bytes", e);
}

/* An Image of aarch64 with its version and its configuration. */
static void put_kernel(struct world *w)
{
	struct buf file = BUF(4096);
	const struct pack_sink sink = {append, &file};
	struct err e = {0};
	struct pack *pack = pack_new(PACKING_GZIP, &sink, &e);

	assert_non_null(pack);
	buf_zero(&file, 56);
	buf_str(&file, "ARM\x64 Linux version 6.1 IKCFG_ST");
	assert_true(pack_add(pack, bytes_str("CONFIG_NSM=y\n"), &e) && pack_end(pack, &e));
	buf_str(&file, "IKCFG_ED");
	w->kernel = strdup(folder_file(&w->folder, "kernel", file.p, file.n));
	pack_free(&pack);
	buf_free(&file);
}

static int setup(void **state)
{
	static const char user[] = "app:x:5:6::/:\n", group[] = "more:x:7:app\n";
	static const char a[] = "depends=b\0vermagic=6.1 SMP", b[] = "depends=\0vermagic=6.1 SMP";
	struct world *w = calloc(1, sizeof(*w));

	folder_new(&w->folder);
	w->root = path_of(w, "root");
	w->modules = path_of(w, "modules");
	w->spool = path_of(w, ".");
	assert_int_equal(mkdir(w->root, 0755), 0);
	assert_int_equal(mkdir(folder_path(&w->folder, "root/etc"), 0755), 0);
	assert_int_equal(mkdir(w->modules, 0755), 0);
	folder_file(&w->folder, "root/etc/passwd", user, sizeof(user) - 1);
	folder_file(&w->folder, "root/etc/group", group, sizeof(group) - 1);
	put_module(w, "modules/a.ko", bytes_of(a, sizeof(a) - 1));
	put_module(w, "modules/b.ko", bytes_of(b, sizeof(b) - 1));
	w->init = strdup(folder_file(&w->folder, "init", "#!/init", 7));
	put_kernel(w);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	folder_free(&w->folder);
	free(w->root);
	free(w->modules);
	free(w->kernel);
	free(w->init);
	free(w->spool);
	free(w);
	return 0;
}

static bool make(void *arg, struct err *e)
{
	static const char *const cmd[] = {"/app", "a\nb", NULL}, *const env[] = {"A=b", NULL};
	static const char *const module[] = {"a", NULL}, *const none[] = {NULL};
	owned(ramdisks_free) struct ramdisks made = RAMDISKS_NONE;
	owned(answer_free) struct answer a;
	const struct world *w = arg;
	struct ramdisks_ask ask = {
		.image = w->root,
		.options = {.spool = w->spool},
		.rule = {.profile = cpio_profile("native")},
		.application = {.cmd = cmd, .env = env, .working_dir = "/work", .user = "app"},
		.modules = {.names = module, .source = w->modules, .spool = w->spool},
		.init = w->init,
		.kernel = w->kernel,
		.more = none,
	};

	answer_init(&a);
	return ramdisks_make(&made, &ask, &a, e);
}

static void ramdisks_are_made_or_memory_is_named(void **state)
{
	assert_true(fail_each(make, *state) > 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ramdisks_are_made_or_memory_is_named),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
