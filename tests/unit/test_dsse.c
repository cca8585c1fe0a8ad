#include "reference-db/dsse.h"

#include "tests/unit/support_check.h"
#include "tests/unit/support_key.h"

/* The example of the specification's protocol.md, and the same with a key id. */
#define PAYLOAD "\"payload\":\"aGVsbG8gd29ybGQ=\""
#define TYPE "\"payloadType\":\"http://example.com/HelloWorld\""
#define SIG \
	"\"sig\":\"A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==\""
#define ENVELOPE "{" PAYLOAD "," TYPE ",\"signatures\":[{\"keyid\":\"a\"," SIG "}]}\n"

static bool read_text(struct dsse *d, const char *text, struct err *e)
{
	*e = (struct err){0};
	return dsse_read(d, bytes_str(text), 0, e);
}

static void check_bytes(struct bytes got, const char *want)
{
	assert_int_equal(got.n, strlen(want));
	assert_memory_equal(got.p, want, got.n);
}

static void the_encoding_before_signing_is_that_of_the_specification(void **state)
{
	owned(buf_free) struct buf out = BUF(1024);

	(void)state;
	dsse_pae(&out, bytes_str("http://example.com/HelloWorld"), bytes_str("hello world"));
	assert_string_equal(buf_cstr(&out),
			    "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
	buf_reset(&out);
	dsse_pae(&out, bytes_str("t"), bytes_of(NULL, 0));
	assert_string_equal(buf_cstr(&out), "DSSEv1 1 t 0 ");
}

static void an_envelope_is_read_and_written_again_the_same(void **state)
{
	owned(dsse_free) struct dsse d = {0};
	owned(buf_free) struct buf out = BUF(DSSE_MAX);
	struct err e;

	(void)state;
	assert_true(read_text(&d, ENVELOPE, &e));
	check_bytes(d.type, "http://example.com/HelloWorld");
	check_bytes(d.payload, "hello world");
	assert_int_equal(d.n, 1);
	check_bytes(d.signature[0].keyid, "a");
	assert_int_equal(d.signature[0].sig.n, 64);
	assert_int_equal(d.signature[0].sig.p[0], 0x03);
	dsse_write(&d, &out);
	assert_string_equal(buf_cstr(&out), ENVELOPE);
}

static void order_and_blanks_do_not_matter_and_a_key_id_may_be_missing(void **state)
{
	owned(dsse_free) struct dsse d = {0};
	owned(buf_free) struct buf out = BUF(DSSE_MAX);
	struct err e;

	(void)state;
	assert_true(read_text(
		&d, " { \"signatures\": [ {" SIG ",\"keyid\":\"a\"} ],\n" TYPE "," PAYLOAD "}",
		&e));
	dsse_write(&d, &out);
	assert_string_equal(buf_cstr(&out), ENVELOPE);
	dsse_free(&d);
	assert_true(read_text(&d, "{" PAYLOAD "," TYPE ",\"signatures\":[{" SIG "}]}", &e));
	assert_int_equal(d.signature[0].keyid.n, 0);
	dsse_free(&d);
	assert_true(read_text(&d, "{\"payload\":\"\"," TYPE ",\"signatures\":[]}", &e));
	assert_int_equal(d.n, 0);
	assert_int_equal(d.payload.n, 0);
}

#define WITH(signature) "{" PAYLOAD "," TYPE ",\"signatures\":[" signature "]}"

static const struct {
	const char *json;
	enum reason reason;
	const char *text;
} refusals[] = {
	{"[]", REASON_DSSE, "an envelope is an object and this is an array"},
	{"{" TYPE ",\"signatures\":[]}", REASON_DSSE, "payload is missing"},
	{"{" PAYLOAD ",\"signatures\":[]}", REASON_DSSE, "payloadType is missing"},
	{"{" PAYLOAD "," TYPE "}", REASON_DSSE, "signatures is missing"},
	{"{\"payload\":null," TYPE ",\"signatures\":[]}", REASON_DSSE,
	 "payload is null and must be a string"},
	{"{\"payloadType\":{}," PAYLOAD ",\"signatures\":[]}", REASON_DSSE,
	 "payloadType is an object and must be a string"},
	{"{\"payloadType\":\"\"," PAYLOAD ",\"signatures\":[]}", REASON_DSSE,
	 "payloadType is empty"},
	{"{" PAYLOAD "," TYPE ",\"signatures\":{}}", REASON_DSSE,
	 "signatures is an object and must be an array"},
	{"{" PAYLOAD "," TYPE ",\"signatures\":[],\"x\":1}", REASON_DSSE,
	 "\"x\" is no member that it has"},
	{"{" PAYLOAD "," TYPE ",\"PayloadType\":\"\",\"signatures\":[]}", REASON_DSSE,
	 "\"PayloadType\" is no member that it has"},
	{"{" PAYLOAD "," PAYLOAD "," TYPE ",\"signatures\":[]}", REASON_JSON,
	 "needs every key once, found \"payload\" twice"},
	{"{\"payload\":\"aGVsbG8gd29ybGQ\"," TYPE ",\"signatures\":[]}", REASON_DSSE,
	 "payload is no base64: its length is 15, no multiple of 4"},
	{"{\"payload\":\"-_-_\"," TYPE ",\"signatures\":[]}", REASON_DSSE,
	 "payload is no base64: character 1 of 4"},
	{"{\"payload\":\"aGVs\\nbG8\"," TYPE ",\"signatures\":[]}", REASON_DSSE,
	 "payload is no base64: character 5 of 8"},
	{"{\"payload\":\"aGVsbG8=bG8=\"," TYPE ",\"signatures\":[]}", REASON_DSSE,
	 "payload is no base64: character 8 of 12"},
	{"{\"payload\":\"aGVsbG9=\"," TYPE ",\"signatures\":[]}", REASON_DSSE,
	 "payload is no base64: character 7 of 8"},
	{WITH("1"), REASON_DSSE, "signature 0: is a number and must be an object"},
	{WITH("{}"), REASON_DSSE, "signature 0: sig is missing"},
	{WITH("{\"sig\":\"\"}"), REASON_DSSE, "signature 0: sig is empty"},
	{WITH("{\"sig\":\"=\"}"), REASON_DSSE,
	 "signature 0: sig is no base64: its length is 1, no multiple of 4"},
	{WITH("{\"sig\":7}"), REASON_DSSE, "signature 0: sig is a number and must be a string"},
	{WITH("{" SIG ",\"keyid\":null}"), REASON_DSSE,
	 "signature 0: keyid is null and must be a string"},
	{WITH("{" SIG "},{" SIG ",\"alg\":\"none\"}"), REASON_DSSE,
	 "signature 1: \"alg\" is no member that it has"},
	{WITH("") "\n{}", REASON_TRAILING, NULL},
	{"", REASON_JSON, NULL},
};

static void what_is_no_envelope_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		owned(dsse_free) struct dsse d = {0};
		struct err e;

		assert_false(read_text(&d, refusals[i].json, &e));
		check_err(&e, refusals[i].reason, refusals[i].text ? refusals[i].text : e.text);
	}
}

static void sixty_four_signatures_are_the_limit(void **state)
{
	owned(buf_free) struct buf text = BUF(65536);
	struct err e;

	(void)state;
	for (unsigned extra = 0; extra < 2; extra++) {
		owned(dsse_free) struct dsse d = {0};

		buf_reset(&text);
		buf_str(&text, "{" PAYLOAD "," TYPE ",\"signatures\":[");
		for (unsigned i = 0; i < DSSE_SIGNATURES + extra; i++)
			buf_str(&text, i ? ",{" SIG "}" : "{" SIG "}");
		buf_str(&text, "]}");
		assert_int_equal(read_text(&d, buf_cstr(&text), &e), extra == 0);
		check_err(&e, extra ? REASON_DSSE : REASON_NONE,
			  extra ? "65 signatures, 64 are the limit" : "");
	}
}

static void an_envelope_has_a_largest_size(void **state)
{
	owned(dsse_free) struct dsse d = {0};
	struct err e = {0};

	(void)state;
	assert_false(dsse_read(&d, bytes_of(ENVELOPE, DSSE_MAX + 1u), 0, &e));
	check_err(&e, REASON_LIMIT, "16777217 bytes, 16777216 are the limit of an envelope");
}

static void every_truncation_is_refused_and_no_flipped_bit_is_misread(void **state)
{
	owned(buf_free) struct buf out = BUF(DSSE_MAX);
	struct bytes in = bytes_str(ENVELOPE);
	char text[sizeof(ENVELOPE)];

	(void)state;
	for (size_t n = 0; n + 2 < sizeof(ENVELOPE); n++) {
		owned(dsse_free) struct dsse d = {0};
		struct err e = {0};

		assert_false(dsse_read(&d, bytes_of(in.p, n), 0, &e));
		assert_true(err_is(&e));
	}
	for (size_t i = 0; i < 8 * in.n; i++) {
		owned(dsse_free) struct dsse d = {0};
		struct err e = {0};

		memcpy(text, ENVELOPE, sizeof(text));
		text[i / 8] = (char)((uint8_t)text[i / 8] ^ 1u << i % 8);
		if (!dsse_read(&d, bytes_of(text, in.n), 0, &e)) {
			assert_true(err_is(&e));
			continue;
		}
		buf_reset(&out);
		dsse_write(&d, &out);
		assert_string_not_equal(buf_cstr(&out), ENVELOPE);
	}
}

static void check_attached(const char *kind, bool der)
{
	struct dsse d = {.type = bytes_str("t"), .payload = bytes_str("body")};
	struct dsse other = {.type = bytes_str("t"), .payload = bytes_str("bodY")};
	owned(dsse_free) struct dsse again = {0};
	owned(buf_free) struct buf raw = BUF(256), out = BUF(DSSE_MAX);
	owned(buf_free) struct buf tbs = BUF(64);
	owned(pubkey_free) struct pubkey *key = NULL;
	owned(key_free) struct key *secret = NULL;
	struct err e = {0};

	statement_key(kind, &secret, &key);
	dsse_pae(&tbs, d.type, d.payload);
	assert_true(key_sign(secret, buf_bytes(&tbs), &raw, &e));
	assert_true(dsse_attach(&d, key, buf_bytes(&raw), &e));
	dsse_write(&d, &out);
	assert_true(dsse_read(&again, buf_bytes(&out), 0, &e));
	assert_int_equal(again.n, 1);
	assert_int_equal(again.signature[0].keyid.n, 0);
	if (der)
		assert_int_equal(again.signature[0].sig.p[0], 0x30);
	else
		assert_true(bytes_equal(again.signature[0].sig, buf_bytes(&raw)));
	assert_false(dsse_attach(&other, key, buf_bytes(&raw), &e));
	assert_non_null(strstr(e.text, "nothing is written: the signature does not verify under"));
	assert_int_equal(e.reason, REASON_SIGNATURE);
	assert_int_equal(other.n, 0);
	dsse_free(&d);
	dsse_free(&other);
}

static void a_signature_is_verified_before_it_is_attached(void **state)
{
	(void)state;
	check_attached("P-256", true);
	check_attached("P-384", true);
	check_attached("P-521", true);
	check_attached("ED25519", false);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_encoding_before_signing_is_that_of_the_specification),
		cmocka_unit_test(an_envelope_is_read_and_written_again_the_same),
		cmocka_unit_test(order_and_blanks_do_not_matter_and_a_key_id_may_be_missing),
		cmocka_unit_test(what_is_no_envelope_is_refused),
		cmocka_unit_test(sixty_four_signatures_are_the_limit),
		cmocka_unit_test(an_envelope_has_a_largest_size),
		cmocka_unit_test(every_truncation_is_refused_and_no_flipped_bit_is_misread),
		cmocka_unit_test(a_signature_is_verified_before_it_is_attached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
