#include "measure/core/witness.h"

#include <stdio.h>
#include <sys/stat.h>

#include "measure/core/hash.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_ramdisk.h"

#define ROOM (1u << 16)
#define PAD 512u
#define SECOND "the published one: a second part begins in it, at byte "

static int make_folder(void **state)
{
	static struct folder f;

	folder_new(&f);
	*state = &f;
	return 0;
}

static int remove_folder(void **state)
{
	folder_free(*state);
	return 0;
}

static bool put(void *arg, struct bytes x, struct err *e)
{
	(void)e;
	buf_put(arg, x);
	return true;
}

static void pack(struct buf *to, enum packing p, struct bytes x)
{
	const struct pack_sink sink = {put, to};
	owned(pack_free) struct pack *k = NULL;
	struct err e = {0};

	k = pack_new(p, &sink, &e);
	assert_true(k && pack_add(k, x, &e) && pack_end(k, &e));
}

/* One file that holds the text, the trailer, and zeros as writers put them behind it. */
static void archive(struct buf *to, const char *text)
{
	static const uint8_t zeros[PAD];
	const struct forged file = {.fields = {.ino = 1, .mode = S_IFREG | 0755, .nlink = 1},
				    .name = "init",
				    .body = text};

	archive_forge(to, &file);
	archive_trailer(to);
	buf_put(to, bytes_of(zeros, PAD - to->n % PAD));
}

static void packed(struct buf *to, enum packing p, const char *text)
{
	owned(buf_free) struct buf plain = BUF(ROOM);

	archive(&plain, text);
	pack(to, p, buf_bytes(&plain));
}

static struct witness judge(struct folder *f, const struct buf *published, const struct buf *built)
{
	owned(file_close) struct file theirs = FILE_NONE, mine = FILE_NONE;
	struct witness w = {.name = "ramdisk1"};
	struct stream_range a, b;
	struct err e = {0};

	assert_true(
		file_open(&theirs, folder_file(f, "published", published->p, published->n), &e));
	assert_true(file_open(&mine, folder_file(f, "built", built->p, built->n), &e));
	a = stream_range(&theirs, 0, theirs.size);
	b = stream_range(&mine, 0, mine.size);
	assert_true(witness_judge(&w, &a, &b, &e));
	check_no_err(&e);
	return w;
}

/* Against an archive with "one" in it, as it was built without compression. */
static void check_refused(struct folder *f, const struct buf *published, const char *why)
{
	owned(buf_free) struct buf built = BUF(ROOM);
	struct witness w;

	archive(&built, "one");
	w = judge(f, published, &built);
	assert_int_equal(w.state, WITNESS_REFUSED);
	assert_string_equal(w.why, why);
}

/* The same, where the text ends with a number that is the library's to decide, and a word. */
static void check_refused_at(struct folder *f, const struct buf *published, const char *text,
			     size_t n, const char *word)
{
	char why[192];

	snprintf(why, sizeof(why), "%s%zu%s", text, n, word);
	check_refused(f, published, why);
}

static void what_unpacks_to_what_was_built_is_a_witness(void **state)
{
	static const enum packing packings[] = {PACKING_GZIP, PACKING_ZSTD};
	struct digest content;
	struct err e = {0};

	for (size_t i = 0; i < sizeof(packings) / sizeof(packings[0]); i++) {
		owned(buf_free) struct buf published = BUF(ROOM), built = BUF(ROOM);
		struct witness w;

		archive(&built, "one");
		packed(&published, packings[i], "one");
		w = judge(*state, &published, &built);
		assert_string_equal(w.why, "");
		assert_int_equal(w.state, WITNESS_TAKEN);
		assert_int_equal(w.packing, packings[i]);
		assert_int_equal(w.size, published.n);
		assert_int_equal(w.unpacked, built.n);
		assert_true(hash_of(DIGEST_SHA256, buf_bytes(&built), &content, &e));
		assert_true(digest_equal(&w.content, &content));
	}
}

static void another_compressor_is_no_other_ramdisk(void **state)
{
	owned(buf_free) struct buf published = BUF(ROOM), built = BUF(ROOM);
	struct witness w;

	packed(&built, PACKING_GZIP, "one");
	packed(&published, PACKING_GZIP, "one");
	published.p[4] = 1; /* a time */
	w = judge(*state, &published, &built);
	assert_int_equal(w.state, WITNESS_TAKEN);
	buf_reset(&built);
	packed(&built, PACKING_ZSTD, "one");
	w = judge(*state, &published, &built);
	assert_int_equal(w.state, WITNESS_TAKEN);
}

static void what_is_not_compressed_is_none(void **state)
{
	owned(buf_free) struct buf published = BUF(ROOM);

	archive(&published, "two");
	check_refused(*state, &published,
		      "the published one is not compressed, and not what was built");
}

static void other_content_is_refused_and_not_unpacked_further_than_needed(void **state)
{
	owned(buf_free) struct buf published = BUF(ROOM);
	char more[2 * PAD];

	packed(&published, PACKING_GZIP, "two");
	check_refused(*state, &published,
		      "the published one unpacks to other bytes than were built");
	memset(more, 'x', sizeof(more));
	more[sizeof(more) - 1] = '\0';
	buf_reset(&published);
	packed(&published, PACKING_GZIP, more);
	check_refused(*state, &published,
		      "the published one: unpacked from gzip at 0: more than the 512 bytes that "
		      "were built");
}

static void what_stands_behind_the_compressed_bytes_is_refused(void **state)
{
	owned(buf_free) struct buf published = BUF(ROOM), one = BUF(ROOM);
	packed(&one, PACKING_GZIP, "one");
	buf_put(&published, buf_bytes(&one));
	buf_put(&published, bytes_str("x"));
	check_refused(*state, &published,
		      "the published one: neither an archive nor a compressed one that is known "
		      "here: the first bytes are 78 00");
	published.p[one.n] = 0;
	check_refused(*state, &published,
		      "the published one: zeros stand behind what is compressed");
	buf_reset(&published);
	buf_put(&published, bytes_of((const uint8_t *)"\0\0\0", 4));
	buf_put(&published, buf_bytes(&one));
	check_refused(*state, &published,
		      "the published one is not compressed, and not what was built");
}

static void what_the_kernel_would_unpack_besides_is_refused(void **state)
{
	owned(buf_free) struct buf published = BUF(ROOM), plain = BUF(ROOM);
	size_t n;

	/* a second member, whose files the kernel puts over the first one's */
	packed(&published, PACKING_GZIP, "one");
	n = published.n;
	packed(&published, PACKING_GZIP, "evil");
	check_refused_at(*state, &published, SECOND, n, "");
	/* another format behind it */
	published.n = n;
	packed(&published, PACKING_ZSTD, "evil");
	check_refused_at(*state, &published, SECOND, n, "");
	/* an archive that is not compressed behind it */
	published.n = n;
	archive(&published, "evil");
	check_refused_at(*state, &published, SECOND, n, "");
	/* and in front of it */
	buf_reset(&published);
	archive(&published, "one");
	packed(&published, PACKING_GZIP, "evil");
	check_refused(*state, &published,
		      "the published one is not compressed, and not what was built");
	/* an archive in two members, which the kernel does not put together */
	buf_reset(&published);
	archive(&plain, "one");
	pack(&published, PACKING_GZIP, bytes_of(plain.p, 200));
	pack(&published, PACKING_GZIP, bytes_of(plain.p + 200, plain.n - 200));
	check_refused(
		*state, &published,
		"the published one: unpacked from gzip at 0: a header needs 110 bytes, 80 are "
		"left");
}

static void what_the_kernel_reads_otherwise_is_refused(void **state)
{
	owned(buf_free) struct buf published = BUF(ROOM);

	packed(&published, PACKING_GZIP, "one");
	published.p[3] = 0x04;
	check_refused(
		*state, &published,
		"the published one: gzip header flags 04, of which the kernel knows 01 and 08");
	published.p[3] = 0;
	published.p[published.n - 8] ^= 1;
	check_refused(*state, &published,
		      "the published one: unpacked from gzip at 0: the gzip data is damaged: "
		      "incorrect data check");
	published.p[published.n - 8] ^= 1;
	published.n--;
	check_refused_at(*state, &published,
			 "the published one: unpacked from gzip at 0: the gzip data ends within a "
			 "member, after ",
			 published.n, " bytes");
}

static void what_was_built_must_be_one_ramdisk_too(void **state)
{
	owned(buf_free) struct buf published = BUF(ROOM), built = BUF(ROOM);
	struct witness w;

	packed(&published, PACKING_GZIP, "one");
	buf_put(&built, bytes_str("no ramdisk"));
	w = judge(*state, &published, &built);
	assert_int_equal(w.state, WITNESS_REFUSED);
	assert_string_equal(w.why,
			    "what was built: neither an archive nor a compressed one that is known "
			    "here: the first bytes are 6e 6f");
	buf_reset(&built);
	archive(&built, "one");
	packed(&built, PACKING_GZIP, "two");
	w = judge(*state, &published, &built);
	assert_int_equal(w.state, WITNESS_REFUSED);
	assert_string_equal(w.why, "what was built: a second part begins in it, at byte 512");
	buf_reset(&built);
	buf_put(&built, bytes_of((const uint8_t *)"\0\0\0", 4));
	archive(&built, "one");
	w = judge(*state, &published, &built);
	assert_int_equal(w.state, WITNESS_REFUSED);
	assert_string_equal(w.why, "what was built: zeros stand in front of it");
}

static void a_fault_of_the_machine_is_none_of_the_witness(void **state)
{
	owned(buf_free) struct buf published = BUF(ROOM);
	struct file none = {.fd = -1, .name = "gone"};
	owned(file_close) struct file theirs = FILE_NONE;
	struct stream_range a, b = stream_range(&none, 0, 512);
	struct witness w = {0};
	struct err e = {0};

	packed(&published, PACKING_GZIP, "one");
	assert_true(file_open(&theirs, folder_file(*state, "p", published.p, published.n), &e));
	a = stream_range(&theirs, 0, theirs.size);
	assert_false(witness_judge(&w, &a, &b, &e));
	assert_int_equal(reason_class(e.reason), EXIT_CLASS_ENVIRONMENT);
	assert_int_equal(w.state, WITNESS_EQUAL);
}

static void one_refusal_is_enough(void **state)
{
	struct witnesses w = {0};
	struct err e = {0};

	(void)state;
	assert_false(witness_stand_in(&w));
	assert_non_null(witness_add(&w, "ramdisk0", &e));
	assert_false(witness_stand_in(&w));
	witness_add(&w, "ramdisk1", &e)->state = WITNESS_TAKEN;
	assert_true(witness_stand_in(&w));
	witness_refuse(witness_add(&w, "ramdisk2", &e), "%s", "no");
	assert_false(witness_stand_in(&w));
	while (w.n < WITNESSES)
		assert_non_null(witness_add(&w, "ramdisk3", &e));
	assert_null(witness_add(&w, "ramdisk3", &e));
	check_err(&e, REASON_LIMIT, "more than 32 ramdisks");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_unpacks_to_what_was_built_is_a_witness),
		cmocka_unit_test(another_compressor_is_no_other_ramdisk),
		cmocka_unit_test(what_is_not_compressed_is_none),
		cmocka_unit_test(other_content_is_refused_and_not_unpacked_further_than_needed),
		cmocka_unit_test(what_stands_behind_the_compressed_bytes_is_refused),
		cmocka_unit_test(what_the_kernel_would_unpack_besides_is_refused),
		cmocka_unit_test(what_the_kernel_reads_otherwise_is_refused),
		cmocka_unit_test(what_was_built_must_be_one_ramdisk_too),
		cmocka_unit_test(a_fault_of_the_machine_is_none_of_the_witness),
		cmocka_unit_test(one_refusal_is_enough),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
