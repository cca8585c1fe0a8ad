#include "measure/base/json.h"

#include "tests/unit/support_check.h"

/* The string literal may hold NULs. */
#define TEXT(literal) bytes_of(literal, sizeof(literal) - 1)

static void read_ok(struct json *j, struct bytes text)
{
	struct err e = {0};
	bool ok = json_read(j, text, 0, &e);

	check_no_err(&e);
	assert_true(ok);
}

/* Written compactly, or prettily, it is this. */
static void check_written(struct bytes text, bool pretty, const char *written)
{
	struct buf out = BUF(1u << 20);
	struct json_out w = json_out(&out, pretty);
	struct err e = {0};
	struct json j;

	read_ok(&j, text);
	json_node_out(&w, &j, j.nodes);
	assert_true(buf_done(&out, "it", &e));
	assert_string_equal(buf_cstr(&out), written);
	buf_free(&out);
	json_free(&j);
}

static void the_deepest_tree_is_written_as_it_was_read(void **state)
{
	struct buf text = BUF(4096);

	(void)state;
	for (unsigned i = 0; i < JSON_MAX_DEPTH; i++)
		buf_str(&text, "[");
	for (unsigned i = 0; i < JSON_MAX_DEPTH; i++)
		buf_str(&text, "]");
	check_written(buf_bytes(&text), false, buf_cstr(&text));
	buf_free(&text);
}

static void what_was_read_is_written_compactly(void **state)
{
	(void)state;
	check_written(TEXT(" [ ] "), false, "[]");
	check_written(TEXT("{ }"), false, "{}");
	check_written(TEXT("[{},[],null , true,false,-0.50,\"a\"]"), false,
		      "[{},[],null,true,false,-0.50,\"a\"]");
	check_written(TEXT("{\"z\":{\"y\":[1,[2]],\"x\":{}},\"a\":0}"), false,
		      "{\"z\":{\"y\":[1,[2]],\"x\":{}},\"a\":0}");
}

static void what_was_read_is_written_prettily(void **state)
{
	(void)state;
	check_written(TEXT("[]"), true, "[]");
	check_written(TEXT("{}"), true, "{}");
	check_written(TEXT("7"), true, "7");
	check_written(TEXT("{\"z\":{\"y\":[1,[2]],\"x\":{}},\"a\":[]}"), true,
		      "{\n"
		      "  \"z\": {\n"
		      "    \"y\": [\n"
		      "      1,\n"
		      "      [\n"
		      "        2\n"
		      "      ]\n"
		      "    ],\n"
		      "    \"x\": {}\n"
		      "  },\n"
		      "  \"a\": []\n"
		      "}");
}

static void a_part_of_the_tree_is_written_alone(void **state)
{
	struct buf out = BUF(256);
	struct json_out w = json_out(&out, false);
	struct json j;

	(void)state;
	read_ok(&j, TEXT("{\"a\":[1,{\"b\":2}],\"c\":3}"));
	json_open(&w, '[');
	json_node_out(&w, &j, json_member(&j, j.nodes, "a"));
	json_node_out(&w, &j, json_member(&j, j.nodes, "c"));
	json_close(&w, ']');
	assert_string_equal(buf_cstr(&out), "[[1,{\"b\":2}],3]");
	buf_free(&out);
	json_free(&j);
}

static void strings_are_escaped_as_serde_json_does(void **state)
{
	struct buf out = BUF(1024);
	struct json_out w = json_out(&out, false);

	(void)state;
	json_string(&w, TEXT("\0\1\b\t\n\v\f\r\x1f\" /\\\x7f\xc2\x85\xe2\x80\xa8\xf0\x9f\x94\x92"));
	assert_string_equal(buf_cstr(&out),
			    "\"\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f\\\" /\\\\"
			    "\x7f\xc2\x85\xe2\x80\xa8\xf0\x9f\x94\x92\"");
	buf_free(&out);
}

static void write_all_kinds(struct json_out *w)
{
	json_open(w, '{');
	json_key(w, "u");
	json_u64(w, UINT64_MAX);
	json_key_bytes(w, TEXT("k\0\n"));
	json_bool(w, true);
	json_key(w, "list");
	json_open(w, '[');
	json_bool(w, false);
	json_null(w);
	json_str(w, "s");
	json_open(w, '{');
	json_close(w, '}');
	json_hex(w, TEXT("\x00\xff"));
	json_base64(w, TEXT("\x00\xff"));
	json_raw(w, TEXT("1.50"));
	json_close(w, ']');
	json_key(w, "none");
	json_string(w, (struct bytes){0});
	json_text(w, "absent", NULL);
	json_text(w, "there", "x");
	json_close(w, '}');
}

static void the_writer_sets_commas_and_blanks(void **state)
{
	struct buf out = BUF(1024);
	struct json_out w = json_out(&out, false);

	(void)state;
	write_all_kinds(&w);
	assert_string_equal(buf_cstr(&out), "{\"u\":18446744073709551615,\"k\\u0000\\n\":true,"
					    "\"list\":[false,null,\"s\",{},\"00ff\",\"AP8=\",1.50],"
					    "\"none\":\"\",\"there\":\"x\"}");
	buf_reset(&out);
	w = json_out(&out, true);
	write_all_kinds(&w);
	assert_string_equal(buf_cstr(&out), "{\n"
					    "  \"u\": 18446744073709551615,\n"
					    "  \"k\\u0000\\n\": true,\n"
					    "  \"list\": [\n"
					    "    false,\n"
					    "    null,\n"
					    "    \"s\",\n"
					    "    {},\n"
					    "    \"00ff\",\n"
					    "    \"AP8=\",\n"
					    "    1.50\n"
					    "  ],\n"
					    "  \"none\": \"\",\n"
					    "  \"there\": \"x\"\n"
					    "}");
	buf_free(&out);
}

static void a_string_that_is_not_utf8_fails_the_buf(void **state)
{
	struct buf out = BUF(1024);
	struct json_out w = json_out(&out, false);
	struct err e = {0};

	(void)state;
	json_string(&w, TEXT("a\xff"));
	assert_false(buf_done(&out, "answer", &e));
	check_err(&e, REASON_JSON, "answer cannot be written");
	buf_free(&out);
}

static void for_a_terminal_what_would_act_there_is_escaped_as_well(void **state)
{
	static const char all[] = "a\177\302\205\302\233\342\200\256\357\277\276\363\240\201\201b"
				  "\303\251\360\237\230\200\001\n\"";
	struct buf out = BUF(1000);
	struct json_out w = json_out(&out, false);
	struct err e = {0};

	(void)state;
	w.tame = true;
	json_open(&w, '{');
	json_key(&w, "\177");
	json_str(&w, all);
	json_key(&w, "raw");
	json_raw(&w, bytes_str("[\"\177\\n\"]"));
	json_close(&w, '}');
	assert_true(buf_done(&out, "it", &e));
	assert_string_equal(buf_cstr(&out),
			    "{\"\\u007f\":\"a\\u007f\\u0085\\u009b\\u202e\\ufffe\\udb40\\udc41b"
			    "\303\251\360\237\230\200\\u0001\\n\\\"\",\"raw\":[\"\\u007f\\n\"]}");
	buf_free(&out);
}

static void a_full_buf_stops_the_writer_for_good(void **state)
{
	struct buf out = BUF(10);
	struct json_out w = json_out(&out, true);
	struct err e = {0};

	(void)state;
	write_all_kinds(&w);
	assert_false(buf_done(&out, "answer", &e));
	check_err(&e, REASON_LIMIT, "answer is over its limit of 10 bytes");
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_read_is_written_compactly),
		cmocka_unit_test(what_was_read_is_written_prettily),
		cmocka_unit_test(a_part_of_the_tree_is_written_alone),
		cmocka_unit_test(strings_are_escaped_as_serde_json_does),
		cmocka_unit_test(the_writer_sets_commas_and_blanks),
		cmocka_unit_test(a_string_that_is_not_utf8_fails_the_buf),
		cmocka_unit_test(for_a_terminal_what_would_act_there_is_escaped_as_well),
		cmocka_unit_test(a_full_buf_stops_the_writer_for_good),
		cmocka_unit_test(the_deepest_tree_is_written_as_it_was_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
