#include "eif/signature.h"

#include <stdio.h>
#include <stdlib.h>

#include "measure/core/key.h"
#include "tests/unit/support_cert.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_eif_sign.h"
#include "tests/unit/support_folder.h"

#define BASE 1000

struct refusal {
	const char *twist;
	enum reason reason;
	int at; /* in the section; -1: no offset */
	const char *text;
};

/* Every twist that breaks the form or the signature itself; each is one on P-256. */
static const struct refusal refusals[] = {
	{"empty-array", REASON_SIGNATURE_FORM, 0, "an empty array, which must have one entry"},
	{"bare-entry", REASON_SIGNATURE_FORM, 0, "the section is a map and must be an array"},
	{"two-entries", REASON_SIGNATURE_FORM, 0, "2 entries, of which there must be one"},
	{"three-announced", REASON_SIGNATURE_FORM, 0, "3 entries, of which there must be one"},
	{"entry-null", REASON_SIGNATURE_FORM, 1, "the entry is a simple value and must be a map"},
	{"outer-indefinite", REASON_SIGNATURE_FORM, 0,
	 "the section is an array of indefinite length"},
	{"outer-long-head", REASON_SIGNATURE_FORM, 0,
	 "the section: the head of an array has 2 bytes where 1 would do"},
	{"outer-tagged", REASON_SIGNATURE_FORM, 0, "the section is a tag and must be an array"},
	{"trailing", REASON_SIGNATURE_FORM, 1309, "1 byte stands behind the end of the section"},
	{"cut", REASON_SIGNATURE_FORM, 1308, "signature needs 1 byte, 0 are left"},
	{"head-only", REASON_SIGNATURE_FORM, 1,
	 "the section: a count of 1, where the bytes left allow 0"},
	{"text", REASON_SIGNATURE_FORM, 0,
	 "the section is a negative integer and must be an array"},
	{"array-of-2^63", REASON_SIGNATURE_FORM, 9,
	 "the section: a count of 9223372036854775808, where the bytes left allow 0"},
	{"array-of-2^64-1", REASON_SIGNATURE_FORM, 9,
	 "the section: a count of 18446744073709551615, where the bytes left allow 0"},
	{"array-of-2^31", REASON_SIGNATURE_FORM, 5,
	 "the section: a count of 2147483648, where the bytes left allow 0"},
	{"map-of-2^63", REASON_SIGNATURE_FORM, 10,
	 "the entry: a count of 9223372036854775808, where the bytes left allow 0"},
	{"bytes-of-2^64-1", REASON_SIGNATURE_FORM, 1,
	 "the entry is a byte string and must be a map"},
	{"certificate-of-2^32", REASON_SIGNATURE_FORM, 31,
	 "signing_certificate: a count of 4294967296, where the bytes left allow 1284"},
	{"deep", REASON_SIGNATURE_FORM, 1, "the entry is an array and must be a map"},
	{"reserved-head", REASON_SIGNATURE_FORM, 0, "the section: 0x9c begins no CBOR item"},
	{"entry-indefinite", REASON_SIGNATURE_FORM, 1, "the entry is a map of indefinite length"},
	{"entry-long-head", REASON_SIGNATURE_FORM, 1,
	 "the entry: the head of a map has 2 bytes where 1 would do"},
	{"entry-empty", REASON_SIGNATURE_FORM, 1,
	 "the entry must have the keys \"signing_certificate\" and \"signature\" alone; their number is 0"},
	{"keys-swapped", REASON_SIGNATURE_FORM, 2,
	 "the first key is \"signature\" and must be \"signing_certificate\""},
	{"third-key", REASON_SIGNATURE_FORM, 1,
	 "the entry must have the keys \"signing_certificate\" and \"signature\" alone; their number is 3"},
	{"no-signature", REASON_SIGNATURE_FORM, 1,
	 "the entry must have the keys \"signing_certificate\" and \"signature\" alone; their number is 1"},
	{"no-certificate", REASON_SIGNATURE_FORM, 1,
	 "the entry must have the keys \"signing_certificate\" and \"signature\" alone; their number is 1"},
	{"key-misspelt", REASON_SIGNATURE_FORM, 2,
	 "the first key is \"Signing_certificate\" and must be \"signing_certificate\""},
	{"key-escape", REASON_SIGNATURE_FORM, 2,
	 "the first key is \"\033[31mng_certificate\" and must be \"signing_certificate\""},
	{"key-bytes", REASON_SIGNATURE_FORM, 2,
	 "the first key is a byte string and must be a text string"},
	{"key-number", REASON_SIGNATURE_FORM, 2,
	 "the first key is an unsigned integer and must be a text string"},
	{"key-long-head", REASON_SIGNATURE_FORM, 2,
	 "the first key: the head of a text string has 2 bytes where 1 would do"},
	{"key-no-utf-8", REASON_SIGNATURE_FORM, 3, "the first key is not UTF-8"},
	{"certificate-twice", REASON_SIGNATURE_FORM, 897,
	 "the second key is \"signing_certificate\" and must be \"signature\""},
	{"certificate-bytes", REASON_SIGNATURE_FORM, 22,
	 "signing_certificate is a byte string and must be an array"},
	{"certificate-text", REASON_SIGNATURE_FORM, 22,
	 "signing_certificate is a text string and must be an array"},
	{"certificate-null", REASON_SIGNATURE_FORM, 22,
	 "signing_certificate is a simple value and must be an array"},
	{"certificate-empty", REASON_CERTIFICATE, 23,
	 "signing_certificate: the line -----BEGIN CERTIFICATE----- is missing"},
	{"certificate-long-int", REASON_SIGNATURE_FORM, 25,
	 "signing_certificate: item 0 begins with 0x19 and must be a number up to 255 in its shortest form"},
	{"certificate-int-256", REASON_SIGNATURE_FORM, 25,
	 "signing_certificate: item 0 begins with 0x19 and must be a number up to 255 in its shortest form"},
	{"certificate-negative", REASON_SIGNATURE_FORM, 25,
	 "signing_certificate: item 0 begins with 0x38 and must be a number up to 255 in its shortest form"},
	{"certificate-float", REASON_SIGNATURE_FORM, 25,
	 "signing_certificate: item 0 begins with 0xf9 and must be a number up to 255 in its shortest form"},
	{"certificate-padded-int", REASON_SIGNATURE_FORM, 896,
	 "signing_certificate: item 439 is 18 0a and must be 0a, the shorter form"},
	{"certificate-indefinite", REASON_SIGNATURE_FORM, 22,
	 "signing_certificate is an array of indefinite length"},
	{"signature-bytes", REASON_SIGNATURE_FORM, 907,
	 "signature is a byte string and must be an array"},
	{"signature-empty", REASON_SIGNATURE_FORM, 908, "COSE_Sign1 needs 1 byte, 0 are left"},
	{"signature-long-int", REASON_SIGNATURE_FORM, 909,
	 "signature: item 0 begins with 0x19 and must be a number up to 255 in its shortest form"},
	{"signature-long-head", REASON_SIGNATURE_FORM, 907,
	 "signature: the head of an array has 3 bytes where 2 would do"},
	{"cose-tagged", REASON_SIGNATURE_FORM, 909, "COSE_Sign1 is a tag and must be an array"},
	{"cose-map", REASON_SIGNATURE_FORM, 909, "COSE_Sign1 is a map and must be an array"},
	{"cose-of-three", REASON_SIGNATURE_FORM, 909,
	 "COSE_Sign1 is an array of 3 and must be one of 4"},
	{"cose-of-five", REASON_SIGNATURE_FORM, 909,
	 "COSE_Sign1 is an array of 5 and must be one of 4"},
	{"cose-indefinite", REASON_SIGNATURE_FORM, 909,
	 "COSE_Sign1 is an array of indefinite length"},
	{"cose-trailing", REASON_SIGNATURE_FORM, 1309,
	 "1 byte stands behind the end of COSE_Sign1"},
	{"cose-cut", REASON_SIGNATURE_FORM, 1187, "the signature needs 64 bytes, 63 are left"},
	{"protected-bare-map", REASON_SIGNATURE_FORM, 911,
	 "the protected header is a map and must be a byte string"},
	{"protected-empty", REASON_SIGNATURE_FORM, 913,
	 "the protected header is \"\" and must name ES256, ES384 or ES512 alone"},
	{"protected-empty-map", REASON_SIGNATURE_FORM, 913,
	 "the protected header is \"a0\" and must name ES256, ES384 or ES512 alone"},
	{"protected-more", REASON_SIGNATURE_FORM, 913,
	 "the protected header is \"a20126044131\" and must name ES256, ES384 or ES512 alone"},
	{"protected-trailing", REASON_SIGNATURE_FORM, 913,
	 "the protected header is \"a1012600\" and must name ES256, ES384 or ES512 alone"},
	{"protected-long-alg", REASON_SIGNATURE_FORM, 913,
	 "the protected header is \"a1013806\" and must name ES256, ES384 or ES512 alone"},
	{"protected-long-head", REASON_SIGNATURE_FORM, 911,
	 "the protected header: the head of a byte string has 2 bytes where 1 would do"},
	{"alg-es256k", REASON_SIGNATURE_FORM, 913,
	 "the protected header is \"a101382e\" and must name ES256, ES384 or ES512 alone"},
	{"alg-eddsa", REASON_SIGNATURE_FORM, 913,
	 "the protected header is \"a10127\" and must name ES256, ES384 or ES512 alone"},
	{"alg-ps256", REASON_SIGNATURE_FORM, 913,
	 "the protected header is \"a1013824\" and must name ES256, ES384 or ES512 alone"},
	{"alg-hmac", REASON_SIGNATURE_FORM, 913,
	 "the protected header is \"a10105\" and must name ES256, ES384 or ES512 alone"},
	{"alg-text", REASON_SIGNATURE_FORM, 913,
	 "the protected header is \"a101654553323536\" and must name ES256, ES384 or ES512 alone"},
	{"alg-of-another-curve", REASON_SIGNATURE_FORM, 1189,
	 "the length of the signature is 64 and must be 96 for ES384"},
	{"unprotected-kid", REASON_SIGNATURE_FORM, 918,
	 "the unprotected header: a count of 1, which may be 0"},
	{"unprotected-null", REASON_SIGNATURE_FORM, 918,
	 "the unprotected header is a simple value and must be a map"},
	{"payload-detached", REASON_SIGNATURE_FORM, 920,
	 "the payload is a simple value and must be a byte string"},
	{"payload-text", REASON_SIGNATURE_FORM, 920,
	 "the payload is a text string and must be a byte string"},
	{"rs-short", REASON_SIGNATURE_FORM, 1187,
	 "the length of the signature is 63 and must be 64 for ES256"},
	{"rs-long", REASON_SIGNATURE_FORM, 1187,
	 "the length of the signature is 65 and must be 64 for ES256"},
	{"rs-empty", REASON_SIGNATURE_FORM, 1185,
	 "the length of the signature is 0 and must be 64 for ES256"},
	{"rs-array", REASON_SIGNATURE_FORM, 1183,
	 "the signature is an array and must be a byte string"},
	{"rs-null", REASON_SIGNATURE_FORM, 1183,
	 "the signature is a simple value and must be a byte string"},
	{"rs-wrong", REASON_SIGNATURE, -1, "it does not verify under the certificate"},
	{"rs-zero-r", REASON_SIGNATURE, -1, "it does not verify under the certificate"},
	{"another-pcr0", REASON_SIGNATURE, -1,
	 "it was made over PCR0 808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
	 "a0a1a2a3a4a5a6a7a8a9aaabacadae77, the image has "
	 "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
	 "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"},
	{"payload-empty", REASON_SIGNATURE_FORM, 922, "the payload needs 1 byte, 0 are left"},
	{"payload-array", REASON_SIGNATURE_FORM, 922, "the payload is an array and must be a map"},
	{"payload-index-1", REASON_SIGNATURE_FORM, 956, "register_index is 1 and must be 0"},
	{"payload-index-long", REASON_SIGNATURE_FORM, 956,
	 "register_index: the head of an unsigned integer has 2 bytes where 1 would do"},
	{"payload-index-negative", REASON_SIGNATURE_FORM, 956,
	 "register_index is a negative integer and must be an unsigned integer"},
	{"payload-short", REASON_SIGNATURE_FORM, 987,
	 "the length of register_value is 1 and must be 48"},
	{"payload-0", REASON_SIGNATURE_FORM, 987,
	 "the length of register_value is 0 and must be 48"},
	{"payload-49", REASON_SIGNATURE_FORM, 987,
	 "the length of register_value is 49 and must be 48"},
	{"payload-bytes", REASON_SIGNATURE_FORM, 987,
	 "register_value is a byte string and must be an array"},
	{"payload-third-key", REASON_SIGNATURE_FORM, 924,
	 "the payload must have the keys \"register_index\" and \"register_value\" alone"},
	{"payload-key-misspelt", REASON_SIGNATURE_FORM, 926,
	 "the payload's first key is \"Register_index\" and must be \"register_index\""},
	{"payload-trailing", REASON_SIGNATURE_FORM, 1183,
	 "1 byte stands behind the end of the payload"},
	{"payload-indefinite", REASON_SIGNATURE_FORM, 924,
	 "the payload is a map of indefinite length"},
};

static void fill(uint8_t pcr0[48])
{
	for (size_t i = 0; i < 48; i++)
		pcr0[i] = (uint8_t)(0x80 + i); /* two bytes each in CBOR */
}

static struct forged forged_section(unsigned bits, const char *twist, const char *pem)
{
	struct forge_signing s = {.bits = bits,
				  .twist = twist,
				  .pem = (const uint8_t *)pem,
				  .pem_n = pem ? strlen(pem) : 0};

	fill(s.pcr0);
	return forge_signature(&s);
}

/* Reads from memory of exactly the section's length, and checks. */
static bool judge(struct forged *section, const uint8_t pcr0[48], struct err *e)
{
	owned(eif_signature_free) struct eif_signature s = {0};
	owned(own_free) uint8_t *exact = malloc(section->n ? section->n : 1);
	bool ok;

	assert_non_null(exact);
	memcpy(exact, section->p, section->n);
	ok = eif_signature_read(&s, bytes_of(exact, section->n), BASE, e) &&
	     eif_signature_check(&s, pcr0, e);
	free(section->p);
	return ok;
}

static const struct refusal *refusal_of(const char *twist)
{
	for (size_t i = 0; i < COUNT(refusals); i++)
		if (strcmp(refusals[i].twist, twist) == 0)
			return &refusals[i];
	return NULL;
}

static void every_twisted_section_is_refused_in_its_own_words(void **state)
{
	uint8_t pcr0[48];
	size_t seen = 0;

	(void)state;
	fill(pcr0);
	for (const struct forge_twist *t = forge_twists; t->name; t++) {
		const struct refusal *want = refusal_of(t->name);
		struct forged section = forged_section(256, t->name, NULL);
		struct err e = {0};

		if (!want)
			fail_msg("the twist %s has no row here", t->name);
		seen++;
		assert_false(judge(&section, pcr0, &e));
		check_err(&e, want->reason, want->text);
		assert_int_equal(e.at ? (int)e.offset - BASE : -1, want->at);
	}
	assert_int_equal(seen, COUNT(refusals));
}

static void a_section_is_written_as_the_independent_writer_writes_it(void **state)
{
	static const unsigned bits[] = {256, 384, 521};
	static const enum cose_alg alg[] = {COSE_ES256, COSE_ES384, COSE_ES512};

	(void)state;
	for (size_t i = 0; i < COUNT(bits); i++) {
		const char *pem = forge_certificate(bits[i]);
		struct forged section = forged_section(bits[i], NULL, NULL), rs;
		owned(buf_free) struct buf tbs = BUF(1024), out = BUF(EIF_SIGNATURE_MAX);
		owned(eif_signature_free) struct eif_signature s = {0};
		struct err e = {0};
		uint8_t pcr0[48];

		fill(pcr0);
		assert_true(eif_signature_tbs(&tbs, alg[i], pcr0, &e));
		rs = forge_ecdsa(bits[i], tbs.p, tbs.n);
		eif_signature_write(&out, bytes_str(pem), alg[i], pcr0, bytes_of(rs.p, rs.n));
		assert_true(bytes_equal(buf_bytes(&out), bytes_of(section.p, section.n)));
		assert_true(eif_signature_read(&s, buf_bytes(&out), BASE, &e));
		assert_true(eif_signature_check(&s, pcr0, &e));
		check_no_err(&e);
		assert_true(bytes_equal(buf_bytes(&s.pem), bytes_str(pem)));
		assert_int_equal(s.cert_end, strlen(pem));
		assert_int_equal(s.sign1.alg, alg[i]);
		assert_true(bytes_equal(s.sign1.rs, bytes_of(rs.p, rs.n)));
		assert_memory_equal(s.pcr0, pcr0, sizeof(pcr0));
		free(section.p);
		free(rs.p);
	}
}

static void a_signature_over_another_pcr0_tells_both(void **state)
{
	struct forged section = forged_section(384, NULL, NULL);
	uint8_t other[48] = {0xab};
	struct err e = {0};

	(void)state;
	assert_false(judge(&section, other, &e));
	check_err(&e, REASON_SIGNATURE,
		  "it was made over PCR0 "
		  "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
		  "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf, the image has "
		  "ab00000000000000000000000000000000000000000000000000000000000000"
		  "00000000000000000000000000000000");
}

static void check_pem(unsigned bits, const char *pem, enum reason r, int at, const char *text)
{
	struct forged section = forged_section(bits, NULL, pem);
	struct err e = {0};
	uint8_t pcr0[48];

	fill(pcr0);
	assert_int_equal(judge(&section, pcr0, &e), r == REASON_NONE);
	check_err(&e, r, text);
	assert_int_equal(e.at ? (int)e.offset - BASE : -1, at);
}

static void a_chain_behind_the_signers_certificate_is_accepted(void **state)
{
	owned(own_free) char *chain = NULL, *space = NULL;

	(void)state;
	assert_true(asprintf(&chain, "%s%s", forge_certificate(256), forge_certificate(384)) > 0);
	assert_true(asprintf(&space, "%s \r\n\n%s\t\n", forge_certificate(256),
			     forge_certificate(521)) > 0);
	check_pem(256, chain, REASON_NONE, -1, "");
	check_pem(256, space, REASON_NONE, -1, "");
}

/* Whatever it is: it would be published with the image. */
static void anything_else_behind_the_certificate_is_refused(void **state)
{
	struct forged key = forge_key_pem(256);
	owned(own_free) char *secret = NULL, *prose = NULL;

	(void)state;
	assert_true(asprintf(&secret, "%s%.*s", forge_certificate(256), (int)key.n,
			     (const char *)key.p) > 0);
	assert_true(asprintf(&prose, "%s%sand some prose", forge_certificate(256),
			     forge_certificate(384)) > 0);
	check_pem(256, secret, REASON_CERTIFICATE, 897,
		  "signing_certificate: a PEM block \"EC PRIVATE KEY\" stands behind the "
		  "certificate, where only further certificates may stand");
	check_pem(256, prose, REASON_CERTIFICATE, 1939,
		  "signing_certificate: a byte 61 stands behind the certificate, where only "
		  "further certificates may stand");
	free(key.p);
}

static void a_signature_by_a_later_certificate_of_the_chain_is_told_apart(void **state)
{
	owned(cert_key_free) EVP_PKEY *key = cert_key("P-256");
	owned(cert_text_free) char *pem = cert_pem_for(key);
	owned(own_free) char *second = NULL, *third = NULL, *none = NULL;

	(void)state;
	assert_true(asprintf(&second, "%s%s", pem, forge_certificate(256)) > 0);
	assert_true(asprintf(&third, "%s%s%s", forge_certificate(384), pem,
			     forge_certificate(256)) > 0);
	assert_true(asprintf(&none, "%s%s%s", pem, pem, forge_certificate(384)) > 0);
	check_pem(256, second, REASON_SIGNATURE, -1,
		  "it is by certificate 2 of the chain, and readers take the first");
	check_pem(256, third, REASON_SIGNATURE, -1,
		  "it is by certificate 3 of the chain, and readers take the first");
	check_pem(256, none, REASON_SIGNATURE, -1, "it does not verify under the certificate");
}

static void an_algorithm_that_is_not_the_keys_is_said(void **state)
{
	(void)state;
	check_pem(256, forge_certificate(384), REASON_SIGNATURE, -1,
		  "its protected header says ES256, the certificate's key is for ES384");
	check_pem(521, forge_certificate(256), REASON_SIGNATURE, -1,
		  "its protected header says ES512, the certificate's key is for ES256");
}

/* The array's integers begin at 25; those of "-----BEGIN" and letters take two bytes, "\n" one. */
static void a_certificate_that_is_none_is_refused_at_its_place_in_the_file(void **state)
{
	owned(cert_key_free) EVP_PKEY *rsa = cert_key("RSA");
	owned(cert_text_free) char *pem = cert_pem_for(rsa);
	owned(own_free) char *prefixed = NULL, *dirty = NULL;

	(void)state;
	assert_true(asprintf(&prefixed, "\nx%s", forge_certificate(256)) > 0);
	assert_true(asprintf(&dirty, "-----BEGIN CERTIFICATE-----\nMIIB\n\nAAAA\n") > 0);
	check_pem(
		256, pem, REASON_CERTIFICATE, -1,
		"signing_certificate: the key is rsaEncryption and must be EC on P-256, P-384 or P-521");
	check_pem(256, prefixed, REASON_CERTIFICATE, 25,
		  "signing_certificate: text stands before the line -----BEGIN CERTIFICATE-----");
	check_pem(256, dirty, REASON_CERTIFICATE, 24 + 2 * 27 + 1 + 2 * 4 + 1,
		  "signing_certificate: an empty line in the PEM block");
}

static void the_first_byte_that_differs_from_the_rebuilt_section_is_named(void **state)
{
	struct err byte = {0}, shorter = {0}, same = {0};

	(void)state;
	assert_true(eif_signature_same(bytes_str("abc"), bytes_str("abc"), BASE, &same));
	assert_false(eif_signature_same(bytes_str("abc"), bytes_str("axcd"), BASE, &byte));
	check_err(&byte, REASON_SIGNATURE_FORM,
		  "not the form that signers write: byte 62, which must be 78");
	assert_int_equal(byte.offset, BASE + 1);
	assert_false(eif_signature_same(bytes_str("abcd"), bytes_str("ab"), BASE, &shorter));
	check_err(&shorter, REASON_SIGNATURE_FORM,
		  "not the form that signers write: 4 bytes, which must be 2");
	assert_int_equal(shorter.offset, BASE + 2);
}

static void a_section_over_its_limit_is_not_written(void **state)
{
	static uint8_t pem[EIF_SIGNATURE_MAX / 2];
	owned(buf_free) struct buf out = BUF(EIF_SIGNATURE_MAX);
	struct err e = {0};
	uint8_t pcr0[48] = {0}, rs[64] = {0};

	(void)state;
	memset(pem, 'x', sizeof(pem));
	eif_signature_write(&out, bytes_of(pem, sizeof(pem)), COSE_ES256, pcr0,
			    bytes_of(rs, sizeof(rs)));
	assert_false(buf_done(&out, "the section", &e));
	check_err(&e, REASON_LIMIT, "the section is over its limit of 262144 bytes");
}

static void every_truncation_of_a_section_is_refused(void **state)
{
	struct forged section = forged_section(256, NULL, NULL);

	(void)state;
	for (size_t n = 0; n < section.n; n++) {
		struct eif_signature s = {0};
		struct err e = {0};

		assert_false(eif_signature_read(&s, bytes_of(section.p, n), BASE, &e));
		assert_string_equal(reason_slug(e.reason), "signature-form");
	}
	free(section.p);
}

/* No flipped bit may be accepted; the certificate's own signature is nobody's to check here. */
static void a_flipped_bit_is_never_accepted_outside_the_certificate(void **state)
{
	struct forged section = forged_section(256, NULL, NULL);
	const char *pem = forge_certificate(256);
	size_t from = 25, to = from;
	uint8_t pcr0[48];

	(void)state;
	fill(pcr0);
	for (const char *c = pem; *c; c++)
		to += *c < 24 ? 1 : 2;
	for (size_t at = 0; at < section.n; at++) {
		struct forged copy = {NULL, section.n};
		struct err e = {0};

		if (at >= from && at < to && (at - from) % 7)
			continue;
		copy.p = malloc(section.n);
		assert_non_null(copy.p);
		memcpy(copy.p, section.p, section.n);
		copy.p[at] ^= (uint8_t)(1u << at % 8);
		if (judge(&copy, pcr0, &e))
			assert_true(at >= from && at < to);
	}
	free(section.p);
}

static bool vector_of(const char *name, struct forged *file, struct forge *f)
{
	const char *shared = getenv("SHARED");
	owned(own_free) char *path = NULL;

	if (asprintf(&path, "%s/vectors/eif/%s", shared ? shared : "../shared", name) < 0)
		return false;
	file->p = folder_read(path, &file->n);
	return file->p && (!f || forge_read(f, file->p, file->n));
}

/* Signed by the reference code. */
static void the_reference_signers_sections_are_read_and_written_back_the_same(void **state)
{
	static const char *const name[] = {"s256.eif", "s384.eif", "d_sigfirst.eif"};

	(void)state;
	for (size_t i = 0; i < COUNT(name); i++) {
		struct forged file = {0};
		struct forge f;
		struct forge_section *x;
		owned(eif_signature_free) struct eif_signature s = {0};
		owned(buf_free) struct buf out = BUF(EIF_SIGNATURE_MAX);
		struct err e = {0};
		uint8_t pcr[3][48];

		if (!vector_of(name[i], &file, &f))
			skip();
		x = forge_find(&f, FORGE_SIGNATURE);
		forge_registers(&f, pcr);
		assert_true(eif_signature_read(&s, bytes_of(x->data, x->n), 0, &e));
		assert_true(eif_signature_check(&s, pcr[0], &e));
		eif_signature_write(&out, buf_bytes(&s.pem), s.sign1.alg, s.pcr0, s.sign1.rs);
		assert_true(bytes_equal(buf_bytes(&out), bytes_of(x->data, x->n)));
		check_no_err(&e);
		free(file.p);
	}
}

/* What the reference tools are given sign with must do here too, for all three curves. */
static void keys_and_certificates_made_elsewhere_sign_and_verify(void **state)
{
	static const char *const bits[] = {"256", "384", "521"};

	(void)state;
	for (size_t i = 0; i < COUNT(bits); i++) {
		owned(key_free) struct key *k = NULL;
		owned(eif_signature_free) struct eif_signature s = {0};
		owned(buf_free) struct buf tbs = BUF(1024), rs = BUF(256),
					   out = BUF(EIF_SIGNATURE_MAX);
		struct folder f = {0};
		struct forged cert = {0}, key = {0};
		struct err e = {0};
		uint8_t pcr0[48];
		char name[2][16];

		snprintf(name[0], sizeof(name[0]), "c%s.pem", bits[i]);
		snprintf(name[1], sizeof(name[1]), "k%s.pem", bits[i]);
		if (!vector_of(name[0], &cert, NULL) || !vector_of(name[1], &key, NULL))
			skip();
		folder_new(&f);
		fill(pcr0);
		assert_true(key_read(&k, folder_file(&f, "k.pem", key.p, key.n), &e));
		assert_true(eif_signature_tbs(&tbs, key_alg(k), pcr0, &e));
		assert_true(key_sign(k, buf_bytes(&tbs), &rs, &e));
		eif_signature_write(&out, bytes_of(cert.p, cert.n), key_alg(k), pcr0,
				    buf_bytes(&rs));
		assert_true(eif_signature_read(&s, buf_bytes(&out), 0, &e));
		assert_true(key_matches(k, s.cert, &e));
		assert_true(eif_signature_check(&s, pcr0, &e));
		check_no_err(&e);
		folder_free(&f);
		free(cert.p);
		free(key.p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_twisted_section_is_refused_in_its_own_words),
		cmocka_unit_test(a_section_is_written_as_the_independent_writer_writes_it),
		cmocka_unit_test(a_signature_over_another_pcr0_tells_both),
		cmocka_unit_test(a_chain_behind_the_signers_certificate_is_accepted),
		cmocka_unit_test(anything_else_behind_the_certificate_is_refused),
		cmocka_unit_test(a_signature_by_a_later_certificate_of_the_chain_is_told_apart),
		cmocka_unit_test(an_algorithm_that_is_not_the_keys_is_said),
		cmocka_unit_test(a_certificate_that_is_none_is_refused_at_its_place_in_the_file),
		cmocka_unit_test(the_first_byte_that_differs_from_the_rebuilt_section_is_named),
		cmocka_unit_test(a_section_over_its_limit_is_not_written),
		cmocka_unit_test(every_truncation_of_a_section_is_refused),
		cmocka_unit_test(a_flipped_bit_is_never_accepted_outside_the_certificate),
		cmocka_unit_test(the_reference_signers_sections_are_read_and_written_back_the_same),
		cmocka_unit_test(keys_and_certificates_made_elsewhere_sign_and_verify),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
