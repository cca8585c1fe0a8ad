#include "measure/core/cbor.h"

#include "tests/unit/support_check.h"
#include "tests/unit/support_hex.h"

#define BASE UINT64_C(1000)

/* One getter after another over one input; -1 as a limit means none. */
enum get { UINT, INT, BYTES, TEXT, ARRAY, MAP, TAG, KEY, INTS };

static void get(struct cur *c, enum get what, size_t max)
{
	owned(buf_free) struct buf out = BUF(max < 64 ? max : 64);

	switch (what) {
	case UINT:
		cbor_get_uint(c, max, "the field");
		break;
	case INT:
		cbor_get_int(c, "the field");
		break;
	case BYTES:
		cbor_get_bytes(c, max, "the field");
		break;
	case TEXT:
		cbor_get_text(c, max, "the field");
		break;
	case ARRAY:
		cbor_get_array(c, max, "the field");
		break;
	case MAP:
		cbor_get_map(c, max, "the field");
		break;
	case TAG:
		cbor_get_tag(c, "the field");
		break;
	case KEY:
		cbor_get_key(c, "register_index", "the first key");
		break;
	case INTS:
		cbor_get_byte_array(c, &out, "the field");
		break;
	}
}

struct get_refusal {
	enum get get;
	size_t max;
	const char *hex;
	enum reason reason;
	unsigned at;
	const char *text;
};

static const struct get_refusal bad[] = {
	{UINT, 9, "", REASON_TRUNCATED, 0, "the field needs 1 byte, 0 are left"},
	{UINT, 9, "1900", REASON_TRUNCATED, 1, "the field needs 2 bytes, 1 is left"},
	{UINT, 9, "1d", REASON_CBOR, 0, "the field: 0x1d begins no CBOR item"},
	{UINT, 9, "0a", REASON_CBOR, 0, "the field is 10 and must be at most 9"},
	{UINT, 0, "01", REASON_CBOR, 0, "the field is 1 and must be 0"},
	{UINT, 9, "20", REASON_CBOR, 0,
	 "the field is a negative integer and must be an unsigned integer"},
	{UINT, 9, "f93c00", REASON_CBOR, 0, "the field is a float and must be an unsigned integer"},
	{UINT, 9, "ff", REASON_CBOR, 0, "the field is a break and must be an unsigned integer"},
	{UINT, 9, "1809", REASON_CBOR, 0,
	 "the field: the head of an unsigned integer has 2 bytes where 1 would do"},
	{INT, 0, "60", REASON_CBOR, 0, "the field is a text string and must be an integer"},
	{INT, 0, "1b8000000000000000", REASON_CBOR, 0,
	 "the field is an unsigned integer beyond 64 bits with sign"},
	{INT, 0, "3b8000000000000000", REASON_CBOR, 0,
	 "the field is a negative integer beyond 64 bits with sign"},
	{INT, 0, "3800", REASON_CBOR, 0,
	 "the field: the head of a negative integer has 2 bytes where 1 would do"},
	{BYTES, 2, "43010203", REASON_CBOR, 0, "the field: a length of 3, which may be 2"},
	{BYTES, 9, "43 0102", REASON_TRUNCATED, 1, "the field needs 3 bytes, 2 are left"},
	{BYTES, 9, "6161", REASON_CBOR, 0, "the field is a text string and must be a byte string"},
	{BYTES, 9, "5f40ff", REASON_CBOR, 0, "the field is a byte string of indefinite length"},
	{BYTES, 9, "f6", REASON_CBOR, 0, "the field is a simple value and must be a byte string"},
	{TEXT, 2, "63616263", REASON_CBOR, 0, "the field: a length of 3, which may be 2"},
	{TEXT, 9, "6361c328", REASON_CBOR, 2, "the field is not UTF-8"},
	{TEXT, 9, "4161", REASON_CBOR, 0, "the field is a byte string and must be a text string"},
	{ARRAY, 2, "83010203", REASON_CBOR, 0, "the field: a count of 3, which may be 2"},
	{ARRAY, 9, "83 0102", REASON_TRUNCATED, 1,
	 "the field: a count of 3, where the bytes left allow 2"},
	{ARRAY, 9, "9fff", REASON_CBOR, 0, "the field is an array of indefinite length"},
	{ARRAY, 9, "a0", REASON_CBOR, 0, "the field is a map and must be an array"},
	{ARRAY, 9, "d280", REASON_CBOR, 0, "the field is a tag and must be an array"},
	{MAP, 0, "a101", REASON_CBOR, 0, "the field: a count of 1, which may be 0"},
	{MAP, 9, "a2010203", REASON_TRUNCATED, 1,
	 "the field: a count of 2, where the bytes left allow 1"},
	{MAP, 9, "80", REASON_CBOR, 0, "the field is an array and must be a map"},
	{TAG, 0, "00", REASON_CBOR, 0, "the field is an unsigned integer and must be a tag"},
	{KEY, 0, "6e72656769737465725f76616c7565", REASON_CBOR, 0,
	 "the first key is \"register_value\" and must be \"register_index\""},
	{KEY, 0, "00", REASON_CBOR, 0,
	 "the first key is an unsigned integer and must be a text string"},
	{INTS, 9, "4100", REASON_CBOR, 0, "the field is a byte string and must be an array"},
	{INTS, 1, "820000", REASON_LIMIT, 0, "the field: a length of 2, which may be 1"},
	{INTS, 9, "820118", REASON_TRUNCATED, 3, "the field needs 1 byte, 0 are left"},
	{INTS, 9, "82011817", REASON_CBOR, 2,
	 "the field: item 1 is 18 17 and must be 17, the shorter form"},
	{INTS, 9, "82011900ff", REASON_CBOR, 2,
	 "the field: item 1 begins with 0x19 and must be a number up to 255 in its shortest form"},
	{INTS, 9, "8120", REASON_CBOR, 1,
	 "the field: item 0 begins with 0x20 and must be a number up to 255 in its shortest form"},
	{INTS, 9, "9affffffff", REASON_TRUNCATED, 5,
	 "the field: a count of 4294967295, where the bytes left allow 0"},
};

static void every_refusal_of_a_getter_says_what_and_where(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		owned(hexed_free) struct bytes in = hexed(bad[i].hex);
		struct err e = {0};
		struct cur c = cur_new(in, BASE, &e);

		get(&c, bad[i].get, bad[i].max);
		check_err(&e, bad[i].reason, bad[i].text);
		assert_false(cur_ok(&c));
		assert_int_equal(e.offset, BASE + bad[i].at);
		/* sticky: nothing more is read, nothing more is said */
		get(&c, UINT, 0);
		assert_string_equal(e.text, bad[i].text);
	}
}

static void a_long_foreign_key_is_quoted_in_part(void **state)
{
	uint8_t in[2 + 200] = {0x78, 200};
	struct err e = {0};
	struct cur c = cur_new(bytes_of(in, sizeof(in)), 0, &e);

	(void)state;
	memset(in + 2, 'x', 200);
	cbor_get_key(&c, "a", "the key");
	check_err(&e, REASON_CBOR,
		  "the key is \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\" and "
		  "must be \"a\"");
}

static void getters_give_what_stands_there(void **state)
{
	owned(hexed_free) struct bytes in = hexed(
		"84 1bffffffffffffffff 3b7fffffffffffffff 17 a1 6161 4201ff d284 83001818ff18ff");
	owned(buf_free) struct buf out = BUF(8);
	struct err e = {0};
	struct cur c = cur_new(bytes_of(in.p, in.n - 2), BASE, &e);
	struct bytes b;

	(void)state;
	assert_int_equal(cbor_get_array(&c, 4, "x"), 4);
	assert_true(cbor_get_uint(&c, UINT64_MAX, "x") == UINT64_MAX);
	assert_true(cbor_get_int(&c, "x") == INT64_MIN);
	assert_int_equal(cbor_get_int(&c, "x"), 23);
	assert_int_equal(cbor_get_map(&c, 1, "x"), 1);
	cbor_get_key(&c, "a", "x");
	b = cbor_get_bytes(&c, 2, "x");
	assert_int_equal(b.n, 2);
	assert_memory_equal(b.p, "\x01\xff", 2);
	assert_int_equal(cbor_get_tag(&c, "x"), 18);
	assert_int_equal(cbor_get_array(&c, 4, "x"), 4);
	check_no_err(&e);
	cbor_get_byte_array(&c, &out, "the field");
	check_err(
		&e, REASON_CBOR,
		"the field: item 2 begins with 0xff and must be a number up to 255 in its shortest form");
}

static void every_byte_array_is_read_as_it_is_written(void **state)
{
	owned(buf_free) struct buf encoded = BUF(1024), decoded = BUF(256);
	uint8_t every[256];
	struct err e = {0};
	struct cur c;

	(void)state;
	for (size_t i = 0; i < sizeof(every); i++)
		every[i] = (uint8_t)(255 - i);
	cbor_put_byte_array(&encoded, bytes_of(every, sizeof(every)));
	assert_int_equal(encoded.n, 3 + 24 + 2 * 232);
	c = cur_new(buf_bytes(&encoded), 0, &e);
	cbor_get_byte_array(&c, &decoded, "x");
	assert_true(cur_end(&c, "x"));
	assert_true(bytes_equal(buf_bytes(&decoded), bytes_of(every, sizeof(every))));
	assert_true(cbor_scan(buf_bytes(&encoded), 0, CBOR_STRICT, 257, &e));
}

static void check_put(struct buf *b, const char *hex)
{
	owned(hexed_free) struct bytes want = hexed(hex);

	assert_int_equal(b->failed, REASON_NONE);
	assert_true(bytes_equal(buf_bytes(b), want));
	buf_reset(b);
}

struct number {
	int64_t x;
	const char *hex;
};

static const struct number number[] = {
	{0, "00"},
	{23, "17"},
	{24, "1818"},
	{255, "18ff"},
	{256, "190100"},
	{65535, "19ffff"},
	{65536, "1a00010000"},
	{UINT32_MAX, "1affffffff"},
	{INT64_C(4294967296), "1b0000000100000000"},
	{INT64_MAX, "1b7fffffffffffffff"},
	{-1, "20"},
	{-24, "37"},
	{-25, "3818"},
	{-256, "38ff"},
	{-257, "390100"},
	{INT64_MIN, "3b7fffffffffffffff"},
};

/* RFC 8949 appendix A again. */
static void heads_are_written_in_their_shortest_form(void **state)
{
	owned(buf_free) struct buf b = BUF(64);

	(void)state;
	for (size_t i = 0; i < COUNT(number); i++) {
		cbor_put_int(&b, number[i].x);
		check_put(&b, number[i].hex);
	}
	cbor_put_uint(&b, UINT64_MAX);
	check_put(&b, "1bffffffffffffffff");
	cbor_put_bytes(&b, bytes_of("\x01\x02", 2));
	check_put(&b, "420102");
	cbor_put_bytes(&b, bytes_of(NULL, 0));
	check_put(&b, "40");
	cbor_put_text(&b, "\xc3\xbc");
	check_put(&b, "62c3bc");
	cbor_put_array(&b, 25);
	check_put(&b, "9819");
	cbor_put_map(&b, 2);
	check_put(&b, "a2");
	cbor_put_tag(&b, 32);
	check_put(&b, "d820");
	cbor_put_tag(&b, 18);
	check_put(&b, "d2");
	cbor_put_byte_array(&b, bytes_of("\x00\x17\x18\xff", 4));
	check_put(&b, "8400171818 18ff");
}

static void a_full_buffer_fails_the_writer(void **state)
{
	owned(buf_free) struct buf b = BUF(3);
	struct err e = {0};

	(void)state;
	cbor_put_text(&b, "abc");
	assert_false(buf_done(&b, "the item", &e));
	check_err(&e, REASON_LIMIT, "the item is over its limit of 3 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_refusal_of_a_getter_says_what_and_where),
		cmocka_unit_test(a_long_foreign_key_is_quoted_in_part),
		cmocka_unit_test(getters_give_what_stands_there),
		cmocka_unit_test(every_byte_array_is_read_as_it_is_written),
		cmocka_unit_test(heads_are_written_in_their_shortest_form),
		cmocka_unit_test(a_full_buffer_fails_the_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
