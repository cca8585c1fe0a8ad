#include "reference-db/corim.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "measure/core/cbor.h"
#include "measure/core/cbor_diag.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_diag.h"
#include "tests/unit/support_hex.h"
#include "tests/unit/support_manifest.h"

#define ONES "1111111111111111111111111111111111111111111111111111111111111111"
#define FILE(digest, size, name, origin) \
	"{7: [1, h'" digest "'*32], 20: " size ", 24: \"" name "\", \"origin\": \"" origin "\"}"
#define REGISTER(n) "{0: \"PCR" n "\", 1: {2: [[7, h'1" n "'*48]]}}"
#define ENVIRONMENT "{0: {1: \"aws.amazon.com/nitro-enclaves\", 2: \"example.org/blindbox\"}}"

/* The sample, as formats/manifest.md says it is written. */
static const char golden[] =
	"501({0: \"example.org/blindbox/1.2.3\", 1: ["
	"506(<<{1: {0: \"example.org/blindbox/1.2.3/nitro\"}, 4: {"
	"0: [[" ENVIRONMENT ", [" REGISTER("0") ", " REGISTER("1") ", " REGISTER("2") ", " REGISTER(
		"8") "]]], 6: [[" ENVIRONMENT ", [\"example.org/blindbox/1.2.3/image\"]]]}}>>), "
		     "505(<<{0: \"example.org/blindbox/1.2.3/image\", 1: \"example.org/blindbox\", "
		     "2: {31: \"example.org\", 33: [1, 2]}, "
		     "6: {16: {24: \"sections\", 26: {17: [" FILE("51", "100", "kernel", "pinned") ", " FILE(
			     "52", "20", "cmdline",
			     "source") ", " FILE("53", "70000", "ramdisk0",
						 "endorsed") "]}}, 17: " FILE("50", "4711",
									      "blindbox.eif",
									      "source") "}, "
											"12: 0, 13: \"1.2.3\", \"arch\": \"x86_64\", "
											"\"inputs-digest\": \"sha256:" ONES
											"\", \"recipe-digest\": \"sha256:" ONES
											"\", "
											"\"source-commit\": \"0123456789abcdef0123456789abcdef01234567\", "
											"\"source-digest\": \"sha256:" ONES
											"\"}>>)]})";

/* Its first bytes and its size are what others would see first. */
static const char golden_start[] = "d901f5a200781a6578616d706c652e6f72672f626c696e64626f782f312e"
				   "322e330182d901fa59";
#define GOLDEN_SIZE 1203u

static struct buf sample(void)
{
	owned(manifest_free) struct manifest m = {0};
	struct buf out = BUF(CORIM_MAX);
	struct err e = {0};

	assert_true(sample_manifest(&m, &e));
	assert_true(corim_write(&m, &out, &e));
	return out;
}

static bool read_into(struct manifest *m, struct bytes in, struct lint *l, struct err *e)
{
	*l = (struct lint){0};
	*e = (struct err){0};
	return corim_read(m, in, 0, l, e);
}

static void what_is_written_is_what_the_format_says(void **state)
{
	owned(buf_free) struct buf out = sample();
	owned(hexed_free) struct bytes expected = diag_bytes(golden);
	owned(hexed_free) struct bytes start = hexed(golden_start);

	(void)state;
	assert_true(bytes_equal(buf_bytes(&out), expected));
	assert_true(bytes_start(buf_bytes(&out), start));
	assert_int_equal(out.n, GOLDEN_SIZE);
}

static void what_is_written_is_deterministic_CBOR_inside_too(void **state)
{
	owned(buf_free) struct buf out = sample();
	struct lint l;
	struct err e = {0};
	struct manifest m;

	(void)state;
	assert_true(cbor_scan(buf_bytes(&out), 0, CBOR_STRICT, 1000, &e));
	assert_true(read_into(&m, buf_bytes(&out), &l, &e)); /* canonical is an error in ours */
	assert_int_equal(l.errors + l.warnings, 0);
	manifest_free(&m);
}

static void what_was_read_is_written_again_the_same(void **state)
{
	owned(buf_free) struct buf out = sample(), again = BUF(CORIM_MAX);
	struct manifest m;
	struct lint l;
	struct err e;

	(void)state;
	assert_true(read_into(&m, buf_bytes(&out), &l, &e));
	assert_false(m.foreign);
	assert_string_equal(m.product, "example.org/blindbox");
	assert_string_equal(m.version, "1.2.3");
	assert_string_equal(m.vendor, "example.org");
	assert_string_equal(m.arch, "x86_64");
	assert_string_equal(m.source_commit, "0123456789abcdef0123456789abcdef01234567");
	assert_string_equal(m.recipe_digest, "sha256:" ONES);
	assert_string_equal(m.artefact.name, "blindbox.eif");
	assert_int_equal(m.artefact.size, 4711);
	assert_int_equal(m.n_components, 3);
	assert_string_equal(m.component[2].name, "ramdisk0");
	assert_int_equal(m.component[2].origin, ORIGIN_ENDORSED);
	assert_true(corim_write(&m, &again, &e));
	assert_true(bytes_equal(buf_bytes(&out), buf_bytes(&again)));
	manifest_free(&m);
}

static void the_registers_come_out_by_name(void **state)
{
	owned(buf_free) struct buf out = sample();
	struct manifest m;
	struct mset set = {0};
	struct lint l;
	struct err e;

	(void)state;
	assert_true(read_into(&m, buf_bytes(&out), &l, &e));
	assert_ptr_equal(manifest_nitro(&m), &m.row[0]);
	assert_true(manifest_registers(&m, &m.row[0], &set, &e));
	assert_int_equal(set.n, 4);
	assert_int_equal(mset_get(&set, "PCR8")->v[0], 0x18);
	assert_int_equal(mset_get(&set, "PCR8")->len, 48);
	assert_null(mset_get(&set, "PCR3"));
	manifest_free(&m);
}

static void integrity_registers_are_the_same_registers(void **state)
{
	owned(hexed_free) struct bytes in = diag_bytes(
		"501({0: \"i\", 1: [506(<<{1: {0: \"t\"}, 4: {0: [[" ENVIRONMENT
		", [{1: {14: {0: [[7, h'10'*48]], 1: [[7, h'11'*48]], 2: [[7, h'12'*48]]}}}]]]}}>>)]})");
	struct manifest m;
	struct mset set = {0};
	struct lint l;
	struct err e;

	(void)state;
	assert_true(read_into(&m, in, &l, &e));
	assert_true(m.foreign);
	assert_true(manifest_registers(&m, &m.row[0], &set, &e));
	assert_int_equal(set.n, 3);
	assert_int_equal(mset_get(&set, "PCR1")->v[0], 0x11);
	assert_string_equal(m.product, "example.org/blindbox");
	manifest_free(&m);
}

static void every_truncation_is_refused(void **state)
{
	owned(buf_free) struct buf out = sample();
	struct manifest m;
	struct lint l;
	struct err e;

	(void)state;
	for (size_t n = 0; n < out.n; n++) {
		uint8_t *cut = malloc(n ? n : 1);

		memcpy(cut, out.p, n);
		assert_false(read_into(&m, bytes_of(cut, n), &l, &e));
		assert_true(err_is(&e) && l.errors == 1);
		manifest_free(&m);
		free(cut);
	}
}

/*
 * A manifest of ours and its bytes determine each other: whatever is read as ours from changed
 * bytes is written as the changed bytes, so that no two files pass for one. What is accepted as
 * foreign says so, with a finding if it speaks of an enclave.
 */
static bool flip_is_noticed(const struct buf *flipped)
{
	owned(buf_free) struct buf again = BUF(CORIM_MAX);
	struct manifest m;
	struct lint l;
	struct err e;
	bool noticed;

	if (!read_into(&m, buf_bytes(flipped), &l, &e))
		noticed = err_is(&e) && l.errors > 0;
	else if (m.foreign)
		noticed = !manifest_nitro(&m) || l.warnings > 0;
	else
		noticed = corim_write(&m, &again, &e) &&
			  bytes_equal(buf_bytes(&again), buf_bytes(flipped));
	manifest_free(&m);
	return noticed;
}

static void a_flipped_bit_is_refused_or_seen(void **state)
{
	owned(buf_free) struct buf out = sample();
	unsigned bits = check_soak() ? 8 : 1;

	(void)state;
	for (size_t i = 0; i < out.n; i++)
		for (unsigned b = 0; b < bits; b++) {
			uint8_t mask = (uint8_t)(1u << (bits == 1 ? i % 8 : b));

			out.p[i] ^= mask;
			if (!flip_is_noticed(&out))
				fail_msg("byte %zu with %02x", i, mask);
			out.p[i] ^= mask;
		}
}

/* ---- what a file holds */

#define HEADER "{1: -35, 3: \"application/rim+cbor\", 8: <<{0: {0: \"a\"}}>>, 15: {1: \"a\"}}"

struct open_case {
	const char *cbor;
	bool accepted, is_signed;
	size_t warnings;
	uint64_t base;
	const char *text;
};

static const struct open_case open_cases[] = {
	{"501({0: 1})", true, false, 0, 0, ""},
	{"18([<<" HEADER ">>, {}, <<501({0: 1})>>, h'00'*96])", true, true, 0, 45, ""},
	{"18([h'a0', {}, <<501({0: 1})>>, h'00'*64])", true, true, 1, 6, ""},
	{"500(501({0: 1}))", true, false, 1, 3, ""},
	{"500(502(18([h'a0', {}, <<501({0: 1})>>, h'00'*64])))", true, true, 2, 12, ""},
	{"18([h'a0', {}, null, h'00'*64])", false, false, 0, 0,
	 "the payload is detached, so there is nothing to read"},
	{"18([h'a0', {}, h'00'])", false, false, 0, 0, "COSE_Sign1 has not four items"},
	{"18(18([h'a0', {}, h'00', h'00']))", false, false, 0, 0,
	 "COSE_Sign1 is a tag and must be an array"},
	{"18([h'a0', {}, {}, h'00'])", false, false, 0, 0,
	 "payload is a map and must be a byte string"},
	{"18([h'a0', {1: 0, 1: 0}, h'00', h'00'])", false, false, 0, 0,
	 "a map key repeats the one at offset 5"},
	{"98([h'a0', {}, h'00', h'00'])", false, false, 0, 0,
	 "tag 98 is neither 501, a CoRIM, nor 18, a signed one"},
	{"500(96(0))", false, false, 1, 0, "tag 96 is neither 501, a CoRIM, nor 18, a signed one"},
	{"[h'a0', {}, h'00', h'00']", false, false, 0, 0,
	 "the first byte is 0x84, which begins neither a manifest nor a bundle"},
};

static void a_file_is_a_manifest_or_one_in_an_envelope(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(open_cases); i++) {
		const struct open_case *c = &open_cases[i];
		owned(hexed_free) struct bytes in = diag_bytes(c->cbor);
		struct corim_file f;
		struct lint l = {0};
		struct err e = {0};

		assert_int_equal(corim_open(&f, in, &l, &e), c->accepted);
		assert_string_equal(e.text, c->text);
		assert_int_equal(l.errors, !c->accepted);
		assert_int_equal(l.warnings, c->warnings);
		if (!c->accepted)
			continue;
		assert_int_equal(f.is_signed, c->is_signed);
		assert_int_equal(f.base, c->base);
		assert_int_equal(f.payload.p - in.p, c->base);
	}
}

/* ---- limits */

/* Each as often as asked, with # and $ as its number in decimal and in four hexadecimal digits. */
static void put_each(struct buf *text, const char *each, size_t i)
{
	for (; *each; each++) {
		if (*each == '#')
			buf_fmt(text, "%zu", i);
		else if (*each == '$')
			buf_fmt(text, "%04zx", i);
		else
			buf_u8(text, (uint8_t)*each);
	}
}

static struct bytes repeated(const char *begin, const char *each, size_t n, const char *end)
{
	struct buf text = BUF(64u << 20);
	struct bytes cbor;

	buf_str(&text, begin);
	for (size_t i = 0; i < n; i++) {
		buf_str(&text, i ? ", " : "");
		put_each(&text, each, i);
	}
	buf_str(&text, end);
	cbor = diag_bytes(buf_cstr(&text));
	buf_free(&text);
	return cbor;
}

static void refused_as(struct bytes in, enum reason reason, const char *text)
{
	struct manifest m;
	struct lint l;
	struct err e;

	assert_false(read_into(&m, in, &l, &e));
	check_err(&e, reason, text);
	assert_true(l.errors > 0);
	manifest_free(&m);
	free((uint8_t *)(uintptr_t)in.p);
}

static void what_passes_a_limit_is_refused(void **state)
{
	uint8_t *large = calloc(1, CORIM_MAX + 1);

	(void)state;
	refused_as(bytes_of(large, CORIM_MAX + 1), REASON_LIMIT,
		   "8388609 bytes, 8388608 are the limit of a manifest");
	refused_as(repeated("501({0: \"i\", 1: [",
			    "505(<<{0: \"#\", 1: \"n\", 2: {31: \"v\", 33: 1}, 12: 0}>>)", 65,
			    "]})"),
		   REASON_LIMIT, "tag 64: more than 64 tags");
	refused_as(repeated("501({0: \"i\", 1: [], 5: [", "{0: \"#\", 2: [1]}", 17, "]})"),
		   REASON_LIMIT, "more than 16 entities");
	refused_as(repeated("501({0: \"i\", 1: [505(<<{0: \"t\", 1: \"n\", 2: {31: \"v\", 33: 1}, "
			    "6: {17: [",
			    "{24: \"#\"}", 66, "]}, 12: 0}>>)]})"),
		   REASON_LIMIT, "tag 0: more than 64 files");
	refused_as(repeated("501({0: \"i\", 1: [506(<<{1: {0: \"t\"}, 4: {6: [[{0: {1: \"v\"}}, [",
			    "\"#\"", 65, "]]]}}>>)]})"),
		   REASON_LIMIT, "tag 0, coswid 0: more than 64 links to CoSWIDs");
	refused_as(repeated("501({0: \"i\", 1: [506(<<{1: {0: \"t\"}, 4: {1: [",
			    "[{0: {1: \"v\"}}, [{1: {1: #}}]]", MANIFEST_ROWS + 1, "]}}>>)]})"),
		   REASON_LIMIT, "tag 0, endorsed 32768: more than 32768 sets of values");
	refused_as(repeated("501({0: \"i\", 1: [506(<<{1: {0: \"t\"}, 4: {1: [[{0: {1: \"v\"}}, [",
			    "{1: {1: #}}", MANIFEST_VALUES + 1, "]]]}}>>)]})"),
		   REASON_LIMIT, "tag 0, endorsed 0: more than 262144 values");
}

/* 10 000 rows as a release for many machines has them. */
static struct bytes many(void)
{
	return repeated("501({0: \"i\", 1: [506(<<{1: {0: \"t\"}, 4: {0: [",
			"[{0: {0: 111(h'2b060104019c780301')}, 1: 560(h'41$'*16)}, "
			"[{0: 2, 1: {4: 563([h'0000030000000000', h'0000ff0000000000'])}}, "
			"{0: 641, 1: {2: [[7, h'41$'*16]], 11: \"EPYC-v4 x#, qemu, VMPL0\"}}, "
			"{0: 643, 1: {2: [[7, h'42'*48]]}}, {0: 644, 1: {2: [[7, h'43'*48]]}}, "
			"{0: 1, 1: {1: 553(3)}}, {0: 647, 1: {1: 553(72057594037927936)}}]]",
			10000, "]}}>>)], 3: 32(\"tag:amd.com,2024:snp-corim-profile\")})");
}

static void ten_thousand_rows_are_read_in_a_tenth_of_a_second(void **state)
{
	owned(hexed_free) struct bytes in = many();
	struct timespec from, to;
	struct manifest m;
	struct lint l;
	struct err e;
	double seconds;

	(void)state;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	assert_true(read_into(&m, in, &l, &e));
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	assert_int_equal(m.n_rows, 10000);
	assert_int_equal(m.n_values, 60000);
	assert_string_equal(m.row[9999].label, "EPYC-v4 x9999, qemu, VMPL0");
	manifest_free(&m);
	seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
	print_message("%zu bytes in %.1f ms\n", in.n, 1000 * seconds);
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__)
	assert_true(seconds < 0.1);
#endif
}

/* ---- writing refuses */

static void refuse(void (*spoil)(struct manifest *m), enum reason reason, const char *text)
{
	owned(manifest_free) struct manifest m = {0};
	owned(buf_free) struct buf out = BUF(CORIM_MAX);
	struct err e = {0};

	assert_true(sample_manifest(&m, &e));
	spoil(&m);
	assert_false(corim_write(&m, &out, &e));
	check_err(&e, reason, text);
	assert_int_equal(out.n, 0);
}

#define SPOIL(name, what)                    \
	static void name(struct manifest *m) \
	{                                    \
		what;                        \
	}

static const uint8_t zeros[48];

SPOIL(zero_register, m->value[1].bytes = bytes_of(zeros, 48))
SPOIL(short_register, m->value[1].bytes.n = 47)
SPOIL(other_register, m->value[3].key = "PCR3")
SPOIL(two_registers, m->row[0].n = 2)
SPOIL(other_class, m->row[0].vendor = "other")
SPOIL(no_digest, m->artefact.digest.len = 0)
SPOIL(zero_digest, memset(m->component[0].digest.v, 0, 32))
SPOIL(no_origin, m->component[1].origin = ORIGIN_NONE)
SPOIL(no_name, m->component[1].name = NULL)
SPOIL(path_name, m->artefact.name = "a/b.eif")
SPOIL(same_names, m->component[1].name = "kernel")
SPOIL(one_component, m->n_components = 1)
SPOIL(no_vendor, m->vendor = NULL)
SPOIL(other_arch, m->arch = "riscv64")
SPOIL(other_id, m->id = "example.org/blindbox/1.2.4")
SPOIL(bad_commit, m->source_commit = "main")
SPOIL(bad_recipe, m->recipe_digest = "sha256:11")
SPOIL(with_profile, m->profile = "x")

static void bad_product(struct manifest *m)
{
	m->product = "a//b";
	m->id = "a//b/1.2.3";
}

static void what_may_not_be_published_is_not_written(void **state)
{
	(void)state;
	refuse(zero_register, REASON_ZERO_MEASUREMENT, "PCR1 is all zero");
	refuse(short_register, REASON_USAGE, "PCR1 is no SHA-384");
	refuse(other_register, REASON_USAGE, "PCR3 stands where PCR8 must");
	refuse(two_registers, REASON_USAGE, "2 registers, where 3 or 4 are possible");
	refuse(other_class, REASON_USAGE, "not one set of values of a Nitro enclave");
	refuse(no_digest, REASON_USAGE, "blindbox.eif: size and sha256 are needed");
	refuse(zero_digest, REASON_ZERO_MEASUREMENT, "kernel: the sha256 is all zero");
	refuse(no_origin, REASON_USAGE, "cmdline has no origin");
	refuse(no_name, REASON_USAGE, "a component has no name");
	refuse(path_name, REASON_USAGE,
	       "the name of a component \"a/b.eif\" is not one component of a path");
	refuse(same_names, REASON_USAGE, "two components are named kernel");
	refuse(one_component, REASON_USAGE, "1 components, where 2 to 64 are possible");
	refuse(no_vendor, REASON_USAGE, "one of id, product, version and vendor is missing");
	refuse(other_arch, REASON_USAGE, "the architecture \"riscv64\" is not known");
	refuse(other_id, REASON_USAGE,
	       "the id \"example.org/blindbox/1.2.4\" is not \"example.org/blindbox/1.2.3\"");
	refuse(bad_commit, REASON_USAGE,
	       "the commit \"main\" is not 40 or 64 lower-case hexadecimal digits");
	refuse(bad_recipe, REASON_USAGE,
	       "the digest of the recipe \"sha256:11\" is not sha256: and 64 lower-case hexadecimal "
	       "digits");
	refuse(with_profile, REASON_USAGE, "other profiles, entities and validity are not written");
	refuse(bad_product, REASON_USAGE, "the product \"a//b\" has a part that is no name");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_what_the_format_says),
		cmocka_unit_test(what_is_written_is_deterministic_CBOR_inside_too),
		cmocka_unit_test(what_was_read_is_written_again_the_same),
		cmocka_unit_test(the_registers_come_out_by_name),
		cmocka_unit_test(integrity_registers_are_the_same_registers),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(a_flipped_bit_is_refused_or_seen),
		cmocka_unit_test(a_file_is_a_manifest_or_one_in_an_envelope),
		cmocka_unit_test(what_passes_a_limit_is_refused),
		cmocka_unit_test(ten_thousand_rows_are_read_in_a_tenth_of_a_second),
		cmocka_unit_test(what_may_not_be_published_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
