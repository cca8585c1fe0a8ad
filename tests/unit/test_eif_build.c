#include "eif/build.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_eif.h"
#include "tests/unit/support_folder.h"

/* The parts of a forged image as files, and what eif_build() wants to know. */
struct parts {
	struct folder folder;
	struct eif_parts p;
	const char *ramdisks[32];
	char *paths[33];
};

static char *part_file(struct parts *x, const char *name, const struct forge_section *s)
{
	return strdup(folder_file(&x->folder, name, s->data, s->n));
}

/* Sections as forge_base() has them: kernel, cmdline, metadata, ramdisks. */
static void parts_of(struct parts *x, const struct forge *f)
{
	char name[32];

	x->paths[0] = part_file(x, "kernel", &f->section[0]);
	for (size_t i = 3; i < f->n; i++) {
		snprintf(name, sizeof(name), "rd%zu", i - 3);
		x->paths[i] = part_file(x, name, &f->section[i]);
		x->ramdisks[i - 3] = x->paths[i];
	}
	x->p = (struct eif_parts){
		.flags = f->flags,
		.kernel = x->paths[0],
		.cmdline = bytes_of(f->section[1].data, f->section[1].n),
		.metadata = bytes_of(f->section[2].data, f->section[2].n),
		.ramdisks = x->ramdisks,
		.n_ramdisks = f->n - 3,
	};
}

static int setup(void **state)
{
	struct parts *x = calloc(1, sizeof(*x));
	struct forge f = forge_base();

	folder_new(&x->folder);
	parts_of(x, &f);
	*state = x;
	return 0;
}

static void drop_paths(struct parts *x)
{
	for (size_t i = 0; i < COUNT(x->paths); i++) {
		free(x->paths[i]);
		x->paths[i] = NULL;
	}
}

static int teardown(void **state)
{
	struct parts *x = *state;

	drop_paths(x);
	folder_free(&x->folder);
	free(x);
	return 0;
}

static void check_registers(const struct answer *a, const struct forge *f)
{
	static const char *const names[] = {"PCR0", "PCR1", "PCR2"};
	uint8_t pcr[3][48];

	forge_registers(f, pcr);
	assert_int_equal(a->registers.n, 3);
	for (size_t i = 0; i < 3; i++)
		assert_memory_equal(mset_get(&a->registers, names[i])->v, pcr[i], 48);
}

static void check_built(struct parts *x, const struct forge *f)
{
	const char *out = folder_path(&x->folder, "out.eif");
	struct forged right = forge_write(f);
	struct answer a;
	struct err e = {0};
	uint8_t *got;
	size_t n;

	answer_init(&a);
	assert_true(eif_build(&x->p, out, &a, &e));
	check_no_err(&e);
	check_registers(&a, f);
	got = folder_read(out, &n);
	assert_int_equal(n, right.n);
	assert_memory_equal(got, right.p, n);
	answer_free(&a);
	free(got);
	free(right.p);
}

static void an_image_has_the_bytes_of_the_second_opinion(void **state)
{
	struct forge f = forge_base();

	check_built(*state, &f);
	f.flags = 1;
	((struct parts *)*state)->p.flags = 1;
	check_built(*state, &f);
}

static void any_number_of_ramdisks_with_room_for_a_signature_is_built(void **state)
{
	struct parts *x = *state;

	for (size_t n = 1; n <= EIF_MAX_RAMDISKS; n += 9) {
		struct forge f = forge_base();

		forge_remove(&f, 4);
		while (f.n < 3 + n)
			forge_append(&f, FORGE_RAMDISK, "more", 1 + f.n % 4);
		drop_paths(x);
		parts_of(x, &f);
		check_built(x, &f);
	}
}

static void large_parts_are_built_in_one_pass(void **state)
{
	struct forge f = forge_base();
	struct parts *x = *state;
	uint8_t *big = malloc(9000001);

	for (size_t i = 0; i < 9000001; i++)
		big[i] = (uint8_t)(i * 31 >> 5);
	f.section[0] = (struct forge_section){.type = FORGE_KERNEL, .data = big, .n = 9000001};
	f.section[4] = (struct forge_section){.type = FORGE_RAMDISK, .data = big, .n = 524288};
	drop_paths(x);
	parts_of(x, &f);
	check_built(x, &f);
	free(big);
}

static void measuring_parts_writes_nothing(void **state)
{
	struct parts *x = *state;
	struct forge f = forge_base();
	size_t before = folder_count(&x->folder);
	struct answer a;
	struct err e = {0};

	answer_init(&a);
	x->p.metadata = bytes_of(NULL, 0);
	assert_true(eif_build(&x->p, NULL, &a, &e));
	check_registers(&a, &f);
	assert_int_equal(a.n_notes, 0);
	assert_int_equal(folder_count(&x->folder), before);
	answer_free(&a);
}

/* Refused with that text, about that file; nothing is written. */
static void check_refused(struct parts *x, enum reason r, const char *text, const char *subject)
{
	const char *out = folder_path(&x->folder, "out.eif");
	size_t before = folder_count(&x->folder);
	struct answer a;
	struct err e = {0};

	answer_init(&a);
	assert_false(eif_build(&x->p, out, &a, &e));
	check_err(&e, r, text);
	assert_string_equal(e.subject, subject);
	assert_int_equal(folder_count(&x->folder), before);
	answer_free(&a);
}

static void a_command_line_that_loaders_differ_on_is_refused(void **state)
{
	struct parts *x = *state;

	x->p.cmdline = bytes_of(NULL, 0);
	check_refused(x, REASON_USAGE,
		      "the command line is empty, and loaders differ on such images", "");
	x->p.cmdline = bytes_of("a\0b", 3);
	check_refused(x, REASON_USAGE, "the command line has a NUL byte at position 1", "");
}

static void too_few_and_too_many_ramdisks_are_refused(void **state)
{
	struct parts *x = *state;
	char text[100];

	x->p.n_ramdisks = 0;
	check_refused(x, REASON_USAGE, "no ramdisk is given, and loaders differ on such images",
		      "");
	for (size_t i = 0; i < 32; i++)
		x->ramdisks[i] = x->paths[3];
	x->p.n_ramdisks = EIF_MAX_RAMDISKS + 1;
	snprintf(text, sizeof(text), "%u ramdisks are given, and %u is the most there is room for",
		 EIF_MAX_RAMDISKS + 1, EIF_MAX_RAMDISKS);
	check_refused(x, REASON_USAGE, text, "");
}

static void empty_and_missing_parts_are_refused_by_name(void **state)
{
	struct parts *x = *state;
	char *empty = strdup(folder_file(&x->folder, "empty", "", 0));
	char *none = strdup(folder_path(&x->folder, "none"));

	x->p.kernel = empty;
	check_refused(x, REASON_USAGE, "kernel: is empty", empty);
	x->p.kernel = none;
	check_refused(x, REASON_NO_SUCH_FILE, "kernel: cannot be opened: No such file or directory",
		      none);
	x->p.kernel = x->folder.path;
	check_refused(x, REASON_NOT_A_FILE, "kernel: is a directory, not a regular file",
		      x->folder.path);
	x->p.kernel = "-";
	check_refused(x, REASON_USAGE, "kernel: is read from a file, not from a stream", "-");
	x->p.kernel = x->paths[0];
	x->ramdisks[1] = empty;
	check_refused(x, REASON_USAGE, "ramdisk: is empty", empty);
	x->ramdisks[1] = none;
	check_refused(x, REASON_NO_SUCH_FILE,
		      "ramdisk: cannot be opened: No such file or directory", none);
	free(empty);
	free(none);
}

static void check_note(struct parts *x, bool writing, enum reason r, const char *text)
{
	const char *out = writing ? folder_path(&x->folder, "noted") : NULL;
	struct answer a;
	struct err e = {0};

	answer_init(&a);
	assert_true(eif_build(&x->p, out, &a, &e));
	assert_int_equal(a.n_notes, r != REASON_NONE);
	assert_int_equal(a.notes[0].reason, r);
	assert_string_equal(a.notes[0].text, text);
	answer_free(&a);
}

static void what_looks_wrong_but_is_measured_right_is_a_warning(void **state)
{
	struct parts *x = *state;
	const char *kernel = x->p.kernel;

	x->p.flags = 1;
	check_note(x, true, REASON_KERNEL_FORMAT, "the kernel is no Image, which aarch64 needs");
	check_note(x, false, REASON_NONE, "");
	x->p.flags = 0;
	x->p.kernel = x->paths[3];
	check_note(x, true, REASON_KERNEL_FORMAT, "the kernel is no bzImage, which x86_64 needs");
	check_note(x, false, REASON_KERNEL_FORMAT,
		   "the kernel is neither a bzImage, which x86_64 needs, nor an Image, which "
		   "aarch64 needs");
	x->p.kernel = kernel;
	x->p.cmdline = bytes_str("quiet\n");
	check_note(x, true, REASON_CMDLINE_NEWLINE,
		   "the command line ends in a newline, which is measured");
	x->p.cmdline = bytes_of(NULL, 0);
	check_note(x, false, REASON_EMPTY_CMDLINE, "the command line is empty");
}

static void a_disk_without_room_leaves_the_old_image_and_nothing_else(void **state)
{
	struct rlimit small = {1024, RLIM_INFINITY}, old;
	struct parts *x = *state;
	const char *out = folder_file(&x->folder, "out.eif", "old", 3);
	size_t n;
	char *got;

	getrlimit(RLIMIT_FSIZE, &old);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	check_refused(x, REASON_NO_SPACE, "cannot be written: File too large", out);
	setrlimit(RLIMIT_FSIZE, &old);
	signal(SIGXFSZ, SIG_DFL);
	got = folder_read(out, &n);
	assert_int_equal(n, 3);
	assert_memory_equal(got, "old", 3);
	free(got);
}

/* The size of such a file is 0, its content is not. */
static void a_part_that_does_not_know_its_size_is_refused(void **state)
{
	struct parts *x = *state;

	x->p.kernel = "/proc/version";
	check_refused(x, REASON_USAGE, "kernel: is empty", "/proc/version");
}

/* A ramdisk that changes its size while the kernel is read: it is open, and its turn is to come. */
struct resize {
	const char *path;
	off_t size;
};

static void resize(void *arg, uint64_t position)
{
	const struct resize *r = arg;

	(void)position;
	assert_int_equal(truncate(r->path, r->size), 0);
}

static void check_resized(struct parts *x, off_t size, const char *text)
{
	struct resize r = {x->paths[4], size};
	const char *kernel = folder_file(&x->folder, "kernel", "", 0);

	assert_int_equal(truncate(kernel, 8 << 20), 0);
	x->p.watch = (struct watch){resize, &r};
	check_refused(x, REASON_FILE_CHANGED, text, x->paths[4]);
	x->p.watch = (struct watch){NULL, NULL};
}

static void a_part_that_shrinks_or_grows_while_it_is_read_is_file_changed(void **state)
{
	struct parts *x = *state;

	check_resized(
		x, 5,
		"ramdisk: the file ended while it was being read; it had 36 bytes when it was "
		"opened");
	folder_file(&x->folder, "rd1", "the second ramdisk, which makes PCR2", 36);
	check_resized(x, 37, "the file grew while it was being read");
}

static void build_for_ever(const struct eif_parts *p, const char *out)
{
	for (;;) {
		struct answer a;
		struct err e = {0};

		answer_init(&a);
		if (!eif_build(p, out, &a, &e))
			_exit(1);
		answer_free(&a);
	}
}

static void a_killed_build_leaves_the_old_image_or_the_new_one(void **state)
{
	struct parts *x = *state;
	struct forge f = forge_base();
	struct forged right = forge_write(&f);

	for (useconds_t delay = 0; delay < 15000; delay += 600) {
		const char *out = folder_file(&x->folder, "out.eif", "old", 3);
		pid_t child = fork();
		size_t n;
		char *got;

		if (child == 0)
			build_for_ever(&x->p, out);
		usleep(delay);
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, NULL, 0), child);
		got = folder_read(out, &n);
		assert_true(n == 3 || n == right.n);
		assert_memory_equal(got, n == 3 ? "old" : (const char *)right.p, n);
		free(got);
	}
	free(right.p);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(an_image_has_the_bytes_of_the_second_opinion),
		TEST(any_number_of_ramdisks_with_room_for_a_signature_is_built),
		TEST(large_parts_are_built_in_one_pass),
		TEST(measuring_parts_writes_nothing),
		TEST(a_command_line_that_loaders_differ_on_is_refused),
		TEST(too_few_and_too_many_ramdisks_are_refused),
		TEST(empty_and_missing_parts_are_refused_by_name),
		TEST(what_looks_wrong_but_is_measured_right_is_a_warning),
		TEST(a_disk_without_room_leaves_the_old_image_and_nothing_else),
		TEST(a_part_that_does_not_know_its_size_is_refused),
		TEST(a_part_that_shrinks_or_grows_while_it_is_read_is_file_changed),
		TEST(a_killed_build_leaves_the_old_image_or_the_new_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
