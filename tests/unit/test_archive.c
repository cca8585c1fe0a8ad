#include "measure/core/archive.h"

#include <stdio.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_memory.h"

#define TEXT "hello, hello, hello\n"
#define BIG (1u << 20)

/* By xz 5.4.1: as it does without options, with --format=lzma, with a dictionary of 1.5 GiB. */
static const uint8_t xz[] = {0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04, 0xe6, 0xd6, 0xb4,
			     0x46, 0x02, 0x00, 0x21, 0x01, 0x16, 0x00, 0x00, 0x00, 0x74, 0x2f,
			     0xe5, 0xa3, 0xe0, 0x00, 0x13, 0x00, 0x0e, 0x5d, 0x00, 0x34, 0x19,
			     0x49, 0xee, 0x8d, 0xef, 0x8c, 0x87, 0x31, 0xf5, 0x2f, 0x64, 0x00,
			     0x00, 0x00, 0x00, 0x00, 0xb0, 0x48, 0x85, 0x59, 0xd7, 0xa9, 0xae,
			     0x4b, 0x00, 0x01, 0x2a, 0x14, 0x7e, 0xad, 0x37, 0x55, 0x1f, 0xb6,
			     0xf3, 0x7d, 0x01, 0x00, 0x00, 0x00, 0x00, 0x04, 0x59, 0x5a};
static const uint8_t lzma[] = {0x5d, 0x00, 0x00, 0x80, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			       0xff, 0xff, 0x00, 0x34, 0x19, 0x49, 0xee, 0x8d, 0xef, 0x8c, 0x87,
			       0x31, 0xf5, 0x79, 0x89, 0xbf, 0xff, 0xff, 0xdd, 0x24, 0x00, 0x00};
static const uint8_t xz_wide[] = {0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04, 0xe6, 0xd6, 0xb4,
				  0x46, 0x02, 0x00, 0x21, 0x01, 0x25, 0x00, 0x00, 0x00, 0x3b, 0x78,
				  0x7b, 0x41, 0xe0, 0x00, 0x13, 0x00, 0x0e, 0x5d, 0x00, 0x34, 0x19};
/* By zstd 1.5.4 with --long=28. */
static const uint8_t zstd_wide[] = {0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x90, 0x45,
				    0x00, 0x00, 0x10, 0x00, 0x00, 0x01, 0x00,
				    0x3f, 0x01, 0x2c, 0x2f, 0x50, 0x2c, 0xc9};

static bool put(void *arg, struct bytes x, struct err *e)
{
	buf_put(arg, x);
	return buf_done(arg, "packed", e);
}

static void pack(enum packing packing, struct bytes x, size_t piece, struct buf *out)
{
	const struct pack_sink sink = {put, out};
	struct err e = {0};
	owned(pack_free) struct pack *p = pack_new(packing, &sink, &e);

	check_no_err(&e);
	for (size_t n; x.n > 0; x = bytes_of(x.p + n, x.n - n)) {
		n = piece < x.n ? piece : x.n;
		assert_true(pack_add(p, bytes_of(x.p, n), &e));
	}
	assert_true(pack_end(p, &e));
}

/* All of it, through reads of `room` bytes and an input in pieces. */
static bool unpack(struct bytes x, const struct unpack_rule *rule, size_t piece, struct buf *out,
		   struct err *e)
{
	struct memory in = memory_stream(x, piece);
	owned(unpack_free) struct unpack *u = unpack_new(&in.stream, rule, e);
	uint8_t room[4096];
	size_t got = 0;

	if (!u)
		return false;
	do {
		if (!stream_read(unpack_stream(u),
				 (struct span){room, piece < sizeof(room) ? piece : sizeof(room)},
				 &got, e))
			return false;
		buf_put(out, bytes_of(room, got));
	} while (got > 0);
	assert_true(in.left.n == 0 || rule->rest);
	assert_true(rule->rest || unpack_used(u) == x.n);
	return true;
}

static struct unpack_rule rule_of(enum packing p)
{
	return (struct unpack_rule){.packing = p, .max = 2u * BIG};
}

static void check_refused(struct bytes x, struct unpack_rule rule, enum reason r, uint64_t at,
			  const char *text)
{
	for (size_t piece = 1; piece <= 100000; piece *= 10) {
		owned(buf_free) struct buf out = BUF(4 * BIG);
		struct err e = {0};

		assert_false(unpack(x, &rule, piece, &out, &e));
		check_err(&e, r, text);
		assert_true(e.at);
		assert_int_equal(e.offset, at);
	}
}

static void check_text(struct bytes x, struct unpack_rule rule, const char *text)
{
	for (size_t piece = 1; piece <= 100; piece *= 10) {
		owned(buf_free) struct buf out = BUF(BIG);
		struct err e = {0};

		if (!unpack(x, &rule, piece, &out, &e))
			fail_msg("%s", e.text);
		assert_string_equal(buf_cstr(&out), text);
	}
}

static void a_packing_is_told_by_its_first_bytes(void **state)
{
	static const struct {
		const char *head;
		size_t n;
		enum packing packing;
	} cases[] = {
		{"\x1f\x8b\x08\0\0\0", 6, PACKING_GZIP},
		{"\x1f\x8b\x07\0\0\0", 6, PACKING_NONE},
		{"\x28\xb5\x2f\xfd", 4, PACKING_ZSTD},
		{"\x5f\x2a\x4d\x18\0\0", 6, PACKING_ZSTD},
		{"\x60\x2a\x4d\x18\0\0", 6, PACKING_NONE},
		{"\xfd"
		 "7zXZ\0",
		 6, PACKING_XZ},
		{"\xfd"
		 "7zXZ\1",
		 6, PACKING_NONE},
		{"]\0\0\x80\0\xff", 6, PACKING_LZMA},
		{"]\0\0\1\0\0", 6, PACKING_LZMA},
		{"]\0\0\0\0\0", 6, PACKING_NONE},
		{"]\0\0\1", 4, PACKING_NONE},
		{"070701", 6, PACKING_NONE},
		{"\x1f\x8b", 2, PACKING_NONE},
		{"", 0, PACKING_NONE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(archive_packing(bytes_of(cases[i].head, cases[i].n)),
				 cases[i].packing);
	assert_string_equal(archive_packing_name(PACKING_NONE), "none");
	assert_string_equal(archive_packing_name(PACKING_LZMA), "lzma");
}

static void the_library_that_packs_is_named_with_its_version(void **state)
{
	char version[ARCHIVE_VERSION_ROOM], both[PACK_LIBRARY_ROOM], expected[PACK_LIBRARY_ROOM];

	(void)state;
	assert_null(archive_library(PACKING_NONE));
	assert_null(archive_library_version(PACKING_NONE, version));
	assert_null(pack_library(PACKING_NONE, both));
	assert_string_equal(archive_library(PACKING_LZMA), "liblzma");
	assert_non_null(archive_library_version(PACKING_LZMA, version));
	assert_non_null(archive_library_version(PACKING_GZIP, version));
	snprintf(expected, sizeof(expected), "zlib %s", version);
	assert_string_equal(pack_library(PACKING_GZIP, both), expected);
	assert_non_null(archive_library_version(PACKING_ZSTD, version));
	snprintf(expected, sizeof(expected), "libzstd %s", version);
	assert_string_equal(pack_library(PACKING_ZSTD, both), expected);
}

/* Half of it repeats itself, half does not. */
static void fill(uint8_t *p, size_t n)
{
	uint32_t x = 1;

	for (size_t i = 0; i < n; i++) {
		x = x * 1664525u + 1013904223u;
		p[i] = i % 8192 < 4096 ? (uint8_t)(x >> 24) : (uint8_t)(i >> 16);
	}
}

static void what_was_packed_comes_back_and_pieces_do_not_matter(void **state)
{
	static const enum packing packings[] = {PACKING_GZIP, PACKING_ZSTD};
	owned(own_free) uint8_t *in = malloc(BIG);

	(void)state;
	assert_non_null(in);
	fill(in, BIG);
	for (size_t i = 0; i < COUNT(packings); i++) {
		owned(buf_free) struct buf a = BUF(2 * BIG), b = BUF(2 * BIG), out = BUF(2 * BIG);
		const struct unpack_rule rule = rule_of(packings[i]);
		struct err e = {0};

		pack(packings[i], bytes_of(in, BIG), BIG, &a);
		pack(packings[i], bytes_of(in, BIG), 999, &b);
		assert_true(bytes_equal(buf_bytes(&a), buf_bytes(&b)));
		assert_in_range(a.n, BIG / 2, BIG * 3 / 4);
		assert_true(unpack(buf_bytes(&a), &rule, 4096, &out, &e));
		assert_true(bytes_equal(buf_bytes(&out), bytes_of(in, BIG)));
	}
}

static void a_gzip_header_has_neither_time_nor_name(void **state)
{
	owned(buf_free) struct buf out = BUF(1000);

	(void)state;
	pack(PACKING_GZIP, bytes_str(TEXT), 1000, &out);
	assert_memory_equal(out.p, "\x1f\x8b\x08\0\0\0\0\0\x02\x03", 10);
}

static void all_four_are_unpacked(void **state)
{
	owned(buf_free) struct buf gzip = BUF(1000), zstd = BUF(1000);

	(void)state;
	pack(PACKING_GZIP, bytes_str(TEXT), 1000, &gzip);
	pack(PACKING_ZSTD, bytes_str(TEXT), 1000, &zstd);
	check_text(buf_bytes(&gzip), rule_of(PACKING_GZIP), TEXT);
	check_text(buf_bytes(&zstd), rule_of(PACKING_ZSTD), TEXT);
	check_text(bytes_of(xz, sizeof(xz)), rule_of(PACKING_XZ), TEXT);
	check_text(bytes_of(lzma, sizeof(lzma)), rule_of(PACKING_LZMA), TEXT);
}

static void nothing_packed_is_nothing_unpacked(void **state)
{
	owned(buf_free) struct buf gzip = BUF(1000), zstd = BUF(1000);

	(void)state;
	pack(PACKING_GZIP, bytes_of(NULL, 0), 1000, &gzip);
	pack(PACKING_ZSTD, bytes_of(NULL, 0), 1000, &zstd);
	check_text(buf_bytes(&gzip), rule_of(PACKING_GZIP), "");
	check_text(buf_bytes(&zstd), rule_of(PACKING_ZSTD), "");
}

/* `once` and what comes behind it, under a rule. */
static void behind(struct bytes once, struct bytes more, struct unpack_rule rule, enum reason r,
		   const char *text)
{
	owned(buf_free) struct buf both = BUF(10000);

	buf_put(&both, once);
	buf_put(&both, more);
	if (r == REASON_NONE)
		check_text(buf_bytes(&both), rule, text);
	else
		check_refused(buf_bytes(&both), rule, r, once.n, text);
}

static void check_behind(enum packing packing, struct bytes once, struct bytes empty,
			 const char *second, const char *bytes)
{
	struct unpack_rule rule = rule_of(packing), members = rule, rest = rule;

	members.members = true;
	rest.rest = true;
	behind(once, once, rule, REASON_TRAILING, second);
	behind(once, empty, rule, REASON_TRAILING, second);
	behind(empty, once, rule, REASON_TRAILING, second);
	behind(once, bytes_str("a"), rule, REASON_TRAILING, bytes);
	behind(once, bytes_of("\0\0\0\0\0\0\0\0", 8), rule, REASON_TRAILING, bytes);
	behind(once, bytes_str("any bytes"), members, REASON_TRAILING, bytes);
	behind(once, bytes_of("\0\0\0\0", 4), members, REASON_TRAILING, bytes);
	behind(once, once, members, REASON_NONE, TEXT TEXT);
	behind(empty, once, members, REASON_NONE, TEXT);
	behind(once, bytes_str("any bytes"), rest, REASON_NONE, TEXT);
	behind(once, once, rest, REASON_NONE, TEXT);
}

static void what_follows_the_first_member_is_refused_unless_it_may_be_there(void **state)
{
	owned(buf_free) struct buf gzip = BUF(1000), no_gzip = BUF(1000), zstd = BUF(1000);
	static const uint8_t skippable[] = {0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 'a', 'b'};

	(void)state;
	pack(PACKING_GZIP, bytes_str(TEXT), 1000, &gzip);
	pack(PACKING_GZIP, bytes_of(NULL, 0), 1000, &no_gzip);
	pack(PACKING_ZSTD, bytes_str(TEXT), 1000, &zstd);
	check_behind(PACKING_GZIP, buf_bytes(&gzip), buf_bytes(&no_gzip),
		     "a second gzip member follows the first, where one alone is read",
		     "bytes follow the end of the gzip member");
	check_behind(PACKING_ZSTD, buf_bytes(&zstd), bytes_of(skippable, sizeof(skippable)),
		     "a second zstd frame follows the first, where one alone is read",
		     "bytes follow the end of the zstd frame");
	behind(bytes_of(xz, sizeof(xz)), bytes_of(xz, sizeof(xz)), rule_of(PACKING_XZ),
	       REASON_TRAILING, "a second xz stream follows the first, where one alone is read");
	behind(bytes_of(lzma, sizeof(lzma)), bytes_of(lzma, sizeof(lzma)), rule_of(PACKING_LZMA),
	       REASON_TRAILING, "bytes follow the end of the lzma stream");
}

static void streams_of_xz_may_follow_each_other_where_members_may(void **state)
{
	struct unpack_rule rule = rule_of(PACKING_XZ);

	(void)state;
	rule.members = true;
	behind(bytes_of(xz, sizeof(xz)), bytes_of(xz, sizeof(xz)), rule, REASON_NONE, TEXT TEXT);
}

static void where_the_first_member_ends_is_known(void **state)
{
	owned(buf_free) struct buf both = BUF(1000);
	const struct unpack_rule rule = {.packing = PACKING_XZ, .rest = true, .max = 100};
	struct err e = {0};
	owned(unpack_free) struct unpack *u = NULL;
	struct memory in;

	(void)state;
	buf_put(&both, bytes_of(xz, sizeof(xz)));
	buf_str(&both, "any bytes");
	in = memory_stream(buf_bytes(&both), 1000);
	u = unpack_new(&in.stream, &rule, &e);
	assert_non_null(u);
	assert_true(stream_drain(unpack_stream(u), &e));
	assert_int_equal(unpack_used(u), sizeof(xz));
	assert_int_equal(unpack_stream(u)->pos, strlen(TEXT));
}

static void check_cut(enum packing packing, struct bytes x, const char *unit)
{
	for (size_t n = 0; n < x.n; n++) {
		char text[100];

		snprintf(text, sizeof(text), "the %s data ends within a %s, after %zu bytes",
			 archive_packing_name(packing), unit, n);
		check_refused(bytes_of(x.p, n), rule_of(packing), REASON_TRUNCATED, n, text);
	}
}

static void a_stream_that_ends_early_is_truncated(void **state)
{
	owned(buf_free) struct buf gzip = BUF(1000), zstd = BUF(1000);

	(void)state;
	pack(PACKING_GZIP, bytes_str(TEXT), 1000, &gzip);
	pack(PACKING_ZSTD, bytes_str(TEXT), 1000, &zstd);
	check_cut(PACKING_GZIP, buf_bytes(&gzip), "member");
	check_cut(PACKING_ZSTD, buf_bytes(&zstd), "frame");
	check_cut(PACKING_XZ, bytes_of(xz, sizeof(xz)), "stream");
	check_cut(PACKING_LZMA, bytes_of(lzma, sizeof(lzma)), "stream");
}

/* A million zeros, of which gzip makes a thousand bytes. */
static void more_than_the_limit_is_refused(void **state)
{
	static const struct {
		enum packing packing;
		const char *text;
	} cases[] = {
		{PACKING_GZIP, "the gzip data unpacks to more than the limit of 1048575 bytes"},
		{PACKING_ZSTD, "the zstd data unpacks to more than the limit of 1048575 bytes"},
	};
	owned(own_free) uint8_t *zeros = calloc(BIG, 1);

	(void)state;
	assert_non_null(zeros);
	for (size_t i = 0; i < COUNT(cases); i++) {
		owned(buf_free) struct buf packed = BUF(BIG), out = BUF(2 * BIG);
		struct unpack_rule rule = {.packing = cases[i].packing, .max = BIG};
		struct err e = {0};

		pack(cases[i].packing, bytes_of(zeros, BIG), BIG, &packed);
		assert_true(packed.n < 2000);
		assert_true(unpack(buf_bytes(&packed), &rule, 4096, &out, &e));
		rule.max--;
		assert_false(unpack(buf_bytes(&packed), &rule, 4096, &out, &e));
		check_err(&e, REASON_LIMIT, cases[i].text);
	}
}

static void memory_that_a_stream_asks_for_has_a_limit(void **state)
{
	(void)state;
	check_refused(bytes_of(xz_wide, sizeof(xz_wide)), rule_of(PACKING_XZ), REASON_LIMIT, 24,
		      "the xz data needs memory over the limit of 268435456 bytes");
	check_refused(bytes_of(zstd_wide, sizeof(zstd_wide)), rule_of(PACKING_ZSTD), REASON_LIMIT,
		      0, "the zstd data needs a window over the limit of 134217728 bytes");
}

/* The byte at `at` is another one. */
static void damaged(enum packing packing, struct bytes x, size_t at, const char *text)
{
	owned(buf_free) struct buf bad = BUF(1000), out = BUF(1000);
	const struct unpack_rule rule = rule_of(packing);
	struct err e = {0};

	buf_put(&bad, x);
	bad.p[at] ^= 0x10;
	assert_false(unpack(buf_bytes(&bad), &rule, 1000, &out, &e));
	check_err(&e, REASON_COMPRESSION, text);
	assert_true(e.at);
}

static void damage_is_found(void **state)
{
	owned(buf_free) struct buf gzip = BUF(1000), zstd = BUF(1000);
	struct bytes x = bytes_of(xz, sizeof(xz));

	(void)state;
	pack(PACKING_GZIP, bytes_str(TEXT), 1000, &gzip);
	pack(PACKING_ZSTD, bytes_str(TEXT), 1000, &zstd);
	damaged(PACKING_GZIP, buf_bytes(&gzip), gzip.n - 8,
		"the gzip data is damaged: incorrect data check");
	damaged(PACKING_GZIP, buf_bytes(&gzip), gzip.n - 1,
		"the gzip data is damaged: incorrect length check");
	damaged(PACKING_GZIP, buf_bytes(&gzip), 2,
		"the gzip data is damaged: unknown compression method");
	damaged(PACKING_ZSTD, buf_bytes(&zstd), zstd.n - 1,
		"the zstd data is damaged: Restored data doesn't match checksum");
	damaged(PACKING_ZSTD, buf_bytes(&zstd), 0,
		"the zstd data is damaged: Unknown frame descriptor");
	damaged(PACKING_XZ, x, 0, "the xz data is damaged: its header is none");
	damaged(PACKING_XZ, x, 50, "the xz data is damaged: it is corrupt, or a checksum is wrong");
	damaged(PACKING_LZMA, bytes_of(lzma, sizeof(lzma)), 20,
		"the lzma data is damaged: it is corrupt, or a checksum is wrong");
}

/* With the checksums made good: block headers and stream flags of a later time. */
static void what_is_not_supported_is_said(void **state)
{
	static const uint8_t filter[] = {0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04,
					 0xe6, 0xd6, 0xb4, 0x46, 0x02, 0x00, 0x2f, 0x01,
					 0x16, 0x00, 0x00, 0x00, 0x04, 0x4e, 0xef, 0x99};
	static const uint8_t kind[] = {0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00,
				       0x00, 0x0f, 0x6e, 0x0f, 0x66, 0xd1};

	(void)state;
	check_refused(bytes_of(filter, sizeof(filter)), rule_of(PACKING_XZ), REASON_COMPRESSION,
		      sizeof(filter),
		      "the xz data is damaged: its header asks for what is not supported");
	check_refused(bytes_of(kind, sizeof(kind)), rule_of(PACKING_XZ), REASON_COMPRESSION,
		      sizeof(kind), "the xz data is damaged: its checksum is of an unknown kind");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_packing_is_told_by_its_first_bytes),
		cmocka_unit_test(the_library_that_packs_is_named_with_its_version),
		cmocka_unit_test(what_was_packed_comes_back_and_pieces_do_not_matter),
		cmocka_unit_test(a_gzip_header_has_neither_time_nor_name),
		cmocka_unit_test(all_four_are_unpacked),
		cmocka_unit_test(nothing_packed_is_nothing_unpacked),
		cmocka_unit_test(what_follows_the_first_member_is_refused_unless_it_may_be_there),
		cmocka_unit_test(streams_of_xz_may_follow_each_other_where_members_may),
		cmocka_unit_test(where_the_first_member_ends_is_known),
		cmocka_unit_test(a_stream_that_ends_early_is_truncated),
		cmocka_unit_test(more_than_the_limit_is_refused),
		cmocka_unit_test(memory_that_a_stream_asks_for_has_a_limit),
		cmocka_unit_test(damage_is_found),
		cmocka_unit_test(what_is_not_supported_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
