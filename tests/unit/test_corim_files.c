/*
 * Manifests of files alone: what is written is one CoSWID and nothing that could be taken for a
 * measurement, is read back as ours, and what could be mistaken is neither written nor exported.
 */
#include "measure/core/cbor.h"
#include "reference-db/corim.h"
#include "reference-db/export.h"
#include "reference-db/show.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_diag.h"
#include "tests/unit/support_hex.h"
#include "tests/unit/support_manifest.h"

#define ONES "1111111111111111111111111111111111111111111111111111111111111111"
#define FILE_OF(byte, size, name, origin)                             \
	"{7: [1, h'" byte "'*32], 20: " size ", 24: \"" name "\", \"" \
	"origin\": \"" origin "\"}"
#define COSWID(files)                                                                   \
	"505(<<{0: \"example.org/blindbox/1.2.3/files\", 1: \"example.org/blindbox\", " \
	"2: {31: \"example.org\", 33: [1, 2]}, 6: {16: {24: \"files\", 26: {17: " files \
	"}}}, 12: 0, 13: \"1.2.3\", \"inputs-digest\": \"sha256:" ONES                  \
	"\", \"recipe-digest\": \"sha256:" ONES "\", \"source-commit\": "               \
	"\"0123456789abcdef0123456789abcdef01234567\", \"source-digest\": \"sha256:" ONES "\"}>>)"
#define CORIM(files) "501({0: \"example.org/blindbox/1.2.3\", 1: [" COSWID(files) "]})"
#define ARCHIVE FILE_OF("51", "90000", "box-1.2.3.tar.gz", "source")
#define DAEMON FILE_OF("52", "70000", "boxd", "source")
#define LICENCE FILE_OF("53", "100", "licence", "pinned")

static void spoil_nothing(struct manifest *m)
{
	(void)m;
}

static void one_file(struct manifest *m)
{
	m->n_components = 1;
}

static bool write_spoilt(void (*spoil)(struct manifest *m), struct buf *out, struct err *e)
{
	owned(manifest_free) struct manifest m = {0};

	assert_true(sample_files(&m, e));
	spoil(&m);
	return corim_write(&m, out, e);
}

static void is_golden(void (*spoil)(struct manifest *m), const char *golden)
{
	owned(buf_free) struct buf out = BUF(CORIM_MAX);
	owned(hexed_free) struct bytes expected = diag_bytes(golden);
	struct err e = {0};

	assert_true(write_spoilt(spoil, &out, &e));
	assert_true(bytes_equal(buf_bytes(&out), expected));
	assert_true(cbor_scan(buf_bytes(&out), 0, CBOR_STRICT, 1000, &e));
}

static void what_is_written_is_one_coswid(void **state)
{
	(void)state;
	is_golden(spoil_nothing, CORIM("[" ARCHIVE ", " DAEMON ", " LICENCE "]"));
	is_golden(one_file, CORIM(ARCHIVE));
}

/* ---- read */

struct reading {
	struct manifest m;
	struct lint l;
	struct err e;
	bool ok;
};

static void reading_free(struct reading *r)
{
	manifest_free(&r->m);
}

static void read_bytes(struct reading *r, struct bytes cbor)
{
	*r = (struct reading){0};
	r->ok = corim_read(&r->m, cbor, 0, &r->l, &r->e);
}

static void read_text(struct reading *r, const char *text)
{
	owned(hexed_free) struct bytes cbor = diag_bytes(text);

	read_bytes(r, cbor);
}

static void what_was_read_is_ours(void **state)
{
	static struct reading r;
	owned(buf_free) struct buf out = BUF(CORIM_MAX), again = BUF(CORIM_MAX);
	struct err e = {0};

	(void)state;
	assert_true(write_spoilt(spoil_nothing, &out, &e));
	read_bytes(&r, buf_bytes(&out));
	assert_true(r.ok);
	assert_int_equal(r.l.errors + r.l.warnings, 0);
	assert_false(r.m.foreign);
	assert_int_equal(manifest_kind(&r.m), MANIFEST_OF_FILES);
	assert_null(r.m.artefact.name);
	assert_null(r.m.arch);
	assert_int_equal(r.m.n_components, 3);
	assert_string_equal(r.m.component[1].name, "boxd");
	assert_int_equal(manifest_origin(&r.m), ORIGIN_PINNED);
	assert_true(corim_write(&r.m, &again, &e));
	assert_true(bytes_equal(buf_bytes(&out), buf_bytes(&again)));
	reading_free(&r);
}

/* All that a writer of ours would not write: readable, and marked. */
static void a_list_of_another_form_is_that_of_others(void **state)
{
	static const char *const texts[] = {
		CORIM("[" DAEMON ", " ARCHIVE "]"), /* not in order */
		CORIM("[" DAEMON ", " DAEMON "]"),
		CORIM("{24: \"boxd\"}"),
		"501({0: \"x\", 1: [505(<<{0: \"y\", 1: \"z\", 2: {31: \"w\", 33: [1]}, 6: {16: "
		"{24: \"files\", 26: {17: " DAEMON "}}}, 12: 0, \"arch\": \"x86_64\"}>>)]})",
	};
	static struct reading r;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		read_text(&r, texts[i]);
		assert_true(r.ok);
		assert_true(r.m.foreign);
		assert_int_equal(manifest_kind(&r.m), MANIFEST_OF_FILES);
		assert_int_equal(r.l.warned[LINT_OURS], 1);
		reading_free(&r);
	}
}

static void refuse_read(const char *text, enum reason reason, const char *why)
{
	static struct reading r;

	read_text(&r, text);
	assert_false(r.ok);
	check_err(&r.e, reason, why);
	reading_free(&r);
}

static void what_no_list_of_files_says_is_not_read(void **state)
{
	owned(buf_free) struct buf many = BUF(1u << 20);

	(void)state;
	refuse_read(CORIM(FILE_OF("00", "1", "boxd", "source")), REASON_CORIM,
		    "tag 0: the digest of a file is all zero");
	refuse_read(CORIM(FILE_OF("52", "1", "a/boxd", "source")), REASON_CORIM,
		    "tag 0, a/boxd: the name of a file has parts of a path, or deceives");
	buf_str(&many, "501({0: \"x\", 1: [505(<<{0: \"y\", 1: \"z\", 2: {31: \"w\", 33: [1]}, 6: "
		       "{16: {24: \"files\", 26: {17: [");
	for (size_t i = 0; i <= MANIFEST_COMPONENTS; i++)
		buf_fmt(&many, "%s{24: \"f%02zu\", 7: [1, h'52'*32]}", i ? ", " : "", i);
	buf_str(&many, "]}}}, 12: 0}>>)]})");
	refuse_read(buf_cstr(&many), REASON_LIMIT, "tag 0: more than 64 files");
}

/* ---- refused */

#define SPOIL(name, what)                    \
	static void name(struct manifest *m) \
	{                                    \
		what;                        \
	}
SPOIL(no_files, m->n_components = 0)
SPOIL(same_names, m->component[1].name = m->component[0].name)
SPOIL(other_order, m->component[0].name = "zlib.tar.gz")
SPOIL(zero_digest, memset(m->component[1].digest.v, 0, 32))
SPOIL(no_digest, m->component[1].digest.len = 0)
SPOIL(no_size, m->component[1].sized = false)
SPOIL(no_origin, m->component[2].origin = ORIGIN_NONE)
SPOIL(path_name, m->component[2].name = "sub/licence")
SPOIL(an_arch, m->arch = "x86_64")
SPOIL(no_version, m->version = NULL)
SPOIL(an_entity, m->n_entities = 1)
SPOIL(bad_inputs, m->inputs_digest = "sha256:11")
SPOIL(too_many, m->n_components = MANIFEST_COMPONENTS + 1)

static void refuse(void (*spoil)(struct manifest *m), enum reason reason, const char *text)
{
	owned(buf_free) struct buf out = BUF(CORIM_MAX);
	struct err e = {0};

	assert_false(write_spoilt(spoil, &out, &e));
	check_err(&e, reason, text);
	assert_int_equal(out.n, 0);
}

static void what_could_be_mistaken_is_not_written(void **state)
{
	(void)state;
	refuse(no_files, REASON_USAGE, "neither reference values nor files");
	refuse(too_many, REASON_USAGE, "65 components, where 1 to 64 are possible");
	refuse(same_names, REASON_USAGE, "two components are named box-1.2.3.tar.gz");
	refuse(other_order, REASON_USAGE,
	       "the files are not in the order of their names: zlib.tar.gz stands before boxd");
	refuse(zero_digest, REASON_ZERO_MEASUREMENT, "boxd: the sha256 is all zero");
	refuse(no_digest, REASON_USAGE, "boxd: size and sha256 are needed");
	refuse(no_size, REASON_USAGE, "boxd: size and sha256 are needed");
	refuse(no_origin, REASON_USAGE, "licence has no origin");
	refuse(path_name, REASON_USAGE,
	       "the name of a component \"sub/licence\" is not one component of a path");
	refuse(an_arch, REASON_USAGE, "files have no architecture, and \"x86_64\" is given");
	refuse(no_version, REASON_USAGE, "one of id, product, version and vendor is missing");
	refuse(an_entity, REASON_USAGE, "other profiles, entities and validity are not written");
	refuse(bad_inputs, REASON_USAGE,
	       "the digest of the inputs \"sha256:11\" is not sha256: and 64 lower-case hexadecimal "
	       "digits");
}

/* ---- exported and shown */

static bool export_to(const char *format, struct buf *out, struct err *e)
{
	owned(manifest_free) struct manifest m = {0};
	owned(buf_free) struct buf payload = BUF(CORIM_MAX);
	struct export_source s = {.manifest = &m};

	assert_true(sample_files(&m, e) && corim_write(&m, &payload, e));
	s.payload = buf_bytes(&payload);
	return export_write(export_find(format), &s, out, e);
}

static void formats_for_registers_refuse_it(void **state)
{
	static const struct {
		const char *format, *text;
	} rows[] = {
		{"nitro-cli", "nitro-cli carries the registers of a Nitro enclave, and the "
			      "manifest lists files alone"},
		{"kms-policy", "kms-policy carries the registers of a Nitro enclave, and the "
			       "manifest lists files alone"},
		{"rvps", "the manifest has no reference values"},
		{"rvps-corim", "the manifest has no reference values"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		owned(buf_free) struct buf out = BUF(EXPORT_MAX);
		struct err e = {0};

		assert_false(export_to(rows[i].format, &out, &e));
		check_err(&e, REASON_EXPORT, rows[i].text);
	}
}

static void the_files_are_the_subjects_of_a_statement(void **state)
{
	static const char begins[] =
		"{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"name\":\"box-1.2.3.tar.gz\","
		"\"digest\":{\"sha256\":\"5151";
	owned(buf_free) struct buf out = BUF(EXPORT_MAX), text = BUF(EXPORT_MAX);
	struct err e = {0};

	(void)state;
	assert_true(export_to("in-toto", &out, &e));
	assert_memory_equal(out.p, begins, sizeof(begins) - 1);
	assert_non_null(strstr(buf_cstr(&out),
			       "\"annotations\":{\"origin\":\"pinned\",\"size\":100}},"
			       "{\"name\":\"example.org/blindbox/1.2.3\""));
	assert_non_null(strstr(buf_cstr(&out), "\"buildType\":\"urn:x-measure:measured:1\""));
	assert_non_null(strstr(buf_cstr(&out),
			       "{\"name\":\"inputs\",\"digest\":{\"sha256\":\"" ONES "\"}}]}"));
	assert_true(export_to("text", &text, &e));
	assert_non_null(strstr(buf_cstr(&text), "  boxd\n"));
}

static void it_is_shown_as_files(void **state)
{
	owned(manifest_free) struct manifest m = {0};
	owned(buf_free) struct buf text = BUF(1u << 16);
	struct err e = {0};

	(void)state;
	assert_true(sample_files(&m, &e));
	show_text(&m, NULL, false, &text);
	assert_non_null(strstr(buf_cstr(&text), "\nFile        boxd, 70000 bytes, source\n"));
	assert_null(strstr(buf_cstr(&text), "Machine"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_one_coswid),
		cmocka_unit_test(what_was_read_is_ours),
		cmocka_unit_test(a_list_of_another_form_is_that_of_others),
		cmocka_unit_test(what_no_list_of_files_says_is_not_read),
		cmocka_unit_test(what_could_be_mistaken_is_not_written),
		cmocka_unit_test(formats_for_registers_refuse_it),
		cmocka_unit_test(the_files_are_the_subjects_of_a_statement),
		cmocka_unit_test(it_is_shown_as_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
