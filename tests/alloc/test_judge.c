#include "reference-db/judge.h"

#include "measure/core/x509_list.h"
#include "reference-db/collateral.h"
#include "reference-db/signing.h"
#include "tests/alloc/fail.h"
#include "tests/unit/support_chain.h"
#include "tests/unit/support_check.h"
#include "tests/unit/support_signature.h"

#define FILES 3
#define IN_2026 1790000000

/* Two signatures, of a key that is named and of one that is certified, and a bundle of both. */
struct subject {
	struct buf trust, file[FILES];
	char *pem; /* the chain of the second */
	struct chain_made made;
};

static bool add(struct published *p, const struct buf *file, struct err *e)
{
	owned(buf_free) struct buf copy = BUF(BUNDLE_MAX);

	buf_put(&copy, buf_bytes(file));
	return buf_done(&copy, "a file", e) && published_add_bytes(p, &copy, e);
}

/* The right verdict, or none. */
static bool judge(const struct subject *s, size_t first, size_t n, struct err *e)
{
	owned(trust_free) struct trust *t = NULL;
	owned(published_free) struct published p = {0};
	static struct verdict v;
	static struct judged judged;
	struct judge j = {
		.role = TRUST_PUBLISHER,
		.when = {CLOCK_AT, IN_2026},
		.verdict = &v,
		.judged = &judged,
	};

	v = (struct verdict){0};
	judged = (struct judged){0};
	if (!trust_parse(&t, buf_bytes(&s->trust), e))
		return false;
	j.trust = t;
	for (size_t i = first; i < first + n; i++)
		if (!add(&p, &s->file[i], e))
			return false;
	if (!judge_signatures(&j, &p, e))
		return false;
	assert_int_equal(judged.n, 2);
	return verdict_decide(&v, e);
}

static bool judge_files(void *arg, struct err *e)
{
	return judge(arg, 0, 2, e);
}

static bool judge_bundle(void *arg, struct err *e)
{
	return judge(arg, 2, 1, e);
}

static bool bundle(void *arg, struct err *e)
{
	const struct subject *s = arg;
	owned(published_free) struct published p = {0};
	owned(buf_free) struct buf out = BUF(BUNDLE_MAX);

	return add(&p, &s->file[0], e) && add(&p, &s->file[1], e) && published_bundle(&p, &out, e);
}

/* As given by a user, written, read again and shown. */
static bool collateral(void *arg, struct err *e)
{
	const struct subject *s = arg;
	owned(buf_free) struct buf der = BUF(COLLATERAL_FILE_MAX), out = BUF(BUNDLE_MAX),
				   text = BUF(1u << 20);
	owned(published_free) struct published p = {.payload = bytes_str("p")};
	struct json_out json = json_out(&text, true);

	if (!collateral_read(&p.collateral, bytes_str(s->pem), &der, e) ||
	    !published_bundle(&p, &out, e))
		return false;
	p.collateral.n = 0;
	if (!add(&p, &out, e))
		return false;
	assert_int_equal(p.collateral.n, 1);
	collateral_text(&p.collateral, &text);
	json_open(&json, '{');
	collateral_json(&p.collateral, &json);
	json_close(&json, '}');
	return buf_done(&text, "what is shown", e);
}

static bool prepare(void *arg, struct err *e)
{
	const struct subject *s = arg;
	owned(x509_list_free) struct x509_list l = {0};
	owned(signing_free) struct signing signing = {0};
	struct signing_terms t = {.content_type = CONTENT_MANIFEST, .signer = "a"};

	if (!x509_list_add(&l, bytes_str(s->pem), e))
		return false;
	t.n_chain = l.n;
	t.chain = (const struct x509 *const *)l.x;
	return signing_prepare(&signing, bytes_str("p"), x509_pubkey(l.x[0]), &t, e);
}

static struct buf trusting(EVP_PKEY *alice, X509 *ca)
{
	struct buf out = BUF(TRUST_MAX);

	buf_str(&out, "version: 1\nkeys:\n");
	signature_trust(&out, "alice", alice, "");
	buf_str(&out, "roles:\n  publisher:\n    threshold: 2\n    ca:\n");
	signature_trust_ca(&out, ca);
	return out;
}

static void verdicts_and_bundles_survive_the_lack_of_memory(void **state)
{
	static const struct chain_spec spec[3] = {{0}, {.key = "ED25519"}, {.key = "P-256"}};
	owned(cert_key_free) EVP_PKEY *alice = cert_key("P-256");
	struct subject s = {.made = chain_make(spec, 3)};
	struct err e = {0};

	(void)state;
	s.trust = trusting(alice, s.made.cert[2]);
	s.file[0] = signature_make(&(struct signature_spec){.key = alice, .expires = IN_2026});
	s.file[1] = signature_make(&(struct signature_spec){
		.key = s.made.key[0], .n_chain = 2, .chain = {s.made.cert[0], s.made.cert[1]}});
	s.pem = cert_pem(s.made.cert[0]);
	{
		owned(published_free) struct published p = {0};

		s.file[2] = BUF(BUNDLE_MAX);
		assert_true(add(&p, &s.file[0], &e) && add(&p, &s.file[1], &e) &&
			    published_bundle(&p, &s.file[2], &e));
	}
	assert_true(fail_each(judge_files, &s) > 10);
	assert_true(fail_each(judge_bundle, &s) > 10);
	assert_true(fail_each(bundle, &s) > 2);
	assert_true(fail_each(collateral, &s) > 10);
	assert_true(fail_each(prepare, &s) > 3);
	for (size_t i = 0; i < FILES; i++)
		buf_free(&s.file[i]);
	buf_free(&s.trust);
	cert_text_free(&s.pem);
	chain_free(&s.made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts_and_bundles_survive_the_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
