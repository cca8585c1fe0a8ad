#include "reference-db/export.h"

#include "reference-db/corim.h"
#include "tests/alloc/fail.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_diag.h"
#include "tests/unit/support_hex.h"
#include "tests/unit/support_manifest.h"

#define SNP                                                                                \
	"501({0: \"s\", 1: [506(<<{1: {0: \"t\"}, 4: {0: [[{0: {0: 111(h'2b060104019c7803" \
	"01')}}, [{0: 641, 1: {2: [[7, h'41'*48]]}}, {0: 2, 1: {4: 560(h'00000300000000"   \
	"00')}}]]]}}>>)], 3: 32(\"tag:amd.com,2024:snp-corim-profile\")})"

struct work {
	struct manifest manifest;
	struct buf payload;
	const struct export_format *format;
};

static bool write(void *arg, struct err *e)
{
	struct work *w = arg;
	owned(buf_free) struct buf out = BUF(EXPORT_MAX);
	struct export_source s = {&w->manifest, buf_bytes(&w->payload)};

	return export_write(w->format, &s, &out, e);
}

/* At least one allocation, that of the text. */
static void check(struct work *w, const char *format)
{
	size_t made;

	w->format = export_find(format);
	made = fail_each(write, w);
	print_message("%s: %zu allocations\n", format, made);
	assert_true(made >= 1);
}

static void read_payload(struct work *w)
{
	static struct lint l;
	struct err e = {0};

	l = (struct lint){0};
	assert_true(corim_read(&w->manifest, buf_bytes(&w->payload), 0, &l, &e));
}

static void release(struct work *w)
{
	manifest_free(&w->manifest);
	buf_free(&w->payload);
}

static void every_format_survives_the_lack_of_memory(void **state)
{
	owned(manifest_free) struct manifest sample = {0};
	struct work w = {.payload = BUF(CORIM_MAX)};
	struct err e = {0};

	(void)state;
	assert_true(sample_manifest(&sample, &e) && corim_write(&sample, &w.payload, &e));
	read_payload(&w);
	for (size_t i = 0; export_names[i]; i++)
		check(&w, export_names[i]);
	release(&w);
}

static void so_do_the_formats_for_others(void **state)
{
	struct bytes written = diag_bytes(SNP);
	struct work w = {.payload = BUF(CORIM_MAX)};

	(void)state;
	buf_put(&w.payload, written);
	hexed_free(&written);
	read_payload(&w);
	check(&w, "text");
	check(&w, "json");
	check(&w, "rvps");
	release(&w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_format_survives_the_lack_of_memory),
		cmocka_unit_test(so_do_the_formats_for_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
