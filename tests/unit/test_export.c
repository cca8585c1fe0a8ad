#include "reference-db/export.h"

#include <stdio.h>

#include "measure/base/base64.h"
#include "measure/base/json.h"
#include "reference-db/corim.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_diag.h"
#include "tests/unit/support_hex.h"
#include "tests/unit/support_manifest.h"

/* A SHA-256 and a SHA-384 of one repeated byte, in hexadecimal. */
#define X8(byte) byte byte byte byte byte byte byte byte
#define H32(byte) X8(byte) X8(byte) X8(byte) X8(byte)
#define H48(byte) H32(byte) X8(byte) X8(byte)

#define NITRO "{0: {1: \"aws.amazon.com/nitro-enclaves\", 2: \"p\"}}"
#define NITRO_2 "{0: {1: \"aws.amazon.com/nitro-enclaves\", 2: \"q\"}}"
#define PCR(n) "{0: \"PCR" n "\", 1: {2: [[7, h'0" n "'*48]]}}"
#define PCRS PCR("1") ", " PCR("2")
#define TAGS(triples, more) \
	"501({0: \"p/1\", 1: [506(<<{1: {0: \"t\"}, 4: {" triples "}}>>)]" more "})"
#define THEIRS(triples) TAGS("0: [" triples "]", "")
#define ROW(environment, measurements) "[" environment ", [" measurements "]]"

#define SNP_CLASS "{0: {0: 111(h'2b060104019c780301')}}"
#define SNP(rows) TAGS("0: [" rows "]", ", 3: 32(\"tag:amd.com,2024:snp-corim-profile\")")
#define SNP_ROW(byte, more) ROW(SNP_CLASS, "{0: 641, 1: {2: [[7, h'" byte "'*48]]" more)
#define SNP_POLICY "{0: 2, 1: {4: 560(h'0000030000000000')}}"

#define IGVM_TAGS(id, environment, key)                                                       \
	"501({0: \"s\", 1: [506(<<{1: {0: \"" id "\"}, 4: {0: [[" environment ", [{0: \"" key \
	"\", 1: {2: [[7, h'41'*48]]}}]]], 8: [[[" environment ", []], [[[{0: \"" key          \
	"\", 1: {2: [[7, h'41'*48]]}}], [{1: {1: 552(7)}}]]]]]}}>>)], 3: 32(\"tag:microsoft." \
	"com,2026:launch-measurement/v1\")})"
#define IGVM_SNP                                                                               \
	IGVM_TAGS("77e8061e-4634-5e53-a848-d1d09e996843", "{0: {1: \"AMD\", 2: \"SEV-SNP\"}}", \
		  "MEASUREMENT")
#define IGVM_TDX \
	IGVM_TAGS("e0510081-7b78-5b2a-97a6-d73d890e07b6", "{0: {1: \"Intel\", 2: \"TDX\"}}", "MRTD")

struct work {
	struct manifest manifest;
	struct buf payload, out;
	struct export_source source;
};

static void work_free(struct work *w)
{
	manifest_free(&w->manifest);
	buf_free(&w->payload);
	buf_free(&w->out);
}

static void read_payload(struct work *w, struct bytes payload)
{
	static struct lint l;
	struct err e = {0};

	l = (struct lint){0};
	w->payload = BUF(CORIM_MAX);
	w->out = BUF(EXPORT_MAX);
	buf_put(&w->payload, payload);
	assert_true(corim_read(&w->manifest, payload, 0, &l, &e));
	w->source = (struct export_source){&w->manifest, buf_bytes(&w->payload)};
}

/* NULL: the sample of all fields. */
static void begin(struct work *w, const char *cbor)
{
	owned(manifest_free) struct manifest sample = {0};
	owned(buf_free) struct buf payload = BUF(CORIM_MAX);
	struct bytes written;
	struct err e = {0};

	*w = (struct work){0};
	if (cbor) {
		written = diag_bytes(cbor);
		read_payload(w, written);
		hexed_free(&written);
		return;
	}
	assert_true(sample_manifest(&sample, &e) && corim_write(&sample, &payload, &e));
	read_payload(w, buf_bytes(&payload));
}

static bool run(struct work *w, const char *format, struct err *e)
{
	*e = (struct err){0};
	buf_reset(&w->out);
	assert_non_null(export_find(format));
	return export_write(export_find(format), &w->source, &w->out, e);
}

/* ---- what is written */

static const struct written_case {
	const char *cbor, *format, *text;
} written[] = {
	{NULL, "text",
	 H48("10") "  PCR0\n" H48("11") "  PCR1\n" H48("12") "  PCR2\n" H48("18") "  PCR8\n" H32(
		 "50") "  blindbox.eif\n" H32("51") "  kernel\n" H32("52") "  cmdline\n" H32("53") "  ramdisk0\n"},
	{SNP(SNP_ROW("41", ", 11: \"EPYC-v4 x1\"}}") ", " SNP_ROW("42", "}}, " SNP_POLICY)), "text",
	 H48("41") "  MEASUREMENT  EPYC-v4 x1\n" H48("42") "  MEASUREMENT  1.3.6.1.4.1.3704.3.1\n"},
	{THEIRS(ROW("{1: 550(h'01'*8)}", "{1: {2: [[1, h'31'*32]]}}")), "text", H32("31") "  -\n"},
	{THEIRS(ROW("{0: {1: \"x\"}}", "{0: \"a\u202e\\\\b\", 1: {2: [[1, h'31'*32]]}}")), "text",
	 H32("31") "  a\\u{202e}\\\\b\n"},
	{NULL, "nitro-cli",
	 "{\n  \"Measurements\": {\n    \"HashAlgorithm\": \"Sha384 { ... }\",\n"
	 "    \"PCR0\": \"" H48("10") "\",\n    \"PCR1\": \"" H48(
		 "11") "\",\n"
		       "    \"PCR2\": \"" H48("12") "\",\n    \"PCR8\": \"" H48(
			       "18") "\"\n  }\n}\n"},
	{THEIRS(ROW(NITRO, PCR("8") ", " PCR("2") ", " PCR("1") ", {0: \"PCR0\", 1: {2: [[7, "
								"h'09'*48]]}}")),
	 "nitro-cli",
	 "{\n  \"Measurements\": {\n    \"HashAlgorithm\": \"Sha384 { ... }\",\n"
	 "    \"PCR0\": \"" H48("09") "\",\n    \"PCR1\": \"" H48(
		 "01") "\",\n"
		       "    \"PCR2\": \"" H48("02") "\",\n    \"PCR8\": \"" H48(
			       "08") "\"\n  }\n}\n"},
	{NULL, "kms-policy",
	 "{\n  \"Condition\": {\n    \"StringEqualsIgnoreCase\": {\n"
	 "      \"kms:RecipientAttestation:ImageSha384\": \"" H48(
		 "10") "\",\n"
		       "      \"kms:RecipientAttestation:PCR0\": \"" H48(
			       "10") "\",\n"
				     "      \"kms:RecipientAttestation:PCR1\": \"" H48(
					     "11") "\",\n"
						   "      \"kms:RecipientAttestation:PCR2\": \"" H48(
							   "12") "\",\n"
								 "      \"kms:RecipientAttestation:PCR8\": \"" H48(
									 "18") "\"\n    }\n  }\n}\n"},
};

static void each_format_has_its_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(written); i++) {
		struct work w;
		struct err e;

		begin(&w, written[i].cbor);
		assert_true(run(&w, written[i].format, &e));
		assert_string_equal(buf_cstr(&w.out), written[i].text);
		work_free(&w);
	}
}

/* ---- messages for trustee */

static void check_message(struct work *w, const char *type, struct bytes content)
{
	owned(json_free) struct json j = {0};
	owned(buf_free) struct buf payload = BUF(EXPORT_MAX);
	struct err e = {0};
	size_t bad;

	assert_true(json_read(&j, buf_bytes(&w->out), 0, &e));
	assert_int_equal(j.nodes[0].count, 3);
	assert_true(bytes_equal(json_member(&j, j.nodes, "version")->text, bytes_str("0.1.0")));
	assert_true(bytes_equal(json_member(&j, j.nodes, "type")->text, bytes_str(type)));
	assert_true(base64_read(json_member(&j, j.nodes, "payload")->text, &payload, &bad));
	assert_int_equal(payload.n, content.n);
	assert_memory_equal(payload.p, content.p, content.n);
}

#define URI "aws.amazon.com/nitro-enclaves/example.org/blindbox/"

static const struct sample_case {
	const char *cbor, *content;
} samples[] = {
	{NULL, "{\"" URI "PCR0/digests\":[\"" H48("10") "\"],\"" URI "PCR1/digests\":[\"" H48(
		       "11") "\"],\"" URI
			     "PCR2/digests\":[\"" H48("12") "\"],\"" URI
							    "PCR8/digests\":[\"" H48("18") "\"]}"},
	{THEIRS(ROW("{0: {1: \"aws.amazon.com/nitro-enclaves\"}}",
		    "{0: \"PCR0\", 1: {2: [[7, h'09'*48]]}}, " PCRS)),
	 "{\"aws.amazon.com/nitro-enclaves/PCR0/digests\":[\"" H48("09") "\"],\"aws.amazon.com/nitro-enclaves/PCR1/digests\":[\"" H48(
		 "01") "\"],"
		       "\"aws.amazon.com/nitro-enclaves/PCR2/digests\":[\"" H48("02") "\"]}"},
	{SNP(SNP_ROW("42", "}}, " SNP_POLICY) ", " SNP_ROW("41", "}}") ", " SNP_ROW(
		 "42", "}}, {0: 1, 1: {1: 553(3)}}")),
	 "{\"snp_launch_measurement\":[\"" H48("41") "\",\"" H48("42") "\"]}"},
	{IGVM_SNP, "{\"snp_launch_measurement\":[\"" H48("41") "\"]}"},
	{IGVM_TDX, "{\"mr_td\":[\"" H48("41") "\"]}"},
};

static void a_sample_message_has_trustees_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		struct work w;
		struct err e;

		begin(&w, samples[i].cbor);
		assert_true(run(&w, "rvps", &e));
		check_message(&w, "sample", bytes_str(samples[i].content));
		work_free(&w);
	}
}

static void a_corim_message_holds_the_payload_as_it_is(void **state)
{
	static const char *const payloads[] = {NULL, IGVM_TDX, SNP(SNP_ROW("41", "}}"))};

	(void)state;
	for (size_t i = 0; i < COUNT(payloads); i++) {
		struct work w;
		struct err e;

		begin(&w, payloads[i]);
		assert_true(run(&w, "rvps-corim", &e));
		check_message(&w, "corim", w.source.payload);
		work_free(&w);
	}
}

/* ---- what is refused */

#define FOREIGN THEIRS(ROW("{0: {1: \"x\", 2: \"y\"}}", "{0: \"k\", 1: {2: [[1, h'31'*32]]}}"))
#define NO_DIGEST THEIRS(ROW("{0: {1: \"x\", 2: \"y\"}}", "{1: {1: 5}}"))
#define NOTHING TAGS("1: [" ROW("{0: {1: \"x\"}}", "{1: {1: 5}}") "]", "")
#define PCR_0 "{0: \"PCR0\", 1: {2: [[7, h'09'*48]]}}, "

static const struct refused_case {
	const char *cbor, *format, *text;
} refused[] = {
	{FOREIGN, "nitro-cli",
	 "nitro-cli carries the registers of a Nitro enclave, and the manifest expects k of x, y"},
	{NO_DIGEST, "kms-policy",
	 "kms-policy carries the registers of a Nitro enclave, and the manifest expects values of "
	 "x, y"},
	{SNP(SNP_ROW("41", "}}")), "nitro-cli",
	 "nitro-cli carries the registers of a Nitro enclave, and the manifest expects MEASUREMENT "
	 "of 1.3.6.1.4.1.3704.3.1"},
	{NOTHING, "nitro-cli",
	 "nitro-cli carries one set of reference values, and the manifest holds 0"},
	{THEIRS(ROW(NITRO, PCR_0 PCRS) ", " ROW(NITRO_2, PCR_0 PCRS)), "kms-policy",
	 "kms-policy carries one set of reference values, and the manifest holds 2"},
	{THEIRS(ROW(NITRO, PCR_0 PCRS) ", " ROW(NITRO_2, PCR_0 PCRS)), "rvps",
	 "rvps carries one set of reference values, and the manifest holds 2"},
	{THEIRS(ROW(NITRO, PCR_0 PCRS) ", " ROW("{0: {1: \"x\"}}", "{1: {1: 5}}")), "rvps",
	 "rvps carries the registers of a Nitro enclave, and the manifest expects values of x"},
	{THEIRS(ROW(NITRO, PCR_0 PCRS ", " PCR("3"))), "nitro-cli",
	 "nitro-cli has no place for PCR3, which the manifest expects"},
	{FOREIGN, "rvps", "trustee has no name for what the manifest expects of x, y"},
	{SNP(SNP_ROW("41", "}}") ", " ROW(SNP_CLASS, SNP_POLICY)), "rvps",
	 "trustee has no name for what the manifest expects of 1.3.6.1.4.1.3704.3.1"},
	{NOTHING, "rvps", "the manifest has no reference values"},
	{NO_DIGEST, "text", "the manifest has no digest at all"},
	{THEIRS(ROW("{1: 550(h'01'*8)}", "{1: {1: 5}}")), "rvps",
	 "trustee has no name for what the manifest expects of 0101010101010101"},
};

static void what_a_format_cannot_carry_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct work w;
		struct err e;

		begin(&w, refused[i].cbor);
		assert_false(run(&w, refused[i].format, &e));
		check_err(&e, REASON_EXPORT, refused[i].text);
		work_free(&w);
	}
}

/* Reading refuses these already; a model may come from elsewhere. */
static void no_format_carries_zeros(void **state)
{
	static const uint8_t zeros[48];

	(void)state;
	for (size_t i = 0; export_names[i]; i++) {
		struct work w;
		struct err e;

		begin(&w, NULL);
		w.manifest.value[1].bytes = bytes_of(zeros, sizeof(zeros));
		assert_false(run(&w, export_names[i], &e));
		check_err(&e, REASON_ZERO_MEASUREMENT, "PCR1 is all zero");
		work_free(&w);
		begin(&w, NULL);
		memset(w.manifest.component[1].digest.v, 0, DIGEST_MAX);
		assert_false(run(&w, export_names[i], &e));
		check_err(&e, REASON_ZERO_MEASUREMENT, "cmdline: the sha256 is all zero");
		work_free(&w);
		begin(&w, NULL);
		memset(w.manifest.artefact.digest.v, 0, DIGEST_MAX);
		assert_false(run(&w, export_names[i], &e));
		check_err(&e, REASON_ZERO_MEASUREMENT, "blindbox.eif: the sha256 is all zero");
		work_free(&w);
	}
}

static void a_missing_register_is_refused(void **state)
{
	static const char *const formats[] = {"nitro-cli", "kms-policy", "rvps"};

	(void)state;
	for (size_t i = 0; i < COUNT(formats); i++) {
		char text[80];
		struct work w;
		struct err e;

		begin(&w, NULL);
		w.manifest.row[0].n = 2;
		assert_false(run(&w, formats[i], &e));
		snprintf(text, sizeof(text), "%s needs PCR2, and the manifest has none",
			 formats[i]);
		check_err(&e, REASON_EXPORT, text);
		work_free(&w);
	}
}

/* ---- the table */

static void formats_are_found_by_their_names(void **state)
{
	(void)state;
	for (size_t i = 0; export_names[i]; i++) {
		assert_string_equal(export_find(export_names[i])->name, export_names[i]);
		assert_true(strlen(export_find(export_names[i])->summary) > 0);
	}
	assert_null(export_find("nitro"));
	assert_null(export_find(""));
}

static void what_is_left_out_is_counted(void **state)
{
	static const struct {
		const char *format;
		size_t n;
	} cases[] = {{"text", 2}, {"json", 0}, {"rvps", 3}, {"rvps-corim", 0}};
	const struct value *first;
	struct work w;

	(void)state;
	begin(&w, SNP(SNP_ROW("41", "}}, " SNP_POLICY ", {0: 643, 1: {2: [[7, h'61'*48]]}}, {0: 1, "
				    "1: {1: 3}}")));
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(export_left_out(export_find(cases[i].format), &w.manifest, &first),
				 cases[i].n);
		assert_int_equal(first != NULL, cases[i].n > 0);
		if (first)
			assert_string_equal(first->key, "POLICY");
	}
	work_free(&w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_format_has_its_form),
		cmocka_unit_test(a_sample_message_has_trustees_names),
		cmocka_unit_test(a_corim_message_holds_the_payload_as_it_is),
		cmocka_unit_test(what_a_format_cannot_carry_is_refused),
		cmocka_unit_test(no_format_carries_zeros),
		cmocka_unit_test(a_missing_register_is_refused),
		cmocka_unit_test(formats_are_found_by_their_names),
		cmocka_unit_test(what_is_left_out_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
