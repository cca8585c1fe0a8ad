#include <stdlib.h>

#include "measure/core/cbor_diag.h"
#include "reference-db/compare.h"
#include "reference-db/corim.h"
#include "reference-db/make.h"
#include "reference-db/record.h"
#include "reference-db/show.h"
#include "tests/alloc/fail.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_eif_sign.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_manifest.h"

#define ROOM (1u << 20)
#define ONES "1111111111111111111111111111111111111111111111111111111111111111"

struct world {
	struct folder folder;
	char *image, *record;
	struct buf payload, json;
};

static const char record_text[] =
	"{\"schema\": \"measure-build/1\", \"product\": \"example.org/blindbox\", \"version\": "
	"\"1.2.3\", \"vendor\": \"Example\", \"artefact\": \"b.eif\", \"origin\": \"source\", "
	"\"source\": {\"digest\": \"sha256:" ONES "\"}, \"recipe\": \"sha256:" ONES
	"\", \"inputs\": \"sha256:" ONES "\", \"components\": {\"kernel\": \"pinned\", "
	"\"cmdline\": \"source\", \"ramdisk0\": \"source\", \"ramdisk1\": \"source\"}}";

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct forge f = forge_base();
	uint8_t *signature = forge_sign(&f, 256, NULL);
	struct forged x = forge_write(&f);
	struct manifest m;
	struct err e = {0};

	folder_new(&w->folder);
	w->image = strdup(folder_file(&w->folder, "image.eif", x.p, x.n));
	w->record = strdup(
		folder_file(&w->folder, "record.json", record_text, sizeof(record_text) - 1));
	w->payload = BUF(CORIM_MAX);
	assert_true(sample_manifest(&m, &e) && corim_write(&m, &w->payload, &e));
	manifest_free(&m);
	free(signature);
	free(x.p);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	free(w->image);
	free(w->record);
	buf_free(&w->payload);
	folder_free(&w->folder);
	free(w);
	return 0;
}

static bool read_and_show(void *arg, struct err *e)
{
	struct world *w = arg;
	owned(manifest_free) struct manifest m = {0};
	owned(buf_free) struct buf text = BUF(ROOM), json = BUF(ROOM);
	struct json_out out = json_out(&json, true);
	struct corim_file f;
	static struct lint l;

	l = (struct lint){0};
	if (!corim_open(&f, buf_bytes(&w->payload), &l, e) ||
	    !corim_read(&m, f.payload, f.base, &l, e))
		return false;
	json_open(&out, '{');
	show_json(&m, &f, &out);
	json_close(&out, '}');
	show_text(&m, &f, true, &text);
	return buf_done(&text, "text", e) && buf_done(&json, "JSON", e);
}

static bool write(void *arg, struct err *e)
{
	owned(manifest_free) struct manifest m = {0};
	owned(buf_free) struct buf out = BUF(CORIM_MAX);

	(void)arg;
	return sample_manifest(&m, e) && corim_write(&m, &out, e);
}

static bool write_snp_and_read(void *arg, struct err *e)
{
	owned(manifest_free) struct manifest m = {0}, again = {0};
	owned(buf_free) struct buf out = BUF(CORIM_MAX);
	static struct lint l;

	(void)arg;
	l = (struct lint){0};
	return sample_snp(&m, e) && corim_write(&m, &out, e) &&
	       corim_read(&again, buf_bytes(&out), 0, &l, e);
}

static bool write_files_and_read(void *arg, struct err *e)
{
	owned(manifest_free) struct manifest m = {0}, again = {0};
	owned(buf_free) struct buf out = BUF(CORIM_MAX);
	static struct lint l;

	(void)arg;
	l = (struct lint){0};
	return sample_files(&m, e) && corim_write(&m, &out, e) &&
	       corim_read(&again, buf_bytes(&out), 0, &l, e);
}

static bool make(void *arg, struct err *e)
{
	struct world *w = arg;
	struct make_request q = {.image = w->image, .record = w->record};
	owned(manifest_free) struct manifest m = {0};

	return manifest_make(&m, &q, e);
}

static bool make_of_files(void *arg, struct err *e)
{
	struct world *w = arg;
	const char *const files[] = {w->image, w->record};
	struct make_request q = {
		.files = true, .file = files, .n_files = 2, .product = "p", .version = "1"};
	struct files_given g = {files, 2, {0}};
	owned(manifest_free) struct manifest m = {0};
	struct verdict v = {0};

	return manifest_make(&m, &q, e) && compare_files(&m, &g, &v, e) && verdict_decide(&v, e);
}

static bool diag(void *arg, struct err *e)
{
	struct world *w = arg;
	owned(buf_free) struct buf out = BUF(ROOM);

	return cbor_diag(buf_bytes(&w->payload), CORIM_ITEMS, &out, e);
}

static bool record(void *arg, struct err *e)
{
	owned(record_free) struct record r = {0};
	owned(buf_free) struct buf out = BUF(ROOM);

	(void)arg;
	if (!record_read(&r, bytes_str(record_text), e))
		return false;
	record_write(&r, &out);
	return buf_done(&out, "the record", e);
}

static void check(struct world *w, bool (*operation)(void *, struct err *), size_t at_least)
{
	size_t made = fail_each(operation, w);

	print_message("%zu allocations\n", made);
	assert_true(made >= at_least);
}

static void reading_and_showing_survive_the_lack_of_memory(void **state)
{
	check(*state, read_and_show, 10);
}

static void writing_survives_the_lack_of_memory(void **state)
{
	check(*state, write, 5);
	check(*state, write_snp_and_read, 10);
	check(*state, write_files_and_read, 5);
}

static void making_survives_the_lack_of_memory(void **state)
{
	check(*state, make, 20);
	check(*state, make_of_files, 4);
}

static void diagnostic_notation_survives_the_lack_of_memory(void **state)
{
	check(*state, diag, 2);
}

static void records_survive_the_lack_of_memory(void **state)
{
	check(*state, record, 3);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(reading_and_showing_survive_the_lack_of_memory),
		TEST(writing_survives_the_lack_of_memory),
		TEST(making_survives_the_lack_of_memory),
		TEST(diagnostic_notation_survives_the_lack_of_memory),
		TEST(records_survive_the_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
