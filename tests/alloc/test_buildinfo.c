#include "measure/rebuild/buildinfo.h"

#include "measure/rebuild/buildinfo_write.h"
#include "measure/rebuild/feeds.h"
#include "tests/alloc/fail.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"

#define ONES "1111111111111111111111111111111111111111111111111111111111111111"

static const char sample[] = "Format: 1.0\n"
			     "Source: box\n"
			     "Version: 1\n"
			     "Checksums-Sha256:\n"
			     " " ONES " 680 box_1_amd64.deb\n"
			     "Build-Architecture: amd64\n"
			     "Build-Path: /build/app\n"
			     "Installed-Build-Depends:\n"
			     " base-files (= 12),\n"
			     " libc6 (= 2.36-9)\n"
			     "Environment:\n"
			     " X=\"a \\\"b\\\"\"\n"
			     " SOURCE_DATE_EPOCH=\"7\"\n";

/* A recipe of an image that is made of a root of packages, and its lock. */
struct subject {
	struct recipe_input input;
	struct recipe_stage stage;
	struct recipe recipe;
	struct lock_input locked[2];
	const char *variable[2];
	struct lock_stage locked_stage;
	struct lock lock;
	const char *folder;
};

static void make(struct subject *s, const char *folder)
{
	*s = (struct subject){
		.input = {.name = "root", .kind = INPUT_PACKAGES},
		.stage = {.name = "app", .root = "root", .path = "/build/app", .run = "make"},
		.recipe = {.product = "example.org/box",
			   .version = "1.0",
			   .n_inputs = 1,
			   .n_stages = 1,
			   .image = IMAGE_IS_EIF,
			   .application = {.rootfs = "app/out"}},
		.locked = {{.input = "root",
			    .name = "base-files",
			    .version = "12",
			    .architecture = "all"},
			   {.input = "root",
			    .name = "libc6",
			    .version = "2.36-9",
			    .architecture = "amd64"}},
		.variable = {"SOURCE_DATE_EPOCH=7", "X=a \"b\""},
		.locked_stage = {.name = "app", .path = "/build/app"},
		.lock = {.n_inputs = 2, .n_stages = 1, .epoch = 7},
		.folder = folder,
	};
	s->recipe.inputs = &s->input;
	s->recipe.stages = &s->stage;
	s->locked_stage.environment = (struct lock_texts){s->variable, 2};
	s->lock.inputs = s->locked;
	s->lock.stages = &s->locked_stage;
}

static bool read_and_compare(void *arg, struct err *e)
{
	const struct subject *s = arg;
	owned(buildinfo_free) struct buildinfo b;
	static struct answer a;

	a = (struct answer){0};
	return buildinfo_read(&b, bytes_str(sample), e) &&
	       buildinfo_fits(&b, &s->recipe, &s->lock, &a, e);
}

static bool tell(void *arg, struct err *e)
{
	const struct subject *s = arg;
	owned(buildinfo_text_free) struct buildinfo_text t = BUILDINFO_TEXT;
	owned(buf_free) struct buf out = BUF(BUILDINFO_MAX);

	return buildinfo_tell(&t, &s->recipe, &s->lock, NULL, e) &&
	       buildinfo_write(&t, s->folder, &out, e);
}

static bool feed(void *arg, struct err *e)
{
	const struct subject *s = arg;
	static struct feeds f;

	return feeds_read(&s->recipe, &s->lock, &f, e) && f.n == 3 && f.feed[0].stage[0];
}

static void what_is_told_of_a_build_survives_the_lack_of_memory(void **state)
{
	struct subject s;
	struct folder f;

	(void)state;
	folder_new(&f);
	folder_file(&f, "a", "1", 1);
	folder_file(&f, "b", "2", 1);
	make(&s, f.path);
	assert_true(fail_each(read_and_compare, &s) > 5);
	assert_true(fail_each(tell, &s) > 5);
	assert_true(fail_each(feed, &s) > 2);
	folder_free(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_told_of_a_build_survives_the_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
