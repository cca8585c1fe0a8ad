#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/base/listing.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_database.h"
#include "tests/unit/support_git.h"

/*
 * With any byte of any file changed a database is refused, or it says what it said before: no other
 * statement, path or state comes out of it.
 */

#define ENTRIES 3u

static void tell(void *arg, const char *path, const char *what)
{
	(void)path;
	(void)what;
	++*(unsigned *)arg;
}

enum found { REFUSED, STRAY, SAME };

static enum found look(const char *path, const struct buf *before)
{
	owned(buf_free) struct buf texts = BUF(SIGNED_MAX);
	struct err e = {0};
	owned(database_free) struct database *d = database_open(path, &e);
	unsigned strays = 0;
	struct database_stray stray = {tell, &strays};
	bool clean;

	if (!d || !database_all(d, &texts, &e) || !database_audit_tree(d, &stray, &clean, &e)) {
		assert_true(err_is(&e));
		return REFUSED;
	}
	if (database_head(d).height != ENTRIES || !clean)
		return STRAY;
	assert_string_equal(database_name(d), "example.org");
	assert_true(bytes_equal(buf_bytes(&texts), buf_bytes(before)));
	return SAME;
}

struct count {
	unsigned of[3];
};

static void put(const char *file, size_t at, int byte)
{
	FILE *out = fopen(file, "r+b");

	assert_non_null(out);
	assert_int_equal(fseek(out, (long)at, SEEK_SET), 0);
	assert_int_equal(fputc(byte, out), byte);
	assert_int_equal(fclose(out), 0);
}

static void flip_all(const char *database, const char *file, const struct buf *before,
		     struct count *n)
{
	size_t size, step = check_soak() ? 1 : 3;
	uint8_t *p = folder_read(file, &size);

	assert_non_null(p);
	for (size_t i = 0; i < size; i += step) {
		put(file, i, p[i] ^ 0x01);
		n->of[look(database, before)]++;
		put(file, i, p[i]);
	}
	free(p);
}

static void make(struct folder *f, struct buf *before)
{
	struct database *d;
	struct err e = {0};
	bool moved;

	folder_new(f);
	d = database_made(folder_path(f, "db"), false);
	assert_true(database_grow(d, ENTRIES, NULL, &moved, &e) && moved);
	assert_true(database_all(d, before, &e));
	database_free(&d);
}

static void each_byte_of_a_plain_folder_counts(void **state)
{
	static const char *const files[] = {
		"format",
		"head",
		"log/00/00/00",
		"log/00/00/02",
		"products/example.org%2Fblindbox/1.2.3/000001-manifest.corim",
	};
	struct buf before = BUF(SIGNED_MAX);
	struct count n = {0};
	struct folder f;

	(void)state;
	if (!git_here())
		skip();
	make(&f, &before);
	git_run(&f, "git -C db reset -q --hard; rm -rf db/.git");
	for (size_t i = 0; i < COUNT(files); i++) {
		char name[512];

		snprintf(name, sizeof(name), "db/%s", files[i]);
		flip_all(folder_path(&f, "db"), folder_path(&f, name), &before, &n);
	}
	assert_true(n.of[REFUSED] > 100);
	assert_int_equal(n.of[STRAY], 0);
	assert_int_equal(n.of[SAME], 0);
	assert_int_equal(look(folder_path(&f, "db"), &before), SAME);
	buf_free(&before);
	folder_free(&f);
}

static void nothing_else_comes_out_of_a_damaged_repository(void **state)
{
	struct buf before = BUF(SIGNED_MAX);
	struct listing packs = {0};
	struct database *open; /* so that libgit2 begins once */
	struct count n = {0};
	struct folder f;
	struct err e = {0};

	(void)state;
	make(&f, &before);
	open = database_open(folder_path(&f, "db"), &e);
	flip_all(folder_path(&f, "db"), folder_path(&f, "db/.git/refs/heads/main"), &before, &n);
	/* the newline at its end may be another blank */
	assert_true(n.of[SAME] <= 1);
	assert_true(listing_read(&packs, folder_path(&f, "db/.git/objects/pack"), &e));
	for (size_t i = 0; i < packs.n; i++)
		if ((check_soak() || strstr(packs.path[i], ".pack")) &&
		    chmod(packs.path[i], 0644) == 0)
			flip_all(folder_path(&f, "db"), packs.path[i], &before, &n);
	listing_free(&packs);
	database_free(&open);
	print_message("%u refused, %u told, %u the same\n", n.of[REFUSED], n.of[STRAY], n.of[SAME]);
	assert_int_equal(look(folder_path(&f, "db"), &before), SAME);
	buf_free(&before);
	folder_free(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_byte_of_a_plain_folder_counts),
		cmocka_unit_test(nothing_else_comes_out_of_a_damaged_repository),
	};

	if (access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
