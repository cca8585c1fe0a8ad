#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "ovmf-snp/bundle.h"
#include "ovmf-snp/bundle_write.h"
#include "ovmf-snp/request_list.h"
#include "reference-db/compare.h"
#include "reference-db/make.h"
#include "tests/alloc/fail.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_ovmf.h"

struct world {
	struct folder folder;
	char *ovmf, *kernel, *bundle, *root;
	struct manifest manifest;
};

static bool write_to(struct world *w, const char *folder, const struct snp_root_ask *root,
		     struct err *e)
{
	owned(request_free) struct request r = {0};
	owned(snp_bundle_made_free) struct snp_bundle_made made = {0};
	struct answer a;
	struct bundle_request q = {
		.launch = &r, .root = root, .policy = LAUNCH_POLICY, .output = folder};
	bool done;

	r.files.ovmf = w->ovmf;
	r.files.kernel = w->kernel;
	answer_init(&a);
	done = request_append_read(&r, "quiet", NULL, e) && request_counts_read(&r, "1-2", e) &&
	       request_vmm_read(&r, "QEMU", e) && request_types_read(&r, "EPYC,EPYC-Milan", e) &&
	       request_features_read(&r, "0x1", e) && snp_bundle_write(&q, &made, &a, e);
	answer_free(&a);
	return done;
}

static bool make_into(struct world *w, struct manifest *m, struct err *e)
{
	const struct make_request q = {
		.image = w->bundle,
		.product = "example.org/vm",
		.version = "1",
		.profile_uri = MANIFEST_SNP_2025,
		.policy_mask = UINT64_MAX,
	};

	return manifest_make(m, &q, e);
}

static bool make(void *arg, struct err *e)
{
	owned(manifest_free) struct manifest m = {0};

	return make_into(arg, &m, e);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	owned(buf_free) struct buf image = BUF(1u << 20);
	struct err e = {0};

	forge_ovmf(&image, true);
	folder_new(&w->folder);
	w->ovmf = strdup(folder_file(&w->folder, "fw.fd", image.p, image.n));
	w->kernel = strdup(folder_file(&w->folder, "vmlinuz", "kernel", 6));
	w->bundle = malloc(strlen(w->kernel) + 16);
	sprintf(w->bundle, "%.*s/guest", (int)(strlen(w->kernel) - 8), w->kernel);
	w->root = strdup(folder_path(&w->folder, "root"));
	assert_int_equal(mkdir(w->root, 0755), 0);
	folder_file(&w->folder, "root/app", "#!", 2);
	assert_true(write_to(w, w->bundle, NULL, &e));
	assert_true(make_into(w, &w->manifest, &e));
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	manifest_free(&w->manifest);
	free(w->ovmf);
	free(w->kernel);
	free(w->bundle);
	free(w->root);
	folder_free(&w->folder);
	free(w);
	return 0;
}

/* Nothing is left of what could not be written whole. */
static bool write_as(struct world *w, const char *name, const struct snp_root_ask *root,
		     struct err *e)
{
	char path[512];
	glob_t left;

	snprintf(path, sizeof(path), "%s-%s", w->bundle, name);
	if (write_to(w, path, root, e))
		return true;
	strcat(path, "*");
	assert_int_equal(glob(path, 0, NULL, &left), GLOB_NOMATCH);
	return false;
}

static bool write(void *arg, struct err *e)
{
	return write_as(arg, "again", NULL, e);
}

static bool write_rooted(void *arg, struct err *e)
{
	static const char *const cmd[] = {"/app", NULL};
	struct world *w = arg;
	const struct snp_root_ask root = {
		.image = w->root,
		.options.spool = w->folder.path,
		.device = ROOT_DEVICE,
		.initrd = true,
		.application.cmd = cmd,
		.start.kernel = w->kernel,
	};

	return write_as(w, "rooted", &root, e);
}

static bool read_rooted(void *arg, struct err *e)
{
	owned(snp_bundle_free) struct snp_bundle b = {0};
	struct world *w = arg;
	struct watch none = {0};
	char path[512];

	snprintf(path, sizeof(path), "%s-rooted", w->bundle);
	return snp_bundle_read(&b, path, none, e) && snp_bundle_agrees(&b, e);
}

static bool compare(void *arg, struct err *e)
{
	struct world *w = arg;
	struct watch none = {0};
	static struct verdict v;

	v = (struct verdict){0};
	return compare_bundle(&w->manifest, w->bundle, none, &v, e);
}

static void bundles_survive_the_lack_of_memory(void **state)
{
	size_t compared = fail_each(compare, *state), made = fail_each(make, *state);
	size_t written = fail_each(write, *state), rooted = fail_each(write_rooted, *state);
	size_t read = fail_each(read_rooted, *state);

	print_message("%zu, %zu, %zu, %zu and %zu allocations\n", compared, made, written, rooted,
		      read);
	assert_true(compared > 20 && made > 20 && written > 20);
	assert_true(rooted > written && read > 20);
}

/* No record is read without one; whoever makes another by hand is told. */
static void a_guest_without_a_row_is_not_written(void **state)
{
	owned(snp_bundle_free) struct snp_bundle b = {0};
	struct world *w = *state;
	struct watch none = {0};
	struct err e = {0};
	struct stat st;
	char path[512];

	snprintf(path, sizeof(path), "%s-none", w->bundle);
	assert_true(snp_bundle_read(&b, w->bundle, none, &e));
	b.told.n = 0;
	assert_false(snp_bundle_rewrite(&b, w->kernel, path, none, &e));
	check_err(&e, REASON_LAUNCH_RECORD, "the record of the launch has no row");
	assert_int_not_equal(stat(path, &st), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bundles_survive_the_lack_of_memory, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_guest_without_a_row_is_not_written, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
