#include "measure/core/x509_chain.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

#include "measure/core/pubkey.h"
#include "tests/unit/support_chain.h"
#include "tests/unit/support_check.h"

#define ALL_KEYS (X509_P256 | X509_P384 | X509_P521 | X509_ED25519)
#define ALL_SIGNATURES (X509_ECDSA_SHA256 | X509_ECDSA_SHA384 | X509_ECDSA_SHA512 | X509_EDDSA)
#define IN_2026 1790000000

static const struct x509_rules strict = {
	.leaf_keys = ALL_KEYS,
	.issuer_keys = ALL_KEYS,
	.signatures = ALL_SIGNATURES,
	.leaf_usage = true,
	.code_signing = true,
	.judged = true,
	.at = IN_2026,
};

/* Certificates as they are read from DER. */
struct chain {
	size_t n;
	struct x509 *x[CHAIN_MADE];
	struct x509_finding finding[CHAIN_MADE];
};

static void chain_drop(struct chain *c)
{
	for (size_t i = 0; i < c->n; i++)
		x509_free(&c->x[i]);
}

static void add(struct chain *c, X509 *cert)
{
	struct bytes der = cert_der(cert);
	struct err e = {0};

	if (!x509_read_der(&c->x[c->n++], der, &e))
		fail_msg("%s", e.text);
	cert_bytes_free(&der);
}

static void check(struct chain *c, const struct x509_rules *r)
{
	const struct x509 *cert[CHAIN_MADE];
	struct err e = {0};

	for (size_t i = 0; i < c->n; i++)
		cert[i] = c->x[i];
	assert_true(x509_chain_check(cert, c->n, r, c->finding, &e));
	check_no_err(&e);
	assert_int_equal(ERR_peek_error(), 0);
}

/* Nothing is wrong but with the certificate at `at`, and there this; "" is nothing at all. */
static void check_found(const struct chain *c, size_t at, const char *text)
{
	for (size_t i = 0; i < c->n; i++) {
		bool meant = i == at && text[0];

		assert_string_equal(c->finding[i].text, meant ? text : "");
		assert_int_equal(c->finding[i].link, meant ? REASON_CHAIN : REASON_NONE);
		assert_int_equal(c->finding[i].time, REASON_NONE);
	}
	assert_ptr_equal(x509_chain_fault(c->finding, c->n), text[0] ? &c->finding[at] : NULL);
}

static struct chain made_of(const struct chain_spec *spec, size_t n, const struct x509_rules *r)
{
	struct chain_made made = chain_make(spec, n);
	struct chain c = {0};

	for (size_t i = 0; i < n; i++)
		add(&c, made.cert[i]);
	chain_free(&made);
	check(&c, r);
	return c;
}

static void chains_of_every_kind_of_key_hold(void **state)
{
	static const struct chain_spec specs[][3] = {
		{{.key = "P-256"}, {.key = "P-384"}, {.key = "P-521"}},
		{{.key = "ED25519"}, {.key = "ED25519"}, {.key = "P-256", .digest = "SHA256"}},
		{{.key = "P-521"}, {.key = "P-256", .digest = "SHA512"}, {.key = "ED25519"}},
		{{.constraints = ""},
		 {.constraints = "CA:TRUE,pathlen:0"},
		 {.usage = "keyCertSign"}},
		{{0}, {.constraints = "CA:TRUE,pathlen:0"}, {.usage = ""}},
		{{.purposes = "codeSigning"}, {.purposes = "anyExtendedKeyUsage"}, {0}},
		{{.purposes = "critical,serverAuth,codeSigning"}, {.other = "1.2.3=DER:0500"}, {0}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(specs); i++) {
		owned(chain_drop) struct chain c = made_of(specs[i], 3, &strict);

		check_found(&c, 0, "");
	}
}

static const struct fault {
	struct chain_spec spec[3];
	size_t at;
	const char *text;
} faults[] = {
	{{{.constraints = "CA:TRUE"}}, 0, "is a CA, and the leaf must be none"},
	{{{.usage = "nonRepudiation"}}, 0, "has a keyUsage without digitalSignature"},
	{{{.usage = ""}}, 0, "has no keyUsage, and needs one with digitalSignature"},
	{{{.purposes = "serverAuth"}}, 0, "has an extendedKeyUsage without codeSigning"},
	{{{.other = "1.2.3=critical,DER:0500"}},
	 0,
	 "has a critical extension 1.2.3, which is not known here"},
	{{{.other = "nameConstraints=critical,permitted;DNS:example.org"}},
	 0,
	 "has a critical extension 2.5.29.30, which is not known here"},
	{{{.issuer = "somebody"}}, 0, "names another issuer than the next certificate is"},
	{{{.digest = "SHA1"}}, 0, "is signed with an algorithm that is not allowed here"},
	{{{0}, {.constraints = "CA:FALSE"}}, 1, "is no CA by its basicConstraints"},
	{{{0}, {.constraints = ""}}, 1, "is no CA by its basicConstraints"},
	{{{0}, {.usage = "cRLSign"}}, 1, "has a keyUsage without keyCertSign"},
	{{{0}, {.usage = ""}}, 1, "has no keyUsage, and needs one with keyCertSign"},
	{{{0}, {.purposes = "serverAuth"}}, 1, "has an extendedKeyUsage without codeSigning"},
	{{{0}, {0}, {.constraints = "CA:TRUE,pathlen:0"}},
	 2,
	 "allows 0 certificates between it and the leaf, and there are 1"},
	{{{0}, {0}, {.usage = "digitalSignature"}}, 2, "has a keyUsage without keyCertSign"},
	{{{0}, {0}, {.constraints = ""}}, 2, "is no CA by its basicConstraints"},
	{{{.other = "2.5.29.19=DER:30030101"}, {0}}, 0, "has basicConstraints twice"},
	{{{.usage = "", .other = "2.5.29.15=DER:0500"}, {0}}, 0, "has a malformed keyUsage"},
	{{{.constraints = "", .other = "2.5.29.19=DER:30030201ff"}, {0}},
	 0,
	 "has a path length, and is no CA"},
	{{{0}, {.constraints = "", .other = "2.5.29.19=DER:30060101ff0201ff"}},
	 1,
	 "has a path length that is no number"},
};

static void what_a_certificate_must_be_is_said_of_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(faults); i++) {
		owned(chain_drop) struct chain c = made_of(faults[i].spec, 3, &strict);

		check_found(&c, faults[i].at, faults[i].text);
	}
}

static void rules_say_which_keys_algorithms_and_extensions_may_be(void **state)
{
	static const struct chain_spec p384[2] = {{.usage = "", .purposes = "serverAuth"}, {0}};
	static const struct chain_spec critical[2] = {{.purposes = "critical,codeSigning"}, {0}};
	static const struct chain_spec mixed[2] = {{.key = "P-256"}, {0}};
	static const struct chain_spec sha256[2] = {{.digest = "SHA256"}, {0}};
	struct x509_rules r = strict;

	(void)state;
	r.leaf_keys = r.issuer_keys = X509_P384;
	r.signatures = X509_ECDSA_SHA384;
	r.leaf_usage = r.code_signing = false;
	{
		owned(chain_drop) struct chain a = made_of(p384, 2, &r),
					       b = made_of(critical, 2, &r),
					       c = made_of(mixed, 2, &r),
					       d = made_of(sha256, 2, &r);

		check_found(&a, 0, "");
		check_found(&b, 0, "has a critical extension 2.5.29.37, which is not known here");
		check_found(&c, 0, "has a key of the kind P-256, which is not allowed here");
		check_found(&d, 0, "is signed with an algorithm that is not allowed here");
	}
}

static void an_rsa_issuer_signs_by_pss_alone(void **state)
{
	static const struct chain_spec spec[2] = {{.usage = ""}, {.key = "RSA-4096"}};
	static const struct chain_spec pkcs1[2] = {{.digest = "SHA384"}, {.key = "RSA-4096"}};
	struct chain_made made = chain_make(spec, 2);
	struct x509_rules r = {
		.leaf_keys = X509_P384,
		.issuer_keys = X509_RSA_4096,
		.signatures = X509_PSS_SHA384,
	};
	X509 *other = chain_issue(&made, pkcs1, 0, 1);

	(void)state;
	{
		owned(chain_drop) struct chain good = {0}, bad = {0};

		add(&good, made.cert[0]);
		add(&good, made.cert[1]);
		check(&good, &r);
		check_found(&good, 0, "");
		assert_null(x509_pubkey(good.x[1]));
		assert_int_equal(x509_kind(good.x[1]), X509_RSA_4096);
		add(&bad, other);
		add(&bad, made.cert[1]);
		check(&bad, &r);
		check_found(&bad, 0, "is signed with an algorithm that is not allowed here");
	}
	cert_free(&other);
	chain_free(&made);
}

static void order_repetition_and_strangers_break_a_chain(void **state)
{
	static const struct chain_spec spec[4] = {{0}, {0}, {0}, {0}};
	static const struct chain_spec twins[3] = {{0}, {.subject = "1"}, {.subject = "1"}};
	static const struct chain_spec edwards[2] = {{.key = "ED25519"}, {.key = "ED25519"}};
	struct chain_made made = chain_make(spec, 4), same = chain_make(twins, 3);
	struct chain_made other = chain_make(edwards, 2);

	(void)state;
	{
		owned(chain_drop) struct chain gap = {0}, twice = {0}, stranger = {0}, kind = {0};

		add(&gap, made.cert[0]);
		add(&gap, made.cert[2]);
		check(&gap, &strict);
		check_found(&gap, 0, "names another issuer than the next certificate is");
		add(&twice, made.cert[0]);
		add(&twice, made.cert[1]);
		add(&twice, made.cert[1]);
		check(&twice, &strict);
		assert_string_equal(twice.finding[1].text,
				    "names another issuer than the next certificate is");
		assert_string_equal(twice.finding[2].text, "stands twice in the chain");
		/* the name of the issuer, the key of another */
		add(&stranger, same.cert[0]);
		add(&stranger, same.cert[2]);
		check(&stranger, &strict);
		check_found(&stranger, 0, "is not signed by the next certificate's key");
		add(&kind, made.cert[0]);
		add(&kind, other.cert[1]);
		check(&kind, &strict);
		check_found(&kind, 0,
			    "is signed with an algorithm that is not of its issuer's key");
	}
	chain_free(&other);
	chain_free(&made);
	chain_free(&same);
}

static void two_that_sign_each_other_are_no_chain(void **state)
{
	static const struct chain_spec spec[3] = {{0}, {.issuer = "2"}, {.issuer = "1"}};
	struct chain_made made = chain_make(spec, 3);
	X509 *second = chain_issue(&made, spec, 2, 1);

	(void)state;
	{
		owned(chain_drop) struct chain c = {0};

		add(&c, made.cert[0]);
		add(&c, made.cert[1]);
		add(&c, second);
		add(&c, made.cert[1]);
		check(&c, &strict);
		check_found(&c, 3, "stands twice in the chain");
	}
	cert_free(&second);
	chain_free(&made);
}

static void each_certificate_is_in_force_at_the_time_or_it_is_said(void **state)
{
	static const struct chain_spec spec[4] = {
		{.from = "20260101000000Z"},
		{.to = "20251231235959Z"},
		{.from = "20270101000000Z"},
		{0},
	};
	struct x509_rules r = strict;

	(void)state;
	{
		owned(chain_drop) struct chain c = made_of(spec, 4, &r);

		assert_int_equal(c.finding[0].time, REASON_NONE);
		assert_int_equal(c.finding[1].time, REASON_EXPIRED);
		assert_int_equal(c.finding[2].time, REASON_NOT_YET_VALID);
		assert_int_equal(c.finding[3].time, REASON_NONE);
		assert_ptr_equal(x509_chain_fault(c.finding, 4), &c.finding[1]);
		r.judged = false;
		check(&c, &r);
		check_found(&c, 0, "");
		r.judged = true;
		r.at = INT64_C(1767225599); /* 2025-12-31T23:59:59Z: the last second of one */
		check(&c, &r);
		assert_int_equal(c.finding[0].time, REASON_NOT_YET_VALID);
		assert_int_equal(c.finding[1].time, REASON_NONE);
	}
}

/* One bit at a time: what is signed, the signature, and the algorithm that stands unsigned. */
static void no_flipped_bit_of_a_certificate_passes(void **state)
{
	static const struct chain_spec spec[2] = {{.key = "P-256", .digest = "SHA256"},
						  {.key = "P-256", .digest = "SHA256"}};
	struct chain_made made = chain_make(spec, 2);
	struct bytes der = cert_der(made.cert[0]);
	uint8_t *p = (uint8_t *)(uintptr_t)der.p;
	size_t accepted = 0;

	(void)state;
	for (size_t bit = 0; bit < 8 * der.n; bit++) {
		owned(chain_drop) struct chain c = {0};
		struct err e = {0};

		p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (x509_read_der(&c.x[0], der, &e)) {
			c.n = 1;
			add(&c, made.cert[1]);
			check(&c, &strict);
			accepted += !x509_chain_fault(c.finding, c.n);
		} else {
			assert_string_equal(reason_slug(e.reason), "certificate");
		}
		p[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(accepted, 0);
	cert_bytes_free(&der);
	chain_free(&made);
}

static void check_der_refused(struct bytes der, const char *text)
{
	struct x509 *x = NULL;
	struct err e = {0};

	assert_false(x509_read_der(&x, der, &e));
	assert_null(x);
	check_err(&e, REASON_CERTIFICATE, text);
	assert_int_equal(ERR_peek_error(), 0);
}

static void der_is_one_certificate_and_nothing_else(void **state)
{
	owned(cert_key_free) EVP_PKEY *key = cert_key("P-256"), *rsa = cert_key("RSA");
	owned(cert_free) X509 *made = cert_new(key), *of_rsa = cert_new(rsa);
	owned(cert_bytes_free) struct bytes der = {0}, small = {0};
	uint8_t *longer;
	char text[96];

	(void)state;
	cert_sign(made, key);
	cert_sign(of_rsa, rsa);
	der = cert_der(made);
	small = cert_der(of_rsa);
	longer = malloc(der.n + 1);
	assert_non_null(longer);
	memcpy(longer, der.p, der.n);
	longer[der.n] = 0;
	snprintf(text, sizeof(text), "the DER has bytes behind the certificate: 1 of %zu",
		 der.n + 1);
	check_der_refused(bytes_of(longer, der.n + 1), text);
	free(longer);
	check_der_refused(small, "the key is RSA, and not of 4096 bits with the exponent 65537");
}

static void a_certificate_tells_its_key_and_subject(void **state)
{
	static const struct chain_spec spec[1] = {{.key = "ED25519", .subject = "J\303\266rg, CI"}};
	struct chain_made made = chain_make(spec, 1);
	owned(buf_free) struct buf subject = BUF(256);

	(void)state;
	{
		owned(chain_drop) struct chain c = {0};
		static const uint8_t signature[64];
		struct err e = {0};

		add(&c, made.cert[0]);
		x509_subject(c.x[0], &subject);
		assert_string_equal(buf_cstr(&subject), "CN=J\303\266rg\\, CI");
		assert_int_equal(x509_kind(c.x[0]), X509_ED25519);
		assert_int_equal(x509_alg(c.x[0]), COSE_EDDSA);
		assert_string_equal(pubkey_kind(x509_pubkey(c.x[0])), "Ed25519");
		assert_false(x509_verify(c.x[0], bytes_of("", 0), bytes_of(signature, 64), &e));
		check_err(&e, REASON_SIGNATURE,
			  "the key of the certificate is Ed25519, and such a signature is of EC");
	}
	chain_free(&made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chains_of_every_kind_of_key_hold),
		cmocka_unit_test(what_a_certificate_must_be_is_said_of_it),
		cmocka_unit_test(rules_say_which_keys_algorithms_and_extensions_may_be),
		cmocka_unit_test(an_rsa_issuer_signs_by_pss_alone),
		cmocka_unit_test(order_repetition_and_strangers_break_a_chain),
		cmocka_unit_test(two_that_sign_each_other_are_no_chain),
		cmocka_unit_test(each_certificate_is_in_force_at_the_time_or_it_is_said),
		cmocka_unit_test(no_flipped_bit_of_a_certificate_passes),
		cmocka_unit_test(der_is_one_certificate_and_nothing_else),
		cmocka_unit_test(a_certificate_tells_its_key_and_subject),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
