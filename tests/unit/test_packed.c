#include "measure/rebuild/packed.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_lock.h"
#include "tests/unit/support_memory.h"

#define RECIPE "product: x\n"
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void put(const struct objects *o, const char *text, struct object *x)
{
	struct memory m = memory_stream(bytes_str(text), 7);
	struct err e = {0};

	assert_true(objects_put(o, &m.stream, NULL, x, &e));
}

static struct objects store_in(struct folder *f, const char *name)
{
	struct objects o = OBJECTS_NONE;
	struct err e = {0};

	assert_true(objects_open(&o, folder_path(f, name), true, &e));
	return o;
}

/* A lock whose objects are in the store; two inputs share one. */
static struct packed filled(const struct objects *o)
{
	static const char *const text[] = {"abc", "two", "", "four", "four", "five"};
	struct packed p = PACKED_NEW;
	struct lock_sample s;
	struct err e = {0};

	lock_sample(&s);
	for (size_t i = 0; i < COUNT(text); i++)
		put(o, text[i], &s.input[i].object);
	buf_str(&p.recipe, RECIPE);
	assert_true(hash_of(DIGEST_SHA256, bytes_str(RECIPE), &s.lock.recipe, &e));
	assert_true(lock_write(&s.lock, &p.lock, &e));
	return p;
}

static bool write_to(struct packed *p, const struct objects *o, const char *path, struct err *e)
{
	owned(out_free) struct out to = OUT_NONE;

	*e = (struct err){0};
	return out_open(&to, path, e) && packed_write(p, o, &to, e) && out_commit(&to, e);
}

static bool read_bytes(struct packed *p, const void *bytes, size_t n, const struct objects *o,
		       struct err *e)
{
	struct memory m = memory_stream(bytes_of(bytes, n), 1000);

	*e = (struct err){0};
	return packed_read(p, &m.stream, o, e);
}

static void what_was_packed_is_unpacked(void **state)
{
	owned(objects_close) struct objects o = store_in(*state, "a"), to = store_in(*state, "b");
	owned(packed_free) struct packed p = filled(&o), q = PACKED_NEW, r = PACKED_NEW;
	const char *path = folder_path(*state, "tar"), *again = folder_path(*state, "again");
	owned(own_free) char *bytes = NULL;
	owned(own_free) char *second = NULL;
	struct object abc;
	struct err e;
	size_t n, m;

	assert_true(write_to(&p, &o, path, &e));
	bytes = folder_read(path, &n);
	assert_int_equal(p.objects, 5);
	assert_int_equal(p.size, n);
	assert_int_equal(n % 512, 0);
	assert_true(read_bytes(&q, bytes, n, &to, &e));
	assert_true(bytes_equal(buf_bytes(&q.lock), buf_bytes(&p.lock)));
	assert_true(bytes_equal(buf_bytes(&q.recipe), buf_bytes(&p.recipe)));
	assert_true(digest_equal(&q.sha256, &p.sha256) && digest_equal(&q.inputs, &p.inputs));
	assert_true(q.size == n && q.objects == 5);
	put(&o, "abc", &abc);
	assert_true(objects_has(&to, &abc));
	/* of what was unpacked the same file is made; what is there already stays */
	buf_put(&r.lock, buf_bytes(&q.lock));
	buf_put(&r.recipe, buf_bytes(&q.recipe));
	assert_true(write_to(&r, &to, again, &e));
	second = folder_read(again, &m);
	assert_true(n == m && memcmp(bytes, second, n) == 0);
	assert_true(read_bytes(&q, bytes, 0, &to, &e) == false);
}

static void what_is_missing_or_of_another_recipe_is_not_packed(void **state)
{
	owned(objects_close) struct objects o = store_in(*state, "a"), none = store_in(*state, "b");
	owned(packed_free) struct packed p = filled(&o);
	const char *path = folder_path(*state, "tar");
	struct err e;

	assert_false(write_to(&p, &none, path, &e));
	check_err(&e, REASON_INPUT_MISSING, "'layer0' is not in the store");
	folder_file(*state, "a/sha256/" ABC, "abd", 3);
	assert_false(write_to(&p, &o, path, &e));
	assert_string_equal(reason_slug(e.reason), "input-digest");
	p.recipe.p[0] = 'P';
	assert_false(write_to(&p, &o, path, &e));
	check_err(&e, REASON_UNLOCKED, "the lock is of another measure.yml");
	p.lock.p[0] = '[';
	assert_false(write_to(&p, &o, path, &e));
	assert_string_equal(reason_slug(e.reason), "json");
	assert_int_equal(access(path, F_OK), -1);
}

static void two_sizes_of_one_object_are_refused(void **state)
{
	owned(objects_close) struct objects o = store_in(*state, "a");
	owned(packed_free) struct packed p = filled(&o);
	struct lock_sample s;
	struct err e = {0};

	lock_sample(&s);
	s.input[4].object.size = 1;
	assert_true(hash_of(DIGEST_SHA256, bytes_str(RECIPE), &s.lock.recipe, &e));
	buf_reset(&p.lock);
	assert_true(lock_write(&s.lock, &p.lock, &e));
	assert_false(write_to(&p, &o, folder_path(*state, "tar"), &e));
	check_err(&e, REASON_LOCK, "inputs 'base' and 'base' are one object of two sizes");
}

/* Offsets in the file that filled() gives: 3 KiB and a half of lock, then the recipe. */
static void check_changed(struct folder *f, size_t at, uint8_t to, const char *text)
{
	owned(objects_close) struct objects o = store_in(f, "a"), empty = store_in(f, "b");
	owned(packed_free) struct packed p = filled(&o), q = PACKED_NEW;
	const char *path = folder_path(f, "tar");
	owned(own_free) uint8_t *bytes = NULL;
	struct err e;
	size_t n;

	assert_true(write_to(&p, &o, path, &e));
	bytes = folder_read(path, &n);
	if (at > n)
		at += n; /* from the end */
	bytes[at] = to;
	assert_false(read_bytes(&q, bytes, n, &empty, &e));
	assert_string_equal(e.text, text);
}

static void what_store_pack_would_not_write_is_refused(void **state)
{
	enum { RECIPE_AT = 4096, FIRST = RECIPE_AT + 1024 };

	check_changed(*state, 0, 'x', "not the header that 'measure.lock' of 3354 bytes has");
	check_changed(*state, 100, '1', "not the header that 'measure.lock' of 3354 bytes has");
	check_changed(*state, 124, 'x', "not the header that 'measure.lock' of 0 bytes has");
	check_changed(*state, RECIPE_AT - 1, 'x', "what fills a block is not all zeros");
	check_changed(*state, RECIPE_AT + 512, 'P', "the lock is of another measure.yml");
	check_changed(
		*state, FIRST + 156, '5',
		"not the header that "
		"'sha256/"
		"04efaf080f5a3e74e1c29d1ca6a48569382cbbcd324e8d59d2b83ef21c039f00' of 4 bytes "
		"has");
	check_changed(
		*state, FIRST + 512, 'g',
		"'layer0': its SHA-256 is "
		"1e5907ed97da8a8d65f120d264795c28e475438fc17ae77e85b27604e38de877 and must be "
		"04efaf080f5a3e74e1c29d1ca6a48569382cbbcd324e8d59d2b83ef21c039f00");
	check_changed(*state, FIRST + 1023, 'g', "what fills a block is not all zeros");
	check_changed(*state, (size_t)-1, 'g', "the end is not all zeros");
}

static void a_file_that_ends_early_or_late_is_refused(void **state)
{
	owned(objects_close) struct objects o = store_in(*state, "a"),
					    empty = store_in(*state, "b");
	owned(packed_free) struct packed p = filled(&o);
	const char *path = folder_path(*state, "tar");
	owned(own_free) char *bytes = NULL;
	struct err e;
	size_t n;

	assert_true(write_to(&p, &o, path, &e));
	bytes = folder_read(path, &n);
	for (size_t at = 0; at < n; at += at < 1024 || n - at < 1100 ? 1 : 256) {
		owned(packed_free) struct packed q = PACKED_NEW;

		assert_false(read_bytes(&q, bytes, at, &empty, &e));
		assert_string_equal(reason_slug(e.reason), "truncated");
	}
	bytes = realloc(bytes, n + 1);
	bytes[n] = 0;
	{
		owned(packed_free) struct packed q = PACKED_NEW;

		assert_false(read_bytes(&q, bytes, n + 1, &empty, &e));
		check_err(&e, REASON_TRAILING, "bytes follow the end");
	}
}

static void a_large_object_has_its_size_in_a_header_of_its_own(void **state)
{
	static const uint64_t last = (UINT64_C(1) << 33) - 1;
	owned(buf_free) struct buf b = BUF(4096);

	(void)state;
	packed_header(&b, "sha256/" ABC, last);
	assert_int_equal(b.n, 512);
	assert_memory_equal(b.p + 124, "77777777777", 12);
	buf_reset(&b);
	packed_header(&b, "sha256/" ABC, last + 1);
	assert_int_equal(b.n, 1536);
	assert_memory_equal(b.p, "PaxHeaders/" ABC, 76);
	assert_memory_equal(b.p + 124, "00000000023", 12);
	assert_memory_equal(b.p + 512, "19 size=8589934592\n", 20);
	assert_memory_equal(b.p + 1024, "sha256/" ABC, 72);
	assert_memory_equal(b.p + 1024 + 124, "00000000000", 12);
	buf_reset(&b);
	packed_header(&b, "sha256/" ABC, UINT64_MAX);
	assert_memory_equal(b.p + 512, "29 size=18446744073709551615\n", 30);
}

static int set_up(void **state)
{
	static struct folder f;

	folder_new(&f);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	folder_free(*state);
	return 0;
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(what_was_packed_is_unpacked),
		TEST(what_is_missing_or_of_another_recipe_is_not_packed),
		TEST(two_sizes_of_one_object_are_refused),
		TEST(what_store_pack_would_not_write_is_refused),
		TEST(a_file_that_ends_early_or_late_is_refused),
		TEST(a_large_object_has_its_size_in_a_header_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
