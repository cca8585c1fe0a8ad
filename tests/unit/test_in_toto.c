#include "measure/base/base64.h"
#include "measure/base/hex.h"
#include "measure/core/hash.h"
#include "reference-db/corim.h"
#include "reference-db/export.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_key.h"
#include "tests/unit/support_manifest.h"

/*
 * Statements with ' for ", %XX and #XX for a SHA-256 and a SHA-384 of one repeated byte, @ for the
 * SHA-256 of the payload.
 */
#define START                                                                                   \
	"{'_type':'https://in-toto.io/Statement/v1','subject':["                                \
	"{'name':'blindbox.eif','digest':{'sha256':'%50'},"                                     \
	"'annotations':{'origin':'source','size':4711}},"                                       \
	"{'name':'example.org/blindbox/1.2.3','digest':{'sha256':'@'},"                         \
	"'mediaType':'application/rim+cbor'},"                                                  \
	"{'name':'PCR0','digest':{'sha384':'#10'}},{'name':'PCR1','digest':{'sha384':'#11'}},"  \
	"{'name':'PCR2','digest':{'sha384':'#12'}},{'name':'PCR8','digest':{'sha384':'#18'}}]," \
	"'predicateType':'https://slsa.dev/provenance/v1','predicate':{'buildDefinition':{"
#define PARAMETERS "'externalParameters':{'product':'example.org/blindbox','version':'1.2.3'"
#define SOURCE                                                                     \
	"{'name':'source','digest':{"                                              \
	"'gitCommit':'0123456789abcdef0123456789abcdef01234567','sha256':'%11'}}," \
	"{'name':'inputs','digest':{'sha256':'%11'}},"
#define PARTS                                            \
	"{'name':'kernel','digest':{'sha256':'%51'},"    \
	"'annotations':{'origin':'pinned','size':100}}," \
	"{'name':'cmdline','digest':{'sha256':'%52'},"   \
	"'annotations':{'origin':'source','size':20}},"  \
	"{'name':'ramdisk0','digest':{'sha256':'%53'},"  \
	"'annotations':{'origin':'endorsed','size':70000}}"
#define RUN "'runDetails':{'builder':{'id':'urn:x-measure:builder:unnamed:1'}}}}"

static const char built[] =
	START "'buildType':'urn:x-measure:build:1'," PARAMETERS ",'recipe':'sha256:%11'},"
	      "'resolvedDependencies':[" SOURCE PARTS "]}," RUN;
static const char measured[] = START "'buildType':'urn:x-measure:measured:1'," PARAMETERS "},"
				     "'resolvedDependencies':[" PARTS "]}," RUN;
static const char of_others[] =
	START "'buildType':'urn:x-measure:measured:1'," PARAMETERS "}}," RUN;

static void put_digest(struct buf *out, const char *byte, size_t n)
{
	while (n-- > 0)
		buf_put(out, bytes_of(byte, 2));
}

static void spell_out(struct buf *out, const char *text, const struct digest *payload)
{
	for (; *text; text++) {
		if (*text == '@') {
			hex_put(out, digest_bytes(payload));
		} else if (*text == '%' || *text == '#') {
			put_digest(out, text + 1, *text == '%' ? 32 : 48);
			text += 2;
		} else {
			buf_u8(out, *text == '\'' ? '"' : (uint8_t)*text);
		}
	}
}

static bool write(const char *format, const struct manifest *m, struct buf *out, struct err *e)
{
	struct export_source s = {m, bytes_str("payload")};

	buf_reset(out);
	*e = (struct err){0};
	return export_write(export_find(format), &s, out, e);
}

static void check_statement(const struct manifest *m, const char *want)
{
	owned(buf_free) struct buf got = BUF(EXPORT_MAX), text = BUF(EXPORT_MAX);
	struct digest payload;
	struct err e = {0};

	assert_true(hash_of(DIGEST_SHA256, bytes_str("payload"), &payload, &e));
	spell_out(&text, want, &payload);
	assert_true(write("in-toto", m, &got, &e));
	assert_string_equal(buf_cstr(&got), buf_cstr(&text));
	assert_true(write("sigstore", m, &got, &e));
	assert_string_equal(buf_cstr(&got), buf_cstr(&text));
}

static int setup(void **state)
{
	static struct manifest m;
	struct err e = {0};

	*state = &m;
	return sample_manifest(&m, &e) ? 0 : -1;
}

static int teardown(void **state)
{
	manifest_free(*state);
	return 0;
}

static void a_release_from_source_names_source_recipe_inputs_and_parts(void **state)
{
	check_statement(*state, built);
}

static void what_nobody_built_is_only_measured(void **state)
{
	struct manifest *m = *state;

	m->source_commit = m->source_digest = m->recipe_digest = m->inputs_digest = NULL;
	check_statement(m, measured);
}

static void a_recipe_alone_is_no_proof_that_it_was_used(void **state)
{
	owned(buf_free) struct buf out = BUF(EXPORT_MAX);
	struct manifest *m = *state;
	struct err e;

	m->artefact.origin = ORIGIN_ENDORSED;
	assert_true(write("in-toto", m, &out, &e));
	assert_non_null(strstr(buf_cstr(&out), "\"buildType\":\"urn:x-measure:measured:1\""));
	assert_non_null(strstr(buf_cstr(&out), "\"recipe\":\"sha256:11"));
}

static void nothing_is_said_of_the_build_of_others(void **state)
{
	struct manifest *m = *state;

	m->foreign = true;
	check_statement(m, of_others);
}

static void check_refused(const struct manifest *m, enum reason r, const char *why)
{
	owned(buf_free) struct buf out = BUF(EXPORT_MAX);
	struct err e;

	assert_false(write("in-toto", m, &out, &e));
	check_err(&e, r, why);
}

static void what_is_no_statement_of_a_file_is_refused(void **state)
{
	struct manifest *m = *state;
	struct component artefact = m->artefact;

	m->foreign = true;
	m->artefact = (struct component){0};
	check_refused(m, REASON_EXPORT,
		      "in-toto makes a statement of a file, and the manifest names none");
	m->artefact = artefact;
	m->artefact.digest.len = 0;
	check_refused(m, REASON_EXPORT,
		      "in-toto needs a digest of blindbox.eif, and the manifest has none");
	m->artefact = artefact;
	memset(m->artefact.digest.v, 0, 32);
	check_refused(m, REASON_ZERO_MEASUREMENT, "blindbox.eif: the sha256 is all zero");
	m->artefact = artefact;
	m->artefact.name = "PCR1";
	check_refused(m, REASON_EXPORT,
		      "PCR1 is the name of a register and of something else, which a statement "
		      "would confuse");
	m->artefact = artefact;
	m->row[0].vendor = "example.org";
	check_refused(m, REASON_EXPORT,
		      "in-toto carries the registers of a Nitro enclave, and the manifest expects "
		      "PCR0 of example.org, example.org/blindbox");
}

static void an_envelope_may_be_unsigned_and_a_bundle_may_not(void **state)
{
	struct dsse d = {.type = bytes_str("t"), .payload = bytes_str("p")};
	owned(buf_free) struct buf out = BUF(EXPORT_MAX);
	struct err e = {0};

	(void)state;
	assert_true(export_find("in-toto")->wrap(&d, NULL, &out, &e));
	assert_string_equal(buf_cstr(&out), "{\"payload\":\"cA==\",\"payloadType\":\"t\","
					    "\"signatures\":[]}\n");
	buf_reset(&out);
	assert_false(export_find("sigstore")->wrap(&d, NULL, &out, &e));
	check_err(&e, REASON_USAGE, "a Sigstore bundle needs a signature");
	assert_string_equal(e.hint, "give --key, or `--to in-toto` for the statement unsigned");
	assert_int_equal(out.n, 0);
}

static void a_bundle_names_the_key_by_its_digest(void **state)
{
	struct dsse d = {.type = bytes_str("t"), .payload = bytes_str("p"), .n = 1};
	owned(buf_free) struct buf out = BUF(EXPORT_MAX), want = BUF(EXPORT_MAX);
	owned(pubkey_free) struct pubkey *key = NULL;
	owned(key_free) struct key *secret = NULL;
	struct err e = {0};

	(void)state;
	statement_key("P-256", &secret, &key);
	d.signature[0].sig = bytes_str("s");
	buf_str(&want, "{\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\","
		       "\"verificationMaterial\":{\"publicKey\":{\"hint\":\"");
	base64_put(&want, digest_bytes(pubkey_id(key)));
	buf_str(&want, "\"}},\"dsseEnvelope\":{\"payload\":\"cA==\",\"payloadType\":\"t\","
		       "\"signatures\":[{\"sig\":\"cw==\"}]}}\n");
	assert_true(export_find("sigstore")->wrap(&d, key, &out, &e));
	assert_string_equal(buf_cstr(&out), buf_cstr(&want));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_release_from_source_names_source_recipe_inputs_and_parts),
		TEST(what_nobody_built_is_only_measured),
		TEST(a_recipe_alone_is_no_proof_that_it_was_used),
		TEST(nothing_is_said_of_the_build_of_others),
		TEST(what_is_no_statement_of_a_file_is_refused),
		cmocka_unit_test(an_envelope_may_be_unsigned_and_a_bundle_may_not),
		cmocka_unit_test(a_bundle_names_the_key_by_its_digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
