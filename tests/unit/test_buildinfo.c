#include "measure/rebuild/buildinfo.h"

#include <stdlib.h>

#include "measure/rebuild/buildinfo_write.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"

#define ONES "1111111111111111111111111111111111111111111111111111111111111111"
#define TWOS "2222222222222222222222222222222222222222222222222222222222222222"

static const char sample[] = "Format: 1.0\n"
			     "Source: box\n"
			     "Binary: box\n"
			     "Architecture: amd64\n"
			     "Version: 1:2-3\n"
			     "Checksums-Sha256:\n"
			     " " ONES " 680 box_2-3_amd64.deb\n"
			     " " TWOS " 12 box-dbg_2-3_amd64.deb\n"
			     "Build-Origin: Debian\n"
			     "Build-Architecture: amd64\n"
			     "Build-Path: /build/box/box-2\n"
			     "Installed-Build-Depends:\n"
			     " gcc-12 (= 12.2.0-14),\n"
			     " base-files (= 12.4+deb12u11),\n"
			     " libc6:i386 (= 2.36-8),\n"
			     " libc6 (= 2.36-9)\n"
			     "Environment:\n"
			     " DEB_BUILD_OPTIONS=\"parallel=2\"\n"
			     " X=\"a \\\"b\\\" \\c\"\n"
			     " SOURCE_DATE_EPOCH=\"1767225600\"\n";

/* The sample with one text in place of another, which is there once. */
static void with(struct buf *out, const char *from, const char *to)
{
	const char *at = strstr(sample, from);

	assert_true(at && !strstr(at + 1, from));
	buf_put(out, bytes_of((const uint8_t *)sample, (size_t)(at - sample)));
	buf_str(out, to);
	buf_str(out, at + strlen(from));
}

static void check_refused(const char *from, const char *to, const char *text)
{
	owned(buf_free) struct buf file = BUF(BUILDINFO_MAX);
	owned(buildinfo_free) struct buildinfo b;
	struct err e = {0};

	with(&file, from, to);
	assert_false(buildinfo_read(&b, buf_bytes(&file), &e));
	check_err(&e, REASON_BUILDINFO, text);
}

static void check_sample(const struct buildinfo *b)
{
	assert_string_equal(b->source, "box");
	assert_string_equal(b->version, "1:2-3");
	assert_string_equal(b->architecture, "amd64");
	assert_string_equal(b->path, "/build/box/box-2");
	assert_int_equal(b->n_packages, 3);
	assert_string_equal(b->packages[0].name, "base-files");
	assert_string_equal(b->packages[1].version, "12.2.0-14");
	assert_string_equal(b->packages[2].name, "libc6");
	assert_string_equal(b->packages[2].version, "2.36-9");
	assert_int_equal(b->n_environment, 3);
	assert_string_equal(b->environment[0].value, "parallel=2");
	assert_string_equal(b->environment[1].value, "a \"b\" \\c");
	assert_int_equal(b->n_files, 2);
	assert_string_equal(b->files[1].name, "box-dbg_2-3_amd64.deb");
	assert_int_equal(b->files[1].object.size, 12);
	assert_int_equal(b->files[1].object.sha256.v[31], 0x22);
}

static void what_a_builder_says_is_read(void **state)
{
	owned(buildinfo_free) struct buildinfo b;
	struct err e = {0};

	(void)state;
	assert_true(buildinfo_read(&b, bytes_str(sample), &e));
	check_no_err(&e);
	assert_false(b.is_signed);
	check_sample(&b);
}

static void what_may_be_left_out_may(void **state)
{
	static const char least[] =
		"Format: 1.0\nSource: box (1)\nVersion: 1\n"
		"Build-Architecture: amd64\nInstalled-Build-Depends: gcc (= 1)\n";
	owned(buildinfo_free) struct buildinfo b;
	struct err e = {0};

	(void)state;
	assert_true(buildinfo_read(&b, bytes_str(least), &e));
	assert_true(!b.path && b.n_environment == 0 && b.n_files == 0 && b.n_packages == 1);
}

static void what_is_no_buildinfo_is_refused(void **state)
{
	(void)state;
	check_refused("Format: 1.0", "Format: 2.0", "the format is not 1.0: '2.0'");
	check_refused("Format: 1.0\n", "", "has no field 'Format'");
	check_refused("Source: box\n", "", "has no field 'Source'");
	check_refused("1:2-3", "1:2 3", "the version is none: '1:2 3'");
	check_refused("Build-Architecture: amd64", "Build-Architecture: ../x",
		      "the architecture is none: '../x'");
	check_refused("/build/box/box-2", "build/box", "the path is not absolute: 'build/box'");
	check_refused(" libc6 (= 2.36-9)", " libc6 (>= 2.36-9)",
		      "an installed package is not 'NAME (= VERSION)': 'libc6 (>= 2.36-9)'");
	check_refused(" libc6 (= 2.36-9)", " libc6",
		      "an installed package is not 'NAME (= VERSION)': 'libc6'");
	check_refused(" libc6 (= 2.36-9)", " libc6 (= 1) | libc7 (= 1)",
		      "an installed package is not 'NAME (= VERSION)': 'libc7 (= 1)'");
	check_refused(" libc6 (= 2.36-9)", " gcc-12 (= 1)",
		      "a package is installed twice: 'gcc-12'");
	check_refused("X=", "9X=", "a variable is not NAME=\"value\": '9X=\"a \\\"b\\\" \\c\"'");
	check_refused("\\\"b", "\"b", "a variable is not NAME=\"value\": 'X=\"a \"b\\\" \\c\"'");
	check_refused("\"parallel=2\"", "parallel=2",
		      "a variable is not NAME=\"value\": 'DEB_BUILD_OPTIONS=parallel=2'");
	check_refused(" X=", " DEB_BUILD_OPTIONS=",
		      "a variable is there twice: "
		      "'DEB_BUILD_OPTIONS'");
	check_refused("box-dbg_2-3", "box_2-3", "a file is there twice: 'box_2-3_amd64.deb'");
	check_refused(" 680 ", " -680 ", "'-680' is no size");
	check_refused("Binary: box\n", "\nBinary: box\n", "a second paragraph follows");
	check_refused("Binary: box", "Source: box", "a second field is called 'Source'");
}

static void a_foreign_package_alone_is_no_root(void **state)
{
	static const char text[] =
		"Format: 1.0\nSource: box\nVersion: 1\nBuild-Architecture: amd64\n"
		"Installed-Build-Depends: gcc:i386 (= 1)\n";
	owned(buildinfo_free) struct buildinfo b;
	struct err e = {0};

	(void)state;
	assert_false(buildinfo_read(&b, bytes_str(text), &e));
	check_err(&e, REASON_BUILDINFO, "no package of amd64 is installed");
}

/* ---- clear-signed */

#define BEGIN "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n"
#define SIGNATURE "-----BEGIN PGP SIGNATURE-----\n\niQ==\n=abcd\n-----END PGP SIGNATURE-----\n"

static bool read_signed(struct buildinfo *b, const char *head, const char *text, const char *tail,
			struct err *e)
{
	owned(buf_free) struct buf file = BUF(BUILDINFO_MAX);

	buf_fmt(&file, "%s%s%s", head, text, tail);
	return buildinfo_read(b, buf_bytes(&file), e);
}

static void the_text_of_a_signed_one_is_taken_and_said_to_be_signed(void **state)
{
	owned(buildinfo_free) struct buildinfo b;
	struct err e = {0};

	(void)state;
	assert_true(read_signed(&b, BEGIN, sample, SIGNATURE, &e));
	check_no_err(&e);
	assert_true(b.is_signed);
	check_sample(&b);
}

static void what_is_not_under_the_signature_is_refused(void **state)
{
	static const struct {
		const char *head, *text, *tail, *why;
	} cases[] = {
		{BEGIN, sample, "", "the signed text has no signature behind it"},
		{BEGIN, sample, "-----BEGIN PGP SIGNATURE-----\n", "the signature has no end"},
		{BEGIN, sample, SIGNATURE "Source: evil\n", "13 bytes follow the signature"},
		{"Source: evil\n" BEGIN, sample, SIGNATURE, ""},
		{"-----BEGIN PGP SIGNED MESSAGE-----\nSource: evil\n\n", sample, SIGNATURE,
		 "a header of a signed text is not known: 'Source: evil'"},
		{BEGIN "-Format: 1.0\n", sample, SIGNATURE,
		 "a line of the signed text is not escaped: '-Format: 1.0'"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		owned(buildinfo_free) struct buildinfo b;
		struct err e = {0};

		assert_false(read_signed(&b, cases[i].head, cases[i].text, cases[i].tail, &e));
		assert_string_equal(reason_slug(e.reason), "buildinfo");
		if (cases[i].why[0])
			assert_string_equal(e.text, cases[i].why);
	}
}

/* ---- against a recipe and its lock */

struct pair {
	struct recipe_stage stage;
	struct recipe recipe;
	struct lock_input input[2];
	const char *variable[2];
	struct lock_stage locked;
	struct lock lock;
	struct recipe_pair expect[2];
};

static void make_pair(struct pair *p)
{
	*p = (struct pair){
		.stage = {.name = "box", .path = "/build/box"},
		.recipe = {.n_stages = 1},
		.input = {{.input = "root",
			   .name = "libc6",
			   .version = "2.36-9",
			   .architecture = "amd64"},
			  {.input = "root",
			   .name = "base-files",
			   .version = "12.4+deb12u11",
			   .architecture = "all"}},
		.variable = {"DEB_BUILD_OPTIONS=parallel=2", "X=a \"b\" \\c"},
		.lock = {.epoch = 1767225600, .n_inputs = 2, .n_stages = 1},
		.expect = {{.value = ONES}, {.value = TWOS}},
	};
	p->recipe.stages = &p->stage;
	p->recipe.expect.item = p->expect;
	p->recipe.expect.n = 2;
	p->locked.environment = (struct lock_texts){p->variable, 2};
	p->lock.inputs = p->input;
	p->lock.stages = &p->locked;
}

static bool fits(const struct pair *p, struct answer *a, struct err *e)
{
	owned(buildinfo_free) struct buildinfo b;

	assert_true(buildinfo_read(&b, bytes_str(sample), e));
	*a = (struct answer){0};
	return buildinfo_fits(&b, &p->recipe, &p->lock, a, e);
}

static void check_unfit(const struct pair *p, const char *text)
{
	static struct answer a;
	struct err e = {0};

	assert_false(fits(p, &a, &e));
	check_err(&e, REASON_BUILDINFO, text);
}

static void another_place_time_or_architecture_is_another_build(void **state)
{
	struct pair p;

	(void)state;
	make_pair(&p);
	p.stage.path = "/build/bo";
	check_unfit(&p, "it was built in '/build/box/box-2', and no stage of the recipe is there");
	make_pair(&p);
	p.lock.epoch++;
	check_unfit(&p, "its SOURCE_DATE_EPOCH is '1767225600', and the recipe's 1767225601");
	make_pair(&p);
	p.input[0].architecture = "arm64";
	check_unfit(&p, "it was built on amd64, and the packages of 'root' are for arm64");
}

static void what_it_says_besides_is_told(void **state)
{
	static struct answer a;
	struct pair p;
	struct err e = {0};

	(void)state;
	make_pair(&p);
	p.variable[1] = "X=other";
	assert_true(fits(&p, &a, &e));
	assert_int_equal(a.n_notes, 1); /* the epoch was compared */
	assert_string_equal(a.notes[0].text,
			    "no stage has X=\"a \"b\" \\c\", as the .buildinfo does");
	p.input[0].version = "2.36-10";
	p.recipe.expect.n = 1;
	p.locked.environment.n = 0;
	assert_true(fits(&p, &a, &e));
	assert_int_equal(a.n_notes, 4);
	assert_string_equal(a.notes[0].text, "1 of 2 packages are none of the .buildinfo's");
	assert_string_equal(a.notes[3].text,
			    "the recipe expects the digests of 1 of the .buildinfo's 2 files");
}

/* ---- written */

struct made {
	struct recipe_input input;
	struct recipe_stage stage;
	struct recipe recipe;
	struct lock_input locked[2];
	const char *variable[2];
	struct lock_stage locked_stage;
	struct lock lock;
};

static void make_made(struct made *m)
{
	*m = (struct made){
		.input = {.name = "root", .kind = INPUT_PACKAGES},
		.stage = {.name = "app", .root = "root", .path = "/build/app"},
		.recipe = {.product = "example.org/box",
			   .version = "1.0",
			   .n_inputs = 1,
			   .n_stages = 1},
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
	};
	m->recipe.inputs = &m->input;
	m->recipe.stages = &m->stage;
	m->locked_stage.environment = (struct lock_texts){m->variable, 2};
	m->lock.inputs = m->locked;
	m->lock.stages = &m->locked_stage;
}

static void what_was_built_is_told_as_a_debian_builder_does(void **state)
{
	struct folder f;
	struct made m;
	owned(buf_free) struct buf out = BUF(BUILDINFO_MAX);
	owned(buildinfo_text_free) struct buildinfo_text t = BUILDINFO_TEXT;
	owned(buildinfo_free) struct buildinfo b;
	struct err e = {0};

	(void)state;
	make_made(&m);
	folder_new(&f);
	folder_file(&f, "box.eif", "one", 3);
	folder_file(&f, "a", "", 0);
	assert_true(buildinfo_tell(&t, &m.recipe, &m.lock, NULL, &e));
	assert_true(buildinfo_write(&t, f.path, &out, &e));
	assert_string_equal(
		buf_cstr(&out),
		"Format: 1.0\nSource: box\nArchitecture: amd64\nVersion: 1.0\nChecksums-Sha256:\n"
		" e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 0 a\n"
		" 7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed 3 box.eif\n"
		"Build-Architecture: amd64\nBuild-Path: /build/app\nInstalled-Build-Depends:\n"
		" base-files (= 12),\n libc6 (= 2.36-9)\nEnvironment:\n"
		" SOURCE_DATE_EPOCH=\"7\"\n X=\"a \\\"b\\\"\"\n");
	assert_true(buildinfo_read(&b, buf_bytes(&out), &e));
	check_no_err(&e);
	assert_string_equal(b.environment[1].value, "a \"b\"");
	assert_int_equal(b.n_packages, 2);
	assert_int_equal(b.n_files, 2);
	folder_free(&f);
}

static void check_untold(const struct made *m, const char *stage, enum reason reason,
			 const char *text)
{
	owned(buildinfo_text_free) struct buildinfo_text t = BUILDINFO_TEXT;
	struct err e = {0};

	assert_false(buildinfo_tell(&t, &m->recipe, &m->lock, stage, &e));
	check_err(&e, reason, text);
}

static void what_no_debian_builder_could_say_is_not_written(void **state)
{
	struct made m;

	(void)state;
	make_made(&m);
	check_untold(&m, "none", REASON_USAGE,
		     "a .buildinfo is of a stage, and the recipe has no stage none");
	m.recipe.n_stages = 0;
	check_untold(&m, NULL, REASON_USAGE,
		     "a .buildinfo is of a stage, and the recipe has no stages");
	make_made(&m);
	m.input.kind = INPUT_FILE;
	check_untold(&m, "app", REASON_USAGE,
		     "a .buildinfo is of packages, and the root of stage 'app' is none of them");
	make_made(&m);
	m.recipe.product = "example.org/Box";
	check_untold(&m, "app", REASON_USAGE, "'Box' is no name of a Debian source");
	make_made(&m);
	m.recipe.version = "one";
	check_untold(&m, "app", REASON_USAGE, "'one' is no version of a Debian source");
	make_made(&m);
	m.variable[0] = "A=b\nc";
	check_untold(&m, "app", REASON_USAGE, "a .buildinfo has no place for the lines of 'A'");
	make_made(&m);
	m.locked_stage.name = "other";
	check_untold(&m, "app", REASON_UNLOCKED, "the lock has no such stage");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_builder_says_is_read),
		cmocka_unit_test(what_may_be_left_out_may),
		cmocka_unit_test(what_is_no_buildinfo_is_refused),
		cmocka_unit_test(a_foreign_package_alone_is_no_root),
		cmocka_unit_test(the_text_of_a_signed_one_is_taken_and_said_to_be_signed),
		cmocka_unit_test(what_is_not_under_the_signature_is_refused),
		cmocka_unit_test(another_place_time_or_architecture_is_another_build),
		cmocka_unit_test(what_it_says_besides_is_told),
		cmocka_unit_test(what_was_built_is_told_as_a_debian_builder_does),
		cmocka_unit_test(what_no_debian_builder_could_say_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
