/*
 * Manifests of guests of SEV-SNP: what is written is what AMD's profile says, is read back as ours,
 * and nothing is written that no guest has.
 */
#include "measure/core/cbor.h"
#include "reference-db/corim.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_diag.h"
#include "tests/unit/support_hex.h"
#include "tests/unit/support_manifest.h"

#define ONES "1111111111111111111111111111111111111111111111111111111111111111"
#define CLASS "0: {0: 111(h'2b060104019c780301')}"
#define MASKED "{0: 2, 1: {4: 563([h'0000030000000000', h'ff'*8])}}"
#define PLAIN "{0: 2, 1: {4: 560(h'0000030000000000')}}"
#define IDENTIFIED(policy)                                                 \
	"[{" CLASS ", 1: 560(h'41'*48)}, [{0: 1, 1: {1: 553(7)}}, " policy \
	", {0: 3, 1: {4: 560(h'0f000000000000000000000000000000')}}"       \
	", {0: 4, 1: {4: 560(h'1f000000000000000000000000000000')}}"       \
	", {0: 641, 1: {2: [[7, h'41'*48]], 11: \"EPYC-v4 x1, qemu\"}}"    \
	", {0: 643, 1: {2: [[7, h'43'*48]]}}, {0: 644, 1: {2: [[7, h'44'*48]]}}]]"
#define ANONYMOUS(policy)                          \
	"[{" CLASS ", 1: 560(h'42'*48)}, [" policy \
	", {0: 641, 1: {2: [[7, h'42'*48]], 11: \"EPYC-v4 x2, qemu\"}}]]"
#define COMID(policy)                                                             \
	"506(<<{1: {0: \"example.org/blindbox/1.2.3/snp\"}, 4: {0: [" IDENTIFIED( \
		policy) ", " ANONYMOUS(policy) "], "                              \
					       "6: [[{" CLASS                     \
					       "}, [\"example.org/blindbox/1.2.3/image\"]]]}}>>)"
#define COSWID                                                        \
	"505(<<{0: \"example.org/blindbox/1.2.3/image\", "            \
	"1: \"example.org/blindbox\", "                               \
	"2: {31: \"example.org\", 33: [1, 2]}, "                      \
	"6: {16: {24: \"files\", 26: {17: ["                          \
	"{7: [1, h'51'*32], 20: 8192, 24: \"firmware\", "             \
	"\"origin\": \"source\"}, "                                   \
	"{7: [1, h'52'*32], 20: 100, 24: \"kernel\", "                \
	"\"origin\": \"pinned\"}]}}}, "                               \
	"12: 0, 13: \"1.2.3\", \"arch\": \"x86_64\", "                \
	"\"inputs-digest\": \"sha256:" ONES "\", "                    \
	"\"recipe-digest\": \"sha256:" ONES "\", \"source-commit\": " \
	"\"0123456789abcdef0123456789abcdef01234567\", "              \
	"\"source-digest\": \"sha256:" ONES "\"}>>)"
#define GOLDEN(policy, year)                       \
	"501({0: \"example.org/blindbox/1.2.3\", " \
	"1: [" COMID(policy) ", " COSWID "], "     \
			     "3: 32(\"tag:amd.com," year ":snp-corim-profile\")})"

static void spoil_nothing(struct manifest *m)
{
	(void)m;
}

static void to_2024(struct manifest *m)
{
	m->profile = MANIFEST_SNP_2024;
	for (size_t i = 0; i < m->n_values; i++)
		m->value[i].mask = (struct bytes){0};
}

static bool write_spoilt(void (*spoil)(struct manifest *m), struct buf *out, struct err *e)
{
	owned(manifest_free) struct manifest m = {0};

	assert_true(sample_snp(&m, e));
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

static void what_is_written_is_what_the_profile_says(void **state)
{
	(void)state;
	is_golden(spoil_nothing, GOLDEN(MASKED, "2025"));
	is_golden(to_2024, GOLDEN(PLAIN, "2024"));
}

static void read_back(void (*spoil)(struct manifest *m))
{
	owned(buf_free) struct buf out = BUF(CORIM_MAX), again = BUF(CORIM_MAX);
	owned(manifest_free) struct manifest m = {0};
	struct lint l = {0};
	struct err e = {0};

	assert_true(write_spoilt(spoil, &out, &e));
	assert_true(corim_read(&m, buf_bytes(&out), 0, &l, &e));
	assert_int_equal(l.errors + l.warnings, 0);
	assert_false(m.foreign);
	assert_true(manifest_is_snp(&m));
	assert_int_equal(m.n_rows, 2);
	assert_string_equal(m.row[1].label, "EPYC-v4 x2, qemu");
	assert_int_equal(manifest_launch(&m, &m.row[1])->bytes.p[47], 0x42);
	assert_string_equal(m.product, "example.org/blindbox");
	assert_null(m.artefact.name);
	assert_int_equal(m.n_components, 2);
	assert_int_equal(manifest_origin(&m), ORIGIN_PINNED);
	assert_true(corim_write(&m, &again, &e));
	assert_true(bytes_equal(buf_bytes(&out), buf_bytes(&again)));
}

static void one_component(struct manifest *m)
{
	m->n_components = 1;
	m->component[1] = (struct component){"kernel", true, 1, m->component[0].digest, 2};
}

static void what_was_read_is_ours_by_either_uri(void **state)
{
	owned(buf_free) struct buf out = BUF(CORIM_MAX);
	owned(manifest_free) struct manifest m = {0};
	struct lint l = {0};
	struct err e = {0};

	(void)state;
	read_back(spoil_nothing);
	read_back(to_2024);
	assert_true(write_spoilt(one_component, &out, &e));
	assert_true(corim_read(&m, buf_bytes(&out), 0, &l, &e));
	assert_false(m.foreign);
	assert_int_equal(m.n_components, 1);
}

/* ---- refused */

static const uint8_t zeros[48], debug[8] = {0, 0, 0x0b}, no_bit_17[8] = {0, 0, 1};
static const uint8_t open_mask[8] = {255, 255, 0xf7, 255, 255, 255, 255, 255};

/* POLICY of the second row, which stands behind the seven values of the first. */
#define SECOND_POLICY 7u
#define SPOIL(name, what)                    \
	static void name(struct manifest *m) \
	{                                    \
		what;                        \
	}
SPOIL(zero, m->value[4].bytes = bytes_of(zeros, 48))
SPOIL(zero_key, m->value[5].bytes = bytes_of(zeros, 48))
SPOIL(short_digest, m->value[4].bytes.n = 47)
SPOIL(other_alg, m->value[4].alg = 1)
SPOIL(debug_policy, m->value[SECOND_POLICY].bytes = bytes_of(debug, 8))
SPOIL(open_policy, m->value[SECOND_POLICY].mask = bytes_of(open_mask, 8))
SPOIL(clear_policy, m->value[SECOND_POLICY].bytes = bytes_of(no_bit_17, 8))
SPOIL(short_mask, m->value[SECOND_POLICY].mask.n = 7)
SPOIL(no_mask, m->value[SECOND_POLICY].mask = (struct bytes){0})
SPOIL(mask_in_2024, m->profile = MANIFEST_SNP_2024)
SPOIL(short_policy, m->value[SECOND_POLICY].bytes.n = 7)
SPOIL(no_policy, m->value[SECOND_POLICY].key = "HOST_DATA")
SPOIL(more, m->row[0].n = 8)
SPOIL(family_mask, m->value[2].mask = bytes_of(zeros, 16))
SPOIL(exact_svn, m->value[0].kind = VALUE_SVN)
SPOIL(large_svn, m->value[0].low = UINT64_C(1) << 32)
SPOIL(no_label, m->row[1].label = NULL)
SPOIL(blank_label, m->row[1].label = " x")
SPOIL(other_instance, m->row[1].instance = m->row[0].instance)
SPOIL(other_class, m->row[1].class_id = "1.3.6.1.4.1.3704.3.2")
SPOIL(no_rows, m->n_rows = 0)
SPOIL(an_artefact, m->artefact = m->component[0])
SPOIL(no_components, m->n_components = 0)
SPOIL(no_firmware, m->component[0].name = "initrd")
SPOIL(an_entity, m->n_entities = 1)

static void twice(struct manifest *m)
{
	m->row[1].instance = m->row[0].instance;
	m->value[SECOND_POLICY + 1].bytes = m->value[4].bytes;
}

static void refuse(void (*spoil)(struct manifest *m), enum reason reason, const char *text)
{
	owned(buf_free) struct buf out = BUF(CORIM_MAX);
	struct err e = {0};

	assert_false(write_spoilt(spoil, &out, &e));
	check_err(&e, reason, text);
	assert_int_equal(out.n, 0);
}

static void values_that_no_guest_has_are_not_written(void **state)
{
	(void)state;
	refuse(zero, REASON_ZERO_MEASUREMENT, "row 0: MEASUREMENT is all zero");
	refuse(zero_key, REASON_ZERO_MEASUREMENT, "row 0: ID_KEY_DIGEST is all zero");
	refuse(short_digest, REASON_USAGE, "row 0: MEASUREMENT is no SHA-384");
	refuse(other_alg, REASON_USAGE, "row 0: MEASUREMENT is no SHA-384");
	refuse(debug_policy, REASON_DEBUG_MODE, "row 1: bit 19 of the policy allows debugging");
	refuse(open_policy, REASON_DEBUG_MODE,
	       "row 1: the mask of the policy leaves bit 19 open, which allows debugging");
	refuse(clear_policy, REASON_USAGE,
	       "row 1: bit 17 of the policy is clear, which no guest has");
	refuse(short_mask, REASON_USAGE, "row 1: POLICY has a mask of 7 bytes for a value of 8");
	refuse(no_mask, REASON_USAGE,
	       "row 1: POLICY has no mask, by the profile tag:amd.com,2025:snp-corim-profile");
	refuse(mask_in_2024, REASON_USAGE,
	       "row 0: POLICY has a mask, by the profile tag:amd.com,2024:snp-corim-profile");
	refuse(short_policy, REASON_USAGE, "row 1: POLICY has not 8 bytes");
	refuse(family_mask, REASON_USAGE, "row 0: FAMILY_ID has a mask");
	refuse(exact_svn, REASON_USAGE, "row 0: GUEST_SVN is no least SVN of 32 bits");
	refuse(large_svn, REASON_USAGE, "row 0: GUEST_SVN is no least SVN of 32 bits");
}

static void rows_that_could_be_mistaken_are_not_written(void **state)
{
	(void)state;
	refuse(no_policy, REASON_USAGE, "row 1: POLICY is missing, or not in its place");
	refuse(more, REASON_USAGE, "row 0: POLICY has no place in such a row");
	refuse(no_label, REASON_USAGE, "row 1: a row has no label");
	refuse(blank_label, REASON_USAGE, "row 1: the label \" x\" begins or ends with a blank");
	refuse(other_instance, REASON_USAGE, "row 1: the instance of a row is not its MEASUREMENT");
	refuse(other_class, REASON_USAGE, "row 1: not reference values of a guest of SEV-SNP");
	refuse(twice, REASON_USAGE, "two rows have one MEASUREMENT");
	refuse(no_rows, REASON_USAGE, "no reference values");
	refuse(an_artefact, REASON_USAGE, "a guest of SEV-SNP has no single image");
	refuse(no_components, REASON_USAGE, "0 components, where 1 to 64 are possible");
	refuse(no_firmware, REASON_USAGE,
	       "the first component is initrd, where the firmware or an IGVM file must be");
	refuse(an_entity, REASON_USAGE, "other profiles, entities and validity are not written");
}

/* ---- debugging, for tests */

static void debug_for_tests(struct manifest *m)
{
	m->allow_debug = true;
	m->value[SECOND_POLICY].bytes = bytes_of(debug, 8);
}

static void debugging_is_written_and_read_only_where_it_is_allowed(void **state)
{
	owned(buf_free) struct buf out = BUF(CORIM_MAX);
	owned(manifest_free) struct manifest no = {0}, yes = {0};
	struct lint strict = {0}, lax = {.allow_debug = true};
	struct err e = {0};

	(void)state;
	assert_true(write_spoilt(debug_for_tests, &out, &e));
	assert_false(corim_read(&no, buf_bytes(&out), 0, &strict, &e));
	check_err(&e, REASON_CORIM, "reference 1, POLICY: bit 19 of the policy allows debugging");
	e = (struct err){0};
	assert_true(corim_read(&yes, buf_bytes(&out), 0, &lax, &e));
	assert_false(yes.foreign);
	assert_int_equal(lax.warned[LINT_DEBUG], 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_what_the_profile_says),
		cmocka_unit_test(what_was_read_is_ours_by_either_uri),
		cmocka_unit_test(values_that_no_guest_has_are_not_written),
		cmocka_unit_test(rows_that_could_be_mistaken_are_not_written),
		cmocka_unit_test(debugging_is_written_and_read_only_where_it_is_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
