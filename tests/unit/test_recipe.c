#include "measure/rebuild/recipe.h"

#include <stdio.h>

#include "tests/unit/support_check.h"

/* Seven lines, and a folder of parts that most tests build on. */
#define HEAD                          \
	"recipe: 1\n"                 \
	"product: example.org/shop\n" \
	"version: \"1.0\"\n"          \
	"vendor: example.org\n"
#define FILES                      \
	"inputs:\n"                \
	"  one: {file: one.txt}\n" \
	"  os: {image: os.tar}\n"  \
	"files: {out.txt: one}\n"
#define STAGE(name, use) "  " name ": {root: os, use: {" use "}, run: \"true\", outputs: {o: o}}\n"

static void read_as(struct recipe *r, const char *text)
{
	struct err e = {0};
	bool ok = recipe_read(r, bytes_str(text), &e);

	check_no_err(&e);
	assert_true(ok);
}

static void refused(const char *text, enum reason reason, const char *said)
{
	struct recipe r = {0};
	struct err e = {0};

	assert_false(recipe_read(&r, bytes_str(text), &e));
	check_err(&e, reason, said);
	assert_null(r.inputs);
}

static void the_templates_are_recipes(void **state)
{
	(void)state;
	for (const struct recipe_template *t = recipe_templates; t->name; t++) {
		struct recipe r;
		struct err e = {0};

		if (!recipe_read(&r, t->text, &e))
			fail_msg("%s: %s", t->name, e.text);
		assert_string_equal(r.product, "example.org/shop");
		assert_true(r.image == (strcmp(t->name, "eif") == 0 ? IMAGE_IS_EIF : IMAGE_IS_SNP));
		recipe_free(&r);
	}
}

static void what_is_not_said_has_its_default(void **state)
{
	struct recipe r;
	const struct recipe_stage *s;

	(void)state;
	read_as(&r, HEAD FILES "stages:\n" STAGE("app", ""));
	assert_int_equal(r.n_inputs, 2);
	assert_int_equal(r.n_stages, 1);
	assert_false(r.has_epoch);
	s = recipe_stage(&r, "app");
	assert_string_equal(s->path, "/build/app");
	assert_int_equal(s->jobs, 1);
	assert_int_equal(s->limits.seconds, RECIPE_SECONDS);
	assert_int_equal(s->limits.memory, RECIPE_MEMORY);
	assert_int_equal(s->limits.disk, RECIPE_DISK);
	assert_int_equal(s->limits.processes, RECIPE_PROCESSES);
	assert_true(r.image == IMAGE_IS_NONE);
	assert_null(r.artefact);
	recipe_free(&r);
	read_as(&r, HEAD "suites:\n  s: {archive: debian, suite: bookworm, keys: "
			 "[0123456789ABCDEF0123456789ABCDEF01234567]}\n"
			 "inputs:\n  p: {packages: [a], from: [s]}\n"
			 "  q: {packages: [a], from: [s], dependencies: false}\n"
			 "files: {f: \"p:bin/a\"}\n");
	assert_string_equal(r.suites[0].architecture, "amd64");
	assert_string_equal(r.suites[0].components.item[0], "main");
	assert_true(r.inputs[0].dependencies && r.inputs[0].essential && !r.inputs[0].configure);
	assert_false(r.inputs[1].dependencies || r.inputs[1].essential);
	recipe_free(&r);
}

static void references_are_taken_apart(void **state)
{
	struct recipe r;
	struct recipe_ref ref;

	(void)state;
	read_as(&r, HEAD FILES "stages:\n" STAGE("app", ""));
	ref = recipe_ref(&r, "one");
	assert_string_equal(ref.input->name, "one");
	assert_null(ref.path);
	ref = recipe_ref(&r, "os:bin/sh");
	assert_string_equal(ref.input->name, "os");
	assert_string_equal(ref.path, "bin/sh");
	ref = recipe_ref(&r, "app/o:a/b");
	assert_null(ref.input);
	assert_string_equal(ref.stage->name, "app");
	assert_string_equal(ref.output, "o");
	assert_string_equal(ref.path, "a/b");
	recipe_free(&r);
}

static void stages_stand_behind_what_they_wait_for(void **state)
{
	struct recipe r;

	(void)state;
	read_as(&r, HEAD FILES "stages:\n" STAGE("c", "x: b/o, w: a/o") STAGE("b", "x: a/o")
			    STAGE("z", "") STAGE("a", ""));
	assert_string_equal(r.stages[0].name, "z");
	assert_string_equal(r.stages[1].name, "a");
	assert_string_equal(r.stages[2].name, "b");
	assert_string_equal(r.stages[3].name, "c");
	recipe_free(&r);
}

static void what_is_used_stands_behind_what_it_lies_in(void **state)
{
	struct recipe r;

	(void)state;
	read_as(&r, HEAD FILES "stages:\n" STAGE("a", "b: one, +: one, a/b: one, .: os, a: os"));
	assert_string_equal(r.stages[0].use.item[0].name, ".");
	assert_string_equal(r.stages[0].use.item[1].name, "+");
	assert_string_equal(r.stages[0].use.item[2].name, "a");
	assert_string_equal(r.stages[0].use.item[3].name, "a/b");
	assert_string_equal(r.stages[0].use.item[4].name, "b");
	recipe_free(&r);
}

static void an_origin_is_told_from_a_path(void **state)
{
	struct recipe r;

	(void)state;
	read_as(&r, HEAD "source: {git: .}\n"
			 "inputs:\n"
			 "  a: {file: debian:pool/a.tar.xz, unpack: true}\n"
			 "  b: {file: sub/b.txt}\n"
			 "files: {a: a:x, b: b}\n");
	assert_string_equal(r.inputs[0].name, RECIPE_SOURCE);
	assert_string_equal(r.inputs[0].path, ".");
	assert_string_equal(r.inputs[1].origin, "debian:pool/a.tar.xz");
	assert_null(r.inputs[1].path);
	assert_string_equal(r.inputs[2].path, "sub/b.txt");
	assert_null(r.inputs[2].origin);
	recipe_free(&r);
}

struct refusal {
	const char *text, *said;
};

static void each_refused(const struct refusal *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		refused(rows[i].text, REASON_RECIPE, rows[i].said);
}

static void names_and_paths_are_checked(void **state)
{
	static const struct refusal rows[] = {
		{HEAD "inputs:\n  .a: {file: f}\nfiles: {f: .a}\n",
		 "line 6: '.a' is no name of an input: 1 to 64 letters, digits and . _ + -, the "
		 "first neither . nor -"},
		{HEAD "inputs:\n  a: {file: /etc/passwd}\nfiles: {f: a}\n",
		 "line 6: the path '/etc/passwd' is absolute"},
		{HEAD "inputs:\n  a: {file: ../f}\nfiles: {f: a}\n",
		 "line 6: the path '../f' leads out"},
		{HEAD "inputs:\n  a: {file: a//f}\nfiles: {f: a}\n",
		 "line 6: the path 'a//f' has an empty part"},
		{HEAD "inputs:\n  a: {file: ./f}\nfiles: {f: a}\n",
		 "line 6: the path './f' has a part that is '.'"},
		{HEAD "inputs:\n  a: {file: 'a\\b'}\nfiles: {f: a}\n",
		 "line 6: 'a\\b' is neither a path nor an origin"},
		{HEAD FILES "stages:\n  s: {root: os, path: build, run: x, outputs: {o: o}}\n",
		 "line 10: the path 'build' is not absolute"},
		{HEAD FILES "stages:\n  s: {root: os, path: /tmp/x, run: x, outputs: {o: o}}\n",
		 "line 10: the path '/tmp/x' is one that the sandbox has for itself"},
		{HEAD FILES "stages:\n  s: {root: os, path: /a/../b, run: x, outputs: {o: o}}\n",
		 "line 10: the path '/a/../b' leads out"},
		{HEAD FILES "stages:\n  s: {root: os, run: x, outputs: {o: ../o}}\n",
		 "line 10: the path '../o' leads out"},
		{HEAD FILES "stages:\n" STAGE("s", "../x: one"),
		 "line 10: the path '../x' leads out"},
		{HEAD FILES "stages:\n  s: {root: os, environment: {1A: b}, run: x, outputs: {o: "
			    "o}}\n",
		 "line 10: '1A' is no name of a variable"},
		{HEAD FILES "stages:\n  s: {root: os, environment: {SOURCE_DATE_EPOCH: b}, run: x, "
			    "outputs: {o: o}}\n",
		 "line 10: SOURCE_DATE_EPOCH is what 'epoch' says"},
		{HEAD "inputs: {a: {file: f}}\nfiles: {build.json: a}\n",
		 "line 6: 'build.json' is the name of what each build writes"},
		{HEAD "inputs: {a: {image: f, links: {/bin/sh: dash}}}\nfiles: {f: a:f}\n",
		 "line 5: the path '/bin/sh' is absolute"},
		{HEAD "inputs: {a: {image: f, links: {bin/sh: \"\\n\"}}}\nfiles: {f: a:f}\n",
		 "line 5: '\n' is no target of a link"},
	};

	(void)state;
	each_refused(rows, COUNT(rows));
}

static void what_is_said_of_all_is_checked(void **state)
{
	static const struct refusal rows[] = {
		{"recipe: 2\nproduct: a\nversion: b\nvendor: c\n",
		 "line 1: the form of the recipe is 2 and must be 1"},
		{"recipe: 1\nproduct: /a\nversion: b\nvendor: c\n",
		 "line 2: the product \"/a\" has a part that is no name"},
		{"recipe: 1\nproduct: a\nversion: b/c\nvendor: c\n",
		 "line 3: the version \"b/c\" is not one component of a path"},
		{"recipe: 1\nproduct: a\nversion: b\nvendor: ' c'\n",
		 "line 4: the vendor \" c\" begins or ends with a blank"},
		{HEAD "epoch: 1969-12-31T23:59:59Z\nfiles: {}\n",
		 "line 5: the epoch 1969-12-31T23:59:59Z is not from 1970 to 2106"},
		{HEAD "files: {}\n",
		 "line 1: the recipe makes nothing: it needs one of eif, snp, files"},
		{HEAD "suites:\n  s: {archive: d, suite: b, keys: []}\n",
		 "line 6: the suite 's' has no key"},
		{HEAD "suites:\n  s: {archive: d, suite: b, keys: [abcd]}\n",
		 "line 6: 'abcd' is no fingerprint: 40 digits, letters in upper case"},
		{HEAD "suites:\n  s: {archive: d, suite: b, snapshot: \"2026\", keys: "
		      "[0123456789ABCDEF0123456789ABCDEF01234567]}\n",
		 "line 6: the snapshot '2026' is not of the form 20261101T000000Z"},
	};

	(void)state;
	each_refused(rows, COUNT(rows));
}

static void an_input_is_of_one_kind(void **state)
{
	static const struct refusal rows[] = {
		{HEAD "inputs:\n  a: {file: f, git: .}\n",
		 "line 6: the input 'a' is both 'file' and 'git'"},
		{HEAD "inputs:\n  a: {unpack: true}\n",
		 "line 6: the input 'a' is nothing: it needs one of packages, file, image, git"},
		{HEAD "inputs:\n  a: {file: f, commit: abc}\n",
		 "line 6: 'commit' has no meaning: the input 'a' is a file"},
		{HEAD "inputs:\n  a: {packages: [], from: []}\n",
		 "line 6: the input 'a' names no package"},
		{HEAD "inputs:\n  a: {packages: [b]}\n",
		 "line 6: 'from' is missing: the suites of the input 'a'"},
		{HEAD "inputs:\n  a: {packages: [b], from: [c]}\n",
		 "line 6: the input 'a': there is no suite 'c'"},
		{HEAD "inputs:\n  a: {file: f, sha256: ABCD}\n",
		 "line 6: sha256 'ABCD' is not 64 hexadecimal digits in lower case"},
		{HEAD "inputs:\n  a: {git: ., commit: abcd}\n",
		 "line 6: commit 'abcd' is not 40 hexadecimal digits in lower case"},
		{HEAD "inputs:\n  a: {file: f, import: cargo, unpack: true}\n",
		 "line 6: the input 'a' is both imported and unpacked"},
		{HEAD "inputs:\n  source: {file: f}\n",
		 "line 6: the name 'source' is that of what 'source:' says"},
		{HEAD FILES "stages:\n" STAGE("one", ""),
		 "line 10: the stage 'one' has the name of an input in line 6"},
	};

	(void)state;
	each_refused(rows, COUNT(rows));
}

static void references_name_what_there_is(void **state)
{
	static const struct refusal rows[] = {
		{HEAD "files: {f: a}\n", "line 5: 'a': there is no input 'a'"},
		{HEAD "files: {f: a/b}\n", "line 5: 'a/b': there is no stage 'a'"},
		{HEAD FILES "expect: {os: abcd}\n", "line 9: 'os' is a tree, and a file is needed"},
		{HEAD FILES "stages:\n" STAGE("s", ".: one"),
		 "line 10: 'one' is a file, and a tree is needed"},
		{HEAD FILES "stages:\n" STAGE("s", "x: one:y"),
		 "line 10: 'one:y': the input 'one' is a file, and nothing is in it"},
		{HEAD FILES "stages:\n" STAGE("s", "x: os:/y"),
		 "line 10: the path '/y' is absolute"},
		{HEAD FILES "stages:\n" STAGE("s", "") STAGE("t", "x: s/p"),
		 "line 11: 's/p': the stage 's' has no such output"},
		{HEAD FILES "stages:\n" STAGE("s", "") STAGE("t", "x: s"),
		 "line 11: 's': there is no input 's'"},
		{HEAD FILES "stages:\n  s: {root: one, run: x, outputs: {o: o}}\n",
		 "line 10: the root of 's' is 'one', which is neither packages nor an image nor an "
		 "archive that is unpacked"},
		{HEAD FILES "stages:\n  s: {root: \"os:x\", run: x, outputs: {o: o}}\n",
		 "line 10: the root of 's' is 'os:x', which is no input"},
		{HEAD FILES "stages:\n  s: {root: os, run: x, outputs: {}}\n",
		 "line 10: the stage 's' has no output"},
		{HEAD FILES "expect: {one: abcd}\n",
		 "line 9: what is expected of 'one' is not 64 hexadecimal digits in lower case"},
	};

	(void)state;
	each_refused(rows, COUNT(rows));
}

static void a_cycle_is_told_in_its_order(void **state)
{
	(void)state;
	refused(HEAD FILES "stages:\n" STAGE("a", "x: b/o") STAGE("b", "x: c/o")
			STAGE("c", "x: b/o"),
		REASON_RECIPE, "line 11: a cycle of stages: 'b' waits for 'c' waits for 'b'");
	refused(HEAD FILES "stages:\n" STAGE("a", "x: a/o"), REASON_RECIPE,
		"line 10: a cycle of stages: 'a' waits for 'a'");
}

static void numbers_have_limits(void **state)
{
#define LIMITS(text) HEAD FILES "stages:\n  s: {root: os, " text ", run: x, outputs: {o: o}}\n"
	static const struct refusal rows[] = {
		{LIMITS("jobs: 0"), "line 10: jobs is 0 and must be 1 to 256"},
		{LIMITS("jobs: 257"), "line 10: jobs is 257 and must be 1 to 256"},
		{LIMITS("limits: {seconds: 604801}"),
		 "line 10: seconds is 604801 and must be 1 to 604800"},
		{LIMITS("limits: {memory: 0}"), "line 10: memory is 0 and must be 1 to 16777216"},
		{LIMITS("limits: {disk: 0}"), "line 10: disk is 0 and must be 1 to 16777216"},
		{LIMITS("limits: {processes: 65537}"),
		 "line 10: processes is 65537 and must be 1 to 65536"},
	};
	struct buf text = BUF(1u << 20);

	(void)state;
	each_refused(rows, COUNT(rows));
	buf_str(&text, HEAD "inputs:\n");
	for (int i = 0; i < 256; i++)
		buf_fmt(&text, "  i%d: {file: f}\n", i);
	refused(buf_cstr(&text), REASON_LIMIT, "line 5: needs at most 255 entries, found 256");
	buf_free(&text);
}

#define EIF \
	HEAD "inputs: {one: {file: one}, os: {image: os}}\neif:\n  artefact: a.eif\n  cmdline: c\n"
#define SNP                                                                                    \
	HEAD "inputs: {one: {file: one}, os: {image: os}}\nsnp:\n  artefact: a\n  ovmf: one\n" \
	     "  vcpus: \"1\"\n"

static void images_are_checked(void **state)
{
	static const struct refusal rows[] = {
		{EIF "  kernel: one\n",
		 "line 6: the image has no ramdisk: it needs 'rootfs' or 'ramdisks'"},
		{EIF "  kernel: os\n", "line 9: 'os' is a tree, and a file is needed"},
		{EIF "  kernel: one\n  rootfs: one\n",
		 "line 10: 'one' is a file, and a tree is needed"},
		{EIF "  kernel: one\n  ramdisks: [os]\n",
		 "line 10: 'os' is a tree, and a file is needed"},
		{EIF "  kernel: one\n  ramdisks: [one]\n  cmd: [a]\n",
		 "line 11: 'cmd' has a meaning with 'rootfs' alone"},
		{EIF "  kernel: one\n  rootfs: os\n  environment: {a=b: c}\n",
		 "line 11: 'a=b' is no name of a variable"},
		{EIF "  kernel: one\n  rootfs: os\n  profile: nitro-cli\n",
		 "line 6: profile nitro-cli is for the vendor's init: 'init' names it"},
		{EIF "  kernel: one\n  rootfs: os\n  certificate: /c\n",
		 "line 11: '/c': there is no stage ''"},
		{EIF "  kernel: one\n  rootfs: os\nsnp: {artefact: a, ovmf: one, vcpus: \"1\"}\n",
		 "line 11: a recipe makes one image: 'eif' stands in line 6"},
		{EIF "  kernel: one\n  rootfs: os\nfiles: {a.eif: one}\n",
		 "line 11: 'a.eif' is the artefact's name"},
		{EIF "  kernel: one\n  rootfs: os\nexpect: {PCR0: abcd}\n",
		 "line 11: what is expected of 'PCR0' is not 96 hexadecimal digits in lower case"},
		{EIF "  kernel: one\n  rootfs: os\nexpect: {PCR3: abcd}\n",
		 "line 11: 'PCR3': there is no input 'PCR3'"},
		{SNP "  initrd: one\n", "line 10: 'initrd' has a meaning with 'kernel' alone"},
		{SNP "  kernel: one\n  rootfs: os\n",
		 "line 6: 'cmdline' is missing: it binds 'rootfs'"},
		{SNP "expect: {a: abcd}\n", "line 10: 'a': there is no input 'a'"},
	};

	(void)state;
	each_refused(rows, COUNT(rows));
}

static void hints_tell_the_nearest(void **state)
{
	static const struct refusal rows[] = {
		{HEAD "inputs: {kernel: {file: k}}\nfiles: {f: kernle}\n",
		 "did you mean 'kernel'?"},
		{HEAD FILES "stages:\n" STAGE("stage", "") STAGE("t", "x: stgae/o"),
		 "did you mean 'stage'?"},
		{HEAD FILES "stages:\n" STAGE("s", "") STAGE("t", "x: s"),
		 "of a stage it is an output that is named: 's/OUTPUT'"},
		{HEAD FILES "expect: {os: abcd}\n", "name one in it: 'os:PATH'"},
		{HEAD FILES "stages:\n" STAGE("s", ".: one"),
		 "an archive is one with 'unpack: true'"},
		{HEAD FILES "stages:\n" STAGE("s", "x: one:y"),
		 "an archive has files with 'unpack: true'"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct recipe r = {0};
		struct err e = {0};

		assert_false(recipe_read(&r, bytes_str(rows[i].text), &e));
		assert_string_equal(e.hint, rows[i].said);
	}
}

static void what_the_schema_does_not_know_is_refused(void **state)
{
	(void)state;
	refused(HEAD "imputs: {}\n", REASON_YAML,
		"line 5: unknown key 'imputs'; known here: recipe, product, version, vendor, epoch, "
		"source, suites, inputs, stages, eif, snp, files, expect");
	refused(HEAD FILES "stages:\n" STAGE("s", "") STAGE("s", ""), REASON_YAML,
		"line 11: key 's' stands twice, first in line 10");
	refused(HEAD "inputs: []\n", REASON_YAML, "line 5: 'inputs' needs a map, found a list");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_templates_are_recipes),
		cmocka_unit_test(what_is_not_said_has_its_default),
		cmocka_unit_test(references_are_taken_apart),
		cmocka_unit_test(stages_stand_behind_what_they_wait_for),
		cmocka_unit_test(what_is_used_stands_behind_what_it_lies_in),
		cmocka_unit_test(an_origin_is_told_from_a_path),
		cmocka_unit_test(names_and_paths_are_checked),
		cmocka_unit_test(what_is_said_of_all_is_checked),
		cmocka_unit_test(an_input_is_of_one_kind),
		cmocka_unit_test(references_name_what_there_is),
		cmocka_unit_test(a_cycle_is_told_in_its_order),
		cmocka_unit_test(numbers_have_limits),
		cmocka_unit_test(images_are_checked),
		cmocka_unit_test(hints_tell_the_nearest),
		cmocka_unit_test(what_the_schema_does_not_know_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
