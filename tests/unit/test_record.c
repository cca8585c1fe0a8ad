#include "reference-db/record.h"

#include <stdio.h>

#include "tests/unit/support_check.h"

#define ONES "1111111111111111111111111111111111111111111111111111111111111111"
#define D "\"sha256:" ONES "\""
#define COMMIT "\"0123456789abcdef0123456789abcdef01234567\""
#define FILES                                                                                    \
	"{\"schema\": \"measure-build/1\", \"product\": \"example.org/blindbox\", \"version\": " \
	"\"1.2.3\", \"vendor\": \"Example\", "
#define START                                                                                    \
	"{\"schema\": \"measure-build/1\", \"product\": \"example.org/blindbox\", \"version\": " \
	"\"1.2.3\", \"vendor\": \"Example\", \"artefact\": \"blindbox.eif\", "
#define ORIGIN "\"origin\": \"source\", "
#define SOURCE "\"source\": {\"commit\": " COMMIT ", \"digest\": " D "}, "
#define DIGESTS "\"recipe\": " D ", \"inputs\": " D ", "
#define COMPONENTS "\"components\": {\"kernel\": \"pinned\", \"ramdisk0\": \"source\"}"

static bool read_text(struct record *r, const char *text, struct err *e)
{
	*e = (struct err){0};
	return record_read(r, bytes_str(text), e);
}

static void a_record_is_read(void **state)
{
	owned(record_free) struct record r = {0};
	struct err e;

	(void)state;
	assert_true(read_text(
		&r, START ORIGIN SOURCE DIGESTS COMPONENTS ", \"certificate\": " D "}", &e));
	assert_string_equal(r.product, "example.org/blindbox");
	assert_string_equal(r.version, "1.2.3");
	assert_string_equal(r.vendor, "Example");
	assert_string_equal(r.artefact, "blindbox.eif");
	assert_string_equal(r.source_digest, "sha256:" ONES);
	assert_string_equal(r.recipe, "sha256:" ONES);
	assert_string_equal(r.certificate, "sha256:" ONES);
	assert_int_equal(r.origin, ORIGIN_SOURCE);
	assert_int_equal(r.n_components, 2);
	assert_int_equal(record_origin(&r, "kernel"), ORIGIN_PINNED);
	assert_int_equal(record_origin(&r, "cmdline"), ORIGIN_NONE);
}

static void a_record_without_an_artefact_is_of_files_alone(void **state)
{
	owned(record_free) struct record r = {0}, of_image = {0};
	owned(buf_free) struct buf text = BUF(RECORD_MAX);
	const struct record none = {0};
	struct err e;

	(void)state;
	assert_true(read_text(&r, FILES SOURCE DIGESTS COMPONENTS "}", &e));
	assert_true(record_is_of_files(&r));
	assert_int_equal(r.origin, ORIGIN_NONE);
	record_write(&r, &text);
	assert_null(strstr(buf_cstr(&text), "artefact"));
	assert_null(strstr(buf_cstr(&text), "\"origin\""));
	assert_true(read_text(&of_image, START ORIGIN SOURCE DIGESTS COMPONENTS "}", &e));
	assert_false(record_is_of_files(&of_image));
	assert_false(record_is_of_files(&none));
}

static void what_was_read_is_written_again_the_same(void **state)
{
	owned(record_free) struct record r = {0}, again = {0};
	owned(buf_free) struct buf one = BUF(RECORD_MAX), two = BUF(RECORD_MAX);
	struct err e;

	(void)state;
	assert_true(read_text(&r, START ORIGIN SOURCE DIGESTS COMPONENTS "}", &e));
	record_write(&r, &one);
	assert_true(read_text(&again, buf_cstr(&one), &e));
	record_write(&again, &two);
	assert_string_equal(buf_cstr(&one), buf_cstr(&two));
	assert_non_null(strstr(buf_cstr(&one), "\"schema\": \"measure-build/1\""));
	assert_null(strstr(buf_cstr(&one), "certificate"));
}

static const struct {
	const char *json;
	enum reason reason;
	const char *text, *hint;
} refusals[] = {
	{"[]", REASON_BUILD_RECORD, "a build record is an object and this is an array", ""},
	{"{}", REASON_BUILD_RECORD, "\"schema\" is missing, so this is no build record", ""},
	{"{\"schema\": \"measure-build/2\"}", REASON_BUILD_RECORD,
	 "the schema is not \"measure-build/1\"", ""},
	{"{\"schema\": 1}", REASON_BUILD_RECORD, "the schema is not \"measure-build/1\"", ""},
	{START ORIGIN SOURCE DIGESTS COMPONENTS ", \"certificat\": 1}", REASON_BUILD_RECORD,
	 "\"certificat\" is no key of measure-build/1", "did you mean \"certificate\"?"},
	{START ORIGIN SOURCE DIGESTS COMPONENTS ", \"xyzzy\": 1}", REASON_BUILD_RECORD,
	 "\"xyzzy\" is no key of measure-build/1", ""},
	{START ORIGIN SOURCE DIGESTS COMPONENTS ", \"version\": \"2\"}", REASON_JSON,
	 "needs every key once, found \"version\" twice", ""},
	{START ORIGIN SOURCE DIGESTS COMPONENTS "}}", REASON_TRAILING, NULL, ""},
	{START ORIGIN SOURCE DIGESTS "\"components\": []}", REASON_BUILD_RECORD,
	 "components is an array and must be an object", ""},
	{START ORIGIN SOURCE DIGESTS "\"recipe2\": 1}", REASON_BUILD_RECORD,
	 "\"recipe2\" is no key of measure-build/1", "did you mean \"recipe\"?"},
	{START SOURCE DIGESTS COMPONENTS "}", REASON_BUILD_RECORD, "\"origin\" is missing", ""},
	{FILES ORIGIN SOURCE DIGESTS COMPONENTS "}", REASON_BUILD_RECORD, "\"artefact\" is missing",
	 ""},
	{START ORIGIN DIGESTS COMPONENTS "}", REASON_BUILD_RECORD, "\"source\" is missing", ""},
	{START ORIGIN SOURCE "\"inputs\": " D ", " COMPONENTS "}", REASON_BUILD_RECORD,
	 "\"recipe\" is missing", ""},
	{START ORIGIN SOURCE "\"recipe\": " D ", " COMPONENTS "}", REASON_BUILD_RECORD,
	 "\"inputs\" is missing", ""},
	{START ORIGIN SOURCE "\"recipe\": 5, \"inputs\": " D ", " COMPONENTS "}",
	 REASON_BUILD_RECORD, "recipe is a number and must be a string", ""},
	{START ORIGIN SOURCE "\"recipe\": \"a\\u0000b\", \"inputs\": " D ", " COMPONENTS "}",
	 REASON_BUILD_RECORD, "recipe holds a NUL", ""},
	{START ORIGIN SOURCE "\"recipe\": \"sha256:00\", \"inputs\": " D ", " COMPONENTS "}",
	 REASON_BUILD_RECORD,
	 "recipe \"sha256:00\" is not sha256: and 64 lower-case hexadecimal digits", ""},
	{START ORIGIN "\"source\": {}, " DIGESTS COMPONENTS "}", REASON_BUILD_RECORD,
	 "source has neither \"commit\" nor \"digest\"", ""},
	{START ORIGIN "\"source\": {\"tag\": \"v1\"}, " DIGESTS COMPONENTS "}", REASON_BUILD_RECORD,
	 "\"tag\" is no key of measure-build/1", ""},
	{START ORIGIN "\"source\": {\"commit\": \"HEAD\"}, " DIGESTS COMPONENTS "}",
	 REASON_BUILD_RECORD, "the commit \"HEAD\" is not 40 or 64 lower-case hexadecimal digits",
	 ""},
	{START "\"origin\": \"asserted?\", " SOURCE DIGESTS COMPONENTS "}", REASON_BUILD_RECORD,
	 "the origin of the artefact is \"asserted?\" and must be source, endorsed, pinned or "
	 "asserted",
	 ""},
	{START "\"origin\": 1, " SOURCE DIGESTS COMPONENTS "}", REASON_BUILD_RECORD,
	 "the origin of the artefact is a number and must be a string", ""},
	{START ORIGIN SOURCE DIGESTS "\"components\": {\"a/b\": \"source\"}}", REASON_BUILD_RECORD,
	 "the name of a component \"a/b\" is not one component of a path", ""},
	{START ORIGIN SOURCE DIGESTS "\"components\": {\"kernel\": null}}", REASON_BUILD_RECORD,
	 "the origin of kernel is null and must be a string", ""},
	{"{\"schema\": \"measure-build/1\", \"product\": \"a/../b\"}", REASON_BUILD_RECORD,
	 "the product \"a/../b\" has a part that is no name", ""},
	{"{\"schema\": \"measure-build/1\", \"product\": \"a\", \"version\": \"1/2\"}",
	 REASON_BUILD_RECORD, "version \"1/2\" is not one component of a path", ""},
	{"{\"schema\": \"measure-build/1\", \"product\": \"a\", \"version\": \"\"}",
	 REASON_BUILD_RECORD, "version is empty", ""},
	{"{\"schema\": \"measure-build/1\", \"product\": \"a\", \"version\": \" 1\"}",
	 REASON_BUILD_RECORD, "version \" 1\" begins or ends with a blank", ""},
	{"{\"schema\": \"measure-build/1\", \"product\": \"a\", \"version\": \"1\\u202e\"}",
	 REASON_BUILD_RECORD,
	 "version \"1\xe2\x80\xae\" holds a character that cannot be shown as it is", ""},
};

static void each_fault_of_a_record_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		owned(record_free) struct record r = {0};
		struct err e;

		assert_false(read_text(&r, refusals[i].json, &e));
		if (refusals[i].text)
			check_err(&e, refusals[i].reason, refusals[i].text);
		assert_int_equal(e.reason, refusals[i].reason);
		assert_string_equal(e.hint, refusals[i].hint);
	}
}

static void limits_of_a_record(void **state)
{
	owned(buf_free) struct buf text = BUF(4 * RECORD_MAX);
	owned(record_free) struct record r = {0}, large = {0};
	struct err e = {0};

	(void)state;
	buf_str(&text, START ORIGIN SOURCE DIGESTS "\"components\": {");
	for (unsigned i = 0; i <= MANIFEST_COMPONENTS; i++)
		buf_fmt(&text, "%s\"c%u\": \"source\"", i ? ", " : "", i);
	buf_str(&text, "}}");
	assert_false(read_text(&r, buf_cstr(&text), &e));
	check_err(&e, REASON_BUILD_RECORD, "more than 64 components");
	while (text.n <= RECORD_MAX)
		buf_str(&text, "                                                       ");
	text.n = RECORD_MAX + 1;
	e = (struct err){0};
	assert_false(record_read(&large, buf_bytes(&text), &e));
	check_err(&e, REASON_LIMIT, "262145 bytes, 262144 are the limit of a build record");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_is_read),
		cmocka_unit_test(a_record_without_an_artefact_is_of_files_alone),
		cmocka_unit_test(what_was_read_is_written_again_the_same),
		cmocka_unit_test(each_fault_of_a_record_is_named),
		cmocka_unit_test(limits_of_a_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
