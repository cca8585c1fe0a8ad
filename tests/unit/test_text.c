#include "measure/base/text.h"

#include "tests/unit/support_check.h"

static void check_tamed(struct bytes foreign, const char *tamed)
{
	struct buf out = BUF(4096);

	text_tame(&out, foreign);
	assert_string_equal(buf_cstr(&out), tamed);
	buf_free(&out);
}

static void ordinary_text_of_any_script_stays(void **state)
{
	const char *const texts[] = {
		"",
		"/boot/vmlinuz-6.1 (x86_64)",
		"caf\xc3\xa9",
		"\xe6\xb8\xac\xe5\xae\x9a",
		"\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",
		"\xf0\x9f\x94\x92",
		"\xc2\xa0",
		"~",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		check_tamed(bytes_str(texts[i]), texts[i]);
}

static void controls_and_backslashes_become_escapes(void **state)
{
	(void)state;
	check_tamed(bytes_of("a\0b", 3), "a\\x00b");
	check_tamed(bytes_str("\x1b[31mred\r\n\t\x7f"), "\\x1b[31mred\\x0d\\x0a\\x09\\x7f");
	check_tamed(bytes_str("\\x1b"), "\\\\x1b");
	check_tamed(bytes_str("\xc2\x80\xc2\x9b\xc2\x9f"), "\\u{80}\\u{9b}\\u{9f}");
}

static void bytes_that_are_not_utf8_become_escapes(void **state)
{
	(void)state;
	check_tamed(bytes_str("\x80\xff"), "\\x80\\xff");
	check_tamed(bytes_str("\xc0\xaf"), "\\xc0\\xaf");
	check_tamed(bytes_str("\xe2\x82"), "\\xe2\\x82");
	check_tamed(bytes_str("\xe2\x82x"), "\\xe2\\x82x");
	check_tamed(bytes_str("\xed\xa0\x80"), "\\xed\\xa0\\x80");
	check_tamed(bytes_str("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}

static void characters_that_hide_or_reorder_text_become_escapes(void **state)
{
	static const uint32_t hidden[] = {
		0xad,	0x61c,	0x180e, 0x200b, 0x200c,	 0x200d,   0x200e,  0x200f,  0x2028,
		0x2029, 0x202a, 0x202b, 0x202c, 0x202d,	 0x202e,   0x2060,  0x2064,  0x2066,
		0x2067, 0x2068, 0x2069, 0x206f, 0x3164,	 0xfe0f,   0xfeff,  0xfff9,  0xfffb,
		0xfdd0, 0xfdef, 0xfffe, 0xffff, 0x1fffe, 0x10ffff, 0xe0001, 0xe007f, 0xe01ef,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(hidden); i++) {
		struct buf raw = BUF(8), want = BUF(32);

		text_put_utf8(&raw, hidden[i]);
		buf_fmt(&want, "\\u{%x}", hidden[i]);
		check_tamed(buf_bytes(&raw), buf_cstr(&want));
		buf_free(&raw);
		buf_free(&want);
	}
}

static void neighbours_of_hidden_characters_stay(void **state)
{
	static const uint32_t shown[] = {
		0xa0,	0xac,	0xae,	 0x61b,	  0x200a,   0x2010,	0x2027,
		0x202f, 0x205f, 0x2070,	 0xfdcf,  0xfdf0,   0xfeff - 1, 0xff00,
		0xfffc, 0xfffd, 0x10000, 0xdfffd, 0x100000,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(shown); i++) {
		struct buf raw = BUF(8), tamed = BUF(32);

		text_put_utf8(&raw, shown[i]);
		text_tame(&tamed, buf_bytes(&raw));
		assert_true(bytes_equal(buf_bytes(&tamed), buf_bytes(&raw)));
		buf_free(&raw);
		buf_free(&tamed);
	}
}

static void every_code_point_survives_writing_and_reading(void **state)
{
	struct buf b = BUF(8);

	(void)state;
	for (uint32_t c = 0; c <= 0x10ffff; c++) {
		uint32_t back = 0;

		if (c == 0xd800)
			c = 0xe000;
		buf_reset(&b);
		text_put_utf8(&b, c);
		if (text_utf8(buf_bytes(&b), &back) != b.n || back != c)
			fail_msg("U+%x is %zu bytes and comes back as U+%x", c, b.n, back);
	}
	buf_free(&b);
}

static void surrogates_and_numbers_beyond_unicode_fail_the_buf(void **state)
{
	static const uint32_t none[] = {0xd800, 0xdbff, 0xdc00, 0xdfff, 0x110000, 0xffffffff};

	(void)state;
	for (size_t i = 0; i < COUNT(none); i++) {
		struct buf b = BUF(8);

		text_put_utf8(&b, none[i]);
		assert_int_equal(b.failed, REASON_LIMIT);
		assert_int_equal(b.n, 0);
		buf_free(&b);
	}
}

/* Counted by hand from Table 3-7 of the Unicode standard; 64 of the 68 third bytes continue. */
static void exactly_the_well_formed_sequences_are_taken(void **state)
{
	size_t taken[5] = {0};

	(void)state;
	for (unsigned a = 0; a < 256; a++)
		for (unsigned b = 0; b < 256; b++)
			for (unsigned c = 0x7e; c < 0xc2; c++) {
				uint8_t x[4] = {(uint8_t)a, (uint8_t)b, (uint8_t)c, 0x80};
				uint32_t code_point;

				taken[text_utf8(bytes_of(x, 4), &code_point)]++;
			}
	assert_int_equal(taken[1], 128 * 256 * 68);
	assert_int_equal(taken[2], 30 * 64 * 68);
	assert_int_equal(taken[3], (16 * 64 - 32 - 32) * 64);
	assert_int_equal(taken[4], (3 * 64 + 48 + 16) * 64);
}

static void the_first_wrong_byte_is_found(void **state)
{
	(void)state;
	assert_int_equal(text_utf8_bad((struct bytes){0}), 0);
	assert_int_equal(text_utf8_bad(bytes_str("abc")), 3);
	assert_int_equal(text_utf8_bad(bytes_of("a\0c", 3)), 3);
	assert_int_equal(text_utf8_bad(bytes_str("\xc3\xa9\xff")), 2);
	assert_int_equal(text_utf8_bad(bytes_str("ab\xe2\x82")), 2);
}

static void check_nearest(const char *word, const char *nearest)
{
	static const char *const list[] = {
		"measure", "inspect", "extract", "verify",     "eif", "pcr",
		"build",   "sign",    "help",	 "--kernel",   "-q",  "EPYC",
		"EPYC-v4", "EPYC-v3", "version", "--build-os", NULL};
	const char *found = text_nearest(word, list);

	if (nearest)
		assert_string_equal(found ? found : "(none)", nearest);
	else
		assert_null(found);
}

static void misspelt_words_find_what_was_meant(void **state)
{
	(void)state;
	check_nearest("epyc-v4", "EPYC-v4");
	check_nearest("measur", "measure");
	check_nearest("maesure", "measure");
	check_nearest("veryfi", "verify");
	check_nearest("inpsect", "inspect");
	check_nearest("biuld", "build");
	check_nearest("efi", "eif");
	check_nearest("prc", "pcr");
	check_nearest("--kernle", "--kernel");
	check_nearest("sign", "sign");
}

static void equally_near_words_give_the_first(void **state)
{
	(void)state;
	check_nearest("EPYC-v5", "EPYC-v4");
}

static void nothing_is_suggested_for_other_words(void **state)
{
	static const char long_word[] =
		"0123456789012345678901234567890123456789012345678901234567";
	static const char *const others[] = {long_word, NULL};

	(void)state;
	check_nearest("frobnicate", NULL);
	check_nearest("", NULL);
	check_nearest("x", NULL);
	check_nearest("-x", "-q");
	check_nearest("xyz", NULL);
	check_nearest(long_word, NULL);
	assert_null(text_nearest("012345", others));
	assert_null(text_nearest(long_word, others));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_text_of_any_script_stays),
		cmocka_unit_test(controls_and_backslashes_become_escapes),
		cmocka_unit_test(bytes_that_are_not_utf8_become_escapes),
		cmocka_unit_test(characters_that_hide_or_reorder_text_become_escapes),
		cmocka_unit_test(neighbours_of_hidden_characters_stay),
		cmocka_unit_test(every_code_point_survives_writing_and_reading),
		cmocka_unit_test(surrogates_and_numbers_beyond_unicode_fail_the_buf),
		cmocka_unit_test(exactly_the_well_formed_sequences_are_taken),
		cmocka_unit_test(the_first_wrong_byte_is_found),
		cmocka_unit_test(misspelt_words_find_what_was_meant),
		cmocka_unit_test(equally_near_words_give_the_first),
		cmocka_unit_test(nothing_is_suggested_for_other_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
