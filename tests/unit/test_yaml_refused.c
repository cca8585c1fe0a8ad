#include <stdio.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_yaml.h"

/* The string literal may hold NULs. */
#define TEXT(literal) bytes_of(literal, sizeof(literal) - 1)

struct refusal {
	const char *text, *why, *hint;
};

static void check_refusals(const struct refusal *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		yaml_refused(bytes_str(list[i].text), REASON_YAML, list[i].why,
			     list[i].hint ? list[i].hint : "");
}

static const struct refusal strange_keys[] = {
	{"version: 1\nkyes: []\n",
	 "line 2: unknown key 'kyes'; known here: version, keys, names, tables, text, none",
	 "did you mean 'keys'?"},
	{"version: 1\nxyzzyxyzzy: []\n",
	 "line 2: unknown key 'xyzzyxyzzy'; known here: version, keys, names, tables, text, "
	 "none",
	 NULL},
	{"Version: 1",
	 "line 1: unknown key 'Version'; known here: version, keys, names, tables, text, "
	 "none",
	 "did you mean 'version'?"},
	{"{version:1}",
	 "line 1: unknown key 'version:1'; known here: version, keys, names, tables, text, "
	 "none",
	 "did you mean 'version'?"},
	{"? \n", "line 1: unknown key ''; known here: version, keys, names, tables, text, none",
	 NULL},
	{"version: 1\nkeys:\n- name: a\n  Name: b\n",
	 "line 4: unknown key 'Name'; known here: name, id, roles, since, active",
	 "did you mean 'name'?"},
	{"version: 1\nnone:\n  a: 1\n", "line 3: unknown key 'a'; known here: none", NULL},
	{"keys: []\n", "line 1: key 'version' is missing", NULL},
	{"version: 1\nkeys:\n- {name: a}\n- id: 0a\n  active: true\n",
	 "line 4: key 'name' is missing", NULL},
	{"version: 1\ntext: a\nversion: 1\n", "line 3: key 'version' stands twice, first in line 1",
	 NULL},
	{"version: 1\nkeys:\n- {name: a,\n   \"\\u006eame\": b}",
	 "line 4: key 'name' stands twice, first in line 3", NULL},
	{"version: 1\nnames:\n b: 1\n a: 1\n c: 1\n c: 2\n a: 2\n a: 3\n",
	 "line 6: key 'c' stands twice, first in line 5", NULL},
	{"version: 1\nnames: {aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff: 1,"
	 " aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff: 2}",
	 "line 2: key 'aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff' stands "
	 "twice, first in line 2",
	 NULL},
	{"version: 1\n<<: {}\n", "line 2: needs a key, found the merge key '<<'", NULL},
	{"version: 1\nnames: {<<: 1}\n", "line 2: needs a key, found the merge key '<<'", NULL},
	{"version: 1\n? [a]\n: 1\n", "line 2: needs a key, found a list", NULL},
	{"version: 1\nnames: {{a: 1}: 1}\n", "line 2: needs a key, found a map", NULL},
	{"version: 1\nnames: {on: 1}\n",
	 "line 2: a key needs a text, found 'on', which others take for a boolean",
	 "in quotes it is a text"},
	{"version: 1\nnames: {7: 1}\n",
	 "line 2: a key needs a text, found '7', which others take for a number",
	 "in quotes it is a text"},
	{"version: 1\nnames: {\"\": 1}\n", "line 2: a key needs a text, found an empty text", NULL},
};

static void keys_are_those_of_the_schema(void **state)
{
	(void)state;
	check_refusals(strange_keys, COUNT(strange_keys));
}

#define NUMBER "needs a number below 2^64 in plain decimal digits"

static void numbers_and_booleans_are_exact(void **state)
{
	static const struct refusal list[] = {
		{"version: 01", "line 1: 'version' " NUMBER ", found '01'", NULL},
		{"version: +1", "line 1: 'version' " NUMBER ", found '+1'", NULL},
		{"version: -1", "line 1: 'version' " NUMBER ", found '-1'", NULL},
		{"version: 0x10", "line 1: 'version' " NUMBER ", found '0x10'", NULL},
		{"version: 0o7", "line 1: 'version' " NUMBER ", found '0o7'", NULL},
		{"version: 1_000", "line 1: 'version' " NUMBER ", found '1_000'", NULL},
		{"version: 1.0", "line 1: 'version' " NUMBER ", found '1.0'", NULL},
		{"version: 1e3", "line 1: 'version' " NUMBER ", found '1e3'", NULL},
		{"version: 18446744073709551616",
		 "line 1: 'version' " NUMBER ", found '18446744073709551616'", NULL},
		{"version: yes", "line 1: 'version' " NUMBER ", found 'yes'", NULL},
		{"version: ", "line 1: 'version' " NUMBER ", found nothing", NULL},
		{"version: ~", "line 1: 'version' " NUMBER ", found '~'", NULL},
		{"version: ''", "line 1: 'version' " NUMBER ", found an empty text", NULL},
		{"version: \"1\"", "line 1: 'version' " NUMBER ", found the text '1'",
		 "leave out the quotes"},
		{"version: |\n  1", "line 1: 'version' " NUMBER ", found the text '1'",
		 "leave out the quotes"},
		{"version: [1]", "line 1: 'version' " NUMBER ", found a list", NULL},
		{"version: 1\ntables: [[1,\n 01]]", "line 3: an item " NUMBER ", found '01'", NULL},
		{"version: 1\nkeys: [{active: True}]",
		 "line 2: 'active' needs true or false, found 'True'", NULL},
		{"version: 1\nkeys: [{active: yes}]",
		 "line 2: 'active' needs true or false, found 'yes'", NULL},
		{"version: 1\nkeys: [{active: on}]",
		 "line 2: 'active' needs true or false, found 'on'", NULL},
		{"version: 1\nkeys: [{active: 1}]",
		 "line 2: 'active' needs true or false, found '1'", NULL},
		{"version: 1\nkeys: [{active: 'true'}]",
		 "line 2: 'active' needs true or false, found the text 'true'",
		 "leave out the quotes"},
	};

	(void)state;
	check_refusals(list, COUNT(list));
}

static void texts_are_texts_for_every_reader(void **state)
{
	static const char *const nothings[] = {"~", "null", "Null", "NULL"};
	static const char *const booleans[] = {"y", "N", "yes", "No", "ON", "off", "true", "False"};
	static const char *const numbers_[] = {
		"1",	 "-1",	  "+12",     "1.10",   ".5",	       "1.",
		"1_000", "1e5",	  "1.5E+3",  "0x1",    "0o17",	       "0b01",
		"1:30",	 "-1:30", "1:20:30", "1:20.5", "190:20:30.15", ".inf",
		"-.INF", ".nan",  ".NaN",    "0123",   "00",
	};
	char text[64], why[128];

	(void)state;
	for (size_t i = 0; i < COUNT(nothings) + COUNT(booleans) + COUNT(numbers_); i++) {
		size_t b = i - COUNT(nothings), n = b - COUNT(booleans);
		const char *spelt = i < COUNT(nothings)	  ? nothings[i]
				    : b < COUNT(booleans) ? booleans[b]
							  : numbers_[n];

		snprintf(text, sizeof(text), "version: 1\ntext: %s\n", spelt);
		snprintf(why, sizeof(why),
			 "line 2: 'text' needs a text, found '%s', which others take for %s", spelt,
			 i < COUNT(nothings)   ? "nothing"
			 : b < COUNT(booleans) ? "a boolean"
					       : "a number");
		yaml_refused(bytes_str(text), REASON_YAML, why, "in quotes it is a text");
	}
}

static void texts_times_and_digests_are_checked(void **state)
{
	static const struct refusal list[] = {
		{"version: 1\ntext:\n", "line 2: 'text' needs a text, found nothing", NULL},
		{"version: 1\ntext: ''\n", "line 2: 'text' needs a text, found an empty text",
		 NULL},
		{"version: 1\ntext: |\n", "line 2: 'text' needs a text, found an empty text", NULL},
		{"version: 1\ntext: []\n", "line 2: 'text' needs a text, found a list", NULL},
		{"version: 1\nkeys: [{roles: [publicher]}]",
		 "line 2: an item of 'roles' needs one of publisher, rebuilder, found 'publicher'",
		 "did you mean 'publisher'?"},
		{"version: 1\nkeys: [{roles: [Xyzzy]}]",
		 "line 2: an item of 'roles' needs one of publisher, rebuilder, found 'Xyzzy'",
		 NULL},
		{"version: 1\nkeys: [{roles: ['']}]",
		 "line 2: an item of 'roles' needs a text, found an empty text", NULL},
		{"version: 1\nkeys: [{id: 0g}]",
		 "line 2: 'id' needs pairs of hexadecimal digits, found '0g'", NULL},
		{"version: 1\nkeys: [{id: 000}]",
		 "line 2: 'id' needs pairs of hexadecimal digits, found '000'", NULL},
		{"version: 1\nkeys: [{id: 0x00}]",
		 "line 2: 'id' needs pairs of hexadecimal digits, found '0x00'", NULL},
		{"version: 1\nkeys: [{id: }]",
		 "line 2: 'id' needs pairs of hexadecimal digits, found nothing", NULL},
		{"version: 1\nkeys: [{id: 12e4}]",
		 "line 2: 'id' needs pairs of hexadecimal digits, found '12e4', which others take "
		 "for a number",
		 "in quotes it is a text"},
		{"version: 1\nkeys: [{since: 2026-11-20}]",
		 "line 2: 'since' needs a time such as 2026-11-20T13:38:29Z, found '2026-11-20'",
		 NULL},
		{"version: 1\nkeys: [{since: 2026-13-20T00:00:00Z}]",
		 "line 2: 'since' needs a time such as 2026-11-20T13:38:29Z, found "
		 "'2026-13-20T00:00:00Z'",
		 NULL},
	};

	(void)state;
	check_refusals(list, COUNT(list));
}

static void containers_are_of_the_kind_that_is_needed(void **state)
{
	static const struct refusal list[] = {
		{"[]", "line 1: the document needs a map, found a list", NULL},
		{"text", "line 1: the document needs a map, found 'text'", NULL},
		{"---\n", "line 1: the document needs a map, found nothing", NULL},
		{"version: 1\nkeys: {}\n", "line 2: 'keys' needs a list, found a map", NULL},
		{"version: 1\nkeys: a\n", "line 2: 'keys' needs a list, found 'a'", NULL},
		{"version: 1\nkeys:\n", "line 2: 'keys' needs a list, found nothing", NULL},
		{"version: 1\nkeys: [a]\n", "line 2: an item of 'keys' needs a map, found 'a'",
		 NULL},
		{"version: 1\nkeys:\n  - \n",
		 "line 3: an item of 'keys' needs a map, found nothing", NULL},
		{"version: 1\nkeys:\n  - - a\n",
		 "line 3: an item of 'keys' needs a map, found a list", NULL},
		{"version: 1\nnames: [a]\n", "line 2: 'names' needs a map, found a list", NULL},
		{"version: 1\nnames: ''\n", "line 2: 'names' needs a map, found an empty text",
		 NULL},
	};

	(void)state;
	check_refusals(list, COUNT(list));
}

static void what_hides_or_repeats_a_value_is_refused(void **state)
{
	static const struct refusal list[] = {
		{"version: &a 1", "line 1: needs a value without anchor, found '&a'", NULL},
		{"version: 1\nkeys: &b []", "line 2: needs a value without anchor, found '&b'",
		 NULL},
		{"&c\nversion: 1\n", "line 1: needs a value without anchor, found '&c'", NULL},
		{"version: *a", "line 1: needs a value, found the alias '*a'", NULL},
		{"version: 1\n*a : 1", "line 2: needs a value, found the alias '*a'", NULL},
		{"version: !!int 1",
		 "line 1: needs a value without tag, found 'tag:yaml.org,2002:int'", NULL},
		{"version: ! 1", "line 1: needs a value without tag, found '!'", NULL},
		{"version: ! '1'", "line 1: needs a value without tag, found '!'", NULL},
		{"version: 1\nnames: {\xc3\xa9: ! 1}",
		 "line 2: needs a value without tag, found '!'", NULL},
		{"version: 1\nkeys: ! []", "line 2: needs a value without tag, found '!'", NULL},
		{"!a {version: 1}", "line 1: needs a value without tag, found '!a'", NULL},
		{"%YAML 1.1\n---\nversion: 1\n",
		 "line 1: needs a key, found the directive '%YAML 1.1'", NULL},
		{"# a\n\n%TAG ! tag:x,1:\n---\nversion: 1\n",
		 "line 3: needs a key, found the directive '%TAG ! tag:x,1:'", NULL},
		{"%", "line 1: needs a key, found the directive '%'", NULL},
		{"version: 1\n---\nversion: 1\n", "line 2: needs the end, found a second document",
		 NULL},
		{"version: 1\n--- \n", "line 2: needs the end, found a second document", NULL},
		{"", "line 1: needs a document, found the end", NULL},
		{"\n \n# a\n", "line 3: needs a document, found the end", NULL},
		{"version: 1\ntext: \"a\\0b\"",
		 "line 2: needs a text without NUL, found \\0 in quotes", NULL},
		{"\"\\x00\": 1", "line 1: needs a text without NUL, found \\0 in quotes", NULL},
	};

	(void)state;
	check_refusals(list, COUNT(list));
}

static void characters_that_readers_differ_on_are_refused(void **state)
{
	static const struct refusal list[] = {
		{"\xef\xbb\xbfversion: 1",
		 "line 1: needs text, found the character U+FEFF, a byte order mark", NULL},
		{"version: 1\ntext: a\xff", "line 2: needs UTF-8, found byte 0xff", NULL},
		{"\xff\xfe"
		 "v",
		 "line 1: needs UTF-8, found byte 0xff", NULL},
		{"version: 1\ntext: \xed\xa0\x80", "line 2: needs UTF-8, found byte 0xed", NULL},
		{"version: 1\rtext: a", "line 1: needs a line feed behind a carriage return", NULL},
		{"version: 1\r", "line 1: needs a line feed behind a carriage return", NULL},
		{"version: 1\n\n# \x1b[0m", "line 3: needs text, found the character U+001B", NULL},
		{"# \x7f", "line 1: needs text, found the character U+007F", NULL},
		{"# \xc2\x85version: 1", "line 1: needs text, found the character U+0085", NULL},
		{"# \xe2\x80\xa8", "line 1: needs text, found the character U+2028", NULL},
		{"# \xe2\x80\xa9", "line 1: needs text, found the character U+2029", NULL},
		{"# \xef\xbf\xbe", "line 1: needs text, found the character U+FFFE", NULL},
		{"# \xef\xbf\xbf", "line 1: needs text, found the character U+FFFF", NULL},
	};

	(void)state;
	check_refusals(list, COUNT(list));
	yaml_refused(TEXT("version: 1\ntext: a\0b"), REASON_YAML,
		     "line 2: needs text, found the character U+0000", "");
}

/* Texts of the library stand at the end. */
static void broken_yaml_is_refused_with_the_librarys_words(void **state)
{
	static const struct refusal list[] = {
		{"version: 1\nkeys:\n\t- name: a\n",
		 "line 3: is not YAML: while scanning for the next token, found character that "
		 "cannot start any token",
		 "indent with blanks, not with tabs"},
		{"version: 1\n\ttext: a\n",
		 "line 2: is not YAML: while scanning a plain scalar, found a tab character that "
		 "violates indentation",
		 "indent with blanks, not with tabs"},
		{"version: 1\ntext: @a\n",
		 "line 2: is not YAML: while scanning for the next token, found character that "
		 "cannot start any token",
		 NULL},
		{"version: 1\nkeys: [{name: a",
		 "line 2: is not YAML: while parsing a flow mapping, did not find expected ',' or "
		 "'}'",
		 NULL},
		{"version: 1\n: 2\n",
		 "line 2: is not YAML: while parsing a block mapping, did not find expected key",
		 NULL},
		{"...\nversion: 1\n",
		 "line 1: is not YAML: while parsing a block node, did not find expected node "
		 "content",
		 NULL},
		{"{version: 1}}", "line 1: is not YAML: did not find expected <document start>",
		 NULL},
		{"version: 1\n...\nversion: 1\n",
		 "line 3: is not YAML: did not find expected <document start>", NULL},
	};

	(void)state;
	check_refusals(list, COUNT(list));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_those_of_the_schema),
		cmocka_unit_test(numbers_and_booleans_are_exact),
		cmocka_unit_test(texts_are_texts_for_every_reader),
		cmocka_unit_test(texts_times_and_digests_are_checked),
		cmocka_unit_test(containers_are_of_the_kind_that_is_needed),
		cmocka_unit_test(what_hides_or_repeats_a_value_is_refused),
		cmocka_unit_test(characters_that_readers_differ_on_are_refused),
		cmocka_unit_test(broken_yaml_is_refused_with_the_librarys_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
