#include "measure/base/yaml.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/support_check.h"
#include "tests/unit/support_yaml.h"

/* The string literal may hold NULs. */
#define TEXT(literal) bytes_of(literal, sizeof(literal) - 1)

static void the_tree_is_flat_and_in_order(void **state)
{
	static const char text[] = "# trust\n"
				   "version: 1\n"
				   "keys:\n"
				   "  - name: alice\n"
				   "    roles: [publisher, \"rebuilder\"]\n"
				   "    active: true\n"
				   "  - {id: 00Ff, name: 'bob'}\n"
				   "names:\n"
				   "  \"on\": 3\n"
				   "tables: []\n";
	static const struct {
		enum yaml_type type;
		uint32_t next, count, line;
		const char *key, *text;
	} want[] = {
		{YAML_MAP, 15, 4, 2, "", ""},		{YAML_UINT, 2, 0, 2, "version", "1"},
		{YAML_LIST, 12, 2, 3, "keys", ""},	{YAML_MAP, 9, 3, 4, "", ""},
		{YAML_TEXT, 5, 0, 4, "name", "alice"},	{YAML_LIST, 8, 2, 5, "roles", ""},
		{YAML_TEXT, 7, 0, 5, "", "publisher"},	{YAML_TEXT, 8, 0, 5, "", "rebuilder"},
		{YAML_BOOL, 9, 0, 6, "active", "true"}, {YAML_MAP, 12, 2, 7, "", ""},
		{YAML_HEX, 11, 0, 7, "id", "00Ff"},	{YAML_TEXT, 12, 0, 7, "name", "bob"},
		{YAML_NAMES, 14, 1, 8, "names", ""},	{YAML_UINT, 14, 0, 9, "on", "3"},
		{YAML_LIST, 15, 0, 10, "tables", ""},
	};
	struct yaml y;

	(void)state;
	yaml_taken(&y, bytes_str(text));
	assert_int_equal(y.n, COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++) {
		const struct yaml_node *node = &y.nodes[i];

		assert_int_equal(node->field->type, want[i].type);
		assert_int_equal(node->next, want[i].next);
		assert_int_equal(node->count, want[i].count);
		assert_int_equal(node->line, want[i].line);
		assert_true(bytes_equal(node->key, bytes_str(want[i].key)));
		assert_true(bytes_equal(node->text, bytes_str(want[i].text)));
	}
	yaml_drop(&y);
	assert_null(y.nodes);
	yaml_drop(&y);
}

static void containers_are_walked_and_members_found(void **state)
{
	const struct yaml_node *node;
	struct yaml y;

	(void)state;
	yaml_taken(&y, TEXT("{tables: [[1, 2], [], [3]], version: 4, names: {}}"));
	node = yaml_first(&y, yaml_member(&y, y.nodes, "tables"));
	assert_int_equal(node->count, 2);
	node = yaml_after(&y, &y.nodes[1], node);
	assert_int_equal(node->count, 0);
	assert_null(yaml_first(&y, node));
	node = yaml_after(&y, &y.nodes[1], node);
	assert_int_equal(yaml_u64(yaml_first(&y, node)), 3);
	assert_null(yaml_after(&y, &y.nodes[1], node));
	assert_null(yaml_first(&y, yaml_member(&y, y.nodes, "names")));
	assert_int_equal(yaml_u64(yaml_member(&y, y.nodes, "version")), 4);
	assert_null(yaml_member(&y, y.nodes, "text"));
	assert_null(yaml_member(&y, y.nodes, "versio"));
	yaml_drop(&y);
}

static void the_tree_outlives_the_text(void **state)
{
	char text[] = "version: 1\nnames: {key: 2}\ntext: value";
	struct yaml y;

	(void)state;
	yaml_taken(&y, bytes_str(text));
	memset(text, 'x', sizeof(text));
	assert_string_equal((const char *)y.nodes[3].key.p, "key");
	assert_string_equal(yaml_str(&y.nodes[4]), "value");
	yaml_drop(&y);
}

static void values_are_given_as_their_types(void **state)
{
	const struct yaml_node *node;
	struct yaml y;

	(void)state;
	yaml_taken(&y, TEXT("version: 18446744073709551615\n"
			    "keys:\n"
			    "- {name: a, active: true, since: 1970-01-01T00:01:00Z}\n"
			    "- {name: b, active: false, since: \"1970-01-01T01:00:00+01:00\"}\n"));
	assert_true(yaml_u64(yaml_member(&y, y.nodes, "version")) == UINT64_MAX);
	node = yaml_first(&y, yaml_member(&y, y.nodes, "keys"));
	assert_true(yaml_bool(yaml_member(&y, node, "active")));
	assert_int_equal(yaml_time(yaml_member(&y, node, "since")), 60);
	node = yaml_after(&y, yaml_member(&y, y.nodes, "keys"), node);
	assert_false(yaml_bool(yaml_member(&y, node, "active")));
	assert_int_equal(yaml_time(yaml_member(&y, node, "since")), 0);
	yaml_drop(&y);
}

/* Behind "version: 1\ntext: ". */
static void check_text(const char *spelt, const char *meant)
{
	char text[256];
	struct yaml y;

	snprintf(text, sizeof(text), "version: 1\ntext: %s", spelt);
	yaml_taken(&y, bytes_str(text));
	assert_string_equal(yaml_str(yaml_member(&y, y.nodes, "text")), meant);
	yaml_drop(&y);
}

static void texts_may_be_spelt_in_every_way(void **state)
{
	static const char *const plain[] = {
		"a",	   "1.2.3", "2026-11-20", "v1",	 "0xg", "1e",	    "1__a", ".",    "+",
		"..1",	   "1.1.",  "1:60:x",	  "a:b", "0x",	"yess",	    "nul",  "TrUe", "-.in",
		"1:2:3:a", "1-2",   "_1a",	  "e5",	 "a#b", "http://x", "_",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(plain); i++)
		check_text(plain[i], plain[i]);
	check_text("'1.10'", "1.10");
	check_text("\"yes\"", "yes");
	check_text("\"~\" # nothing", "~");
	check_text("\"\\x41\\u00e9\\U0001F600\\t\\n\\\"\"", "A\xc3\xa9\xf0\x9f\x98\x80\t\n\"");
	check_text("\"\\L\\P\\N\\_\"", "\xe2\x80\xa8\xe2\x80\xa9\xc2\x85\xc2\xa0");
	check_text("|\n  two\n  lines\n", "two\nlines\n");
	check_text("|\r\n  two\r\n  lines\r\n", "two\nlines\n");
	check_text(">-\n  one\n  line\n", "one line");
	check_text("one\n  line", "one line");
	check_text("\xef\xbc\x81", "\xef\xbc\x81");
}

static void one_document_may_have_its_marks(void **state)
{
	struct yaml y;

	(void)state;
	yaml_taken(&y, TEXT("# a\n  # b\n\n---\nversion: 1\n...\n# c\n"));
	yaml_drop(&y);
	yaml_taken(&y, TEXT("\r\n# a\r\nversion: 1\r\n"));
	yaml_drop(&y);
	yaml_taken(&y, TEXT("\"versio\\u006e\": 1"));
	yaml_drop(&y);
	yaml_taken(&y, TEXT("? version\n: 1"));
	yaml_drop(&y);
}

static void a_key_may_be_quoted_where_a_plain_one_merges(void **state)
{
	struct yaml y;

	(void)state;
	yaml_taken(&y, TEXT("version: 1\nnames: {\"<<\": 1}\n"));
	yaml_drop(&y);
}

/* n times what is repeated, between head and tail; malloc'd. */
static char *repeat(const char *head, const char *repeated, size_t n, const char *tail)
{
	size_t room = strlen(head) + n * strlen(repeated) + strlen(tail) + 1;
	char *out = malloc(room), *p;

	assert_non_null(out);
	p = stpcpy(out, head);
	while (n-- > 0)
		p = stpcpy(p, repeated);
	stpcpy(p, tail);
	return out;
}

static void sizes_are_bounded(void **state)
{
	char *text = repeat("version: 1\n#", "x", YAML_MAX_BYTES - 12, "");
	struct yaml y;

	(void)state;
	yaml_taken(&y, bytes_str(text));
	yaml_drop(&y);
	free(text);
	text = repeat("version: 1\n#", "x", YAML_MAX_BYTES - 11, "");
	yaml_refused(bytes_str(text), REASON_LIMIT, "needs at most 1048576 bytes, found 1048577",
		     "");
	free(text);
	text = repeat("version: 1\ntables: [", "[],", YAML_MAX_NODES - 3, "]");
	yaml_taken(&y, bytes_str(text));
	assert_int_equal(y.n, YAML_MAX_NODES);
	yaml_drop(&y);
	free(text);
	text = repeat("version: 1\ntables: [\n", "[],", YAML_MAX_NODES - 2, "]");
	yaml_refused(bytes_str(text), REASON_LIMIT,
		     "line 3: needs at most 65536 values, found more", "");
	free(text);
}

static void depth_is_bounded(void **state)
{
	struct yaml_field nest[] = {{.key = "a", .type = YAML_MAP}, {0}};
	struct yaml_field top = {.type = YAML_MAP, .fields = nest};
	char *text = repeat("", "{a: ", YAML_MAX_DEPTH, "{}");
	struct err e = {0};
	struct yaml y;

	(void)state;
	nest[0].fields = nest;
	assert_false(yaml_read(&y, bytes_str(text), &top, &e));
	check_err(&e, REASON_LIMIT, "line 1: needs at most 16 levels of nesting, found more");
	free(text);
}

static void hostile_files_cost_little(void **state)
{
	static const char *const repeated[] = {
		"[",  "{",     "- ",  "? ",	      "a:\n",	  "\"a\" ",
		"\t", "*a ",   "&a ", "%TAG !a! b\n", "\\",	  ":",
		",",  "!<a> ", "''",  "|\n",	      "\xc3\xa9", "...\n"};
	char *text;

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(repeated); i++) {
		const char *unit = repeated[i / 2];
		struct err e = {0};
		struct yaml y;

		text = repeat(i % 2 ? "version: 1\nnames: {" : "", unit,
			      (YAML_MAX_BYTES - 32) / strlen(unit), "");
		assert_false(yaml_read(&y, bytes_str(text), &yaml_schema, &e));
		assert_true(err_is(&e));
		free(text);
	}
}

static void what_is_written_reads_back_the_same(void **state)
{
	static const struct {
		const char *text, *spelt;
	} list[] = {
		{"alice", "alice"},
		{"a.b_c/d-e+f2", "a.b_c/d-e+f2"},
		{"1.2.3", "\"1.2.3\""},
		{"yes", "\"yes\""},
		{"N", "\"N\""},
		{"null", "\"null\""},
		{"", "\"\""},
		{"two words", "\"two words\""},
		{"-a", "\"-a\""},
		{"a: b # \"c\\d\"", "\"a: b # \\\"c\\\\d\\\"\""},
		{"a\nb\tc\x7f\x1b", "\"a\\nb\\tc\\x7f\\x1b\""},
		{"Zo\xc3\xab", "\"Zo\xc3\xab\""},
		{"\xc2\x85\xe2\x80\xae\xf3\xa0\x80\x81", "\"\\x85\\u202e\\U000e0001\""},
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < COUNT(list); i++) {
		struct buf out = BUF(128);
		struct yaml y;

		yaml_put_text(&out, bytes_str(list[i].text));
		assert_string_equal(buf_cstr(&out), list[i].spelt);
		snprintf(text, sizeof(text), "version: 1\ntext: %s", buf_cstr(&out));
		buf_free(&out);
		if (list[i].text[0] == '\0')
			continue;
		yaml_taken(&y, bytes_str(text));
		assert_string_equal(yaml_str(yaml_member(&y, y.nodes, "text")), list[i].text);
		yaml_drop(&y);
	}
}

static void what_is_no_text_is_not_written(void **state)
{
	struct buf out = BUF(128);
	struct err e = {0};

	(void)state;
	yaml_put_text(&out, TEXT("a\xff"));
	assert_false(buf_done(&out, "name", &e));
	assert_int_equal(e.reason, REASON_YAML);
	buf_free(&out);
	out = BUF(128);
	yaml_put_text(&out, TEXT("a\0b"));
	assert_string_equal(buf_cstr(&out), "\"a\\x00b\"");
	buf_free(&out);
}

static void the_version_is_that_of_the_library_found(void **state)
{
	char room[YAML_VERSION_ROOM];

	(void)state;
	assert_memory_equal(yaml_library_version(room), "0.", 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_tree_is_flat_and_in_order),
		cmocka_unit_test(containers_are_walked_and_members_found),
		cmocka_unit_test(the_tree_outlives_the_text),
		cmocka_unit_test(values_are_given_as_their_types),
		cmocka_unit_test(texts_may_be_spelt_in_every_way),
		cmocka_unit_test(one_document_may_have_its_marks),
		cmocka_unit_test(a_key_may_be_quoted_where_a_plain_one_merges),
		cmocka_unit_test(sizes_are_bounded),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(hostile_files_cost_little),
		cmocka_unit_test(what_is_written_reads_back_the_same),
		cmocka_unit_test(what_is_no_text_is_not_written),
		cmocka_unit_test(the_version_is_that_of_the_library_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
