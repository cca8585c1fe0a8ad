#include "eif/metadata.h"

#include "tests/unit/support_check.h"

/* The string literal may hold NULs. */
#define TEXT(literal) bytes_of(literal, sizeof(literal) - 1)
#define LENGTH(literal) (sizeof(literal) - 1)
#define BASE 5000u

/*
 * The metadata sections that eif_build 0.3.1 (image-format 0.5.0) wrote without and with a custom
 * metadata file.
 */
#define BUILD(time)                                                                            \
	"{\"ImageName\":\"kernel\",\"ImageVersion\":\"1.0\",\"BuildMetadata\":{\"BuildTime\":" \
	"\"" time "\",\"BuildTool\":\"eif_build\",\"BuildToolVersion\":\"0.3.1\","             \
	"\"OperatingSystem\":\"OS\",\"KernelVersion\":\"kernel\"},\"DockerInfo\":null,"        \
	"\"CustomMetadata\":"
#define CUSTOM_FILE                                                       \
	"{\"zeta\":1,\"Alpha\":{\"q\":[1.5,1e3,-7,18446744073709551615]," \
	"\"b\":\"\xc3\xa9\\u0001\\\"/\\\\\\t\"},\"n\":null}\n"
#define CUSTOM_WRITTEN                                       \
	"{\"Alpha\":{\"b\":\"\xc3\xa9\\u0001\\\"/\\\\\\t\"," \
	"\"q\":[1.5,1000.0,-7,18446744073709551615]},\"n\":null,\"zeta\":1}"

static const char plain_section[] = BUILD("1970-01-01T00:00:00+00:00") "null}";
static const char custom_section[] = BUILD("T") CUSTOM_WRITTEN "}";

static struct eif_metadata reference_values(const char *build_time)
{
	return (struct eif_metadata){
		.image_name = "kernel",
		.image_version = "1.0",
		.build_time = build_time,
		.build_tool = "eif_build",
		.build_tool_version = "0.3.1",
		.operating_system = "OS",
		.kernel_version = "kernel",
	};
}

static void check_written(const struct eif_metadata *m, const char *section)
{
	struct buf out = BUF(1u << 20);
	struct err e = {0};
	bool ok;

	buf_str(&out, "before");
	ok = eif_metadata_write(&out, m, &e);
	check_no_err(&e);
	assert_true(ok);
	assert_true(bytes_start(buf_bytes(&out), bytes_str("before")));
	assert_string_equal(buf_cstr(&out) + strlen("before"), section);
	buf_free(&out);
}

static void check_unwritten(const struct eif_metadata *m, enum reason r, const char *why)
{
	struct buf out = BUF(1u << 20);
	struct err e = {0};

	assert_false(eif_metadata_write(&out, m, &e));
	check_err(&e, r, why);
	buf_free(&out);
}

static void sections_are_those_of_the_reference_builder(void **state)
{
	struct eif_metadata m = reference_values("1970-01-01T00:00:00+00:00");

	(void)state;
	check_written(&m, plain_section);
	m.build_time = "T";
	m.custom_metadata = TEXT(CUSTOM_FILE);
	check_written(&m, custom_section);
}

static void docker_info_and_names_are_written_where_they_belong(void **state)
{
	struct eif_metadata m = {
		.image_name = "a\"b",
		.image_version = "",
		.build_time = "t",
		.build_tool = "\xc3\xa9",
		.build_tool_version = "v",
		.operating_system = "o",
		.kernel_version = "k",
		.docker_info = TEXT("[ ]"),
		.custom_metadata = TEXT(" \"x\" "),
	};

	(void)state;
	check_written(&m,
		      "{\"ImageName\":\"a\\\"b\",\"ImageVersion\":\"\",\"BuildMetadata\":{"
		      "\"BuildTime\":\"t\",\"BuildTool\":\"\xc3\xa9\",\"BuildToolVersion\":\"v\","
		      "\"OperatingSystem\":\"o\",\"KernelVersion\":\"k\"},\"DockerInfo\":[],"
		      "\"CustomMetadata\":\"x\"}");
}

static void strings_must_be_utf8(void **state)
{
	struct eif_metadata m = reference_values("T");

	(void)state;
	m.image_name = "ab\xff";
	check_unwritten(&m, REASON_USAGE, "ImageName needs UTF-8, found byte 0xff at 2");
	m.image_name = "ab";
	m.kernel_version = "\x80";
	check_unwritten(&m, REASON_USAGE, "KernelVersion needs UTF-8, found byte 0x80 at 0");
}

static void free_values_must_be_json(void **state)
{
	struct eif_metadata m = reference_values("T");

	(void)state;
	m.docker_info = TEXT("{");
	check_unwritten(&m, REASON_JSON, "DockerInfo: needs a key in quotes, found the end");
	m.docker_info = TEXT("{}");
	m.custom_metadata = TEXT("{} x");
	check_unwritten(&m, REASON_TRAILING,
			"CustomMetadata: 1 byte stands behind the end of the JSON value");
	m.custom_metadata = TEXT("[1e400]");
	check_unwritten(
		&m, REASON_METADATA_NUMBER,
		"CustomMetadata: number 1e400 needs to be below 1e16 or an integer of 64 bits: "
		"whether a plus sign stands behind its e depends on the builder");
}

static void what_could_not_be_read_is_not_written(void **state)
{
	struct eif_metadata m = reference_values("T");
	struct buf deep = BUF(256), much = BUF(1u << 20);

	(void)state;
	for (unsigned i = 0; i < JSON_MAX_DEPTH; i++)
		buf_str(&deep, "[");
	for (unsigned i = 0; i < JSON_MAX_DEPTH; i++)
		buf_str(&deep, "]");
	m.custom_metadata = buf_bytes(&deep);
	check_unwritten(&m, REASON_LIMIT,
			"metadata: needs at most 127 levels of nesting, found 128");
	buf_u8(&much, '"');
	for (unsigned i = 0; i < EIF_METADATA_MAX; i++)
		buf_u8(&much, 'x');
	buf_u8(&much, '"');
	m.custom_metadata = buf_bytes(&much);
	check_unwritten(&m, REASON_LIMIT, "metadata: needs at most 262144 bytes, found 262358");
	buf_free(&deep);
	buf_free(&much);
}

static void a_full_buf_is_told(void **state)
{
	struct eif_metadata m = reference_values("T");
	struct buf out = BUF(100);
	struct err e = {0};

	(void)state;
	assert_false(eif_metadata_write(&out, &m, &e));
	check_err(&e, REASON_LIMIT, "metadata is over its limit of 100 bytes");
	buf_free(&out);
}

static void check_read(struct bytes section)
{
	struct err e = {0};
	struct json j;
	bool ok = eif_metadata_read(&j, section, BASE, &e);

	check_no_err(&e);
	assert_true(ok);
	assert_int_equal(json_member(&j, j.nodes, "ImageName")->type, JSON_STRING);
	json_free(&j);
}

static void check_refused(struct bytes section, enum reason r, uint64_t offset, const char *why)
{
	struct err e = {0};
	struct json j;

	assert_false(eif_metadata_read(&j, section, BASE, &e));
	check_err(&e, r, why);
	assert_true(e.at);
	assert_int_equal(e.offset, BASE + offset);
}

static void sections_of_the_reference_builder_are_read(void **state)
{
	(void)state;
	check_read(bytes_str(plain_section));
	check_read(bytes_str(custom_section));
}

#define B                                                                                     \
	"\"BuildMetadata\":{\"BuildTime\":\"\",\"BuildTool\":\"\",\"BuildToolVersion\":\"\"," \
	"\"OperatingSystem\":\"\",\"KernelVersion\":\"\"}"
#define N "\"ImageName\":\"n\""
#define V "\"ImageVersion\":\"v\""
#define D "\"DockerInfo\":1"
#define C "\"CustomMetadata\":[]"

static void blanks_further_keys_and_any_order_are_accepted(void **state)
{
	(void)state;
	check_read(TEXT(" \n{" C "," D "," B "," V "," N "}\r\n\t "));
	check_read(
		TEXT("{" N "," V "," B "," D "," C ",\"ImageSize\":1e400,\"\":{\"ImageName\":3}}"));
	check_read(TEXT("{" N "," V
			",\"BuildMetadata\":{\"KernelVersion\":\"\",\"x\":0,\"BuildTime\":\"\","
			"\"BuildTool\":\"\",\"BuildToolVersion\":\"\",\"OperatingSystem\":\"\"},"
			"" D "," C "}"));
}

static void sections_that_are_no_object_are_refused(void **state)
{
	(void)state;
	check_refused(TEXT("null"), REASON_METADATA, 0, "needs an object, found null");
	check_refused(TEXT(" [\"n\",\"v\",[],1,2]"), REASON_METADATA, 1,
		      "needs an object, found an array");
	check_refused(TEXT("\"ImageName\""), REASON_METADATA, 0, "needs an object, found a string");
	check_refused(TEXT("4"), REASON_METADATA, 0, "needs an object, found a number");
	check_refused(TEXT("true"), REASON_METADATA, 0, "needs an object, found a boolean");
	check_refused(TEXT(""), REASON_JSON, 0, "needs a value, found the end");
}

static void missing_fields_are_named(void **state)
{
	(void)state;
	check_refused(TEXT("{" V "," B "," D "," C "}"), REASON_METADATA, 0,
		      "ImageName is missing");
	check_refused(TEXT("{" N "," B "," D "," C "}"), REASON_METADATA, 0,
		      "ImageVersion is missing");
	check_refused(TEXT("{" N "," V "," D "," C "}"), REASON_METADATA, 0,
		      "BuildMetadata is missing");
	check_refused(TEXT("{" N "," V "," B "," C "}"), REASON_METADATA, 0,
		      "DockerInfo is missing");
	check_refused(TEXT("{" N "," V "," B "," D "}"), REASON_METADATA, 0,
		      "CustomMetadata is missing");
	check_refused(TEXT(" {" N "," V ",\"BuildMetadata\":{\"BuildTime\":\"\",\"BuildTool\":\"\","
			   "\"BuildToolVersion\":\"\",\"KernelVersion\":\"\"}," D "," C "}"),
		      REASON_METADATA, 37, "BuildMetadata: OperatingSystem is missing");
}

static void fields_of_another_type_are_named(void **state)
{
	(void)state;
	check_refused(TEXT("{\"ImageName\":null," V "," B "," D "," C "}"), REASON_METADATA, 1,
		      "ImageName needs a string, found null");
	check_refused(TEXT("{" N ",\"ImageVersion\":1.0," B "," D "," C "}"), REASON_METADATA, 17,
		      "ImageVersion needs a string, found a number");
	check_refused(TEXT("{" N "," V ",\"BuildMetadata\":[]," D "," C "}"), REASON_METADATA, 36,
		      "BuildMetadata needs an object, found an array");
	check_refused(TEXT("{" N "," V ",\"BuildMetadata\":{\"BuildTime\":{}}," D "," C "}"),
		      REASON_METADATA, 53,
		      "BuildMetadata: BuildTime needs a string, found an object");
}

static void keys_that_stand_twice_are_refused_anywhere(void **state)
{
	(void)state;
	check_refused(TEXT("{" N "," V "," B "," D "," C "," N "}"), REASON_JSON,
		      LENGTH("{" N "," V "," B "," D "," C ","),
		      "needs every key once, found \"ImageName\" twice");
	check_refused(TEXT("{" N "," V "," B ",\"DockerInfo\":[{\"a\":1,\"\\u0061\":2}]," C "}"),
		      REASON_JSON, LENGTH("{" N "," V "," B ",\"DockerInfo\":[{\"a\":1,"),
		      "needs every key once, found \"a\" twice");
}

static void bytes_behind_the_section_are_refused(void **state)
{
	(void)state;
	check_refused(TEXT("{" N "," V "," B "," D "," C "}x"), REASON_TRAILING,
		      LENGTH("{" N "," V "," B "," D "," C "}"),
		      "1 byte stands behind the end of the JSON value");
	check_refused(TEXT("{" N "," V "," B "," D "," C "}\0\0"), REASON_TRAILING,
		      LENGTH("{" N "," V "," B "," D "," C "}"),
		      "2 bytes stand behind the end of the JSON value");
}

static void sections_that_are_not_utf8_are_refused(void **state)
{
	(void)state;
	check_refused(TEXT("{\"ImageName\":\"\xe9\"}"), REASON_JSON, 14,
		      "needs UTF-8, found byte 0xe9");
}

static void sections_too_long_are_refused(void **state)
{
	struct buf section = BUF(1u << 20);

	(void)state;
	buf_str(&section, plain_section);
	while (section.n < EIF_METADATA_MAX)
		buf_str(&section, " ");
	check_read(buf_bytes(&section));
	buf_str(&section, " ");
	check_refused(buf_bytes(&section), REASON_LIMIT, 0,
		      "needs at most 262144 bytes, found 262145");
	buf_free(&section);
}

static void numbers_that_the_reference_reader_refuses_are_refused(void **state)
{
	(void)state;
	check_refused(TEXT("{" N "," V "," B "," D ",\"CustomMetadata\":{\"a\":[1,-1e309]}}"),
		      REASON_METADATA_NUMBER,
		      LENGTH("{" N "," V "," B "," D ",\"CustomMetadata\":{\"a\":[1,"),
		      "CustomMetadata: number -1e309 needs to be in the range of a double");
	check_refused(TEXT("{" N "," V "," B ",\"DockerInfo\":1e99999999999," C "}"),
		      REASON_METADATA_NUMBER, LENGTH("{" N "," V "," B ","),
		      "DockerInfo: number 1e99999999999 needs to be in the range of a double");
	check_read(TEXT("{" N "," V "," B
			",\"DockerInfo\":[0e999,1e-999,1e308,123456789012345678901],"
			"" C "}"));
}

static void check_config(struct bytes config, const char *os, const char *kernel)
{
	struct buf a = BUF(256), b = BUF(256);
	struct err e = {0};
	bool ok = eif_kernel_config(config, &a, &b, &e);

	check_no_err(&e);
	assert_true(ok);
	assert_string_equal(buf_cstr(&a), os);
	assert_string_equal(buf_cstr(&b), kernel);
	buf_free(&a);
	buf_free(&b);
}

static void check_no_config(struct bytes config, const char *why)
{
	struct buf a = BUF(256), b = BUF(256);
	struct err e = {0};

	assert_false(eif_kernel_config(config, &a, &b, &e));
	check_err(&e, REASON_USAGE, why);
	assert_int_equal(a.n + b.n, 0);
	buf_free(&a);
	buf_free(&b);
}

static void a_kernel_configuration_names_system_and_version(void **state)
{
	(void)state;
	check_config(TEXT("#\n# Automatically generated file; DO NOT EDIT.\n"
			  "# Linux/x86_64 4.14.256-209.484.amzn2.x86_64 Kernel Configuration\n#\n"),
		     "Linux", "4.14.256");
	check_config(TEXT("\n\n# Linux/arm64 6.1.0 Kernel"), "Linux", "6.1.0");
}

/* What Rust's lines() and split() make of the same bytes. */
static void odd_kernel_configurations_are_split_as_the_reference_does(void **state)
{
	(void)state;
	check_config(TEXT("\n\n\n"), "Unknown", "Unknown");
	check_config(TEXT("\n\nword\n"), "Unknown", "Unknown");
	check_config(TEXT("\n\na b\n"), "b", "Unknown");
	check_config(TEXT("\n\na b/c-d e\n"), "b", "d");
	check_config(TEXT("\n\n  //x\n"), "", "");
	check_config(TEXT("\n\na-b\tc d/\n"), "b\tc", "");
	check_config(TEXT("\xff\n\na b c d\n"), "b", "d");
	check_config(TEXT("\r\n\r\na b c d\r\n"), "b", "d");
	check_config(TEXT("\n\na b c d\r"), "b", "d\r");
	check_config(TEXT("\n\na b c d\r\r\n"), "b", "d\r");
}

static void kernel_configurations_without_a_third_line_are_refused(void **state)
{
	(void)state;
	check_no_config((struct bytes){0}, "kernel configuration needs 3 lines, found 0");
	check_no_config(TEXT("a"), "kernel configuration needs 3 lines, found 1");
	check_no_config(TEXT("a\nb\n"), "kernel configuration needs 3 lines, found 2");
	check_no_config(TEXT("\n\na \xff\n"),
			"kernel configuration needs text in line 3, found byte 0xff at 2");
	check_no_config(TEXT("\n\na b\0c\n"),
			"kernel configuration needs text in line 3, found byte 0x00 at 3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_are_those_of_the_reference_builder),
		cmocka_unit_test(docker_info_and_names_are_written_where_they_belong),
		cmocka_unit_test(strings_must_be_utf8),
		cmocka_unit_test(free_values_must_be_json),
		cmocka_unit_test(what_could_not_be_read_is_not_written),
		cmocka_unit_test(a_full_buf_is_told),
		cmocka_unit_test(sections_of_the_reference_builder_are_read),
		cmocka_unit_test(blanks_further_keys_and_any_order_are_accepted),
		cmocka_unit_test(sections_that_are_no_object_are_refused),
		cmocka_unit_test(missing_fields_are_named),
		cmocka_unit_test(fields_of_another_type_are_named),
		cmocka_unit_test(keys_that_stand_twice_are_refused_anywhere),
		cmocka_unit_test(bytes_behind_the_section_are_refused),
		cmocka_unit_test(sections_that_are_not_utf8_are_refused),
		cmocka_unit_test(sections_too_long_are_refused),
		cmocka_unit_test(numbers_that_the_reference_reader_refuses_are_refused),
		cmocka_unit_test(a_kernel_configuration_names_system_and_version),
		cmocka_unit_test(odd_kernel_configurations_are_split_as_the_reference_does),
		cmocka_unit_test(kernel_configurations_without_a_third_line_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
