#include "reference-db/signing.h"

#include "tests/unit/support_chain.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_signature.h"

static const struct signing_terms terms = {
	.content_type = CONTENT_MANIFEST,
	.signer = "Example Org",
	.has_expires = true,
	.expires = 4102444800,
};

/* By a key of each kind: the signature of the bytes that are handed out, made by OpenSSL alone. */
static void sign(EVP_PKEY *key, const char *digest, const struct signing *s, struct buf *raw)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[256];
	size_t n = sizeof(der);
	struct err e = {0};

	assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, digest, NULL, NULL, key, NULL), 1);
	assert_int_equal(EVP_DigestSign(ctx, der, &n, s->tbs.p, s->tbs.n), 1);
	assert_true(key_signature_raw(bytes_of(der, n), pubkey_alg(s->key), raw, &e));
	EVP_MD_CTX_free(ctx);
}

static void what_is_signed_is_read_back_with_its_terms(void **state)
{
	static const struct {
		const char *key, *digest;
	} kinds[] = {
		{"P-256", "SHA256"}, {"P-384", "SHA384"}, {"P-521", "SHA512"}, {"ED25519", NULL}};

	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		owned(cert_key_free) EVP_PKEY *key = cert_key(kinds[i].key);
		owned(pubkey_free) struct pubkey *public = signature_pubkey(key);
		owned(signing_free) struct signing s = {0};
		owned(buf_free) struct buf raw = BUF(256), out = BUF(4096);
		struct signed_statement read;
		struct err e = {0};

		assert_true(signing_prepare(&s, bytes_str("payload"), public, &terms, &e));
		sign(key, kinds[i].digest, &s, &raw);
		assert_true(signing_attach(&s, buf_bytes(&raw), &out, &e));
		assert_true(signed_read(buf_bytes(&out), 0, CONTENT_MANIFEST, &read, &e));
		assert_true(bytes_equal(read.message.payload, bytes_str("payload")));
		assert_int_equal(read.header.alg, pubkey_alg(public));
		assert_true(bytes_equal(read.header.kid, digest_bytes(pubkey_id(public))));
		assert_true(bytes_equal(read.header.signer, bytes_str("Example Org")));
		assert_true(read.header.has_expires && !read.header.has_not_before);
		assert_int_equal(read.header.expires, 4102444800);
		assert_int_equal(read.header.n_chain, 0);
	}
}

static void a_signature_that_does_not_hold_is_not_attached(void **state)
{
	owned(cert_key_free) EVP_PKEY *key = cert_key("P-256"), *other = cert_key("P-256");
	owned(pubkey_free) struct pubkey *public = signature_pubkey(key);
	owned(signing_free) struct signing s = {0};
	owned(buf_free) struct buf raw = BUF(256), out = BUF(4096);
	struct err e = {0}, no = {0};

	(void)state;
	assert_true(signing_prepare(&s, bytes_str("payload"), public, &terms, &e));
	sign(other, "SHA256", &s, &raw);
	assert_false(signing_attach(&s, buf_bytes(&raw), &out, &e));
	assert_string_equal(reason_slug(e.reason), "signature");
	assert_non_null(strstr(e.text, "nothing is written: the signature does not verify under"));
	assert_false(signing_attach(&s, bytes_of(raw.p, 63), &out, &no));
	check_err(&no, REASON_SIGNATURE,
		  "nothing is written: the length of the signature is 63 and must be 64 for P-256");
	assert_int_equal(out.n, 0);
}

static void check_refused(const struct pubkey *key, const struct signing_terms *t, enum reason r,
			  const char *text)
{
	owned(signing_free) struct signing s = {0};
	struct err e = {0};

	assert_false(signing_prepare(&s, bytes_str("payload"), key, t, &e));
	check_err(&e, r, text);
}

static void a_chain_is_of_the_key_and_fits_together(void **state)
{
	static const struct chain_spec spec[3] = {{0}, {0}, {0}};
	owned(chain_free) struct chain_made made = chain_make(spec, 3);
	owned(pubkey_free) struct pubkey *leaf = signature_pubkey(made.key[0]),
					 *issuer = signature_pubkey(made.key[1]);
	struct x509 *cert[3] = {0};
	struct signing_terms t = terms;
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		owned(cert_bytes_free) struct bytes der = cert_der(made.cert[i]);

		assert_true(x509_read_der(&cert[i], der, &e));
	}
	t.chain = (const struct x509 *const[]){cert[0], cert[1], cert[2]};
	for (t.n_chain = 1; t.n_chain <= 3; t.n_chain++) {
		owned(signing_free) struct signing s = {0};

		assert_true(signing_prepare(&s, bytes_str("payload"), leaf, &t, &e));
	}
	t.n_chain = 3;
	check_refused(issuer, &t, REASON_KEY_MISMATCH,
		      "the first certificate is not of the key that signs");
	t.chain = (const struct x509 *const[]){cert[0], cert[2], cert[1]};
	check_refused(leaf, &t, REASON_CERTIFICATE,
		      "certificate 1 of 3 names another issuer than the next certificate is");
	t.chain = (const struct x509 *const[]){cert[1], cert[2]};
	t.n_chain = 2;
	check_refused(issuer, &t, REASON_CERTIFICATE,
		      "certificate 1 of 2 is a CA, and the leaf must be none");
	for (size_t i = 0; i < 3; i++)
		x509_free(&cert[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_signed_is_read_back_with_its_terms),
		cmocka_unit_test(a_signature_that_does_not_hold_is_not_attached),
		cmocka_unit_test(a_chain_is_of_the_key_and_fits_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
