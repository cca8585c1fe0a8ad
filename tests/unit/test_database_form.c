#include "reference-db/database_form.h"

#include <stdio.h>

#include "measure/core/hash.h"
#include "tests/unit/support_check.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define DIGEST "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" /* of "abc" */
#define KEYS "keys/00002a-keys.cose"

static void each_file_has_one_spelling(void **state)
{
	static const char format[] = "measure-db/1\nname example.org\n", head[] = "10 " DIGEST "\n",
			  line[] = DIGEST "  " KEYS "\n";
	struct buf b = BUF(DATABASE_FORM_MAX);
	char name[DATABASE_NAME + 1], path[DATABASE_LOG_PATH];
	struct signed_upon upon;
	struct database_entry x;
	struct err e = {0};

	(void)state;
	assert_true(database_format_read(bytes_str(format), name, &e));
	assert_true(database_format_write(name, &b, &e));
	assert_string_equal(buf_cstr(&b), format);
	buf_reset(&b);
	assert_true(database_head_read(bytes_str(head), &upon, &e));
	assert_int_equal(upon.height, 10);
	database_head_write(&upon, &b);
	assert_string_equal(buf_cstr(&b), head);
	buf_reset(&b);
	assert_true(database_line_read(bytes_str(line), 42, &x, &e));
	assert_string_equal(x.path, KEYS);
	database_line_write(&x, &b);
	assert_string_equal(buf_cstr(&b), line);
	database_log_path(0x123456, path);
	assert_string_equal(path, "log/12/34/56");
	buf_free(&b);
}

/* "abc" behind 32 zero bytes: printf '%064d' 0 | xxd -r -p; printf abc; both into sha256sum */
static void a_state_is_that_of_the_state_before_and_a_line(void **state)
{
	struct digest before = {.alg = DIGEST_SHA256, .len = 32}, after, whole;
	uint8_t both[35] = {[32] = 'a', 'b', 'c'};
	struct err e = {0};

	(void)state;
	assert_true(database_state(&before, bytes_str("abc"), &after, &e));
	assert_true(hash_of(DIGEST_SHA256, bytes_of(both, 35), &whole, &e));
	assert_true(digest_equal(&after, &whole));
}

struct refused {
	const char *file, *text;
};

static void a_format_of_another_form_is_refused(void **state)
{
	static const char begins[] = "'format' does not begin with the line 'measure-db/1'";
	static const char named[] = "'format' has no line 'name NAME'";
	static const struct refused table[] = {
		{"", begins},
		{"measure-db/1", begins},
		{"measure-db/2\nname x\n", begins},
		{"measure-db/1\r\nname x\n", begins},
		{"measure-db/1\n", named},
		{"measure-db/1\nname x", named},
		{"measure-db/1\nName x\n", named},
		{"measure-db/1\nname x\n\n", "'format' goes on behind the name"},
		{"measure-db/1\nname \n", "'format': the name has 0 bytes, 1 to 64 are allowed"},
		{"measure-db/1\nname " ZEROS "0\n",
		 "'format': the name has 65 bytes, 1 to 64 are allowed"},
		{"measure-db/1\nname .x\n",
		 "'format': the name '.x' has other characters than letters, digits, '.', '_' and "
		 "'-', or does not begin with one of the first"},
		{"measure-db/1\nname x/y\n",
		 "'format': the name 'x/y' has other characters than letters, digits, '.', '_' and "
		 "'-', or does not begin with one of the first"},
	};
	char name[DATABASE_NAME + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct err e = {0};

		assert_false(database_format_read(bytes_str(table[i].file), name, &e));
		check_err(&e, REASON_DATABASE, table[i].text);
	}
}

static void a_head_of_another_form_is_refused(void **state)
{
	static const char one[] = "'head' is not one line 'HEIGHT STATE'";
	static const struct refused table[] = {
		{"", one},
		{"0 " ZEROS, one},
		{"0  " ZEROS "\n", one},
		{" " ZEROS "\n", one},
		{"00 " ZEROS "\n", one},
		{"-1 " ZEROS "\n", one},
		{"+1 " ZEROS "\n", one},
		{"0x1 " ZEROS "\n", one},
		{"0 " ZEROS "\n\n", one},
		{"0 " ZEROS "0\n", one},
		{"0 BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n", one},
		{"18446744073709551616 " ZEROS "\n", one},
		{"16777217 " ZEROS "\n", "'head' counts 16777217 entries, 16777216 are the most"},
	};
	struct signed_upon head;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct err e = {0};

		assert_false(database_head_read(bytes_str(table[i].file), &head, &e));
		check_err(&e, REASON_DATABASE, table[i].text);
	}
}

static void a_line_of_another_form_is_refused(void **state)
{
	static const char one[] = "entry 42 is not one line 'SHA256  PATH'";
	static const struct refused table[] = {
		{"", one},
		{DIGEST "  " KEYS, one},
		{DIGEST " *" KEYS "\n", one},
		{DIGEST " " KEYS "\n", one},
		{"\\" DIGEST "  " KEYS "\n", one},
		{DIGEST "  " KEYS "\n\n", "entry 42: '" KEYS "\n' is no path of a statement"},
		{DIGEST "  keys/00002b-keys.cose\n",
		 "entry 42: 'keys/00002b-keys.cose' is no file of entry 42, whose name begins with "
		 "00002a-"},
	};
	struct database_entry x;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct err e = {0};

		assert_false(database_line_read(bytes_str(table[i].file), 42, &x, &e));
		check_err(&e, REASON_DATABASE, table[i].text);
	}
}

static void paths_stay_where_statements_are(void **state)
{
	static const char *const none[] = {
		"",
		"00002a-keys.cose",
		"/keys/00002a-keys.cose",
		"log/00/00002a-x",
		"format/00002a-x",
		"Keys/00002a-x",
		"keys/../00002a-x",
		"keys//00002a-x",
		"keys/./00002a-x",
		"keys/-x/00002a-x",
		"keys/.git/00002a-x",
		"keys/00002a-x/",
		"keys/a b/00002a-x",
		"keys/a\\b/00002a-x",
		"keys/\xc3\xa4/00002a-x",
		"keys/$(x)/00002a-x",
	};
	static const char *const others[] = {"keys/00002A-x", "keys/0002a-x",	 "keys/00002a.x",
					     "keys/00002a",   "keys/00002a-x/y", "keys/00002b-x"};

	(void)state;
	for (size_t i = 0; i < COUNT(none); i++) {
		struct err e = {0};
		char text[256];

		snprintf(text, sizeof(text), "'%s' is no path of a statement", none[i]);
		assert_false(database_path_check(bytes_str(none[i]), 42, &e));
		check_err(&e, REASON_DATABASE, text);
	}
	for (size_t i = 0; i < COUNT(others); i++) {
		struct err e = {0};
		char text[256];

		snprintf(text, sizeof(text),
			 "'%s' is no file of entry 42, whose name begins with 00002a-", others[i]);
		assert_false(database_path_check(bytes_str(others[i]), 42, &e));
		check_err(&e, REASON_DATABASE, text);
	}
}

/* ---- paths that are made */

static void check_path(const struct database_place *p, const char *path)
{
	char out[DATABASE_PATH];
	struct err e = {0};

	assert_true(database_path(p, out, &e));
	assert_string_equal(out, path);
	assert_true(database_path_check(bytes_str(out), p->entry, &e));
}

static struct database_place place(const char *product, const char *version)
{
	return (struct database_place){
		.product = product,
		.version = version,
		.entry = 0xabcdef,
		.kind = product ? version ? "manifest" : "release" : "keys",
		.extension = version ? "corim" : "cose",
	};
}

static void a_path_tells_what_lies_there(void **state)
{
	static const struct {
		const char *product, *version, *path;
	} table[] = {
		{"blindbox", "1.2.3", "products/blindbox/1.2.3/abcdef-manifest.corim"},
		{"blindbox", NULL, "products/blindbox/~release/abcdef-release.cose"},
		{NULL, NULL, "keys/abcdef-keys.cose"},
		{"example.org/b", "1+2_3-4",
		 "products/example.org%2Fb/1+2_3-4/abcdef-manifest.corim"},
		{".git", "..", "products/%2Egit/%2E%2E/abcdef-manifest.corim"},
		{"-rf", "1.", "products/%2Drf/1%2E/abcdef-manifest.corim"},
		{"~00", "%2e", "products/%7E00/%252e/abcdef-manifest.corim"},
		{"nul", "COM1.txt", "products/%6Eul/%43OM1.txt/abcdef-manifest.corim"},
		{"null", "con.", "products/null/%63on%2E/abcdef-manifest.corim"},
		{"a b", "\xc3\xa4\n", "products/a%20b/%C3%A4%0A/abcdef-manifest.corim"},
		{"$(x)", "a:b*c?d|e<f>g\"h\\i",
		 "products/%24%28x%29/a%3Ab%2Ac%3Fd%7Ce%3Cf%3Eg%22h%5Ci/abcdef-manifest.corim"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct database_place p = place(table[i].product, table[i].version);

		check_path(&p, table[i].path);
	}
}

static void folders_do_not_get_over_256_names(void **state)
{
	struct database_place p = place("b", "1");

	(void)state;
	p.nth_product = p.nth_version = p.nth_file = 127;
	check_path(&p, "products/b/1/abcdef-manifest.corim");
	p.nth_product = p.nth_version = p.nth_file = 128;
	check_path(&p, "products/~00/00/b/~00/00/1/~00/00/abcdef-manifest.corim");
	p.nth_product = 128 + 255;
	p.nth_version = 128 + 256;
	p.nth_file = 128 + 65536 + 256 * 3;
	check_path(&p, "products/~00/00/b/~00/01/1/~01/03/abcdef-manifest.corim");
	p.nth_product = 128 + 127 * 65536 - 1;
	check_path(&p, "products/~7e/ff/b/~00/01/1/~01/03/abcdef-manifest.corim");
}

static void long_names_are_cut_and_stay_different(void **state)
{
	char name[301], out[2][DATABASE_PATH];
	struct err e = {0};

	(void)state;
	memset(name, 'x', 300);
	name[300] = '\0';
	for (unsigned i = 0; i < 2; i++) {
		struct database_place p = place(name, name);

		name[299] = (char)('x' + i);
		assert_true(database_path(&p, out[i], &e));
		assert_true(database_path_check(bytes_str(out[i]), p.entry, &e));
		assert_int_equal(strcspn(out[i] + 9, "/"), 150 + 1 + 32);
	}
	assert_memory_equal(out[0], out[1], 9 + 150);
	assert_string_not_equal(out[0], out[1]);
	name[200] = '\0';
	assert_true(database_path(&(struct database_place){name, "1", 0, 0, 0, 0, "k", "e"}, out[0],
				  &e));
	assert_int_equal(strcspn(out[0] + 9, "/"), 200);
	for (size_t i = 0; i < 100; i++)
		name[i] = '/';
	assert_true(database_path(&(struct database_place){name, "1", 0, 0, 0, 0, "k", "e"}, out[0],
				  &e));
	assert_int_equal(strcspn(out[0] + 9, "/"), 150 + 1 + 32);
}

static void what_has_no_place_is_refused(void **state)
{
	struct database_place p = place("b", "1");
	struct err e1 = {0}, e2 = {0};
	char out[DATABASE_PATH];

	(void)state;
	p.nth_file = 128 + 127 * 65536;
	assert_false(database_path(&p, out, &e1));
	check_err(&e1, REASON_LIMIT, "a folder has 8323200 names, 8323200 are the most");
	p.entry = DATABASE_ENTRIES;
	assert_false(database_path(&p, out, &e2));
	check_err(&e2, REASON_LIMIT, "entry 16777216, 16777216 are the most");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_file_has_one_spelling),
		cmocka_unit_test(a_state_is_that_of_the_state_before_and_a_line),
		cmocka_unit_test(a_format_of_another_form_is_refused),
		cmocka_unit_test(a_head_of_another_form_is_refused),
		cmocka_unit_test(a_line_of_another_form_is_refused),
		cmocka_unit_test(paths_stay_where_statements_are),
		cmocka_unit_test(a_path_tells_what_lies_there),
		cmocka_unit_test(folders_do_not_get_over_256_names),
		cmocka_unit_test(long_names_are_cut_and_stay_different),
		cmocka_unit_test(what_has_no_place_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
