#include <stdio.h>

#include "measure/core/archive.h"
#include "measure/rebuild/reproduce.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_eif_sign.h"
#include "tests/unit/support_reproduce.h"

#define ROOM 4096u
#define HEADER                                             \
	"070701%08x000081ed000000000000000000000001000000" \
	"00%08zx00000000000000000000000000000000%08zx00000000"

static void put_entry(struct buf *to, unsigned ino, const char *name, const char *body)
{
	static const uint8_t zeros[4];

	buf_fmt(to, HEADER, ino, strlen(body), strlen(name) + 1);
	buf_put(to, bytes_of((const uint8_t *)name, strlen(name) + 1));
	buf_put(to, bytes_of(zeros, -to->n % 4));
	buf_str(to, body);
	buf_put(to, bytes_of(zeros, -to->n % 4));
}

static void put_archive(struct buf *to, const char *text)
{
	put_entry(to, 1, "init", text);
	put_entry(to, 0, "TRAILER!!!", "");
}

static bool put_packed(void *arg, struct bytes x, struct err *e)
{
	(void)e;
	buf_put(arg, x);
	return true;
}

/* As another version of zlib would: with another byte in the header that says nothing. */
static void put_gzip(struct buf *to, const char *text)
{
	const struct pack_sink sink = {put_packed, to};
	owned(buf_free) struct buf plain = BUF(ROOM);
	owned(pack_free) struct pack *k = NULL;
	struct err e = {0};

	put_archive(&plain, text);
	k = pack_new(PACKING_GZIP, &sink, &e);
	assert_true(k && pack_add(k, buf_bytes(&plain), &e) && pack_end(k, &e));
}

/* An image with ramdisks of that content, or those that are given. */
struct disks {
	struct buf disk[2];
};

static void disks_free(struct disks *d)
{
	buf_free(&d->disk[0]);
	buf_free(&d->disk[1]);
}

static struct disks disks_new(bool gzip, const char *first, const char *second)
{
	struct disks d = {{BUF(ROOM), BUF(ROOM)}};
	void (*put)(struct buf *, const char *) = gzip ? put_gzip : put_archive;

	put(&d.disk[0], first);
	put(&d.disk[1], second);
	return d;
}

static void put_disks(struct forge *f, const struct disks *d)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		if (f->section[i].type == FORGE_RAMDISK && n < 2) {
			f->section[i].data = d->disk[n].p;
			f->section[i].n = d->disk[n++].n;
		}
}

/* Published with one, kept as published.eif; built with the other. */
static void publish_and_build(struct world *w, const struct disks *published,
			      const struct disks *built)
{
	struct forge f = forge_base();

	put_disks(&f, published);
	world_image(w, &f);
	manifest_free(&w->manifest);
	buf_reset(&w->payload);
	world_publish(w, NULL);
	assert_int_equal(rename(folder_path(&w->folder, "box.eif"),
				folder_path(&w->folder, "published.eif")),
			 0);
	put_disks(&f, built);
	world_image(w, &f);
}

static bool reproduce_with(struct world *w, struct reproduced *r, struct verdict *v, struct err *e)
{
	const struct reproduce_request q = {
		.manifest = &w->manifest,
		.payload = buf_bytes(&w->payload),
		.folder = w->folder.path,
		.witness = folder_path(&w->folder, "published.eif"),
		.room = folder_path(&w->folder, "both.eif"),
	};

	*v = (struct verdict){0};
	*r = (struct reproduced){0};
	remove(q.room);
	return reproduce_compare(r, &q, v, e);
}

static void compressed_ramdisks_that_were_published_stand_in_for_those_that_were_built(void **state)
{
	struct world *w = *state;
	owned(disks_free) struct disks published = disks_new(true, "boot", "application");
	owned(disks_free) struct disks built = disks_new(false, "boot", "application");
	struct reproduced r;
	struct rebuilt said;
	struct verdict v;
	struct err e = {0};

	publish_and_build(w, &published, &built);
	assert_true(reproduce_with(w, &r, &v, &e));
	assert_true(verdict_decide(&v, &e));
	assert_int_equal(r.outcome, REBUILT_WITNESSED);
	assert_int_equal(world_check(&v, "witness", "ramdisk0")->result, CHECK_WARN);
	assert_string_equal(world_check(&v, "witness", "ramdisk1")->detail,
			    "ramdisk1 was taken from the published image: it is gzip of what was "
			    "built, and how it was compressed was not reproduced");
	assert_string_equal(world_check(&v, "manifest", "")->detail,
			    "what was rebuilt, with what the witness gave, gives the published "
			    "payload, byte for byte");
	assert_string_equal(reproduce_status(&r, &w->manifest.component[1]), TOOLCHAIN);
	assert_string_equal(reproduce_status(&r, &w->manifest.component[2]),
			    "reproduced (compressor's choice taken from the published image)");
	assert_true(reproduce_statement(&r, &w->manifest, "0.1.0", &said, &e));
	assert_int_equal(said.outcome, REBUILT_WITNESSED);
	assert_int_equal(said.n_witnesses, 2);
	assert_true(bytes_equal(said.witness[1].part, bytes_str("ramdisk1")));
	assert_true(digest_equal(&said.witness[1].content, &r.witness.item[1].content));
	reproduced_free(&r);
}

static void what_is_equal_needs_no_witness(void **state)
{
	struct world *w = *state;
	owned(disks_free) struct disks both = disks_new(true, "boot", "application");
	struct reproduced r;
	struct verdict v;
	struct err e = {0};

	publish_and_build(w, &both, &both);
	assert_true(reproduce_with(w, &r, &v, &e));
	assert_int_equal(r.outcome, REBUILT_EQUAL);
	assert_int_equal(r.witness.n, 0);
	reproduced_free(&r);
}

/* What is said of the second ramdisk, and that all of it came to nothing. */
static void check_no_witness(struct world *w, const struct disks *published,
			     const struct disks *built, const char *detail)
{
	struct reproduced r;
	struct rebuilt said;
	struct verdict v;
	struct err e = {0};

	publish_and_build(w, published, built);
	assert_true(reproduce_with(w, &r, &v, &e));
	assert_int_equal(r.outcome, REBUILT_DIFFERS);
	assert_string_equal(world_check(&v, "witness", "ramdisk1")->detail, detail);
	assert_int_equal(world_check(&v, "witness", "ramdisk1")->result, CHECK_FAIL);
	assert_int_equal(world_check(&v, "manifest", "")->result, CHECK_FAIL);
	assert_false(verdict_decide(&v, &e));
	assert_string_equal(reason_slug(e.reason), "witness");
	assert_string_equal(reproduce_status(&r, &w->manifest.component[2]), "differs");
	e = (struct err){0};
	assert_true(reproduce_statement(&r, &w->manifest, "0.1.0", &said, &e));
	assert_true(said.outcome == REBUILT_DIFFERS && said.n_witnesses == 0);
	assert_null(folder_read(folder_path(&w->folder, "both.eif"), &(size_t){0}));
	reproduced_free(&r);
}

/* Where the second ramdisk is in the image: behind the headers, and all else. */
static size_t second_at(const struct disks *d)
{
	struct forge f = forge_base();
	struct forged x;
	size_t at;

	put_disks(&f, d);
	x = forge_write(&f);
	at = x.n - d->disk[1].n;
	free(x.p);
	return at;
}

static void one_ramdisk_that_is_no_witness_makes_all_of_it_none(void **state)
{
	struct world *w = *state;
	owned(disks_free) struct disks built = disks_new(false, "boot", "application");
	owned(disks_free) struct disks other = disks_new(true, "boot", "evil application");
	owned(disks_free) struct disks twice = disks_new(true, "boot", "application");
	owned(disks_free) struct disks plain = disks_new(true, "boot", "application");
	char detail[256];

	snprintf(detail, sizeof(detail),
		 "ramdisk1: the published one: unpacked from gzip at %zu: more than the 252 bytes "
		 "that were built",
		 second_at(&other));
	check_no_witness(w, &other, &built, detail);
	snprintf(detail, sizeof(detail),
		 "ramdisk1: the published one: a second part begins in it, at byte %zu",
		 twice.disk[1].n);
	put_gzip(&twice.disk[1], "evil");
	check_no_witness(w, &twice, &built, detail);
	buf_reset(&plain.disk[1]);
	put_archive(&plain.disk[1], "applicatioN");
	check_no_witness(w, &plain, &built,
			 "ramdisk1: the published one is not compressed, and not what was built");
}

static void a_plain_ramdisk_behind_an_odd_one_is_not_where_the_kernel_looks(void **state)
{
	struct world *w = *state;
	owned(disks_free) struct disks published = disks_new(true, "boot", "application");
	owned(disks_free) struct disks built = disks_new(false, "boot", "application");
	char detail[256];

	buf_reset(&published.disk[1]);
	put_archive(&published.disk[1], "application");
	while (published.disk[0].n % 4 != 1) { /* a longer text makes it longer */
		static char text[64];

		text[strlen(text)] = 'a' + (char)(strlen(text) % 7);
		buf_reset(&published.disk[0]);
		buf_reset(&built.disk[0]);
		put_gzip(&published.disk[0], text);
		put_archive(&built.disk[0], text);
	}
	snprintf(detail, sizeof(detail),
		 "ramdisk1: as published it would begin at byte %zu of all ramdisks, no multiple "
		 "of four: the kernel stops there",
		 published.disk[0].n);
	check_no_witness(w, &published, &built, detail);
}

static void another_number_of_ramdisks_is_no_witness(void **state)
{
	struct world *w = *state;
	owned(disks_free) struct disks published = disks_new(true, "boot", "application");
	struct forge f = forge_base();
	struct reproduced r;
	struct verdict v;
	struct err e = {0};

	publish_and_build(w, &published, &published);
	put_disks(&f, &published);
	forge_append(&f, FORGE_RAMDISK, "third", 5);
	world_image(w, &f);
	w->third = true;
	world_record(w, COMMIT, TWOS, "source");
	assert_true(reproduce_with(w, &r, &v, &e));
	assert_int_equal(r.outcome, REBUILT_DIFFERS);
	assert_string_equal(world_check(&v, "witness", "ramdisks")->detail,
			    "ramdisks: 2 are published, and 3 were built");
	assert_false(verdict_decide(&v, &e));
	reproduced_free(&r);
}

/* All but the ramdisks is that which was built: another kernel shows, whatever was published. */
static void nothing_else_is_taken_from_the_published_image(void **state)
{
	struct world *w = *state;
	owned(disks_free) struct disks published = disks_new(true, "boot", "application");
	owned(disks_free) struct disks built = disks_new(false, "boot", "application");
	struct forge f = forge_base();
	struct reproduced r;
	struct verdict v;
	struct err e = {0};

	publish_and_build(w, &published, &built);
	put_disks(&f, &built);
	forge_find(&f, FORGE_CMDLINE)->n--;
	world_image(w, &f);
	assert_true(reproduce_with(w, &r, &v, &e));
	assert_int_equal(r.outcome, REBUILT_DIFFERS);
	assert_int_equal(world_check(&v, "witness", "ramdisk1")->result, CHECK_WARN);
	world_check_no(&v, "part", "cmdline", "cmdline is another one than the manifest's");
	assert_string_equal(reproduce_status(&r, &w->manifest.component[1]), "differs");
	reproduced_free(&r);
}

/* ---- the published image itself */

static void check_not_released(struct world *w, struct forge *f, const char *text)
{
	struct forged x = forge_write(f);
	const char *path = folder_file(&w->folder, "other.eif", x.p, x.n);
	struct err e = {0};

	free(x.p);
	assert_false(reproduce_witness(&w->manifest, path, (struct watch){0}, &e));
	check_err(&e, REASON_WITNESS, text);
	assert_string_equal(e.hint, "nothing was built");
	assert_string_equal(e.subject, path);
}

static void a_witness_is_the_released_image(void **state)
{
	struct world *w = *state;
	struct forge f = forge_base();
	struct err e = {0};
	uint8_t *signature;

	assert_true(reproduce_witness(&w->manifest, folder_path(&w->folder, "box.eif"),
				      (struct watch){0}, &e));
	/* whoever signed it */
	signature = forge_sign(&f, 384, NULL);
	world_image(w, &f);
	assert_true(reproduce_witness(&w->manifest, folder_path(&w->folder, "box.eif"),
				      (struct watch){0}, &e));
	free(signature);
	f = forge_base();
	forge_find(&f, FORGE_KERNEL)->n--;
	check_not_released(w, &f,
			   "it is not the released image: PCR0 is another one than the manifest's");
	f = forge_base();
	forge_find(&f, FORGE_CMDLINE)->data = (const uint8_t *)"console=ttyS1 reboot=k";
	check_not_released(w, &f,
			   "it is not the released image: PCR0 is another one than the manifest's");
	f = forge_base();
	forge_swap(&f, 3, 4);
	check_not_released(w, &f,
			   "it is not the released image: PCR0 is another one than the manifest's");
	/* the registers are the same, and the order of the sections is not */
	f = forge_base();
	forge_swap(&f, 2, 3);
	check_not_released(w, &f,
			   "it is not the released image: the unsigned image as a file is another "
			   "one than the manifest names");
	f = forge_base();
	f.default_mem++;
	check_not_released(w, &f,
			   "it is not the released image: the unsigned image as a file is another "
			   "one than the manifest names");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	static const struct CMUnitTest tests[] = {
		TEST(compressed_ramdisks_that_were_published_stand_in_for_those_that_were_built),
		TEST(what_is_equal_needs_no_witness),
		TEST(one_ramdisk_that_is_no_witness_makes_all_of_it_none),
		TEST(a_plain_ramdisk_behind_an_odd_one_is_not_where_the_kernel_looks),
		TEST(another_number_of_ramdisks_is_no_witness),
		TEST(nothing_else_is_taken_from_the_published_image),
		TEST(a_witness_is_the_released_image),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
