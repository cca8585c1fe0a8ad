#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "eif/build.h"
#include "eif/extract.h"
#include "eif/lenient.h"
#include "eif/report.h"
#include "eif/sign.h"
#include "measure/core/key.h"
#include "reference-db/identify.h"
#include "tests/alloc/fail.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_eif_sign.h"
#include "tests/unit/support_folder.h"

/* One image, unsigned and signed, its parts, a key and its certificate, as files. */
struct world {
	struct folder folder;
	char *image, *sealed, *large, *kernel, *ramdisk, *key, *cert, *out, *parts;
	struct bytes cmdline, metadata;
	struct forged rs;
};

static char *put(struct world *w, const char *name, const struct forged *x)
{
	return strdup(folder_file(&w->folder, name, x->p, x->n));
}

static char *put_image(struct world *w, const char *name, const struct forge *f)
{
	struct forged x = forge_write(f);
	char *path = put(w, name, &x);

	free(x.p);
	return path;
}

/* Several windows of the reader, so that it starts its threads. */
static char *put_large(struct world *w)
{
	struct forge f = forge_base();
	char *path;

	f.section[4].n = 3 << 20;
	f.section[4].data = forge_memory(f.section[4].n);
	path = put_image(w, "large.eif", &f);
	free((uint8_t *)(uintptr_t)f.section[4].data);
	return path;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct forge f = forge_base();
	struct forged key = forge_key_pem(256);
	const char *cert = forge_certificate(256);
	uint8_t *signature;

	folder_new(&w->folder);
	w->image = put_image(w, "image.eif", &f);
	w->kernel = put(w, "kernel",
			&(struct forged){(uint8_t *)(uintptr_t)f.section[0].data, f.section[0].n});
	w->ramdisk = put(w, "ramdisk",
			 &(struct forged){(uint8_t *)(uintptr_t)f.section[3].data, f.section[3].n});
	w->cmdline = bytes_of(f.section[1].data, f.section[1].n);
	w->metadata = bytes_of(f.section[2].data, f.section[2].n);
	signature = forge_sign(&f, 256, NULL);
	w->sealed = put_image(w, "signed.eif", &f);
	w->large = put_large(w);
	w->key = put(w, "key.pem", &key);
	w->cert = strdup(folder_file(&w->folder, "cert.pem", cert, strlen(cert)));
	w->out = strdup(folder_path(&w->folder, "out.eif"));
	w->parts = strdup(folder_path(&w->folder, "parts"));
	mkdir(w->parts, 0700);
	free(signature);
	free(key.p);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	char *paths[] = {w->image, w->sealed, w->large, w->kernel, w->ramdisk,
			 w->key,   w->cert,   w->out,	w->parts};

	for (size_t i = 0; i < COUNT(paths); i++)
		free(paths[i]);
	free(w->rs.p);
	folder_free(&w->folder);
	free(w);
	return 0;
}

static bool read_path(const char *path, bool digests, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;
	owned(eif_image_free) struct eif_image img = {0};

	return file_open(&f, path, e) && eif_image_read(&f, digests, &img, e);
}

static bool read_signed(void *arg, struct err *e)
{
	return read_path(((struct world *)arg)->sealed, true, e);
}

static bool read_large(void *arg, struct err *e)
{
	return read_path(((struct world *)arg)->large, false, e);
}

static bool name(void *arg, struct err *e)
{
	struct identified x = {.n = 0};

	return identify(((struct world *)arg)->sealed, (struct watch){0}, &x, e) && x.n == 2;
}

static bool describe(void *arg, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;
	owned(part_free) struct part *root = NULL;

	return file_open(&f, ((struct world *)arg)->sealed, e) && eif_describe(&f, &root, e);
}

static bool extract(void *arg, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;
	struct world *w = arg;

	return file_open(&f, w->sealed, e) && eif_extract(&f, w->parts, e);
}

static bool report(void *arg, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;
	owned(eif_image_free) struct eif_image img = {0};
	owned(answer_free) struct answer a;

	answer_init(&a);
	if (!file_open(&f, ((struct world *)arg)->sealed, e) || !eif_image_read(&f, true, &img, e))
		return false;
	json_open(&a.json, '{');
	eif_report_json(&img, true, &a.json);
	json_close(&a.json, '}');
	return buf_done(&a.members, "JSON", e) &&
	       eif_report_nitro_cli(&img, "Sha384 { ... }", &a.verbatim, e);
}

static bool side_by_side(void *arg, struct err *e)
{
	owned(file_close) struct file f = FILE_NONE;
	owned(answer_free) struct answer a;
	struct eif_view views[2] = {0};
	struct err none = {0};

	answer_init(&a);
	if (!file_open(&f, ((struct world *)arg)->image, e) || !eif_lenient(&f, views, e))
		return false;
	eif_lenient_report(views, &none, false, &a);
	return buf_done(&a.verbatim, "readings", e);
}

static bool build(void *arg, struct err *e)
{
	struct world *w = arg;
	const char *const ramdisks[] = {w->ramdisk, w->ramdisk};
	struct eif_parts p = {.kernel = w->kernel,
			      .cmdline = w->cmdline,
			      .metadata = w->metadata,
			      .ramdisks = ramdisks,
			      .n_ramdisks = 2};
	owned(answer_free) struct answer a;

	answer_init(&a);
	return eif_build(&p, w->out, &a, e);
}

/* With the key, as the verb does it. */
static bool sign(void *arg, struct err *e)
{
	struct world *w = arg;
	owned(eif_sign_free) struct eif_to_sign s = {0};
	owned(key_free) struct key *key = NULL;
	owned(buf_free) struct buf rs = BUF(256);
	owned(answer_free) struct answer a;

	answer_init(&a);
	return key_read(&key, w->key, e) && eif_sign_prepare(&s, w->image, w->cert, e) &&
	       key_matches(key, s.cert, e) && key_sign(key, buf_bytes(&s.tbs), &rs, e) &&
	       eif_sign_attach(&s, buf_bytes(&rs), w->out, &a, e);
}

/* Whatever was refused, the folder holds what it held: nothing half-written, no temporary. */
static void check(struct world *w, bool (*operation)(void *, struct err *), size_t at_least)
{
	size_t before = folder_count(&w->folder), made;

	made = fail_each(operation, w);
	print_message("%zu allocations\n", made);
	assert_true(made >= at_least);
	unlink(w->out);
	assert_int_equal(folder_count(&w->folder), before);
}

static void reading_a_signed_image_survives_the_lack_of_memory(void **state)
{
	check(*state, read_signed, 10);
	check(*state, name, 10);
}

static void reading_with_threads_survives_the_lack_of_memory(void **state)
{
	check(*state, read_large, 10);
}

static void describing_survives_the_lack_of_memory(void **state)
{
	check(*state, describe, 20);
}

static void extracting_survives_the_lack_of_memory(void **state)
{
	check(*state, extract, 30);
}

static void reporting_survives_the_lack_of_memory(void **state)
{
	check(*state, report, 10);
}

static void readings_side_by_side_survive_the_lack_of_memory(void **state)
{
	check(*state, side_by_side, 5);
}

static void building_survives_the_lack_of_memory(void **state)
{
	check(*state, build, 10);
}

static void signing_survives_the_lack_of_memory(void **state)
{
	check(*state, sign, 20);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(reading_a_signed_image_survives_the_lack_of_memory),
		TEST(reading_with_threads_survives_the_lack_of_memory),
		TEST(describing_survives_the_lack_of_memory),
		TEST(extracting_survives_the_lack_of_memory),
		TEST(reporting_survives_the_lack_of_memory),
		TEST(readings_side_by_side_survive_the_lack_of_memory),
		TEST(building_survives_the_lack_of_memory),
		TEST(signing_survives_the_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
