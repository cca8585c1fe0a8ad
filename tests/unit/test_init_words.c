#include "measure/base/bytes.h"
#include "measure/guest/init/words.h"

#include "measure/guest/init/root_words.h"
#include "tests/unit/support_check.h"

/* The items of n bytes, joined by '|'. */
static const char *items(const char *text, size_t n)
{
	static char copy[256], joined[256];
	char *item[64] = {0};
	size_t count = words_count(text, n), at = 0;

	memcpy(copy, text, n);
	words_cut(copy, n, item);
	assert_null(item[count]);
	joined[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		memcpy(joined + at, item[i], strlen(item[i]) + 1);
		at += strlen(item[i]);
		joined[at++] = '|';
		joined[at] = '\0';
	}
	return joined;
}

static void each_line_is_an_item(void **state)
{
	(void)state;
	assert_string_equal(items("", 0), "");
	assert_string_equal(items("\n", 1), "|");
	assert_string_equal(items("a", 1), "a|");
	assert_string_equal(items("a\n", 2), "a|");
	assert_string_equal(items("/bin/sh\n-c\n\necho a  b\n", 22), "/bin/sh|-c||echo a  b|");
	assert_string_equal(items("a\nb", 3), "a|b|");
	assert_string_equal(items("\n\n", 2), "||");
}

static void with_a_nul_each_item_ends_in_one(void **state)
{
	(void)state;
	assert_string_equal(items("", 1), "|");
	assert_string_equal(items("a\0b\nc", 6), "a|b\nc|");
	assert_string_equal(items("a\n\0", 3), "a\n|");
	assert_string_equal(items("a\0b", 3), "a|b|");
}

static bool user(const char *text, struct words_user *u)
{
	return words_user(text, strlen(text), u);
}

static void a_user_is_numbers(void **state)
{
	static const char *const wrong[] = {
		"",	"0",	     "0 ",	" 0 0",
		"0  0", "root root", "-1 0",	"0 4294967296",
		"0 0 ", "0 0 x",     "0 0\n\n", "0 0 99999999999999999999999",
		"0\t0",
	};
	struct words_user u;

	(void)state;
	assert_true(user("1000 100", &u));
	assert_int_equal(u.uid, 1000);
	assert_int_equal(u.gid, 100);
	assert_int_equal(u.n_groups, 0);
	assert_true(user("0 4294967295 5 6\n", &u));
	assert_true(u.gid == UINT32_MAX);
	assert_int_equal(u.n_groups, 2);
	assert_int_equal(u.groups[1], 6);
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_false(user(wrong[i], &u));
}

static void a_user_has_no_more_groups_than_there_is_room_for(void **state)
{
	char text[4 * WORDS_GROUPS + 16] = "1 1";
	struct words_user u;

	(void)state;
	for (size_t i = 0; i < WORDS_GROUPS; i++)
		memcpy(text + 3 + 2 * i, " 7", 3);
	assert_true(user(text, &u));
	assert_int_equal(u.n_groups, WORDS_GROUPS);
	memcpy(text + 3 + 2 * (size_t)WORDS_GROUPS, " 7", 3);
	assert_false(user(text, &u));
}

static void a_command_is_looked_for_along_its_path(void **state)
{
	static const char *const places[] = {"/bin/sh", "./sh", "/usr/bin//sh", "./sh"};
	const char *path = "/bin::/usr/bin/:";
	char place[32];

	(void)state;
	for (size_t i = 0; i < COUNT(places); i++) {
		assert_true(words_search(&path, "sh", place, sizeof(place)));
		assert_string_equal(place, places[i]);
	}
	assert_false(words_search(&path, "sh", place, sizeof(place)));
	path = "/bin:/b";
	assert_true(words_search(&path, "sh", place, 6));
	assert_string_equal(place, "/b/sh");
	assert_false(words_search(&path, "sh", place, 6));
}

static void numbers_are_decimal(void **state)
{
	char digits[WORDS_DIGITS];

	(void)state;
	assert_string_equal(words_number(0, digits), "0");
	assert_string_equal(words_number(255, digits), "255");
	assert_string_equal(words_number(UINT64_MAX, digits), "18446744073709551615");
}

static void a_variable_is_found_by_its_whole_name(void **state)
{
	static const char *const env[] = {"PATHS=1", "PATH", "PATH=/x=y", "PATH=2", NULL};
	static const char *const none[] = {NULL};

	(void)state;
	assert_string_equal(words_variable(env, "PATH"), "/x=y");
	assert_string_equal(words_variable(env, "PATHS"), "1");
	assert_null(words_variable(env, "PA"));
	assert_null(words_variable(none, "PATH"));
}

#define H "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define ROOT "measure.root=/dev/vda measure.verity=" H " measure.blocks=12"

static enum root_words_found root_of(const char *text, struct root_words *out)
{
	return root_words_read(text, strlen(text), out);
}

static void a_command_line_names_a_root_image(void **state)
{
	static const char *const with[] = {
		ROOT,
		"initrd=initrd quiet " ROOT "  x=\"measure.root=/dev/vdb\"\n",
		"\tmeasure.blocks=12\nmeasure.verity=" H " measure.root=/dev/vda",
		"a=\"b measure.root=/dev/vdb \" xmeasure.root=1 measure.rooted=1 " ROOT,
	};
	struct root_words w;

	(void)state;
	for (size_t i = 0; i < sizeof(with) / sizeof(with[0]); i++) {
		assert_int_equal(root_of(with[i], &w), ROOT_WORDS_ALL);
		assert_string_equal(w.device, "/dev/vda");
		assert_string_equal(w.hash, H);
		assert_int_equal(w.blocks, 12);
	}
	assert_int_equal(root_of("", &w), ROOT_WORDS_NONE);
	assert_int_equal(root_of("root=/dev/vda \"" ROOT "\"", &w), ROOT_WORDS_NONE);
}

static void half_a_root_image_is_wrong(void **state)
{
	static const char *const wrong[] = {
		"measure.root=/dev/vda",
		"measure.root=/dev/vda measure.verity=" H,
		ROOT " measure.blocks=12",
		ROOT " measure.root=/dev/vdb",
		"measure.root=vda measure.verity=" H " measure.blocks=12",
		"measure.root=/dev/ measure.verity=" H " measure.blocks=12",
		"measure.root=/dev/\"v da\" measure.verity=" H " measure.blocks=12",
		"measure.root=/dev/"
		"0123456789012345678901234567890123456789012345678901234567890 measure.verity=" H
		" measure.blocks=12",
		"measure.root=/dev/vda measure.verity=" H "0 measure.blocks=12",
		"measure.root=/dev/vda measure.verity=A" H " measure.blocks=12",
		"measure.root=/dev/vda measure.verity= measure.blocks=12",
		"measure.root=/dev/vda measure.verity=" H " measure.blocks=",
		"measure.root=/dev/vda measure.verity=" H " measure.blocks=0",
		"measure.root=/dev/vda measure.verity=" H " measure.blocks=012",
		"measure.root=/dev/vda measure.verity=" H " measure.blocks=-1",
		"measure.root=/dev/vda measure.verity=" H " measure.blocks=4294967296",
		"measure.root=/dev/vda measure.verity=" H " measure.blocks=18446744073709551617",
	};
	struct root_words w;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(root_of(wrong[i], &w), ROOT_WORDS_WRONG);
	assert_int_equal(
		root_of("measure.root=/dev/vda measure.verity=" H " measure.blocks=4294967295", &w),
		ROOT_WORDS_ALL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_is_an_item),
		cmocka_unit_test(with_a_nul_each_item_ends_in_one),
		cmocka_unit_test(a_user_is_numbers),
		cmocka_unit_test(a_user_has_no_more_groups_than_there_is_room_for),
		cmocka_unit_test(a_command_is_looked_for_along_its_path),
		cmocka_unit_test(numbers_are_decimal),
		cmocka_unit_test(a_variable_is_found_by_its_whole_name),
		cmocka_unit_test(a_command_line_names_a_root_image),
		cmocka_unit_test(half_a_root_image_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
