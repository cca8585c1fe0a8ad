#include "measure/core/pubkey.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

#include "measure/core/hash.h"
#include "tests/unit/support_cert.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_folder.h"
#include "tests/unit/support_hex.h"

#define NEEDED "EC on P-256, P-384 or P-521, uncompressed, or Ed25519"

static const struct {
	const char *make, *kind;
	enum cose_alg alg;
	size_t spki;
} kinds[] = {
	{"P-256", "P-256", COSE_ES256, 91},
	{"P-384", "P-384", COSE_ES384, 120},
	{"P-521", "P-521", COSE_ES512, 158},
	{"ED25519", "Ed25519", COSE_EDDSA, 44},
};

static struct bytes spki_of(EVP_PKEY *key)
{
	uint8_t *p = NULL, *copy;
	int n = i2d_PUBKEY(key, &p);

	assert_true(n > 0);
	copy = malloc((size_t)n);
	assert_non_null(copy);
	memcpy(copy, p, (size_t)n);
	OPENSSL_free(p);
	return bytes_of(copy, (size_t)n);
}

static void check_is(const struct pubkey *k, struct bytes spki)
{
	struct digest id;
	struct err e = {0};

	assert_true(bytes_equal(pubkey_spki(k), spki));
	assert_true(hash_of(DIGEST_SHA256, spki, &id, &e));
	assert_true(digest_equal(pubkey_id(k), &id));
}

static void a_key_of_each_kind_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		owned(cert_key_free) EVP_PKEY *made = cert_key(kinds[i].make);
		owned(cert_bytes_free) struct bytes spki = spki_of(made);
		owned(cert_text_free) char *pem = cert_pem_of(spki, "PUBLIC KEY");
		owned(cert_text_free) char *certificate = cert_pem_for(made);
		const char *texts[] = {pem, certificate};
		owned(pubkey_free) struct pubkey *k = NULL;
		struct err e = {0};

		assert_int_equal(spki.n, kinds[i].spki);
		assert_true(pubkey_read_spki(&k, spki, &e));
		check_is(k, spki);
		assert_int_equal(pubkey_alg(k), kinds[i].alg);
		assert_string_equal(pubkey_kind(k), kinds[i].kind);
		for (size_t t = 0; t < COUNT(texts); t++) {
			pubkey_free(&k);
			assert_true(pubkey_read_pem(&k, bytes_str(texts[t]), &e));
			check_is(k, spki);
		}
		assert_int_equal(ERR_peek_error(), 0);
		check_no_err(&e);
	}
}

static void a_key_is_made_of_its_point(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		owned(cert_key_free) EVP_PKEY *made = cert_key(kinds[i].make);
		owned(cert_bytes_free) struct bytes spki = spki_of(made);
		owned(pubkey_free) struct pubkey *k = NULL, *again = NULL;
		struct bytes point;
		struct err e = {0};

		assert_true(pubkey_read_spki(&k, spki, &e));
		point = pubkey_point(k);
		assert_true(pubkey_of_point(&again, kinds[i].alg, point, &e));
		check_is(again, spki);
		pubkey_free(&again);
		point.n--;
		assert_false(pubkey_of_point(&again, kinds[i].alg, point, &e));
		assert_string_equal(reason_slug(e.reason), "key");
		assert_non_null(strstr(e.text, " are given"));
	}
}

static void a_private_key_has_its_public_half(void **state)
{
	owned(folder_free) struct folder f = {0};

	(void)state;
	folder_new(&f);
	for (size_t i = 0; i < 2 * 3; i++) {
		owned(cert_key_free) EVP_PKEY *made = cert_key(kinds[i / 2].make);
		owned(cert_bytes_free) struct bytes spki = spki_of(made);
		owned(cert_text_free) char *pem =
			cert_key_pem(made, i % 2 ? CERT_SEC1 : CERT_PKCS8);
		owned(key_free) struct key *key = NULL;
		owned(pubkey_free) struct pubkey *k = NULL;
		owned(buf_free) struct buf rs = BUF(256);
		struct err e = {0};

		assert_true(key_read(&key, folder_file(&f, "key.pem", pem, strlen(pem)), &e));
		assert_true(pubkey_of_key(&k, key, &e));
		check_is(k, spki);
		assert_true(key_sign(key, bytes_str("sample"), &rs, &e));
		assert_true(pubkey_verify(k, bytes_str("sample"), buf_bytes(&rs), &e));
		check_no_err(&e);
	}
}

static void a_private_key_of_ed25519_has_its_public_half(void **state)
{
	owned(folder_free) struct folder f = {0};
	owned(cert_key_free) EVP_PKEY *made = cert_key("ED25519");
	owned(cert_bytes_free) struct bytes spki = spki_of(made);
	owned(cert_text_free) char *pem = cert_key_pem(made, CERT_PKCS8);
	owned(key_free) struct key *key = NULL;
	owned(pubkey_free) struct pubkey *k = NULL;
	owned(buf_free) struct buf signature = BUF(256);
	const char *path;
	struct err e = {0};

	(void)state;
	folder_new(&f);
	path = folder_file(&f, "key.pem", pem, strlen(pem));
	assert_true(key_read_statement(&key, path, NULL, &e));
	assert_true(pubkey_of_key(&k, key, &e));
	check_is(k, spki);
	assert_true(key_sign(key, bytes_str("sample"), &signature, &e));
	assert_true(pubkey_verify(k, bytes_str("sample"), buf_bytes(&signature), &e));
}

static void a_key_that_is_kept_compressed_has_its_one_spelling(void **state)
{
	char compressed[] = "compressed";
	owned(cert_key_free) EVP_PKEY *made = cert_key("P-256");
	owned(cert_bytes_free) struct bytes spki = spki_of(made);
	owned(cert_text_free) char *pem = NULL;
	owned(folder_free) struct folder f = {0};
	owned(key_free) struct key *key = NULL;
	owned(pubkey_free) struct pubkey *k = NULL;
	struct err e = {0};

	(void)state;
	folder_new(&f);
	assert_int_equal(EVP_PKEY_set_utf8_string_param(
				 made, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, compressed),
			 1);
	pem = cert_key_pem(made, CERT_PKCS8);
	assert_true(key_read(&key, folder_file(&f, "key.pem", pem, strlen(pem)), &e));
	assert_true(pubkey_of_key(&k, key, &e));
	check_is(k, spki);
}

static void check_spki_refused(struct bytes der, const char *why)
{
	struct pubkey *k = NULL;
	struct err e = {0};

	assert_false(pubkey_read_spki(&k, der, &e));
	check_err(&e, REASON_KEY, why);
	assert_null(k);
	assert_int_equal(ERR_peek_error(), 0);
}

static void other_kinds_of_keys_are_refused_by_name(void **state)
{
	static const char *const kind[][2] = {
		{"RSA", "the key is rsaEncryption and must be " NEEDED},
		{"secp256k1", "the key is id-ecPublicKey on secp256k1 and must be " NEEDED},
		{"P-224", "the key is id-ecPublicKey on secp224r1 and must be " NEEDED},
		{"spelt out", "the key is id-ecPublicKey and must be " NEEDED},
	};
	owned(cert_key_free) EVP_PKEY *ed448 = EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
	owned(cert_bytes_free) struct bytes other = spki_of(ed448);

	(void)state;
	check_spki_refused(other, "the key is ED448 and must be " NEEDED);
	for (size_t i = 0; i < COUNT(kind); i++) {
		owned(cert_key_free) EVP_PKEY *made = cert_key(kind[i][0]);
		owned(cert_bytes_free) struct bytes spki = spki_of(made);

		check_spki_refused(spki, kind[i][1]);
	}
}

static void a_key_has_no_second_spelling(void **state)
{
	char compressed[] = "compressed", hybrid[] = "hybrid";
	char *const forms[] = {compressed, hybrid};

	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		owned(cert_key_free) EVP_PKEY *made = cert_key("P-256");
		owned(cert_bytes_free) struct bytes spki = {0};

		assert_int_equal(
			EVP_PKEY_set_utf8_string_param(
				made, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, forms[i]),
			1);
		spki = spki_of(made);
		check_spki_refused(spki,
				   "the key is id-ecPublicKey on prime256v1 and must be " NEEDED);
	}
}

static void bytes_that_are_no_key_are_refused(void **state)
{
	owned(cert_key_free) EVP_PKEY *made = cert_key("P-256");
	owned(cert_bytes_free) struct bytes spki = spki_of(made);
	uint8_t copy[92] = {0};
	char why[64];

	(void)state;
	memcpy(copy, spki.p, spki.n);
	for (size_t n = 0; n <= sizeof(copy); n++) {
		if (n == spki.n)
			continue;
		snprintf(why, sizeof(why), "no SubjectPublicKeyInfo in %zu bytes", n);
		check_spki_refused(bytes_of(copy, n), why);
	}
	copy[spki.n - 1] ^= 1;
	check_spki_refused(bytes_of(copy, spki.n),
			   "the key is no point on its curve: point is not on curve");
	memset(copy + 27, 0xff, 64);
	check_spki_refused(bytes_of(copy, spki.n),
			   "the key is no point on its curve: invalid encoding");
}

/* RFC 8032 §7.1: public key, message, signature. */
static const char *const rfc8032[][3] = {
	{"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
	 "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701c"
	 "f9b46bd25bf5f0595bbe24655141438e7a100b"},
	{"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
	 "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0"
	 "f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
	{"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
	 "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f76098"
	 "4dc6594a7c15e9716ed28dc027beceea1ec40a"},
};

static void ed25519_of(struct pubkey **k, const char *point)
{
	char text[128];
	struct err e = {0};

	snprintf(text, sizeof(text), "302a300506032b6570032100%s", point);
	{
		owned(hexed_free) struct bytes spki = hexed(text);

		assert_true(pubkey_read_spki(k, spki, &e));
	}
}

static void the_vectors_of_rfc_8032_verify(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rfc8032); i++) {
		owned(hexed_free) struct bytes message = hexed(rfc8032[i][1]);
		owned(hexed_free) struct bytes signature = hexed(rfc8032[i][2]);
		owned(pubkey_free) struct pubkey *k = NULL;
		struct err e = {0};

		ed25519_of(&k, rfc8032[i][0]);
		assert_true(pubkey_verify(k, message, signature, &e));
		check_no_err(&e);
	}
}

static void check_not_verified(const struct pubkey *k, struct bytes message, struct bytes signature,
			       const char *why)
{
	struct err e = {0};

	assert_false(pubkey_verify(k, message, signature, &e));
	assert_string_equal(reason_slug(e.reason), "signature");
	if (strncmp(e.text, why, strlen(why)) != 0)
		fail_msg("%s, not %s", e.text, why);
	assert_int_equal(ERR_peek_error(), 0);
}

/* s + l, and a byte that was changed; RFC 8032 §5.1.7 refuses the first. */
static void other_signatures_of_ed25519_do_not_verify(void **state)
{
	static const uint8_t order[32] = {
		0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,	       0xd6,
		0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10,
	};
	owned(pubkey_free) struct pubkey *k = NULL;
	owned(hexed_free) struct bytes signature = hexed(rfc8032[0][2]);
	struct bytes none = {0};
	uint8_t other[65] = {0};
	unsigned carry = 0;

	(void)state;
	ed25519_of(&k, rfc8032[0][0]);
	memcpy(other, signature.p, 64);
	for (size_t i = 0; i < 32; i++) {
		carry += other[32 + i] + order[i];
		other[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	check_not_verified(
		k, none, bytes_of(other, 64),
		"the signature does not verify under the key "
		"sha256:06e3fd8fda29bb60ab59557de61edb0aecdb231134be30e75b455f8e1b792fa9");
	for (size_t n = 0; n <= 65; n++) {
		char why[96];

		if (n == 64)
			continue;
		snprintf(why, sizeof(why),
			 "the length of the signature is %zu and must be 64 for Ed25519", n);
		check_not_verified(k, none, bytes_of(other, n), why);
	}
	for (size_t i = 0; i < 64; i++) {
		memcpy(other, signature.p, 64);
		other[i] ^= 1;
		check_not_verified(k, none, bytes_of(other, 64), "the signature does not verify");
	}
}

static void check_weak(const char *point)
{
	char text[128];

	snprintf(text, sizeof(text), "302a300506032b6570032100%s", point);
	{
		owned(hexed_free) struct bytes spki = hexed(text);

		check_spki_refused(
			spki, "the key is a point of small order, or no number below the prime");
	}
}

/*
 * The five y of the eight points whose order divides 8, both signs of x; and what is not below
 * 2^255-19.
 */
static void points_of_small_order_are_no_keys(void **state)
{
	(void)state;
	check_weak("0000000000000000000000000000000000000000000000000000000000000000");
	check_weak("0000000000000000000000000000000000000000000000000000000000000080");
	check_weak("0100000000000000000000000000000000000000000000000000000000000000");
	check_weak("0100000000000000000000000000000000000000000000000000000000000080");
	check_weak("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");
	check_weak("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85");
	check_weak("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");
	check_weak("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa");
	check_weak("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
	check_weak("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
	check_weak("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
	check_weak("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
	check_weak("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
	check_weak("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
}

static void other_signatures_of_ecdsa_do_not_verify(void **state)
{
	owned(folder_free) struct folder f = {0};
	owned(cert_key_free) EVP_PKEY *made = cert_key("P-256");
	owned(cert_text_free) char *pem = cert_key_pem(made, CERT_PKCS8);
	owned(hexed_free) struct bytes order =
		hexed("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
	owned(key_free) struct key *key = NULL;
	owned(pubkey_free) struct pubkey *k = NULL;
	owned(buf_free) struct buf rs = BUF(256);
	struct bytes message = bytes_str("sample");
	uint8_t other[65] = {0};
	struct err e = {0};

	(void)state;
	folder_new(&f);
	assert_true(key_read(&key, folder_file(&f, "key.pem", pem, strlen(pem)), &e));
	assert_true(pubkey_of_key(&k, key, &e) && key_sign(key, message, &rs, &e));
	for (size_t i = 0; i < 64; i++) {
		memcpy(other, rs.p, 64);
		other[i] ^= 0x80;
		check_not_verified(k, message, bytes_of(other, 64),
				   "the signature does not verify under the key sha256:");
	}
	for (size_t half = 0; half < 64; half += 32) {
		memcpy(other, rs.p, 64);
		memset(other + half, 0, 32);
		check_not_verified(k, message, bytes_of(other, 64),
				   "the signature does not verify");
		memcpy(other + half, order.p, 32);
		check_not_verified(k, message, bytes_of(other, 64),
				   "the signature does not verify");
	}
	check_not_verified(k, bytes_str("Sample"), buf_bytes(&rs), "the signature does not verify");
	check_not_verified(k, message, bytes_of(rs.p, 63),
			   "the length of the signature is 63 and must be 64 for P-256");
	check_not_verified(k, message, bytes_of(other, 65),
			   "the length of the signature is 65 and must be 64 for P-256");
}

static void check_pem_refused(const char *pem, enum reason r, const char *why)
{
	struct pubkey *k = NULL;
	struct err e = {0};

	assert_false(pubkey_read_pem(&k, bytes_str(pem), &e));
	check_err(&e, r, why);
	assert_null(k);
	assert_int_equal(ERR_peek_error(), 0);
}

static char *two(const char *a, const char *b)
{
	char *out = NULL;

	assert_true(asprintf(&out, "%s%s", a, b) > 0);
	return out;
}

static void a_file_holds_one_block(void **state)
{
	owned(cert_key_free) EVP_PKEY *made = cert_key("P-256");
	owned(cert_bytes_free) struct bytes spki = spki_of(made);
	owned(cert_text_free) char *pem = cert_pem_of(spki, "PUBLIC KEY");
	owned(cert_text_free) char *certificate = cert_pem_for(made);
	owned(cert_text_free) char *private = cert_key_pem(made, CERT_PKCS8);
	owned(cert_text_free) char *sec1 = cert_key_pem(made, CERT_SEC1);
	owned(cert_text_free) char *twice = two(pem, certificate);
	owned(cert_text_free) char *blank = two(certificate, "\n");
	owned(cert_text_free) char *behind = two("Certificate:\n", pem);
	char why[96];

	(void)state;
	snprintf(why, sizeof(why), "one PEM block is needed, %zu bytes follow the first",
		 strlen(certificate));
	check_pem_refused(twice, REASON_TRAILING, why);
	check_pem_refused(blank, REASON_TRAILING,
			  "one PEM block is needed, 1 bytes follow the first");
	check_pem_refused(behind, REASON_KEY,
			  "text stands before the line -----BEGIN PUBLIC KEY-----");
	check_pem_refused("", REASON_KEY, "the line -----BEGIN PUBLIC KEY----- is missing");
	check_pem_refused(private, REASON_KEY,
			  "is a private key and must be a public key or a certificate");
	check_pem_refused(sec1, REASON_KEY,
			  "is a private key and must be a public key or a certificate");
	check_pem_refused("-----BEGIN RSA PUBLIC KEY-----\n", REASON_KEY,
			  "the first PEM block is labelled \"RSA PUBLIC KEY\" and must be a PUBLIC "
			  "KEY");
	check_pem_refused("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
			  REASON_KEY, "no SubjectPublicKeyInfo in 3 bytes");
	check_pem_refused("-----BEGIN CERTIFICATE-----\nAAAA\n", REASON_CERTIFICATE,
			  "the line -----END CERTIFICATE----- is missing");
}

static void a_certificate_is_one(void **state)
{
	owned(cert_key_free) EVP_PKEY *made = cert_key("P-256"), *rsa = cert_key("RSA");
	X509 *x = cert_new(made);
	owned(cert_bytes_free) struct bytes der = {0};
	owned(cert_text_free) char *pem = NULL, *other = cert_pem_for(rsa);
	uint8_t *longer;
	char why[96];

	(void)state;
	cert_sign(x, made);
	der = cert_der(x);
	X509_free(x);
	longer = calloc(1, der.n + 1);
	memcpy(longer, der.p, der.n);
	pem = cert_pem_of(bytes_of(longer, der.n + 1), "CERTIFICATE");
	free(longer);
	snprintf(why, sizeof(why), "the PEM block has bytes behind the certificate: 1 of %zu",
		 der.n + 1);
	check_pem_refused(pem, REASON_CERTIFICATE, why);
	check_pem_refused(other, REASON_KEY, "the key is rsaEncryption and must be " NEEDED);
	check_pem_refused("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
			  REASON_CERTIFICATE, "the PEM block holds no certificate: field missing");
}

static void check_any_refused(struct bytes file, enum reason r, const char *why)
{
	owned(buf_free) struct buf spki = BUF(PUBKEY_FILE_MAX);
	struct err e = {0};

	assert_false(pubkey_any_spki(file, &spki, &e));
	e.text[strlen(why) < strlen(e.text) ? strlen(why) : strlen(e.text)] = '\0';
	check_err(&e, r, why);
	assert_int_equal(spki.n, 0);
}

static void any_kind_of_key_is_still_a_key(void **state)
{
	static const uint8_t der[] = {0x30, 0x00};

	(void)state;
	check_any_refused(bytes_of(der, sizeof(der)), REASON_KEY,
			  "is neither a certificate nor a public key");
	check_any_refused(bytes_str("-----BEGIN EC PRIVATE KEY-----\n"), REASON_KEY,
			  "is a private key and must be a public key or a certificate");
	check_any_refused(bytes_str("x"), REASON_KEY,
			  "the line -----BEGIN PUBLIC KEY----- is missing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_of_each_kind_is_read),
		cmocka_unit_test(a_key_is_made_of_its_point),
		cmocka_unit_test(a_private_key_has_its_public_half),
		cmocka_unit_test(a_private_key_of_ed25519_has_its_public_half),
		cmocka_unit_test(a_key_that_is_kept_compressed_has_its_one_spelling),
		cmocka_unit_test(other_kinds_of_keys_are_refused_by_name),
		cmocka_unit_test(a_key_has_no_second_spelling),
		cmocka_unit_test(bytes_that_are_no_key_are_refused),
		cmocka_unit_test(the_vectors_of_rfc_8032_verify),
		cmocka_unit_test(other_signatures_of_ed25519_do_not_verify),
		cmocka_unit_test(points_of_small_order_are_no_keys),
		cmocka_unit_test(other_signatures_of_ecdsa_do_not_verify),
		cmocka_unit_test(a_file_holds_one_block),
		cmocka_unit_test(a_certificate_is_one),
		cmocka_unit_test(any_kind_of_key_is_still_a_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
