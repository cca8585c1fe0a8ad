#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "eif/diff.h"
#include "measure/core/bytes_diff.h"
#include "measure/core/folder_diff.h"
#include "measure/core/ramdisk_diff.h"
#include "tests/alloc/fail.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_eif.h"
#include "tests/unit/support_folder.h"

/* Two of what is compared, and how. */
struct world {
	const char *path[2];
	bool (*diff)(struct file *a, struct file *b, struct differences *f, struct err *e);
};

static void put_entry(struct buf *out, const char *name, unsigned mtime, const char *body)
{
	const unsigned fields[] = {1,
				   0100644,
				   0,
				   0,
				   1,
				   mtime,
				   (unsigned)strlen(body),
				   0,
				   0,
				   0,
				   0,
				   (unsigned)strlen(name) + 1,
				   0};

	buf_str(out, "070701");
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		buf_fmt(out, "%08x", fields[i]);
	buf_str(out, name);
	buf_zero(out, 1);
	buf_zero(out, (4 - out->n % 4) % 4);
	buf_str(out, body);
	buf_zero(out, (4 - out->n % 4) % 4);
}

static void put_ramdisk(struct buf *out, const char *text, unsigned mtime, const char *alone)
{
	put_entry(out, "etc/shadow", 0, text);
	put_entry(out, "etc/other", mtime, "text");
	put_entry(out, alone, 0, "");
	put_entry(out, "TRAILER!!!", 0, "");
}

static bool append(void *arg, struct bytes x, struct err *e)
{
	buf_put(arg, x);
	return buf_done(arg, "packed bytes", e);
}

static bool compare(void *arg, struct err *e)
{
	const struct world *w = arg;
	owned(buf_free) struct buf text = BUF(1u << 20), json = BUF(1u << 20);
	owned(file_close) struct file a = FILE_NONE, b = FILE_NONE;
	struct json_out out = json_out(&json, true);
	struct differences f = {.text = &text, .w = &out, .limit = 10, .brief = 10};

	json_open(&out, '{');
	if (!w->diff)
		return folder_diff(w->path[0], w->path[1], &f, e) &&
		       buf_done(&text, "the text", e) && buf_done(&json, "the answer", e);
	return file_open(&a, w->path[0], e) && file_open(&b, w->path[1], e) &&
	       w->diff(&a, &b, &f, e) && buf_done(&text, "the text", e) &&
	       buf_done(&json, "the answer", e);
}

static void ramdisks_without_memory(void **state)
{
	struct buf x = BUF(4096), y = BUF(4096);
	struct world w = {.diff = ramdisk_diff};
	struct folder f;

	(void)state;
	folder_new(&f);
	put_ramdisk(&x, "me:*:1:\n", 1, "one");
	put_ramdisk(&y, "me:*:2:\n", 2, "two");
	w.path[0] = folder_file(&f, "a", x.p, x.n);
	w.path[1] = folder_file(&f, "b", y.p, y.n);
	assert_true(fail_each(compare, &w) > 10);
	buf_free(&x);
	buf_free(&y);
	folder_free(&f);
}

static void images_without_memory(void **state)
{
	struct world w = {.diff = eif_diff};
	struct forge x = forge_base(), y = forge_base();
	struct forged a, b;
	struct folder f;

	(void)state;
	folder_new(&f);
	y.section[1].data = (const uint8_t *)"another command line";
	y.section[1].n = 20;
	a = forge_write(&x);
	b = forge_write(&y);
	w.path[0] = folder_file(&f, "a", a.p, a.n);
	w.path[1] = folder_file(&f, "b", b.p, b.n);
	assert_true(fail_each(compare, &w) > 10);
	free(a.p);
	free(b.p);
	folder_free(&f);
}

/* An Image of aarch64 that says something. */
static void put_kernel(struct buf *out, const char *number, const char *option)
{
	const struct pack_sink sink = {append, out};
	struct err e = {0};
	struct pack *pack = pack_new(PACKING_GZIP, &sink, &e);

	assert_non_null(pack);
	buf_zero(out, 56);
	buf_fmt(out, "ARM\x64 Linux version 6.1 (u@h) (cc) #%s SMP\n", number);
	buf_put(out, bytes_of("\x30\x82\0\x40\x30\x82\0\x20\xa0\x03\x02\x01\x02\x02", 14));
	buf_str(out, number);
	buf_zero(out, 0x40);
	buf_str(out, "IKCFG_ST");
	assert_true(pack_add(pack, bytes_str(option), &e) && pack_end(pack, &e));
	buf_str(out, "IKCFG_ED");
	pack_free(&pack);
}

static void kernels_without_memory(void **state)
{
	struct buf x = BUF(4096), y = BUF(4096);
	struct world w = {.diff = kernel_diff};
	struct folder f;

	(void)state;
	folder_new(&f);
	put_kernel(&x, "1", "CONFIG_A=y\n");
	put_kernel(&y, "2", "CONFIG_A=m\n");
	w.path[0] = folder_file(&f, "a", x.p, x.n);
	w.path[1] = folder_file(&f, "b", y.p, y.n);
	assert_true(fail_each(compare, &w) > 20);
	buf_free(&x);
	buf_free(&y);
	folder_free(&f);
}

static void directories_without_memory(void **state)
{
	struct world w = {0};
	struct folder f, g;
	struct buf x = BUF(4096), y = BUF(4096);

	(void)state;
	folder_new(&f);
	folder_new(&g);
	folder_file(&f, "same", "x", 1);
	folder_file(&g, "same", "y", 1);
	folder_file(&f, "one", "", 0);
	put_ramdisk(&x, "me:*:1:\n", 1, "one");
	put_ramdisk(&y, "me:*:2:\n", 2, "two");
	folder_file(&f, "rd", x.p, x.n);
	folder_file(&g, "rd", y.p, y.n);
	w.path[0] = f.path;
	w.path[1] = g.path;
	assert_true(fail_each(compare, &w) > 10);
	folder_free(&f);
	folder_free(&g);
	buf_free(&x);
	buf_free(&y);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ramdisks_without_memory),
		cmocka_unit_test(images_without_memory),
		cmocka_unit_test(kernels_without_memory),
		cmocka_unit_test(directories_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
