#include "measure/guest/kernel.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bzimage_says_its_version_and_its_configuration),
		cmocka_unit_test(a_payload_that_cannot_be_read_has_no_configuration),
		cmocka_unit_test(an_image_is_looked_through_as_it_is),
		cmocka_unit_test(of_anything_else_nothing_is_known),
		cmocka_unit_test(a_configuration_that_is_too_large_is_none),
		cmocka_unit_test(a_kernel_that_is_not_there_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
