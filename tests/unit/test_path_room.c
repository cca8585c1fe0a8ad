/* What of two PE images, and of two firmwares, follows from the length of the build's path. */
#include "tests/unit/support_check.h"

#include "ovmf-snp/image_shape.h"
#include "ovmf-snp/module_cause.h"

#define HEADERS 0x400u
#define CODE 0x40u
#define PE 0x80u

/* Of an image with code, data, resources and relocations: what a test changes of it. */
struct form {
	size_t room; /* blank, behind the data */
	const char *code, *data;
	uint16_t magic;
	uint32_t resources; /* where the entry of the tree leads; 0: to its data */
};

static void put(struct buf *b, size_t at, uint64_t x, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		b->p[at + i] = (uint8_t)(x >> (8 * i));
}

static void section(struct buf *b, unsigned n, const char *name, size_t size)
{
	size_t at = PE + 24 + 240 + n * 40u;

	memcpy(b->p + at, name, strlen(name));
	put(b, at + 8, size, 4);
	put(b, at + 12, b->n, 4);
	put(b, at + 16, size, 4);
	put(b, at + 20, b->n, 4);
}

static void contents(struct buf *b, const char *text, size_t size)
{
	buf_str(b, text);
	buf_zero(b, size - strlen(text));
}

static void resources(struct buf *b, const struct form *f)
{
	size_t at = b->n;

	section(b, 2, ".rsrc", 2 * CODE);
	buf_zero(b, 2 * CODE);
	put(b, at + 20, 0x80000018, 4);
	put(b, at + 0x18 + 20, 0x40, 4);
	put(b, at + 0x40, f->resources ? f->resources : at + 0x50, 4);
	memcpy(b->p + at + 0x50, "form", 4);
}

static struct buf image(const struct form *f)
{
	struct buf b = BUF(1u << 16);

	buf_zero(&b, HEADERS);
	memcpy(b.p, "MZ", 2);
	put(&b, 0x3c, PE, 4);
	memcpy(b.p + PE, "PE", 2);
	put(&b, PE + 6, 4, 2);
	put(&b, PE + 20, 240, 2);
	put(&b, PE + 24, f->magic ? f->magic : 0x20b, 2);
	put(&b, PE + 24 + 108, 16, 4);
	section(&b, 0, ".text", CODE);
	contents(&b, f->code, CODE);
	section(&b, 1, ".data", CODE + f->room);
	contents(&b, f->data, CODE + f->room);
	resources(&b, f);
	put(&b, PE + 24 + 112 + 5 * 8, b.n, 4);
	section(&b, 3, ".reloc", CODE);
	contents(&b, "blocks", CODE);
	put(&b, PE + 24 + 56, b.n, 4);
	put(&b, PE + 24 + 8, CODE + f->room, 4);
	return b;
}

static struct digest shape(const struct form *f)
{
	owned(buf_free) struct buf b = image(f);
	struct digest d;
	struct err e = {0};

	assert_true(image_shape(buf_bytes(&b), &d, &e));
	return d;
}

static const struct form base = {.code = "code", .data = "data"};

static void room_is_no_part_of_the_shape(void **state)
{
	struct form x = base;
	struct digest a = shape(&base), b;

	(void)state;
	x.room = 64;
	b = shape(&x);
	assert_int_equal(a.len, 32);
	assert_true(digest_equal(&a, &b));
	x.room = 4096;
	b = shape(&x);
	assert_true(digest_equal(&a, &b));
}

static void all_else_is(void **state)
{
	static const struct form other[] = {
		{.code = "cods", .data = "data"},
		{.code = "code", .data = "datas", .room = 64},
		{.code = "code", .data = "data", .resources = 7},
	};
	struct digest a = shape(&base), b;

	(void)state;
	for (size_t i = 0; i < sizeof(other) / sizeof(*other); i++) {
		b = shape(&other[i]);
		assert_int_equal(b.len, 32);
		assert_false(digest_equal(&a, &b));
	}
}

/* Cut anywhere, or with a section in another, it has none, and nothing is read behind the end. */
static void what_is_no_such_image_has_no_shape(void **state)
{
	owned(buf_free) struct buf b = image(&base);
	struct form old = base;
	struct digest d;
	struct err e = {0};

	(void)state;
	for (size_t n = 0; n < b.n; n++) {
		assert_true(image_shape(bytes_of(b.p, n), &d, &e));
		assert_int_equal(d.len, 0);
	}
	put(&b, PE + 24 + 240 + 40 + 20, HEADERS, 4);
	assert_true(image_shape(buf_bytes(&b), &d, &e));
	assert_int_equal(d.len, 0);
	old.magic = 0x10b;
	d = shape(&old);
	assert_int_equal(d.len, 0);
}

/* ---- two firmwares */

struct module {
	const char *name;
	uint64_t size;
	uint8_t bytes, shape; /* what their digests are filled with; shape 0: none */
};

static struct digest filled(uint8_t x)
{
	struct digest d = {.alg = DIGEST_SHA256, .len = x ? 32 : 0};

	memset(d.v, x, d.len);
	return d;
}

static struct part *firmware(const struct module *m, size_t n)
{
	struct err e = {0};
	struct part *root = part_new(NULL, "firmware", 0, 0, &e);

	for (size_t i = 0; i < n; i++) {
		struct part *file = part_new(root, m[i].name, 0, 0, &e);
		struct part *pe = part_new(file, "PE32", 0, m[i].size, &e);

		pe->n_digests = 1;
		pe->digest[0] = filled(m[i].bytes);
		pe->shape = filled(m[i].shape);
	}
	return root;
}

static void two(const struct module *a, const struct module *b, size_t n, const char *want)
{
	struct part *x = firmware(a, n), *y = firmware(b, n);
	owned(buf_free) struct buf text = BUF(1024);
	enum cause cause = module_cause(x, y, &text);

	assert_string_equal(buf_cstr(&text), want);
	assert_int_equal(cause, text.n > 0 ? CAUSE_PATH_LENGTH : CAUSE_NONE);
	part_free(&x);
	part_free(&y);
}

static void modules_that_differ_in_room_alone_tell_whose_path_is_longer(void **state)
{
	const struct module a[] = {{"A", 640, 1, 1}, {"B", 640, 2, 2}, {"C", 64, 3, 0}};
	const struct module b[] = {{"A", 704, 4, 1}, {"B", 640, 2, 2}, {"C", 64, 3, 0}};

	(void)state;
	two(a, b, 3,
	    "modules: 1 of 2 PE images without an address differ, in blank room alone, of which the second has more, "
	    "as a build path leaves that is longer\n");
	two(b, a, 3,
	    "modules: 1 of 2 PE images without an address differ, in blank room alone, of which the first has more, "
	    "as a build path leaves that is longer\n");
}

static void of_many_the_mean_is_told(void **state)
{
	static struct module a[160], b[160];

	(void)state;
	for (unsigned i = 0; i < 160; i++) {
		a[i] = (struct module){"M", 640, 1, 1};
		b[i] = i % 8 < 3 ? (struct module){"M", 704, 2, 1} : a[i];
	}
	two(a, b, 160,
	    "modules: 60 of 160 PE images without an address differ, in blank room alone, of which the second has "
	    "more, as a build path leaves that is longer by about 24 bytes\n");
}

static void of_anything_else_nothing_is_told(void **state)
{
	const struct module a[] = {{"A", 640, 1, 1}, {"B", 640, 2, 2}};
	const struct module other[][2] = {
		{{"A", 704, 3, 9}, {"B", 640, 2, 2}}, /* another shape */
		{{"A", 640, 3, 1}, {"B", 640, 2, 2}}, /* of equal size */
		{{"A", 641, 3, 1}, {"B", 640, 2, 2}}, /* no multiple */
		{{"A", 704, 3, 1}, {"B", 576, 4, 2}}, /* in both directions */
		{{"A", 704, 3, 1}, {"X", 640, 2, 2}}, /* another module */
		{{"A", 640, 1, 1}, {"B", 640, 2, 2}}, /* nothing differs */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(other) / sizeof(*other); i++)
		two(a, other[i], 2, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(room_is_no_part_of_the_shape),
		cmocka_unit_test(all_else_is),
		cmocka_unit_test(what_is_no_such_image_has_no_shape),
		cmocka_unit_test(modules_that_differ_in_room_alone_tell_whose_path_is_longer),
		cmocka_unit_test(of_many_the_mean_is_told),
		cmocka_unit_test(of_anything_else_nothing_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
