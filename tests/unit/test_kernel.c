#include "measure/core/kernel.h"

#include "measure/core/archive.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"

#define SETUP_SECTORS 2u
#define PAYLOAD_OFFSET 0x100u

static const char config[] = "# Linux/x86 6.1.5 Kernel Configuration\nCONFIG_NSM=y\n";

static bool append(void *arg, struct bytes x, struct err *e)
{
	buf_put(arg, x);
	return buf_done(arg, "packed bytes", e);
}

static void pack(struct buf *out, enum packing p, struct bytes x)
{
	const struct pack_sink sink = {append, out};
	struct err e = {0};
	owned(pack_free) struct pack *pack = pack_new(p, &sink, &e);

	assert_non_null(pack);
	assert_true(pack_add(pack, x, &e) && pack_end(pack, &e));
}

/* What a kernel has in memory; fill: zeros in front of its configuration. */
static struct buf make_body(const char *text, size_t fill)
{
	struct buf b = BUF(16u << 20);

	buf_str(&b, "Linux version %s IKCFG_ST but no gzip Linux version 6.1.5-cloud (builder) #1");
	buf_zero(&b, fill);
	buf_str(&b, "IKCFG_ST");
	pack(&b, PACKING_GZIP, bytes_str(text));
	buf_str(&b, "IKCFG_ED and the rest");
	assert_int_equal(b.failed, REASON_NONE);
	return b;
}

/* A bzImage with that payload, and words behind it that belong to it. */
static struct buf make_bzimage(struct bytes payload)
{
	struct buf b = BUF(16u << 20);
	size_t at = (SETUP_SECTORS + 1) * 512;

	buf_zero(&b, at + PAYLOAD_OFFSET);
	b.p[0x1f1] = SETUP_SECTORS;
	memcpy(b.p + 0x202, "HdrS\x0f\x02", 6);
	memcpy(b.p + 0x20e, "\x00\x02", 2);
	memcpy(b.p + 0x400, "6.1.0-9-cloud (who@where) #1", 28);
	memcpy(b.p + 0x248, "\x00\x01\0\0", 4);
	b.p[0x24c] = (uint8_t)payload.n;
	b.p[0x24d] = (uint8_t)(payload.n >> 8);
	b.p[0x24e] = (uint8_t)(payload.n >> 16);
	buf_put(&b, payload);
	buf_zero(&b, 100);
	assert_int_equal(b.failed, REASON_NONE);
	return b;
}

static void check(struct bytes file, const char *version, const char *text)
{
	owned(kernel_free) struct kernel k = KERNEL;
	struct err e = {0};
	struct folder f;

	folder_new(&f);
	assert_true(kernel_read(&k, folder_file(&f, "kernel", file.p, file.n), &e));
	check_no_err(&e);
	assert_string_equal(buf_cstr(&k.version), version);
	assert_string_equal(buf_cstr(&k.config), text);
	folder_free(&f);
}

static void a_bzimage_says_its_version_and_its_configuration(void **state)
{
	static const enum packing packings[] = {PACKING_GZIP, PACKING_ZSTD};
	struct buf body = make_body(config, 0), image;

	(void)state;
	for (size_t i = 0; i < COUNT(packings); i++) {
		struct buf payload = BUF(1u << 20);

		pack(&payload, packings[i], buf_bytes(&body));
		/* the size of what was packed, as the kernel's own build appends it */
		buf_le(&payload, body.n, 4);
		image = make_bzimage(buf_bytes(&payload));
		check(buf_bytes(&image), "6.1.0-9-cloud", config);
		buf_free(&image);
		buf_free(&payload);
	}
	buf_free(&body);
}

static void a_payload_that_cannot_be_read_has_no_configuration(void **state)
{
	struct buf body = make_body(config, 300000), payload = BUF(1u << 20), image;

	(void)state;
	pack(&payload, PACKING_GZIP, buf_bytes(&body));
	for (size_t cut = 1; cut < payload.n; cut += 97) {
		image = make_bzimage(bytes_of(payload.p, payload.n - cut));
		if (cut > 60)
			check(buf_bytes(&image), "6.1.0-9-cloud", "");
		buf_free(&image);
	}
	image = make_bzimage(bytes_str("no packing that is known"));
	check(buf_bytes(&image), "6.1.0-9-cloud", "");
	/* a payload that ends behind the file */
	memset(image.p + 0x24c, 0xff, 4);
	check(buf_bytes(&image), "6.1.0-9-cloud", "");
	buf_free(&image);
	buf_free(&payload);
	buf_free(&body);
}

static void an_image_is_looked_through_as_it_is(void **state)
{
	static const size_t fills[] = {0, 262144 - 200, 262144 - 90, 262144 * 3};

	(void)state;
	for (size_t i = 0; i < COUNT(fills); i++) {
		struct buf body = make_body(config, fills[i]), image = BUF(16u << 20);

		buf_zero(&image, 64);
		memcpy(image.p + 56, "ARM\x64", 4);
		buf_put(&image, buf_bytes(&body));
		check(buf_bytes(&image), "6.1.5-cloud", config);
		buf_free(&image);
		buf_free(&body);
	}
}

static void of_anything_else_nothing_is_known(void **state)
{
	(void)state;
	check(bytes_str("kernel"), "", "");
	check(bytes_of("", 0), "", "");
}

static void a_configuration_that_is_too_large_is_none(void **state)
{
	struct buf text = BUF(8u << 20), body, image = BUF(16u << 20);

	(void)state;
	for (size_t i = 0; i < (4u << 20); i += 8)
		buf_str(&text, "CONFIG=y");
	buf_str(&text, "x");
	body = make_body(buf_cstr(&text), 0);
	buf_zero(&image, 64);
	memcpy(image.p + 56, "ARM\x64", 4);
	buf_put(&image, buf_bytes(&body));
	check(buf_bytes(&image), "6.1.5-cloud", "");
	buf_free(&image);
	buf_free(&body);
	buf_free(&text);
}

static void a_kernel_that_is_not_there_is_an_error(void **state)
{
	owned(kernel_free) struct kernel k = KERNEL;
	struct err e = {0};

	(void)state;
	assert_false(kernel_read(&k, "/nonexistent/kernel", &e));
	assert_int_equal(e.reason, REASON_NO_SUCH_FILE);
	assert_string_equal(e.subject, "/nonexistent/kernel");
}

/* ---- all of it */

#define KEY "\xa0\x03\x02\x01\x02\x02"
#define CN "\x06\x03\x55\x04\x03\x0c"
#define NOTE "\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU"

static void put_key(struct buf *b, const char *name, size_t size)
{
	size_t at = b->n;

	buf_put(b, bytes_of("\x30\x82\0\0\x30\x82\0\x20" KEY, 14));
	buf_str(b, CN "\x06"
		      "issuer" CN);
	buf_u8(b, (uint8_t)strlen(name));
	buf_str(b, name);
	buf_zero(b, at + 4 + size - b->n);
	b->p[at + 2] = (uint8_t)(size >> 8);
	b->p[at + 3] = (uint8_t)size;
}

static bool look(struct bytes file, struct kernel *k, struct err *e)
{
	struct folder f;
	struct file x = FILE_NONE;
	bool good;

	folder_new(&f);
	assert_true(file_open(&x, folder_file(&f, "kernel", file.p, file.n), e));
	good = kernel_look(k, &(struct extent){&x, 8, x.size - 8}, e);
	file_close(&x);
	folder_free(&f);
	return good;
}

/* An Image behind eight other bytes, with those zeros in front of what it says. */
static struct buf speaking(size_t fill)
{
	struct buf b = BUF(16u << 20);

	buf_zero(&b, 64);
	buf_str(&b, "ARM\x64");
	buf_zero(&b, fill);
	buf_str(&b, "Linux version 6.1 (u@h) (cc) # none\n");
	buf_str(&b, "Linux version 6.1 (u@h) (cc) #2 SMP\n");
	buf_put(&b, bytes_of(NOTE "\0"
				  "01234567890123456789",
			     36));
	put_key(&b, "first", 300);
	put_key(&b, "second", 4092);
	put_key(&b, "too long", 4093);
	buf_str(&b, "end");
	return b;
}

static void what_it_says_is_found_wherever_it_stands(void **state)
{
	static const size_t fills[] = {
		0, 262144 - 8192 - 100, 262144 - 8192 + 1, 262144 - 330, 262144 - 80, 262144 * 2};

	(void)state;
	for (size_t i = 0; i < COUNT(fills); i++) {
		owned(kernel_free) struct kernel k = KERNEL;
		struct buf b = speaking(fills[i]);
		struct err e = {0};

		assert_true(look(buf_bytes(&b), &k, &e));
		check_no_err(&e);
		assert_string_equal(k.packing, "none");
		assert_string_equal(buf_cstr(&k.version), "6.1");
		assert_string_equal(buf_cstr(&k.banner), "Linux version 6.1 (u@h) (cc) #2 SMP");
		assert_int_equal(k.n_ids, 1);
		assert_memory_equal(k.id[0], "01234567890123456789", KERNEL_ID);
		assert_int_equal(k.n_keys, 2);
		assert_string_equal(k.key[0].name, "first");
		assert_string_equal(k.key[1].name, "second");
		assert_int_equal(k.unpacked.len, 32);
		buf_free(&b);
	}
}

static void what_ends_too_early_is_not_believed(void **state)
{
	struct buf b = speaking(0);

	(void)state;
	for (size_t n = 72; n < b.n; n++) {
		owned(kernel_free) struct kernel k = KERNEL;
		struct err e = {0};

		assert_true(look(bytes_of(b.p, n), &k, &e));
		assert_true(k.n_keys <= 2 && k.n_ids <= 1);
		assert_true(k.n_keys < 2 || n >= 68 + 72 + 36 + 304 + 4096);
	}
	buf_free(&b);
}

static void more_than_there_is_room_for_is_left_out(void **state)
{
	owned(kernel_free) struct kernel k = KERNEL;
	struct buf b = speaking(0);
	struct err e = {0};

	(void)state;
	for (unsigned i = 0; i < 2 * KERNEL_KEYS; i++) {
		put_key(&b, "more", 200);
		buf_put(&b, bytes_of(NOTE "\0"
					  "01234567890123456789",
				     36));
	}
	assert_true(look(buf_bytes(&b), &k, &e));
	assert_int_equal(k.n_keys, KERNEL_KEYS);
	assert_int_equal(k.n_ids, KERNEL_IDS);
	buf_free(&b);
}

static void other_files_begin_no_kernel(void **state)
{
	uint8_t elf[KERNEL_HEAD] = "\x7f"
				   "ELF\x02\x01";

	(void)state;
	assert_false(kernel_is(bytes_of("", 0)));
	assert_false(kernel_is(bytes_of(elf, sizeof(elf))));
	elf[0x20] = 0x40;
	elf[0x40] = 1;
	assert_false(kernel_is(bytes_of(elf, sizeof(elf))));
	elf[0x57] = 0xff;
	assert_true(kernel_is(bytes_of(elf, sizeof(elf))));
	for (size_t n = 0; n < 0x58; n++)
		assert_false(kernel_is(bytes_of(elf, n)));
	elf[0x27] = 0xff;
	assert_false(kernel_is(bytes_of(elf, sizeof(elf))));
	assert_true(kernel_is(bytes_of("MZ\0\0zimg", 8)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bzimage_says_its_version_and_its_configuration),
		cmocka_unit_test(a_payload_that_cannot_be_read_has_no_configuration),
		cmocka_unit_test(an_image_is_looked_through_as_it_is),
		cmocka_unit_test(of_anything_else_nothing_is_known),
		cmocka_unit_test(a_configuration_that_is_too_large_is_none),
		cmocka_unit_test(a_kernel_that_is_not_there_is_an_error),
		cmocka_unit_test(what_it_says_is_found_wherever_it_stands),
		cmocka_unit_test(what_ends_too_early_is_not_believed),
		cmocka_unit_test(more_than_there_is_room_for_is_left_out),
		cmocka_unit_test(other_files_begin_no_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
