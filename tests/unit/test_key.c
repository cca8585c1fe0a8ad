#include "measure/core/key.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

#include "measure/base/hex.h"
#include "tests/unit/support_cert.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_hex.h"

static const struct {
	const char *name;
	enum cose_alg alg;
	size_t rs;
} curves[] = {{"P-256", COSE_ES256, 64}, {"P-384", COSE_ES384, 96}, {"P-521", COSE_ES512, 132}};

static bool read_key(struct key **k, struct folder *f, const char *text, struct err *e)
{
	bool ok = key_read(k, folder_file(f, "key.pem", text, strlen(text)), e);

	assert_int_equal(ERR_peek_error(), 0);
	return ok;
}

static void read_cert(struct x509 **x, EVP_PKEY *key)
{
	owned(cert_text_free) char *pem = cert_pem_for(key);
	struct err e = {0};
	size_t used = 0;

	assert_true(x509_read_pem(x, bytes_str(pem), &used, &e));
}

static void a_key_of_each_curve_signs_what_its_certificate_verifies(void **state)
{
	owned(folder_free) struct folder f = {0};

	(void)state;
	folder_new(&f);
	for (size_t i = 0; i < 2 * COUNT(curves); i++) {
		owned(cert_key_free) EVP_PKEY *made = cert_key(curves[i / 2].name);
		owned(cert_text_free) char *pem =
			cert_key_pem(made, i % 2 ? CERT_SEC1 : CERT_PKCS8);
		owned(x509_free) struct x509 *x = NULL;
		owned(key_free) struct key *k = NULL;
		owned(buf_free) struct buf rs = BUF(256);
		struct err e = {0};

		read_cert(&x, made);
		assert_true(read_key(&k, &f, pem, &e));
		assert_int_equal(key_alg(k), curves[i / 2].alg);
		assert_true(key_matches(k, x, &e));
		for (unsigned n = 0; n < 20; n++) {
			uint8_t message[20] = {0};

			buf_reset(&rs);
			assert_true(key_sign(k, bytes_of(message, n), &rs, &e));
			assert_int_equal(rs.n, curves[i / 2].rs);
			assert_true(x509_verify(x, bytes_of(message, n), buf_bytes(&rs), &e));
		}
		check_no_err(&e);
	}
}

/* What the running library is known for, which is not what the code under test asks. */
static bool deterministic(void)
{
	return OPENSSL_version_major() > 3 ||
	       (OPENSSL_version_major() == 3 && OPENSSL_version_minor() >= 2);
}

static void nonces_are_deterministic_from_openssl_3_2_on(void **state)
{
	owned(folder_free) struct folder f = {0};
	owned(cert_key_free) EVP_PKEY *made = cert_key("P-384");
	owned(cert_text_free) char *pem = cert_key_pem(made, CERT_PKCS8);
	owned(key_free) struct key *k = NULL;
	owned(buf_free) struct buf one = BUF(256), two = BUF(256);
	struct err e = {0};

	(void)state;
	folder_new(&f);
	assert_true(read_key(&k, &f, pem, &e));
	assert_true(key_sign(k, bytes_str("sample"), &one, &e));
	assert_true(key_sign(k, bytes_str("sample"), &two, &e));
	assert_int_equal(bytes_equal(buf_bytes(&one), buf_bytes(&two)), deterministic());
}

/* RFC 6979 A.2.5, P-256 with SHA-256, message "sample"; the key as SEC1. */
static void a_deterministic_signature_is_that_of_rfc_6979(void **state)
{
	static const char pem[] =
		"-----BEGIN EC PRIVATE KEY-----\n"
		"MDECAQEEIMmvqdhFunUWa1whV2ex1pNOUMPbNuibEnuKYisSD2choAoGCCqGSM49\n"
		"AwEH\n"
		"-----END EC PRIVATE KEY-----\n";
	owned(hexed_free) struct bytes want =
		hexed("efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
		      "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
	owned(folder_free) struct folder f = {0};
	owned(key_free) struct key *k = NULL;
	owned(buf_free) struct buf rs = BUF(256);
	struct err e = {0};

	(void)state;
	folder_new(&f);
	assert_true(read_key(&k, &f, pem, &e));
	assert_true(key_sign(k, bytes_str("sample"), &rs, &e));
	assert_int_equal(bytes_equal(buf_bytes(&rs), want), deterministic());
}

static void parameters_in_front_of_a_key_are_passed_over(void **state)
{
	owned(folder_free) struct folder f = {0};
	owned(cert_key_free) EVP_PKEY *made = cert_key("P-256");
	owned(cert_text_free) char *pem = cert_key_pem(made, CERT_SEC1), *text = NULL;
	owned(key_free) struct key *k = NULL;
	struct err e = {0};

	(void)state;
	folder_new(&f);
	assert_true(asprintf(&text,
			     "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n"
			     "-----END EC PARAMETERS-----\n%s",
			     pem) > 0);
	assert_true(read_key(&k, &f, text, &e));
	check_no_err(&e);
}

static void check_refused(struct folder *f, const char *text, const char *want)
{
	struct key *k = NULL;
	struct err e = {0};

	assert_false(read_key(&k, f, text, &e));
	if (strncmp(e.text, want, strlen(want)) != 0)
		fail_msg("\"%s\" does not begin with \"%s\"", e.text, want);
	assert_string_equal(reason_slug(e.reason), "key");
	assert_string_equal(strrchr(e.subject, '/'), "/key.pem");
}

static void keys_of_other_kinds_are_refused_by_name(void **state)
{
	static const char *const kind[][2] = {
		{"RSA", "the key is RSA and must be EC on P-256, P-384 or P-521"},
		{"ED25519", "the key is ED25519 and must be EC on P-256, P-384 or P-521"},
		{"secp256k1", "the key is EC on secp256k1 and must be EC on P-256, P-384 or P-521"},
		{"spelt out", "the key does not name its curve"},
	};
	owned(folder_free) struct folder f = {0};

	(void)state;
	folder_new(&f);
	for (size_t i = 0; i < COUNT(kind); i++) {
		owned(cert_key_free) EVP_PKEY *made = cert_key(kind[i][0]);
		owned(cert_text_free) char *pem = cert_key_pem(made, CERT_PKCS8);

		check_refused(&f, pem, kind[i][1]);
	}
}

static void what_is_no_private_key_is_refused(void **state)
{
	owned(folder_free) struct folder f = {0};
	owned(cert_key_free) EVP_PKEY *made = cert_key("P-256");
	owned(cert_text_free) char *locked = cert_key_pem(made, CERT_ENCRYPTED);
	owned(cert_text_free) char *cert = cert_pem_for(made),
				   *cut = cert_key_pem(made, CERT_PKCS8);

	(void)state;
	folder_new(&f);
	check_refused(&f, locked, "the private key is encrypted and must not be");
	check_refused(&f, cert, "no private key in PEM");
	check_refused(&f, "", "no private key in PEM");
	check_refused(&f, "not PEM at all", "no private key in PEM");
	cut[strlen(cut) / 2] = '\0';
	check_refused(&f, cut, "no private key in PEM");
	check_refused(&f, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
		      "no private key in PEM");
}

static void a_key_file_must_be_there_and_be_small(void **state)
{
	owned(folder_free) struct folder f = {0};
	owned(own_free) char *big = calloc(1, 65537);
	struct key *k = NULL;
	struct err missing = {0}, large = {0};

	(void)state;
	folder_new(&f);
	assert_false(key_read(&k, folder_path(&f, "none.pem"), &missing));
	check_err(&missing, REASON_NO_SUCH_FILE, "cannot be opened: No such file or directory");
	assert_string_equal(strrchr(missing.subject, '/'), "/none.pem");
	assert_false(key_read(&k, folder_file(&f, "big.pem", big, 65537), &large));
	check_err(&large, REASON_LIMIT, "is larger than the limit of 65536 bytes");
	assert_string_equal(strrchr(large.subject, '/'), "/big.pem");
}

static void a_key_that_is_not_the_certificates_is_told_apart(void **state)
{
	owned(folder_free) struct folder f = {0};
	owned(cert_key_free) EVP_PKEY *made = cert_key("P-256"), *same = cert_key("P-256"),
				      *other = cert_key("P-384");
	owned(cert_text_free) char *pem = cert_key_pem(made, CERT_PKCS8);
	owned(x509_free) struct x509 *x = NULL, *y = NULL;
	owned(key_free) struct key *k = NULL;
	struct err e = {0}, e2 = {0};

	(void)state;
	folder_new(&f);
	read_cert(&x, same);
	read_cert(&y, other);
	assert_true(read_key(&k, &f, pem, &e));
	assert_false(key_matches(k, x, &e));
	check_err(&e, REASON_KEY_MISMATCH,
		  "the private key is not the one that the certificate names");
	assert_false(key_matches(k, y, &e2));
	check_err(&e2, REASON_KEY_MISMATCH,
		  "the private key is on P-256, the certificate's on P-384");
}

struct form {
	enum cose_alg alg;
	const char *in, *out; /* out NULL: refused */
};

#define HALF32 "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
#define ZERO31 "00000000000000000000000000000000000000000000000000000000000000"
#define HIGH32 "ff02030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"

static const struct form forms[] = {
	{COSE_ES256, HALF32 HALF32, HALF32 HALF32},
	{COSE_ES256, "30440220" HALF32 "0220" HALF32, HALF32 HALF32},
	{COSE_ES256, "3045022100" HIGH32 "0220" HALF32, HIGH32 HALF32},
	{COSE_ES256, "3006020105020107", ZERO31 "05" ZERO31 "07"},
	{COSE_ES256, "3006020100020100", ZERO31 "00" ZERO31 "00"},
	{COSE_ES256, "", NULL},
	{COSE_ES256, HALF32, NULL},
	{COSE_ES256, HALF32 HALF32 "0a", NULL}, /* a newline behind it */
	{COSE_ES256, "30440220" HALF32 "0220" HALF32 "0a", NULL},
	{COSE_ES256, "30460221" HALF32 "000220" HALF32, NULL}, /* too long an integer */
	{COSE_ES256, "3006020185020107", NULL}, /* negative */
	{COSE_ES256, "300702020005020107", NULL}, /* not shortest */
	{COSE_ES256, "308106020105020107", NULL},
	{COSE_ES256, "3080020105020107 0000", NULL},
	{COSE_ES256, "3003020105", NULL},
	{COSE_ES256, "3009020105020107020109", NULL},
	{COSE_ES384, HALF32 HALF32, NULL},
};

static void a_signature_is_taken_as_der_or_raw_and_as_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		owned(hexed_free) struct bytes in = hexed(forms[i].in);
		owned(buf_free) struct buf rs = BUF(256), hex = BUF(512);
		struct err e = {0};
		char want[128];
		bool ok = key_signature_raw(in, forms[i].alg, &rs, &e);

		if (ok != !!forms[i].out)
			fail_msg("%s: %s", forms[i].in, ok ? "taken" : e.text);
		hex_put(&hex, buf_bytes(&rs));
		if (ok) {
			assert_string_equal(buf_cstr(&hex), forms[i].out);
			continue;
		}
		snprintf(want, sizeof(want),
			 "the signature is neither DER nor the %s; its length is %zu",
			 forms[i].alg == COSE_ES256 ? "64 bytes of r and s of ES256"
						    : "96 bytes of r and s of ES384",
			 in.n);
		assert_memory_equal(e.text, want, strlen(want));
		assert_int_equal(e.reason, REASON_SIGNATURE_FORM);
		assert_int_equal(ERR_peek_error(), 0);
	}
}

static void a_signature_for_a_small_buffer_is_refused(void **state)
{
	owned(hexed_free) struct bytes in = hexed(HALF32 HALF32);
	owned(buf_free) struct buf rs = BUF(63);
	struct err e = {0};

	(void)state;
	assert_false(key_signature_raw(in, COSE_ES256, &rs, &e));
	check_err(&e, REASON_LIMIT, "signature is over its limit of 63 bytes");
}

/* The command is given what it needs: the bytes, the algorithm, the digest. */
static void a_command_signs_with_bytes_algorithm_or_digest(void **state)
{
	static const char command[] =
		"test \"$MEASURE_ALG\" = ES384 && test \"$MEASURE_DIGEST\" = \"$(sha384sum | cut -c1-96)\" && "
		"head -c 96 /dev/zero";
	owned(buf_free) struct buf rs = BUF(256);
	struct err e = {0};

	(void)state;
	assert_true(key_sign_with(command, COSE_ES384, bytes_str("to be signed"), &rs, &e));
	check_no_err(&e);
	assert_int_equal(rs.n, 96);
}

static void what_a_command_wrote_is_named_when_it_is_no_signature(void **state)
{
	static const char *const command[][2] = {
		{"true", "the command wrote no signature"},
		{"echo nothing",
		 "the signature is neither DER nor the 96 bytes of r and s of ES384; its length is 8"},
		{"exit 7", "the command ended with exit status 7"},
		{"cat /dev/zero", "the command wrote more than 65536 bytes"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(command); i++) {
		owned(buf_free) struct buf rs = BUF(256);
		struct err e = {0};

		assert_false(key_sign_with(command[i][0], COSE_ES384, bytes_str("x"), &rs, &e));
		assert_memory_equal(e.text, command[i][1], strlen(command[i][1]));
		assert_string_equal(reason_slug(e.reason), "sign-with");
		assert_int_equal(rs.n, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_of_each_curve_signs_what_its_certificate_verifies),
		cmocka_unit_test(nonces_are_deterministic_from_openssl_3_2_on),
		cmocka_unit_test(a_deterministic_signature_is_that_of_rfc_6979),
		cmocka_unit_test(parameters_in_front_of_a_key_are_passed_over),
		cmocka_unit_test(keys_of_other_kinds_are_refused_by_name),
		cmocka_unit_test(what_is_no_private_key_is_refused),
		cmocka_unit_test(a_key_file_must_be_there_and_be_small),
		cmocka_unit_test(a_key_that_is_not_the_certificates_is_told_apart),
		cmocka_unit_test(a_signature_is_taken_as_der_or_raw_and_as_nothing_else),
		cmocka_unit_test(a_signature_for_a_small_buffer_is_refused),
		cmocka_unit_test(a_command_signs_with_bytes_algorithm_or_digest),
		cmocka_unit_test(what_a_command_wrote_is_named_when_it_is_no_signature),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
